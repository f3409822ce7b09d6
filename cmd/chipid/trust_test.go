package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cardprofile/pki/pkitest"
)

func TestTrust(t *testing.T) {
	a := pkitest.NewAuthority(t, pkitest.Options{})
	dir := t.TempDir()
	store := filepath.Join(dir, "trust")
	csca := pkitest.WriteFile(t, dir, "csca.cer", a.CSCA.Raw)
	crl := pkitest.WriteFile(t, dir, "vnm.crl", a.CRL(t, pkitest.Epoch, pkitest.Epoch.AddDate(0, 3, 0), a.DS.Serial))
	list := pkitest.WriteFile(t, dir, "vn.ml", a.MasterList(t, a.CSCA, pkitest.NewAuthority(t, pkitest.Options{Country: "DE", State: "D", Name: "CSCA Germany"}).CSCA))
	other := pkitest.WriteFile(t, dir, "other.cer", pkitest.NewAuthority(t, pkitest.Options{}).CSCA.Raw)

	if status, out, talk := chipid(t, "en", "trust", "import", "--store", store, csca); status != exitUsage || out != "" || !strings.Contains(talk, "--create") {
		t.Errorf("no store: %d, %q, %q", status, out, talk)
	}
	// The CRL goes in after the CSCA that signed it, whatever their order.
	status, out, talk := chipid(t, "en", "trust", "import", "--store", store, "--create", crl, csca)
	if status != exitOK || talk != "" || !strings.Contains(out, "csca.cer: certificates: 1 new, 0 known\n") || !strings.Contains(out, "vnm.crl: crl: 0 new, 0 known, 1 CRL\n") {
		t.Errorf("import: %d, %q, %q", status, out, talk)
	}
	if status, out, _ := chipid(t, "vi", "trust", "import", "--store", store, "--create", csca); status != exitOK || !strings.Contains(out, "chứng thư: 0 mới, 1 đã có") {
		t.Errorf("again: %d, %q", status, out)
	}
	if status, _, talk := chipid(t, "en", "trust", "import", "--store", store, "--anchor", other, list); status != exitInconclusive || !strings.Contains(talk, "none of the anchors you named") {
		t.Errorf("another anchor: %d, %q", status, talk)
	}
	status, out, _ = chipid(t, "en", "trust", "import", "--store", store, "--anchor", csca, "--json", list)
	var report struct {
		Schema string
		Files  []pki.ImportReport
	}
	if err := json.Unmarshal([]byte(out), &report); err != nil || status != exitOK || report.Schema != "chipid.trust.import/1" || len(report.Files) != 1 ||
		!report.Files[0].Anchored || report.Files[0].Added != 1 || report.Files[0].Known != 1 {
		t.Errorf("list: %d, %v, %s", status, err, out)
	}
	status, out, talk = chipid(t, "en", "trust", "list", "--store", store)
	if status != exitOK || strings.Count(out, "CSCA") < 3 || !strings.Contains(talk, "2 CSCA, 0 links, 0 signers, 1 CRLs, 0 deviation lists") || strings.Contains(talk, "TEST") {
		t.Errorf("list: %d\n%s%s", status, out, talk)
	}
	status, out, _ = chipid(t, "en", "trust", "list", "--store", store, "--country", "de", "--json")
	var listed struct {
		Schema  string
		Test    bool
		Entries []struct{ Kind, SHA256, Country, Subject string }
	}
	if err := json.Unmarshal([]byte(out), &listed); err != nil || status != exitOK || listed.Schema != "chipid.trust.list/1" || len(listed.Entries) != 1 ||
		listed.Entries[0].Kind != "csca" || !strings.Contains(listed.Entries[0].Subject, "CN=CSCA Germany") {
		t.Errorf("list: %d, %v, %s", status, err, out)
	}
}

func TestTrustTest(t *testing.T) {
	a := pkitest.NewAuthority(t, pkitest.Options{Test: true})
	dir := t.TempDir()
	csca := pkitest.WriteFile(t, dir, "csca.cer", a.CSCA.Raw)
	real, test := filepath.Join(dir, "real"), filepath.Join(dir, "test")
	if status, _, talk := chipid(t, "en", "trust", "import", "--store", real, "--create", csca); status != exitUsage || !strings.Contains(talk, "TEST mark") {
		t.Errorf("a TEST certificate: %d, %q", status, talk)
	}
	if _, err := os.Stat(real); err == nil {
		t.Error("a refused import left a store")
	}
	ordinary := pkitest.WriteFile(t, dir, "ordinary.cer", pkitest.NewAuthority(t, pkitest.Options{}).CSCA.Raw)
	if status, _, talk := chipid(t, "en", "trust", "import", "--store", real, "--create", ordinary); status != exitOK {
		t.Fatal(talk)
	}
	if status, _, talk := chipid(t, "en", "trust", "import", "--store", real, "--create", "--test", csca); status != exitUsage || !strings.Contains(talk, "stays one") {
		t.Errorf("a store made a test store later: %d, %q", status, talk)
	}
	if status, _, talk := chipid(t, "en", "trust", "import", "--store", test, "--create", "--test", csca); status != exitOK || !strings.Contains(talk, "TEST") {
		t.Errorf("a test store: %d, %q", status, talk)
	}
	if status, _, talk := chipid(t, "vi", "trust", "list", "--store", test); status != exitOK || !strings.Contains(talk, "kho này không chứng minh") {
		t.Errorf("list: %d, %q", status, talk)
	}
}

func TestTrustRefuses(t *testing.T) {
	dir := t.TempDir()
	csca := pkitest.WriteFile(t, dir, "csca.cer", pkitest.NewAuthority(t, pkitest.Options{}).CSCA.Raw)
	text := pkitest.WriteFile(t, dir, "text", []byte("hello"))
	if err := os.Mkdir(filepath.Join(dir, "full"), 0o700); err != nil {
		t.Fatal(err)
	}
	pkitest.WriteFile(t, filepath.Join(dir, "full"), "other", []byte("x"))
	for _, c := range []struct {
		name, want string
		args       []string
	}{
		{"no store flag", "--store", []string{"import", text}},
		{"no file", "", []string{"import", "--store", dir}},
		{"missing file", "no such file", []string{"import", "--store", filepath.Join(dir, "s"), "--create", filepath.Join(dir, "none")}},
		{"not a certificate", "neither DER nor PEM", []string{"import", "--store", filepath.Join(dir, "s"), "--create", text}},
		{"a folder with other things", "not empty", []string{"import", "--store", filepath.Join(dir, "full"), "--create", csca}},
		{"missing anchor", "no such file", []string{"import", "--store", filepath.Join(dir, "s"), "--anchor", "none", text}},
		{"list of nothing", "no trust store", []string{"list", "--store", filepath.Join(dir, "none")}},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, out, talk := chipid(t, "en", append([]string{"trust"}, c.args...)...)
			if status != exitUsage || out != "" || !strings.Contains(talk, c.want) {
				t.Errorf("%d, %q, %q", status, out, talk)
			}
		})
	}
}
