package mac

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/subtle"
	"fmt"
	"hash"
)

// CMAC returns the AES-CMAC of msg, 16 bytes (NIST SP 800-38B; RFC 4493). The
// key has 16, 24 or 32 bytes, else ErrKeyLength.
func CMAC(key, msg []byte) ([]byte, error) {
	b, err := newAES(key)
	if err != nil {
		return nil, err
	}
	h := NewCMAC(b)
	h.Write(msg)
	return h.Sum(nil), nil
}

// VerifyCMAC reports whether tag, of any length from 1 to 16 bytes, is the
// beginning of the AES-CMAC of msg. It compares in constant time.
func VerifyCMAC(key, msg, tag []byte) (bool, error) {
	want, err := CMAC(key, msg)
	if err != nil {
		return false, err
	}
	if len(tag) == 0 || len(tag) > len(want) {
		return false, nil
	}
	return subtle.ConstantTimeCompare(want[:len(tag)], tag) == 1, nil
}

func newAES(key []byte) (cipher.Block, error) {
	switch len(key) {
	case 16, 24, 32:
		return aes.NewCipher(key)
	}
	return nil, fmt.Errorf("%w: %d bytes for AES", ErrKeyLength, len(key))
}

// NewCMAC returns a CMAC over any block cipher with blocks of 8 or 16 bytes:
// AES, 3DES (NIST SP 800-38B, 6). Sum may be called at any time and does not
// end the message. It panics on another block size, which only a programmer
// can cause.
func NewCMAC(b cipher.Block) hash.Hash {
	n := b.BlockSize()
	var rb byte
	switch n { // SP 800-38B, 5.3
	case 16:
		rb = 0x87
	case 8:
		rb = 0x1B
	default:
		panic("mac: CMAC needs blocks of 8 or 16 bytes")
	}
	c := &cmac{b: b, k1: make([]byte, n), k2: make([]byte, n), x: make([]byte, n), buf: make([]byte, 0, n)}
	b.Encrypt(c.k1, c.k1)
	double(c.k1, c.k1, rb)
	double(c.k2, c.k1, rb)
	return c
}

// double multiplies by x in the field (SP 800-38B, 6.1) without a branch on
// the secret bit.
func double(dst, src []byte, rb byte) {
	msb := src[0] >> 7
	for i := range src {
		v := src[i] << 1
		if i+1 < len(src) {
			v |= src[i+1] >> 7
		}
		dst[i] = v
	}
	dst[len(dst)-1] ^= rb & -msb
}

type cmac struct {
	b      cipher.Block
	k1, k2 []byte
	x      []byte // chaining value
	buf    []byte // bytes not yet chained: the last block waits for Sum
}

func (c *cmac) Size() int      { return c.b.BlockSize() }
func (c *cmac) BlockSize() int { return c.b.BlockSize() }

func (c *cmac) Reset() {
	clear(c.x)
	c.buf = c.buf[:0]
}

func (c *cmac) Write(p []byte) (int, error) {
	n := c.b.BlockSize()
	total := len(p)
	for len(p) > 0 {
		if len(c.buf) == n { // more follows: this one was not the last
			subtle.XORBytes(c.x, c.x, c.buf)
			c.b.Encrypt(c.x, c.x)
			c.buf = c.buf[:0]
		}
		k := min(n-len(c.buf), len(p))
		c.buf = append(c.buf, p[:k]...)
		p = p[k:]
	}
	return total, nil
}

func (c *cmac) Sum(in []byte) []byte {
	n := c.b.BlockSize()
	last := make([]byte, n)
	copy(last, c.buf)
	if len(c.buf) == n {
		subtle.XORBytes(last, last, c.k1)
	} else {
		last[len(c.buf)] = 0x80
		subtle.XORBytes(last, last, c.k2)
	}
	subtle.XORBytes(last, last, c.x)
	c.b.Encrypt(last, last)
	return append(in, last...)
}

// Retail returns the retail MAC of 8 bytes: ISO/IEC 9797-1 MAC algorithm 3
// with DES and a two-key key of 16 bytes, initial value zero (Doc 9303-11
// (8th ed.), 9.8.6.1). The caller has padded: the message is a multiple of
// 8 bytes and not empty.
func Retail(key16, padded []byte) ([]byte, error) {
	if len(key16) != 16 {
		return nil, fmt.Errorf("%w: %d bytes for the retail MAC", ErrKeyLength, len(key16))
	}
	if len(padded) == 0 || len(padded)%des.BlockSize != 0 {
		return nil, fmt.Errorf("%w: %d bytes are not whole blocks", ErrPadding, len(padded))
	}
	a, err := des.NewCipher(key16[:8])
	if err != nil {
		return nil, err
	}
	b, err := des.NewCipher(key16[8:])
	if err != nil {
		return nil, err
	}
	x := make([]byte, des.BlockSize)
	for ; len(padded) > 0; padded = padded[des.BlockSize:] {
		subtle.XORBytes(x, x, padded[:des.BlockSize])
		a.Encrypt(x, x)
	}
	b.Decrypt(x, x)
	a.Encrypt(x, x)
	return x, nil
}
