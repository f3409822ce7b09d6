package lds

import (
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/chipid-toolkit/chipid/cardprofile"
)

// DocumentDetails is DG12, further details of the document (Doc 9303-10 (8th ed.),
// 4.7.12). All are optional; what is not there is empty.
type DocumentDetails struct {
	IssuingAuthority      string      `json:"issuing_authority,omitempty"`
	DateOfIssue           PartialDate `json:"date_of_issue,omitzero"`
	OtherPersons          []string    `json:"other_persons,omitempty"`
	Endorsements          string      `json:"endorsements,omitempty"`
	TaxExit               string      `json:"tax_exit,omitempty"`
	FrontImage            []byte      `json:"-"`                                // of the document
	RearImage             []byte      `json:"-"`                                // of the document
	PersonalizedAt        time.Time   `json:"personalized_at,omitzero"`         // no time zone is stated: UTC stands for it
	PersonalizationSystem string      `json:"personalization_system,omitempty"` // its serial number

	Other []Detail `json:"-"` // elements that are not in the standard, as read
}

// Format prints no personal data whatever the verb.
func (d DocumentDetails) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[DG12]") }

// LogValue prints no personal data.
func (d DocumentDetails) LogValue() slog.Value { return slog.StringValue("[DG12]") }

// ParseDocumentDetails reads DG12. A date or time that is none is left out with a
// deviation.
func ParseDocumentDetails(b []byte) (*DocumentDetails, []cardprofile.Deviation, error) {
	list, devs, err := ParseDG12(b)
	if err != nil {
		return nil, devs, err
	}
	d := &DocumentDetails{
		IssuingAuthority: byTag(list, 0x5F19).text(), OtherPersons: byTag(list, 0x5F1A).Texts, Endorsements: byTag(list, 0x5F1B).text(),
		TaxExit: byTag(list, 0x5F1C).text(), FrontImage: byTag(list, 0x5F1D).Bytes, RearImage: byTag(list, 0x5F1E).Bytes,
		PersonalizationSystem: byTag(list, 0x5F56).text(), Other: others(list, dg12Elements),
	}
	// What is wrong with either is noted.
	d.DateOfIssue, _ = ParsePartialDate(byTag(list, 0x5F26).text())
	at := byTag(list, 0x5F55).text()
	if at == "" {
		at = byTag(list, oddTag).text()
	}
	d.PersonalizedAt, _ = parseInstant(at)
	return d, devs, nil
}

// EncodeDG12 writes DG12 in the order of the tables. Elements that are not in the
// standard are refused.
func EncodeDG12(d *DocumentDetails) ([]byte, error) {
	if len(d.Other) > 0 {
		return nil, unbuilt("DG12: elements that are not in the standard")
	}
	v := newDetailValues()
	v.text(0x5F19, d.IssuingAuthority)
	v.date(0x5F26, d.DateOfIssue)
	if len(d.OtherPersons) > 0 {
		v.texts[0x5F1A] = d.OtherPersons
	}
	v.text(0x5F1B, d.Endorsements)
	v.text(0x5F1C, d.TaxExit)
	v.images[0x5F1D], v.images[0x5F1E] = d.FrontImage, d.RearImage
	if !d.PersonalizedAt.IsZero() {
		v.text(0x5F55, d.PersonalizedAt.Format(instantForm))
	}
	v.text(0x5F56, d.PersonalizationSystem)
	return encodeDetails(12, dg12Elements, v)
}
