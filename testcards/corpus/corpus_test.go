package main

import (
	"bytes"
	"encoding/base64"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chipid-toolkit/chipid/cardprofile/pki/pkitest"
)

// TestPublicCorpus holds the table against what is known of the corpus.
func TestPublicCorpus(t *testing.T) {
	c := newCollection()
	if err := c.readDir(pkitest.Corpus(t)); err != nil {
		t.Fatal(err)
	}
	r := c.judge()
	for name, got := range map[string][3]int{
		"lists":           {r.lists.total, r.lists.parsed, r.lists.verified},
		"deviation lists": {r.deviationLists.total, r.deviationLists.parsed, r.deviationLists.verified},
		"CRLs":            {r.crls.total, r.crls.parsed, r.crls.verified},
	} {
		if got[0] == 0 || got[1] != got[0] || got[2] != got[0] {
			t.Errorf("%s: %v", name, got)
		}
	}
	if n := r.certificates; n.total < 600 || n.parsed != n.total || n.total-n.verified > 6 {
		t.Errorf("certificates: %d, %d parsed, %d verified", n.total, n.parsed, n.verified)
	}
	if n := r.self; n.total < 400 || n.verified != n.total {
		t.Errorf("self-signed: %d, %d verified", n.total, n.verified)
	}
	if n := r.sods; n.total != 12 || n.verified != 10 || r.chained.verified != 10 {
		t.Errorf("security objects: %d, %d verified, %d chained", n.total, n.verified, r.chained.verified)
	}
	for _, names := range r.sods.reasons {
		for _, n := range names {
			if !strings.HasPrefix(filepath.ToSlash(n), "sod-altered/") {
				t.Errorf("%s did not verify", n)
			}
		}
	}
	var out strings.Builder
	if err := r.print(&out); err != nil || !strings.Contains(out.String(), "master lists") {
		t.Error(err)
	}
}

// TestForms reads the same things in every form that directories hold.
func TestForms(t *testing.T) {
	a, b := pkitest.NewAuthority(t, pkitest.Options{}), pkitest.NewAuthority(t, pkitest.Options{Key: "brainpoolP384r1", Name: "CSCA Other"})
	list := a.MasterList(t, a.CSCA, b.CSCA)
	crl := a.CRL(t, pkitest.Epoch, pkitest.Epoch.AddDate(0, 3, 0))
	broken := bytes.Clone(b.DS.Raw)
	broken[len(broken)-1] ^= 1
	dir := t.TempDir()
	fold := func(b []byte) string {
		text := base64.StdEncoding.EncodeToString(b)
		var lines []string
		for ; len(text) > 60; text = text[60:] {
			lines = append(lines, text[:60])
		}
		return strings.Join(append(lines, text), "\n ")
	}
	files := map[string][]byte{
		"a.ldif":    []byte("# comment\nversion: 1\n\ndn: o=ml,c=VN\npkdMasterListContent:: " + fold(list) + "\ncn: x\n\ndn: c=VN\ncertificateRevocationList;binary:: " + fold(crl) + "\n"),
		"ds.pem":    append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.DS.Raw}), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: b.DS.Raw})...),
		"two.der":   append(bytes.Clone(a.DS.Raw), broken...),
		"again.ml":  list,
		"notes.txt": []byte("nothing"),
		"junk.der":  {0x30, 0x03, 0x02, 0x01, 0x00},
		"sub/x.bin": a.Sign(t, []byte{0x30, 0}, pkitest.SignedOptions{}),
	}
	if err := os.Mkdir(filepath.Join(dir, "sub"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c := newCollection()
	if err := c.readDir(dir); err != nil {
		t.Fatal(err)
	}
	r := c.judge()
	// Two CSCAs, two signers, one of them altered, and what is no certificate.
	if r.lists.total != 1 || r.lists.verified != 1 || r.crls.verified != 1 || r.certificates.total != 6 || r.certificates.parsed != 5 ||
		r.certificates.verified != 4 || r.self.verified != 2 || r.sods.total != 1 || r.sods.parsed != 0 || len(r.others) != 1 {
		t.Errorf("%+v", r)
	}
	if err := run(filepath.Join(dir, "none"), &strings.Builder{}); err == nil {
		t.Error("a missing directory was read")
	}
}
