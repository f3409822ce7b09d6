package ecc

import (
	"crypto"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"

	"github.com/chipid-toolkit/chipid/apdu/mac"
)

// PrivateKey is a scalar in [1, n). It is a crypto.Signer. It prints as
// "[secret]".
type PrivateKey struct {
	c   *Curve
	d   mac.Key // ScalarLen bytes
	pub *PublicKey
}

// NewPrivateKey makes a key of a big-endian scalar in [1, n) of at most
// ScalarLen bytes. ErrScalar.
func NewPrivateKey(c *Curve, b []byte) (*PrivateKey, error) {
	if c == nil {
		return nil, ErrUnknownCurve
	}
	if len(b) > c.scalarLen {
		return nil, ErrScalar
	}
	d := make([]byte, c.scalarLen)
	defer clear(d)
	copy(d[c.scalarLen-len(b):], b)
	if !c.inRange(d) {
		return nil, ErrScalar
	}
	pub, err := c.ScalarBaseMult(d)
	if err != nil {
		return nil, err
	}
	return &PrivateKey{c, mac.NewKey(d), pub}, nil
}

// GenerateKey makes a new key from rnd; nil means crypto/rand.Reader.
func GenerateKey(c *Curve, rnd io.Reader) (*PrivateKey, error) {
	if c == nil {
		return nil, ErrUnknownCurve
	}
	if rnd == nil {
		rnd = rand.Reader
	}
	// FIPS 186-5, A.2.2: candidates, the bits above the order cut off.
	b := make([]byte, c.scalarLen)
	defer clear(b)
	for range 256 {
		if _, err := io.ReadFull(rnd, b); err != nil {
			return nil, fmt.Errorf("ecc: random numbers: %w", err)
		}
		if over := uint(c.scalarLen*8 - c.n.BitLen()); over > 0 {
			b[0] &= 0xFF >> over
		}
		if c.inRange(b) {
			return NewPrivateKey(c, b)
		}
	}
	return nil, fmt.Errorf("ecc: random numbers: %w", ErrScalar)
}

// inRange reports 0 < d < n for ScalarLen bytes, in constant time.
func (c *Curve) inRange(d []byte) bool {
	n := c.n.FillBytes(make([]byte, c.scalarLen))
	var any byte
	borrow := 0
	for i := len(d) - 1; i >= 0; i-- {
		any |= d[i]
		borrow = (int(d[i]) - int(n[i]) - borrow) >> 8 & 1
	}
	return any != 0 && borrow == 1
}

// Curve returns the key's curve.
func (k *PrivateKey) Curve() *Curve { return k.c }

// Public returns the public key: an *ecdsa.PublicKey on the curves that the
// standard library has, else a *PublicKey. FromPublic takes either.
func (k *PrivateKey) Public() crypto.PublicKey {
	if std, ok := k.pub.Std(); ok {
		return std
	}
	return k.pub
}

// PublicKey returns the public key in this package's form.
func (k *PrivateKey) PublicKey() *PublicKey { return k.pub }

// Bytes returns the scalar, ScalarLen bytes: a copy, and a secret.
func (k *PrivateKey) Bytes() []byte { return append([]byte(nil), k.d.Bytes()...) }

// Format prints "[secret]" for every verb.
func (k *PrivateKey) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[secret]") }

// LogValue returns "[secret]".
func (k *PrivateKey) LogValue() slog.Value { return slog.StringValue("[secret]") }

// MarshalText returns "[secret]".
func (k *PrivateKey) MarshalText() ([]byte, error) { return []byte("[secret]"), nil }
