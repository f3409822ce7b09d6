package lds

import (
	"fmt"
	"io"
	"log/slog"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile"
)

// PersonalDetails is DG11, further details of the holder (Doc 9303-10 (8th ed.),
// 4.7.11). All are optional; what is not there is empty.
type PersonalDetails struct {
	FullName           string      `json:"full_name,omitempty"`   // in national characters, divided as in the zone
	OtherNames         []string    `json:"other_names,omitempty"` // likewise
	PersonalNumber     string      `json:"personal_number,omitempty"`
	DateOfBirth        PartialDate `json:"date_of_birth,omitzero"`
	PlaceOfBirth       []string    `json:"place_of_birth,omitempty"` // its parts
	Address            []string    `json:"address,omitempty"`        // its parts
	Telephone          string      `json:"telephone,omitempty"`
	Profession         string      `json:"profession,omitempty"`
	Title              string      `json:"title,omitempty"`
	PersonalSummary    string      `json:"personal_summary,omitempty"`
	ProofOfCitizenship []byte      `json:"-"`                         // image
	OtherDocuments     []string    `json:"other_documents,omitempty"` // numbers of other travel documents
	Custody            string      `json:"custody,omitempty"`

	Other []Detail `json:"-"` // elements that are not in the standard, as read
}

// Format prints no personal data whatever the verb.
func (d PersonalDetails) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[DG11]") }

// LogValue prints no personal data.
func (d PersonalDetails) LogValue() slog.Value { return slog.StringValue("[DG11]") }

// ParsePersonalDetails reads DG11. A date that is none is left out with a
// deviation.
func ParsePersonalDetails(b []byte) (*PersonalDetails, []cardprofile.Deviation, error) {
	list, devs, err := ParseDG11(b)
	if err != nil {
		return nil, devs, err
	}
	d := &PersonalDetails{
		FullName: byTag(list, 0x5F0E).text(), OtherNames: byTag(list, 0x5F0F).Texts, PersonalNumber: byTag(list, 0x5F10).text(),
		PlaceOfBirth: divide(byTag(list, 0x5F11).text()), Address: divide(byTag(list, 0x5F42).text()), Telephone: byTag(list, 0x5F12).text(),
		Profession: byTag(list, 0x5F13).text(), Title: byTag(list, 0x5F14).text(), PersonalSummary: byTag(list, 0x5F15).text(),
		ProofOfCitizenship: byTag(list, 0x5F16).Bytes, OtherDocuments: divide(byTag(list, 0x5F17).text()), Custody: byTag(list, 0x5F18).text(),
		Other: others(list, dg11Elements),
	}
	d.DateOfBirth, _ = ParsePartialDate(byTag(list, 0x5F2B).text()) // its deviation is noted
	return d, devs, nil
}

func others(list []Detail, known []detail) []Detail {
	var out []Detail
	for _, d := range list {
		if _, ok := findDetail(known, d.Tag); !ok {
			out = append(out, d)
		}
	}
	return out
}

// EncodeDG11 writes DG11 in the order of the tables. Elements that are not in the
// standard are refused.
func EncodeDG11(d *PersonalDetails) ([]byte, error) {
	if len(d.Other) > 0 {
		return nil, unbuilt("DG11: elements that are not in the standard")
	}
	v := newDetailValues()
	v.text(0x5F0E, d.FullName)
	if len(d.OtherNames) > 0 {
		v.texts[0x5F0F] = d.OtherNames
	}
	v.text(0x5F10, d.PersonalNumber)
	v.date(0x5F2B, d.DateOfBirth)
	for _, f := range []struct {
		tag   tlv.Tag
		name  string
		parts []string
	}{{0x5F11, "place_of_birth", d.PlaceOfBirth}, {0x5F42, "address", d.Address}, {0x5F17, "other_documents", d.OtherDocuments}} {
		s, err := join(11, f.name, f.parts)
		if err != nil {
			return nil, err
		}
		v.text(f.tag, s)
	}
	v.text(0x5F12, d.Telephone)
	v.text(0x5F13, d.Profession)
	v.text(0x5F14, d.Title)
	v.text(0x5F15, d.PersonalSummary)
	v.images[0x5F16] = d.ProofOfCitizenship
	v.text(0x5F18, d.Custody)
	return encodeDetails(11, dg11Elements, v)
}
