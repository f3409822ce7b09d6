package wrapped

import (
	"crypto/rand"

	"github.com/chipid-toolkit/chipid/hsm"
)

// Sizes in bytes. The nonce and the tag are those that NIST SP 800-38D, 8.2 and 5.2.1.2
// recommend.
const (
	KeySize   = 32
	NonceSize = 12
	TagSize   = 16
	version   = 1
)

// Nonce is a fresh random nonce. A token wraps one key for each batch: far from the 2^32
// of NIST SP 800-38D, 8.3.
func Nonce() ([]byte, error) {
	b := make([]byte, NonceSize)
	_, err := rand.Read(b)
	return b, err
}

// Join puts the parts together.
func Join(nonce, sealed []byte) []byte {
	return append(append([]byte{version}, nonce...), sealed...)
}

// Split takes a wrapped key apart.
func Split(b []byte) (nonce, sealed []byte, err error) {
	if len(b) != 1+NonceSize+KeySize+TagSize || b[0] != version {
		return nil, nil, &hsm.Fault{Doing: "unwrap data key", Kind: hsm.ErrKeyData, Detail: "these bytes are no wrapped data key"}
	}
	return b[1 : 1+NonceSize], b[1+NonceSize:], nil
}

// Check refuses a data key of another length.
func Check(n int) error {
	if n != KeySize {
		return &hsm.Fault{Doing: "wrap data key", Kind: hsm.ErrKeyData, Detail: "a data key has 32 bytes"}
	}
	return nil
}

// Mismatch is the error for a wrapped key that does not open.
func Mismatch() error {
	return &hsm.Fault{Doing: "unwrap data key", Kind: hsm.ErrKeyMismatch, Detail: "it was wrapped by another key, for something else, or changed since"}
}
