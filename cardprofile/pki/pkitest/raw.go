package pkitest

import (
	"crypto"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
)

// RawCertificate is a certificate taken apart, so that tests can put one together
// that issuing code would refuse to make. Fields are DER elements unless they say
// otherwise.
type RawCertificate struct {
	Version    []byte // the content of [0]; nil leaves it out: version 1
	Serial     []byte // the content octets of the INTEGER
	Algorithm  []byte // inside the signed part
	Outer      []byte // outside it; nil repeats Algorithm
	Issuer     []byte
	Validity   []byte
	Subject    []byte
	SPKI       []byte
	Extensions [][]byte // each a whole Extension; nil leaves the field out
}

// TakeApart gives the parts of a certificate.
func TakeApart(c *pki.Certificate) *RawCertificate {
	moment := func(t time.Time) []byte { return tlv.Encode(0x17, []byte(t.UTC().Format("060102150405Z"))) }
	r := &RawCertificate{
		Version: []byte{0x02, 0x01, 0x02}, Serial: c.Serial.Bytes(), Algorithm: c.SignatureAlgorithm.Raw,
		Issuer: c.Issuer.Raw, Validity: tlv.Encode(0x30, moment(c.NotBefore), moment(c.NotAfter)), Subject: c.Subject.Raw, SPKI: c.RawSPKI,
	}
	for _, e := range c.Extensions {
		r.Extensions = append(r.Extensions, Extension(e.ID, e.Critical, e.Value))
	}
	return r
}

// Extension is one certificate extension; value is the content of its octet string.
func Extension(id string, critical bool, value []byte) []byte {
	flag := []byte{}
	if critical {
		flag = []byte{0x01, 0x01, 0xff}
	}
	return tlv.Encode(0x30, cms.MarshalOID(id), flag, tlv.Encode(0x04, value))
}

// Without leaves an extension out.
func (r *RawCertificate) Without(id string) *RawCertificate {
	var kept [][]byte
	for _, e := range r.Extensions {
		if n, _, err := tlv.Parse(e); err == nil {
			if parts, err := n.Children(); err == nil && string(parts[0].Raw) == string(cms.MarshalOID(id)) {
				continue
			}
		}
		kept = append(kept, e)
	}
	r.Extensions = kept
	return r
}

// Put exchanges an extension, or adds it.
func (r *RawCertificate) Put(id string, critical bool, value []byte) *RawCertificate {
	r.Without(id).Extensions = append(r.Extensions, Extension(id, critical, value))
	return r
}

// TBS is the part that is signed.
func (r *RawCertificate) TBS() []byte {
	var version, extensions []byte
	if r.Version != nil {
		version = tlv.Encode(0xa0, r.Version)
	}
	if r.Extensions != nil {
		extensions = tlv.Encode(0xa3, tlv.Encode(0x30, r.Extensions...))
	}
	return tlv.Encode(0x30, version, tlv.Encode(0x02, r.Serial), r.Algorithm, r.Issuer, r.Validity, r.Subject, r.SPKI, extensions)
}

// SignedBy puts the certificate together with a signature of key by the algorithm
// that o chooses, which replaces r.Algorithm unless that was changed to another one.
func (r *RawCertificate) SignedBy(tb testing.TB, key crypto.Signer, o cms.SignOptions) *pki.Certificate {
	tb.Helper()
	signing, err := cms.ChooseSigning(key.Public(), o)
	if err != nil {
		tb.Fatal(err)
	}
	r.Algorithm = signing.Algorithm
	return r.With(tb, func(tbs []byte) []byte { return sign(tb, signing, key, tbs) })
}

// With puts the certificate together with the signature that make makes, under
// r.Algorithm as it stands, and reads it.
func (r *RawCertificate) With(tb testing.TB, make func(tbs []byte) []byte) *pki.Certificate {
	tb.Helper()
	tbs, outer := r.TBS(), r.Outer
	if outer == nil {
		outer = r.Algorithm
	}
	c, err := pki.ParseCertificate(tlv.Encode(0x30, tbs, outer, tlv.Encode(0x03, []byte{0}, make(tbs))))
	if err != nil {
		tb.Fatal(err)
	}
	return c
}
