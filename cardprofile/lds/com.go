package lds

import (
	"sort"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile"
)

const (
	tagLDSVersion     tlv.Tag = 0x5F01
	tagUnicodeVersion tlv.Tag = 0x5F36
	tagTagList        tlv.Tag = 0x5C
)

// COM is EF.COM: what the chip says it holds. Nothing signs it; inspection goes
// by EF.SOD (Doc 9303-10 (8th ed.), 4.6.1).
type COM struct {
	LDSVersion     string    `json:"lds_version"`     // "0107"
	UnicodeVersion string    `json:"unicode_version"` // "040000"
	Tags           []tlv.Tag `json:"-"`               // outer tags of the data groups, as listed
}

// DataGroups are the numbers of the listed data groups, ascending.
func (c *COM) DataGroups() []int {
	var out []int
	for _, t := range c.Tags {
		if f, ok := FileByTag(t); ok && f.Number() > 0 {
			out = append(out, f.Number())
		}
	}
	sort.Ints(out)
	return out
}

// ParseCOM reads EF.COM.
func ParseCOM(b []byte) (*COM, []cardprofile.Deviation, error) {
	n := &notes{where: "COM"}
	node, err := open(b, 0x60, n, "com")
	if err != nil {
		return nil, n.list, err
	}
	c := new(COM)
	read := func(tag tlv.Tag, length int, what string) string {
		v, ok := node.First(tag)
		switch {
		case !ok:
			n.add("com."+what, "there is no %s version", what)
			return ""
		case len(v.Value) != length || !isDigits(v.Value):
			n.add("com."+what, "the %s version is not %d digits", what, length)
			return ""
		}
		return string(v.Value)
	}
	c.LDSVersion = read(tagLDSVersion, 4, "lds")
	c.UnicodeVersion = read(tagUnicodeVersion, 6, "unicode")
	list, ok := node.First(tagTagList)
	if !ok {
		return c, n.list, malformed("COM: no tag list")
	}
	if len(list.Value) > 64 {
		return c, n.list, malformed("COM: a tag list of %d bytes", len(list.Value))
	}
	seen := map[byte]bool{}
	for _, t := range list.Value {
		f, ok := FileByTag(tlv.Tag(t))
		switch {
		case !ok || f.Number() == 0:
			n.add("com.tag", "the tag list names %02X, which is no data group", t)
		case seen[t]:
			n.add("com.tag", "the tag list names DG%d twice", f.Number())
		default:
			c.Tags = append(c.Tags, tlv.Tag(t))
		}
		seen[t] = true
	}
	return c, n.list, nil
}

// EncodeCOM writes EF.COM for these data groups.
func EncodeCOM(ldsVersion, unicodeVersion string, groups []int) ([]byte, error) {
	if len(ldsVersion) != 4 || !isDigits([]byte(ldsVersion)) {
		return nil, unbuilt("COM: the LDS version is not four digits")
	}
	if len(unicodeVersion) != 6 || !isDigits([]byte(unicodeVersion)) {
		return nil, unbuilt("COM: the Unicode version is not six digits")
	}
	sorted := append([]int(nil), groups...)
	sort.Ints(sorted)
	var list []byte
	for i, g := range sorted {
		f, ok := DataGroup(g)
		if !ok || i > 0 && sorted[i-1] == g {
			return nil, unbuilt("COM: data group %d", g)
		}
		list = append(list, byte(f.Tag))
	}
	if len(list) == 0 {
		return nil, unbuilt("COM: no data groups")
	}
	return tlv.Encode(0x60,
		tlv.Encode(tagLDSVersion, []byte(ldsVersion)),
		tlv.Encode(tagUnicodeVersion, []byte(unicodeVersion)),
		tlv.Encode(tagTagList, list)), nil
}

func isDigits(b []byte) bool {
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(b) > 0
}
