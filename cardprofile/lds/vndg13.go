package lds

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile"
)

// VietnamDG13 is the national data group of Vietnamese identity cards: a version,
// an object identifier and a SET of numbered fields. All texts are as the chip
// has them; a field that is empty or not there is empty.
//
// Source: no standard is published; the form is that of cards as they are.
type VietnamDG13 struct {
	Version      int    `json:"version"`
	Number       string `json:"number"`         // 1, 12 digits
	FullName     string `json:"full_name"`      // 2
	DateOfBirth  string `json:"date_of_birth"`  // 3, dd/mm/yyyy
	Sex          string `json:"sex"`            // 4, Nam or Nữ
	Nationality  string `json:"nationality"`    // 5
	Ethnicity    string `json:"ethnicity"`      // 6
	Religion     string `json:"religion"`       // 7
	Origin       string `json:"origin"`         // 8, place of origin; of birth registration since 2024
	Residence    string `json:"residence"`      // 9
	Features     string `json:"features"`       // 10
	DateOfIssue  string `json:"date_of_issue"`  // 11, dd/mm/yyyy
	DateOfExpiry string `json:"date_of_expiry"` // 12, dd/mm/yyyy or "Không thời hạn"
	Father       string `json:"father"`         // 13
	Mother       string `json:"mother"`         // 13
	Spouse       string `json:"spouse"`         // 14
	FormerNumber string `json:"former_number"`  // 15, nine digits
	ChipSerial   string `json:"chip_serial"`    // 16, 16 hexadecimal characters

	Missing []int   `json:"missing,omitempty"` // fields 1 to 16 that are not there at all
	Other   []Field `json:"other,omitempty"`   // fields beyond 16, as read
}

// Field is a numbered field that is not known here.
type Field struct {
	Number int    `json:"number"`
	Raw    []byte `json:"raw"`
}

// Format prints no personal data whatever the verb.
func (d VietnamDG13) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[DG13]") }

// LogValue prints no personal data.
func (d VietnamDG13) LogValue() slog.Value { return slog.StringValue("[DG13]") }

// vietnamOID is 1.0.10646.1.0.8, which stands in front of the fields.
var vietnamOID = []byte{0x28, 0xD3, 0x16, 0x01, 0x00, 0x08}

const (
	tagInteger   tlv.Tag = 0x02
	tagOID       tlv.Tag = 0x06
	tagUTF8      tlv.Tag = 0x0C
	tagPrintable tlv.Tag = 0x13
	tagSequence  tlv.Tag = 0x30
	tagSet       tlv.Tag = 0x31

	vnFields    = 16
	maxVNFields = 64
)

// vnField is one of the simple fields: its string type and where it goes.
type vnField struct {
	tag tlv.Tag
	at  func(*VietnamDG13) *string
}

var vnSimple = map[int]vnField{
	1:  {tagPrintable, func(d *VietnamDG13) *string { return &d.Number }},
	2:  {tagUTF8, func(d *VietnamDG13) *string { return &d.FullName }},
	3:  {tagPrintable, func(d *VietnamDG13) *string { return &d.DateOfBirth }},
	4:  {tagUTF8, func(d *VietnamDG13) *string { return &d.Sex }},
	5:  {tagUTF8, func(d *VietnamDG13) *string { return &d.Nationality }},
	6:  {tagUTF8, func(d *VietnamDG13) *string { return &d.Ethnicity }},
	7:  {tagUTF8, func(d *VietnamDG13) *string { return &d.Religion }},
	8:  {tagUTF8, func(d *VietnamDG13) *string { return &d.Origin }},
	9:  {tagUTF8, func(d *VietnamDG13) *string { return &d.Residence }},
	10: {tagUTF8, func(d *VietnamDG13) *string { return &d.Features }},
	11: {tagPrintable, func(d *VietnamDG13) *string { return &d.DateOfIssue }},
	12: {tagUTF8, func(d *VietnamDG13) *string { return &d.DateOfExpiry }},
	15: {tagPrintable, func(d *VietnamDG13) *string { return &d.FormerNumber }},
	16: {tagPrintable, func(d *VietnamDG13) *string { return &d.ChipSerial }},
}

// ParseVietnamDG13 reads DG13 of a Vietnamese card. Fields that are not there,
// other string types and fields out of order are deviations or Missing.
func ParseVietnamDG13(b []byte) (*VietnamDG13, []cardprofile.Deviation, error) {
	n := &notes{where: "DG13"}
	node, err := open(b, 0x6D, n, "dg13")
	if err != nil {
		return nil, n.list, err
	}
	outer, ok := node.First(tagSequence)
	if !ok {
		return nil, n.list, malformed("DG13: no SEQUENCE inside")
	}
	d := new(VietnamDG13)
	v, ok := outer.First(tagInteger)
	if ok {
		d.Version, err = readInt(v)
	}
	if !ok || err != nil || d.Version != 1 {
		n.add("dg13.version", "the version is not 1")
	}
	if oid, ok := outer.First(tagOID); !ok || !bytes.Equal(oid.Value, vietnamOID) {
		n.add("dg13.oid", "the object identifier is not 1.0.10646.1.0.8")
	}
	set, ok := outer.First(tagSet)
	if !ok {
		return nil, n.list, malformed("DG13: no SET of fields")
	}
	fields, err := set.Children()
	if err != nil {
		return nil, n.list, malformed("DG13: %w", err)
	}
	if len(fields) > maxVNFields {
		return nil, n.list, malformed("DG13: more than %d fields", maxVNFields)
	}
	seen, last := map[int]bool{}, 0
	for _, f := range fields {
		number, err := d.field(f, n, seen)
		if err != nil {
			n.add("dg13.field", "a field cannot be read: %v", err)
			continue
		}
		if number < last {
			n.add("dg13.order", "the fields are not in ascending order")
		}
		last = number
	}
	for i := 1; i <= vnFields; i++ {
		if !seen[i] {
			d.Missing = append(d.Missing, i)
		}
	}
	return d, n.list, nil
}

// field reads one numbered field.
func (d *VietnamDG13) field(f tlv.Node, n *notes, seen map[int]bool) (int, error) {
	if f.Tag != tagSequence {
		return 0, fmt.Errorf("tag %s instead of a SEQUENCE", f.Tag)
	}
	parts, err := f.Children()
	if err != nil {
		return 0, err
	}
	if len(parts) == 0 {
		return 0, fmt.Errorf("it has no number")
	}
	number, err := readInt(parts[0])
	if err != nil {
		return 0, err
	}
	if seen[number] {
		n.add("dg13.twice", "field %d is there twice; the first one counts", number)
		return number, nil
	}
	seen[number] = true
	values := parts[1:]
	switch simple, ok := vnSimple[number]; {
	case ok:
		if len(values) == 0 {
			return number, nil
		}
		if len(values) > 1 {
			n.add("dg13.values", "field %d has more than one value", number)
		}
		if values[0].Tag != simple.tag {
			n.add("dg13.type", "field %d is of string type %s instead of %s", number, values[0].Tag, simple.tag)
		}
		*simple.at(d) = d.text(values[0], number, n)
	case number == 13:
		names := d.names(values, number, n)
		if len(names) > 2 {
			n.add("dg13.values", "field 13 has more than two names")
		}
		if len(names) > 0 {
			d.Father = names[0]
		}
		if len(names) > 1 {
			d.Mother = names[1]
		}
	case number == 14:
		if names := d.names(values, number, n); len(names) > 0 {
			d.Spouse = names[0]
			if len(names) > 1 {
				n.add("dg13.values", "field 14 has more than one name")
			}
		}
	default:
		d.Other = append(d.Other, Field{Number: number, Raw: f.Raw})
	}
	return number, nil
}

// names reads the nested forms: each name in a SEQUENCE of its own, all names in
// one SEQUENCE, or names without a SEQUENCE. An empty SEQUENCE is a name that is
// not known.
func (d *VietnamDG13) names(values []tlv.Node, number int, n *notes) []string {
	var out []string
	for _, v := range values {
		if v.Tag != tagSequence {
			out = append(out, d.text(v, number, n))
			continue
		}
		inner, err := v.Children()
		if err != nil {
			n.add("dg13.field", "field %d cannot be read: %v", number, err)
			continue
		}
		if len(inner) == 0 {
			out = append(out, "")
		}
		for _, i := range inner {
			out = append(out, d.text(i, number, n))
		}
	}
	return out
}

// text reads any of the string types that occur.
func (d *VietnamDG13) text(v tlv.Node, number int, n *notes) string {
	const maxText = 4096
	b := v.Value
	if len(b) > maxText {
		n.add("dg13.long", "field %d is longer than %d bytes and is cut", number, maxText)
		b = b[:maxText]
	}
	switch v.Tag {
	case 0x1E: // BMPString
		units := make([]uint16, len(b)/2)
		for i := range units {
			units[i] = uint16(b[2*i])<<8 | uint16(b[2*i+1])
		}
		return string(utf16.Decode(units))
	case tagUTF8, tagPrintable, 0x12, 0x14, 0x16, 0x1A:
	default:
		n.add("dg13.type", "field %d is of type %s, which is no string", number, v.Tag)
	}
	if !utf8.Valid(b) {
		n.add("dg13.utf8", "field %d is not UTF-8", number)
		return strings.ToValidUTF8(string(b), "\uFFFD")
	}
	return string(b)
}

// EncodeVietnamDG13 writes all sixteen fields in ascending order; empty ones
// have a number and no value.
func EncodeVietnamDG13(d *VietnamDG13) ([]byte, error) {
	if len(d.Number) != 12 || !isDigits([]byte(d.Number)) {
		return nil, unbuilt("DG13: the number is not 12 digits")
	}
	if d.FormerNumber != "" && (len(d.FormerNumber) != 9 || !isDigits([]byte(d.FormerNumber))) {
		return nil, unbuilt("DG13: the former number is not nine digits")
	}
	if d.FullName == "" {
		return nil, unbuilt("DG13: there is no name")
	}
	var fields [][]byte
	for i := 1; i <= vnFields; i++ {
		head := tlv.Encode(tagInteger, []byte{byte(i)})
		value, err := d.value(i)
		if err != nil {
			return nil, err
		}
		fields = append(fields, tlv.Encode(tagSequence, head, value))
	}
	version := tlv.Encode(tagInteger, []byte{1})
	return tlv.Encode(0x6D, tlv.Encode(tagSequence, version, tlv.Encode(tagOID, vietnamOID), tlv.Encode(tagSet, fields...))), nil
}

func (d *VietnamDG13) value(number int) ([]byte, error) {
	if simple, ok := vnSimple[number]; ok {
		s := *simple.at(d)
		if s == "" {
			return nil, nil
		}
		if simple.tag == tagPrintable && !printable(s) {
			return nil, unbuilt("DG13: field %d has a character that a PrintableString cannot hold", number)
		}
		if !utf8.ValidString(s) {
			return nil, unbuilt("DG13: field %d is not UTF-8", number)
		}
		return tlv.Encode(simple.tag, []byte(s)), nil
	}
	var names []string
	switch {
	case number == 13 && (d.Father != "" || d.Mother != ""):
		names = []string{d.Father, d.Mother}
	case number == 14 && d.Spouse != "":
		names = []string{d.Spouse}
	}
	var out []byte
	for _, s := range names {
		if !utf8.ValidString(s) {
			return nil, unbuilt("DG13: field %d is not UTF-8", number)
		}
		var inner []byte
		if s != "" {
			inner = tlv.Encode(tagUTF8, []byte(s))
		}
		out = append(out, tlv.Encode(tagSequence, inner)...)
	}
	return out, nil
}

// printable is the character set of PrintableString, ISO/IEC 8824-1, 41.4.
func printable(s string) bool {
	for _, r := range s {
		if !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune(" '()+,-./:=?", r)) {
			return false
		}
	}
	return true
}
