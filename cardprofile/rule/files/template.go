package files

import (
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// Tags of the nested biometric information templates (Doc 9303-10 (8th ed.), Tables
// 44, 47 and 54).
const (
	tagGroup  tlv.Tag = 0x7f61
	tagCount  tlv.Tag = 0x02
	tagBIT    tlv.Tag = 0x7f60
	tagHeader tlv.Tag = 0xa1
	tagOld    tlv.Tag = 0x5f2e // ISO/IEC 19794
	tagNew    tlv.Tag = 0x7f2e // ISO/IEC 39794
	tagIssuer tlv.Tag = 0x53
)

// group are the elements of the biometric information template group template.
func (f *File) group() []tlv.Node {
	g, _ := first(f.Parts, tagGroup)
	parts, err := g.Children()
	if err != nil || len(parts) > maxElements {
		return nil
	}
	return parts
}

// stated is the number of instances that the group states, -1 for none.
func (f *File) stated() int {
	g := f.group()
	if len(g) == 0 || g[0].Tag != tagCount || len(g[0].Value) != 1 {
		return -1
	}
	return int(g[0].Value[0])
}

// bit is one biometric information template.
type bit struct {
	parts  []tlv.Node
	header []tlv.Node
}

func (f *File) bits() []bit {
	var out []bit
	for _, n := range f.group() {
		if n.Tag != tagBIT {
			continue
		}
		var b bit
		b.parts, _ = n.Children()
		if h, ok := first(b.parts, tagHeader); ok {
			b.header, _ = h.Children()
		}
		out = append(out, b)
	}
	return out
}

// data is the biometric data block.
func (b bit) data() (tlv.Node, bool) {
	if n, ok := first(b.parts, tagOld); ok {
		return n, true
	}
	return first(b.parts, tagNew)
}

// eachBIT calls f with every template and its number.
func eachBIT(f func(number int, b bit, report lint.Report)) func(*File, lint.Report) {
	return func(file *File, report lint.Report) {
		for i, b := range file.bits() {
			f(i+1, b, report)
		}
	}
}

// blocks are the format identifier of ISO/IEC 19794 and the tag of ISO/IEC 39794 of
// each modality.
var blocks = map[lint.Kind]struct {
	old string
	tag tlv.Tag
}{lint.DG(2): {"FAC\x00", 0x65}, lint.DG(3): {"FIR\x00", 0x64}, lint.DG(4): {"IIR\x00", 0x66}}
