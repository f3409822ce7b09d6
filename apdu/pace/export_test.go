package pace

import (
	"context"
	"encoding/asn1"
	"io"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/domain"
	"github.com/chipid-toolkit/chipid/apdu/mac"
)

// RunWith is Run with given random numbers, to replay published examples.
func RunWith(ctx context.Context, ch apdu.Sender, p Params, pw Password, random io.Reader) (*Result, error) {
	return run(ctx, ch, p, pw, random)
}

// SetRandom gives a chip its random numbers.
func (c *Chip) SetRandom(r io.Reader) { c.random = r }

// FixedMRZ is a password of which only the key is published.
func FixedMRZ(key []byte) Password { return Password{ref: ReferenceMRZ, fixed: mac.NewKey(key)} }

// Key is the key that encrypts the nonce.
func (p Password) Key(c mac.Cipher) []byte { return p.key(c).Bytes() }

// PseudoRandom is R(s,t) of the integrated mapping.
func PseudoRandom(c mac.Cipher, s, t []byte, d *domain.Parameters) ([]byte, error) {
	return pseudoRandom(c, s, t, d.Field())
}

// IntegratedMap is the integrated mapping.
func IntegratedMap(d *domain.Parameters, c mac.Cipher, s, t []byte) (domain.Generator, error) {
	return integratedMap(d, c, s, t)
}

// GenericMap is the generic mapping.
func GenericMap(d *domain.Parameters, s []byte, h *domain.Shared) (domain.Generator, error) {
	return genericMap(d, s, h)
}

// TokenInput is what a token covers.
func TokenInput(oid asn1.ObjectIdentifier, peer *domain.PublicKey) ([]byte, error) {
	return tokenInput(oid, peer)
}

// Data is the decrypted Chip Authentication Data.
func (c *CAM) Data() []byte { return c.data.Bytes() }

// OpenCAM decrypts Chip Authentication Data under a key.
func OpenCAM(c mac.Cipher, enc []byte, sealed []byte, mapping *domain.PublicKey) (*CAM, error) {
	return openCAM(c, keys{enc: mac.NewKey(enc)}, sealed, mapping)
}
