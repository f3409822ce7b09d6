package signed_test

import (
	"testing"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	. "github.com/chipid-toolkit/chipid/cardprofile/rule/ruletest"
)

const sha256ID, sha1ID = "2.16.840.1.101.3.4.2.1", "1.3.14.3.2.26"

// cases are the fixtures; listCases join them.
var cases = map[string]Case{
	"signed.structure": change("sod", func(_ testing.TB, o *object) { o.info.Drop(1) }),
	"signed.der": change("ml", func(_ testing.TB, o *object) {
		o.data(certificates) // the order of attributes is DER's
		list := o.signer(attributes).Children
		list[0], list[1] = list[1], list[0]
	}),
	"signed.version": change("sod", func(_ testing.TB, o *object) { o.data(version).Value = []byte{1} }),
	"signed.digests": change("sod", func(_ testing.TB, o *object) { o.data(digests).Children[0] = AlgorithmID("2.16.840.1.101.3.4.2.2") }),
	"signed.contenttype": change("dl", func(_ testing.TB, o *object) {
		other := OID("2.999.4")
		o.data(content).Children[0], o.attribute(attrType).At(1).Children[0] = other, other
	}),
	"signed.content": change("dl", func(_ testing.TB, o *object) { o.data(content).Drop(1) }, "signed.attrs.messagedigest"),
	"signed.signers": change("ml", func(_ testing.TB, o *object) { o.data(signers).Children = nil }),
	"signed.signers.one": change("ml", func(_ testing.TB, o *object) {
		s := o.data(signers)
		s.Add(s.At(0))
	}),
	"signed.signer.version":     change("sod", func(_ testing.TB, o *object) { o.signer(version).Value = []byte{3} }),
	"signed.signer.certificate": change("cs", func(_ testing.TB, o *object) { o.info.At(1, 0).Drop(certificates) }),
	"signed.digest": change("dl", func(_ testing.TB, o *object) {
		weak := AlgorithmID(sha1ID)
		o.data(digests).Children[0], o.data(signers).At(0).Children[digest] = weak, weak
		o.attribute(attrDigest).At(1, 0).Value = sha1Sum(o.content())
	}, "signed.signature.digest"),
	"signed.digest.null":         change("sod", func(_ testing.TB, o *object) { o.data(digests).At(0).Add(New(5, nil)) }),
	"signed.signature.algorithm": change("sod", func(_ testing.TB, o *object) { o.data(signers).At(0).Children[algorithm] = AlgorithmID("1.3.101.112") }),
	"signed.signature.digest": change("sod", func(_ testing.TB, o *object) {
		o.data(signers).At(0).Children[algorithm] = AlgorithmID("1.2.840.10045.4.3.4")
	}),
	"signed.signature.null": change("rsa", func(_ testing.TB, o *object) {
		o.data(signers).At(0).Children[algorithm] = AlgorithmID("1.2.840.113549.1.1.11")
	}),
	"signed.pss.parameters":      change("rsa", func(_ testing.TB, o *object) { o.signer(algorithm).Drop(1) }),
	"signed.pss.mask":            change("rsa", func(_ testing.TB, o *object) { o.signer(algorithm).At(1, 2, 0).Value = []byte{20} }),
	"signed.signature":           change("sod", func(_ testing.TB, o *object) { o.signer(signature).Value = nil }),
	"signed.attrs":               change("sod", func(_ testing.TB, o *object) { o.data(signers).At(0).Drop(attributes) }),
	"signed.attrs.contenttype":   change("sod", func(_ testing.TB, o *object) { o.dropAttribute(attrType) }),
	"signed.attrs.messagedigest": change("sod", func(_ testing.TB, o *object) { o.attribute(attrDigest).At(1, 0).Value[0] ^= 1 }),
	"signed.attrs.signingtime":   change("sod", func(_ testing.TB, o *object) { o.attribute(attrTime).At(1, 0).Value = []byte("2611020000Z") }),
	"signed.signer.key": change("rsa", func(_ testing.TB, o *object) {
		o.data(signers).At(0).Children[algorithm] = AlgorithmID("1.2.840.10045.4.3.2")
	}),
	"signed.signer.period": change("sod", func(_ testing.TB, o *object) { o.attribute(attrTime).At(1, 0).Value = []byte("300101000000Z") }),
	"signed.signer.role": change("sod", func(tb testing.TB, o *object) {
		o.signerCertificate(tb, func(c *Cert) { c.Set("2.5.29.37", true, tlv.Encode(0x30, OID("2.23.136.1.1.3").Bytes())) })
	}),
	"signed.crls":     change("sod", func(_ testing.TB, o *object) { o.info.At(1, 0).Insert(signers, New(0xa1, nil, New(0x30, nil))) }),
	"signed.trailing": change("sod", func(_ testing.TB, o *object) { o.Node.Raw = append(o.Bytes(), 0, 0) }),
	"sod.tag":         change("sod", func(_ testing.TB, o *object) { o.Node.Raw = o.info.Bytes() }),
	"sod.sid": change("sod", func(tb testing.TB, o *object) {
		id := Certificate(tb, o.data(certificates).At(0).Bytes()).Extensions.Value("2.5.29.14")
		o.data(signers).At(0).Children[sid] = New(0x80, id[2:])
		o.signer(version).Value = []byte{3}
	}),
	"sod.unsigned": change("sod", func(_ testing.TB, o *object) { o.data(signers).At(0).Add(New(0xa1, nil)) }),
	"sod.content":  inside(func(n *Node) { n.Drop(1) }),
	"sod.content.der": inside(func(n *Node) { // a hash with its length in two octets
		h := n.At(2, 0, 1).Value
		n.At(2, 0).Children[1] = Raw(append([]byte{4, 0x81, byte(len(h))}, h...))
	}),
	"sod.version":        inside(func(n *Node) { n.At(0).Value = []byte{2} }, "sod.versioninfo"),
	"sod.version.legacy": inside(func(n *Node) { n.At(0).Value = []byte{0}; n.Drop(3) }),
	"sod.versioninfo":    inside(func(n *Node) { n.Drop(3) }),
	"sod.ldsversion":     inside(func(n *Node) { n.At(3, 0).Value = []byte("1.8") }),
	"sod.unicodeversion": inside(func(n *Node) { n.At(3, 1).Value = []byte("4.0.0") }),
	"sod.hash": inside(func(n *Node) {
		n.Children[1] = AlgorithmID(sha1ID)
		for _, g := range n.At(2).Children {
			g.At(1).Value = make([]byte, 20)
		}
	}),
	"sod.hash.null":       inside(func(n *Node) { n.At(1).Add(New(5, nil)) }),
	"sod.groups":          inside(func(n *Node) { n.At(2).Children = n.At(2).Children[:1] }, "sod.group.mandatory"),
	"sod.group.number":    inside(func(n *Node) { n.At(2).Add(New(0x30, nil, New(2, []byte{17}), New(4, make([]byte, 32)))) }),
	"sod.group.once":      inside(func(n *Node) { n.At(2).Add(n.At(2, 0)) }),
	"sod.group.length":    inside(func(n *Node) { n.At(2, 0, 1).Value = make([]byte, 20) }),
	"sod.group.mandatory": inside(func(n *Node) { n.At(2, 1, 0).Value = []byte{3} }),
}

func init() {
	for id, c := range listCases {
		cases[id] = c
	}
}
