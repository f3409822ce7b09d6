package cms

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"

	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/cardprofile"
)

// ErrSignature is wrapped by the error for a signature that is not one of the key
// over the bytes.
var ErrSignature = errors.New("the signature does not match")

// ErrContent is wrapped by the error for content whose digest is not the signed one.
var ErrContent = errors.New("the content was changed: its digest is not the signed one")

// VerifySignature checks a signature over message with the algorithm that a names,
// its parameters enforced. digest is the digest algorithm of the object around it,
// 0 where there is none, as in certificates. It returns the deviations tolerated.
//
// Keys are *rsa.PublicKey, *ecc.PublicKey or *ecdsa.PublicKey. All inputs are
// public, so nothing here runs in constant time.
func (a Algorithm) VerifySignature(pub crypto.PublicKey, digest crypto.Hash, message, signature []byte) ([]cardprofile.Deviation, error) {
	var n notes
	v, err := a.verifier(digest, n.note)
	if err != nil {
		return n.list, err
	}
	h := v.hash.New()
	h.Write(message)
	sum := h.Sum(nil)
	switch v.scheme {
	case schemeRSA, schemePSS:
		key, ok := pub.(*rsa.PublicKey)
		if !ok {
			return n.list, errors.New("cms: the signature is RSA, the key is not")
		}
		em, err := rsaRecover(key, signature)
		if err != nil {
			return n.list, err
		}
		if v.scheme == schemePSS {
			return n.list, v.checkPSS(em, key.N.BitLen()-1, sum)
		}
		return n.list, v.checkPKCS1(em, sum, n.note)
	default:
		key, err := ecc.FromPublic(pub)
		if err != nil {
			return n.list, errors.New("cms: the signature is ECDSA, the key is not")
		}
		return n.list, v.checkECDSA(key, sum, signature, n.note)
	}
}

// The form of an ECDSA signature is decided by looking, not by trying: plain is
// exactly twice the length of the order, DER is a SEQUENCE of two numbers below it.
// Where both fit, the form that the identifier names is the one that counts.
func (v verifier) checkECDSA(key *ecc.PublicKey, sum, sig []byte, note func(rule, text string)) error {
	plain := len(sig) == 2*key.Curve.ScalarLen()
	_, err := ecc.ASN1ToRaw(key.Curve, sig)
	der := err == nil
	wantPlain := v.scheme == schemeECDSAPlain
	switch {
	case wantPlain && !plain && der:
		note("cms.ecdsa.der", "the ECDSA signature is in DER where its algorithm says plain r || s")
		wantPlain = false
	case !wantPlain && !der && plain:
		note("cms.ecdsa.plain", "the ECDSA signature is plain r || s where DER is required")
		wantPlain = true
	}
	if wantPlain && ecc.VerifyRaw(key, sum, sig) || !wantPlain && ecc.VerifyASN1(key, sum, sig) {
		return nil
	}
	return ErrSignature
}

// maxRSABits bounds the work a hostile key can ask for.
const maxRSABits = 16384

// rsaRecover is RSAVP1 with I2OSP (RFC 8017, 5.2.2 and 8.2.2): the encoded message
// of a signature, as long as the modulus. Real certificates carry key sizes and
// exponents that crypto/rsa refuses, and one digest without NULL, so the block is
// opened here and compared as a whole by the caller.
func rsaRecover(key *rsa.PublicKey, sig []byte) ([]byte, error) {
	if key.N == nil || key.N.BitLen() < 512 || key.N.BitLen() > maxRSABits || key.N.Bit(0) == 0 || key.E < 3 || key.E&1 == 0 {
		return nil, fmt.Errorf("cms: RSA key of this size or exponent: %w", ErrUnsupported)
	}
	k := (key.N.BitLen() + 7) / 8
	if len(sig) != k {
		return nil, fmt.Errorf("%w: %d bytes long, the key makes %d", ErrSignature, len(sig), k)
	}
	s := new(big.Int).SetBytes(sig)
	if s.Cmp(key.N) >= 0 {
		return nil, ErrSignature
	}
	m := s.Exp(s, big.NewInt(int64(key.E)), key.N)
	return m.FillBytes(make([]byte, k)), nil
}

// checkPKCS1 compares with EMSA-PKCS1-v1_5 (RFC 8017, 9.2) as a whole. A DigestInfo
// without NULL, which RFC 8017, App. B.1 tells verifiers to accept too, is a deviation.
func (v verifier) checkPKCS1(em, sum []byte, note func(rule, text string)) error {
	id, err := MarshalDigest(v.hash)
	if err != nil {
		return err
	}
	oid := id[2:]
	for _, null := range []bool{true, false} {
		alg := id
		if null {
			alg = encode(0x30, oid, []byte{5, 0})
		}
		info := encode(0x30, alg, encode(0x04, sum))
		if len(em) < len(info)+11 {
			return ErrSignature
		}
		want := bytes.Repeat([]byte{0xff}, len(em))
		want[0], want[1] = 0, 1
		want[len(em)-len(info)-1] = 0
		copy(want[len(em)-len(info):], info)
		if subtle.ConstantTimeCompare(em, want) == 1 {
			if !null {
				note("cms.rsa.digestinfo", "the DigestInfo inside the RSA signature lacks its NULL")
			}
			return nil
		}
	}
	return ErrSignature
}

// checkPSS is EMSA-PSS-VERIFY (RFC 8017, 9.1.2) with the object's own hash, mask
// hash and salt length. em is as long as the modulus.
func (v verifier) checkPSS(em []byte, emBits int, sum []byte) error {
	if emBits%8 == 0 { // the encoded message is one byte shorter than the modulus
		if em[0] != 0 {
			return ErrSignature
		}
		em = em[1:]
	}
	hLen := v.hash.Size()
	if len(em) < hLen+v.saltLen+2 || em[len(em)-1] != 0xbc {
		return ErrSignature
	}
	db := bytes.Clone(em[:len(em)-hLen-1])
	h := em[len(db) : len(em)-1]
	unused := byte(0xff) << (8 - (8*len(em) - emBits))
	if 8*len(em) == emBits {
		unused = 0
	}
	if db[0]&unused != 0 {
		return ErrSignature
	}
	mgf1XOR(db, h, v.mgfHash)
	db[0] &^= unused
	pad := len(db) - v.saltLen - 1
	for _, c := range db[:pad] {
		if c != 0 {
			return ErrSignature
		}
	}
	if db[pad] != 1 {
		return ErrSignature
	}
	d := v.hash.New()
	d.Write(make([]byte, 8))
	d.Write(sum)
	d.Write(db[pad+1:])
	if subtle.ConstantTimeCompare(d.Sum(nil), h) != 1 {
		return ErrSignature
	}
	return nil
}

// mgf1XOR masks out with MGF1 of the seed (RFC 8017, B.2.1).
func mgf1XOR(out, seed []byte, hash crypto.Hash) {
	var counter [4]byte
	for i := uint32(0); len(out) > 0; i++ {
		binary.BigEndian.PutUint32(counter[:], i)
		h := hash.New()
		h.Write(seed)
		h.Write(counter[:])
		out = out[subtle.XORBytes(out, out, h.Sum(nil)[:min(len(out), hash.Size())]):]
	}
}
