package conformance_test

import (
	"testing"

	"github.com/chipid-toolkit/chipid/cardprofile/pki/pkitest"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/conformance"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
	"github.com/chipid-toolkit/chipid/testcards/document"
)

func TestRecognise(t *testing.T) {
	a := pkitest.NewAuthority(t, pkitest.Options{})
	for _, c := range []struct {
		name string
		b    []byte
		want lint.Kind
	}{
		{"a.der", a.CSCA.Raw, lint.CSCA}, {"a.der", a.DS.Raw, lint.DS},
		{"a.crl", a.CRL(t, pkitest.Epoch, pkitest.Epoch.AddDate(0, 0, 30)), lint.CRL},
		{"a.ml", a.MasterList(t, a.CSCA), lint.MasterList},
		{"EF.DG1.bin", []byte{0x75, 0}, lint.DG(1)}, {"x", []byte{0x75, 0}, lint.DG(2)},
		{"x", []byte{0x61, 9, 0x4f, 7, 0xa0, 0, 0, 2, 0x47, 0x10, 1}, lint.DIR},
		{"EF.ATR-INFO.bin", []byte{0x80}, lint.ATRInfo}, {"x", []byte{0x47, 3, 0x84, 1, 0xe0}, lint.ATRInfo},
		{"x", []byte{0x31, 0}, lint.CardAccess},
		{"note.txt", []byte("a text is no file of a chip"), ""}, {"x", nil, ""}, {"x", []byte{0x30, 0}, ""},
	} {
		if got := conformance.Recognise(c.name, c.b); got != c.want {
			t.Errorf("%s %x: %q, not %q", c.name, c.b[:min(len(c.b), 8)], got, c.want)
		}
	}
}

// TestOwnDocument: a document as our builders make it breaks no rule, alone or
// together; what lies inside its signed objects is judged as what it must be.
func TestOwnDocument(t *testing.T) {
	var inputs []conformance.Input
	for _, f := range document.New(t, document.Options{}).Files {
		inputs = append(inputs, conformance.Input{Name: f.Name, Bytes: f.Bytes})
	}
	signers := 0
	for _, j := range conformance.Together("a document", inputs) {
		if len(j.Findings) > 0 {
			t.Errorf("%s %s: %v", j.Name, j.Inside, j.Findings)
		}
		if j.Inside == "signer" && j.Kind == lint.DS {
			signers++
		}
	}
	if signers != 1 {
		t.Errorf("%d signers were judged", signers)
	}
}

func FuzzObject(f *testing.F) {
	a := pkitest.NewAuthority(f, pkitest.Options{})
	f.Add("EF.COM.bin", []byte{0x60, 0})
	f.Add("x", a.MasterList(f, a.CSCA))
	f.Add("x", a.DS.Raw)
	f.Fuzz(func(t *testing.T, name string, b []byte) {
		conformance.Together("x", []conformance.Input{{Name: name, Bytes: b}})
	})
}
