package cvca_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/apdu/cvc"
	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/testcards/cvca"
)

// cvc-print of OpenPACE reads every certificate that is made here, of every
// algorithm and curve, and finds the chain from the root that it is given good.
func TestOpenPACEReads(t *testing.T) {
	if _, err := exec.LookPath("cvc-print"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("cvc-print is missing (Debian package openpace)")
		}
		t.Skip("cvc-print is missing (Debian package openpace)")
	}
	dir := t.TempDir()
	print := func(c *cvc.Certificate) string {
		file := filepath.Join(dir, "certificate")
		if err := os.WriteFile(file, c.Raw, 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command("cvc-print", "--cvc", file, "--cvc-dir", dir).CombinedOutput()
		if err != nil {
			t.Errorf("%v: %v\n%s", c.CHR, err, out)
		}
		return string(out)
	}
	now, err := cvc.DateOf(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	read := 0
	try := func(p cvca.PKI) {
		c, err := cvca.NewChain(p, now, nil)
		if err != nil {
			t.Fatal(err)
		}
		link, err := p.Issue(c.Root, cvca.Spec{CHR: "UTCVCA00002", Role: cvc.RoleCVCA, Rights: cvca.Both(), From: c.DV.Certificate.Effective, To: c.Root.Certificate.Expiration})
		if err != nil {
			t.Fatal(err)
		}
		// It looks for an issuer's certificate by its name.
		for _, h := range []*cvca.Holder{c.Root, c.DV} {
			if err := os.WriteFile(filepath.Join(dir, string(h.Certificate.CHR)), h.Certificate.Raw, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		for _, h := range []*cvca.Holder{c.Root, link, c.DV, c.Terminal} {
			out := print(h.Certificate)
			for _, want := range []string{"CHR: " + string(h.Certificate.CHR), "Read fingerprint", "Read iris"} {
				if !strings.Contains(out, want) {
					t.Errorf("%v %v: no %q in\n%s", p.Algorithm, h.Certificate.CHR, want, out)
				}
			}
			read++
		}
	}
	for _, a := range cvc.Algorithms() {
		if !a.ECDSA() {
			try(cvca.PKI{Algorithm: a})
			continue
		}
		for _, c := range []*ecc.Curve{ecc.P256(), ecc.BrainpoolP256r1(), ecc.BrainpoolP384r1()} {
			try(cvca.PKI{Algorithm: a, Curve: c})
		}
	}
	if read != 4*(6+5*3) {
		t.Errorf("%d certificates", read)
	}
}

// Rights are confined by the issuer, a terminal may bring its key, and nothing is
// signed that no chip would take.
func TestIssue(t *testing.T) {
	p := cvca.PKI{Algorithm: cvc.ECDSASHA256}
	day, err := cvc.NewDate(2026, time.November, 21)
	if err != nil {
		t.Fatal(err)
	}
	own, err := p.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	c, err := cvca.NewChain(p, day, own.Public())
	if err != nil {
		t.Fatal(err)
	}
	if c.Terminal.Signer != nil || c.DV.Signer == nil || len(c.Certificates()) != 2 {
		t.Error("whose key is where")
	}
	to, _ := day.AddDays(3)
	dv, err := p.Issue(c.Root, cvca.Spec{CHR: "UTDV00002", Role: cvc.RoleForeignDV, Rights: []cvc.Right{cvc.ReadDG4}, From: day, To: to})
	if err != nil {
		t.Fatal(err)
	}
	is, err := p.Issue(dv, cvca.Spec{CHR: "UTIS00002", Role: cvc.RoleTerminal, Rights: cvca.Both(), From: day, To: to})
	if err != nil || is.Key.CHAT.Has(cvc.ReadDG3) || !is.Key.CHAT.Has(cvc.ReadDG4) {
		t.Errorf("%v %v", err, is)
	}
	if _, err := p.Issue(c.Root, cvca.Spec{CHR: "UTIS00003", Role: cvc.RoleTerminal, From: day, To: to}); err == nil {
		t.Error("a terminal below the root")
	}
}
