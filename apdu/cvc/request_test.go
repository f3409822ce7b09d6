package cvc_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu/cvc"
	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
)

// The way of a certificate: request, outer signature by the old key, issue.
func TestRequestToCertificate(t *testing.T) {
	combinations(func(a cvc.Algorithm, c *ecc.Curve) {
		w := newWorld(t, a, c)
		root, dv, _ := w.chain(cvc.RoleDomesticDV)
		next := newKey(t, a, c, 3)
		q, err := cvc.RequestTemplate{CAR: "UTCVCA00001", CHR: "UTDV00002", Algorithm: a}.Sign(next)
		if err != nil {
			t.Fatalf("%v %v: %v", a, c, err)
		}
		if q, err = q.Countersign("UTDV00001", a, dv.sign); err != nil {
			t.Fatalf("%v %v: %v", a, c, err)
		}
		got, err := cvc.ParseRequest(q.Raw)
		if err != nil || len(got.Notes) != 0 || got.CAR != "UTCVCA00001" || got.CHR != "UTDV00002" || got.Outer.CAR != "UTDV00001" || got.PublicKey.HasDomain() != (c != nil) {
			t.Fatalf("%v %v: %+v %v", a, c, got, err)
		}
		pub, err := got.Verify()
		if err != nil {
			t.Fatal(err)
		}
		if err := got.VerifyOuter(dv.key); err != nil {
			t.Errorf("%v %v: %v", a, c, err)
		}
		cert, err := cvc.Template{CHR: got.CHR, Public: pub, Algorithm: a, CHAT: chat(t, cvc.RoleDomesticDV), Effective: day(t, "2026-03-01"), Expiration: day(t, "2026-05-01")}.Sign(root.key, root.sign)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := root.key.Verify(cert); err != nil {
			t.Errorf("%v %v: %v", a, c, err)
		}
	})
}

// One thing wrong, one outcome.
func TestRequestFaults(t *testing.T) {
	a := cvc.ECDSASHA256
	w := newWorld(t, a, ecc.P256())
	root, dv, is := w.chain(cvc.RoleDomesticDV)
	key := newKey(t, a, ecc.P256(), 0)
	q, err := cvc.RequestTemplate{CHR: "UTDV00002", Algorithm: a}.Sign(key)
	if err != nil {
		t.Fatal(err)
	}
	if len(q.Notes) != 1 || q.CAR != "" {
		t.Errorf("%q", q.Notes)
	}
	if err := q.VerifyOuter(dv.key); !errors.Is(err, cvc.ErrIssuer) {
		t.Errorf("no outer signature: %v", err)
	}
	outer, err := q.Countersign("UTDV00001", a, dv.sign)
	if err != nil {
		t.Fatal(err)
	}
	if err := outer.VerifyOuter(is.key); !errors.Is(err, cvc.ErrIssuer) {
		t.Errorf("another key: %v", err)
	}
	imposter := dv.key
	imposter.Public = is.key.Public
	if err := outer.VerifyOuter(imposter); !errors.Is(err, cvc.ErrSignature) {
		t.Errorf("another key of the name: %v", err)
	}
	// The outer signature covers the reference.
	moved := bytes.Replace(outer.Raw, []byte("UTDV00001"), []byte("UTIS00001"), 1)
	if m, err := cvc.ParseRequest(moved); err != nil {
		t.Error(err)
	} else if err := m.VerifyOuter(is.key); !errors.Is(err, cvc.ErrSignature) {
		t.Errorf("another reference: %v", err)
	}
	flipped := bytes.Clone(q.Raw)
	flipped[len(flipped)-1] ^= 1
	if m, err := cvc.ParseRequest(flipped); err != nil {
		t.Error(err)
	} else if _, err := m.Verify(); !errors.Is(err, cvc.ErrSignature) {
		t.Errorf("inner signature: %v", err)
	}
	body, _, err := tlv.Parse(q.Body)
	if err != nil {
		t.Fatal(err)
	}
	request := func(f func([]tlv.Node) []tlv.Node) []byte {
		nodes, err := body.Children()
		if err != nil {
			t.Fatal(err)
		}
		var b []byte
		for _, n := range f(nodes) {
			b = append(b, tlv.Encode(n.Tag, n.Value)...)
		}
		return tlv.Encode(0x7F21, tlv.Encode(0x7F4E, b), tlv.Encode(0x5F37, q.Signature))
	}
	inherits, err := cvc.ParseRequest(request(inKey(func(n []tlv.Node) []tlv.Node { return []tlv.Node{n[0], n[6]} })))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := inherits.Verify(); !errors.Is(err, cvc.ErrDomain) {
		t.Errorf("without domain parameters: %v", err)
	}
	sig := tlv.Encode(0x5F37, []byte{1})
	for name, x := range map[string]struct {
		b    []byte
		want error
	}{
		"nothing":              {nil, cvc.ErrFormat},
		"a certificate":        {root.cert.Raw, cvc.ErrFormat},
		"no profile":           {request(without(0x5F29)), cvc.ErrFormat},
		"no key":               {request(without(0x7F49)), cvc.ErrFormat},
		"no holder":            {request(without(0x5F20)), cvc.ErrFormat},
		"profile 2":            {request(set(0x5F29, 2)), cvc.ErrProfile},
		"bad holder":           {request(set(0x5F20)), cvc.ErrReference},
		"bad authority":        {request(add(0x42)), cvc.ErrReference},
		"outer no certificate": {tlv.Encode(0x67, tlv.Encode(0x42, []byte("UTDV00001")), sig), cvc.ErrFormat},
		"outer no reference":   {tlv.Encode(0x67, q.Raw, sig), cvc.ErrFormat},
		"outer no signature":   {tlv.Encode(0x67, q.Raw, tlv.Encode(0x42, []byte("UTDV00001"))), cvc.ErrFormat},
		"outer bad reference":  {tlv.Encode(0x67, q.Raw, tlv.Encode(0x42), sig), cvc.ErrReference},
		"a byte more":          {append(bytes.Clone(outer.Raw), 0), cvc.ErrFormat},
	} {
		if _, err := cvc.ParseRequest(x.b); !errors.Is(err, x.want) {
			t.Errorf("%s: %v, want %v", name, err, x.want)
		}
	}
	for name, x := range map[string]struct {
		t    cvc.RequestTemplate
		want error
	}{
		"holder":     {cvc.RequestTemplate{Algorithm: a}, cvc.ErrReference},
		"authority":  {cvc.RequestTemplate{CAR: "X", CHR: "UTDV00002", Algorithm: a}, cvc.ErrReference},
		"algorithm":  {cvc.RequestTemplate{CHR: "UTDV00002"}, cvc.ErrAlgorithm},
		"key":        {cvc.RequestTemplate{CHR: "UTDV00002", Algorithm: cvc.RSAPSSSHA256}, cvc.ErrKey},
		"extensions": {cvc.RequestTemplate{CHR: "UTDV00002", Algorithm: a, Extensions: []byte{1}}, cvc.ErrFormat},
	} {
		if _, err := x.t.Sign(key); !errors.Is(err, x.want) {
			t.Errorf("%s: %v, want %v", name, err, x.want)
		}
	}
}
