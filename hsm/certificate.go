package hsm

import (
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"math/big"

	"github.com/chipid-toolkit/chipid/apdu/ecc"
)

// maxCertificate bounds what CertificateKey reads.
const maxCertificate = 64 << 10

// certificate is the part of RFC 5280, 4.1 that is needed to reach the public key and what a token stores beside a certificate.
type certificate struct {
	TBS struct {
		Version    asn1.RawValue `asn1:"optional,explicit,tag:0"`
		Serial     *big.Int
		Algorithm  asn1.RawValue
		Issuer     asn1.RawValue
		Validity   asn1.RawValue
		Subject    asn1.RawValue
		PublicKey  asn1.RawValue
		IssuerID   asn1.RawValue `asn1:"optional,tag:1"`
		SubjectID  asn1.RawValue `asn1:"optional,tag:2"`
		Extensions asn1.RawValue `asn1:"optional,explicit,tag:3"`
	}
	Algorithm asn1.RawValue
	Signature asn1.BitString
}

// CertificateFields are the parts of a certificate that a keyring looks at: nothing of it is verified.
type CertificateFields struct {
	Public          crypto.PublicKey // as Keyring.Signer describes it
	Subject, Issuer []byte           // DER
	Serial          []byte           // DER INTEGER
}

// ReadCertificate takes a certificate apart as far as a keyring needs. Unlike crypto/x509 it reads brainpool curves and explicit parameters.
func ReadCertificate(der []byte) (*CertificateFields, error) {
	fault := func(cause error) (*CertificateFields, error) {
		return nil, &Fault{Doing: "read certificate", Kind: ErrCertificate, Detail: "not a DER X.509 certificate with a key of known kind", Cause: cause}
	}
	if len(der) > maxCertificate {
		return fault(errors.New("too long"))
	}
	var c certificate
	if rest, err := asn1.Unmarshal(der, &c); err != nil {
		return fault(err)
	} else if len(rest) != 0 {
		return fault(errors.New("bytes follow it"))
	}
	pub, err := parseSPKI(c.TBS.PublicKey.FullBytes)
	if err != nil {
		return fault(err)
	}
	serial, err := asn1.Marshal(c.TBS.Serial)
	if err != nil {
		return fault(err)
	}
	return &CertificateFields{Public: pub, Subject: c.TBS.Subject.FullBytes, Issuer: c.TBS.Issuer.FullBytes, Serial: serial}, nil
}

func parseSPKI(der []byte) (crypto.PublicKey, error) {
	if p, _, err := ecc.ParseSPKI(der); err == nil {
		return StandardPublic(p), nil
	}
	pub, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return nil, err
	}
	if r, ok := pub.(*rsa.PublicKey); ok {
		return r, nil
	}
	return nil, errors.New("neither RSA nor a known curve")
}

// StandardPublic returns *ecdsa.PublicKey where Go knows the curve, and p itself otherwise.
func StandardPublic(p *ecc.PublicKey) crypto.PublicKey {
	if std, ok := p.Std(); ok {
		return std
	}
	return p
}

// SamePublic compares two public keys of the kinds keyrings deal in.
func SamePublic(a, b crypto.PublicKey) bool {
	if x, ok := a.(*rsa.PublicKey); ok {
		y, ok := b.(*rsa.PublicKey)
		return ok && x.Equal(y)
	}
	x, err := ecc.FromPublic(a)
	if err != nil {
		return false
	}
	y, err := ecc.FromPublic(b)
	return err == nil && x.Equal(y)
}
