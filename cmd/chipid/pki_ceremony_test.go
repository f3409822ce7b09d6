package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu/cvc"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cardprofile/pki/pkitest"
	"github.com/chipid-toolkit/chipid/hsm/hsmtest"
)

// authorityRun is a token, and a folder where ceremonies are held.
type authorityRun struct {
	t   *testing.T
	k   *keysRun
	dir string
}

func newAuthorityRun(t *testing.T, curve string, labels ...string) *authorityRun {
	t.Helper()
	a := &authorityRun{t: t, k: newKeysRun(t), dir: t.TempDir()}
	for _, label := range labels {
		if status, _, talk := a.k.run("", a.k.on("create", "--label", label, "--curve", curve)...); status != exitOK {
			t.Fatalf("%d %s", status, talk)
		}
	}
	return a
}

func (a *authorityRun) path(name string) string { return filepath.Join(a.dir, name) }

func (a *authorityRun) write(name, text string) string {
	a.t.Helper()
	check(a.t, os.WriteFile(a.path(name), []byte(text), 0o600))
	return a.path(name)
}

func (a *authorityRun) run(args ...string) result {
	a.t.Helper()
	return chipidRun(a.t, "", append(append([]string{"pki"}, args...), "--module", a.k.module, "--token", hsmtest.TokenLabel, "--pin-source", "env:CHIPID_TEST_PIN")...)
}

// hold plans and holds a ceremony, and returns the object.
func (a *authorityRun) hold(kind, text, out string) []byte {
	a.t.Helper()
	file := a.write(out+".yaml", "ceremony: Test "+out+"\nkind: "+kind+"\n"+text)
	plan, transcript := a.path(out+".plan"), a.path(out+".transcript")
	a.run(kind, file, "--dry-run", "--plan", plan).expect(a.t, exitOK, "")
	a.run(kind, file, "--plan", plan, "--out", a.path(out), "--transcript", transcript, "--witness", "Lan", "--witness", "Minh", "--operator", "Hoa").expect(a.t, exitOK, "")
	object, err := os.ReadFile(a.path(out))
	check(a.t, err)
	written, err := os.ReadFile(plan)
	check(a.t, err)
	saw, err := os.ReadFile(transcript)
	check(a.t, err)
	for _, want := range []string{string(written), "Lan", "Minh", "Hoa (operator)", "object SHA-256", "signatures made        1"} {
		if !strings.Contains(string(saw), want) {
			a.t.Errorf("%s: the transcript lacks %q", out, want)
		}
	}
	if strings.Contains(string(saw), hsmtest.TokenPIN) {
		a.t.Error("the transcript holds the PIN")
	}
	return object
}

const subjectOfCSCA = `subject:
  country: VN
  state: VNM
  name: %s
  email: csca@example.org
  crl-urls: [https://csca.example.org/vnm.crl]
  from: %s
  until: %s
  sign-until: %s
  test: true
`

func TestCeremoniesOfACSCA(t *testing.T) {
	for _, curve := range []string{"P-384", "brainpoolP256r1"} {
		t.Run(curve, func(t *testing.T) {
			a := newAuthorityRun(t, curve, "csca1", "csca2", "ds", "mls", "dls")
			one, err := pki.ParseCertificate(a.hold("csca", "key: pkcs11:object=csca1\n"+fmt.Sprintf(subjectOfCSCA, "TEST CSCA", "2026-01-01", "2041-03-31", "2030-12-31"), "csca1.cer"))
			check(t, err)
			if !one.TestMark || !one.SelfSigned() {
				t.Error("not the CSCA that was planned")
			}
			_, err = pki.ParseCertificate(a.hold("csca", "key: pkcs11:object=csca2\n"+strings.Replace(fmt.Sprintf(subjectOfCSCA, "TEST CSCA 2", "2026-06-01", "2041-09-30", "2031-06-30"), "  test", "  name-changed: true\n  test", 1), "csca2.cer"))
			check(t, err)
			link, err := pki.ParseCertificate(a.hold("link", "key: pkcs11:object=csca1\ncsca: csca1.cer\nnext: csca2.cer\n", "link.cer"))
			check(t, err)
			if _, err := link.CheckSignatureFrom(one); err != nil {
				t.Error(err)
			}
			signer := func(name string) string {
				return "key: pkcs11:object=csca1\ncsca: csca1.cer\nsubject-key: pkcs11:object=" + name + "\nsubject: {name: Signer " + name + ", email: a@example.org, from: 2026-02-01, until: 2040-12-31, sign-until: 2026-04-30}\n"
			}
			ds, err := pki.ParseCertificate(a.hold("ds", signer("ds")+"documents: [I]\n", "ds.cer"))
			check(t, err)
			a.hold("masterlist-signer", signer("mls"), "mls.cer")
			a.hold("deviationlist-signer", signer("dls"), "dls.cer")
			ml := a.hold("masterlist", "key: pkcs11:object=mls\ncsca: csca1.cer\nsigner: mls.cer\nsigned: 2026-02-02T10:00:00Z\ncertificates: [csca1.cer, csca2.cer, link.cer]\n", "list.ml")
			if list, err := pki.ParseMasterList(ml); err != nil || len(list.Certificates) != 3 {
				t.Errorf("%v", err)
			} else if _, err := list.Verify([]*pki.Certificate{one}); err != nil {
				t.Error(err)
			}
			dl := a.hold("deviationlist", "key: pkcs11:object=dls\ncsca: csca1.cer\nsigner: dls.cer\nsigned: 2026-02-02\nentries:\n  - signer-certificate: ds.cer\n    issued-from: 2026-02-01\n    issued-to: 2026-02-28\n    deviations:\n      - {type: 2.23.136.1.1.7.2.2, data-group: 2, text: wrong hash}\n", "list.dl")
			if list, err := pki.ParseDeviationList(dl); err != nil || len(list.Defects) != 1 {
				t.Errorf("%v", err)
			}
			a.hold("crl", "key: pkcs11:object=csca1\ncsca: csca1.cer\ncrl: {this-update: 2026-02-01, next-update: 2026-04-30}\n", "one.crl")
			two, err := pki.ParseCRL(a.hold("crl", fmt.Sprintf("key: pkcs11:object=csca1\ncsca: csca1.cer\ncrl:\n  previous: one.crl\n  this-update: 2026-03-01T00:00:00Z\n  next-update: 2026-05-30\n  revoked:\n    - {serial: %x, at: 2026-02-15}\n", ds.Serial), "two.crl"))
			check(t, err)
			if two.Number.Int64() != 2 || two.Len() != 1 {
				t.Errorf("number %v with %d", two.Number, two.Len())
			}
			check(t, func() error {
				out, err := pkitest.OpenSSL(t, "x509", "-inform", "DER", "-in", a.path("csca1.cer"), "-out", a.path("csca1.pem"))
				if err != nil {
					return fmt.Errorf("%s", out)
				}
				if out, err = pkitest.OpenSSL(t, "crl", "-inform", "DER", "-in", a.path("two.crl"), "-CAfile", a.path("csca1.pem"), "-noout"); err != nil || !strings.Contains(out, "verify OK") {
					return fmt.Errorf("%s", out)
				}
				return nil
			}())
		})
	}
}

func TestCeremoniesOfAVerifyingAuthority(t *testing.T) {
	a := newAuthorityRun(t, "brainpoolP256r1", "cvca1", "cvca2", "dv", "is")
	cv := func(holder, role, more string) string {
		return "cv: {holder: " + holder + ", role: " + role + ", rights: [read-dg3, read-dg4], from: 2026-01-01, until: 2026-03-31" + more + "}\n"
	}
	root := a.hold("cvca", "key: pkcs11:object=cvca1\n"+cv("VNCVCA00001", "cvca", ", algorithm: ECDSA-SHA-256"), "cvca1.cvcert")
	a.hold("cvca", "key: pkcs11:object=cvca1\nsubject-key: pkcs11:object=cvca2\n"+cv("VNCVCA00002", "cvca", ", algorithm: ECDSA-SHA-256, issuer: cvca1.cvcert"), "link.cvcert")
	a.hold("request", "key: pkcs11:object=dv\ncv: {holder: VNDV00001, algorithm: ECDSA-SHA-256, authority: VNCVCA00001}\n", "dv.req")
	dv := a.hold("dv", "key: pkcs11:object=cvca1\n"+cv("VNDV00001", "dv-domestic", ", issuer: cvca1.cvcert, request: dv.req"), "dv.cvcert")
	a.write("chain.cvcert", string(root)+string(dv))
	a.hold("request", "key: pkcs11:object=is\ncv: {holder: VNIS00001, algorithm: ECDSA-SHA-256, authority: VNDV00001}\n", "is.req")
	is := a.hold("terminal", "key: pkcs11:object=dv\n"+strings.Replace(cv("VNIS00001", "terminal", ", issuer: chain.cvcert, request: is.req"), "2026-03-31", "2026-01-31", 1), "is.cvcert")

	list, err := cvc.ParseAll(append(append(append([]byte(nil), root...), dv...), is...))
	check(t, err)
	key, err := cvc.Root(list[0])
	check(t, err)
	for _, c := range list[1:] {
		key, err = key.Verify(c)
		check(t, err)
	}
	if !key.CHAT.Has(cvc.ReadDG3) {
		t.Error("the terminal may not read DG3")
	}
	// The stock tool reads each of them.
	tool, err := exec.LookPath("cvc-print")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("cvc-print is missing: the Debian package is openpace")
		}
		t.Skip("cvc-print is not installed")
	}
	for _, name := range []string{"cvca1.cvcert", "link.cvcert", "dv.cvcert", "is.cvcert"} {
		if out, err := exec.Command(tool, "--cvc", a.path(name)).CombinedOutput(); err != nil { //nolint:gosec // the tool of the test
			t.Errorf("cvc-print %s: %v\n%s", name, err, out)
		}
	}
	for _, name := range []string{"dv.req", "is.req"} {
		if out, err := exec.Command(tool, "--csr", a.path(name)).CombinedOutput(); err != nil { //nolint:gosec // the tool of the test
			t.Errorf("cvc-print %s: %v\n%s", name, err, out)
		}
	}
}

func TestCeremonyRefuses(t *testing.T) {
	a := newAuthorityRun(t, "P-256", "csca1", "other")
	good := "ceremony: A\nkind: csca\nkey: pkcs11:object=csca1\n" + fmt.Sprintf(subjectOfCSCA, "TEST CSCA", "2026-01-01", "2041-03-31", "2030-12-31")
	file := a.write("good.yaml", good)
	plan := a.path("plan.txt")
	a.run("csca", file, "--dry-run", "--plan", plan).expect(t, exitOK, "")
	again := a.run("csca", file, "--dry-run").expect(t, exitOK, "")
	if b, err := os.ReadFile(plan); err != nil || string(b) != again.out {
		t.Error("the same file gives another plan")
	}
	a.run("csca", file, "--dry-run", "--plan", plan).expect(t, exitUsage, "cannot be created")
	a.run("csca", file, "--dry-run", "--out", a.path("x")).expect(t, exitUsage, "one of them")
	a.run("crl", file, "--dry-run").expect(t, exitUsage, "the verb is crl")
	// Another file than the one that was reviewed is not signed.
	other := a.write("other.yaml", strings.Replace(good, "2041-03-31", "2042-03-31", 1))
	a.run("csca", other, "--plan", plan, "--out", a.path("x.cer")).expect(t, exitUsage, "not the plan")
	if _, err := os.Stat(a.path("x.cer")); err == nil {
		t.Error("an object was made")
	}
	var j planJSON
	check(t, json.Unmarshal([]byte(a.run("csca", file, "--plan", plan, "--out", a.path("csca.cer"), "--json").expect(t, exitOK, "").out), &j))
	if j.File == "" || j.Facts["serial"] == "" {
		t.Errorf("%+v", j)
	}
	a.run("csca", file, "--plan", plan, "--out", a.path("csca.cer")).expect(t, exitUsage, "never written over")
	for name, text := range map[string]string{
		"unknown key":                 strings.Replace(good, "subject:", "subjekt:", 1),
		"no date":                     strings.Replace(good, "2026-01-01", "today", 1),
		"no kind":                     strings.Replace(good, "kind: csca", "kind: root", 1),
		"no title":                    strings.Replace(good, "ceremony: A\n", "", 1),
		"a hash that is none":         good + "hash: MD5\n",
		"another key than the CSCA's": "ceremony: A\nkind: crl\nkey: pkcs11:object=other\ncsca: csca.cer\ncrl: {this-update: 2026-02-01, next-update: 2026-04-30}\n",
		"a CRL of half a year":        "ceremony: A\nkind: crl\nkey: pkcs11:object=csca1\ncsca: csca.cer\ncrl: {this-update: 2026-02-01, next-update: 2026-08-30}\n",
		"no certificate":              "ceremony: A\nkind: link\nkey: pkcs11:object=csca1\ncsca: csca.cer\nnext: good.yaml\n",
		"a role of another kind":      "ceremony: A\nkind: dv\nkey: pkcs11:object=csca1\ncv: {holder: VNDV00001, role: terminal, from: 2026-01-01, until: 2026-02-01, algorithm: ECDSA-SHA-256}\n",
	} {
		kind := "csca"
		for _, k := range []string{"crl", "link", "dv"} {
			if strings.Contains(text, "kind: "+k+"\n") {
				kind = k
			}
		}
		r := a.run(kind, a.write("bad.yaml", text), "--dry-run")
		if r.status != exitUsage || !strings.Contains(r.talk, ".yaml") {
			t.Errorf("%s: %d %s", name, r.status, r.talk)
		}
	}
	a.run("csca", a.write("bad.yaml", strings.Replace(good, "csca1", "nobody", 1)), "--dry-run").expect(t, exitHSM, "nobody")
}
