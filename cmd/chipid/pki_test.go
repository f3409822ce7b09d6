package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/cert"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
	"github.com/chipid-toolkit/chipid/hsm/hsmtest"
)

// chipid runs the command and returns its status, stdout and stderr.
func chipid(t *testing.T, lang string, args ...string) (int, string, string) {
	t.Helper()
	var out, talk bytes.Buffer
	status := run(context.Background(), &env{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &talk, Lang: lang}, args)
	return status, out.String(), talk.String()
}

// pkiRun is a token with a CSCA's key and a Document Signer's.
type pkiRun struct {
	t     *testing.T
	dir   string
	token []string
}

func newPKIRun(t *testing.T, curve string) *pkiRun {
	module, _ := hsmtest.SoftHSM(t)
	t.Setenv("CHIPID_TEST_PIN", hsmtest.TokenPIN)
	p := &pkiRun{t: t, dir: t.TempDir(), token: []string{"--module", module, "--token", hsmtest.TokenLabel, "--pin-source", "env:CHIPID_TEST_PIN"}}
	for _, label := range []string{"csca", "ds-1"} {
		p.ok("keys", "create", "--label", label, "--curve", curve)
	}
	return p
}

func (p *pkiRun) path(name string) string { return filepath.Join(p.dir, name) }

func (p *pkiRun) run(args ...string) (int, string, string) {
	p.t.Helper()
	if args[0] != "trust" {
		args = append(args, p.token...)
	}
	return chipid(p.t, "en", args...)
}

func (p *pkiRun) ok(args ...string) string {
	p.t.Helper()
	status, out, talk := p.run(args...)
	if status != exitOK {
		p.t.Fatalf("chipid %v: %d\n%s", args, status, talk)
	}
	return out
}

func (p *pkiRun) cscaArgs(more ...string) []string {
	return append([]string{"pki", "csca", "--key", "pkcs11:object=csca", "--country", "VN", "--state", "VNM", "--name", "CSCA Viet Nam",
		"--email", "csca@example.org", "--crl-url", "https://csca.example.org/vnm.crl"}, more...)
}

func (p *pkiRun) dsArgs(more ...string) []string {
	return append([]string{"pki", "ds", "--key", "pkcs11:object=csca", "--name", "Document Signer 1", "--email", "csca@example.org", "--documents", "I"}, more...)
}

func (p *pkiRun) certificate(name string) *pki.Certificate {
	p.t.Helper()
	c, err := readCertificate(&env{}, p.path(name))
	if err != nil {
		p.t.Fatal(err)
	}
	return c
}

func TestPKI(t *testing.T) {
	p := newPKIRun(t, "brainpoolP256r1")
	var made certificateJSON
	if err := json.Unmarshal([]byte(p.ok(p.cscaArgs("--out", p.path("csca.cer"), "--test", "--into-token", "--json")...)), &made); err != nil {
		t.Fatal(err)
	}
	if made.Schema != "chipid.certificate/1" || !made.Test || !strings.Contains(made.Subject, "TEST") || made.SignUntil == "" {
		t.Errorf("%+v", made)
	}
	csca := p.certificate("csca.cer")
	if _, found := cert.Lint(csca.Raw, lint.CSCA); len(csca.Deviations)+len(found) > 0 || !csca.SelfSigned() || !csca.ExplicitCurve {
		t.Errorf("CSCA: %v, %v", csca.Deviations, found)
	}
	// The CSCA's certificate comes from beside its key.
	out := p.ok(p.dsArgs("--ds-key", "pkcs11:object=ds-1", "--out", p.path("ds.pem"), "--pem", "--into-token")...)
	ds := p.certificate("ds.pem")
	_, found := cert.Lint(ds.Raw, lint.DS)
	if _, err := ds.CheckSignatureFrom(csca); err != nil || lint.Worst(found) > lint.Info || !ds.TestMark {
		t.Errorf("DS: %v, %v", err, found)
	}
	if !strings.Contains(out, ds.Fingerprint()) {
		t.Errorf("pki ds says:\n%s", out)
	}
	if out := p.ok("keys", "list"); strings.Count(out, "yes") != 2 {
		t.Errorf("the certificates are not beside their keys:\n%s", out)
	}
	// Days count whole.
	p.ok(p.dsArgs("--csca", p.path("csca.cer"), "--ds-key", "pkcs11:object=ds-1", "--out", p.path("ds2.cer"), "--sign-until", "2027-01-31", "--until", "2037-01-31",
		"--from", csca.NotBefore.AddDate(0, 0, 1).Format("2006-01-02"), "--hash", "sha-512")...)
	if ds := p.certificate("ds2.cer"); ds.NotAfter.Format("2006-01-02T15:04:05") != "2037-01-31T23:59:59" || ds.SignatureAlgorithm.OID != "1.2.840.10045.4.3.4" {
		t.Errorf("until %v, algorithm %v", ds.NotAfter, ds.SignatureAlgorithm)
	}
}

func TestPKIRefuses(t *testing.T) {
	p := newPKIRun(t, "P-256")
	p.ok(p.cscaArgs("--out", p.path("csca.cer"))...)
	for _, c := range []struct {
		name, want string
		status     int
		args       []string
	}{
		{"no key", "--key", exitUsage, []string{"pki", "csca", "--out", p.path("x")}},
		{"no out", "--out", exitUsage, p.cscaArgs()},
		{"out exists", "exists", exitUsage, p.cscaArgs("--out", p.path("csca.cer"))},
		{"out in no folder", "cannot be created", exitUsage, p.cscaArgs("--out", p.path("none/csca.cer"))},
		{"country", "country", exitUsage, p.cscaArgs("--out", p.path("x"), "--country", "vn")},
		{"date", "--until", exitUsage, p.cscaArgs("--out", p.path("x"), "--until", "tomorrow")},
		{"SHA-1", "--hash", exitUsage, p.cscaArgs("--out", p.path("x"), "--hash", "SHA-1")},
		{"unknown key", "not found", exitHSM, append(p.cscaArgs("--out", p.path("x")), "--key", "pkcs11:object=nobody")},
		{"no certificate beside the key", "", exitHSM, p.dsArgs("--ds-key", "pkcs11:object=ds-1", "--out", p.path("x"))},
		{"both keys", "exactly one", exitUsage, p.dsArgs("--ds-key", "pkcs11:object=ds-1", "--public-key", "y", "--out", p.path("x"))},
		{"bad key name", "--ds-key", exitUsage, p.dsArgs("--ds-key", "ds-1", "--out", p.path("x"))},
		{"missing public key", "no such file", exitUsage, p.dsArgs("--public-key", p.path("none.pem"), "--csca", p.path("csca.cer"), "--out", p.path("x"))},
		{"document code", "document types", exitUsage, p.dsArgs("--documents", "I<", "--ds-key", "pkcs11:object=ds-1", "--csca", p.path("csca.cer"), "--out", p.path("x"))},
		{"argument", "", exitUsage, []string{"pki", "csca", "extra"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, out, talk := p.run(c.args...)
			if status != c.status || out != "" || !strings.Contains(talk, c.want) {
				t.Errorf("%d, %q, %q", status, out, talk)
			}
			if _, err := os.Stat(p.path("x")); err == nil {
				t.Error("a file was left")
			}
		})
	}
}

func TestPKIPublicKeyFromElsewhere(t *testing.T) {
	p := newPKIRun(t, "P-384")
	p.ok(p.cscaArgs("--out", p.path("csca.cer"))...)
	var list struct{ Keys []keyJSON }
	if err := json.Unmarshal([]byte(p.ok("keys", "list", "--json")), &list); err != nil {
		t.Fatal(err)
	}
	for _, k := range list.Keys {
		if k.Label == "ds-1" {
			if err := os.WriteFile(p.path("ds.pub"), []byte(k.PublicKey), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	args := p.dsArgs("--csca", p.path("csca.cer"), "--public-key", p.path("ds.pub"))
	p.ok(append(args, "--out", p.path("ds.cer"))...)
	if !p.certificate("ds.cer").ExplicitCurve {
		t.Error("the Document Signer's parameters are not explicit")
	}
	if status, _, talk := p.run(append(args, "--out", p.path("ds2.cer"), "--into-token")...); status != exitUsage || !strings.Contains(talk, "--into-token") {
		t.Errorf("%d, %s", status, talk)
	}
}
