package ecc

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"fmt"
	"hash"
	"io"
	"math/big"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
)

// Sign signs a digest and returns the signature in DER, SEQUENCE{r, s}. It
// implements crypto.Signer. rnd hedges the secret number, which depends on key
// and digest too; nil means crypto/rand.Reader.
func (k *PrivateKey) Sign(rnd io.Reader, digest []byte, _ crypto.SignerOpts) ([]byte, error) {
	if rnd == nil {
		rnd = rand.Reader
	}
	if std := stdCurve(k.c); std != nil {
		priv, err := ecdsa.ParseRawPrivateKey(std, k.d.Bytes())
		if err != nil {
			return nil, ErrScalar
		}
		return ecdsa.SignASN1(rnd, priv, digest)
	}
	rs, err := k.sign(rnd, digest)
	if err != nil {
		return nil, err
	}
	return RawToASN1(rs)
}

// SignRaw signs a digest and returns the plain signature r || s, twice
// ScalarLen bytes (TR-03111 v2.1, 5.2.1); rnd as in Sign.
func (k *PrivateKey) SignRaw(rnd io.Reader, digest []byte) ([]byte, error) {
	if stdCurve(k.c) != nil {
		sig, err := k.Sign(rnd, digest, nil)
		if err != nil {
			return nil, err
		}
		return ASN1ToRaw(k.c, sig)
	}
	if rnd == nil {
		rnd = rand.Reader
	}
	return k.sign(rnd, digest)
}

func (k *PrivateKey) sign(rnd io.Reader, digest []byte) ([]byte, error) {
	extra := make([]byte, 32)
	defer clear(extra)
	if _, err := io.ReadFull(rnd, extra); err != nil {
		return nil, fmt.Errorf("ecc: random numbers: %w", err)
	}
	return k.signWith(nonceHash(k.c), extra, digest)
}

func (k *PrivateKey) signWith(h func() hash.Hash, extra, digest []byte) ([]byte, error) {
	c := k.c
	c.arithmetic()
	e := c.bits2int(digest).FillBytes(make([]byte, c.scalarLen))
	n := newNonces(c, h, k.d.Bytes(), e, extra)
	for range 16 { // r or s zero: never seen, and not twice
		t := n.next()
		r, s, ok := c.weierstrass.Sign(k.d.Bytes(), t, e)
		clear(t)
		if ok {
			return append(r, s...), nil
		}
		n.reject()
	}
	return nil, fmt.Errorf("ecc: no signature: %w", ErrScalar)
}

// nonceHash is a hash at least as strong as the curve.
func nonceHash(c *Curve) func() hash.Hash {
	switch {
	case c.n.BitLen() <= 256:
		return sha256.New
	case c.n.BitLen() <= 384:
		return sha512.New384
	}
	return sha512.New
}

// bits2int is the leftmost bits of a digest as a number modulo n
// (FIPS 186-5, 6.4.1; TR-03111 v2.1, 4.2.1.1).
func (c *Curve) bits2int(digest []byte) *big.Int {
	if len(digest) > c.scalarLen {
		digest = digest[:c.scalarLen]
	}
	e := new(big.Int).SetBytes(digest)
	if over := len(digest)*8 - c.n.BitLen(); over > 0 {
		e.Rsh(e, uint(over))
	}
	if e.Cmp(c.n) >= 0 {
		e.Sub(e, c.n)
	}
	return e
}

// VerifyASN1 reports whether sig, SEQUENCE{r, s} in DER, is a signature of the
// digest. Any other encoding is false.
func VerifyASN1(pub *PublicKey, digest, sig []byte) bool {
	if pub.valid() != nil {
		return false
	}
	r, s, ok := parseSignature(sig)
	return ok && pub.verify(digest, r, s)
}

// VerifyRaw reports whether rs, r || s of twice ScalarLen bytes, is a
// signature of the digest.
func VerifyRaw(pub *PublicKey, digest, rs []byte) bool {
	if pub.valid() != nil || len(rs) != 2*pub.Curve.scalarLen {
		return false
	}
	l := pub.Curve.scalarLen
	return pub.verify(digest, new(big.Int).SetBytes(rs[:l]), new(big.Int).SetBytes(rs[l:]))
}

func (p *PublicKey) verify(digest []byte, r, s *big.Int) bool {
	c := p.Curve
	n := c.n
	if r.Sign() <= 0 || s.Sign() <= 0 || r.Cmp(n) >= 0 || s.Cmp(n) >= 0 {
		return false
	}
	if std, ok := p.Std(); ok {
		return ecdsa.VerifyASN1(std, digest, encodeSignature(r.Bytes(), s.Bytes()))
	}
	c.arithmetic()
	w := new(big.Int).ModInverse(s, n)
	u1 := new(big.Int).Mul(c.bits2int(digest), w)
	u2 := w.Mul(w, r)
	scalar := func(v *big.Int) []byte { return v.Mod(v, n).FillBytes(make([]byte, c.scalarLen)) }
	return c.weierstrass.VerifyX(p.field(p.X), p.field(p.Y), scalar(u1), scalar(u2), r.FillBytes(make([]byte, c.scalarLen)))
}

// RawToASN1 turns a plain signature r || s into DER. ErrEncoding for an odd or
// zero length.
func RawToASN1(rs []byte) ([]byte, error) {
	if len(rs) == 0 || len(rs)%2 != 0 {
		return nil, fmt.Errorf("%w: a plain signature of %d bytes", ErrEncoding, len(rs))
	}
	return encodeSignature(rs[:len(rs)/2], rs[len(rs)/2:]), nil
}

func encodeSignature(r, s []byte) []byte { return tlv.Encode(0x30, derInteger(r), derInteger(s)) }

// ASN1ToRaw turns a DER signature into r || s, each of ScalarLen bytes of the
// curve. ErrEncoding, for numbers outside [1, n-1] too.
func ASN1ToRaw(c *Curve, sig []byte) ([]byte, error) {
	r, s, ok := parseSignature(sig)
	if c == nil || !ok || r.Sign() == 0 || s.Sign() == 0 || r.Cmp(c.n) >= 0 || s.Cmp(c.n) >= 0 {
		return nil, fmt.Errorf("%w: not an ECDSA signature", ErrEncoding)
	}
	out := make([]byte, 2*c.scalarLen)
	r.FillBytes(out[:c.scalarLen])
	s.FillBytes(out[c.scalarLen:])
	return out, nil
}

// derInteger encodes an unsigned big-endian number as INTEGER. b is not empty.
func derInteger(b []byte) []byte {
	for len(b) > 1 && b[0] == 0 {
		b = b[1:]
	}
	if b[0]&0x80 != 0 {
		return tlv.Encode(0x02, []byte{0}, b)
	}
	return tlv.Encode(0x02, b)
}

// parseSignature reads SEQUENCE{INTEGER r, INTEGER s} strictly: shortest
// lengths, minimal positive integers, nothing after. A signature that had
// several encodings would let a changed byte pass.
func parseSignature(sig []byte) (r, s *big.Int, ok bool) {
	seq, rest, err := tlv.Parse(sig)
	if err != nil || len(rest) != 0 || seq.Tag != 0x30 || !seq.Minimal() {
		return nil, nil, false
	}
	parts, err := seq.Children()
	if err != nil || len(parts) != 2 {
		return nil, nil, false
	}
	var v [2]*big.Int
	for i, n := range parts {
		if v[i], ok = parsePositive(n, true); !ok {
			return nil, nil, false
		}
	}
	return v[0], v[1], true
}

// maxInteger is the longest INTEGER worth reading: 521 bits and a sign.
const maxInteger = 80

// parsePositive reads an INTEGER that is not negative; strict wants DER.
func parsePositive(n tlv.Node, strict bool) (*big.Int, bool) {
	b := n.Value
	if n.Tag != 0x02 || len(b) == 0 || len(b) > maxInteger || b[0]&0x80 != 0 {
		return nil, false
	}
	if strict && (!n.Minimal() || len(b) > 1 && b[0] == 0 && b[1]&0x80 == 0) {
		return nil, false
	}
	return new(big.Int).SetBytes(b), true
}
