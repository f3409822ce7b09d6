package signed_test

import (
	"crypto/sha1" //nolint:gosec // the digest that a fixture must not use
	"testing"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	. "github.com/chipid-toolkit/chipid/cardprofile/rule/ruletest"
)

func sha1Sum(b []byte) []byte {
	sum := sha1.Sum(b)
	return sum[:]
}

// usage gives the signer another extended key usage.
func usage(kind, id string, also ...string) Case {
	return change(kind, func(tb testing.TB, o *object) {
		o.signerCertificate(tb, func(c *Cert) { c.Set("2.5.29.37", true, tlv.Encode(0x30, OID(id).Bytes())) })
	}, also...)
}

// listed is a deviation list with these documents.
func listed(documents ...[]byte) func(testing.TB) []byte {
	return func(testing.TB) []byte { return deviations(deviation(documents...)) }
}

var listCases = map[string]Case{
	"list.crls": change("dl", func(_ testing.TB, o *object) { o.info.At(1, 0).Insert(signers, New(0xa1, nil, New(0x30, nil))) }),
	"list.sid": change("ml", func(tb testing.TB, o *object) {
		c := Certificate(tb, o.data(certificates).At(0).Bytes())
		o.data(signers).At(0).Children[sid] = New(0x30, nil, c.TBS(Issuer), c.TBS(Serial))
		o.signer(version).Value = []byte{1}
	}),
	"list.signingtime":   change("ml", func(_ testing.TB, o *object) { o.dropAttribute(attrTime) }),
	"list.csca":          change("ml", func(_ testing.TB, o *object) { o.data(certificates).Drop(1) }),
	"masterlist.content": holding("ml", func(testing.TB) []byte { return tlv.Encode(0x30, []byte{2, 1, 0}) }),
	"masterlist.content.der": holding("ml", func(testing.TB) []byte {
		set := append([]byte{0x31, 0x83, 0, byte(len(good.csca.Raw) >> 8), byte(len(good.csca.Raw))}, good.csca.Raw...)
		return tlv.Encode(0x30, []byte{2, 1, 0}, set)
	}),
	"masterlist.version": holding("ml", func(testing.TB) []byte {
		return tlv.Encode(0x30, []byte{2, 1, 1}, tlv.Encode(0x31, good.csca.Raw))
	}),
	"masterlist.listed": holding("ml", func(testing.TB) []byte { return masterList(good.csca.Raw, good.ds.Raw) }),
	"masterlist.once":   holding("ml", func(testing.TB) []byte { return masterList(good.csca.Raw, good.csca.Raw) }),
	"masterlist.serial": holding("ml", func(tb testing.TB) []byte {
		c := Certificate(tb, good.csca.Raw)
		c.At(2).Value[9] ^= 1
		return masterList(good.csca.Raw, c.Bytes())
	}),
	"masterlist.signer": usage("ml", "2.23.136.1.1.8"),
	"masterlist.csca": change("ml", func(_ testing.TB, o *object) {
		o.data(certificates).Drop(1)
		o.setContent(masterList())
	}, "list.csca"),
	"deviationlist.content": holding("dl", func(testing.TB) []byte { return tlv.Encode(0x30, []byte{2, 1, 0}) }),
	"deviationlist.content.der": holding("dl", func(testing.TB) []byte {
		one, two := deviation(whole()...), deviationOf("2.23.136.1.1.7.4", whole()...)
		return deviations(one, two)
	}),
	"deviationlist.version": holding("dl", func(testing.TB) []byte {
		return tlv.Encode(0x30, []byte{2, 1, 1}, tlv.Encode(0x31, deviation(whole()...)))
	}),
	"deviationlist.digest":       holding("dl", listed(tlv.Encode(0x83, []byte{1, 2}))),
	"deviationlist.documenttype": holding("dl", listed(tlv.Encode(0x80, []byte("PAS")))),
	"deviationlist.period":       holding("dl", listed(tlv.Encode(0xa4, tlv.Encode(0x18, []byte("20200301000000Z")), tlv.Encode(0x18, []byte("20200201000000Z"))))),
	"deviationlist.numbers":      holding("dl", listed(tlv.Encode(0xa5, tlv.Encode(0x0c, []byte("C01X00T47"))))),
	"deviationlist.kind":         holding("dl", func(testing.TB) []byte { return deviations(deviationOf("2.999.5", whole()...)) }),
	"deviationlist.signer":       usage("dl", "2.23.136.1.1.3"),
	"deviationlist.unsigned":     change("dl", func(_ testing.TB, o *object) { o.data(signers).At(0).Add(New(0xa1, nil)) }),
}
