package mrz_test

import (
	"bufio"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/language"

	"github.com/chipid-toolkit/chipid/cardprofile/mrz"
)

// Zones laid out by hand after Doc 9303-7 (8th ed.), 4.2.2, in both sizes.
func TestVisas(t *testing.T) {
	for _, c := range []struct {
		format mrz.Format
		lines  []string
	}{
		{mrz.MRVA, []string{"V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L8988901C4XXX4009078F96121096ZE184226B<<<<<<"}},
		{mrz.MRVB, []string{"V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "L8988901C4XXX4009078F9612109<<<<<<<<"}},
	} {
		m, devs, err := mrz.Parse(strings.Join(c.lines, "\n"))
		if err != nil || len(devs) > 0 {
			t.Fatal(devs, err)
		}
		if m.Type != c.format || m.DocumentNumber != "L8988901C" || m.Nationality != "XXX" || m.BirthDate != "400907" || m.ExpiryDate != "961210" || m.Primary != "ERIKSSON" {
			t.Errorf("%s: %q", m.Type, m.Lines)
		}
		b, err := mrz.Build(mrz.Fields{Type: c.format, DocumentCode: m.DocumentCode, IssuingState: m.IssuingState, DocumentNumber: m.DocumentNumber,
			Nationality: m.Nationality, BirthDate: m.BirthDate, Sex: m.Sex, ExpiryDate: m.ExpiryDate, Optional1: m.Optional1, Primary: m.Primary, Secondary: m.Secondary})
		if err != nil || !slices.Equal(b.Lines, c.lines) {
			t.Errorf("%v %q", err, b.Lines)
		}
		for at, rule := range map[int]string{9: "document_number", 19: "birth_date", 27: "expiry_date"} {
			spoilt := []byte(c.lines[1])
			spoilt[at] = '0' + (spoilt[at]-'0'+1)%10
			if _, devs, err := mrz.Parse(c.lines[0] + string(spoilt)); err != nil || len(devs) != 1 || devs[0].Rule != "mrz.checkdigit."+rule {
				t.Errorf("%s: %v %v", rule, devs, err)
			}
		}
		// A chip's DG1 is of no visa, and a long number does not go on.
		if d, devs, err := mrz.ParseDG1(m.Text()); err != nil || d.Type.Visa() || len(devs) == 0 {
			t.Errorf("%v %v", devs, err)
		}
		if _, err := mrz.Build(mrz.Fields{Type: c.format, DocumentCode: "V", IssuingState: "UTO", DocumentNumber: "1234567890", Nationality: "UTO",
			BirthDate: "400907", ExpiryDate: "961210", Primary: "A"}); err == nil {
			t.Error("a long number in a visa")
		}
		if f, err := mrz.ParseFormat(c.format.String()); err != nil || f != c.format {
			t.Errorf("%v %v", f, err)
		}
	}
}

func TestNamesOfOtherIssuers(t *testing.T) {
	all := load(t)
	for _, v := range slices.Concat(all.Names, all.Cut) {
		m := zoneOf(t, v.Format, v.Field)
		if fits, err := m.NameFits(mrz.Rules{}, v.Primary, v.Secondary); err != nil || !fits {
			t.Errorf("%s: %s does not fit: %v", v.Source, v.Field, err)
		}
		if m.Truncated() == strings.HasSuffix(v.Field, "<") {
			t.Errorf("%s: truncated %v", v.Source, m.Truncated())
		}
		if fits, _ := m.NameFits(mrz.Rules{}, "Q"+v.Primary, v.Secondary); fits {
			t.Errorf("%s: another name fits", v.Source)
		}
	}
	// What is not cut must be whole.
	m := zoneOf(t, mrz.TD1, "ERIKSSON<<ANNA<<<<<<<<<<<<<<<<")
	for _, secondary := range []string{"ANNA MARIA", "", "ANN"} {
		if fits, _ := m.NameFits(mrz.Rules{}, "ERIKSSON", secondary); fits {
			t.Errorf("%q fits", secondary)
		}
	}
}

// zoneOf reads a zone with this name field.
func zoneOf(t *testing.T, f mrz.Format, name string) *mrz.MRZ {
	t.Helper()
	text := map[mrz.Format]string{
		mrz.TD1: "I<UTOD231458907<<<<<<<<<<<<<<<7408122F1204159UTO<<<<<<<<<<<6" + name,
		mrz.TD2: "I<UTO" + name + "D231458907UTO7408122F1204159<<<<<<<6",
		mrz.TD3: "P<UTO" + name + "L898902C36UTO7408122F1204159ZE184226B<<<<<10",
	}[f]
	m, devs, err := mrz.Parse(text)
	if err != nil || len(devs) > 0 {
		t.Fatal(devs, err)
	}
	return m
}

// TestUnknownDates: fillers stand for what is not known of the date of birth,
// Doc 9303-3 (8th ed.), 4.8, and nowhere else.
func TestUnknownDates(t *testing.T) {
	f := mrz.Fields{Type: mrz.TD1, DocumentCode: "ID", IssuingState: "VNM", DocumentNumber: "090000000", Nationality: "VNM", Sex: "<", ExpiryDate: "300302", Primary: "A"}
	for _, birth := range []string{"<<<<<<", "74<<<<", "7408<<", "<<0812"} {
		f.BirthDate = birth
		m, err := mrz.Build(f)
		if err != nil {
			t.Errorf("%s: %v", birth, err)
			continue
		}
		if back, devs, err := mrz.ParseDG1(m.Text()); err != nil || len(devs) > 0 || back.BirthDate != birth || back.Sex != "<" {
			t.Errorf("%s: %v %v", birth, devs, err)
		}
	}
	for _, birth := range []string{"7<0812", "740<12", "XX0812", ""} {
		f.BirthDate = birth
		if _, err := mrz.Build(f); err == nil {
			t.Errorf("%q was built", birth)
		}
	}
}

// Nothing that character recognition confuses is set right in silence: the zone
// is as scanned, and the check digit says so.
func TestConfusionsAreNotRepaired(t *testing.T) {
	m, devs, err := mrz.Parse("I<UTOD23I458907<<<<<<<<<<<<<<<\n74O8122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<")
	if err != nil || len(devs) == 0 || m.DocumentNumber != "D23I45890" || m.BirthDate != "74O812" {
		t.Errorf("%v %v %q", devs, err, m.Lines)
	}
}

// The list against two others: Go's tables of regions have the three-letter
// codes, the system's time zones which two-letter codes are in use.
func TestStates(t *testing.T) {
	for code, want := range map[string]mrz.Kind{"VNM": mrz.KindISO, "D<<": mrz.KindExtra, "RKS": mrz.KindExtra, "EUE": mrz.KindReserved, "UNK": mrz.KindUN, "XMP": mrz.KindOrganization,
		"XXC": mrz.KindPerson, "NTZ": mrz.KindDeprecated, "UTO": mrz.KindSpecimen, "IAO": mrz.KindICAO} {
		if s, ok := mrz.StateOf(code); !ok || s.Kind != want {
			t.Errorf("%s: %+v %v", code, s, ok)
		}
	}
	if s, _ := mrz.StateOf("VNM"); s.Two != "VN" || s.Name != "" {
		t.Errorf("%+v", s)
	}
	for _, code := range []string{"", "VN", "QQQ", "DEUTSCH", "#", "vnm"} {
		if _, ok := mrz.StateOf(code); ok {
			t.Errorf("%q is a code", code)
		}
	}
	table, err := os.Open("/usr/share/zoneinfo/iso3166.tab")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("the list of countries of tzdata is not installed")
		}
		t.Skip("the list of countries of tzdata is not installed: the codes are not compared with it")
	}
	defer func() { _ = table.Close() }()
	n := 0
	for s := bufio.NewScanner(table); s.Scan(); {
		two, _, _ := strings.Cut(s.Text(), "\t")
		if strings.HasPrefix(two, "#") {
			continue
		}
		n++
		r, err := language.ParseRegion(two)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := mrz.StateOf(r.ISO3()); !ok || got.Two != two || got.Kind != mrz.KindISO {
			t.Errorf("%s: %+v", r.ISO3(), got)
		}
	}
	if n < 249 {
		t.Errorf("compared with %d codes", n)
	}
}
