package files

import (
	"slices"
	"time"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/infos"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// maxElements bounds the data objects of one level that are judged.
const maxElements = 1024

// File is an elementary file as it is written.
type File struct {
	Raw      []byte
	Kind     lint.Kind
	Node     tlv.Node   // the template
	Parts    []tlv.Node // what is in it, or in EF.ATR/INFO and EF.DIR the objects one after the other
	Trailing int        // bytes behind the end
	want     tlv.Tag    // the template's tag by Table 38; 0 for files that are none
	problem  string
}

// Rule is a rule about files.
type Rule = lint.Rule[*File]

// Set is rules about files.
type Set = lint.Set[*File]

// Rules are all rules about files.
func Rules() Set { return slices.Clone(rules) }

// Kinds of files.
var (
	groups     = lint.DGs(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16)
	templates  = append(only(lint.COM), groups...)
	every      = append(only(lint.ATRInfo, lint.DIR), templates...)
	biometrics = lint.DGs(2, 3, 4)
	images     = lint.DGs(5, 7)
	features   = lint.DGs(8, 9, 10)
	details    = lint.DGs(11, 12)
)

func only(k ...lint.Kind) []lint.Kind { return k }

// Lint puts the rules for this kind to a file, and those for SecurityInfos to the
// content of DG14. A file that cannot be read, or is another by its tag, breaks the
// rule about that and no other.
func Lint(raw []byte, kind lint.Kind) []lint.Finding {
	f := Read(raw, kind)
	if f.problem != "" || f.want != 0 && f.Node.Tag != f.want {
		return Set{structure, tag}.Run(kind, f, time.Time{})
	}
	findings := rules.Run(kind, f, time.Time{})
	if kind == lint.DG(14) {
		findings = append(findings, infos.Lint(f.Node.Value, kind)...)
	}
	return findings
}

// Read reads a file as far as that goes.
func Read(raw []byte, kind lint.Kind) *File {
	f := &File{Raw: raw, Kind: kind}
	if kind == lint.ATRInfo || kind == lint.DIR {
		f.readObjects()
		return f
	}
	if id, ok := lds.FileByName(string(kind)); ok {
		f.want = id.Tag
	}
	n, rest, err := tlv.Parse(raw)
	if err != nil {
		f.problem = "it is no data object, or cut short"
		return f
	}
	f.Node, f.Trailing = n, len(rest)
	if !slices.Contains(opaque, kind) {
		if f.Parts, err = n.Children(); err != nil || len(f.Parts) > maxElements {
			f.problem = "what is in the template are no data objects"
		}
	}
	return f
}

// opaque are the files whose content is not one of LDS data objects.
var opaque = lint.DGs(6, 8, 9, 10, 13, 14, 15)

// readObjects reads data objects one after the other; padding is no such object.
func (f *File) readObjects() {
	b := f.Raw
	for len(b) > 0 && b[0] != 0 && b[0] != 0xff && len(f.Parts) < maxElements {
		n, rest, err := tlv.Parse(b)
		if err != nil {
			break
		}
		f.Parts, b = append(f.Parts, n), rest
	}
	f.Trailing = len(b)
	if len(f.Parts) == 0 {
		f.problem = "there is no data object"
	}
}

// first is the first data object with this tag.
func first(parts []tlv.Node, tag tlv.Tag) (tlv.Node, bool) {
	for _, p := range parts {
		if p.Tag == tag {
			return p, true
		}
	}
	return tlv.Node{}, false
}

// count is how many data objects have this tag.
func count(parts []tlv.Node, tag tlv.Tag) int {
	n := 0
	for _, p := range parts {
		if p.Tag == tag {
			n++
		}
	}
	return n
}

// digits says whether b is n digits.
func digits(b []byte, n int) bool {
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(b) == n
}

// walk calls f with every data object below parts, down to a depth.
func walk(parts []tlv.Node, depth int, f func(n tlv.Node)) {
	for _, p := range parts {
		f(p)
		if depth > 1 && p.Constructed() {
			if inner, err := p.Children(); err == nil && len(inner) <= maxElements {
				walk(inner, depth-1, f)
			}
		}
	}
}
