package pki_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cardprofile/pki/pkitest"
)

// TestCorpusDeviationLists reads every public deviation list, verifies it, and looks
// up the documents that Estonia's speaks of.
func TestCorpusDeviationLists(t *testing.T) {
	store := pki.NewStore(false)
	pkitest.ImportCorpus(t, store)
	for _, path := range pkitest.Files(t, "deviation-list") {
		b := pkitest.Read(t, path)
		l, err := pki.ParseDeviationList(b)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		signer, err := l.Verify(nil)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if len(signer.Deviations()) > 0 || signer.Anchored() {
			t.Errorf("%s: %v", path, signer.Deviations())
		}
		r, err := store.Import(filepath.Base(path), b, pki.ImportOptions{})
		if err != nil || r.Kind != "deviation list" || r.Added != 1 || !r.Anchored {
			t.Errorf("%s: %+v, %v", path, r, err)
		}
		if filepath.Base(path) != "ee.bin" {
			continue
		}
		if len(l.Defects) != 1 || l.Defects[0].Numbers() != 169422 || l.Defects[0].Descriptions[0].Type != pki.DefectSODSignatureWrong {
			t.Errorf("%d entries, %d numbers", len(l.Defects), l.Defects[0].Numbers())
		}
		lists := store.DeviationLists()
		if len(lists) != 1 || lists[0].Country() != "EE" || lists[0].Date().Format("2006-01-02") != "2018-06-26" {
			t.Fatalf("%+v", lists)
		}
		signerOf := func(c *pki.Certificate) pki.DefectSubject { return pki.DefectSubject{Signer: c, DocumentCode: "ID"} }
		for number, known := range map[string]bool{"BB0000001": true, "PB1015534": true, "PB1015534<": true, "PB1015535": false, "": false, "BB0000001X": false} {
			o := signerOf(lists[0].Signer()) // a certificate of Estonia, for its issuer
			o.DocumentNumber = number
			got := store.KnownDefects(o)
			if (len(got) == 1) != known {
				t.Errorf("%q: %v", number, got)
			}
			if known && (!got[0].Covers("sod.signature") || got[0].Covers("sod.chain") || got[0].String() != "known defect of issuer EE, list of 2018-06-26: the signature of EF.SOD is wrong") {
				t.Errorf("%q: %v", number, got[0])
			}
		}
		// Germany's documents are none of Estonia's business.
		a := pkitest.NewAuthority(t, pkitest.Options{Country: "DE", State: "D"})
		if got := store.KnownDefects(pki.DefectSubject{Signer: a.DS, DocumentNumber: "BB0000001"}); got != nil {
			t.Error(got)
		}
	}
}

func TestDefectConditions(t *testing.T) {
	a := pkitest.NewAuthority(t, pkitest.Options{})
	digest := sha256.Sum256(a.DS.Raw)
	text := func(tag tlv.Tag, s string) []byte { return tlv.Encode(tag, []byte(s)) }
	numbers := tlv.Encode(0xa5, text(0x13, "C7"), text(0x13, "A12"), text(0x13, "B5"))
	period := tlv.Encode(0xa4, text(0x18, "20261101000000Z"), text(0x18, "20261130000000Z"))
	serial := []byte(nil)
	if s := a.DS.Serial.Bytes(); s[0]&0x80 == 0 {
		serial = tlv.Encode(0x02, s)
	} else {
		serial = tlv.Encode(0x02, []byte{0}, s)
	}
	in := time.Date(2026, 11, 30, 15, 0, 0, 0, time.UTC)
	document := pki.DefectSubject{Signer: a.DS, DocumentCode: "I<", DocumentNumber: "A12<<<<<<", IssueDate: in}
	other := document
	other.Signer = pkitest.NewAuthority(t, pkitest.Options{}).DS
	for _, c := range []struct {
		name      string
		documents [][]byte
		with      func(o *pki.DefectSubject)
		known     bool
	}{
		{"no condition", nil, nil, true},
		{"type", [][]byte{text(0x80, "I<")}, nil, true},
		{"one letter for all", [][]byte{text(0x80, "I<")}, func(o *pki.DefectSubject) { o.DocumentCode = "ID" }, true},
		{"other type", [][]byte{text(0x80, "P<")}, nil, false},
		{"longer type", [][]byte{text(0x80, "ID")}, nil, false},
		{"unknown type", [][]byte{text(0x80, "I<")}, func(o *pki.DefectSubject) { o.DocumentCode = "" }, false},
		{"issuer and serial", [][]byte{tlv.Encode(0xa1, a.DS.Issuer.Raw, serial)}, nil, true},
		{"other signer", [][]byte{tlv.Encode(0xa1, a.DS.Issuer.Raw, serial)}, func(o *pki.DefectSubject) { *o = other }, false},
		{"key identifier", [][]byte{tlv.Encode(0x82, a.DS.SubjectKeyID)}, nil, true},
		{"other key identifier", [][]byte{tlv.Encode(0x82, a.DS.SubjectKeyID)}, func(o *pki.DefectSubject) { *o = other }, false},
		{"digest", [][]byte{tlv.Encode(0x83, digest[:])}, nil, true},
		{"other digest", [][]byte{tlv.Encode(0x83, digest[:])}, func(o *pki.DefectSubject) { *o = other }, false},
		{"period, last day", [][]byte{period}, nil, true},
		{"day after", [][]byte{period}, func(o *pki.DefectSubject) { o.IssueDate = in.AddDate(0, 0, 1) }, false},
		{"day before", [][]byte{period}, func(o *pki.DefectSubject) { o.IssueDate = in.AddDate(0, 0, -30) }, false},
		{"no date", [][]byte{period}, func(o *pki.DefectSubject) { o.IssueDate = time.Time{} }, false},
		{"number", [][]byte{numbers}, nil, true},
		{"other number", [][]byte{numbers}, func(o *pki.DefectSubject) { o.DocumentNumber = "A1" }, false},
		{"all at once", [][]byte{text(0x80, "I<"), tlv.Encode(0x82, a.DS.SubjectKeyID), period, numbers}, nil, true},
		{"all but one", [][]byte{text(0x80, "I<"), tlv.Encode(0x82, a.DS.SubjectKeyID), period, numbers}, func(o *pki.DefectSubject) { o.DocumentNumber = "Z" }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := a.Store(t)
			list := a.DeviationList(t, pkitest.Epoch.AddDate(0, 0, 3), pkitest.DefectEntry(pki.DefectDGHashWrong, "see our page", []byte{2, 1, 2}, c.documents...))
			if _, err := s.Import("x.dvl", list, pki.ImportOptions{}); err != nil {
				t.Fatal(err)
			}
			o := document
			if c.with != nil {
				c.with(&o)
			}
			got := s.KnownDefects(o)
			if (len(got) > 0) != c.known {
				t.Fatalf("got %v", got)
			}
			if c.known && (got[0].String() != "known defect of issuer VN, list of 2026-11-04: the hash of DG2 in EF.SOD is wrong (see our page)" ||
				!got[0].Covers("dg.hash.2") || got[0].Covers("dg.hash.1") || got[0].Covers("dg.hash.21")) {
				t.Errorf("%v", got[0])
			}
		})
	}
}

// TestDeviationListTrust: whose word counts, and which of several.
func TestDeviationListTrust(t *testing.T) {
	a, b := pkitest.NewAuthority(t, pkitest.Options{}), pkitest.NewAuthority(t, pkitest.Options{Name: "CSCA Other"})
	day := func(n int) time.Time { return pkitest.Epoch.AddDate(0, 0, n) }
	entry := pkitest.DefectEntry(pki.DefectChip, "", nil)
	list := a.DeviationList(t, day(1), entry)
	subject := pki.DefectSubject{Signer: a.DS}

	if _, err := b.Store(t).Import("x.dvl", list, pki.ImportOptions{}); err == nil {
		t.Error("a list was taken whose CSCA the store does not hold")
	}
	changed := slices.Clone(list)
	changed[slices.Index(changed, 0x13)+3] ^= 1
	if _, err := a.Store(t).Import("x.dvl", changed, pki.ImportOptions{}); err == nil {
		t.Error("an altered list was taken")
	}
	// Not every signer of the CSCA may sign deviation lists.
	content := tlv.Encode(0x30, []byte{0x02, 0x01, 0x00}, tlv.Encode(0x31, entry))
	if _, err := a.Store(t).Import("x.dvl", a.Sign(t, content, pkitest.SignedOptions{ContentType: cms.OIDDeviationList, KeyID: true}), pki.ImportOptions{}); err == nil {
		t.Error("a list of a Document Signer was taken")
	}

	dir := filepath.Join(t.TempDir(), "trust")
	s, err := pki.Create(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string][]byte{"csca": a.CSCA.Raw} {
		if _, err := s.Import(name, file, pki.ImportOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range [][]byte{list, list, a.DeviationList(t, day(3)), a.DeviationList(t, day(2), entry)} {
		if _, err := s.Import("x.dvl", file, pki.ImportOptions{}); err != nil {
			t.Fatal(err)
		}
		if got, want := len(s.KnownDefects(subject)) == 1, len(s.Entries()) == 2; got != want {
			t.Errorf("%d entries, known %v", len(s.Entries()), got)
		}
	}
	for _, lost := range []bool{false, true} { // with the index, and without
		if lost {
			if err := os.Remove(filepath.Join(dir, "index.tsv")); err != nil {
				t.Fatal(err)
			}
		}
		again, err := pki.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		if l := again.DeviationLists(); len(l) != 1 || !l[0].Date().Equal(day(3)) || strings.Count(kinds(again), "deviation list") != 3 {
			t.Errorf("index lost %v: %v, %s", lost, l, kinds(again))
		}
	}
	// A signer that was revoked since has nothing to say any more.
	if _, err := s.Import("x.crl", a.CRL(t, inspected, inspected.AddDate(0, 3, 0), s.DeviationLists()[0].Signer().Serial), pki.ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	if l := s.DeviationLists(); len(l) != 0 {
		t.Errorf("lists of a revoked signer: %v", l)
	}
}

func TestDeviationListHostile(t *testing.T) {
	a := pkitest.NewAuthority(t, pkitest.Options{})
	text := func(tag tlv.Tag, s string) []byte { return tlv.Encode(tag, []byte(s)) }
	for name, entry := range map[string][]byte{
		"no set":                 tlv.Encode(0x30, tlv.Encode(0x30)),
		"fillers for a type":     pkitest.DefectEntry(pki.DefectChip, "", nil, text(0x80, "<<")),
		"a number too long":      pkitest.DefectEntry(pki.DefectChip, "", nil, tlv.Encode(0xa5, text(0x13, strings.Repeat("9", 65)))),
		"a number of integers":   pkitest.DefectEntry(pki.DefectChip, "", nil, tlv.Encode(0xa5, []byte{2, 1, 1})),
		"half a period":          pkitest.DefectEntry(pki.DefectChip, "", nil, tlv.Encode(0xa4, text(0x18, "20261101000000Z"))),
		"two signers":            pkitest.DefectEntry(pki.DefectChip, "", nil, tlv.Encode(0x82, []byte{1}), tlv.Encode(0x83, []byte{1})),
		"an empty digest":        pkitest.DefectEntry(pki.DefectChip, "", nil, tlv.Encode(0x83)),
		"an unknown condition":   pkitest.DefectEntry(pki.DefectChip, "", nil, text(0x86, "x")),
		"conditions upside down": pkitest.DefectEntry(pki.DefectChip, "", nil, tlv.Encode(0xa5, text(0x13, "A")), text(0x80, "I<")),
	} {
		if l, err := pki.ParseDeviationList(a.DeviationList(t, pkitest.Epoch, entry)); err == nil {
			t.Errorf("%s: read as %+v", name, l.Defects)
		}
	}
	many := make([][]byte, 10_001)
	for i := range many {
		many[i] = pkitest.DefectEntry(pki.DefectChip, fmt.Sprint(i), nil)
	}
	if _, err := pki.ParseDeviationList(a.DeviationList(t, pkitest.Epoch, many...)); err == nil {
		t.Error("more entries than the bound were read")
	}
}
