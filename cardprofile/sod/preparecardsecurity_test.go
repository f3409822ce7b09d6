package sod_test

import (
	"context"
	"encoding/asn1"
	"errors"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cardprofile/pki/pkitest"
	"github.com/chipid-toolkit/chipid/cardprofile/sod"
)

func TestPrepareCardSecurity(t *testing.T) {
	cam := asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 2, 2, 4, 6, 2}
	encode := func(b *lds.Builder) []byte {
		t.Helper()
		set, err := b.Encode()
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
	for _, key := range []string{"P-256", "brainpoolP384r1", "RSA-2048"} {
		a := pkitest.NewAuthority(t, pkitest.Options{Key: key})
		chip := pkitest.Key(t, "brainpoolP256r1").Public()
		access := encode(new(lds.Builder).PACE(cam, 13))
		set := encode(new(lds.Builder).PACE(cam, 13).ChipAuthKey(chip, 13))
		o := sod.Options{Signer: a.DS, SigningTime: pkitest.Epoch.AddDate(0, 0, 10)}
		token, attributes, err := sod.PrepareCardSecurity(access, set, o)
		if err != nil || len(attributes) == 0 {
			t.Fatalf("%s: %v", key, err)
		}
		file, err := token.Issue(context.Background(), a.DSKey)
		if err != nil {
			t.Fatalf("%s: %v", key, err)
		}
		if _, err := token.Issue(context.Background(), a.DSKey); !errors.Is(err, sod.ErrUsed) {
			t.Errorf("%s: signed twice: %v", key, err)
		}
		c, err := sod.ParseCardSecurity(file)
		if err != nil || len(c.Deviations) > 0 || len(c.Infos.ChipAuthKeys) != 1 || !c.Signed.Signers[0].SigningTime.Equal(o.SigningTime) {
			t.Fatalf("%s: %v %v", key, c, err)
		}
		r := sod.VerifyCardSecurity(c, a.Store(t), pki.VerifyOptions{Now: o.SigningTime})
		if _, ok := r.Infos(); !ok {
			t.Errorf("%s: not trusted: %+v", key, r.Checks())
		}
		other := encode(new(lds.Builder).PACE(cam, 12))
		for what, try := range map[string]func() error{
			"another EF.CardAccess": func() error { _, _, err := sod.PrepareCardSecurity(other, set, o); return err },
			"no key":                func() error { _, _, err := sod.PrepareCardSecurity(access, access, o); return err },
			"a key of another identifier": func() error { // which the conformance rules find
				_, _, err := sod.PrepareCardSecurity(access, encode(new(lds.Builder).PACE(cam, 13).ChipAuthKey(chip, 12)), o)
				return err
			},
			"rubbish":          func() error { _, _, err := sod.PrepareCardSecurity(access, []byte{0x31, 1}, o); return err },
			"no EF.CardAccess": func() error { _, _, err := sod.PrepareCardSecurity(nil, set, o); return err },
			"no signer":        func() error { _, _, err := sod.PrepareCardSecurity(access, set, sod.Options{}); return err },
			"a CSCA": func() error {
				_, _, err := sod.PrepareCardSecurity(access, set, sod.Options{Signer: a.CSCA, SigningTime: o.SigningTime})
				return err
			},
			"another time": func() error {
				_, _, err := sod.PrepareCardSecurity(access, set, sod.Options{Signer: a.DS, SigningTime: pkitest.Epoch.Add(-24 * time.Hour)})
				return err
			},
		} {
			if try() == nil {
				t.Errorf("%s: prepared with %s", key, what)
			}
		}
	}
}
