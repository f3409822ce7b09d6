package citizen

import (
	"fmt"
	"strings"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/mrz"
)

// Complete fills in what the profile decides and the record leaves open: the
// date of expiry. The record itself is not changed.
func Complete(p *cardprofile.Profile, r Record) (Record, error) {
	if r.NoExpiry || !r.DateOfExpiry.IsZero() {
		return r, nil
	}
	date, never, err := p.Expiry.For(r.DateOfBirth, r.DateOfIssue)
	if err != nil {
		return r, err
	}
	r.DateOfExpiry, r.NoExpiry = date, never
	return r, nil
}

// names divides the name as the record says, or else as Vietnamese names are.
func (r *Record) names() (primary, secondary string) {
	if r.Surname != "" {
		return r.Surname, r.GivenNames
	}
	return mrz.SplitVietnamese(r.FullName)
}

// Zone builds the machine readable zone of the card. The record must be
// complete: see Complete.
func Zone(p *cardprofile.Profile, r Record) (*mrz.MRZ, error) {
	format, err := mrz.ParseFormat(p.Document.MRZ)
	if err != nil {
		return nil, err
	}
	primary, secondary := r.names()
	nationality := r.NationalityCode
	if nationality == "" {
		nationality = p.IssuingState
	}
	f := mrz.Fields{
		Type: format, DocumentCode: p.Document.Code, IssuingState: p.IssuingState, Nationality: nationality,
		DocumentNumber: r.DocumentNumber, Sex: string(r.Sex), Primary: primary, Secondary: secondary,
		BirthDate: r.DateOfBirth.YYMMDD(), ExpiryDate: r.DateOfExpiry.YYMMDD(),
	}
	if r.NoExpiry {
		if p.Document.NoExpiry == "" {
			return nil, fmt.Errorf("citizen: profile %s has no document without expiry", p.ID)
		}
		f.ExpiryDate = p.Document.NoExpiry
	}
	if p.Document.MRZRule == "vn-12" {
		if f.Optional1, err = mrz.Optional12(r.Number); err != nil {
			return nil, err
		}
		f.DocumentNumber = r.Number[3:]
	} else if format == mrz.TD3 {
		f.Optional1 = r.Number
	}
	return mrz.Build(f)
}

// DG13 is the content of the Vietnamese national data group. chipSerial is what
// the chip says it is, 16 hexadecimal characters.
func DG13(r Record, chipSerial string) *lds.VietnamDG13 {
	expiry := r.DateOfExpiry.DMY()
	if r.NoExpiry {
		expiry = NoExpiryText
	}
	return &lds.VietnamDG13{
		Version: 1, Number: r.Number, FullName: r.FullName, DateOfBirth: r.DateOfBirth.DMY(), Sex: r.Sex.Vietnamese(),
		Nationality: r.Nationality, Ethnicity: r.Ethnicity, Religion: r.Religion, Origin: r.PlaceOfOrigin, Residence: r.Residence,
		Features: r.Features, DateOfIssue: r.DateOfIssue.DMY(), DateOfExpiry: expiry,
		Father: r.Father, Mother: r.Mother, Spouse: r.Spouse, FormerNumber: r.FormerNumber, ChipSerial: chipSerial,
	}
}

// CAN is the card access number by the profile's rule. It is empty when the rule
// draws a number for each card.
func CAN(p *cardprofile.Profile, r Record) string {
	n := p.Access.CAN.Digits
	if p.Access.CAN.From != "number" || n <= 0 || len(r.Number) < n {
		return ""
	}
	return r.Number[len(r.Number)-n:]
}

// QRText is the content of the printed QR code: the profile's fields separated
// by bars, dates as ddmmyyyy. Empty when the profile prints none.
func QRText(p *cardprofile.Profile, r Record) string {
	if p.QR.Format != "pipe" {
		return ""
	}
	fields := r.Fields()
	dates := map[string]cardprofile.Date{"date_of_birth": r.DateOfBirth, "date_of_issue": r.DateOfIssue, "date_of_expiry": r.DateOfExpiry}
	parts := make([]string, len(p.QR.Fields))
	for i, name := range p.QR.Fields {
		v := fields[name]
		if d, ok := dates[name]; ok && !(name == "date_of_expiry" && r.NoExpiry) {
			v = d.DDMMYYYY()
		}
		parts[i] = strings.ReplaceAll(v, "|", " ")
	}
	return strings.Join(parts, "|")
}
