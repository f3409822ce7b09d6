package cvc

import (
	"crypto"
	"crypto/rsa"
	"fmt"

	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
)

// Key is an imported public key with what a chip remembers of its certificate
// (TR-03110-3 v2.21, A.7.2.3).
type Key struct {
	// Reference is the holder's, by which the key is selected.
	Reference Reference
	Algorithm Algorithm
	// Public is an *rsa.PublicKey or an *ecc.PublicKey.
	Public crypto.PublicKey
	// CHAT is the effective authorization (2.7).
	CHAT                  CHAT
	Effective, Expiration Date
}

// Root makes the key of a self-signed CVCA certificate, after its signature:
// a trust point, if the certificate comes from where it should. ErrIssuer,
// ErrDomain, ErrSignature, ErrRole, ErrDate.
func Root(c *Certificate) (Key, error) {
	if !c.SelfSigned() {
		return Key{}, fmt.Errorf("%w: %v is not self-signed", ErrIssuer, c.CHR)
	}
	// D.3.3: self-signed certificates have domain parameters.
	pub, err := c.PublicKey.Key(nil)
	if err != nil {
		return Key{}, err
	}
	k := Key{c.CHR, c.PublicKey.Algorithm, pub, c.CHAT, c.Effective, c.Expiration}
	return k.Verify(c)
}

// Verify checks what k is responsible for: that c names k, that k signed it and
// may do so, that the validity is one, and that domain parameters, algorithm
// and key size are where and as they must be. The result is the holder's key
// with its effective authorization. Whether today is within the validity is the
// chip's matter: see [Store.Verify].
func (k Key) Verify(c *Certificate) (Key, error) {
	if c.CAR != k.Reference {
		return Key{}, fmt.Errorf("%w: %v signed, the key is %v", ErrIssuer, c.CAR, k.Reference)
	}
	if err := c.CheckSignature(k.Algorithm, k.Public); err != nil {
		return Key{}, err
	}
	return k.admit(c.CHR, c.PublicKey, c.CHAT, c.Effective, c.Expiration)
}

// admit is what k may certify.
func (k Key) admit(chr Reference, pk PublicKey, chat CHAT, effective, expiration Date) (Key, error) {
	if expiration.Before(effective) {
		return Key{}, fmt.Errorf("%w: valid until %v from %v", ErrDate, expiration, effective)
	}
	// CVCA certifies CVCA and DV, DV certifies terminals, and terminals nobody
	// (TR-03110-3 v2.21, 2.2 and 2.7.2).
	role := chat.Role()
	switch issuer := k.CHAT.Role(); {
	case issuer == RoleCVCA && (role == RoleCVCA || role.isDV()):
	case issuer.isDV() && role == RoleTerminal:
	default:
		return Key{}, fmt.Errorf("%w: %v for %v", ErrRole, role, issuer)
	}
	effectiveCHAT, err := k.CHAT.And(chat)
	if err != nil {
		return Key{}, err
	}
	if role == RoleCVCA {
		// A new trust point has its own authorization (2.7.2).
		effectiveCHAT = chat
	} else if err := k.sameKind(pk); err != nil {
		return Key{}, err
	}
	pub, err := pk.Key(k.curve())
	if err != nil {
		return Key{}, err
	}
	if role != RoleCVCA {
		if err := sameSize(k.Public, pub); err != nil {
			return Key{}, err
		}
	}
	return Key{chr, pk.Algorithm, pub, effectiveCHAT, effective, expiration}, nil
}

// sameKind wants the issuer's algorithm (TR-03110-3 v2.21, 2.3) and inherited
// domain parameters (D.3.3).
func (k Key) sameKind(pk PublicKey) error {
	if pk.Algorithm != k.Algorithm {
		return fmt.Errorf("%w: %v under %v", ErrAlgorithm, pk.Algorithm, k.Algorithm)
	}
	if pk.HasDomain() {
		return fmt.Errorf("%w: they are inherited below a CVCA", ErrDomain)
	}
	return nil
}

// sameSize wants RSA keys of the issuer's size (2.3). Curves are inherited.
func sameSize(issuer, holder crypto.PublicKey) error {
	a, okA := issuer.(*rsa.PublicKey)
	b, okB := holder.(*rsa.PublicKey)
	if okA && okB && a.N.BitLen() != b.N.BitLen() {
		return fmt.Errorf("%w: %d bits under %d", ErrKey, b.N.BitLen(), a.N.BitLen())
	}
	return nil
}

// curve is what certificates under k inherit, nil for RSA.
func (k Key) curve() *ecc.Curve {
	p, err := ecc.FromPublic(k.Public)
	if err != nil {
		return nil
	}
	return p.Curve
}

// MarshalBinary writes the key as the body of a certificate with domain
// parameters, its own reference as authority: how a chip can store it.
func (k Key) MarshalBinary() ([]byte, error) {
	pk, err := k.publicKey()
	if err != nil {
		return nil, err
	}
	return encodeBody(k.Reference, k.Reference, pk, k.Algorithm.ECDSA(), k.CHAT, k.Effective, k.Expiration, nil)
}

// publicKey is the key in certificate form, of any size that is read.
func (k Key) publicKey() (PublicKey, error) {
	pub, err := k.Algorithm.normal(k.Public)
	if err != nil {
		return PublicKey{}, err
	}
	pk := PublicKey{Algorithm: k.Algorithm}
	switch p := pub.(type) {
	case *rsa.PublicKey:
		pk.rsa = p
	case *ecc.PublicKey:
		pk.curve, pk.point = p.Curve, p.Bytes()
	}
	return pk, nil
}

// UnmarshalBinary reads what MarshalBinary wrote.
func (k *Key) UnmarshalBinary(b []byte) error {
	r := new(reader)
	n, err := r.whole(b, tagBody)
	if err != nil {
		return err
	}
	// A signature that nobody looks at makes it a certificate.
	c, err := r.certificate(append(n.Raw, tlv.Encode(tagSignature, []byte{0})...), nil)
	if err != nil {
		return err
	}
	pub, err := c.PublicKey.Key(nil)
	if err != nil {
		return err
	}
	*k = Key{c.CHR, c.PublicKey.Algorithm, pub, c.CHAT, c.Effective, c.Expiration}
	return nil
}
