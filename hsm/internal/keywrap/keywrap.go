package keywrap

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
	"encoding/binary"
	"errors"
)

// Err is the one error: the bytes are no key wrapped under this one.
var Err = errors.New("keywrap: not wrapped under this key, or changed since")

// maxKey bounds what is wrapped, in bytes.
const maxKey = 512

// defaultIV is the initial value of RFC 3394, 2.2.3.1.
const defaultIV uint64 = 0xA6A6A6A6A6A6A6A6

// padIV is the first half of the alternative initial value of RFC 5649, 3; the length follows.
const padIV uint32 = 0xA65959A6

// Wrap wraps a key of whole 8-byte halves, 16 bytes at least (RFC 3394, 2.2.1).
func Wrap(kek, key []byte) ([]byte, error) {
	b, err := aes.NewCipher(kek)
	if err != nil {
		return nil, err
	}
	if len(key) < 16 || len(key)%8 != 0 || len(key) > maxKey {
		return nil, errors.New("keywrap: the key is not 16, 24, 32 … bytes long")
	}
	return wrap(b, defaultIV, key), nil
}

// Unwrap undoes [Wrap].
func Unwrap(kek, wrapped []byte) ([]byte, error) {
	b, err := aes.NewCipher(kek)
	if err != nil {
		return nil, err
	}
	if len(wrapped) < 24 || len(wrapped)%8 != 0 || len(wrapped) > maxKey+8 {
		return nil, Err
	}
	iv, key := unwrap(b, wrapped)
	if !sameUint64(iv, defaultIV) {
		clear(key)
		return nil, Err
	}
	return key, nil
}

// WrapPadded wraps a key of any length from 1 byte on (RFC 5649, 4.1).
func WrapPadded(kek, key []byte) ([]byte, error) {
	b, err := aes.NewCipher(kek)
	if err != nil {
		return nil, err
	}
	if len(key) == 0 || len(key) > maxKey {
		return nil, errors.New("keywrap: the key is empty or too long")
	}
	iv := uint64(padIV)<<32 | uint64(len(key))
	padded := make([]byte, (len(key)+7)/8*8)
	defer clear(padded)
	copy(padded, key)
	if len(padded) == 8 {
		out := append(binary.BigEndian.AppendUint64(nil, iv), padded...)
		b.Encrypt(out, out)
		return out, nil
	}
	return wrap(b, iv, padded), nil
}

// UnwrapPadded undoes [WrapPadded].
func UnwrapPadded(kek, wrapped []byte) ([]byte, error) {
	b, err := aes.NewCipher(kek)
	if err != nil {
		return nil, err
	}
	if len(wrapped) < 16 || len(wrapped)%8 != 0 || len(wrapped) > maxKey+8 {
		return nil, Err
	}
	var iv uint64
	var key []byte
	if len(wrapped) == 16 {
		out := make([]byte, 16)
		b.Decrypt(out, wrapped)
		iv, key = binary.BigEndian.Uint64(out), out[8:]
	} else {
		iv, key = unwrap(b, wrapped)
	}
	n := int(uint32(iv))
	if uint32(iv>>32) != padIV || n > len(key) || n <= len(key)-8 {
		clear(key)
		return nil, Err
	}
	var rest byte
	for _, p := range key[n:] {
		rest |= p
	}
	if rest != 0 {
		clear(key)
		return nil, Err
	}
	return key[:n], nil
}

// wrap is the index-based form of RFC 3394, 2.2.1.
func wrap(b cipher.Block, iv uint64, key []byte) []byte {
	n := len(key) / 8
	out := make([]byte, 8+len(key))
	copy(out[8:], key)
	var block [aes.BlockSize]byte
	defer clear(block[:])
	a := iv
	for j := range 6 {
		for i := 1; i <= n; i++ {
			binary.BigEndian.PutUint64(block[:], a)
			copy(block[8:], out[8*i:])
			b.Encrypt(block[:], block[:])
			a = binary.BigEndian.Uint64(block[:]) ^ uint64(n*j+i)
			copy(out[8*i:8*i+8], block[8:])
		}
	}
	binary.BigEndian.PutUint64(out, a)
	return out
}

// unwrap is the index-based form of RFC 3394, 2.2.2. The caller judges the initial value.
func unwrap(b cipher.Block, wrapped []byte) (iv uint64, key []byte) {
	n := len(wrapped)/8 - 1
	out := append([]byte(nil), wrapped[8:]...)
	var block [aes.BlockSize]byte
	defer clear(block[:])
	a := binary.BigEndian.Uint64(wrapped)
	for j := 5; j >= 0; j-- {
		for i := n; i >= 1; i-- {
			binary.BigEndian.PutUint64(block[:], a^uint64(n*j+i))
			copy(block[8:], out[8*(i-1):])
			b.Decrypt(block[:], block[:])
			a = binary.BigEndian.Uint64(block[:])
			copy(out[8*(i-1):8*i], block[8:])
		}
	}
	return a, out
}

func sameUint64(a, b uint64) bool {
	return subtle.ConstantTimeCompare(binary.BigEndian.AppendUint64(nil, a), binary.BigEndian.AppendUint64(nil, b)) == 1
}
