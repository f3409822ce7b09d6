package mac

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"errors"
	"fmt"
)

// Cipher is a block cipher of chip protocols.
type Cipher int

// The ciphers of Doc 9303-11 (8th ed.), 9.2 and TR-03110-3, A.1. TDES is two-key
// triple DES.
const (
	TDES Cipher = iota + 1
	AES128
	AES192
	AES256
)

// ErrKeyLength is returned for a key whose length does not fit the cipher.
var ErrKeyLength = errors.New("mac: wrong key length")

// KeyLen returns the key length in bytes: 16, 16, 24, 32; 0 for no cipher.
func (c Cipher) KeyLen() int {
	switch c {
	case TDES, AES128:
		return 16
	case AES192:
		return 24
	case AES256:
		return 32
	}
	return 0
}

// BlockSize returns the block size in bytes: 8 for TDES, 16 for AES; 0 for no
// cipher.
func (c Cipher) BlockSize() int {
	switch c {
	case TDES:
		return des.BlockSize
	case AES128, AES192, AES256:
		return aes.BlockSize
	}
	return 0
}

// String names the cipher: "3DES", "AES-128".
func (c Cipher) String() string {
	switch c {
	case TDES:
		return "3DES"
	case AES128:
		return "AES-128"
	case AES192:
		return "AES-192"
	case AES256:
		return "AES-256"
	}
	return fmt.Sprintf("Cipher(%d)", int(c))
}

// NewBlock returns the block cipher under key, which has exactly KeyLen bytes.
func (c Cipher) NewBlock(key []byte) (cipher.Block, error) {
	if c.KeyLen() == 0 {
		return nil, fmt.Errorf("mac: %s is no cipher", c)
	}
	if len(key) != c.KeyLen() {
		return nil, fmt.Errorf("%w: %d bytes for %s", ErrKeyLength, len(key), c)
	}
	if c == TDES {
		return newTDES(key)
	}
	return aes.NewCipher(key)
}

// newTDES makes triple DES of a two-key (16 bytes) or three-key (24 bytes) key.
func newTDES(key []byte) (cipher.Block, error) {
	switch len(key) {
	case 16:
		k := make([]byte, 24)
		copy(k, key)
		copy(k[16:], key[:8])
		b, err := des.NewTripleDESCipher(k)
		clear(k)
		return b, err
	case 24:
		return des.NewTripleDESCipher(key)
	}
	return nil, fmt.Errorf("%w: %d bytes for 3DES", ErrKeyLength, len(key))
}

// ErrPadding is returned for data that do not end in ISO/IEC 7816-4 padding.
var ErrPadding = errors.New("mac: wrong padding")

// Pad80 appends 80 and as many 00 as reach a multiple of block bytes
// (ISO/IEC 9797-1, padding method 2): between 1 and block bytes. b is not
// changed.
func Pad80(b []byte, block int) []byte {
	n := len(b) + block - len(b)%block
	out := make([]byte, n)
	copy(out, b)
	out[len(b)] = 0x80
	return out
}

// Unpad80 returns b without its ISO/IEC 9797-1 method 2 padding. Use it on
// data that a MAC has already covered: its time depends on the padding.
func Unpad80(b []byte) ([]byte, error) {
	for i := len(b) - 1; i >= 0; i-- {
		switch b[i] {
		case 0x00:
		case 0x80:
			return b[:i], nil
		default:
			return nil, ErrPadding
		}
	}
	return nil, ErrPadding
}
