package ecc

import (
	"bytes"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"testing"

	"github.com/chipid-toolkit/chipid/testcards/vectors"
)

// The vectors were carried over by hand, so these tests ask them, not ecc:
// every valid one is so to OpenSSL too, and every invalid one is invalid for
// the reason written beside it. What reads them here is encoding/asn1 and
// plain arithmetic.

// derSignature reads SEQUENCE{INTEGER, INTEGER} in DER, negative numbers too.
func derSignature(sig []byte) (r, s *big.Int, ok bool) {
	var v struct{ R, S *big.Int }
	if rest, err := asn1.Unmarshal(sig, &v); err != nil || len(rest) != 0 {
		return nil, nil, false
	}
	again, err := asn1.Marshal(v)
	return v.R, v.S, err == nil && bytes.Equal(again, sig)
}

// berElement reads one element with any length form that BER has.
func berElement(b []byte) (tag byte, value, rest []byte, ok bool) {
	if len(b) < 2 {
		return 0, nil, nil, false
	}
	tag, l, b := b[0], int(b[1]), b[2:]
	if l == 0x80 {
		end := len(b) - 2
		return tag, b[:max(end, 0)], nil, end >= 0 && b[end] == 0 && b[end+1] == 0
	}
	if l > 0x80 {
		n := l - 0x80
		if n > 4 || n > len(b) {
			return 0, nil, nil, false
		}
		l = int(new(big.Int).SetBytes(b[:n]).Int64())
		b = b[n:]
	}
	if l > len(b) {
		return 0, nil, nil, false
	}
	return tag, b[:l], b[l:], true
}

func berSignature(sig []byte) (r, s *big.Int, ok bool) {
	tag, seq, rest, ok := berElement(sig)
	if !ok || tag != 0x30 || len(rest) != 0 {
		return nil, nil, false
	}
	tagR, br, rest, okR := berElement(seq)
	tagS, bs, rest, okS := berElement(rest)
	return new(big.Int).SetBytes(br), new(big.Int).SetBytes(bs), okR && okS && tagR == 2 && tagS == 2 && len(rest) == 0
}

func halves(c *Curve, form string, sig []byte) (r, s *big.Int, ok bool) {
	if form == "der" {
		return derSignature(sig)
	}
	l := c.scalarLen
	if len(sig) != 2*l {
		return nil, nil, false
	}
	return new(big.Int).SetBytes(sig[:l]), new(big.Int).SetBytes(sig[l:]), true
}

// baseNumbers returns the numbers of the valid signatures of a group, which the
// invalid ones were made from.
func baseNumbers(c *Curve, form string, g vectors.SignatureGroup) (numbers []*big.Int) {
	for _, s := range g.Tests {
		if r, v, ok := halves(c, form, s.Sig); ok && s.Result == "valid" {
			numbers = append(numbers, r, v)
		}
	}
	return numbers
}

// explained reports whether a number is one that the published mutations make:
// a special value, a power of two, or a number of the base signature, negated
// or not, moved by a multiple of the order or by bits above it.
func explained(c *Curve, v *big.Int, base []*big.Int) bool {
	for _, w := range []*big.Int{c.n, c.p, new(big.Int)} {
		if d := new(big.Int).Sub(v, w); d.IsInt64() && d.Int64() >= -1 && d.Int64() <= 1 {
			return true
		}
	}
	if v.Sign() > 0 && int(v.TrailingZeroBits()) == v.BitLen()-1 {
		return true
	}
	mod := func(v, m *big.Int) *big.Int { return new(big.Int).Mod(v, m) }
	for _, b := range base {
		for _, w := range []*big.Int{b, new(big.Int).Neg(b)} {
			if mod(v, c.n).Cmp(mod(w, c.n)) == 0 {
				return true
			}
		}
		for _, bits := range []int{c.n.BitLen(), 8 * c.scalarLen} {
			if m := new(big.Int).Lsh(big.NewInt(1), uint(bits)); mod(v, m).Cmp(b) == 0 {
				return true
			}
		}
	}
	return false
}

func TestWycheproofSignaturesAreWhatTheySay(t *testing.T) {
	o := needOpenSSL(t)
	eachSignature(t, func(t *testing.T, form string, key *PublicKey, digest []byte, g vectors.SignatureGroup, s vectors.SignatureTest) {
		c := key.Curve
		inRange := func(v *big.Int) bool { return v.Sign() > 0 && v.Cmp(c.n) < 0 }
		r, v, wellFormed := halves(c, form, s.Sig)
		sig := []byte(s.Sig)
		if s.Result == "valid" {
			s.Why = "valid"
		}
		switch s.Why {
		case "valid", "value":
			if !wellFormed || !inRange(r) || !inRange(v) {
				t.Fatal("not a well-formed signature in range")
			}
			if s.Flag == "InvalidSignature" || s.Flag == "ModifiedInteger" {
				for _, w := range []*big.Int{r, v} {
					if !explained(c, w, baseNumbers(c, form, g)) {
						t.Errorf("%x comes from nowhere", w)
					}
				}
			}
			if form == "p1363" {
				sig = encodeSignature(sig[:c.scalarLen], sig[c.scalarLen:])
			}
			if got := o.verifies(t, key, digest, sig); got != (s.Result == "valid") {
				t.Errorf("openssl verifies it: %v", got)
			}
		case "range":
			if !wellFormed || inRange(r) && inRange(v) {
				t.Error("nothing is out of range")
			}
			for _, w := range []*big.Int{r, v} {
				if base := baseNumbers(c, form, g); !explained(c, w, base) && !(inRange(w) && len(base) == 0) {
					t.Errorf("%x comes from nowhere", w)
				}
			}
		case "length":
			if form != "p1363" || len(sig) == 2*c.scalarLen {
				t.Errorf("%d bytes", len(sig))
			}
			half := len(sig) / 2
			for _, b := range [][]byte{sig[:half], sig[half:]} {
				if !explained(c, new(big.Int).SetBytes(b), baseNumbers(c, form, g)) {
					t.Errorf("%x comes from nowhere", b)
				}
			}
		case "ber":
			r, v, ok := berSignature(sig)
			if form != "der" || wellFormed || !ok {
				t.Fatal("not readable as BER, or DER")
			}
			if !o.verifies(t, key, digest, encodeSignature(r.Bytes(), v.Bytes())) {
				t.Error("openssl does not verify what it says")
			}
			if o.verifies(t, key, digest, sig) {
				t.Error("openssl takes it")
			}
		case "encoding":
			_, _, ok := berSignature(sig)
			if form != "der" || wellFormed || ok {
				t.Error("the encoding is right")
			}
			kept := len(sig) <= 8
			for _, w := range baseNumbers(c, form, g) {
				kept = kept || bytes.Contains(sig, w.Bytes())
			}
			if !kept {
				t.Error("nothing of the base signature is in it")
			}
		default:
			t.Fatalf("reason %q", s.Why)
		}
	})
}

func (o openssl) verifies(t *testing.T, key *PublicKey, digest, sig []byte) bool {
	t.Helper()
	spki, err := MarshalSPKI(key, false)
	if err != nil {
		t.Fatal(err)
	}
	o.write("pub.pem", pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: spki}))
	o.write("digest", digest)
	o.write("sig", sig)
	_, ok := o.run("pkeyutl", "-verify", "-pubin", "-inkey", "pub.pem", "-in", "digest", "-sigfile", "sig")
	return ok
}

type publicKeyInfo struct {
	Algorithm struct {
		OID        asn1.ObjectIdentifier
		Parameters asn1.RawValue
	}
	Key asn1.BitString
}

// derPublicKey reads a SubjectPublicKeyInfo of an elliptic curve key in DER.
func derPublicKey(der []byte) (k publicKeyInfo, ok bool) {
	if rest, err := asn1.Unmarshal(der, &k); err != nil || len(rest) != 0 {
		return k, false
	}
	again, err := asn1.Marshal(k)
	return k, err == nil && bytes.Equal(again, der)
}

func (k publicKeyInfo) named(c *Curve) bool {
	return k.Algorithm.OID.Equal(oidECPublicKey) && bytes.Equal(k.Algorithm.Parameters.FullBytes, encodeOID(c.oid))
}

// namedPoint returns the point of a key that names the curve, in DER.
func namedPoint(c *Curve, der []byte) (point []byte, ok bool) {
	k, ok := derPublicKey(der)
	return k.Key.Bytes, ok && k.named(c) && k.Key.BitLength%8 == 0
}

// coordinates returns those of an uncompressed point that names the curve.
func coordinates(c *Curve, der []byte) (x, y *big.Int, ok bool) {
	b, ok := namedPoint(c, der)
	l := c.fieldLen
	if !ok || len(b) != 1+2*l || b[0] != 4 {
		return nil, nil, false
	}
	return new(big.Int).SetBytes(b[1 : 1+l]), new(big.Int).SetBytes(b[1+l:]), true
}

// square is x³ + ax + b.
func square(c *Curve, x *big.Int) *big.Int {
	v := new(big.Int).Exp(x, big.NewInt(3), c.p)
	v.Add(v, new(big.Int).Mul(c.a, x)).Add(v, c.b)
	return v.Mod(v, c.p)
}

func TestWycheproofAgreementsAreWhatTheySay(t *testing.T) {
	o := needOpenSSL(t)
	eachAgreement(t, func(t *testing.T, key *PrivateKey, a vectors.AgreementTest) {
		c := key.Curve()
		info, der := derPublicKey(a.Public)
		params := info.Algorithm.Parameters
		why := a.Why
		if a.Accepted() && why == "" {
			why = "valid"
		}
		switch why {
		case "valid":
			if !der {
				t.Error("not DER")
			}
			if got, ok := o.derives(t, key, a.Public); !ok || !bytes.Equal(got, a.Shared) {
				t.Errorf("openssl derives %x, %v", got, ok)
			}
		case "off-curve":
			x, y, ok := coordinates(c, a.Public)
			if !ok {
				t.Fatal("not a named key in DER")
			}
			yy := new(big.Int).Exp(y, big.NewInt(2), c.p)
			if x.Cmp(c.p) < 0 && y.Cmp(c.p) < 0 && yy.Cmp(square(c, x)) == 0 {
				t.Error("the point is on the curve")
			}
		case "no-root":
			b, ok := namedPoint(c, a.Public)
			if !ok || len(b) != 1+c.fieldLen || b[0]&^1 != 2 {
				t.Fatal("not a compressed point")
			}
			if x := new(big.Int).SetBytes(b[1:]); x.Cmp(c.p) < 0 && big.Jacobi(square(c, x), c.p) != -1 {
				t.Error("the point exists")
			}
		case "wrong-curve":
			if !der || params.Tag != asn1.TagOID || info.named(c) {
				t.Error("no other curve is named")
			}
		case "algorithm":
			if !der || info.Algorithm.OID.Equal(oidECPublicKey) {
				t.Error("the right algorithm")
			}
		case "explicit":
			if !der || params.Tag != asn1.TagSequence {
				t.Fatal("not explicit")
			}
			if q := readExplicit(t, params.FullBytes); q.are(c) {
				t.Error("the right parameters")
			} else if !q.on(info.Key.Bytes) {
				t.Error("the point is not on the curve that is spelled out")
			}
		case "infinity":
			if b, ok := namedPoint(c, a.Public); !ok || !bytes.Equal(b, []byte{0}) {
				t.Error("not infinity")
			}
		case "ber":
			if der {
				t.Error("it is DER")
			}
			if got, ok := o.derives(t, key, a.Public); ok && !bytes.Equal(got, a.Shared) {
				t.Errorf("openssl derives %x", got)
			}
		case "encoding":
			b, ok := namedPoint(c, a.Public)
			uncompressed := len(b) == 1+2*c.fieldLen && b[0] == 4
			compressed := len(b) == 1+c.fieldLen && b[0]&^1 == 2
			if ok && (uncompressed || compressed) {
				t.Error("the encoding is right")
			}
		default:
			t.Fatalf("reason %q", why)
		}
	})
}

// spelled are explicit domain parameters as encoding/asn1 reads them.
type spelled struct {
	Version int
	Field   struct {
		OID asn1.ObjectIdentifier
		P   *big.Int
	}
	Curve struct {
		A, B []byte
		Seed asn1.BitString `asn1:"optional"`
	}
	G []byte
	N *big.Int
	H *big.Int `asn1:"optional"`
}

func readExplicit(t *testing.T, der []byte) (q spelled) {
	t.Helper()
	if rest, err := asn1.Unmarshal(der, &q); err != nil || len(rest) != 0 {
		t.Fatalf("explicit parameters: %v, %d bytes more", err, len(rest))
	}
	return q
}

// are reports whether they are those of c.
func (q spelled) are(c *Curve) bool {
	same := func(b []byte, v *big.Int) bool { return new(big.Int).SetBytes(b).Cmp(v) == 0 }
	return q.Field.OID.Equal(oidPrimeField) && q.Field.P.Cmp(c.p) == 0 && same(q.Curve.A, c.a) && same(q.Curve.B, c.b) &&
		bytes.Equal(q.G, c.Generator().Bytes()) && q.N.Cmp(c.n) == 0 && (q.H == nil || q.H.Cmp(big.NewInt(1)) == 0)
}

// on reports whether an uncompressed point fulfils their equation.
func (q spelled) on(point []byte) bool {
	l := len(point) / 2
	if len(point) != 1+2*l || point[0] != 4 {
		return false
	}
	number := func(b []byte) *big.Int { return new(big.Int).SetBytes(b) }
	x, y := number(point[1:1+l]), number(point[1+l:])
	v := new(big.Int).Mul(x, x)
	v.Add(v, number(q.Curve.A)).Mul(v, x).Add(v, number(q.Curve.B)).Sub(v, y.Mul(y, y))
	return v.Mod(v, q.Field.P).Sign() == 0
}

func (o openssl) derives(t *testing.T, k *PrivateKey, spki []byte) ([]byte, bool) {
	t.Helper()
	o.write("key.pem", sec1(k))
	o.write("peer.pem", pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: spki}))
	if _, ok := o.run("pkeyutl", "-derive", "-inkey", "key.pem", "-peerkey", "peer.pem", "-out", "secret"); !ok {
		return nil, false
	}
	return o.read("secret"), true
}
