package infos_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/infos"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
	. "github.com/chipid-toolkit/chipid/cardprofile/rule/ruletest"
)

const (
	pace = "0.4.0.127.0.7.2.2.4"
	ca   = "0.4.0.127.0.7.2.2.3"
	ta   = "0.4.0.127.0.7.2.2.2"
	pkEC = "0.4.0.127.0.7.2.2.1.2"
	aa   = "2.23.136.1.1.5"
	dir  = "2.23.136.1.1.13"
)

func number(v byte) []byte { return []byte{2, 1, v} }

// info is one SecurityInfo.
func info(oid string, parts ...[]byte) []byte {
	return tlv.Encode(0x30, append([][]byte{cms.MarshalOID(oid)}, parts...)...)
}

// set sorts infos into a SET.
func set(items ...[]byte) []byte {
	items = slices.Clone(items)
	slices.SortFunc(items, bytes.Compare)
	return tlv.Encode(0x31, items...)
}

func key(tb testing.TB, explicit bool) []byte {
	tb.Helper()
	k, err := ecc.GenerateKey(ecc.BrainpoolP256r1(), nil)
	if err != nil {
		tb.Fatal(err)
	}
	pub, err := ecc.FromPublic(k.Public())
	if err != nil {
		tb.Fatal(err)
	}
	spki, err := ecc.MarshalSPKI(pub, explicit)
	if err != nil {
		tb.Fatal(err)
	}
	return spki
}

func domain() []byte {
	return tlv.Encode(0x30, cms.MarshalOID("1.2.840.10045.2.1"), ecc.BrainpoolP256r1().MarshalParameters())
}

// parts of the good files.
var (
	gm    = info(pace+".2.2", number(2), number(13))
	cam   = info(pace+".6.2", number(2), number(13))
	caAES = info(ca+".2.2", number(1), number(1))
	taOne = info(ta, number(1))
	aaOne = info(aa, number(1), cms.MarshalOID("0.4.0.127.0.7.1.1.4.1.3"))
)

func publicKey(tb testing.TB, id byte) []byte { return info(pkEC, key(tb, true), number(id)) }

// one is a case: what is in the good file, and what is in the bad one.
func one(kind lint.Kind, good, bad func(tb testing.TB) []byte, also ...string) Case {
	return Case{Kind: kind, Make: good, Bad: bad, Also: also}
}

func access(items ...[]byte) func(testing.TB) []byte {
	return func(testing.TB) []byte { return set(items...) }
}

// dg14 is one with chip authentication, without items that are replaced.
func dg14(items ...[]byte) func(testing.TB) []byte {
	return func(tb testing.TB) []byte { return set(append([][]byte{gm, publicKey(tb, 1)}, items...)...) }
}

func security(tb testing.TB) []byte { return set(gm, cam, publicKey(tb, 13)) }

var goodDG14 = dg14(caAES, taOne, aaOne)

var cases = map[string]Case{
	"securityinfos.structure": one(lint.CardAccess, access(gm), func(testing.TB) []byte { return gm }),
	"securityinfos.der": one(lint.CardAccess, access(gm, cam), func(testing.TB) []byte {
		return tlv.Encode(0x31, cam, gm)
	}),
	"securityinfos.trailing":         one(lint.CardAccess, access(gm), func(testing.TB) []byte { return append(set(gm), 0, 0) }),
	"securityinfos.entry":            one(lint.CardAccess, access(gm), access(gm, info(pace+".2.2"))),
	"securityinfos.pace":             one(lint.CardAccess, access(gm), access(taOne)),
	"securityinfos.pace.standard":    one(lint.CardAccess, access(gm), access(info(pace+".2.2", number(2), number(40)), info(pace+".2", domain(), number(40)))),
	"securityinfos.pace.protocol":    one(lint.CardAccess, access(gm), access(gm, info(pace+".5.2", number(2), number(13)))),
	"securityinfos.pace.version":     one(lint.CardAccess, access(gm), access(info(pace+".2.2", number(1), number(13)))),
	"securityinfos.pace.parameter":   one(lint.CardAccess, access(gm), access(gm, info(pace+".2.3", number(2)))),
	"securityinfos.pace.reserved":    one(lint.CardAccess, access(gm), access(gm, info(pace+".2.3", number(2), number(20)))),
	"securityinfos.pace.domain":      one(lint.CardAccess, access(gm), access(gm, info(pace+".2.3", number(2), number(40)))),
	"securityinfos.domain.protocol":  one(lint.CardAccess, access(gm), access(gm, info(pace+".1", domain(), number(40)))),
	"securityinfos.domain.parameter": one(lint.CardAccess, access(gm), access(gm, info(pace+".2", domain()), info(pace+".4", domain(), number(41)))),
	"securityinfos.domain.parameters": one(lint.CardAccess, access(gm),
		access(gm, info(pace+".2", number(1), number(40)))),
	"securityinfos.cam.key":     one(lint.CardSecurity, security, func(tb testing.TB) []byte { return set(gm, cam, publicKey(tb, 12)) }),
	"securityinfos.ca.version":  one(lint.DG(14), goodDG14, dg14(info(ca+".2.2", number(2), number(1)))),
	"securityinfos.ca.protocol": one(lint.DG(14), goodDG14, dg14(caAES, info(ca+".2.5", number(1), number(1)))),
	"securityinfos.ca.key":      one(lint.DG(14), goodDG14, dg14(caAES, info(ca+".2.3", number(1), number(2)))),
	"securityinfos.ca.info":     one(lint.DG(14), goodDG14, dg14()),
	"securityinfos.ca.keyid": one(lint.DG(14), goodDG14, func(tb testing.TB) []byte {
		return set(gm, caAES, publicKey(tb, 1), publicKey(tb, 1))
	}),
	"securityinfos.ca.explicit": one(lint.DG(14), goodDG14, func(tb testing.TB) []byte {
		return set(gm, caAES, info(pkEC, key(tb, false), number(1)))
	}),
	"securityinfos.ca.publickey": one(lint.DG(14), goodDG14, func(tb testing.TB) []byte {
		return set(gm, info(ca+".1.2", number(1), number(1)), info("0.4.0.127.0.7.2.2.1.1", key(tb, true), number(1)))
	}),
	"securityinfos.ta.version":   one(lint.DG(14), goodDG14, dg14(caAES, info(ta, number(2)))),
	"securityinfos.ta.protocol":  one(lint.DG(14), goodDG14, dg14(caAES, info(ta+".2.3", number(1)))),
	"securityinfos.aa.version":   one(lint.DG(14), goodDG14, dg14(caAES, info(aa, number(2), cms.MarshalOID("0.4.0.127.0.7.1.1.4.1.3")))),
	"securityinfos.aa.algorithm": one(lint.DG(14), goodDG14, dg14(caAES, info(aa, number(1), cms.MarshalOID("0.4.0.127.0.7.1.1.4.1.1")))),
	"securityinfos.efdir": one(lint.CardSecurity, security, func(tb testing.TB) []byte {
		return set(gm, cam, publicKey(tb, 13), info(dir, tlv.Encode(4, []byte{0x62, 0})))
	}),
}

func TestRules(t *testing.T) {
	var abouts []lint.About
	abouts = append(abouts, infos.Rules().Abouts()...)
	Table(t, abouts, cases, func(kind lint.Kind, object []byte) []lint.Finding { return infos.Lint(object, kind) })
}

// TestOneKeyWithoutIdentifier: the only key needs no keyId, here or there.
func TestOneKeyWithoutIdentifier(t *testing.T) {
	if f := infos.Lint(set(gm, info(ca+".2.2", number(1)), publicKey(t, 1)), lint.DG(14)); len(f) > 0 {
		t.Error(f)
	}
}

func FuzzLint(f *testing.F) {
	f.Add(goodDG14(f))
	f.Add(security(f))
	f.Add(access(gm, info(pace+".2", domain(), number(40)))(f))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, k := range []lint.Kind{lint.CardAccess, lint.CardSecurity, lint.DG(14)} {
			infos.Lint(b, k)
		}
	})
}
