package lds

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
	"unicode/utf8"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile"
)

// Elements of DG16, Doc 9303-10 (8th ed.), table 80.
const (
	tagRecorded      tlv.Tag = 0x5F50
	tagPersonName    tlv.Tag = 0x5F51
	tagPersonPhone   tlv.Tag = 0x5F52
	tagPersonAddress tlv.Tag = 0x5F53

	maxPersons = 15 // templates A1 to AF
)

// Person is one person to notify in an emergency. What is not there is empty.
type Person struct {
	Recorded  PartialDate `json:"recorded,omitzero"` // when this was written down
	Name      string      `json:"name"`              // divided as in the zone
	Telephone string      `json:"telephone"`         // international form
	Address   []string    `json:"address"`           // its parts
}

// Format prints no personal data whatever the verb.
func (p Person) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[person to notify]") }

// LogValue prints no personal data.
func (p Person) LogValue() slog.Value { return slog.StringValue("[person to notify]") }

// PersonsToNotify is DG16 (Doc 9303-10 (8th ed.), 4.7.16).
type PersonsToNotify struct {
	Stated  int      `json:"-"` // number of persons as the file gives it, NotStated when it does not
	Persons []Person `json:"persons"`
}

// ParseDG16 reads the persons to notify.
func ParseDG16(b []byte) (*PersonsToNotify, []cardprofile.Deviation, error) {
	n, rule := groupNotes(16)
	node, err := open(b, fileIDs[16].Tag, n, rule)
	if err != nil {
		return nil, n.list, err
	}
	objects, err := node.Children()
	if err != nil {
		return nil, n.list, malformed("DG16: %w", err)
	}
	d := &PersonsToNotify{Stated: NotStated}
	for i, o := range objects {
		n.minimal(o, rule)
		switch {
		case o.Tag == tagCount && d.Stated == NotStated:
			if i > 0 {
				n.add(rule+".order", "the number of persons does not come first")
			}
			d.Stated = n.count(o, rule)
		case o.Tag >= 0xA0 && o.Tag <= 0xBE:
			if len(d.Persons) == 2*maxPersons {
				return nil, n.list, malformed("DG16: more than %d persons", 2*maxPersons)
			}
			if want := tlv.Tag(0xA1 + len(d.Persons)); o.Tag != want || len(d.Persons) >= maxPersons {
				n.add(rule+".template", "template %s where %s is meant", o.Tag, want)
			}
			p, err := parsePerson(o, n, rule)
			if err != nil {
				return nil, n.list, err
			}
			d.Persons = append(d.Persons, p)
		default:
			n.add(rule+".tag", "an element %s that is not in the standard", o.Tag)
		}
	}
	if len(d.Persons) == 0 {
		return nil, n.list, malformed("DG16: no person")
	}
	if d.Stated != len(d.Persons) {
		n.add(rule+".count", "it holds %d persons and states another number", len(d.Persons))
	}
	return d, n.list, nil
}

var personElements = []detail{
	{tag: tagRecorded, name: "recorded", kind: kindDate}, {tag: tagPersonName, name: "name", kind: kindName, max: 1 << 16},
	{tag: tagPersonPhone, name: "telephone", kind: kindNumber, max: 1 << 16}, {tag: tagPersonAddress, name: "address", kind: kindFields, max: 1 << 16},
}

func parsePerson(o tlv.Node, n *notes, rule string) (Person, error) {
	var p Person
	parts, err := o.Children()
	if err != nil {
		return p, malformed("DG16: template %s: %w", o.Tag, err)
	}
	at, seen := -1, map[tlv.Tag]bool{}
	for _, c := range parts {
		n.minimal(c, rule)
		i, k := -1, detail{}
		for j, e := range personElements {
			if e.tag == c.Tag {
				i, k = j, e
			}
		}
		switch {
		case i < 0:
			n.add(rule+".tag", "an element %s that is not in the standard", c.Tag)
			continue
		case seen[c.Tag]:
			n.add(rule+".twice", "element %s is in template %s twice; the first one counts", c.Tag, o.Tag)
			continue
		case i < at:
			n.add(rule+".order", "the elements of template %s are in another order", o.Tag)
		}
		at, seen[c.Tag] = i, true
		s := string(c.Value)
		if k.kind == kindDate {
			digits, bcd := decimal(c.Value, 8)
			if s = digits; bcd {
				n.add(rule+".bcd", "element %s is in BCD", c.Tag)
			}
		}
		if problem := k.problem(s); problem != "" {
			n.add(rule+"."+problem, "element %s %s", c.Tag, detailProblems[problem])
		}
		p.set(c.Tag, strings.ToValidUTF8(s, string(utf8.RuneError)))
	}
	for _, e := range personElements {
		if !seen[e.tag] {
			n.add(rule+".missing", "template %s has no element %s", o.Tag, e.tag)
		}
	}
	return p, nil
}

func (p *Person) set(tag tlv.Tag, s string) {
	switch tag {
	case tagRecorded:
		p.Recorded, _ = ParsePartialDate(s) // its deviation is noted
	case tagPersonName:
		p.Name = s
	case tagPersonPhone:
		p.Telephone = s
	case tagPersonAddress:
		p.Address = divide(s)
	}
}

// EncodeDG16 writes one to fifteen persons, each with all four elements.
func EncodeDG16(persons ...Person) ([]byte, error) {
	if len(persons) == 0 || len(persons) > maxPersons {
		return nil, unbuilt("DG16: %d persons, 1 to %d fit", len(persons), maxPersons)
	}
	parts := [][]byte{tlv.Encode(tagCount, []byte{byte(len(persons))})}
	for i, p := range persons {
		address, err := join(16, "address", p.Address)
		if err != nil {
			return nil, err
		}
		values := map[tlv.Tag]string{tagRecorded: p.Recorded.Digits(), tagPersonName: p.Name, tagPersonPhone: p.Telephone, tagPersonAddress: address}
		var inner [][]byte
		for _, k := range personElements {
			if problem := k.problem(values[k.tag]); problem != "" || k.kind == kindDate && p.Recorded.IsZero() {
				if problem == "" {
					problem = "date"
				}
				return nil, unbuilt("DG16: person %d: %s %s", i+1, k.name, detailProblems[problem])
			}
			inner = append(inner, tlv.Encode(k.tag, []byte(values[k.tag])))
		}
		parts = append(parts, tlv.Encode(tlv.Tag(0xA1+i), inner...))
	}
	return tlv.Encode(fileIDs[16].Tag, parts...), nil
}
