package document_test

import (
	"bytes"
	"crypto"
	"encoding/asn1"
	"maps"
	"math/big"
	"slices"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/apdu/pace"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/pki/pkitest"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/cert"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/crl"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/document"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/ruletest"
	made "github.com/chipid-toolkit/chipid/testcards/document"
)

// lying is objects that lie together.
type lying struct {
	files map[lint.Kind][]byte
	certs [][]byte
	crls  [][]byte
}

func (l *lying) lint() []lint.Finding {
	var certs []*cert.Certificate
	for _, c := range l.certs {
		certs = append(certs, cert.Read(c))
	}
	var lists []*crl.List
	for _, c := range l.crls {
		lists = append(lists, crl.Read(c))
	}
	return document.Lint(l.files, certs, lists)
}

var (
	aidLDS1 = []byte("\xa0\x00\x00\x02\x47\x10\x01")
	aidLDS2 = []byte("\xa0\x00\x00\x02\x47\x20\x01")
)

// good is a whole document with all protocols and LDS2's files, its CSCA, another
// signer and a CRL.
func good(tb testing.TB) *lying {
	tb.Helper()
	id := func(mapping int) asn1.ObjectIdentifier {
		return asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 2, 2, 4, mapping, 2}
	}
	a := pkitest.NewAuthority(tb, pkitest.Options{Country: "UT", State: "UTO"})
	d := made.New(tb, made.Options{
		Authority: a, PACE: []pace.Params{{OID: id(2), ParameterID: 12}, {OID: id(6), ParameterID: 12}},
		CA: []made.ChipAuth{{Parameters: 12, Ciphers: []mac.Cipher{mac.AES128}, ID: 1}},
		AA: &made.ActiveAuth{Curve: "P-256", Hash: crypto.SHA256},
	})
	l := &lying{files: map[lint.Kind][]byte{}}
	for _, f := range d.Files {
		l.files[lint.Kind(f.Name)] = f.Bytes
	}
	dir, err := lds.EncodeDIR(aidLDS1, aidLDS2)
	if err != nil {
		tb.Fatal(err)
	}
	info, err := lds.EncodeATRInfo(1000, 1000)
	if err != nil {
		tb.Fatal(err)
	}
	l.files[lint.DIR], l.files[lint.ATRInfo] = dir, info
	l.files[lint.CardSecurity] = a.Sign(tb, withDIR(tb, l, dir), pkitest.SignedOptions{ContentType: cms.OIDSecurityObject, SigningTime: pkitest.Epoch.AddDate(0, 0, 2)})
	l.certs = [][]byte{a.CSCA.Raw, a.DS.Raw}
	l.crls = [][]byte{a.CRL(tb, pkitest.Epoch, pkitest.Epoch.AddDate(0, 0, 30), big.NewInt(5))}
	return l
}

// withDIR is the content of EF.CardSecurity with a copy of EF.DIR.
func withDIR(tb testing.TB, l *lying, dir []byte) []byte {
	tb.Helper()
	sd, err := cms.Parse(l.files[lint.CardSecurity])
	if err != nil {
		tb.Fatal(err)
	}
	n := ruletest.Parse(tb, sd.Content)
	if dir != nil {
		n.Add(ruletest.New(0x30, nil, ruletest.OID("2.23.136.1.1.13"), ruletest.New(4, dir)))
	}
	slices.SortFunc(n.Children, func(x, y *ruletest.Node) int { return bytes.Compare(x.Bytes(), y.Bytes()) })
	return n.Bytes()
}

// object changes the LDSSecurityObject in EF.SOD.
func object(f func(n *ruletest.Node)) func(testing.TB, *lying) {
	return signed(lint.SOD, func(tb testing.TB, info *ruletest.Node) {
		content := info.At(1, 0, 2, 1, 0)
		n := ruletest.Parse(tb, content.Value)
		f(n)
		content.Value = n.Bytes()
	})
}

// signed changes the ContentInfo of a signed file.
func signed(kind lint.Kind, f func(tb testing.TB, info *ruletest.Node)) func(testing.TB, *lying) {
	return func(tb testing.TB, l *lying) {
		n := ruletest.Parse(tb, l.files[kind])
		info := n
		if kind == lint.SOD {
			info = n.At(0)
		}
		f(tb, info)
		l.files[kind] = n.Bytes()
	}
}

// signer changes the documentTypeList, or another extension, of EF.SOD's signer.
func signer(id string, value []byte) func(testing.TB, *lying) {
	return signed(lint.SOD, func(tb testing.TB, info *ruletest.Node) {
		list := info.At(1, 0, 3)
		c := ruletest.Certificate(tb, list.At(0).Bytes())
		c.Set(id, false, value)
		list.Children[0] = ruletest.Parse(tb, c.Bytes())
	})
}

// drop takes the entries of a SET of SecurityInfos out that begin with a protocol.
func drop(tb testing.TB, set []byte, protocol string) []byte {
	tb.Helper()
	n := ruletest.Parse(tb, set)
	oid := cms.MarshalOID(protocol)[2:]
	n.Children = slices.DeleteFunc(n.Children, func(i *ruletest.Node) bool { return bytes.HasPrefix(i.At(0).Value, oid) })
	return n.Bytes()
}

const pacePrefix, aaPrefix, idDIR = "0.4.0.127.0.7.2.2.4.2.2", "2.23.136.1.1.5", "2.23.136.1.1.13"

var cases = map[string]struct {
	change func(tb testing.TB, l *lying)
	also   []string
}{
	"document.com.sod": {func(tb testing.TB, l *lying) {
		com, err := lds.EncodeCOM("0108", "040000", []int{1, 2, 3, 14, 15})
		if err != nil {
			tb.Fatal(err)
		}
		l.files[lint.COM] = com
	}, nil},
	"document.com.files": {func(_ testing.TB, l *lying) { l.files[lint.DG(13)] = []byte{0x6d, 0} }, []string{"document.sod.files"}},
	"document.sod.files": {object(func(n *ruletest.Node) { n.At(2).Drop(3) }), []string{"document.com.sod"}},
	"document.sod.hash":  {object(func(n *ruletest.Node) { n.At(2, 0, 1).Value[0] ^= 1 }), nil},
	"document.mandatory": {func(_ testing.TB, l *lying) { delete(l.files, lint.DG(2)) }, nil},
	"document.versions":  {object(func(n *ruletest.Node) { n.At(3, 0).Value = []byte("0109") }), nil},
	"document.dg14.cardaccess": {func(tb testing.TB, l *lying) {
		n := ruletest.Parse(tb, l.files[lint.DG(14)])
		n.Children[0] = ruletest.Parse(tb, drop(tb, n.At(0).Bytes(), pacePrefix))
		l.files[lint.DG(14)] = n.Bytes()
	}, []string{"document.sod.hash"}},
	"document.cardsecurity.cardaccess": {signed(lint.CardSecurity, func(tb testing.TB, info *ruletest.Node) {
		content := info.At(1, 0, 2, 1, 0)
		content.Value = drop(tb, content.Value, pacePrefix)
	}), nil},
	"document.dg14.required": {func(tb testing.TB, l *lying) {
		delete(l.files, lint.DG(14))
		object(func(n *ruletest.Node) { n.At(2).Drop(2) })(tb, l)
	}, []string{"document.aa.info", "document.com.sod"}},
	"document.cardsecurity.required": {func(_ testing.TB, l *lying) { delete(l.files, lint.CardSecurity) }, nil},
	"document.aa.info": {func(tb testing.TB, l *lying) {
		n := ruletest.Parse(tb, l.files[lint.DG(14)])
		n.Children[0] = ruletest.Parse(tb, drop(tb, n.At(0).Bytes(), aaPrefix))
		l.files[lint.DG(14)] = n.Bytes()
	}, []string{"document.sod.hash"}},
	"document.efdir": {signed(lint.CardSecurity, func(tb testing.TB, info *ruletest.Node) {
		content := info.At(1, 0, 2, 1, 0)
		content.Value = drop(tb, content.Value, idDIR)
	}), nil},
	"document.lds2.atrinfo": {func(_ testing.TB, l *lying) { delete(l.files, lint.ATRInfo) }, nil},
	"document.lds2.buffers": {func(tb testing.TB, l *lying) {
		info, err := lds.EncodeATRInfo(999, 1000)
		if err != nil {
			tb.Fatal(err)
		}
		l.files[lint.ATRInfo] = info
	}, nil},
	"document.type":  {signer("2.23.136.1.1.6.2", tlv.Encode(0x30, []byte{2, 1, 0}, tlv.Encode(0x31, []byte{0x13, 1, 'P'}))), nil},
	"document.state": {signer("2.5.29.17", tlv.Encode(0x30, tlv.Encode(0xa4, ruletest.Name(ruletest.Attribute("2.5.4.7", 0x13, "XOM")).Bytes()))), nil},
	"document.39794": {signed(lint.SOD, func(_ testing.TB, info *ruletest.Node) {
		for _, a := range info.At(1, 0, 4, 0, 3).Children {
			if a.At(1, 0).Tag == 0x17 {
				a.At(1, 0).Value = []byte("300102000000Z")
			}
		}
	}), nil},
	"document.crl.key": {func(tb testing.TB, l *lying) {
		c := ruletest.Certificate(tb, l.certs[0])
		c.Set("2.5.29.14", false, []byte{4, 2, 1, 2})
		l.certs[0] = c.Bytes()
	}, nil},
	"document.serial": {func(tb testing.TB, l *lying) {
		c := ruletest.Certificate(tb, l.certs[1])
		c.TBS(ruletest.Subject).Add(ruletest.Attribute("2.5.4.11", 0x0c, "again"))
		l.certs = append(l.certs, c.Bytes())
	}, nil},
	"document.lifetime": {func(tb testing.TB, l *lying) {
		c := ruletest.Certificate(tb, l.certs[0])
		c.TBS(ruletest.Validity).At(1).Value = []byte("330101000000Z")
		l.certs[0] = c.Bytes()
	}, nil},
}

func TestRules(t *testing.T) {
	seen := map[string]bool{}
	for _, a := range document.Rules().Abouts() {
		seen[a.ID] = true
		c, ok := cases[a.ID]
		if !ok || a.Title.EN == "" || a.Title.VI == "" || a.Citation == "" {
			t.Errorf("%s: no fixture, or its description is not complete", a.ID)
			continue
		}
		t.Run(a.ID, func(t *testing.T) {
			l := good(t)
			if f := l.lint(); len(f) > 0 {
				t.Fatalf("the good document breaks %v", f)
			}
			l.files = maps.Clone(l.files)
			c.change(t, l)
			want := append([]string{a.ID}, c.also...)
			slices.Sort(want)
			var got []string
			for _, f := range l.lint() {
				got = append(got, f.Rule)
			}
			slices.Sort(got)
			if got = slices.Compact(got); !slices.Equal(got, want) {
				t.Errorf("the bad document breaks %v, not %v", got, want)
			}
		})
	}
	for id := range cases {
		if !seen[id] {
			t.Errorf("a fixture for %s, which is no rule", id)
		}
	}
}
