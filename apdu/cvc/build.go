package cvc

import (
	"crypto"
	"fmt"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
)

// Template is a certificate to be made.
type Template struct {
	// CHR names the new key.
	CHR Reference
	// Public is the new key, and Algorithm how its holder signs.
	Public    crypto.PublicKey
	Algorithm Algorithm
	// CHAT is role and rights, relative to the issuer.
	CHAT CHAT
	// Effective should be the day of issue, Expiration is the last day.
	Effective, Expiration Date
	// Extensions is DO 65 with its header, nil for none.
	Extensions []byte
	// Domain puts domain parameters into a link certificate, which may have
	// them (TR-03110-3 v2.21, D.3.3); some verifiers take no other. Where they
	// differ from the issuer's they are put in anyway.
	Domain bool
}

// SelfSign makes a CVCA certificate of its own key, with domain parameters.
func (t Template) SelfSign(key crypto.Signer) (*Certificate, error) {
	p, err := t.Prepare(nil)
	if err != nil {
		return nil, err
	}
	return p.certificate(key)
}

// Sign makes a certificate under an issuer: a link certificate, a DV or a
// terminal certificate. Nothing is signed that issuer.Verify would refuse, or
// that Parse would have notes about. Whether a deprecated algorithm will do is
// the caller's choice: see [Algorithm.Deprecated].
func (t Template) Sign(issuer Key, key crypto.Signer) (*Certificate, error) {
	p, err := t.Prepare(&issuer)
	if err != nil {
		return nil, err
	}
	return p.certificate(key)
}

// Prepare decides and checks everything about a certificate and signs nothing: one
// under the issuer, or self-signed where it is nil.
func (t Template) Prepare(issuer *Key) (*Prepared, error) {
	pk, err := t.check(issuer)
	if err != nil {
		return nil, err
	}
	k, domain, carried := Key{t.CHR, t.Algorithm, t.Public, t.CHAT, t.Effective, t.Expiration}, true, pk
	if issuer != nil {
		k, domain = *issuer, t.Domain
		if t.CHAT.Role() == RoleCVCA {
			domain = domain || pk.Curve() != issuer.curve()
		} else if pk.Curve() != issuer.curve() {
			return nil, fmt.Errorf("%w: %v under %v", ErrDomain, pk.Curve(), issuer.curve())
		}
		if !domain {
			carried = pk.withoutDomain()
		}
	}
	if _, err := k.admit(t.CHR, carried, t.CHAT, t.Effective, t.Expiration); err != nil {
		return nil, err
	}
	body, err := encodeBody(k.Reference, t.CHR, pk, domain && t.Algorithm.ECDSA() || issuer == nil, t.CHAT, t.Effective, t.Expiration, t.Extensions)
	if err != nil {
		return nil, err
	}
	return &Prepared{signer: k.Reference, algorithm: k.Algorithm, public: k.Public, body: body, check: func(raw []byte) error {
		c, err := Parse(raw)
		if err != nil {
			return err
		}
		if len(c.Notes) > 0 {
			return fmt.Errorf("%w: %s", ErrFormat, c.Notes[0])
		}
		_, err = k.Verify(c)
		return err
	}}, nil
}

// withoutDomain is k as it inherits.
func (k PublicKey) withoutDomain() PublicKey {
	k.curve = nil
	return k
}

// check is what a template must have, whoever signs.
func (t Template) check(issuer *Key) (PublicKey, error) {
	if err := t.CHR.Check(); err != nil {
		return PublicKey{}, err
	}
	if issuer != nil {
		if err := issuer.Reference.Check(); err != nil {
			return PublicKey{}, err
		}
		if issuer.Reference == t.CHR {
			return PublicKey{}, fmt.Errorf("%w: holder and issuer have the same", ErrReference)
		}
	}
	if t.Effective.IsZero() || t.Expiration.IsZero() {
		return PublicKey{}, fmt.Errorf("%w: validity is missing", ErrDate)
	}
	if t.CHAT.Type() == 0 {
		return PublicKey{}, fmt.Errorf("%w: no terminal type", ErrCHAT)
	}
	for _, r := range t.CHAT.Rights() {
		if t.CHAT.Type() == InspectionSystem && r != ReadDG3 && r != ReadDG4 {
			return PublicKey{}, fmt.Errorf("%w: %v is set", ErrCHAT, r)
		}
	}
	if err := checkExtensions(t.Extensions); err != nil {
		return PublicKey{}, err
	}
	return NewPublicKey(t.Algorithm, t.Public)
}

// checkExtensions wants DO 65 with discretionary data templates (C.3).
func checkExtensions(b []byte) error {
	if b == nil {
		return nil
	}
	n, rest, err := tlv.Parse(b)
	if err != nil || len(rest) != 0 || n.Tag != tagExtensions || len(b) > MaxLen/2 {
		return fmt.Errorf("%w: extensions", ErrFormat)
	}
	children, err := n.Children()
	if err != nil || len(children) == 0 {
		return fmt.Errorf("%w: extensions", ErrFormat)
	}
	for _, c := range children {
		if _, ok := c.First(tagOID); c.Tag != 0x73 || !ok {
			return fmt.Errorf("%w: extension %v", ErrFormat, c.Tag)
		}
	}
	return nil
}

// encodeBody is DO 7F4E (TR-03110-3 v2.21, C.1).
func encodeBody(car, chr Reference, pk PublicKey, domain bool, chat CHAT, effective, expiration Date, extensions []byte) ([]byte, error) {
	key, err := pk.encode(domain)
	if err != nil {
		return nil, err
	}
	authorization, err := chat.Encode()
	if err != nil {
		return nil, err
	}
	return tlv.Encode(tagBody,
		tlv.Encode(tagProfile, []byte{0}), tlv.Encode(tagCAR, []byte(car)), key, tlv.Encode(tagCHR, []byte(chr)), authorization,
		tlv.Encode(tagEffective, effective.Encode()), tlv.Encode(tagExpiration, expiration.Encode()), extensions), nil
}
