package pki_test

import (
	"bytes"
	"encoding/pem"
	"strings"
	"testing"

	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cardprofile/pki/pkitest"
)

// TestBounds: what is larger than anything in circulation is refused before it costs
// anything, and leaves the store as it was.
func TestBounds(t *testing.T) {
	a := pkitest.NewAuthority(t, pkitest.Options{})
	many := make([]*pki.Certificate, 20_001)
	for i := range many {
		many[i] = &pki.Certificate{Raw: []byte{0x30, 0x00}}
	}
	pemMany := bytes.Repeat(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.DS.Raw}), 20)
	for _, c := range []struct {
		name, why string
		data      []byte
	}{
		{"a file of any kind", "more than", make([]byte, pki.MaxImport+1)},
		{"a file that is no LDIF", "more than", append(bytes.Clone(a.CSCA.Raw), make([]byte, cms.MaxSize)...)},
		{"PEM", "more than", append(pemMany, make([]byte, cms.MaxSize)...)},
		{"a master list of many", "more than 20000 certificates", a.SignedMasterList(t, many...)},
		{"a value of LDIF", "more than", []byte("dn: cn=1\nuserCertificate:: " + strings.Repeat("AAAA", cms.MaxSize/3+2) + "\n")},
		{"an attribute's name", "line 2", []byte("dn: cn=1\n" + strings.Repeat("a", 300) + ": x\n")},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := a.Store(t)
			if r, err := s.Import("x", c.data, pki.ImportOptions{}); err == nil || !strings.Contains(err.Error(), c.why) {
				t.Errorf("%+v, %v", r, err)
			}
			if kinds(s) != "csca" {
				t.Errorf("the store holds %s", kinds(s))
			}
		})
	}
}

// TestManyOfOneName: a file full of certificates that call themselves the issuer of a
// list neither makes the list hold nor keeps its true issuer from being found.
func TestManyOfOneName(t *testing.T) {
	a := pkitest.NewAuthority(t, pkitest.Options{})
	stranger := pkitest.NewAuthority(t, pkitest.Options{})
	// Links under a's own name and key identifier, which a stranger signed.
	var flood []byte
	for range 100 {
		flood = append(flood, stranger.Link(t, a).Raw...)
	}
	s := pki.NewStore(false)
	if _, err := s.Import("flood", flood, pki.ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	list := a.SignedMasterList(t, a.CSCA)
	if _, err := s.Import("x.ml", list, pki.ImportOptions{}); err == nil {
		t.Error("a list was taken whose CSCA nobody named")
	}
	if _, err := s.Import("csca", a.CSCA.Raw, pki.ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Import("x.ml", list, pki.ImportOptions{}); err != nil {
		t.Error(err)
	}
	want(t, pki.VerifyDocument(signed(t, a, nil), s, pki.VerifyOptions{Now: inspected}), "pppn")
}
