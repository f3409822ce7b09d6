package lds

import (
	"encoding/hex"
	"strings"
	"unicode/utf8"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile"
)

// Detail is one element of DG11 or DG12.
type Detail struct {
	Tag   tlv.Tag  `json:"-"`
	Name  string   `json:"name"`            // "full_name", "place_of_birth", …; the tag for an element not known here
	Texts []string `json:"texts,omitempty"` // the values in words; several for other names
	Bytes []byte   `json:"-"`               // the value as read, of images and unknown elements
}

// detailKind says how an element's value reads.
type detailKind int

const (
	kindText  detailKind = iota
	kindDate             // yyyymmdd in eight characters, or in four bytes BCD
	kindTime             // yyyymmddhhmmss in 14 characters, or in seven bytes BCD
	kindImage            // kept as bytes
)

type detail struct {
	name string
	kind detailKind
}

// Doc 9303-10 (8th ed.), tables 71 and 72.
var dg11Elements = map[tlv.Tag]detail{
	0x5F0E: {"full_name", kindText}, 0x5F0F: {"other_names", kindText}, 0x5F10: {"personal_number", kindText},
	0x5F2B: {"date_of_birth", kindDate}, 0x5F11: {"place_of_birth", kindText}, 0x5F42: {"address", kindText},
	0x5F12: {"telephone", kindText}, 0x5F13: {"profession", kindText}, 0x5F14: {"title", kindText},
	0x5F15: {"personal_summary", kindText}, 0x5F16: {"proof_of_citizenship", kindImage},
	0x5F17: {"other_documents", kindText}, 0x5F18: {"custody", kindText},
}

// Doc 9303-10 (8th ed.), tables 73 and 74. 5F85 stands for 5F55 on some cards.
var dg12Elements = map[tlv.Tag]detail{
	0x5F19: {"issuing_authority", kindText}, 0x5F26: {"date_of_issue", kindDate}, 0x5F1A: {"other_persons", kindText},
	0x5F1B: {"endorsements", kindText}, 0x5F1C: {"tax_exit", kindText}, 0x5F1D: {"front_image", kindImage},
	0x5F1E: {"rear_image", kindImage}, 0x5F55: {"personalized_at", kindTime}, 0x5F56: {"personalization_system", kindText},
	oddTag: {"personalized_at", kindTime},
}

// maxDetails bounds the elements of one group.
const maxDetails = 256

// ParseDG11 reads the additional personal details.
func ParseDG11(b []byte) ([]Detail, []cardprofile.Deviation, error) {
	return parseDetails(b, 0x6B, "DG11", dg11Elements)
}

// ParseDG12 reads the additional details of the document.
func ParseDG12(b []byte) ([]Detail, []cardprofile.Deviation, error) {
	return parseDetails(b, 0x6C, "DG12", dg12Elements)
}

type detailReader struct {
	*notes
	rule   string
	known  map[tlv.Tag]detail
	out    []Detail
	listed map[tlv.Tag]bool
}

func parseDetails(b []byte, tag tlv.Tag, where string, known map[tlv.Tag]detail) ([]Detail, []cardprofile.Deviation, error) {
	r := &detailReader{notes: &notes{where: where}, rule: strings.ToLower(where), known: known}
	node, err := open(b, tag, r.notes, r.rule)
	if err != nil {
		return nil, r.list, err
	}
	if list, ok := tlv.First(node.Value, tagTagList); ok {
		r.listed = readTagList(list.Value)
	} else {
		r.add(r.rule+".taglist", "there is no tag list")
	}
	if err := r.level(node, 0); err != nil {
		return nil, r.list, err
	}
	for t := range r.listed {
		if !r.has(t) {
			r.add(r.rule+".taglist", "the tag list names %s, which is not there", t)
		}
	}
	return r.out, r.list, nil
}

func (r *detailReader) has(t tlv.Tag) bool {
	for _, d := range r.out {
		if d.Tag == t {
			return true
		}
	}
	return t == 0xA0 || t == tagTagList
}

// readTagList reads tags of one to three bytes.
func readTagList(b []byte) map[tlv.Tag]bool {
	out := map[tlv.Tag]bool{}
	for i := 0; i < len(b) && len(out) < maxDetails; i++ {
		if isOddTag(b[i:]) {
			out[oddTag] = true
			i++
			continue
		}
		t := tlv.Tag(b[i])
		if b[i]&0x1F == 0x1F {
			for i+1 < len(b) && t <= 0xFFFF {
				i++
				t = t<<8 | tlv.Tag(b[i])
				if b[i]&0x80 == 0 {
					break
				}
			}
		}
		out[t] = true
	}
	return out
}

// oddTag stands on Belgian cards where 5F55 is meant. By the rules its second
// byte announces a third; it is meant as a tag of two.
const oddTag tlv.Tag = 0x5F85

func isOddTag(b []byte) bool { return len(b) >= 2 && b[0] == 0x5F && b[1] == 0x85 }

// elements reads a sequence of data objects, among which oddTag may be.
func elements(b []byte) ([]tlv.Node, error) {
	var out []tlv.Node
	for len(b) > 0 {
		if len(out) > maxDetails {
			return nil, tlv.ErrTooMany
		}
		odd := isOddTag(b)
		if odd {
			b = append([]byte{0x5F, 0x55}, b[2:]...)
		}
		node, rest, err := tlv.Parse(b)
		if err != nil {
			return nil, err
		}
		if odd {
			node.Tag = oddTag
		}
		out, b = append(out, node), rest
	}
	return out, nil
}

// level reads the elements; A0 holds a number and repeated ones.
func (r *detailReader) level(node tlv.Node, depth int) error {
	children, err := elements(node.Value)
	if err != nil {
		return malformed("%s: %w", r.where, err)
	}
	for _, c := range children {
		if len(r.out) >= maxDetails {
			return malformed("%s: more than %d elements", r.where, maxDetails)
		}
		switch {
		case c.Tag == tagTagList, c.Tag == tagInteger && depth > 0:
		case c.Tag&0xFFF0 == 0xA0 && c.Tag <= 0xAF && depth == 0:
			if c.Tag != 0xA0 {
				r.add(r.rule+".tag", "element %s where A0 is meant", c.Tag)
			}
			if err := r.level(c, depth+1); err != nil {
				return err
			}
		default:
			r.element(c, depth)
		}
	}
	return nil
}

func (r *detailReader) element(c tlv.Node, depth int) {
	k, ok := r.known[c.Tag]
	if !ok {
		r.add(r.rule+".tag", "an element %s that is not in the standard", c.Tag)
		r.out = append(r.out, Detail{Tag: c.Tag, Name: c.Tag.String(), Bytes: c.Value})
		return
	}
	if c.Tag == oddTag {
		r.add(r.rule+".tag", "element 5F85 where 5F55 is meant")
	}
	d := Detail{Tag: c.Tag, Name: k.name}
	switch k.kind {
	case kindImage:
		d.Bytes = c.Value
	case kindDate:
		d.Texts = []string{r.digits(c, 8)}
	case kindTime:
		d.Texts = []string{r.digits(c, 14)}
	default:
		s := string(c.Value)
		if !utf8.ValidString(s) {
			r.add(r.rule+".utf8", "element %s is not UTF-8", c.Tag)
			s = strings.ToValidUTF8(s, "\uFFFD")
		}
		d.Texts = []string{s}
	}
	if depth > 0 {
		for i := range r.out {
			if r.out[i].Tag == c.Tag {
				r.out[i].Texts = append(r.out[i].Texts, d.Texts...)
				return
			}
		}
	}
	r.out = append(r.out, d)
}

// digits reads n digits in characters or in BCD; both occur (Doc 9303-10 (8th
// ed.), 4.7.12).
func (r *detailReader) digits(c tlv.Node, n int) string {
	s := string(c.Value)
	if len(c.Value) == n/2 {
		s = hex.EncodeToString(c.Value)
	}
	if len(s) != n || !isDigits([]byte(s)) {
		r.add(r.rule+".date", "element %s is no date", c.Tag)
		return strings.ToValidUTF8(s, "\uFFFD")
	}
	return s
}
