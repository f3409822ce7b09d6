package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cardprofile/pki/pkitest"
)

// into decodes what a verb printed.
func into(t *testing.T, text string, v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), v); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
}

// TestTrustAnchors: exit statuses tell a list that nobody vouches for from one that
// was altered, and neither leaves anything.
func TestTrustAnchors(t *testing.T) {
	a := pkitest.NewAuthority(t, pkitest.Options{})
	dir := t.TempDir()
	whole := a.SignedMasterList(t, a.CSCA)
	list := pkitest.WriteFile(t, dir, "vn.ml", whole)
	altered := append([]byte{}, whole...)
	altered[len(altered)-4] ^= 1
	bad := pkitest.WriteFile(t, dir, "bad.ml", altered)
	csca := pkitest.WriteFile(t, dir, "csca.cer", a.CSCA.Raw)
	store := filepath.Join(dir, "trust")
	for _, c := range []struct {
		args   []string
		status int
		say    string
	}{
		{[]string{list}, exitInconclusive, a.CSCA.Fingerprint()},
		{[]string{"--confirm", strings.Repeat("0", 64), list}, exitInconclusive, "--confirm"},
		{[]string{"--anchor", csca, bad}, exitFailed, "the signature of the list does not hold"},
	} {
		status, out, talk := chipid(t, "en", append([]string{"trust", "import", "--store", store, "--create"}, c.args...)...)
		if status != c.status || out != "" || !strings.Contains(talk, c.say) {
			t.Errorf("%v: %d, %q, %q", c.args, status, out, talk)
		}
		if _, err := os.Stat(store); err == nil {
			t.Fatalf("%v left a store", c.args)
		}
	}
	status, out, talk := chipid(t, "vi", "trust", "import", "--store", store, "--create", "--confirm", a.CSCA.Fingerprint(), list)
	if status != exitOK || !strings.Contains(out, "danh sách CSCA: 1 mới") || !strings.Contains(talk, "CSCA bạn đã xác nhận") {
		t.Errorf("confirmed: %d, %q, %q", status, out, talk)
	}
	if status, out, _ := chipid(t, "en", "trust", "list", "--store", store); status != exitOK || !strings.Contains(out, "csca*") {
		t.Errorf("list: %d, %q", status, out)
	}
	status, out, _ = chipid(t, "en", "trust", "list", "--store", store, "--sources", "--json")
	var sources struct {
		Schema  string
		Sources []pki.Source
	}
	if into(t, out, &sources); status != exitOK || sources.Schema != "chipid.trust.sources/1" || len(sources.Sources) != 1 || sources.Sources[0].Country != "VN" ||
		sources.Sources[0].SigningAt == nil || sources.Sources[0].Lists[0].By != "confirmed" {
		t.Errorf("sources: %d, %s", status, out)
	}
}

func TestTrustDecisions(t *testing.T) {
	a, b := pkitest.NewAuthority(t, pkitest.Options{}), pkitest.NewAuthority(t, pkitest.Options{Country: "DE", State: "D", Name: "CSCA Germany"})
	dir := t.TempDir()
	store := filepath.Join(dir, "trust")
	csca := pkitest.WriteFile(t, dir, "csca.cer", a.CSCA.Raw)
	ds := pkitest.WriteFile(t, dir, "ds.cer", a.DS.Raw)
	one, two := pkitest.WriteFile(t, dir, "1.ml", a.SignedMasterList(t, a.CSCA, b.CSCA)), pkitest.WriteFile(t, dir, "2.ml", a.SignedMasterList(t, a.CSCA))
	trust := func(verb string, args ...string) (int, string, string) {
		t.Helper()
		return chipid(t, "en", append([]string{"trust", verb, "--store", store}, args...)...)
	}
	for _, files := range [][]string{{"--create", csca, one}, {two}} {
		if status, _, talk := trust("import", files...); status != exitOK {
			t.Fatalf("%v: %d, %s", files, status, talk)
		}
	}
	// What the second list left out.
	status, out, _ := trust("diff", "--json", "1.ml", "2.ml")
	var d struct {
		Schema  string
		Removed []pki.DiffEntry
		Added   []pki.DiffEntry
	}
	if into(t, out, &d); status != exitOK || d.Schema != "chipid.trust.diff/1" || len(d.Removed) != 1 || d.Removed[0].SHA256 != b.CSCA.Fingerprint() || len(d.Added) != 0 {
		t.Errorf("diff: %d, %s", status, out)
	}
	if status, out, talk := trust("diff", "2.ml", "1.ml"); status != exitOK || !strings.HasPrefix(out, "+") || !strings.Contains(talk, "1 added, 0 removed") {
		t.Errorf("diff: %d, %q, %q", status, out, talk)
	}
	if status, _, _ := trust("diff", "none.ml"); status != exitUsage {
		t.Errorf("diff of nothing: %d", status)
	}
	// So the operator takes it out, and it stays out.
	if status, _, talk := trust("remove", b.CSCA.Fingerprint()[:12]); status != exitUsage || !strings.Contains(talk, "who") {
		t.Errorf("removed by nobody: %d, %q", status, talk)
	}
	if status, out, _ := trust("remove", b.CSCA.Fingerprint()[:12], "--who", "Hoa", "--why", "withdrawn"); status != exitOK || !strings.Contains(out, "CSCA Germany") {
		t.Errorf("remove: %d, %q", status, out)
	}
	if status, out, talk := trust("import", one); status != exitOK || !strings.Contains(out, "1 refused") || !strings.Contains(talk, "removed from this store by Hoa") {
		t.Errorf("again: %d, %q, %q", status, out, talk)
	}
	if status, _, _ := trust("remove", b.CSCA.Fingerprint()[:12], "--undo"); status != exitOK {
		t.Errorf("undo: %d", status)
	}
	// Pins.
	if status, _, _ := trust("pin", ds); status != exitUsage {
		t.Errorf("pinned by nobody: %d", status)
	}
	if status, _, talk := trust("pin", csca, "--who", "Hoa", "--why", "x"); status != exitUsage || !strings.Contains(talk, "CA certificate") {
		t.Errorf("a CSCA was pinned: %d, %q", status, talk)
	}
	status, out, _ = trust("pin", ds, "--who", "Hoa", "--why", "letter 17", "--json")
	var p struct {
		Schema string
		Pin    pki.Pin
	}
	if into(t, out, &p); status != exitOK || p.Schema != "chipid.trust.pin/1" || p.Pin.SHA256 != a.DS.Fingerprint() || p.Pin.Who != "Hoa" || p.Pin.When.IsZero() {
		t.Errorf("pin: %d, %s", status, out)
	}
	if status, out, _ := trust("list"); status != exitOK || !strings.Contains(out, "Hoa: letter 17") {
		t.Errorf("list: %d, %q", status, out)
	}
	if status, _, _ := trust("pin", a.DS.Fingerprint()[:10], "--remove"); status != exitOK {
		t.Errorf("unpin: %d", status)
	}
}

func TestTrustCheck(t *testing.T) {
	a := pkitest.NewAuthority(t, pkitest.Options{})
	dir := t.TempDir()
	store := filepath.Join(dir, "trust")
	csca := pkitest.WriteFile(t, dir, "csca.cer", a.CSCA.Raw)
	old := pkitest.WriteFile(t, dir, "old.crl", a.CRL(t, pkitest.Epoch.AddDate(-1, 0, 0), pkitest.Epoch.AddDate(-1, 1, 0)))
	check := func(want int, alarm string) {
		t.Helper()
		status, out, _ := chipid(t, "en", "trust", "check", "--store", store, "--json")
		var r struct {
			Schema string
			Alarms []pki.Alarm
		}
		if into(t, out, &r); status != want || r.Schema != "chipid.trust.check/1" || r.Alarms == nil || (alarm != "") != (len(r.Alarms) == 1) || alarm != "" && r.Alarms[0].ID != alarm {
			t.Errorf("%d, %s", status, out)
		}
	}
	if status, _, talk := chipid(t, "en", "trust", "import", "--store", store, "--create", csca); status != exitOK {
		t.Fatal(talk)
	}
	check(exitOK, "")
	if status, _, talk := chipid(t, "en", "trust", "import", "--store", store, old); status != exitOK {
		t.Fatal(talk)
	}
	check(exitInconclusive, "crl.overdue")
	if status, out, talk := chipid(t, "vi", "trust", "check", "--store", store, "--country", "vn"); status != exitInconclusive || !strings.Contains(out, "quá hạn") || !strings.Contains(talk, "1 quá hạn") {
		t.Errorf("%d, %q, %q", status, out, talk)
	}
	if status, _, _ := chipid(t, "en", "trust", "check", "--store", store, "--country", "DE"); status != exitOK {
		t.Errorf("another country: %d", status)
	}
	if status, _, _ := chipid(t, "en", "trust", "check", "--store", store, "--within", "0"); status != exitUsage {
		t.Errorf("no days: %d", status)
	}
	pkitest.WriteFile(t, filepath.Join(store, "certs"), a.CSCA.Fingerprint()+".der", a.DS.Raw)
	if status, _, _ := chipid(t, "en", "trust", "check", "--store", store); status != exitFailed {
		t.Errorf("damaged: %d", status)
	}
}

// TestTrustBundle: from an office with a key in a token to a terminal without.
func TestTrustBundle(t *testing.T) {
	p := newPKIRun(t, "P-256")
	a := pkitest.NewAuthority(t, pkitest.Options{})
	csca := pkitest.WriteFile(t, p.dir, "csca.cer", a.CSCA.Raw)
	p.ok("trust", "import", "--store", p.path("office"), "--create", csca)
	export := func(name string) (int, string, string) {
		t.Helper()
		return chipid(t, "en", append([]string{"trust", "export", "--store", p.path("office"), "--out", p.path(name), "--key", "pkcs11:object=ds-1", "--json"}, p.token...)...)
	}
	var info struct {
		Schema string
		pki.BundleInfo
	}
	for i, name := range []string{"1.bundle", "2.bundle"} {
		status, out, talk := export(name)
		if status != exitOK {
			t.Fatalf("%d, %s", status, talk)
		}
		if into(t, out, &info); info.Schema != "chipid.trust.export/1" || info.Version != int64(i+1) || len(info.Key) != 64 {
			t.Errorf("%s", out)
		}
	}
	if status, _, _ := export("2.bundle"); status != exitUsage {
		t.Errorf("a bundle was written over: %d", status)
	}
	terminal := p.path("terminal")
	if status, _, talk := p.run("trust", "import", "--store", terminal, "--create", p.path("2.bundle")); status != exitInconclusive || !strings.Contains(talk, info.Key) {
		t.Errorf("nobody's key: %d, %s", status, talk)
	}
	if out := p.ok("trust", "import", "--store", terminal, "--create", "--confirm", info.Key, p.path("2.bundle")); !strings.Contains(out, "bundle version 2") {
		t.Error(out)
	}
	if status, _, talk := p.run("trust", "import", "--store", terminal, p.path("1.bundle")); status != exitFailed || !strings.Contains(talk, "roll-back refused") {
		t.Errorf("roll-back: %d, %s", status, talk)
	}
	if status, _, talk := p.run("trust", "import", "--store", terminal, csca); status != exitUsage || !strings.Contains(talk, "follows the bundles") {
		t.Errorf("a certificate beside: %d, %s", status, talk)
	}
	b := pkitest.Read(t, p.path("2.bundle"))
	b[len(b)/2] ^= 1
	altered := pkitest.WriteFile(t, p.dir, "altered.bundle", b)
	if status, _, talk := p.run("trust", "import", "--store", terminal, altered); status != exitFailed {
		t.Errorf("altered: %d, %s", status, talk)
	}
	p.ok("trust", "check", "--store", terminal)
	// The public key in a file does as well, in the form stock tools write.
	sd, err := cms.Parse(pkitest.Read(t, p.path("2.bundle")))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		der    []byte
		status int
	}{"right": {sd.Certificates[0], exitOK}, "wrong": {a.DS.Raw, exitInconclusive}} {
		spki := p.path(name + ".pem")
		if text, err := pkitest.OpenSSL(t, "x509", "-inform", "DER", "-in", pkitest.WriteFile(t, p.dir, name+".cer", c.der), "-pubkey", "-noout", "-out", spki); err != nil {
			t.Fatal(text)
		}
		if status, _, talk := p.run("trust", "import", "--store", p.path(name), "--create", "--anchor", spki, p.path("2.bundle")); status != c.status {
			t.Errorf("%s key named: %d, %s", name, status, talk)
		}
	}
}
