package cert_test

import (
	"testing"

	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	. "github.com/chipid-toolkit/chipid/cardprofile/rule/ruletest"
)

// cases are the fixtures of the fields of a certificate; extensionCases join them.
var cases = map[string]Case{
	"cert.structure": change("csca", func(c *Cert) { c.At(0).Drop(Validity) }),
	"cert.der": change("csca", func(c *Cert) { // a length in two octets where one would do
		v := c.TBS(Serial).Value
		c.At(0).Children[Serial] = Raw(append([]byte{0x02, 0x81, byte(len(v))}, v...))
	}),
	"cert.version":             change("csca", func(c *Cert) { c.TBS(Version).At(0).Value = []byte{1} }),
	"cert.serial.positive":     change("csca", func(c *Cert) { c.TBS(Serial).Value = []byte{0} }),
	"cert.serial.length":       change("csca", func(c *Cert) { c.TBS(Serial).Value = append([]byte{1}, make([]byte, 20)...) }),
	"cert.serial.minimal":      change("csca", func(c *Cert) { c.TBS(Serial).Value = []byte{0, 1} }, "cert.der"),
	"cert.signature.same":      change("csca", func(c *Cert) { c.Children[1] = AlgorithmID("1.2.840.10045.4.3.3") }),
	"cert.signature.algorithm": change("csca", func(c *Cert) { c.Algorithm(AlgorithmID("1.3.101.112")) }),
	"cert.hash":                change("csca", func(c *Cert) { c.Algorithm(AlgorithmID("1.2.840.10045.4.1")) }),
	"cert.pss.parameters": change("rsa", func(c *Cert) {
		c.TBS(Signature).At(1).Children = []*Node{New(0xa3, nil, New(2, []byte{2}))}
		c.Algorithm(c.TBS(Signature))
	}, "cert.hash"),
	"cert.pss.mask": change("rsa", func(c *Cert) {
		c.TBS(Signature).At(1, 2, 0).Value = []byte{20}
		c.Algorithm(c.TBS(Signature))
	}),
	"cert.pss.recommended": change("rsa", func(c *Cert) { c.Algorithm(AlgorithmID("1.2.840.113549.1.1.11", New(5, nil))) }),
	"cert.rsa.null":        change("rsa", func(c *Cert) { c.Algorithm(AlgorithmID("1.2.840.113549.1.1.11")) }, "cert.pss.recommended"),
	"cert.name.country":    change("ds", func(c *Cert) { c.TBS(Subject).Drop(0) }),
	"cert.name.country.letters": change("csca", func(c *Cert) {
		c.TBS(Issuer).Children[0] = Attribute("2.5.4.6", 0x13, "VNM")
		c.TBS(Subject).Children[0] = Attribute("2.5.4.6", 0x13, "VNM")
	}),
	"cert.name.country.upper":     change("csca", func(c *Cert) { c.TBS(Subject).Children[0] = Attribute("2.5.4.6", 0x13, "vn") }),
	"cert.name.country.printable": change("csca", func(c *Cert) { c.TBS(Subject).Children[0] = Attribute("2.5.4.6", 0x0c, "VN") }),
	"cert.name.country.match":     change("ds", func(c *Cert) { c.TBS(Subject).Children[0] = Attribute("2.5.4.6", 0x13, "LA") }),
	"cert.name.common":            change("ds", func(c *Cert) { c.TBS(Subject).Children = c.TBS(Subject).Children[:2] }),
	"cert.name.serial":            change("ds", func(c *Cert) { c.TBS(Subject).Add(Attribute("2.5.4.5", 0x0c, "1")) }),
	"cert.name.strings":           change("ds", func(c *Cert) { c.TBS(Subject).Children[1] = Attribute("2.5.4.10", 0x14, "Authority") }),
	"cert.name.content":           change("ds", func(c *Cert) { c.TBS(Subject).Children[1] = Attribute("2.5.4.10", 0x13, "A&B") }),
	"cert.validity.zulu":          change("csca", func(c *Cert) { c.TBS(Validity).At(0).Value = []byte("261101000000+0000") }),
	"cert.validity.seconds":       change("csca", func(c *Cert) { c.TBS(Validity).At(0).Value = []byte("2611010000Z") }),
	"cert.validity.utctime":       change("csca", func(c *Cert) { c.TBS(Validity).Children[0] = New(0x18, []byte("20261101000000Z")) }),
	"cert.validity.fraction":      change("csca", func(c *Cert) { c.TBS(Validity).Children[1] = New(0x18, []byte("20510101000000.5Z")) }),
	"cert.validity.form":          change("csca", func(c *Cert) { c.TBS(Validity).At(1).Value = []byte("419901000000Z") }),
	"cert.validity.order": change("ml", func(c *Cert) {
		c.Without(pkup)
		c.TBS(Validity).At(1).Value = []byte("200101000000Z")
	}),
	"cert.key":           change("csca", func(c *Cert) { c.TBS(Key).Drop(1) }),
	"cert.key.algorithm": change("csca", func(c *Cert) { c.TBS(Key).Children[0] = AlgorithmID("1.3.101.112") }),
	"cert.key.rsa.null":  change("rsa", func(c *Cert) { c.TBS(Key).At(0).Drop(1) }),
	"cert.key.length": change("rsa", func(c *Cert) {
		c.TBS(Key).At(1).Value = append([]byte{0}, tlv.Encode(0x30, tlv.Encode(2, make([]byte, 120), []byte{1}), []byte{2, 1, 3})...)
	}),
	"cert.key.ec.explicit": change("csca", func(c *Cert) { c.TBS(Key).At(0).Children[1] = OID("1.3.36.3.3.2.8.1.1.7") }),
	"cert.key.ec.cofactor": change("csca", func(c *Cert) { p := c.TBS(Key).At(0, 1); p.Drop(len(p.Children) - 1) }),
	"cert.key.ec.uncompressed": {
		Make: func(tb testing.TB) []byte { return base(tb, "csca") },
		Bad: func(tb testing.TB) []byte {
			c := Certificate(tb, base(tb, "csca"))
			key, _, err := ecc.ParseSPKI(c.TBS(Key).Bytes())
			if err != nil {
				tb.Fatal(err)
			}
			form := byte(2 + key.Y.Bit(0))
			c.TBS(Key).At(1).Value = append([]byte{0, form}, key.X.FillBytes(make([]byte, 32))...)
			return c.Bytes()
		},
	},
	"cert.key.ec.curve": change("csca", func(c *Cert) { // another b
		b := c.TBS(Key).At(0, 1, 2, 1).Value
		b[len(b)-1] ^= 1
	}),
	"cert.key.ecdsa": {
		Kind: kinds["bcs"],
		Make: func(tb testing.TB) []byte { return base(tb, "bcs") },
		Bad: func(tb testing.TB) []byte {
			c := Certificate(tb, base(tb, "bcs"))
			c.At(0).Children[Key] = Certificate(tb, base(tb, "rsa")).TBS(Key)
			return c.Bytes()
		},
	},
	"cert.uniqueid.issuer":    change("csca", func(c *Cert) { c.At(0).Insert(7, New(0x81, []byte{0, 1})) }),
	"cert.uniqueid.subject":   change("csca", func(c *Cert) { c.At(0).Insert(7, New(0x82, []byte{0, 1})) }),
	"cert.extensions":         change("bcs", func(c *Cert) { c.At(0).Drop(7) }, "cert.aki", "cert.eku"),
	"cert.extensions.default": change("csca", func(c *Cert) { c.SpellFalse(ski) }),
	"cert.extensions.once":    change("csca", func(c *Cert) { c.List.Add(c.List.Children[1]) }),
	"cert.extensions.private": change("csca", func(c *Cert) { c.Set("2.999.1", true, []byte{5, 0}) }),
	"cert.lds2.common":        change("lds2", func(c *Cert) { c.TBS(Subject).Children[1] = Attribute("2.5.4.3", 0x13, "TEN LETTER") }),
	"cert.subject.attributes": change("bcs", func(c *Cert) { c.TBS(Subject).Add(Attribute("2.5.4.10", 0x13, "Authority")) }),
	"cert.barcode.common":     change("bcs", func(c *Cert) { c.TBS(Subject).Children[1] = Attribute("2.5.4.3", 0x13, "ab") }),
	"cert.lds2.extensions":    change("lds2", func(c *Cert) { c.Set(ski, false, []byte{4, 1, 1}) }),
	"cert.barcode.extensions": change("bcs", func(c *Cert) { c.Set(ski, false, []byte{4, 1, 1}) }),
}

func init() {
	for id, c := range extensionCases {
		cases[id] = c
	}
}

var null = []byte{5, 0}

// bits is a keyUsage.
func bits(unused byte, b ...byte) []byte { return tlv.Encode(3, append([]byte{unused}, b...)) }

func email() []byte { return tlv.Encode(0x81, []byte("csca@example.org")) }

func directory(attributes ...*Node) []byte { return tlv.Encode(0xa4, Name(attributes...).Bytes()) }

func state() *Node { return Attribute("2.5.4.7", 0x13, "VNM") }

// both sets both alternative names.
func both(names ...[]byte) func(c *Cert) {
	return func(c *Cert) {
		for _, id := range []string{san, ian} {
			c.Set(id, false, tlv.Encode(0x30, names...))
		}
	}
}

func point(parts ...[]byte) []byte { return tlv.Encode(0x30, tlv.Encode(0x30, parts...)) }

func at(url string) []byte { return tlv.Encode(0xa0, tlv.Encode(0xa0, tlv.Encode(0x86, []byte(url)))) }

var extensionCases = map[string]Case{
	"cert.aki":          change("ds", func(c *Cert) { c.Without(aki) }),
	"cert.aki.critical": change("ds", func(c *Cert) { c.Critical(aki, true) }),
	"cert.aki.keyid":    change("ds", func(c *Cert) { c.Set(aki, false, tlv.Encode(0x30)) }),
	"cert.aki.pair": change("ds", func(c *Cert) {
		c.Set(aki, false, tlv.Encode(0x30, tlv.Encode(0x80, []byte{1}), tlv.Encode(0x82, []byte{1})))
	}),
	"cert.ski":              change("csca", func(c *Cert) { c.Without(ski) }),
	"cert.ski.critical":     change("csca", func(c *Cert) { c.Critical(ski, true) }),
	"cert.ski.keyid":        change("csca", func(c *Cert) { c.Set(ski, false, []byte{4, 0}) }),
	"cert.ku":               change("ds", func(c *Cert) { c.Without(ku) }),
	"cert.ku.critical":      change("ds", func(c *Cert) { c.Critical(ku, false) }),
	"cert.ku.certsign":      change("csca", func(c *Cert) { c.Set(ku, true, bits(1, 0x02)) }),
	"cert.ku.crlsign":       change("csca", func(c *Cert) { c.Set(ku, true, bits(2, 0x04)) }),
	"cert.ku.authority":     change("csca", func(c *Cert) { c.Set(ku, true, bits(1, 0x86)) }),
	"cert.ku.signature":     change("ds", func(c *Cert) { c.Set(ku, true, bits(0)) }),
	"cert.ku.signer":        change("ds", func(c *Cert) { c.Set(ku, true, bits(6, 0xc0)) }),
	"cert.ku.communication": change("spoc", func(c *Cert) { c.Set(ku, true, bits(6, 0xc0)) }),
	"cert.pkup":             change("ds", func(c *Cert) { c.Without(pkup) }),
	"cert.pkup.critical":    change("ds", func(c *Cert) { c.Critical(pkup, true) }),
	"cert.pkup.bound":       change("ds", func(c *Cert) { c.Set(pkup, false, tlv.Encode(0x30)) }),
	"cert.pkup.time":        change("ds", func(c *Cert) { c.Set(pkup, false, tlv.Encode(0x30, tlv.Encode(0x81, []byte("270101000000Z")))) }),
	"cert.pkup.within": change("ds", func(c *Cert) {
		c.Set(pkup, false, tlv.Encode(0x30, tlv.Encode(0x80, []byte("20261001000000Z")), tlv.Encode(0x81, []byte("20270101000000Z"))))
	}),
	"cert.lifetime": change("csca", func(c *Cert) {
		c.Set(pkup, false, tlv.Encode(0x30, tlv.Encode(0x81, []byte("20300101000000Z"))))
		c.TBS(Validity).At(1).Value = []byte("300101000000Z")
	}),
	"cert.usage.ds":             change("ds", func(c *Cert) { c.Set(pkup, false, tlv.Encode(0x30, tlv.Encode(0x81, []byte("20280101000000Z")))) }),
	"cert.usage.csca":           change("csca", func(c *Cert) { c.Set(pkup, false, tlv.Encode(0x30, tlv.Encode(0x81, []byte("20350101000000Z")))) }),
	"cert.policies.critical":    change("ds", func(c *Cert) { c.Set(policies, true, tlv.Encode(0x30, tlv.Encode(0x30, cms.MarshalOID("2.999.2")))) }),
	"cert.policies.information": change("ds", func(c *Cert) { c.Set(policies, false, tlv.Encode(0x30)) }),
	"cert.policymappings":       change("ds", func(c *Cert) { c.Set("2.5.29.33", true, tlv.Encode(0x30)) }),
	"cert.subjectdirectory":     change("ds", func(c *Cert) { c.Set("2.5.29.9", false, tlv.Encode(0x30)) }),
	"cert.nameconstraints":      change("csca", func(c *Cert) { c.Set("2.5.29.30", true, tlv.Encode(0x30)) }),
	"cert.policyconstraints":    change("csca", func(c *Cert) { c.Set("2.5.29.36", true, tlv.Encode(0x30)) }),
	"cert.inhibitpolicy":        change("csca", func(c *Cert) { c.Set("2.5.29.54", true, []byte{2, 1, 0}) }),
	"cert.freshestcrl":          change("csca", func(c *Cert) { c.Set("2.5.29.46", false, point(at("http://example.org/delta"))) }),
	"cert.netscape":             change("csca", func(c *Cert) { c.Set("2.16.840.1.113730.1.1", false, bits(0, 1)) }),
	"cert.internet.critical":    change("ds", func(c *Cert) { c.Set(aia, true, tlv.Encode(0x30)) }, "cert.extensions.private"),
	"cert.san":                  change("ds", func(c *Cert) { c.Without(san) }),
	"cert.san.critical":         change("ds", func(c *Cert) { c.Critical(san, true) }),
	"cert.ian":                  change("ds", func(c *Cert) { c.Without(ian) }),
	"cert.ian.critical":         change("ds", func(c *Cert) { c.Critical(ian, true) }),
	"cert.altname":              change("ds", both(), "cert.altname.contact", "cert.altname.directory"),
	"cert.altname.contact":      change("ds", both(directory(state()))),
	"cert.altname.directory":    change("ds", both(email())),
	"cert.altname.locality":     change("ds", both(email(), directory(Attribute("2.5.4.7", 0x13, "Ha Noi")))),
	"cert.altname.state":        change("ds", both(email(), directory(state(), Attribute("2.5.4.8", 0x13, "HK")))),
	"cert.altname.attributes":   change("ds", both(email(), directory(state(), Attribute("2.5.4.6", 0x13, "VN")))),
	"cert.altname.same": change("csca", func(c *Cert) {
		c.Set(ian, false, tlv.Encode(0x30, tlv.Encode(0x81, []byte("old@example.org")), directory(state())))
	}),
	"cert.bc":                change("csca", func(c *Cert) { c.Without(bc) }),
	"cert.bc.critical":       change("csca", func(c *Cert) { c.Critical(bc, false) }),
	"cert.bc.ca":             change("csca", func(c *Cert) { c.Set(bc, true, tlv.Encode(0x30, []byte{2, 1, 0})) }),
	"cert.bc.pathlen":        change("csca", func(c *Cert) { c.Set(bc, true, tlv.Encode(0x30, []byte{1, 1, 0xff})) }),
	"cert.bc.pathlen.zero":   change("link", func(c *Cert) { c.Set(bc, true, tlv.Encode(0x30, []byte{1, 1, 0xff}, []byte{2, 1, 1})) }),
	"cert.bc.absent":         change("ds", func(c *Cert) { c.Set(bc, true, tlv.Encode(0x30)) }),
	"cert.eku.absent":        change("ds", func(c *Cert) { c.Set(eku, true, purposes("2.999.3")) }),
	"cert.eku":               change("ml", func(c *Cert) { c.Without(eku) }),
	"cert.eku.critical":      change("ml", func(c *Cert) { c.Critical(eku, false) }),
	"cert.eku.masterlist":    change("ml", func(c *Cert) { c.Set(eku, true, purposes("2.999.3")) }),
	"cert.eku.deviationlist": change("dl", func(c *Cert) { c.Set(eku, true, purposes("2.23.136.1.1.3")) }),
	"cert.eku.lds2":          change("lds2", func(c *Cert) { c.Set(eku, true, purposes("2.23.136.1.1.9.8.1", "2.23.136.1.1.3")) }),
	"cert.eku.barcode":       change("bcs", func(c *Cert) { c.Set(eku, true, purposes("2.999.3")) }),
	"cert.crldp":             change("ds", func(c *Cert) { c.Without(crldp) }),
	"cert.crldp.critical":    change("ds", func(c *Cert) { c.Critical(crldp, true) }),
	"cert.crldp.point":       change("ds", func(c *Cert) { c.Set(crldp, false, tlv.Encode(0x30)) }),
	"cert.crldp.scheme":      change("ds", func(c *Cert) { c.Set(crldp, false, point(at("ftp://example.org/crl"))) }),
	"cert.crldp.reasons": change("ds", func(c *Cert) {
		c.Set(crldp, false, point(at("http://example.org/crl"), tlv.Encode(0x81, []byte{1, 2})))
	}),
	"cert.crldp.issuer": change("ds", func(c *Cert) {
		c.Set(crldp, false, point(at("http://example.org/crl"), tlv.Encode(0xa2, directory(state()))))
	}),
	"cert.namechange.absent":      change("ds", func(c *Cert) { c.Set(nameChange, false, null) }),
	"cert.namechange.critical":    change("csca", func(c *Cert) { c.Set(nameChange, true, null) }),
	"cert.namechange.null":        change("csca", func(c *Cert) { c.Set(nameChange, false, []byte{2, 1, 0}) }),
	"cert.namechange":             change("link", func(c *Cert) { c.TBS(Issuer).Add(Attribute("2.5.4.11", 0x0c, "as it was called")) }),
	"cert.documenttypes":          change("ds", func(c *Cert) { c.Without(documentTypes) }),
	"cert.documenttypes.absent":   change("csca", func(c *Cert) { c.Set(documentTypes, false, codes(0, New(0x13, []byte("P")))) }),
	"cert.documenttypes.critical": change("ds", func(c *Cert) { c.Critical(documentTypes, true) }),
	"cert.documenttypes.version":  change("ds", func(c *Cert) { c.Set(documentTypes, false, codes(1, New(0x13, []byte("P")))) }),
	"cert.documenttypes.code":     change("ds", func(c *Cert) { c.Set(documentTypes, false, codes(0, New(0x13, []byte("PAS")))) }),
	"cert.spoc.dns":               change("spoc", func(c *Cert) { c.Set(eku, true, purposes("2.23.136.1.1.10.2")) }),
	"cert.spoc.crldp":             change("spoc", func(c *Cert) { c.Without(crldp) }),
}

func codes(version byte, types ...*Node) []byte {
	return tlv.Encode(0x30, []byte{2, 1, version}, New(0x31, nil, types...).Bytes())
}
