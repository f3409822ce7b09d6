package lds

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile"
)

// National is DG13, whose content is at the discretion of the issuing State (Doc
// 9303-10 (8th ed.), 4.7.13).
type National struct {
	Content []byte     // all inside tag 6D, as read
	Objects []tlv.Node // the content as data objects; nil when it is none
	// ID and Value are set where a NationalFormat reads it: its identifier, and
	// what it gives, such as *VietnamDG13.
	ID    string
	Value any
}

// Format prints no personal data whatever the verb.
func (d National) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[DG13]") }

// LogValue prints no personal data.
func (d National) LogValue() slog.Value { return slog.StringValue("[DG13]") }

// NationalFormat is how one State fills DG13.
type NationalFormat struct {
	ID    string // as data_groups.source of a profile has it: "vn-dg13"
	State string // code of the State in the zone: "VNM"
	// marked reports whether content says by itself that it has this form. The
	// form of one State must not be read into the bytes of another.
	marked func(content []byte) bool
	parse  func(file []byte) (any, []cardprofile.Deviation, error)
}

var nationalFormats = []NationalFormat{
	{ID: "vn-dg13", State: "VNM", marked: vietnamMarked, parse: func(b []byte) (any, []cardprofile.Deviation, error) {
		d, devs, err := ParseVietnamDG13(b)
		if err != nil {
			return nil, devs, err
		}
		return d, devs, nil
	}},
}

// NationalFormats lists the forms that are known.
func NationalFormats() []NationalFormat { return append([]NationalFormat(nil), nationalFormats...) }

// NationalFormatOf finds the form of a State by its code in the zone.
func NationalFormatOf(state string) (NationalFormat, bool) {
	for _, f := range nationalFormats {
		if f.State == state && state != "" {
			return f, true
		}
	}
	return NationalFormat{}, false
}

// ParseDG13 reads DG13 of any State. Content that says itself what it is, is read
// as that; any other is kept.
func ParseDG13(b []byte) (*National, []cardprofile.Deviation, error) { return parseNational(b, "") }

// ParseDG13Of reads DG13 of the State with this code in the zone, by that State's
// form where one is known, and otherwise as ParseDG13 does. Content that the form
// does not fit is kept, with a deviation.
func ParseDG13Of(state string, b []byte) (*National, []cardprofile.Deviation, error) {
	return parseNational(b, state)
}

func parseNational(b []byte, state string) (*National, []cardprofile.Deviation, error) {
	n, rule := groupNotes(13)
	node, err := open(b, fileIDs[13].Tag, n, rule)
	if err != nil {
		return nil, n.list, err
	}
	d := &National{Content: node.Value}
	if objects, err := node.Children(); err == nil {
		d.Objects = objects
	}
	form, known := NationalFormatOf(state)
	if !known {
		for _, f := range nationalFormats {
			if f.marked(node.Value) {
				form, known = f, true
			}
		}
	}
	if !known {
		return d, n.list, nil
	}
	v, devs, err := form.parse(b)
	if err != nil {
		n.add(rule+".national", "the content is not of the form %s: it is kept unread", form.ID)
		return d, n.list, nil
	}
	d.ID, d.Value = form.ID, v
	return d, devs, nil
}

// EncodeDG13 writes DG13 around content of any form, which must be data objects:
// an inspection system that does not know it can show it then.
func EncodeDG13(content []byte) ([]byte, error) {
	if objects, err := tlv.ParseAll(content); err != nil || len(objects) == 0 {
		return nil, unbuilt("DG13: the content is no sequence of data objects")
	}
	return tlv.Encode(fileIDs[13].Tag, content), nil
}

// vietnamMarked: a SEQUENCE of version, object identifier and SET, the identifier
// that of Vietnamese cards.
func vietnamMarked(content []byte) bool {
	outer, rest, err := tlv.Parse(content)
	if err != nil || len(rest) > 0 || outer.Tag != tagSequence {
		return false
	}
	parts, err := outer.Children()
	return err == nil && len(parts) == 3 && parts[0].Tag == tagInteger && parts[1].Tag == tagOID &&
		bytes.Equal(parts[1].Value, vietnamOID) && parts[2].Tag == tagSet
}
