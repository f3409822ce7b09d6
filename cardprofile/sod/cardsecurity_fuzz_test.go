package sod_test

import (
	"bytes"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/apdu/pace"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cardprofile/sod"
	"github.com/chipid-toolkit/chipid/testcards/document"
)

// Whatever stands in an EF.CardSecurity: nothing is trusted without a store, and
// nothing panics.
func FuzzCardSecurity(f *testing.F) {
	protocol, err := pace.Protocol{Curve: true, Mapping: pace.ChipAuthentication, Cipher: mac.AES128}.OID()
	if err != nil {
		f.Fatal(err)
	}
	d := document.New(f, document.Options{PACE: []pace.Params{{OID: protocol, ParameterID: 13}}})
	for _, file := range d.Files {
		if file.Name == lds.NameCardSecurity {
			f.Add(file.Bytes)
			f.Add(append(bytes.Clone(file.Bytes), 0, 0))
		}
	}
	f.Add([]byte{0x30, 0x80, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := sod.ParseCardSecurity(b)
		if err != nil {
			return
		}
		r := sod.VerifyCardSecurity(s, nil, pki.VerifyOptions{})
		if _, ok := r.Infos(); ok {
			t.Error("trusted without a store")
		}
		r.CheckCAM(s, nil, 13)
	})
}
