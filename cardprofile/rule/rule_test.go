package rule_test

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"slices"
	"strings"
	"testing"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/citizen"
	"github.com/chipid-toolkit/chipid/cardprofile/rule"
	"github.com/chipid-toolkit/chipid/testcards/people"
)

var today = cardprofile.Date{Year: 2026, Month: 11, Day: 23}

func load(t testing.TB, id string) *cardprofile.Profile {
	t.Helper()
	p, err := cardprofile.Load(id)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func date(s string) cardprofile.Date {
	d, err := cardprofile.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

func picture(w, h int) []byte {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range img.Pix { // enough detail for a file of ordinary size
		img.Pix[i] = byte(i * i >> 7)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 5}); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// subject is a record that no rule has anything against.
type subject struct {
	citizen.Record
	portrait []byte
	err      error
	before   []citizen.Record // checked first, in the same batch
}

func good() subject {
	return subject{Record: citizen.Record{Line: 2, Number: "001090123456", FullName: "Nguyễn Văn Mẫu", DateOfBirth: date("02/03/1990"), Sex: citizen.Male,
		Nationality: "Việt Nam", Ethnicity: "Kinh", Religion: "Không", PlaceOfOrigin: "Xã Mẫu, Hà Nội", Residence: "Số 1 Phố Mẫu", DateOfIssue: date("01/06/2025"),
		Father: "Nguyễn Văn Cha", Mother: "Trần Thị Mẹ", FormerNumber: "099900001", Portrait: "p.jpg"}, portrait: picture(300, 400)}
}

func (s subject) check(p *cardprofile.Profile) rule.Result {
	c := rule.NewChecker(p, today)
	for _, r := range s.before {
		c.Check(r, s.portrait, nil)
	}
	return c.Check(s.Record, s.portrait, s.err)
}

// cases are bad records, one finding each: every rule has at least one.
var cases = []struct {
	rule    string
	outcome rule.Outcome
	field   string
	spoil   func(*subject)
}{
	{"record.required", rule.Reject, "nationality", func(s *subject) { s.Nationality = "" }},
	{"record.required", rule.Reject, "full_name", func(s *subject) { s.FullName = "" }},
	{"record.required", rule.Reject, "number", func(s *subject) { s.Number = "" }},
	{"record.required", rule.Reject, "date_of_birth", func(s *subject) { s.DateOfBirth = cardprofile.Date{} }},
	{"record.required", rule.Reject, "sex", func(s *subject) { s.Sex = citizen.Unspecified }},
	{"record.name", rule.Reject, "full_name", func(s *subject) { s.FullName = "Nguyễn Văn 2" }},
	{"record.name", rule.Reject, "full_name", func(s *subject) { s.FullName = "Nguye\u0302\u0303n Mẫu" }},
	{"record.name", rule.Reject, "full_name", func(s *subject) { s.FullName = "Nguyễn <b>" }},
	{"record.name", rule.Reject, "full_name", func(s *subject) { s.FullName = "王 小明" }},
	{"record.name", rule.Reject, "full_name", func(s *subject) { s.FullName = "- -" }},
	{"record.name", rule.Reject, "mother", func(s *subject) { s.Mother = "Trần @" }},
	{"record.name", rule.Warn, "full_name", func(s *subject) { s.FullName = "Mẫu" }},
	{"record.name", rule.Warn, "full_name", func(s *subject) { s.FullName = "Nguyễn  Mẫu" }},
	{"record.number", rule.Reject, "number", func(s *subject) { s.Number = "00109012345" }},
	{"record.number", rule.Reject, "number", func(s *subject) { s.Number = "00109012345A" }},
	{"record.number.match", rule.Warn, "number", func(s *subject) { s.Number = "003090123456" }},
	{"record.number.match", rule.Warn, "number", func(s *subject) { s.Number = "001190123456" }},
	{"record.number.match", rule.Warn, "number", func(s *subject) { s.Number = "001290123456" }},
	{"record.number.match", rule.Warn, "number", func(s *subject) { s.Number = "001091123456" }},
	{"record.former_number", rule.Reject, "former_number", func(s *subject) { s.FormerNumber = "12345678" }},
	{"record.text", rule.Reject, "residence", func(s *subject) { s.Residence = "Số\u202E 1" }},
	{"record.text", rule.Reject, "place_of_origin", func(s *subject) { s.PlaceOfOrigin = "Xa\u0303" }},
	{"record.text", rule.Warn, "residence", func(s *subject) { s.Residence = "Số 1 | Phố" }},
	{"record.dates", rule.Reject, "date_of_birth", func(s *subject) { s.DateOfBirth, s.Number = date("02/03/1890"), "001090123456" }},
	{"record.dates", rule.Reject, "date_of_issue", func(s *subject) { s.DateOfIssue = date("02/03/1980") }},
	{"record.dates", rule.Reject, "date_of_issue", func(s *subject) { s.DateOfIssue = date("02/03/2027") }},
	{"record.expiry", rule.Reject, "date_of_expiry", func(s *subject) { s.DateOfExpiry = date("02/03/2031") }},
	{"record.expiry", rule.Reject, "date_of_expiry", func(s *subject) { s.NoExpiry = true }},
	{"record.expiry", rule.Reject, "date_of_expiry", func(s *subject) { s.DateOfIssue = date("02/03/2010") }},
	{"record.mrz", rule.Reject, "", func(s *subject) { s.NationalityCode = "VIET" }},
	{"record.portrait", rule.Reject, "portrait", func(s *subject) { s.err = &cardprofile.InputError{Problem: "not there"} }},
	{"record.portrait", rule.Reject, "portrait", func(s *subject) { s.err = errors.New("disk") }},
	{"record.portrait", rule.Reject, "portrait", func(s *subject) { s.portrait = []byte("GIF89a") }},
	{"record.portrait", rule.Reject, "portrait", func(s *subject) { s.portrait = picture(2000, 1700) }},
	{"record.portrait", rule.Reject, "portrait", func(s *subject) { s.portrait = picture(200, 400) }},
	{"record.portrait", rule.Reject, "portrait", func(s *subject) { s.portrait = s.portrait[:len(s.portrait)/2] }},
	{"record.portrait", rule.Reject, "portrait", func(s *subject) { s.portrait = s.portrait[:100] }},
	{"record.duplicate", rule.Reject, "number", func(s *subject) { s.before = []citizen.Record{s.Record}; s.Line = 3 }},
}

func TestGoodRecords(t *testing.T) {
	p := load(t, "vn-cccd-2021")
	for name, spoil := range map[string]func(*subject){
		"plain":               func(*subject) {},
		"stated expiry":       func(s *subject) { s.DateOfExpiry = date("02/03/2030") },
		"no expiry by rule":   func(s *subject) { s.DateOfBirth, s.Number = date("02/03/1950"), "001050123456" },
		"woman of the 2000s":  func(s *subject) { s.DateOfBirth, s.Sex, s.Number = date("02/03/2005"), citizen.Female, "079305123456" },
		"names that are rare": func(s *subject) { s.FullName = "H’Hen Niê" },
		"duplicate of a reject": func(s *subject) {
			bad := s.Record
			bad.Nationality = ""
			s.before = []citizen.Record{bad}
		},
	} {
		s := good()
		spoil(&s)
		if r := s.check(p); len(r.Findings) > 0 {
			t.Errorf("%s: %+v", name, r.Findings)
		}
	}
	s := good()
	if r := s.check(p); r.Record.DateOfExpiry != date("02/03/2030") || r.Reason("en") != nil {
		t.Error("the date of expiry was not filled in")
	}
}

func TestEveryRuleFinds(t *testing.T) {
	p := load(t, "vn-cccd-2021")
	covered := map[string]bool{}
	for i, c := range cases {
		s := good()
		c.spoil(&s)
		r := s.check(p)
		covered[c.rule] = true
		var found *rule.Finding
		for i, f := range r.Findings {
			if f.Rule == c.rule && f.Outcome == c.outcome && f.Field == c.field {
				found = &r.Findings[i]
			}
		}
		if found == nil {
			t.Errorf("case %d: %s does not %s %s: %+v", i, c.rule, c.outcome, c.field, r.Findings)
			continue
		}
		if found.Text.VI == "" || found.Text.EN == "" || found.Citation == "" {
			t.Errorf("case %d: %s without words or source", i, c.rule)
		}
		if r.Rejected() != (c.outcome == rule.Reject) || r.Warned() != (c.outcome == rule.Warn) {
			t.Errorf("case %d: %s: rejected=%v", i, c.rule, r.Rejected())
		}
		if c.outcome == rule.Reject {
			for _, lang := range []string{"vi", "en"} {
				if reason := r.Reason(lang); reason == nil || reason.Problem == "" || strings.Contains(reason.Error(), "Nguyễn") || strings.Contains(reason.Error(), "001090") {
					t.Errorf("case %d: reason in %s: %v", i, lang, reason)
				}
			}
		}
		// Switched off in the profile, the rule says nothing.
		off := *p
		off.Rules = map[string]bool{c.rule: false}
		for _, f := range s.check(&off).Findings {
			if f.Rule == c.rule {
				t.Errorf("case %d: %s speaks although it is off", i, c.rule)
			}
		}
	}
	ids := map[string]bool{}
	for _, r := range rule.Records() {
		if !covered[r.ID] {
			t.Errorf("%s has no case", r.ID)
		}
		if ids[r.ID] || r.Title.VI == "" || r.Title.EN == "" || r.Citation == "" {
			t.Errorf("%s: twice, or without title or source", r.ID)
		}
		ids[r.ID] = true
	}
	known := cardprofile.RuleIDs()
	for _, id := range known {
		if !ids[id] {
			t.Errorf("a profile may name %s, which is no rule", id)
		}
	}
	if len(known) != len(ids) {
		t.Errorf("%d rules, %d of them known to profiles", len(ids), len(known))
	}
}

// A number that does not match the record is never a rejection by itself.
func TestNumberMismatchOnlyWarns(t *testing.T) {
	s := good()
	s.Number = "999955123456"
	r := s.check(load(t, "vn-cccd-2021"))
	if r.Rejected() || len(r.Findings) != 4 {
		t.Errorf("%+v", r.Findings)
	}
}

func TestPassport(t *testing.T) {
	p := load(t, "icao-td3")
	s := good()
	s.Number, s.DocumentNumber, s.Residence = "", "C1234567", ""
	if r := s.check(p); len(r.Findings) > 0 {
		t.Errorf("%+v", r.Findings)
	}
	s.DocumentNumber = "C12345678901"
	if r := s.check(p); !r.Rejected() {
		t.Error("a document number that is too long")
	}
}

// The synthetic batch: everybody is accepted but the one who is wrong on
// purpose.
func TestPeople(t *testing.T) {
	b, err := citizen.ReadBatch(bytes.NewReader(people.CSV()), people.CSVName)
	if err != nil {
		t.Fatal(err)
	}
	c := rule.NewChecker(load(t, "vn-cccd-2021"), today)
	c.Lang = "vi"
	accepted := c.Apply(b, citizen.PortraitsIn(people.FS()))
	if b.In < 20 || b.In != len(b.Accepted)+len(b.Rejected) || len(accepted) != len(b.Accepted) {
		t.Errorf("%d in, %d accepted, %d rejected", b.In, len(b.Accepted), len(b.Rejected))
	}
	if len(b.Rejected) != 1 {
		for _, r := range b.Rejected {
			t.Errorf("rejected: %v", r.Reason.Error())
		}
	}
	for i, r := range accepted {
		if b.Accepted[i].DateOfExpiry.IsZero() && !b.Accepted[i].NoExpiry {
			t.Errorf("record %d: no expiry was worked out", i)
		}
		for _, f := range r.Findings {
			t.Logf("record %d: %s %s", i, f.Outcome, f.Text.EN)
		}
	}
}

func TestApplyKeepsOrderAndCounts(t *testing.T) {
	var csv strings.Builder
	csv.WriteString("number,full_name,date_of_birth,sex,nationality,place_of_origin,residence,date_of_issue,portrait\n")
	for i := 0; i < 9; i++ {
		name := "Nguyễn Văn Mẫu"
		if i%3 == 1 {
			name = "N1"
		}
		fmt.Fprintf(&csv, "00109012345%d,%s,02/03/1990,Nam,Việt Nam,x,y,01/06/2025,p.jpg\n", i, name)
	}
	b, err := citizen.ReadBatch(strings.NewReader(csv.String()), "x")
	if err != nil {
		t.Fatal(err)
	}
	got := rule.NewChecker(load(t, "vn-cccd-2021"), today).Apply(b, citizen.PortraitsIn(onePicture{picture(300, 400)}))
	var lines []int
	for i, r := range got {
		if r.Record.Line != b.Accepted[i].Line {
			t.Error("results and records are not in step")
		}
		lines = append(lines, r.Record.Line)
	}
	if !slices.Equal(lines, []int{2, 4, 5, 7, 8, 10}) || b.In != 9 || len(b.Rejected) != 3 {
		t.Errorf("%v, %d rejected", lines, len(b.Rejected))
	}
}
