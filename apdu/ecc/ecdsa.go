package ecc

import (
	"crypto"
	"crypto/rand"
	"fmt"
	"io"
	"math/big"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
)

// Sign signs a digest and returns the signature in DER, SEQUENCE{r, s}. It
// implements crypto.Signer; rnd nil means crypto/rand.Reader.
func (k *PrivateKey) Sign(rnd io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	rs, err := k.SignRaw(rnd, digest)
	if err != nil {
		return nil, err
	}
	return RawToASN1(rs)
}

// SignRaw signs a digest and returns the plain signature r || s, twice
// ScalarLen bytes (TR-03111 v2.1, 5.2.1).
func (k *PrivateKey) SignRaw(rnd io.Reader, digest []byte) ([]byte, error) {
	if rnd == nil {
		rnd = rand.Reader
	}
	c := k.c
	for range 64 {
		t, err := GenerateKey(c, rnd)
		if err != nil {
			return nil, err
		}
		r := new(big.Int).Mod(t.pub.X, c.n)
		s := new(big.Int).Mul(r, new(big.Int).SetBytes(k.d.Bytes()))
		s.Add(s, c.bits2int(digest))
		s.Mul(s, new(big.Int).ModInverse(new(big.Int).SetBytes(t.d.Bytes()), c.n)).Mod(s, c.n)
		if r.Sign() == 0 || s.Sign() == 0 {
			continue
		}
		out := make([]byte, 2*c.scalarLen)
		r.FillBytes(out[:c.scalarLen])
		s.FillBytes(out[c.scalarLen:])
		return out, nil
	}
	return nil, fmt.Errorf("ecc: no signature: %w", ErrScalar)
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
	if r.Sign() <= 0 || s.Sign() <= 0 || r.Cmp(c.n) >= 0 || s.Cmp(c.n) >= 0 {
		return false
	}
	return c.arithmetic().verify(p.X, p.Y, c.bits2int(digest), r, s)
}

// RawToASN1 turns a plain signature r || s into DER. ErrEncoding for an odd or
// zero length.
func RawToASN1(rs []byte) ([]byte, error) {
	if len(rs) == 0 || len(rs)%2 != 0 {
		return nil, fmt.Errorf("%w: a plain signature of %d bytes", ErrEncoding, len(rs))
	}
	l := len(rs) / 2
	return tlv.Encode(0x30, derInteger(rs[:l]), derInteger(rs[l:])), nil
}

// ASN1ToRaw turns a DER signature into r || s, each of ScalarLen bytes of the
// curve. ErrEncoding.
func ASN1ToRaw(c *Curve, sig []byte) ([]byte, error) {
	r, s, ok := parseSignature(sig)
	if c == nil || !ok || r.Cmp(c.n) >= 0 || s.Cmp(c.n) >= 0 {
		return nil, fmt.Errorf("%w: not an ECDSA signature", ErrEncoding)
	}
	out := make([]byte, 2*c.scalarLen)
	r.FillBytes(out[:c.scalarLen])
	s.FillBytes(out[c.scalarLen:])
	return out, nil
}

// derInteger encodes an unsigned big-endian number as INTEGER.
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
