package mac

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"math/bits"
)

// Counters of DeriveICAO (Doc 9303-11 (8th ed.), 9.7.1).
const (
	CounterENC uint32 = 1
	CounterMAC uint32 = 2
	CounterPi  uint32 = 3 // key from a PACE password
)

// DeriveICAO derives a key from a shared secret (Doc 9303-11 (8th ed.), 9.7.1):
// SHA-1 of secret and counter for TDES and AES-128, SHA-256 for AES-192 and
// AES-256. A TDES key is 16 bytes (two-key) with its parity bits set. An
// unknown cipher gives an empty key, which no cipher takes.
func DeriveICAO(secret []byte, counter uint32, c Cipher) Key {
	in := make([]byte, len(secret)+4)
	copy(in, secret)
	binary.BigEndian.PutUint32(in[len(secret):], counter)
	defer clear(in)
	switch c {
	case TDES, AES128:
		h := sha1.Sum(in)
		defer clear(h[:])
		if c == TDES {
			SetParity(h[:16])
		}
		return NewKey(h[:16])
	case AES192, AES256:
		h := sha256.Sum256(in)
		defer clear(h[:])
		return NewKey(h[:c.KeyLen()])
	}
	return Key{}
}

// SetParity makes the number of one bits of every byte odd, in place, as DES
// keys have it. DES itself ignores the bit.
func SetParity(key []byte) {
	for i, b := range key {
		b &^= 1
		key[i] = b | byte(bits.OnesCount8(b)&1^1)
	}
}

// ErrKDFLength is returned for a derivation of no bits, of bits that do not
// fill bytes, or of more than the counter or the length field can count.
var ErrKDFLength = errors.New("mac: wrong length of derived key")

// CounterKDF derives bits/8 bytes as GlobalPlatform SCP03 does (Amendment D
// v1.1.1, 4.1.5): NIST SP 800-108 counter mode with AES-CMAC, where block i is
// CMAC(key, 11 x 00 || label || 00 || bits(2) || i(1) || context).
func CounterKDF(key []byte, label byte, context []byte, bits int) ([]byte, error) {
	if bits > 0xFFFF {
		return nil, ErrKDFLength
	}
	before := make([]byte, 15)
	before[11] = label
	before[13], before[14] = byte(bits>>8), byte(bits)
	return CounterKDFFixed(key, before, context, bits)
}

// CounterKDFFixed is NIST SP 800-108 (5.1), counter mode with AES-CMAC, with
// a counter of one byte between two parts of fixed input:
// block i is CMAC(key, before || i(1) || after), i from 1. Either part may be
// empty. GlobalPlatform's KDF3 diversification is this with an empty before.
func CounterKDFFixed(key, before, after []byte, bits int) ([]byte, error) {
	if bits <= 0 || bits%8 != 0 || bits > 255*128 {
		return nil, ErrKDFLength
	}
	b, err := newAES(key)
	if err != nil {
		return nil, err
	}
	h := NewCMAC(b)
	n := bits / 8
	out := make([]byte, 0, n+h.Size())
	for i := 1; len(out) < n; i++ {
		h.Reset()
		h.Write(before)
		h.Write([]byte{byte(i)})
		h.Write(after)
		out = h.Sum(out)
	}
	clear(out[n:cap(out)])
	return out[:n:n], nil
}

// KCVLen is the length in bytes of a key check value.
const KCVLen = 3

// KCVAES returns the key check value of an AES key: the first three bytes of
// sixteen 01 encrypted (GlobalPlatform Amendment D v1.1.1, 7.2.2).
func KCVAES(key []byte) ([]byte, error) {
	b, err := newAES(key)
	if err != nil {
		return nil, err
	}
	var x [16]byte
	for i := range x {
		x[i] = 1
	}
	b.Encrypt(x[:], x[:])
	return append([]byte(nil), x[:KCVLen]...), nil
}

// KCVTDES returns the key check value of a triple DES key of 16 or 24 bytes:
// the first three bytes of eight 00 encrypted (GlobalPlatform Card
// Specification v2.3.1, B.5).
func KCVTDES(key []byte) ([]byte, error) {
	b, err := newTDES(key)
	if err != nil {
		return nil, err
	}
	var x [8]byte
	b.Encrypt(x[:], x[:])
	return append([]byte(nil), x[:KCVLen]...), nil
}
