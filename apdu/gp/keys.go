package gp

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"fmt"
	"slices"

	"github.com/chipid-toolkit/chipid/apdu/mac"
)

// StaticKeys are the three static keys of one card (Key-ENC, Key-MAC,
// Key-DEK), wherever they are. A token derives session keys and wraps new keys
// without giving the static ones away.
type StaticKeys interface {
	// SessionKeys derives S-ENC, S-MAC and S-RMAC (Amd D, 6.2.1) for
	// scpContext = host challenge || card challenge, 16 bytes. The caller
	// owns the slices and clears them.
	SessionKeys(ctx context.Context, scpContext []byte) (enc, mac, rmac []byte, err error)
	// WrapUnderDEK encrypts the new key that keyURI names under Key-DEK as
	// PUT KEY wants it (Amd D, 7.2) and gives its key check value.
	WrapUnderDEK(ctx context.Context, keyURI string) (wrapped, kcv []byte, err error)
}

// DataEncrypter is the optional side of [StaticKeys], found by type assertion,
// that encrypts sensitive data of STORE DATA under Key-DEK: AES-CBC, initial
// value zero (Amd D, 6.2.8, 7.3). data is whole blocks of 16 bytes.
type DataEncrypter interface {
	EncryptUnderDEK(ctx context.Context, data []byte) ([]byte, error)
}

// ClearKeys are static keys in the program's memory: for test cards with
// published default keys, and for tests. It is a [StaticKeys] and a
// [DataEncrypter]. All three have the same length: 16, 24 or 32 bytes.
type ClearKeys struct {
	ENC, MAC, DEK mac.Key
	// New are the keys that WrapUnderDEK can wrap, by the name it is given.
	New map[string]mac.Key
}

// DefaultTestKeys are the published keys of blank development cards: 40 41 …
// 4F for all three. They protect nothing.
func DefaultTestKeys() *ClearKeys {
	k := make([]byte, 16)
	for i := range k {
		k[i] = 0x40 + byte(i)
	}
	return &ClearKeys{ENC: mac.NewKey(k), MAC: mac.NewKey(k), DEK: mac.NewKey(k)}
}

// SessionKeys implements [StaticKeys].
func (k *ClearKeys) SessionKeys(_ context.Context, scpContext []byte) (enc, mac, rmac []byte, err error) {
	return DeriveSessionKeys(k.ENC.Bytes(), k.MAC.Bytes(), scpContext)
}

// WrapUnderDEK implements [StaticKeys] for the keys in New.
func (k *ClearKeys) WrapUnderDEK(ctx context.Context, keyURI string) (wrapped, kcv []byte, err error) {
	n, ok := k.New[keyURI]
	if !ok {
		return nil, nil, fmt.Errorf("gp: no new key of that name")
	}
	if kcv, err = mac.KCVAES(n.Bytes()); err != nil {
		return nil, nil, err
	}
	// Amd D, 6.2.8: a 24-byte key is filled up with arbitrary bytes.
	wrapped, err = k.EncryptUnderDEK(ctx, fill(n.Bytes()))
	return wrapped, kcv, err
}

// EncryptUnderDEK implements [DataEncrypter].
func (k *ClearKeys) EncryptUnderDEK(_ context.Context, data []byte) ([]byte, error) {
	b, err := dekCipher(k.DEK, data)
	if err != nil {
		return nil, err
	}
	out := make([]byte, len(data))
	cipher.NewCBCEncrypter(b, make([]byte, aes.BlockSize)).CryptBlocks(out, data)
	return out, nil
}

func decryptUnderDEK(dek mac.Key, data []byte) ([]byte, error) {
	b, err := dekCipher(dek, data)
	if err != nil {
		return nil, err
	}
	out := make([]byte, len(data))
	cipher.NewCBCDecrypter(b, make([]byte, aes.BlockSize)).CryptBlocks(out, data)
	return out, nil
}

func dekCipher(dek mac.Key, data []byte) (cipher.Block, error) {
	if len(data) == 0 || len(data)%aes.BlockSize != 0 {
		return nil, fmt.Errorf("%w: %d bytes are not whole blocks", ErrEncoding, len(data))
	}
	switch dek.Len() {
	case 16, 24, 32:
		return aes.NewCipher(dek.Bytes())
	}
	return nil, mac.ErrKeyLength
}

// fill pads to whole blocks where needed, and only then. The bytes are
// arbitrary to Amd D (6.2.8, 7.3); 80 00 … can also be told from data.
func fill(b []byte) []byte {
	if len(b)%aes.BlockSize == 0 {
		return slices.Clone(b)
	}
	return mac.Pad80(b, aes.BlockSize)
}
