package keyimport

import (
	"crypto/aes"
	"fmt"

	"github.com/chipid-toolkit/chipid/apdu/mac"
)

// check3 is the key check value of a key or component, of 3 bytes.
func (s *Spec) check3(key []byte) ([]byte, error) {
	if s.Use == tdesMaster {
		// GlobalPlatform Card Specification v2.3.1, B.5: one block of zeros.
		return mac.KCVTDES(key)
	}
	return kcv(s.Method, key)
}

// kcv is the key check value of an AES key: the first 3 bytes, by one of the methods that vendors use.
func kcv(method string, key []byte) ([]byte, error) {
	switch method {
	case KCVOnes:
		return mac.KCVAES(key)
	case KCVZeros:
		b, err := aes.NewCipher(key)
		if err != nil {
			return nil, err
		}
		var block [aes.BlockSize]byte
		b.Encrypt(block[:], block[:])
		return block[:mac.KCVLen], nil
	case KCVCMAC:
		t, err := mac.CMAC(key, make([]byte, aes.BlockSize))
		if err != nil {
			return nil, err
		}
		return t[:mac.KCVLen], nil
	}
	return nil, fmt.Errorf("keyimport: no method for check values is called %q", method)
}

// xor puts components together of which all are needed.
func xor(parts [][]byte) []byte {
	out := make([]byte, len(parts[0]))
	for _, p := range parts {
		for i := range out {
			out[i] ^= p[i]
		}
	}
	return out
}

// interpolate puts shares together of which any m suffice: byte by byte the value at 0 of the polynomial over GF(2^8), modulo
// x^8+x^4+x^3+x+1 (FIPS 197, 4.2), that takes the value parts[i] at at[i] (A. Shamir, How to share a secret, CACM 22(11), 1979).
// The places are public, different, and not 0.
func interpolate(at []byte, parts [][]byte) []byte {
	out := make([]byte, len(parts[0]))
	for i, p := range parts {
		// The Lagrange coefficient at 0: product of x_j / (x_j - x_i); minus is plus here.
		c := byte(1)
		for j, x := range at {
			if j != i {
				c = times(c, times(x, inverse(x^at[i])))
			}
		}
		for k := range out {
			out[k] ^= times(c, p[k])
		}
	}
	return out
}

// times multiplies in GF(2^8) without a branch or a table that depends on the values.
func times(a, b byte) byte {
	var p byte
	for range 8 {
		p ^= a & -(b & 1)
		a = a<<1 ^ 0x1B&-(a>>7)
		b >>= 1
	}
	return p
}

// inverse is a^254.
func inverse(a byte) byte {
	r := byte(1)
	for range 254 {
		r = times(r, a)
	}
	return r
}
