package inspect

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/mrz"
	"github.com/chipid-toolkit/chipid/cardprofile/sod"
)

// content is what the data groups say, parsed beside their raw bytes.
type content struct {
	doc      *Document
	profile  *cardprofile.Profile
	zone     *mrz.MRZ
	national *lds.VietnamDG13
	issued   time.Time // date of issue, as DG12 has it; zero when not known
}

// describe parses DG1, DG2 and DG13, and notes what is wrong with them.
func describe(v *Verdict, files []lds.File, o Options) *content {
	c := &content{doc: &Document{}, profile: o.Profile}
	v.Document = c.doc
	if b, ok := findFile(files, "EF.DG1"); ok {
		c.readZone(v, b, o)
	} else {
		v.set(CheckMRZDigits, NotPerformed, true, because("DG1 was not read", "không đọc được DG1"))
	}
	if b, ok := findFile(files, "EF.DG2"); ok {
		c.readFace(v, b)
	}
	if b, ok := findFile(files, "EF.DG12"); ok {
		c.readIssue(b)
	}
	if b, ok := findFile(files, "EF.DG13"); ok && c.vietnamese() {
		c.readNational(v, b)
	}
	if c.profile == nil {
		c.profile = c.guess()
	}
	if c.profile != nil {
		c.doc.Profile = c.profile.ID
	}
	return c
}

func (c *content) vietnamese() bool {
	if c.profile != nil {
		dg, ok := c.profile.DG(13)
		return ok && dg.Source == "vn-dg13"
	}
	return c.zone != nil && c.zone.IssuingState == "VNM" && c.zone.Type == mrz.TD1
}

// profiles are those that come with the program. They are read once: reading them
// takes longer than everything else about a document.
var profiles = sync.OnceValue(func() []*cardprofile.Profile {
	var out []*cardprofile.Profile
	for _, id := range cardprofile.List() {
		if p, err := cardprofile.Load(id); err == nil {
			out = append(out, p)
		}
	}
	return out
})

// guess finds the profile of a card by what it says of itself; nil if none or
// several fit.
func (c *content) guess() *cardprofile.Profile {
	if c.zone == nil {
		return nil
	}
	var issued cardprofile.Date
	if c.national != nil {
		issued, _ = cardprofile.ParseDate(c.national.DateOfIssue)
	}
	var found []*cardprofile.Profile
	for _, p := range profiles() {
		if p.IssuingState != c.zone.IssuingState || p.Document.MRZ != c.zone.Type.String() || !p.IssuedOn(issued) {
			continue
		}
		found = append(found, p)
	}
	if len(found) != 1 {
		return nil
	}
	return found[0]
}

func (c *content) readZone(v *Verdict, b []byte, o Options) {
	zone, devs, err := lds.ParseDG1(b)
	v.deviate(devs...)
	if err != nil {
		v.set(CheckMRZDigits, Failed, true, because("DG1 cannot be read: "+err.Error(), "DG1 hỏng, không phân tích được"))
		return
	}
	c.zone = zone
	bad := slices.ContainsFunc(devs, func(d cardprofile.Deviation) bool { return strings.Contains(d.Rule, "checkdigit") })
	if bad {
		v.set(CheckMRZDigits, Failed, true, because("a check digit of the MRZ in DG1 is wrong", "số kiểm tra của MRZ trong DG1 sai"))
	} else {
		v.set(CheckMRZDigits, Passed, true, because("all check digits of the MRZ in DG1 are right", "các số kiểm tra của MRZ trong DG1 đúng"))
	}
	m := &MRZ{
		Format: zone.Type.String(), Lines: zone.Lines, Code: zone.DocumentCode, Issuer: zone.IssuingState,
		Number: zone.DocumentNumber, Optional1: zone.Optional1, Optional2: zone.Optional2,
		Birth: zone.BirthDate, Sex: zone.Sex, Expiry: zone.ExpiryDate, Nationality: zone.Nationality,
		Surname: zone.Primary, GivenNames: zone.Secondary,
	}
	if d, err := zone.BirthOn(o.today()); err == nil && d.Valid() {
		m.Birth = d.String()
	}
	if d, never, err := zone.ExpiryOn(o.today(), c.noExpiry()); err == nil {
		m.Expiry = d.String()
		if never {
			m.Expiry = "none"
		}
	}
	c.doc.MRZ = m
}

// noExpiry is how the zone writes that the card does not expire; empty if it
// has no way to.
func (c *content) noExpiry() string {
	if c.profile != nil {
		return c.profile.Document.NoExpiry
	}
	if c.vietnamese() {
		return "991231" // both Vietnamese profiles
	}
	return ""
}

func (o Options) today() cardprofile.Date {
	if o.Today.IsZero() {
		return cardprofile.DateOf(time.Now())
	}
	return o.Today
}

func (c *content) readFace(v *Verdict, b []byte) {
	faces, devs, err := lds.ParseDG2(b)
	v.deviate(devs...)
	if err != nil {
		v.deviate(cardprofile.Deviation{Where: "DG2", Rule: "lds.dg2", Text: err.Error()})
		return
	}
	face, ok := faces.Portrait()
	if !ok {
		return
	}
	v.portrait = face.Image
	c.doc.Portrait = &Portrait{MIME: mime(face.Image), Bytes: len(face.Image), Width: face.Width, Height: face.Height}
}

// readIssue takes the date of issue out of DG12.
func (c *content) readIssue(b []byte) {
	details, _, err := lds.ParseDG12(b)
	if err != nil {
		return
	}
	for _, d := range details {
		if d.Name == "date_of_issue" && len(d.Texts) > 0 {
			c.setIssue(d.Texts[0])
		}
	}
}

// setIssue keeps a date, in any form that has its digits from the year on, or from
// the day on with slashes.
func (c *content) setIssue(text string) {
	if len(text) == 8 {
		text = text[:4] + "-" + text[4:6] + "-" + text[6:]
	}
	if d, err := cardprofile.ParseDate(text); err == nil && d.Valid() {
		c.issued = time.Date(d.Year, time.Month(d.Month), d.Day, 0, 0, 0, 0, time.UTC)
	}
}

func (c *content) readNational(v *Verdict, b []byte) {
	n, devs, err := lds.ParseVietnamDG13(b)
	v.deviate(devs...)
	if err != nil {
		v.set(CheckDG13, Failed, false, because("DG13 cannot be read: "+err.Error(), "DG13 hỏng, không phân tích được"))
		return
	}
	c.national = n
	h := &Holder{
		Number: n.Number, Name: n.FullName, Birth: n.DateOfBirth, Sex: n.Sex, Nationality: n.Nationality,
		Ethnicity: n.Ethnicity, Religion: n.Religion, Origin: n.Origin, Residence: n.Residence, Features: n.Features,
		Issued: n.DateOfIssue, Expiry: n.DateOfExpiry, Spouse: n.Spouse, FormerID: n.FormerNumber, ChipSerial: n.ChipSerial,
	}
	for _, p := range []string{n.Father, n.Mother} {
		if p != "" {
			h.Parents = append(h.Parents, p)
		}
	}
	c.doc.Holder = h
}

// compare sets the checks that hold parts of the document against each other,
// against the printed MRZ and against the calendar. None is required.
func (c *content) compare(v *Verdict, files []lds.File, seen *mrz.MRZ, object *sod.SecurityObject, o Options) {
	c.compareCOM(v, files, object)
	switch {
	case seen == nil:
		v.set(CheckMRZMatch, NotPerformed, false, because("no printed MRZ was given", "không có MRZ in trên thẻ để so sánh"))
	case c.zone == nil:
		v.set(CheckMRZMatch, NotPerformed, false, because("DG1 was not read", "không đọc được DG1"))
	case slices.Equal(seen.Lines, c.zone.Lines):
		v.set(CheckMRZMatch, Passed, false, because("the printed MRZ is that of DG1", "MRZ in trên thẻ khớp với DG1"))
	default:
		v.set(CheckMRZMatch, Failed, false, because("the printed MRZ is not that of DG1", "MRZ in trên thẻ không khớp với DG1"))
	}
	switch {
	case c.zone == nil || !c.vietnamese():
	case c.national != nil:
		if d := c.national.MatchZone(c.zone, c.noExpiry()); len(d) > 0 {
			v.set(CheckDG13, Failed, false, because(strings.Join(d, "; "), "dữ liệu quốc gia (DG13) không khớp với MRZ (DG1)"))
		} else {
			v.set(CheckDG13, Passed, false, because("DG13 says the same as DG1", "DG13 khớp với DG1"))
		}
	default:
		if _, ok := v.Check(CheckDG13); !ok {
			v.set(CheckDG13, NotPerformed, false, because("DG13 was not read", "không đọc được DG13"))
		}
	}
	c.compareExpiry(v, o)
}

func (c *content) compareExpiry(v *Verdict, o Options) {
	if c.zone == nil {
		v.set(CheckDocumentExpiry, NotPerformed, false, because("DG1 was not read", "không đọc được DG1"))
		return
	}
	expiry, never, err := c.zone.ExpiryOn(o.today(), c.noExpiry())
	switch {
	case errors.Is(err, cardprofile.ErrDate) || err != nil:
		v.set(CheckDocumentExpiry, Failed, false, because("the date of expiry is no date", "ngày hết hạn không hợp lệ"))
	case never:
		v.set(CheckDocumentExpiry, Passed, false, because("no expiry", "Không thời hạn"))
	case expiry.Before(o.today()):
		v.set(CheckDocumentExpiry, Failed, false, because("expired on "+expiry.String(), "hết hạn ngày "+expiry.DMY()))
	default:
		v.set(CheckDocumentExpiry, Passed, false, because("valid to "+expiry.String(), "có giá trị đến ngày "+expiry.DMY()))
	}
}
