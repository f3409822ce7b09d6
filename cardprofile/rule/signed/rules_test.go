package signed_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/asn1"
	"slices"
	"sync"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu/pace"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cardprofile/pki/pkitest"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
	. "github.com/chipid-toolkit/chipid/cardprofile/rule/ruletest"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/signed"
	"github.com/chipid-toolkit/chipid/testcards/document"
)

// good are the correct objects, made once; rsa is an EF.SOD with RSASSA-PSS.
var good = struct {
	sync.Mutex
	raw  map[string][]byte
	csca *pki.Certificate // of the lists
	ds   *pki.Certificate // a Document Signer of theirs
}{raw: map[string][]byte{}}

var kinds = map[string]lint.Kind{"sod": lint.SOD, "rsa": lint.SOD, "cs": lint.CardSecurity, "ml": lint.MasterList, "dl": lint.DeviationList}

func base(tb testing.TB, name string) []byte {
	tb.Helper()
	good.Lock()
	defer good.Unlock()
	if len(good.raw) > 0 {
		return good.raw[name]
	}
	id := func(mapping int) asn1.ObjectIdentifier {
		return asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 2, 2, 4, mapping, 2}
	}
	d := document.New(tb, document.Options{PACE: []pace.Params{{OID: id(2), ParameterID: 12}, {OID: id(6), ParameterID: 12}}})
	for _, f := range d.Files {
		switch f.Name {
		case lds.NameSOD:
			good.raw["sod"] = f.Bytes
		case lds.NameCardSecurity:
			good.raw["cs"] = f.Bytes
		}
	}
	d = document.New(tb, document.Options{Authority: pkitest.NewAuthority(tb, pkitest.Options{Key: "RSA-2048"})})
	for _, f := range d.Files {
		if f.Name == lds.NameSOD {
			good.raw["rsa"] = f.Bytes
		}
	}
	a := pkitest.NewAuthority(tb, pkitest.Options{})
	good.csca, good.ds = a.CSCA, a.DS
	good.raw["ml"] = listOf(tb, a, "2.23.136.1.1.3", cms.OIDMasterList, masterList(a.CSCA.Raw))
	good.raw["dl"] = listOf(tb, a, "2.23.136.1.1.8", cms.OIDDeviationList, deviations(deviation(whole()...)))
	return good.raw[name]
}

// listOf is a list that a signer with this extended key usage has signed.
func listOf(tb testing.TB, a *pkitest.Authority, usage, contentType string, content []byte) []byte {
	tb.Helper()
	c := Certificate(tb, a.DS.Raw)
	c.Without("2.23.136.1.1.6.2")
	c.Set("2.5.29.37", true, tlv.Encode(0x30, cms.MarshalOID(usage)))
	signer, err := pki.ParseCertificate(c.Bytes())
	if err != nil {
		tb.Fatal(err)
	}
	return (&pkitest.Authority{DS: signer, DSKey: a.DSKey}).Sign(tb, content, pkitest.SignedOptions{
		ContentType: contentType, KeyID: true, SigningTime: pkitest.Epoch.AddDate(0, 0, 1),
		Certificates: []*pki.Certificate{signer, a.CSCA},
	})
}

func masterList(certs ...[]byte) []byte {
	certs = slices.Clone(certs)
	slices.SortFunc(certs, bytes.Compare)
	return tlv.Encode(0x30, []byte{2, 1, 0}, tlv.Encode(0x31, certs...))
}

func deviations(entries ...[]byte) []byte {
	return tlv.Encode(0x30, []byte{2, 1, 0}, tlv.Encode(0x31, entries...))
}

// whole are the parts of a good DeviationDocuments.
func whole() [][]byte {
	return [][]byte{
		tlv.Encode(0x80, []byte("P<")), tlv.Encode(0x82, []byte{1, 2, 3}),
		tlv.Encode(0xa4, tlv.Encode(0x18, []byte("20200101000000Z")), tlv.Encode(0x18, []byte("20200201000000Z"))),
		tlv.Encode(0xa5, tlv.Encode(0x13, []byte("C01X00T47"))),
	}
}

// deviation is one with these documents, and a data group's wrong hash.
func deviation(documents ...[]byte) []byte {
	return deviationOf("2.23.136.1.1.7.2.2", documents...)
}

func deviationOf(kind string, documents ...[]byte) []byte {
	return tlv.Encode(0x30, tlv.Encode(0x30, documents...), tlv.Encode(0x31, tlv.Encode(0x30,
		tlv.Encode(0x13, []byte("wrong hash")), cms.MarshalOID(kind), tlv.Encode(0xa0, []byte{2, 1, 12}))))
}

// Places in SignedData and SignerInfo.
const (
	version = iota
	digests
	content
	certificates
	signers
)

const (
	sid = iota + 1
	digest
	attributes
	algorithm
	signature
)

// object is a signed object to be changed.
type object struct {
	*Node
	info *Node // the ContentInfo
}

func (o *object) data(field int) *Node   { return o.info.At(1, 0, field) }
func (o *object) signer(field int) *Node { return o.info.At(1, 0, signers, 0, field) }
func (o *object) content() []byte        { return o.data(content).At(1, 0).Value }

// attribute is a signed attribute, its values.
func (o *object) attribute(id string) *Node {
	for _, a := range o.signer(attributes).Children {
		if bytes.Equal(a.At(0).Bytes(), cms.MarshalOID(id)) {
			return a
		}
	}
	return nil
}

const attrDigest, attrType, attrTime = "1.2.840.113549.1.9.4", "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.5"

func (o *object) dropAttribute(id string) {
	a := o.attribute(id)
	list := o.signer(attributes)
	list.Children = slices.DeleteFunc(list.Children, func(n *Node) bool { return n == a })
}

// setContent replaces the content, and its digest in the attributes.
func (o *object) setContent(b []byte) {
	o.data(content).At(1, 0).Value = b
	sum := sha256.Sum256(b)
	o.attribute(attrDigest).At(1, 0).Value = sum[:]
}

// signerCertificate changes the signer's certificate in the object.
func (o *object) signerCertificate(tb testing.TB, f func(c *Cert)) {
	list := o.data(certificates)
	c := Certificate(tb, list.At(0).Bytes())
	f(c)
	list.Children[0] = Parse(tb, c.Bytes())
}

// inside changes the content of EF.SOD, an LDSSecurityObject.
func inside(f func(n *Node), also ...string) Case {
	return change("sod", func(tb testing.TB, o *object) {
		n := Parse(tb, o.content())
		f(n)
		o.setContent(n.Bytes())
	}, also...)
}

// holding replaces the content of a list.
func holding(kind string, b func(tb testing.TB) []byte, also ...string) Case {
	return change(kind, func(tb testing.TB, o *object) { o.setContent(b(tb)) }, also...)
}

func change(kind string, f func(tb testing.TB, o *object), also ...string) Case {
	return Case{
		Kind: kinds[kind],
		Make: func(tb testing.TB) []byte { return base(tb, kind) },
		Bad: func(tb testing.TB) []byte {
			n := Parse(tb, base(tb, kind))
			o := &object{n, n}
			if n.Tag == 0x77 {
				o.info = n.At(0)
			}
			f(tb, o)
			return o.Bytes()
		},
		Also: also,
	}
}

func TestRules(t *testing.T) {
	Table(t, signed.Rules().Abouts(), cases, func(kind lint.Kind, object []byte) []lint.Finding { return signed.Lint(object, kind) })
}

func FuzzLint(f *testing.F) {
	for name := range kinds {
		f.Add(base(f, name))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, k := range kinds {
			signed.Lint(b, k)
		}
	})
}
