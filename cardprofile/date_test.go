package cardprofile_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/chipid-toolkit/chipid/cardprofile"
)

func day(t testing.TB, s string) cardprofile.Date {
	t.Helper()
	d, err := cardprofile.ParseDate(s)
	if err != nil {
		t.Fatalf("%s: %v", s, err)
	}
	return d
}

func TestParseDate(t *testing.T) {
	for _, s := range []string{"02/03/1990", "2/3/1990", "02-03-1990", "02.03.1990", "1990-03-02"} {
		if d := day(t, s); d != (cardprofile.Date{Year: 1990, Month: 3, Day: 2}) {
			t.Errorf("%s = %v", s, d)
		}
	}
	for _, s := range []string{"", "2/3", "2/3/90", "31/02/2000", "00/01/2000", "1/1/0000", "2/3-1990", "a/b/cccc", "1/2/3/4567", "02/03/19900", "-1/2/2000", "+1/2/2000"} {
		if d, err := cardprofile.ParseDate(s); err == nil {
			t.Errorf("%q = %v, want an error", s, d)
		}
	}
}

func TestDateForms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := cardprofile.Date{Year: rapid.IntRange(1, 9999).Draw(t, "y"), Month: rapid.IntRange(1, 12).Draw(t, "m"), Day: rapid.IntRange(1, 28).Draw(t, "d")}
		for _, s := range []string{d.DMY(), d.String()} {
			if back, err := cardprofile.ParseDate(s); err != nil || back != d {
				t.Fatalf("%s: %v %v", s, back, err)
			}
		}
		if back, err := cardprofile.ParseDDMMYYYY(d.DDMMYYYY()); err != nil || back != d {
			t.Fatalf("%v %v", back, err)
		}
		text, _ := d.MarshalText()
		var back cardprofile.Date
		if err := back.UnmarshalText(text); err != nil || back != d {
			t.Fatalf("%s: %v %v", text, back, err)
		}
	})
}

// The rule of Law 59/2014/QH13, article 21, and Law 26/2023/QH15, article 21.
func TestExpiry(t *testing.T) {
	old, err := cardprofile.Load("vn-cccd-2021")
	if err != nil {
		t.Fatal(err)
	}
	law2023, err := cardprofile.Load("vn-cancuoc-2024")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		p                    *cardprofile.Profile
		birth, issue, expiry string // empty: no expiry
	}{
		{old, "02/03/1990", "01/06/2021", "02/03/2030"},
		{old, "02/03/1990", "01/03/2013", "02/03/2015"}, // one day before the two years before 25
		{old, "02/03/1990", "02/03/2013", "02/03/2030"}, // 23 exactly: to the next mark
		{old, "02/03/1990", "01/06/2029", "02/03/2050"},
		{old, "02/03/1964", "01/03/2022", "02/03/2024"}, // 57
		{old, "02/03/1964", "02/03/2022", ""},           // 58
		{old, "02/03/1940", "01/06/2021", ""},
		{law2023, "02/03/2016", "01/07/2024", "02/03/2030"}, // 8: to 14
		{law2023, "02/03/2012", "01/07/2024", "02/03/2037"}, // 12: to 25
		{law2023, "29/02/2000", "01/07/2022", "28/02/2025"},
	} {
		d, never, err := c.p.Expiry.For(day(t, c.birth), day(t, c.issue))
		if err != nil {
			t.Errorf("%s issued %s: %v", c.birth, c.issue, err)
			continue
		}
		if never != (c.expiry == "") || d.DMY() != c.expiry {
			t.Errorf("%s issued %s: %s never=%v, want %q", c.birth, c.issue, d.DMY(), never, c.expiry)
		}
	}
	if _, _, err := old.Expiry.For(day(t, "02/03/1990"), day(t, "02/03/1980")); err == nil {
		t.Error("issued before birth")
	}
}
