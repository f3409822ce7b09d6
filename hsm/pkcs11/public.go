//go:build cgo

package pkcs11

import (
	"crypto"
	"crypto/rsa"
	"encoding/asn1"
	"math/big"

	p11 "github.com/miekg/pkcs11"

	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/hsm"
)

// publicOf returns the public key that belongs to a private key, or nil when the token has none: from the private key itself for RSA, else
// from the public key object or the certificate of the same CKA_ID.
func (s *session) publicOf(private p11.ObjectHandle) (crypto.PublicKey, error) {
	typ, _, err := s.number(private, p11.CKA_KEY_TYPE)
	if err != nil {
		return nil, err
	}
	if typ == p11.CKK_RSA {
		if pub, err := s.rsaPublic(private); err != nil || pub != nil {
			return asPublic(pub), err
		}
	}
	beside, err := s.beside(private)
	if err != nil || beside == nil {
		return nil, err
	}
	found, err := s.find(p11.NewAttribute(p11.CKA_CLASS, p11.CKO_PUBLIC_KEY), beside)
	if err != nil {
		return nil, err
	}
	for _, o := range found {
		pub, err := s.public(o)
		if err != nil || pub != nil {
			return pub, err
		}
	}
	found, err = s.find(p11.NewAttribute(p11.CKA_CLASS, p11.CKO_CERTIFICATE), beside)
	if err != nil {
		return nil, err
	}
	for _, o := range found {
		der, ok, err := s.attribute(o, p11.CKA_VALUE)
		if err != nil {
			return nil, err
		}
		if ok {
			if c, err := hsm.ReadCertificate(der); err == nil {
				return c.Public, nil
			}
		}
	}
	return nil, nil
}

// beside is the attribute that a key shares with its public key and certificate: the id, or the label where it has no id.
func (s *session) beside(key p11.ObjectHandle) (*p11.Attribute, error) {
	for _, typ := range []uint{p11.CKA_ID, p11.CKA_LABEL} {
		v, ok, err := s.attribute(key, typ)
		if err != nil {
			return nil, err
		}
		if ok && len(v) != 0 {
			return p11.NewAttribute(typ, v), nil
		}
	}
	return nil, nil
}

// public reads a public key object; nil when it is of no kind we know.
func (s *session) public(o p11.ObjectHandle) (crypto.PublicKey, error) {
	typ, _, err := s.number(o, p11.CKA_KEY_TYPE)
	if err != nil {
		return nil, err
	}
	switch typ {
	case p11.CKK_RSA:
		pub, err := s.rsaPublic(o)
		return asPublic(pub), err
	case p11.CKK_EC:
		params, ok1, err := s.attribute(o, p11.CKA_EC_PARAMS)
		if err != nil {
			return nil, err
		}
		point, ok2, err := s.attribute(o, p11.CKA_EC_POINT)
		if err != nil || !ok1 || !ok2 {
			return nil, err
		}
		return ecPublic(params, point), nil
	}
	return nil, nil
}

// ecPublic reads CKA_EC_PARAMS and CKA_EC_POINT; nil when the curve is unknown or the point not on it.
func ecPublic(params, point []byte) crypto.PublicKey {
	c, _, err := ecc.ParseParameters(params)
	if err != nil {
		return nil
	}
	// PKCS#11 v2.40, 2.3.3: the point is a DER OCTET STRING. Older modules give it bare.
	for _, p := range [][]byte{unwrapOctets(point), point} {
		if pub, err := ecc.ParsePoint(c, p); err == nil {
			return hsm.StandardPublic(pub)
		}
	}
	return nil
}

func unwrapOctets(der []byte) []byte {
	var b []byte
	if rest, err := asn1.Unmarshal(der, &b); err != nil || len(rest) != 0 {
		return nil
	}
	return b
}

// rsaPublic reads modulus and exponent; nil when the object does not tell both.
func (s *session) rsaPublic(o p11.ObjectHandle) (*rsa.PublicKey, error) {
	n, ok1, err := s.attribute(o, p11.CKA_MODULUS)
	if err != nil {
		return nil, err
	}
	e, ok2, err := s.attribute(o, p11.CKA_PUBLIC_EXPONENT)
	if err != nil || !ok1 || !ok2 {
		return nil, err
	}
	// rsa.PublicKey holds the exponent in an int; 2^31 - 1 is what crypto/rsa takes.
	exp := new(big.Int).SetBytes(e)
	if len(n) == 0 || len(n) > 2048 || exp.BitLen() > 31 || exp.Sign() == 0 {
		return nil, nil
	}
	return &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(exp.Int64())}, nil
}

// asPublic keeps a nil pointer from becoming an interface that is not nil.
func asPublic(r *rsa.PublicKey) crypto.PublicKey {
	if r == nil {
		return nil
	}
	return r
}
