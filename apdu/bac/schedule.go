package bac

import (
	"crypto/cipher"
	"crypto/sha1"
	"crypto/subtle"
	"errors"
	"fmt"

	"github.com/chipid-toolkit/chipid/apdu/mac"
)

// Lengths in bytes (Doc 9303-11 (8th ed.), 4.3.1).
const (
	nonceLen    = 8
	materialLen = 16
	plainLen    = 2*nonceLen + materialLen
	macLen      = 8
	tokenLen    = plainLen + macLen
)

// Errors of both sides.
var (
	// ErrDenied: the chip refused the keys; most often the MRZ is wrong. It
	// comes with the chip's status.
	ErrDenied = errors.New("bac: chip denies access")
	// ErrChip: the chip's own token does not prove that it knows the keys.
	ErrChip = errors.New("bac: chip does not prove knowledge of the keys")
	// ErrFormat: an answer has the wrong length.
	ErrFormat = errors.New("bac: malformed answer")
)

// Password is the pair of Document Basic Access Keys. It prints as a secret.
type Password struct {
	enc, mac mac.Key
}

// NewPassword derives the keys from the MRZ information: document number,
// date of birth and date of expiry, each with its check digit (Doc 9303-11
// (8th ed.), 4.3.2 and 9.7.2).
func NewPassword(mrzInfo string) Password {
	h := sha1.Sum([]byte(mrzInfo))
	defer clear(h[:])
	seed := h[:materialLen]
	return Password{
		enc: mac.DeriveICAO(seed, mac.CounterENC, mac.TDES),
		mac: mac.DeriveICAO(seed, mac.CounterMAC, mac.TDES),
	}
}

// String never shows a key.
func (p Password) String() string { return "[secret]" }

// seal encrypts and authenticates one side's plain text (4.3.3).
func (p Password) seal(plain []byte) ([]byte, error) {
	b, err := mac.TDES.NewBlock(p.enc.Bytes())
	if err != nil {
		return nil, err
	}
	out := make([]byte, len(plain), len(plain)+macLen)
	cipher.NewCBCEncrypter(b, make([]byte, b.BlockSize())).CryptBlocks(out, plain)
	tag, err := mac.Retail(p.mac.Bytes(), mac.Pad80(out, b.BlockSize()))
	if err != nil {
		return nil, err
	}
	return append(out, tag...), nil
}

// errChecksum is mapped by each side to what it means there.
var errChecksum = errors.New("bac: wrong checksum")

// open checks and decrypts the other side's token.
func (p Password) open(token []byte) ([]byte, error) {
	if len(token) != tokenLen {
		return nil, fmt.Errorf("%w: token of %d bytes, want %d", ErrFormat, len(token), tokenLen)
	}
	b, err := mac.TDES.NewBlock(p.enc.Bytes())
	if err != nil {
		return nil, err
	}
	want, err := mac.Retail(p.mac.Bytes(), mac.Pad80(token[:plainLen], b.BlockSize()))
	if err != nil {
		return nil, err
	}
	if subtle.ConstantTimeCompare(want, token[plainLen:]) != 1 {
		return nil, errChecksum
	}
	plain := make([]byte, plainLen)
	cipher.NewCBCDecrypter(b, make([]byte, b.BlockSize())).CryptBlocks(plain, token[:plainLen])
	return plain, nil
}

// session derives session keys and counter (4.3.1 step 5, 9.7.4, 9.8.6.3).
func session(rndIC, rndIFD, kIC, kIFD []byte) (enc, macKey mac.Key, ssc []byte) {
	seed := make([]byte, materialLen)
	defer clear(seed)
	subtle.XORBytes(seed, kIC, kIFD)
	ssc = make([]byte, 0, nonceLen)
	ssc = append(ssc, rndIC[nonceLen/2:]...)
	ssc = append(ssc, rndIFD[nonceLen/2:]...)
	return mac.DeriveICAO(seed, mac.CounterENC, mac.TDES), mac.DeriveICAO(seed, mac.CounterMAC, mac.TDES), ssc
}
