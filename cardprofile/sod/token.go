package sod

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"go.mozilla.org/pkcs7"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/signed"
)

// ErrUsed is returned by the second Issue of a Token, whatever came of the first.
var ErrUsed = errors.New("sod: this token has signed or tried to, and a job signs at most once")

// Token is one prepared EF.SOD or EF.CardSecurity. It signs at most once and may be used from many
// goroutines: exactly one of them gets to sign.
type Token struct {
	signer     *pki.Certificate
	signing    *cms.Signing
	kind       *objectKind
	content    []byte // what kind says: an LDSSecurityObject, or SecurityInfos
	time       time.Time
	attributes []byte // DER of the signed attributes
	frame      *frame // the object around the signature
	used       atomic.Bool
}

// objectKind is what differs between the objects that a Document Signer signs.
type objectKind struct {
	lint        lint.Kind
	contentType asn1.ObjectIdentifier
	file        func(der []byte) []byte // the file around the CMS object
	read        func(file []byte) (*cms.SignedData, []cardprofile.Deviation, error)
}

var (
	kindSOD = &objectKind{lint.SOD, oidLDSSecurityObject, func(der []byte) []byte { return tlv.Encode(tagSOD, der) },
		func(file []byte) (*cms.SignedData, []cardprofile.Deviation, error) {
			s, err := Parse(file)
			if err != nil {
				return nil, nil, err
			}
			return s.Signed, s.Deviations, nil
		}}
	kindCardSecurity = &objectKind{lint.CardSecurity, oidSecurityObject, func(der []byte) []byte { return der },
		func(file []byte) (*cms.SignedData, []cardprofile.Deviation, error) {
			c, err := ParseCardSecurity(file)
			if err != nil {
				return nil, nil, err
			}
			return c.Signed, c.Deviations, nil
		}}
)

var (
	oidSecurityObject    = asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 3, 2, 1}
	oidLDSSecurityObject = asn1.ObjectIdentifier{2, 23, 136, 1, 1, 1}
	digestOIDs           = map[crypto.Hash]asn1.ObjectIdentifier{
		crypto.SHA224: {2, 16, 840, 1, 101, 3, 4, 2, 4},
		crypto.SHA256: pkcs7.OIDDigestAlgorithmSHA256,
		crypto.SHA384: pkcs7.OIDDigestAlgorithmSHA384,
		crypto.SHA512: pkcs7.OIDDigestAlgorithmSHA512,
	}
)

// throwAway is a key that signs what pkcs7 insists on having signed. That signature
// never leaves build.
var throwAway = sync.OnceValues(func() (*ecdsa.PrivateKey, error) {
	return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
})

// build lets pkcs7 lay out the SignedData. Its AddSigner takes neither a token's key
// nor a brainpool one, and reads no certificate with explicit parameters; but of the
// certificate it uses three fields only, and of its one SignerInfo everything that
// matters can be replaced.
func (t *Token) build() error {
	sd, err := pkcs7.NewSignedData(t.content)
	if err != nil {
		return err
	}
	raw := sd.GetSignedData()
	raw.ContentInfo.ContentType = t.kind.contentType
	raw.Version = 3 // RFC 5652, 5.1: the content is not id-data
	sd.SetDigestAlgorithm(pkcs7.OIDDigestAlgorithmSHA256)
	key, err := throwAway()
	if err != nil {
		return err
	}
	certificate := &x509.Certificate{Raw: t.signer.Raw, RawIssuer: t.signer.Issuer.Raw, SerialNumber: t.signer.Serial}
	if err := sd.AddSigner(certificate, key, pkcs7.SignerInfoConfig{}); err != nil {
		return err
	}
	if len(raw.SignerInfos) != 1 || len(raw.DigestAlgorithmIdentifiers) != 1 {
		return errors.New("the SignedData does not have one signer")
	}
	// Digest algorithms carry no NULL (Doc 9303-10 (8th ed.), 4.6.2.3, Note 2).
	digest := pkix.AlgorithmIdentifier{Algorithm: digestOIDs[t.signing.Hash]}
	raw.DigestAlgorithmIdentifiers[0] = digest
	si := &raw.SignerInfos[0]
	si.DigestAlgorithm = digest
	si.EncryptedDigest = nil
	if _, err := asn1.Unmarshal(t.signing.Algorithm, &si.DigestEncryptionAlgorithm); err != nil {
		return err
	}
	h := t.signing.Hash.New()
	h.Write(t.content)
	values := map[string]any{
		pkcs7.OIDAttributeContentType.String():   t.kind.contentType,
		pkcs7.OIDAttributeMessageDigest.String(): h.Sum(nil),
		pkcs7.OIDAttributeSigningTime.String():   t.time,
	}
	if len(si.AuthenticatedAttributes) != len(values) {
		return errors.New("the signed attributes are not the three expected")
	}
	encoded := map[string][]byte{}
	for i := range si.AuthenticatedAttributes {
		a := &si.AuthenticatedAttributes[i]
		v, ok := values[a.Type.String()]
		if !ok {
			return fmt.Errorf("unexpected signed attribute %s", a.Type)
		}
		value, err := asn1.Marshal(v)
		if err != nil {
			return err
		}
		a.Value = asn1.RawValue{Tag: asn1.TagSet, IsCompound: true, Bytes: value}
		if encoded[a.Type.String()], err = asn1.Marshal(*a); err != nil {
			return err
		}
	}
	// DER orders a SET OF by the encodings, which have changed.
	attrs := si.AuthenticatedAttributes
	for i := range attrs {
		for j := i; j > 0 && bytes.Compare(encoded[attrs[j-1].Type.String()], encoded[attrs[j].Type.String()]) > 0; j-- {
			attrs[j-1], attrs[j] = attrs[j], attrs[j-1]
		}
	}
	var parts [][]byte
	for _, a := range attrs {
		parts = append(parts, encoded[a.Type.String()])
	}
	t.attributes = tlv.Encode(0x31, parts...)
	// A signature of one byte stands in for the one to come.
	si.EncryptedDigest = []byte{0}
	der, err := sd.Finish()
	if err != nil {
		return err
	}
	if t.frame, err = newFrame(der, si.EncryptedDigest); err != nil {
		return err
	}
	return t.conforms(der)
}

// conforms puts the conformance rules to the object as it will be, before the key is
// asked; the first breach of a mandatory one is the error.
func (t *Token) conforms(der []byte) error {
	// No rule looks at the signature's value.
	for _, f := range signed.Lint(t.kind.file(der), t.kind.lint) {
		if f.Severity == lint.Error {
			return fmt.Errorf("%s would not keep to the rules: %s: %s: %s (%s, %s)", t.kind.lint, f.Where, f.Title.EN, f.Text, f.Rule, f.Citation)
		}
	}
	return nil
}

// Draft is the file as it will be, with one zero byte where the signature goes: for
// the rules about files that lie together, before the key is asked.
func (t *Token) Draft() []byte { return t.kind.file(t.frame.with([]byte{0})) }

// Issue signs with the Document Signer's private key and returns the file: EF.SOD
// with its tag 77, or EF.CardSecurity. The result is read back and its signature verified with the
// certificate's key before anybody gets it.
//
// A context that has ended, and a key that is not the certificate's, are found before
// signing and leave the token unused. Once signing has begun the token is used up,
// whether it succeeds or not.
func (t *Token) Issue(ctx context.Context, key crypto.Signer) ([]byte, error) {
	s, err := t.Sign(ctx, key)
	if err != nil {
		return nil, err
	}
	return s.Verify()
}

// Sign is the first half of Issue: what asks the token, and may wait for it. The
// object comes out through Verify or VerifyTo alone, which want a processor of this
// machine and may run elsewhere meanwhile.
func (t *Token) Sign(ctx context.Context, key crypto.Signer) (*Signed, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("sod: issue: %w", err)
	}
	if err := t.signing.Match(key); err != nil {
		return nil, fmt.Errorf("sod: issue: %w", err)
	}
	if !t.used.CompareAndSwap(false, true) {
		return nil, ErrUsed
	}
	signature, err := t.signing.SignUnverified(key, t.attributes)
	if err != nil {
		return nil, fmt.Errorf("sod: issue: %w", err)
	}
	return &Signed{t, t.kind.file(t.frame.with(signature))}, nil
}

// matches holds an object that was read back to everything that was prepared, but
// for the signature's value.
func (t *Token) matches(signed *cms.SignedData, devs []cardprofile.Deviation) error {
	if devs = append(devs, signed.Deviations...); len(devs) > 0 {
		return errors.New(devs[0].Text)
	}
	si := signed.Signers[0]
	switch {
	case !bytes.Equal(si.SignedAttrs, t.attributes), !bytes.Equal(signed.Content, t.content):
		return errors.New("what was signed is not what was prepared")
	case !si.SigningTime.Equal(t.time):
		return errors.New("the signing time is not the one prepared")
	case len(signed.Certificates) != 1 || !bytes.Equal(signed.Certificates[0], t.signer.Raw):
		return errors.New("the certificate inside is not the Document Signer's")
	case !bytes.Equal(si.Issuer, t.signer.Issuer.Raw) || si.Serial == nil || si.Serial.Cmp(t.signer.Serial) != 0:
		return errors.New("the signer named is not the Document Signer")
	}
	return nil
}
