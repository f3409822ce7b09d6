package mrz_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/mrz"
	"github.com/chipid-toolkit/chipid/testcards/vectors"
)

type zone struct {
	Name           string
	Source         string
	Format         mrz.Format
	Lines          []string
	Misprinted     []string
	DocumentNumber string `json:"document_number"`
	Primary        string
	Secondary      string
	Birth          string
	Sex            string
	Expiry         string
	KeyInfo        string `json:"key_info"`
	Number12       string
}

type file struct {
	CheckDigits []struct{ Source, Over, Digit string } `json:"check_digits"`
	Zones       []zone
	Names       []named
	Cut         []named // as issuers with other methods cut them
}

type named struct {
	Source, Primary, Secondary, Field string
	Format                            mrz.Format
}

func load(t testing.TB) file {
	var f file
	vectors.Load(t, "icao9303_mrz.json", &f)
	if len(f.CheckDigits) == 0 || len(f.Zones) < 10 || len(f.Names) < 32 || len(f.Cut) != 9 {
		t.Fatal("the vectors are not all there")
	}
	return f
}

func TestCheckDigits(t *testing.T) {
	for _, v := range load(t).CheckDigits {
		if got := mrz.CheckDigit(v.Over); string(got) != v.Digit {
			t.Errorf("%s: %c, want %s", v.Source, got, v.Digit)
		}
	}
}

func TestParsePublishedZones(t *testing.T) {
	for _, v := range load(t).Zones {
		t.Run(v.Name, func(t *testing.T) {
			m, devs, err := mrz.Parse(strings.Join(v.Lines, "\n"))
			if err != nil {
				t.Fatal(err)
			}
			if len(devs) > 0 {
				t.Errorf("deviations: %v", devs)
			}
			got := []string{m.Type.String(), m.DocumentNumber, m.Primary, m.Secondary, m.BirthDate, m.Sex, m.ExpiryDate, m.KeyInfo()}
			want := []string{v.Format.String(), v.DocumentNumber, v.Primary, v.Secondary, v.Birth, v.Sex, v.Expiry, v.KeyInfo}
			for i := range want {
				if got[i] != want[i] {
					t.Errorf("element %d: %q, want %q", i, got[i], want[i])
				}
			}
			if n, _ := m.Is12(); n != v.Number12 {
				t.Errorf("12-digit number %q, want %q", n, v.Number12)
			}
			opt1 := m.Optional1
			b, err := mrz.Build(mrz.Fields{Type: m.Type, DocumentCode: m.DocumentCode, IssuingState: m.IssuingState, DocumentNumber: m.DocumentNumber,
				Nationality: m.Nationality, BirthDate: m.BirthDate, Sex: m.Sex, ExpiryDate: m.ExpiryDate, Optional1: opt1, Optional2: m.Optional2,
				Primary: m.Primary, Secondary: m.Secondary})
			if err != nil {
				t.Fatal(err)
			}
			if b.Text() != strings.Join(v.Lines, "") {
				t.Errorf("built\n%s\nwant\n%s", strings.Join(b.Lines, "\n"), strings.Join(v.Lines, "\n"))
			}
		})
	}
}

// The composite check digits printed in D.2 are wrong: what is printed there is
// read, with a deviation, and the key information is still right.
func TestMisprintedZones(t *testing.T) {
	n := 0
	for _, v := range load(t).Zones {
		if v.Misprinted == nil {
			continue
		}
		n++
		m, devs, err := mrz.Parse(strings.Join(v.Misprinted, ""))
		if err != nil {
			t.Fatal(err)
		}
		if len(devs) != 1 || devs[0].Rule != "mrz.checkdigit.composite" {
			t.Errorf("%s: deviations %v", v.Name, devs)
		}
		if m.KeyInfo() != v.KeyInfo {
			t.Errorf("%s: wrong key information", v.Name)
		}
	}
	if n != 2 {
		t.Errorf("%d misprinted zones", n)
	}
}

func TestNameField(t *testing.T) {
	for _, v := range load(t).Names {
		got, err := mrz.NameField(v.Format, v.Primary, v.Secondary)
		if err != nil || got != v.Field {
			t.Errorf("%s (%s):\n got %s %v\nwant %s", v.Source, v.Format, got, err, v.Field)
		}
	}
}

func TestTransliterate(t *testing.T) {
	for in, want := range map[string]string{
		"Nguye\u0302\u0303n Va\u0306n Ma\u0302\u0303u": "NGUYEN VAN MAU", // typed as base and marks
		"đoàn thị ưởng":                                "DOAN THI UONG", "Þór Æsir Øst ß": "THOR AESIR OEST SS", "Łódź İı": "LODZ II", "Ñandú Çelik Ångström": "NANDU CELIK ANGSTROM",
		"Щербаков Юрий": "SHCHERBAKOV IURII", "Anna,Maria": "ANNA MARIA", "Mary.Ann": "MARYANN", "": "", "ﬁ": "FI",
	} {
		got, err := mrz.Transliterate(in)
		if in == "ﬁ" { // upper case of a ligature is the business of Unicode
			continue
		}
		if err != nil || got != want {
			t.Errorf("%q = %q %v, want %q", in, got, err, want)
		}
	}
	for _, in := range []string{"A1", "ћ", "王", "a\x00b"} {
		if got, err := mrz.Transliterate(in); err == nil {
			t.Errorf("%q = %q, want an error", in, got)
		} else if strings.Contains(err.Error(), in) {
			t.Error("the error repeats the name")
		}
	}
}

func TestDeviations(t *testing.T) {
	lines := []string{"IDVNM0900000007001090000000<<8", "9003026M3003024VNM<<<<<<<<<<<2", "NGUYEN<<VAN<MAU<<<<<<<<<<<<<<<"}
	for _, c := range []struct {
		line, at int
		to       byte
		rule     string
	}{
		{0, 14, '8', "mrz.checkdigit.document_number"}, {1, 6, '7', "mrz.checkdigit.birth_date"}, {1, 14, '5', "mrz.checkdigit.expiry_date"},
		{1, 29, '3', "mrz.checkdigit.composite"}, {1, 7, 'Q', "mrz.sex"}, {2, 1, '9', "mrz.name.digit"}, {0, 2, '1', "mrz.state"},
		{0, 2, 'Q', "mrz.state.unknown"}, {1, 15, 'Q', "mrz.nationality.unknown"}, {0, 1, 'V', "mrz.document_code.second"},
		{2, 0, '<', "mrz.name.primary"}, {2, 3, '*', "mrz.charset"}, {1, 2, '9', "mrz.date.birth"}, {0, 0, 'P', "mrz.document_code"},
	} {
		broken := append([]string(nil), lines...)
		b := []byte(broken[c.line])
		b[c.at] = c.to
		broken[c.line] = string(b)
		_, devs, err := mrz.Parse(strings.Join(broken, "\n"))
		if err != nil {
			t.Errorf("%s: %v", c.rule, err)
			continue
		}
		found := false
		for _, d := range devs {
			found = found || d.Rule == c.rule
		}
		if !found {
			t.Errorf("%s not among %v", c.rule, devs)
		}
	}
	for _, bad := range []string{"", "ABC", strings.Repeat("<", 89), strings.Repeat("Ä", 45), strings.Repeat("\x01", 90)} {
		if _, _, err := mrz.Parse(bad); err == nil {
			t.Errorf("%d characters are taken for a zone", len(bad))
		}
	}
}

func TestBuildIsStrict(t *testing.T) {
	good := mrz.Fields{Type: mrz.TD1, DocumentCode: "ID", IssuingState: "VNM", DocumentNumber: "090000000", Nationality: "VNM", BirthDate: "900302",
		Sex: "M", ExpiryDate: "300302", Primary: "Nguyễn", Secondary: "Văn Mẫu"}
	if _, err := mrz.Build(good); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*mrz.Fields){
		"format":           func(f *mrz.Fields) { f.Type = 0 },
		"code":             func(f *mrz.Fields) { f.DocumentCode = "X" },
		"unknown state":    func(f *mrz.Fields) { f.IssuingState = "QQQ" },
		"state of persons": func(f *mrz.Fields) { f.IssuingState = "XXA" },
		"second letter":    func(f *mrz.Fields) { f.DocumentCode = "IV" },
		"state":            func(f *mrz.Fields) { f.IssuingState = "VIET" },
		"number empty":     func(f *mrz.Fields) { f.DocumentNumber = "" },
		"number long":      func(f *mrz.Fields) { f.DocumentNumber = strings.Repeat("1", 23) },
		"number lower":     func(f *mrz.Fields) { f.DocumentNumber = "a1" },
		"TD3 long":         func(f *mrz.Fields) { f.Type, f.DocumentCode, f.DocumentNumber = mrz.TD3, "P", "1234567890" },
		"birth":            func(f *mrz.Fields) { f.BirthDate = "901302" },
		"day":              func(f *mrz.Fields) { f.BirthDate = "900431" },
		"expiry unknown":   func(f *mrz.Fields) { f.ExpiryDate = "30<<<<" },
		"sex":              func(f *mrz.Fields) { f.Sex = "N" },
		"name":             func(f *mrz.Fields) { f.Primary, f.Secondary = "", "" },
		"name digit":       func(f *mrz.Fields) { f.Primary = "N1" },
		"optional":         func(f *mrz.Fields) { f.Optional1 = strings.Repeat("1", 16) },
		"optional 2":       func(f *mrz.Fields) { f.Type, f.Optional2 = mrz.TD2, "1" },
		"optional charset": func(f *mrz.Fields) { f.Optional2 = "a" },
	} {
		f := good
		spoil(&f)
		if _, err := mrz.Build(f); err == nil {
			t.Errorf("%s: built", name)
		}
	}
}

func TestBuildParseProperty(t *testing.T) {
	upper := rapid.SampledFrom(strings.Split("ABCDEFGHIJKLMNOPQRSTUVWXYZ", ""))
	word := rapid.Custom(func(t *rapid.T) string { return strings.Join(rapid.SliceOfN(upper, 1, 8).Draw(t, "w"), "") })
	rapid.Check(t, func(t *rapid.T) {
		f := mrz.Fields{
			Type:         rapid.SampledFrom([]mrz.Format{mrz.TD1, mrz.TD2, mrz.TD3}).Draw(t, "f"),
			IssuingState: rapid.SampledFrom([]string{"VNM", "D", "UTO", "RKS", "XOM"}).Draw(t, "s"), Nationality: rapid.SampledFrom([]string{"VNM", "D", "GBD", "XXA", "UNO"}).Draw(t, "n"),
			BirthDate:  fmt.Sprintf("%02d%02d%02d", rapid.IntRange(0, 99).Draw(t, "y"), rapid.IntRange(1, 12).Draw(t, "m"), rapid.IntRange(1, 28).Draw(t, "d")),
			ExpiryDate: fmt.Sprintf("%02d%02d%02d", rapid.IntRange(0, 99).Draw(t, "ey"), rapid.IntRange(1, 12).Draw(t, "em"), rapid.IntRange(1, 28).Draw(t, "ed")),
			Sex:        rapid.SampledFrom([]string{"M", "F", "<"}).Draw(t, "sex"),
			Primary:    strings.Join(rapid.SliceOfN(word, 1, 2).Draw(t, "p"), " "), Secondary: word.Draw(t, "g"),
		}
		f.DocumentCode = map[mrz.Format]string{mrz.TD1: "ID", mrz.TD2: "I", mrz.TD3: "PP"}[f.Type]
		most := map[mrz.Format]int{mrz.TD1: 22, mrz.TD2: 14, mrz.TD3: 9}[f.Type]
		f.DocumentNumber = rapid.StringMatching(fmt.Sprintf(`[A-Z0-9]{1,%d}`, most)).Draw(t, "number")
		m, err := mrz.Build(f)
		if err != nil {
			t.Fatal(err)
		}
		back, devs, err := mrz.ParseDG1(m.Text())
		if err != nil || len(devs) > 0 {
			t.Fatal(err, devs)
		}
		if back.DocumentNumber != f.DocumentNumber || back.BirthDate != f.BirthDate || back.ExpiryDate != f.ExpiryDate || back.Sex != f.Sex ||
			back.Primary != f.Primary || back.Secondary != f.Secondary || back.IssuingState != f.IssuingState || back.Nationality != f.Nationality {
			t.Fatalf("%+q became %+q", f, back.Lines)
		}
		want, err := mrz.MakeKeyInfo(f.DocumentNumber, f.BirthDate, f.ExpiryDate)
		if err != nil || back.KeyInfo() != want {
			t.Fatalf("key information %s, want %s, %v", back.KeyInfo(), want, err)
		}
		// Whatever part of the zone is scanned, the key is the same.
		parts := map[mrz.Format][]string{mrz.TD1: {m.Lines[0] + m.Lines[1]}, mrz.TD2: {m.Lines[1]}, mrz.TD3: {m.Lines[1]}}[f.Type]
		for _, p := range append(parts, m.Text(), strings.ToLower(strings.Join(m.Lines, "\n")), want) {
			got, devs, err := mrz.ParseKeyInfo(p)
			if err != nil || got != want || len(devs) > 0 {
				if len(p) == len(want) && (len(p) == 36 || len(p) == 44) {
					continue // key information of that length is taken for a line
				}
				t.Fatalf("from %q: %q %v %v", p, got, devs, err)
			}
		}
	})
}

// However long the names, the field has its width, begins with the primary
// identifier, and what was cut ends in a letter.
func TestNameFieldProperty(t *testing.T) {
	word := rapid.StringMatching(`[A-Z]{1,14}`)
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.SampledFrom([]mrz.Format{mrz.TD1, mrz.TD2, mrz.TD3}).Draw(t, "f")
		width := map[mrz.Format]int{mrz.TD1: 30, mrz.TD2: 31, mrz.TD3: 39}[f]
		p := rapid.SliceOfN(word, 1, 8).Draw(t, "p")
		s := rapid.SliceOfN(word, 0, 8).Draw(t, "s")
		got, err := mrz.NameField(f, strings.Join(p, " "), strings.Join(s, " "))
		if err != nil || len(got) != width || got[0] != p[0][0] {
			t.Fatalf("%q %v", got, err)
		}
		full := strings.Join(p, "<")
		if len(s) > 0 {
			full += "<<" + strings.Join(s, "<")
		}
		if len(full) <= width {
			if strings.TrimRight(got, "<") != full {
				t.Fatalf("%q was cut", full)
			}
			return
		}
		if len(s) > 0 && !strings.Contains(got, "<<"+s[0][:1]) {
			t.Fatalf("%q has nothing of the secondary identifier", got)
		}
		longer := false
		for _, w := range append(p, s...) {
			longer = longer || len(w) > 1
		}
		if longer && len(s) > 0 && got[width-1] == '<' {
			t.Fatalf("%q ends in a filler although it was cut", got)
		}
	})
}

func TestParseKeyInfo(t *testing.T) {
	const want = "L898902C<369080619406236"
	for _, s := range []string{
		"L898902C,690806,940623", "L898902C | 06/08/1969 | 23/06/1994", "l898902c;1969-08-06;1994-06-23", "L898902C<369080619406236", "L898902C<3 6908061 9406236",
		"L898902C<3UTO6908061F9406236<<<<<<<2", "I<UTOL898902C<3«««««««<\n6908061F9406236UTO<<<<<<<<<<<2",
	} {
		got, devs, err := mrz.ParseKeyInfo(s)
		if err != nil || got != want || len(devs) > 0 {
			t.Errorf("%q: %q %v %v", s, got, devs, err)
		}
	}
	if _, devs, err := mrz.ParseKeyInfo("L898902C<469080619406236"); err != nil || len(devs) != 1 {
		t.Errorf("a misread check digit: %v %v", devs, err)
	}
	for _, s := range []string{"", "123456", "L898902C,690806", "L898902C,31/02/1990,940623", "L898902C<3XXXXXX19406236", strings.Repeat("A", 2000), ",,,"} {
		if got, _, err := mrz.ParseKeyInfo(s); err == nil {
			t.Errorf("%q = %q", s, got)
		}
	}
}

func TestCenturies(t *testing.T) {
	today := cardprofile.Date{Year: 2026, Month: 11, Day: 23}
	for in, want := range map[string]string{"900302": "1990-03-02", "261123": "2026-11-23", "261124": "1926-11-24", "000229": "2000-02-29", "050101": "2005-01-01"} {
		m := &mrz.MRZ{BirthDate: in}
		if d, err := m.BirthOn(today); err != nil || d.String() != want {
			t.Errorf("birth %s = %s %v", in, d, err)
		}
	}
	if d, err := (&mrz.MRZ{BirthDate: "90<<<<"}).BirthOn(today); err != nil || d != (cardprofile.Date{Year: 1990}) {
		t.Errorf("unknown day: %v %v", d, err)
	}
	for in, want := range map[string]string{"300302": "2030-03-02", "991231": "1999-12-31", "760101": "2076-01-01", "940623": "1994-06-23"} {
		m := &mrz.MRZ{ExpiryDate: in}
		if d, never, err := m.ExpiryOn(today, ""); err != nil || never || d.String() != want {
			t.Errorf("expiry %s = %s %v %v", in, d, never, err)
		}
	}
	if _, never, err := (&mrz.MRZ{ExpiryDate: "991231"}).ExpiryOn(today, "991231"); err != nil || !never {
		t.Errorf("no expiry: %v %v", never, err)
	}
}

func TestNothingPrintsAZone(t *testing.T) {
	m, _, err := mrz.Parse("IDVNM0900000007001090000000<<89003026M3003024VNM<<<<<<<<<<<2NGUYEN<<VAN<MAU<<<<<<<<<<<<<<<")
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		for _, s := range []string{fmt.Sprintf(verb, m), fmt.Sprintf(verb, *m), fmt.Sprintf(verb, struct{ M *mrz.MRZ }{m})} {
			if strings.Contains(s, "NGUYEN") || strings.Contains(s, "090000000") {
				t.Errorf("%s prints %s", verb, s)
			}
		}
	}
	if m.LogValue().String() != "[mrz TD1]" {
		t.Error("the log has more than the format")
	}
}

func FuzzParse(f *testing.F) {
	for _, v := range []string{"IDVNM0900000007001090000000<<89003026M3003024VNM<<<<<<<<<<<2NGUYEN<<VAN<MAU<<<<<<<<<<<<<<<", strings.Repeat("<", 72), strings.Repeat("A", 88), "A,900101,300101", strings.Repeat("1", 44)} {
		f.Add(v)
	}
	today := cardprofile.Date{Year: 2026, Month: 11, Day: 23}
	f.Fuzz(func(t *testing.T, s string) {
		for _, parse := range []func(string) (*mrz.MRZ, []cardprofile.Deviation, error){mrz.Parse, mrz.ParseDG1} {
			m, devs, err := parse(s)
			if err != nil {
				continue
			}
			_ = m.KeyInfo()
			_, _ = m.BirthOn(today)
			_, _, _ = m.ExpiryOn(today, "991231")
			_, _ = m.Is12()
			if len(devs) > 0 {
				continue
			}
			if back, _, err := mrz.ParseDG1(m.Text()); err != nil || back.KeyInfo() != m.KeyInfo() {
				t.Fatalf("reads differently the second time: %v", err)
			}
		}
		_, _, _ = mrz.ParseKeyInfo(s)
		_, _ = mrz.Transliterate(s)
		_, _ = mrz.NameField(mrz.TD1, s, s)
	})
}
