package lds

import (
	"slices"
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
	kindText   detailKind = iota
	kindName              // as in the zone, without fillers at the end
	kindFields            // text, its parts divided by <
	kindNumber            // digits and <
	kindDate              // yyyymmdd in eight characters, or in four bytes BCD
	kindTime              // yyyymmddhhmmss in 14 characters, or in seven bytes BCD
	kindImage             // kept as bytes
)

// detail is one line of the standard's tables. Repeated elements stand in a
// template A0.
type detail struct {
	tag      tlv.Tag
	name     string
	kind     detailKind
	max      int // bytes; 0 for images and dates
	repeated bool
}

// Doc 9303-10 (8th ed.), tables 71 and 72, in their order. Table 72 makes title,
// summary and proof of citizenship depend on one another, which the worked example
// of App. A.5 does not keep to: here each is optional.
var dg11Elements = []detail{
	{tag: 0x5F0E, name: "full_name", kind: kindName, max: 99}, {tag: 0x5F0F, name: "other_names", kind: kindName, max: 99, repeated: true},
	{tag: 0x5F10, name: "personal_number", max: 99}, {tag: 0x5F2B, name: "date_of_birth", kind: kindDate},
	{tag: 0x5F11, name: "place_of_birth", kind: kindFields, max: 99}, {tag: 0x5F42, name: "address", kind: kindFields, max: 99},
	{tag: 0x5F12, name: "telephone", kind: kindNumber, max: 99}, {tag: 0x5F13, name: "profession", max: 99}, {tag: 0x5F14, name: "title", max: 99},
	{tag: 0x5F15, name: "personal_summary", max: 99}, {tag: 0x5F16, name: "proof_of_citizenship", kind: kindImage},
	{tag: 0x5F17, name: "other_documents", kind: kindFields, max: 99}, {tag: 0x5F18, name: "custody", max: 999},
}

// Doc 9303-10 (8th ed.), tables 73 and 74, in their order.
var dg12Elements = []detail{
	{tag: 0x5F19, name: "issuing_authority", max: 99}, {tag: 0x5F26, name: "date_of_issue", kind: kindDate},
	{tag: 0x5F1A, name: "other_persons", max: 99, repeated: true}, {tag: 0x5F1B, name: "endorsements", max: 99},
	{tag: 0x5F1C, name: "tax_exit", max: 99}, {tag: 0x5F1D, name: "front_image", kind: kindImage}, {tag: 0x5F1E, name: "rear_image", kind: kindImage},
	{tag: 0x5F55, name: "personalized_at", kind: kindTime}, {tag: 0x5F56, name: "personalization_system", max: 99},
}

// oddTag stands on Belgian cards where 5F55 is meant. By the rules its second
// byte announces a third; it is meant as a tag of two.
const oddTag tlv.Tag = 0x5F85

// tagRepeated is the template of repeated elements.
const tagRepeated tlv.Tag = 0xA0

// maxDetails bounds the elements of one group.
const maxDetails = 256

func findDetail(known []detail, t tlv.Tag) (detail, bool) {
	if t == oddTag {
		t = 0x5F55
	}
	i := slices.IndexFunc(known, func(d detail) bool { return d.tag == t })
	if i < 0 {
		return detail{}, false
	}
	return known[i], true
}

// ParseDG11 reads the additional personal details, in the order of the file.
// ParsePersonalDetails gives them by their meaning.
func ParseDG11(b []byte) ([]Detail, []cardprofile.Deviation, error) {
	return parseDetails(b, 11, dg11Elements)
}

// ParseDG12 reads the additional details of the document, in the order of the
// file. ParseDocumentDetails gives them by their meaning.
func ParseDG12(b []byte) ([]Detail, []cardprofile.Deviation, error) {
	return parseDetails(b, 12, dg12Elements)
}

type detailReader struct {
	*notes
	rule   string
	known  []detail
	out    []Detail
	seen   map[tlv.Tag]int // index into out
	listed []tlv.Tag       // nil without a tag list
}

func parseDetails(b []byte, group int, known []detail) ([]Detail, []cardprofile.Deviation, error) {
	n, rule := groupNotes(group)
	r := &detailReader{notes: n, rule: rule, known: known, seen: map[tlv.Tag]int{}}
	node, err := open(b, fileIDs[group].Tag, n, rule)
	if err != nil {
		return nil, r.list, err
	}
	if err := r.level(node.Value, 0); err != nil {
		return nil, r.list, err
	}
	if r.listed != nil {
		r.compare(r.listed)
	} else {
		r.add(r.rule+".taglist", "there is no tag list")
	}
	return r.out, r.list, nil
}

// compare holds the tag list against what is there. Repeated elements are listed
// by their own tag or by that of their template.
func (r *detailReader) compare(listed []tlv.Tag) {
	for i, t := range listed {
		switch _, there := r.seen[t]; {
		case slices.Contains(listed[:i], t):
			r.add(r.rule+".taglist", "the tag list names %s twice", t)
		case t == tagRepeated && !slices.ContainsFunc(r.known, func(d detail) bool { _, ok := r.seen[d.tag]; return ok && d.repeated }),
			t != tagRepeated && !there:
			r.add(r.rule+".taglist", "the tag list names %s, which is not there", t)
		}
	}
	for _, d := range r.out {
		k, _ := findDetail(r.known, d.Tag)
		if !slices.Contains(listed, d.Tag) && !(k.repeated && slices.Contains(listed, tagRepeated)) {
			r.add(r.rule+".taglist", "the tag list does not name %s, which is there", d.Tag)
		}
	}
}

// readTagList reads tags of one to three bytes.
func readTagList(b []byte) []tlv.Tag {
	out := []tlv.Tag{}
	for i := 0; i < len(b) && len(out) < maxDetails; i++ {
		if isOddTag(b[i:]) {
			out = append(out, oddTag)
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
		out = append(out, t)
	}
	return out
}

func isOddTag(b []byte) bool { return len(b) >= 2 && b[0] == 0x5F && b[1] == 0x85 }

// elements reads a sequence of data objects, among which oddTag may be.
func elements(b []byte) ([]tlv.Node, error) {
	var out []tlv.Node
	for len(b) > 0 {
		if len(out) > maxDetails {
			return nil, tlv.ErrTooMany
		}
		node, rest, err := element(b)
		if err != nil {
			return nil, err
		}
		out, b = append(out, node), rest
	}
	return out, nil
}

// element reads one data object, oddTag among them.
func element(b []byte) (node tlv.Node, rest []byte, err error) {
	if !isOddTag(b) {
		return tlv.Parse(b)
	}
	// The header alone with the tag that is meant, so that nothing long is copied.
	header := append([]byte{0x5F, 0x55}, b[2:min(len(b), 7)]...)
	_, h, l, err := tlv.Header(header)
	if err != nil {
		return tlv.Node{}, nil, err
	}
	if l > len(b)-h {
		return tlv.Node{}, nil, tlv.ErrShort
	}
	end := h + l
	return tlv.Node{Tag: oddTag, Value: b[h:end:end], Raw: b[:end:end]}, b[end:], nil
}

// level reads the elements; A0 holds a number and repeated ones.
func (r *detailReader) level(value []byte, depth int) error {
	children, err := elements(value)
	if err != nil {
		return malformed("%s: %w", r.where, err)
	}
	for i, c := range children {
		if len(r.out) >= maxDetails {
			return malformed("%s: more than %d elements", r.where, maxDetails)
		}
		r.minimal(c, r.rule)
		switch {
		case c.Tag == tagTagList && depth == 0:
			if i > 0 {
				r.add(r.rule+".taglist", "the tag list does not come first, or is there twice")
			}
			r.listed = readTagList(c.Value)
		case c.Tag == tagInteger:
			if depth == 0 {
				r.add(r.rule+".tag", "a number of elements outside their template")
			}
		case c.Tag >= tagRepeated && c.Tag <= 0xAF && depth == 0:
			if err := r.template(c); err != nil {
				return err
			}
		default:
			r.element(c, depth)
		}
	}
	return nil
}

// template reads the repeated elements and holds their number against the one
// stated.
func (r *detailReader) template(c tlv.Node) error {
	if c.Tag != tagRepeated {
		r.add(r.rule+".tag", "element %s where A0 is meant", c.Tag)
	}
	before := r.repeated()
	if err := r.level(c.Value, 1); err != nil {
		return err
	}
	stated, ok := c.First(tagInteger)
	if got := r.repeated() - before; !ok || len(stated.Value) != 1 || int(stated.Value[0]) != got {
		r.add(r.rule+".count", "template %s holds %d elements and states another number", c.Tag, got)
	}
	return nil
}

func (r *detailReader) repeated() int {
	sum := 0
	for _, d := range r.out {
		if k, ok := findDetail(r.known, d.Tag); ok && k.repeated {
			sum += len(d.Texts)
		}
	}
	return sum
}

func (r *detailReader) element(c tlv.Node, depth int) {
	k, ok := findDetail(r.known, c.Tag)
	if !ok {
		r.add(r.rule+".tag", "an element %s that is not in the standard", c.Tag)
		r.seen[c.Tag] = len(r.out)
		r.out = append(r.out, Detail{Tag: c.Tag, Name: c.Tag.String(), Bytes: c.Value})
		return
	}
	switch {
	case c.Tag == oddTag:
		r.add(r.rule+".tag", "element 5F85 where 5F55 is meant")
	case k.repeated != (depth > 0):
		r.add(r.rule+".tag", "element %s inside or outside of template A0, where it does not belong", c.Tag)
	}
	d := Detail{Tag: c.Tag, Name: k.name}
	if k.kind == kindImage {
		d.Bytes = c.Value
		if problem := displayable(c.Value); problem != "" {
			r.add(r.rule+".image", "the image of element %s %s", c.Tag, problem)
		}
	} else {
		d.Texts = []string{r.value(c, k)}
	}
	i, twice := r.seen[c.Tag]
	if twice && k.repeated {
		r.out[i].Texts = append(r.out[i].Texts, d.Texts...)
		return
	}
	if twice {
		r.add(r.rule+".twice", "element %s is there twice; the first one counts", c.Tag)
	} else {
		r.seen[c.Tag] = len(r.out)
	}
	r.out = append(r.out, d)
}

// value reads an element in words.
func (r *detailReader) value(c tlv.Node, k detail) string {
	s := string(c.Value)
	if k.kind == kindDate || k.kind == kindTime {
		n := 8
		if k.kind == kindTime {
			n = 14
		}
		digits, bcd := decimal(c.Value, n)
		s = digits
		if bcd {
			r.add(r.rule+".bcd", "element %s is in BCD", c.Tag)
		}
	}
	if problem := k.problem(s); problem != "" {
		r.add(r.rule+"."+problem, "element %s %s", c.Tag, detailProblems[problem])
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

// detailProblems are what can be wrong with a value, by the last part of the rule.
var detailProblems = map[string]string{
	"utf8": "is not UTF-8", "date": "is no date", "long": "is longer than the standard has it",
	"filler": "ends with a filler, or is empty", "number": "is not of digits and <",
}

// problem says what keeps a value from being as the tables have it, "" for
// nothing. Reading notes it and building refuses it.
func (k detail) problem(s string) string {
	switch k.kind {
	case kindDate:
		if _, err := ParsePartialDate(s); err != nil {
			return "date"
		}
		return ""
	case kindTime:
		if _, err := parseInstant(s); err != nil {
			return "date"
		}
		return ""
	}
	switch {
	case !utf8.ValidString(s):
		return "utf8"
	case len(s) > k.max:
		return "long"
	case s == "", k.kind == kindName && strings.HasSuffix(s, "<"):
		return "filler"
	case k.kind == kindNumber && strings.Trim(s, "0123456789<") != "":
		return "number"
	}
	return ""
}
