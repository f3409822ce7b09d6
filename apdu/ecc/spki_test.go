package ecc

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"math/big"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
)

func TestMatchNeedsEveryParameter(t *testing.T) {
	eachCurve(t, func(t *testing.T, c *Curve) {
		if got, err := Match(c.Parameters()); err != nil || got != c {
			t.Fatalf("own parameters: %v %v", got, err)
		}
		if got, err := Match(withoutCofactor(c.Parameters())); err != nil || got != c {
			t.Fatalf("cofactor absent: %v %v", got, err)
		}
		other := P256()
		if c == other {
			other = BrainpoolP256r1()
		}
		fields := map[string]func(*Parameters) **big.Int{
			"p": func(q *Parameters) **big.Int { return &q.P }, "a": func(q *Parameters) **big.Int { return &q.A },
			"b": func(q *Parameters) **big.Int { return &q.B }, "x of G": func(q *Parameters) **big.Int { return &q.Gx },
			"y of G": func(q *Parameters) **big.Int { return &q.Gy }, "n": func(q *Parameters) **big.Int { return &q.N },
			"h": func(q *Parameters) **big.Int { return &q.H },
		}
		for name, field := range fields {
			q := c.Parameters()
			v := *field(&q)
			for _, wrong := range []*big.Int{
				new(big.Int).Add(v, big.NewInt(1)), new(big.Int).Sub(v, big.NewInt(1)), new(big.Int).Neg(v),
				new(big.Int), new(big.Int).Lsh(v, 8), new(big.Int).Sub(c.P(), v), *field(ptr(other.Parameters())),
				new(big.Int).Add(v, c.P()),
			} {
				if wrong.Cmp(v) == 0 {
					continue
				}
				*field(&q) = wrong
				if got, err := Match(q); !errors.Is(err, ErrUnknownCurve) {
					t.Errorf("%s = %x matches %v", name, wrong, got)
				}
				spki := explicitSPKI(q, c.Generator().Bytes())
				if got, _, err := ParseSPKI(spki); err == nil {
					t.Errorf("%s = %x is read as %v", name, wrong, got.Curve)
				}
			}
			if name != "h" {
				*field(&q) = nil
				if got, err := Match(q); !errors.Is(err, ErrUnknownCurve) {
					t.Errorf("without %s matches %v", name, got)
				}
			}
		}
		// The hole that matching p, a, b alone leaves (CVE-2020-0601): another
		// base point G' = Q/d makes any key d fit any public key Q.
		q := c.Parameters()
		g2, err := c.ScalarBaseMult([]byte{2})
		if err != nil {
			t.Fatal(err)
		}
		q.Gx, q.Gy = g2.X, g2.Y
		if got, err := Match(q); !errors.Is(err, ErrUnknownCurve) {
			t.Errorf("another base point matches %v", got)
		}
	})
}

func ptr[T any](v T) *T { return &v }

func withoutCofactor(q Parameters) Parameters { q.H = nil; return q }

// explicitSPKI writes a key with any parameters at all.
func explicitSPKI(q Parameters, point []byte) []byte {
	integer := func(v *big.Int) []byte { b, _ := asn1.Marshal(v); return b }
	octets := func(v *big.Int) []byte { return tlv.Encode(0x04, new(big.Int).Abs(v).Bytes()) }
	l := (q.P.BitLen() + 7) / 8
	coordinate := func(v *big.Int) []byte {
		b := new(big.Int).Abs(v).Bytes()
		return append(make([]byte, max(0, l-len(b))), b...)
	}
	params := [][]byte{
		tlv.Encode(0x02, []byte{1}),
		tlv.Encode(0x30, encodeOID(oidPrimeField), integer(q.P)),
		tlv.Encode(0x30, octets(q.A), octets(q.B)),
		tlv.Encode(0x04, []byte{4}, coordinate(q.Gx), coordinate(q.Gy)),
		integer(q.N),
	}
	if q.H != nil {
		params = append(params, integer(q.H))
	}
	if q.A.Sign() < 0 || q.B.Sign() < 0 || q.Gx.Sign() < 0 || q.Gy.Sign() < 0 {
		return nil // a sign has no place in the encoding
	}
	return tlv.Encode(0x30, tlv.Encode(0x30, encodeOID(oidECPublicKey), tlv.Encode(0x30, params...)), tlv.Encode(0x03, []byte{0}, point))
}

func TestSPKIRoundTrip(t *testing.T) {
	eachCurve(t, func(t *testing.T, c *Curve) {
		k, err := GenerateKey(c, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, explicit := range []bool{false, true} {
			der, err := MarshalSPKI(k.PublicKey(), explicit)
			if err != nil {
				t.Fatal(err)
			}
			pub, e, err := ParseSPKI(der)
			if err != nil || e != explicit || !pub.Equal(k.PublicKey()) || pub.Curve != c {
				t.Fatalf("explicit %v: %v, %v", explicit, e, err)
			}
			for i := range der {
				if _, _, err := ParseSPKI(der[:i]); err == nil {
					t.Fatalf("%d of %d bytes are read", i, len(der))
				}
			}
			if _, _, err := ParseSPKI(append(bytes.Clone(der), 0)); err == nil {
				t.Fatal("a trailing byte is read")
			}
		}
		if std, ok := k.PublicKey().Std(); ok {
			want, err := x509.MarshalPKIXPublicKey(std)
			got, err2 := MarshalSPKI(k.PublicKey(), false)
			if err != nil || err2 != nil || !bytes.Equal(got, want) {
				t.Fatalf("the standard library writes %X, we %X", want, got)
			}
		}
	})
}

func TestSPKIVariants(t *testing.T) {
	c := BrainpoolP256r1()
	g := c.Generator()
	coefficients := tlv.Encode(0x30, tlv.Encode(0x04, c.a.Bytes()), tlv.Encode(0x04, c.b.Bytes()))
	field := tlv.Encode(0x30, encodeOID(oidPrimeField), derInteger(c.p.Bytes()))
	base := tlv.Encode(0x04, g.Bytes())
	one := tlv.Encode(0x02, []byte{1})
	order := derInteger(c.n.Bytes())
	compressed := append([]byte{2 + byte(g.Y.Bit(0))}, g.XBytes()...)
	flipped := append([]byte{3 - byte(g.Y.Bit(0))}, g.XBytes()...)
	spki := func(params, point []byte) []byte {
		return tlv.Encode(0x30, tlv.Encode(0x30, encodeOID(oidECPublicKey), params), tlv.Encode(0x03, []byte{0}, point))
	}
	explicit := func(parts ...[]byte) []byte { return spki(tlv.Encode(0x30, parts...), g.Bytes()) }
	named := encodeOID(c.oid)
	seeded := tlv.Encode(0x30, tlv.Encode(0x04, c.a.Bytes()), tlv.Encode(0x04, c.b.Bytes()), tlv.Encode(0x03, []byte{0, 1, 2}))

	for name, der := range map[string][]byte{
		"named, compressed point":          spki(named, compressed),
		"explicit without cofactor":        explicit(one, field, coefficients, base, order),
		"explicit with seed and version 2": explicit(tlv.Encode(0x02, []byte{2}), field, seeded, base, order, one),
		"explicit, base point compressed":  explicit(one, field, coefficients, tlv.Encode(0x04, compressed), order, one),
		"explicit, integers not minimal":   explicit(one, field, coefficients, base, tlv.Encode(0x02, []byte{0, 0}, c.n.Bytes()), one),
	} {
		pub, _, err := ParseSPKI(der)
		if err != nil || pub.Curve != c || !bytes.Equal(pub.Bytes()[1:33], g.XBytes()) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, tt := range map[string]struct {
		der  []byte
		want error
	}{
		"implicit parameters":            {spki([]byte{5, 0}, g.Bytes()), ErrEncoding},
		"no parameters":                  {tlv.Encode(0x30, tlv.Encode(0x30, encodeOID(oidECPublicKey)), tlv.Encode(0x03, []byte{0}, g.Bytes())), ErrEncoding},
		"RSA":                            {tlv.Encode(0x30, tlv.Encode(0x30, encodeOID(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 1}), []byte{5, 0}), tlv.Encode(0x03, []byte{0}, g.Bytes())), ErrEncoding},
		"unknown curve":                  {spki(encodeOID(asn1.ObjectIdentifier{1, 3, 132, 0, 10}), g.Bytes()), ErrUnknownCurve},
		"point of another length":        {spki(encodeOID(P384().oid), g.Bytes()), ErrEncoding},
		"point of another curve":         {spki(encodeOID(P256().oid), g.Bytes()), ErrNotOnCurve},
		"infinity":                       {spki(named, []byte{0}), ErrInfinity},
		"hybrid point":                   {spki(named, append([]byte{6 + byte(g.Y.Bit(0))}, g.Bytes()[1:]...)), ErrEncoding},
		"unused bits":                    {tlv.Encode(0x30, tlv.Encode(0x30, encodeOID(oidECPublicKey), named), tlv.Encode(0x03, []byte{4}, g.Bytes())), ErrEncoding},
		"base point with the other sign": {explicit(one, field, coefficients, tlv.Encode(0x04, flipped), order, one), ErrUnknownCurve},
		"base point at infinity":         {explicit(one, field, coefficients, tlv.Encode(0x04, []byte{0}), order, one), ErrUnknownCurve},
		"binary field":                   {explicit(one, tlv.Encode(0x30, encodeOID(asn1.ObjectIdentifier{1, 2, 840, 10045, 1, 2}), derInteger(c.p.Bytes())), coefficients, base, order, one), ErrUnknownCurve},
		"two cofactors":                  {explicit(one, field, coefficients, base, order, one, one), ErrEncoding},
		"version 4":                      {explicit(tlv.Encode(0x02, []byte{4}), field, coefficients, base, order, one), ErrEncoding},
		"negative order":                 {explicit(one, field, coefficients, base, tlv.Encode(0x02, c.n.Bytes()), one), ErrEncoding},
		"an integer of a million bits":   {explicit(one, field, coefficients, base, derInteger(bytes.Repeat([]byte{0x7F}, 125000)), one), ErrEncoding},
	} {
		if _, _, err := ParseSPKI(tt.der); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
}

func TestParsePoint(t *testing.T) {
	eachCurve(t, func(t *testing.T, c *Curve) {
		for _, k := range []byte{1, 2, 3, 4} {
			p, err := c.ScalarBaseMult([]byte{k})
			if err != nil {
				t.Fatal(err)
			}
			for _, b := range [][]byte{p.Bytes(), append([]byte{2 + byte(p.Y.Bit(0))}, p.XBytes()...)} {
				if got, err := ParsePoint(c, b); err != nil || !got.Equal(p) {
					t.Errorf("%X: %v", b, err)
				}
			}
		}
		b := c.Generator().Bytes()
		for name, v := range map[string][]byte{
			"nothing": nil, "tag 05": append([]byte{5}, b[1:]...), "cut": b[:len(b)-1], "longer": append(bytes.Clone(b), 0),
			"x = p":            append(append([]byte{4}, c.p.FillBytes(make([]byte, c.fieldLen))...), b[1+c.fieldLen:]...),
			"compressed x = p": append([]byte{2}, c.p.FillBytes(make([]byte, c.fieldLen))...),
			"y changed":        append(bytes.Clone(b[:len(b)-1]), b[len(b)-1]^1),
		} {
			if p, err := ParsePoint(c, v); err == nil {
				t.Errorf("%s: %v", name, p)
			}
		}
	})
	if _, err := ParsePoint(nil, []byte{4}); !errors.Is(err, ErrUnknownCurve) {
		t.Errorf("no curve: %v", err)
	}
}

func TestCurveFacts(t *testing.T) {
	seen := map[string]bool{}
	eachCurve(t, func(t *testing.T, c *Curve) {
		if !c.p.ProbablyPrime(20) || !c.n.ProbablyPrime(20) || !c.onCurve(c.gx, c.gy) {
			t.Error("p, n or G")
		}
		if x, _ := (reference{c}).mult(c.gx, c.gy, c.n); x != nil {
			t.Error("n·G is not infinity")
		}
		if seen[c.OID().String()] || seen[c.Name()] {
			t.Error("listed twice")
		}
		seen[c.OID().String()], seen[c.Name()] = true, true
		if got, err := ByName(c.Name()); err != nil || got != c {
			t.Errorf("by name: %v", err)
		}
		if got, err := ByOID(c.OID()); err != nil || got != c {
			t.Errorf("by OID: %v", err)
		}
		// What is handed out are copies.
		c.P().SetInt64(0)
		c.OID()[0] = 9
		if c.p.Sign() == 0 || c.oid[0] != 1 {
			t.Error("changed from outside")
		}
		if std := stdCurve(c); std != nil {
			p := std.Params()
			if p.P.Cmp(c.p) != 0 || p.N.Cmp(c.n) != 0 || p.B.Cmp(c.b) != 0 || p.Gx.Cmp(c.gx) != 0 || p.Gy.Cmp(c.gy) != 0 {
				t.Error("differs from the standard library")
			}
		}
	})
	for _, name := range []string{"", "brainpoolP160r1", "brainpoolP256t1", "secp256k1", "p-256"} {
		if c, err := ByName(name); !errors.Is(err, ErrUnknownCurve) {
			t.Errorf("%q is %v", name, c)
		}
	}
	if c, err := ByName("prime256v1"); err != nil || c != P256() {
		t.Errorf("prime256v1: %v", err)
	}
}

func FuzzParseSPKI(f *testing.F) {
	for _, c := range []*Curve{P192(), BrainpoolP224r1(), P521()} {
		for _, explicit := range []bool{false, true} {
			der, err := MarshalSPKI(c.Generator(), explicit)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(der)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		pub, explicit, err := ParseSPKI(b)
		if err != nil {
			return
		}
		der, err := MarshalSPKI(pub, explicit)
		if err != nil {
			t.Fatal(err)
		}
		again, e, err := ParseSPKI(der)
		if err != nil || e != explicit || !again.Equal(pub) {
			t.Fatalf("%X reads as another key: %v", der, err)
		}
	})
}

func FuzzParsePoint(f *testing.F) {
	for i, c := range All() {
		f.Add(i, c.Generator().Bytes())
		f.Add(i, append([]byte{2}, c.Generator().XBytes()...))
	}
	f.Fuzz(func(t *testing.T, i int, b []byte) {
		c := All()[uint(i)%uint(len(All()))]
		p, err := ParsePoint(c, b)
		if err != nil {
			return
		}
		if !c.onCurve(p.X, p.Y) {
			t.Fatal("off the curve")
		}
		if b[0] == 4 && !bytes.Equal(p.Bytes(), b) {
			t.Fatalf("%X is written %X", b, p.Bytes())
		}
	})
}

func FuzzVerify(f *testing.F) {
	digest := []byte("thirty-two bytes of some digest.")
	var keys []*PrivateKey
	for i, c := range All() {
		k, err := NewPrivateKey(c, []byte{3})
		if err != nil {
			f.Fatal(err)
		}
		sig, err := k.Sign(nil, digest, nil)
		if err != nil {
			f.Fatal(err)
		}
		keys = append(keys, k)
		f.Add(i, sig)
	}
	f.Fuzz(func(t *testing.T, i int, sig []byte) {
		k := keys[uint(i)%uint(len(keys))]
		if !VerifyASN1(k.PublicKey(), digest, sig) {
			return
		}
		raw, err := ASN1ToRaw(k.Curve(), sig)
		if err != nil {
			t.Fatal(err)
		}
		back, err := RawToASN1(raw)
		if err != nil || !bytes.Equal(back, sig) {
			t.Fatalf("a second encoding verifies: %X", sig)
		}
	})
}
