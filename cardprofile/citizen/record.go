package citizen

import (
	"fmt"
	"io"
	"log/slog"

	"github.com/chipid-toolkit/chipid/cardprofile"
)

// Sex is as in the machine readable zone: M, F, or X for not stated.
type Sex string

// The sexes of Doc 9303-3 (8th ed.), 4.7; X is written < in the zone.
const (
	Male        Sex = "M"
	Female      Sex = "F"
	Unspecified Sex = "X"
)

// Vietnamese is the word on Vietnamese cards and in their DG13.
func (s Sex) Vietnamese() string {
	switch s {
	case Male:
		return "Nam"
	case Female:
		return "Nữ"
	}
	return ""
}

// NoExpiryText stands on a card, and in DG13, that never expires.
const NoExpiryText = "Không thời hạn"

// Record is one applicant. Texts are Unicode NFC; absent fields are empty.
type Record struct {
	// Line is the line of the batch file that the record began on, 0 otherwise.
	Line int `json:"-"`

	Number      string           `json:"number"`
	FullName    string           `json:"full_name"`
	DateOfBirth cardprofile.Date `json:"date_of_birth"`
	Sex         Sex              `json:"sex"`
	Nationality string           `json:"nationality,omitempty"` // in words: "Việt Nam"
	Ethnicity   string           `json:"ethnicity,omitempty"`
	Religion    string           `json:"religion,omitempty"`
	// PlaceOfOrigin is the place of birth registration on cards of 2024.
	PlaceOfOrigin string           `json:"place_of_origin,omitempty"`
	Residence     string           `json:"residence,omitempty"`
	Features      string           `json:"features,omitempty"`
	DateOfIssue   cardprofile.Date `json:"date_of_issue"`
	// DateOfExpiry is zero when the profile's rule is to set it, or when
	// NoExpiry says that the card never expires.
	DateOfExpiry cardprofile.Date `json:"date_of_expiry"`
	NoExpiry     bool             `json:"no_expiry,omitempty"`
	Father       string           `json:"father,omitempty"`
	Mother       string           `json:"mother,omitempty"`
	Spouse       string           `json:"spouse,omitempty"`
	FormerNumber string           `json:"former_number,omitempty"` // nine digits, the CMND

	// For documents of other states: the document's own number, the names as
	// they are divided, and the nationality's code in the zone.
	DocumentNumber  string `json:"document_number,omitempty"`
	Surname         string `json:"surname,omitempty"`
	GivenNames      string `json:"given_names,omitempty"`
	NationalityCode string `json:"nationality_code,omitempty"`

	// Portrait is the picture's path, relative to the file the record is in.
	Portrait string `json:"portrait,omitempty"`
}

const hidden = "[citizen record]"

// Format prints no personal data whatever the verb.
func (r Record) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// LogValue prints no personal data.
func (r Record) LogValue() slog.Value { return slog.StringValue(hidden) }

// Fields are the record's texts by column name, as they are printed on a card:
// dates dd/mm/yyyy, sex in Vietnamese. Absent fields are absent.
func (r *Record) Fields() map[string]string {
	m := make(map[string]string, len(columns))
	for _, c := range columns {
		if v := c.get(r); v != "" {
			m[c.name] = v
		}
	}
	return m
}
