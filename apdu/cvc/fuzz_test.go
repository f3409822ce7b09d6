package cvc_test

import (
	"bytes"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu/cvc"
	"github.com/chipid-toolkit/chipid/apdu/ecc"
)

// Whatever the bytes: no panic, and what is taken is taken as it is.
func FuzzParse(f *testing.F) {
	for _, c := range load(f) {
		f.Add(c.Raw)
	}
	root, dv, is := newWorld(f, cvc.RSAPSSSHA256, nil).chain(cvc.RoleForeignDV)
	for _, e := range []entity{root, dv, is} {
		f.Add(e.cert.Raw)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := cvc.Parse(b)
		if err != nil {
			if c != nil {
				t.Fatal("both certificate and error")
			}
			return
		}
		if !bytes.Equal(c.Raw, b) || !bytes.Contains(b, c.Body) {
			t.Fatal("not the bytes that were read")
		}
		again, err := cvc.ParseParts(c.Parts())
		if err != nil || again.CHR != c.CHR || !again.CHAT.Equal(c.CHAT) {
			t.Fatalf("parts: %v", err)
		}
		_ = c.CHAT.String() + c.CAR.String() + c.Effective.String()
		for _, r := range c.CHAT.Rights() {
			_ = r.String()
		}
		if pub, err := c.PublicKey.Key(ecc.BrainpoolP256r1()); err == nil {
			_ = c.CheckSignature(c.PublicKey.Algorithm, pub)
		}
	})
}

func FuzzParseRequest(f *testing.F) {
	key := newKey(f, cvc.ECDSASHA256, ecc.P256(), 0)
	q, err := cvc.RequestTemplate{CAR: "UTCVCA00001", CHR: "UTDV00001", Algorithm: cvc.ECDSASHA256}.Sign(key)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(q.Raw)
	if q, err = q.Countersign("UTDV00000", cvc.ECDSASHA256, key); err != nil {
		f.Fatal(err)
	}
	f.Add(q.Raw)
	f.Fuzz(func(t *testing.T, b []byte) {
		q, err := cvc.ParseRequest(b)
		if err != nil {
			return
		}
		if !bytes.Equal(q.Raw, b) {
			t.Fatal("not the bytes that were read")
		}
		_, _ = q.Verify()
		_ = q.VerifyOuter(cvc.Key{Algorithm: cvc.ECDSASHA256})
	})
}

// A file of certificates: what is read is what stands there, one after another.
func FuzzParseAll(f *testing.F) {
	root, dv, is := newWorld(f, cvc.ECDSASHA256, ecc.P256()).chain(cvc.RoleForeignDV)
	f.Add(append(append(bytes.Clone(is.cert.Raw), dv.cert.Raw...), root.cert.Raw...))
	f.Add(append(bytes.Clone(is.cert.Raw), 0x7F, 0x21, 0x00))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		list, err := cvc.ParseAll(b)
		if err != nil {
			return
		}
		var again []byte
		for _, c := range list {
			again = append(again, c.Raw...)
		}
		if len(list) == 0 || !bytes.Equal(again, b) {
			t.Fatalf("%d certificates", len(list))
		}
	})
}

func FuzzParseEFCVCA(f *testing.F) {
	b, err := cvc.EncodeEFCVCA("UTCVCA00002", "UTCVCA00001")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		refs, _, err := cvc.ParseEFCVCA(b)
		if err == nil && (len(refs) == 0 || len(refs) > 2) {
			t.Fatal(refs)
		}
	})
}

// A store that somebody else wrote.
func FuzzStore(f *testing.F) {
	root, _, _ := newWorld(f, cvc.ECDSASHA256, ecc.P256()).chain(cvc.RoleForeignDV)
	f.Add(state(f, newStore(f, "2026-01-01", root.key)))
	f.Fuzz(func(t *testing.T, b []byte) {
		var s cvc.Store
		if s.UnmarshalBinary(b) != nil {
			return
		}
		if n := len(s.References()); n == 0 || n > 2 {
			t.Fatal(n)
		}
		var again cvc.Store
		if err := again.UnmarshalBinary(state(t, &s)); err != nil {
			t.Fatal(err)
		}
	})
}
