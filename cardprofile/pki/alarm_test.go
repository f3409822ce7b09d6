package pki_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cardprofile/pki/pkitest"
)

func ids(alarms []pki.Alarm) string {
	var out []string
	for _, a := range alarms {
		out = append(out, string(a.Severity)+" "+a.ID)
	}
	return strings.Join(out, ", ")
}

func TestAlarms(t *testing.T) {
	a := pkitest.NewAuthority(t, pkitest.Options{})
	crl := a.CRL(t, inspected, inspected.AddDate(0, 3, 0))
	days := func(n int) time.Time { return inspected.AddDate(0, 0, n) }
	end := a.CSCA.NotAfter
	for _, c := range []struct {
		name  string
		files [][]byte
		o     pki.CheckOptions
		want  string
	}{
		{"all is well", [][]byte{a.CSCA.Raw, crl}, pki.CheckOptions{Now: days(1)}, ""},
		{"CRL near its end", [][]byte{a.CSCA.Raw, crl}, pki.CheckOptions{Now: days(80)}, "notice crl.ending"},
		{"CRL over", [][]byte{a.CSCA.Raw, crl}, pki.CheckOptions{Now: days(100)}, "overdue crl.overdue"},
		{"CRL too old for the operator", [][]byte{a.CSCA.Raw, crl}, pki.CheckOptions{Now: days(20), CRLAge: 10 * 24 * time.Hour}, "overdue crl.old"},
		{"CRL of the future", [][]byte{a.CSCA.Raw, crl}, pki.CheckOptions{Now: days(-10)}, "overdue crl.future"},
		{"newer CRL beside the old", [][]byte{a.CSCA.Raw, crl, a.CRL(t, days(60), days(150))}, pki.CheckOptions{Now: days(100)}, ""},
		{"CSCA near its end", [][]byte{a.CSCA.Raw}, pki.CheckOptions{Now: end.AddDate(0, 0, -20)}, "overdue csca.expiring"},
		{"CSCA further from its end", [][]byte{a.CSCA.Raw}, pki.CheckOptions{Now: end.AddDate(0, 0, -40)}, ""},
		{"CSCA over", [][]byte{a.CSCA.Raw}, pki.CheckOptions{Now: end.AddDate(0, 0, 1)}, "overdue csca.expired"},
		{"list too old", [][]byte{a.SignedMasterList(t, a.CSCA)}, pki.CheckOptions{Now: days(200)}, "overdue list.old"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := pki.Create(filepath.Join(t.TempDir(), "trust"), false)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range c.files {
				if _, err := s.Import("x", f, pki.ImportOptions{Confirm: []string{a.CSCA.Fingerprint()}}); err != nil {
					t.Fatal(err)
				}
			}
			got := s.Check(c.o)
			if ids(got) != c.want {
				t.Errorf("got %v", got)
			}
			for _, x := range got {
				if x.Country != "VN" || x.Subject == "" || x.Date == nil || x.Text == "" {
					t.Errorf("%+v", x)
				}
			}
		})
	}
}

func TestAlarmsOfDamage(t *testing.T) {
	a := pkitest.NewAuthority(t, pkitest.Options{})
	dir := filepath.Join(t.TempDir(), "trust")
	s, err := pki.Create(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Import("x", slices.Concat(a.CSCA.Raw, a.DS.Raw), pki.ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	index, err := os.ReadFile(filepath.Join(dir, "index.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	check := func(want string) {
		t.Helper()
		s, err := pki.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Check(pki.CheckOptions{Now: inspected}); ids(got) != want {
			t.Errorf("got %v", got)
		}
	}
	check("")
	// The index calls a Document Signer a CSCA.
	pkitest.WriteFile(t, dir, "index.tsv", []byte(strings.ReplaceAll(string(index), "signer\t", "csca\t")))
	check("damaged store.index")
	pkitest.WriteFile(t, dir, "index.tsv", index)
	pkitest.WriteFile(t, filepath.Join(dir, "certs"), a.CSCA.Fingerprint()+".der", a.DS.Raw)
	check("damaged store.object")
}

func TestAlarmOfBundle(t *testing.T) {
	a := pkitest.NewAuthority(t, pkitest.Options{})
	whole, info := export(t, a.Store(t), a, 1)
	s := pki.NewStore(false)
	if _, err := s.Import("x", whole, pki.ImportOptions{Now: inspected, Confirm: []string{info.Key}}); err != nil {
		t.Fatal(err)
	}
	for want, now := range map[string]time.Time{
		"": inspected.AddDate(0, 0, 1), "notice bundle.expiring": inspected.AddDate(0, 0, 27),
		"overdue bundle.expired": inspected.AddDate(0, 0, 40), "overdue bundle.future": inspected.AddDate(0, 0, -5),
	} {
		if got := s.Check(pki.CheckOptions{Now: now}); ids(got) != want {
			t.Errorf("%q: got %v", want, got)
		}
	}
}
