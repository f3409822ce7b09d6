package crl_test

import (
	"math/big"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/pki/pkitest"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/crl"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
	. "github.com/chipid-toolkit/chipid/cardprofile/rule/ruletest"
)

// Places in tbsCertList.
const (
	version = iota
	signature
	issuer
	thisUpdate
	nextUpdate
	revoked
	wrapper
)

const ian, number, aki = "2.5.29.18", "2.5.29.20", "2.5.29.35"

func base(tb testing.TB, key string) []byte {
	tb.Helper()
	a := pkitest.NewAuthority(tb, pkitest.Options{Key: key})
	return a.CRL(tb, pkitest.Epoch, pkitest.Epoch.AddDate(0, 0, 30), big.NewInt(7), big.NewInt(8))
}

// list is a CRL to be changed.
type list struct {
	*Node
	Extensions
}

func (l *list) tbs(field int) *Node { return l.At(0, field) }

func (l *list) algorithm(n *Node) { l.At(0).Children[signature], l.Children[1] = n, n }

// entry puts an extension into the first entry.
func (l *list) entry(id string) {
	l.tbs(revoked).At(0).Add(New(0x30, nil, New(0x30, nil, OID(id), New(0x04, []byte{5, 0}))))
}

func change(f func(l *list), also ...string) Case { return changeKey("P-256", f, also...) }

func changeKey(key string, f func(l *list), also ...string) Case {
	return Case{
		Kind: lint.CRL,
		Make: func(tb testing.TB) []byte { return base(tb, key) },
		Bad: func(tb testing.TB) []byte {
			n := Parse(tb, base(tb, key))
			l := &list{n, Extensions{List: n.At(0, wrapper, 0)}}
			f(l)
			return l.Bytes()
		},
		Also: also,
	}
}

var cases = map[string]Case{
	"crl.structure":           change(func(l *list) { l.At(0).Drop(issuer) }),
	"crl.der":                 change(func(l *list) { l.tbs(revoked).At(0).Children[0] = Raw([]byte{2, 0x81, 1, 7}) }),
	"crl.version":             change(func(l *list) { l.At(0).Drop(version) }),
	"crl.signature.same":      change(func(l *list) { l.Children[1] = AlgorithmID("1.2.840.10045.4.3.4") }),
	"crl.signature.algorithm": change(func(l *list) { l.algorithm(AlgorithmID("1.3.101.112")) }),
	"crl.hash":                change(func(l *list) { l.algorithm(AlgorithmID("1.2.840.10045.4.1")) }),
	"crl.pss.parameters": changeKey("RSA-2048", func(l *list) {
		l.algorithm(AlgorithmID("1.2.840.113549.1.1.10", New(0x30, nil, New(0xa3, nil, New(2, []byte{2})))))
	}, "crl.hash"),
	"crl.rsa.null":           changeKey("RSA-2048", func(l *list) { l.algorithm(AlgorithmID("1.2.840.113549.1.1.11")) }),
	"crl.issuer.country":     change(func(l *list) { l.tbs(issuer).Drop(0) }),
	"crl.issuer.upper":       change(func(l *list) { l.tbs(issuer).Children[0] = Attribute("2.5.4.6", 0x13, "vn") }),
	"crl.issuer.printable":   change(func(l *list) { l.tbs(issuer).Children[0] = Attribute("2.5.4.6", 0x0c, "VN") }),
	"crl.issuer.serial":      change(func(l *list) { l.tbs(issuer).Add(Attribute("2.5.4.5", 0x0c, "1")) }),
	"crl.issuer.strings":     change(func(l *list) { l.tbs(issuer).Children[1] = Attribute("2.5.4.10", 0x14, "Authority") }),
	"crl.update.zulu":        change(func(l *list) { l.tbs(thisUpdate).Value = []byte("261101000000+0000") }),
	"crl.update.seconds":     change(func(l *list) { l.tbs(nextUpdate).Value = []byte("2612010000Z") }),
	"crl.update.utctime":     change(func(l *list) { l.At(0).Children[thisUpdate] = New(0x18, []byte("20261101000000Z")) }),
	"crl.update.fraction":    change(func(l *list) { l.At(0).Children[nextUpdate] = New(0x18, []byte("20511101000000.5Z")) }, "crl.period"),
	"crl.update.form":        change(func(l *list) { l.tbs(nextUpdate).Value = []byte("269901000000Z") }),
	"crl.nextupdate":         change(func(l *list) { l.At(0).Drop(nextUpdate) }),
	"crl.period":             change(func(l *list) { l.tbs(nextUpdate).Value = []byte("270301000000Z") }),
	"crl.update.order":       change(func(l *list) { l.tbs(nextUpdate).Value = []byte("261001000000Z") }),
	"crl.revoked.empty":      change(func(l *list) { l.tbs(revoked).Children = nil }),
	"crl.extensions":         change(func(l *list) { l.At(0).Drop(wrapper) }, "crl.aki", "crl.number"),
	"crl.extensions.default": change(func(l *list) { l.SpellFalse(number) }),
	"crl.extensions.once":    change(func(l *list) { l.List.Add(l.List.Children[0]) }),
	"crl.aki":                change(func(l *list) { l.Without(aki) }),
	"crl.aki.critical":       change(func(l *list) { l.Critical(aki, true) }),
	"crl.aki.keyid":          change(func(l *list) { l.Set(aki, false, []byte{0x30, 0}) }),
	"crl.ian.critical": change(func(l *list) {
		l.Set(ian, true, tlv.Encode(0x30, tlv.Encode(0xa4, Name(Attribute("2.5.4.6", 0x13, "VN")).Bytes())))
	}),
	"crl.ian.names":           change(func(l *list) { l.Set(ian, false, tlv.Encode(0x30, tlv.Encode(0x81, []byte("csca@example.org")))) }),
	"crl.number":              change(func(l *list) { l.Without(number) }),
	"crl.number.critical":     change(func(l *list) { l.Critical(number, true) }),
	"crl.number.value":        change(func(l *list) { l.Set(number, false, []byte{2, 1, 0x80}) }),
	"crl.number.length":       change(func(l *list) { l.Set(number, false, tlv.Encode(2, append([]byte{1}, make([]byte, 20)...))) }),
	"crl.number.minimal":      change(func(l *list) { l.Set(number, false, []byte{2, 2, 0, 1}) }, "crl.der"),
	"crl.delta":               change(func(l *list) { l.Set("2.5.29.27", true, []byte{2, 1, 1}) }),
	"crl.issuingdistribution": change(func(l *list) { l.Set("2.5.29.28", true, []byte{0x30, 0}) }),
	"crl.freshestcrl":         change(func(l *list) { l.Set("2.5.29.46", false, []byte{0x30, 0}) }),
	"crl.private.critical":    change(func(l *list) { l.Set("2.999.1", true, []byte{5, 0}) }),
	"crl.entry.reason":        change(func(l *list) { l.entry("2.5.29.21") }),
	"crl.entry.hold":          change(func(l *list) { l.entry("2.5.29.23") }),
	"crl.entry.invalidity":    change(func(l *list) { l.entry("2.5.29.24") }),
	"crl.entry.issuer":        change(func(l *list) { l.entry("2.5.29.29") }),
}

func TestRules(t *testing.T) {
	Table(t, crl.Rules().Abouts(), cases, func(_ lint.Kind, object []byte) []lint.Finding { return crl.Lint(object) })
}

func FuzzLint(f *testing.F) {
	f.Add(base(f, "P-256"))
	f.Fuzz(func(t *testing.T, b []byte) { crl.Lint(b) })
}
