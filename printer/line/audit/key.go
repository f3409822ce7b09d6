package audit

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"fmt"
	"sync/atomic"

	"golang.org/x/mod/sumdb/note"

	"github.com/chipid-toolkit/chipid/hsm"
)

// ErrKey: the key cannot sign checkpoints, or the file holds no such key.
var ErrKey = errors.New("audit: a checkpoint key is Ed25519 or ECDSA on P-256")

// maxKey bounds a file with a key.
const maxKey = 64 << 10

// NewVerifier checks checkpoints of the log of this origin against a public key.
func NewVerifier(origin string, key crypto.PublicKey) (note.Verifier, error) {
	id, err := keyID(origin, key)
	if err != nil {
		return nil, err
	}
	return verifier{name: origin, id: id, key: key}, nil
}

type verifier struct {
	name string
	id   uint32
	key  crypto.PublicKey
}

func (v verifier) Name() string    { return v.name }
func (v verifier) KeyHash() uint32 { return v.id }

func (v verifier) Verify(msg, sig []byte) bool {
	switch k := v.key.(type) {
	case ed25519.PublicKey:
		return ed25519.Verify(k, msg, sig)
	case *ecdsa.PublicKey:
		digest := sha256.Sum256(msg)
		return ecdsa.VerifyASN1(k, digest[:], sig)
	}
	return false
}

// signer signs checkpoints with a key in a token.
type signer struct {
	verifier
	key crypto.Signer
	// failed is why the last signature was not made: the tree's own writer asks
	// again and tells nobody.
	failed atomic.Pointer[error]
}

func newSigner(origin string, key crypto.Signer) (*signer, error) {
	v, err := NewVerifier(origin, key.Public())
	if err != nil {
		return nil, err
	}
	return &signer{verifier: v.(verifier), key: key}, nil
}

func (s *signer) Sign(msg []byte) ([]byte, error) {
	var sig []byte
	var err error
	if _, ok := s.verifier.key.(ed25519.PublicKey); ok {
		sig, err = s.key.Sign(rand.Reader, msg, crypto.Hash(0))
	} else {
		digest := sha256.Sum256(msg)
		sig, err = s.key.Sign(rand.Reader, digest[:], crypto.SHA256)
	}
	if err == nil && !s.Verify(msg, sig) {
		err = errors.New("audit: the token's signature does not verify")
	}
	if err != nil {
		s.failed.Store(&err)
		return nil, err
	}
	s.failed.Store(nil)
	return sig, nil
}

// keyID is the number that a signature line begins with (C2SP signed-note, "Signature
// types"): for Ed25519 of name and key, for ECDSA of the SubjectPublicKeyInfo alone.
func keyID(name string, key crypto.PublicKey) (uint32, error) {
	var sum [32]byte
	switch k := key.(type) {
	case ed25519.PublicKey:
		sum = sha256.Sum256(append([]byte(name+"\n\x01"), k...))
	case *ecdsa.PublicKey:
		if k.Curve != elliptic.P256() {
			return 0, ErrKey
		}
		spki, err := x509.MarshalPKIXPublicKey(k)
		if err != nil {
			return 0, ErrKey
		}
		sum = sha256.Sum256(spki)
	default:
		return 0, fmt.Errorf("%w, not %T", ErrKey, key)
	}
	return binary.BigEndian.Uint32(sum[:4]), nil
}

// ParseKey reads the public key of a log from a certificate or a
// SubjectPublicKeyInfo, DER or PEM. Nothing of a certificate is verified: whoever
// names the file vouches for it.
func ParseKey(file []byte) (crypto.PublicKey, error) {
	if len(file) > maxKey {
		return nil, fmt.Errorf("%w: the file is larger than %d KiB", ErrKey, maxKey>>10)
	}
	der := file
	if block, _ := pem.Decode(file); block != nil {
		der = block.Bytes
	}
	key, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		if c, err := x509.ParseCertificate(der); err == nil {
			key = c.PublicKey
		} else if c, err := hsm.ReadCertificate(der); err == nil {
			key = c.Public
		} else {
			return nil, fmt.Errorf("%w: the file is neither a certificate nor a public key", ErrKey)
		}
	}
	if _, err := keyID("", key); err != nil {
		return nil, err
	}
	return key, nil
}
