package pkitest

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"math/big"
	"sync"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
)

// Epoch is when authorities of this package begin; documents in tests are signed
// and inspected soon after it.
var Epoch = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

var rsaKeys = map[string]func() (*rsa.PrivateKey, error){
	"RSA-2048":   sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) }),
	"RSA-2048 b": sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) }),
	"RSA-2048 c": sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) }),
}

// Key makes a private key: the name of a curve, "RSA-2048", or "RSA-2048 b" or
// "RSA-2048 c" for others of the kind. RSA keys take long and are the same within one run.
func Key(tb testing.TB, kind string) crypto.Signer {
	tb.Helper()
	if make, ok := rsaKeys[kind]; ok {
		k, err := make()
		if err != nil {
			tb.Fatal(err)
		}
		return k
	}
	c, err := ecc.ByName(kind)
	if err != nil {
		tb.Fatal(err)
	}
	k, err := ecc.GenerateKey(c, rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	return k
}

// Options describes an authority; the zero value is Viet Nam on P-256, no TEST mark.
type Options struct {
	Key            string // kind of both keys; "" is P-256
	Sign           cms.SignOptions
	Test           bool
	Country, State string
	Name           string // "" is "CSCA Viet Nam"
}

// Authority is a CSCA and one Document Signer with their keys.
type Authority struct {
	CSCA, DS       *pki.Certificate
	CSCAKey, DSKey crypto.Signer
}

// NewAuthority makes an authority that begins at Epoch.
func NewAuthority(tb testing.TB, o Options) *Authority {
	tb.Helper()
	if o.Key == "" {
		o.Key = "P-256"
	}
	if o.Country == "" {
		o.Country, o.State = "VN", "VNM"
	}
	if o.Name == "" {
		o.Name = "CSCA Viet Nam"
	}
	other := o.Key
	if o.Key == "RSA-2048" {
		other = "RSA-2048 b"
	}
	a := &Authority{CSCAKey: Key(tb, o.Key), DSKey: Key(tb, other)}
	var err error
	a.CSCA, err = pki.BuildCSCA(pki.CSCAOptions{Country: o.Country, State: o.State, Test: o.Test, Subject: pki.Subject{
		Organization: "Issuing authority", CommonName: o.Name, Email: "csca@example.org",
		CRLURLs: []string{"http://csca.example.org/crl"}, Sign: o.Sign,
		NotBefore: Epoch, NotAfter: Epoch.AddDate(15, 3, 0), PrivateKeyNotAfter: Epoch.AddDate(5, 0, 0),
	}}, a.CSCAKey)
	if err != nil {
		tb.Fatal(err)
	}
	a.DS = a.NewDS(tb, a.DSKey.Public(), func(o *pki.DSOptions) {})
	return a
}

// NewDS issues a Document Signer certificate; change may alter what is asked for.
func (a *Authority) NewDS(tb testing.TB, pub crypto.PublicKey, change func(*pki.DSOptions)) *pki.Certificate {
	tb.Helper()
	o := pki.DSOptions{DocumentTypes: []string{"I"}, Subject: pki.Subject{
		Organization: "Issuing authority", CommonName: "Document Signer 1", Email: "ds@example.org",
		NotBefore: Epoch, NotAfter: Epoch.AddDate(10, 3, 0), PrivateKeyNotAfter: Epoch.AddDate(0, 3, 0),
	}}
	change(&o)
	c, err := pki.BuildDS(o, pub, a.CSCA, a.CSCAKey)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// Store returns a store in memory that holds the authority's CSCA.
func (a *Authority) Store(tb testing.TB) *pki.Store {
	tb.Helper()
	s := pki.NewStore(a.CSCA.TestMark)
	if _, err := s.Import("csca.der", a.CSCA.Raw, pki.ImportOptions{}); err != nil {
		tb.Fatal(err)
	}
	return s
}

// CRL signs a CRL of the authority with the given serial numbers.
func (a *Authority) CRL(tb testing.TB, this, next time.Time, serials ...*big.Int) []byte {
	tb.Helper()
	signing, err := cms.ChooseSigning(a.CSCA.PublicKey, cms.SignOptions{})
	if err != nil {
		tb.Fatal(err)
	}
	moment := func(t time.Time) []byte { return tlv.Encode(0x17, []byte(t.UTC().Format("060102150405Z"))) }
	var revoked [][]byte
	for _, s := range serials {
		revoked = append(revoked, tlv.Encode(0x30, integer(s), moment(this)))
	}
	parts := [][]byte{{0x02, 0x01, 0x01}, signing.Algorithm, a.CSCA.Subject.Raw, moment(this), moment(next)}
	if len(revoked) > 0 {
		parts = append(parts, tlv.Encode(0x30, revoked...))
	}
	parts = append(parts, tlv.Encode(0xa0, tlv.Encode(0x30,
		tlv.Encode(0x30, cms.MarshalOID("2.5.29.35"), tlv.Encode(0x04, tlv.Encode(0x30, tlv.Encode(0x80, a.CSCA.SubjectKeyID)))),
		tlv.Encode(0x30, cms.MarshalOID("2.5.29.20"), tlv.Encode(0x04, []byte{0x02, 0x01, 0x07})))))
	tbs := tlv.Encode(0x30, parts...)
	return tlv.Encode(0x30, tbs, signing.Algorithm, tlv.Encode(0x03, []byte{0}, sign(tb, signing, a.CSCAKey, tbs)))
}

func integer(v *big.Int) []byte {
	b := v.Bytes()
	if len(b) == 0 || b[0]&0x80 != 0 {
		b = append([]byte{0}, b...)
	}
	return tlv.Encode(0x02, b)
}

func sign(tb testing.TB, s *cms.Signing, key crypto.Signer, message []byte) []byte {
	tb.Helper()
	sig, err := s.Sign(key, message)
	if err != nil {
		tb.Fatal(err)
	}
	return sig
}
