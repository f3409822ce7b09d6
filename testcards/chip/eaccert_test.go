package chip_test

import (
	"bytes"
	"math/big"
	"slices"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/cvc"
	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/testcards/chip"
	"github.com/chipid-toolkit/chipid/testcards/cvca"
	"github.com/chipid-toolkit/chipid/testcards/document"
)

// parts takes a certificate apart, lets change work on the objects of its body,
// and signs again, whatever the rules say.
func (e *eac) parts(by *cvca.Holder, c *cvc.Certificate, change func([]tlv.Node) []tlv.Node) []byte {
	e.Helper()
	body, _, err := tlv.Parse(c.Body)
	if err != nil {
		e.Fatal(err)
	}
	var out [][]byte
	for _, n := range change(must(body.Children())) {
		out = append(out, tlv.Encode(n.Tag, n.Value))
	}
	b := tlv.Encode(0x7F4E, out...)
	return append(b, tlv.Encode(0x5F37, must(by.Key.Algorithm.Sign(by.Signer, b)))...)
}

func without(tag tlv.Tag) func([]tlv.Node) []tlv.Node {
	return func(list []tlv.Node) []tlv.Node {
		return slices.DeleteFunc(list, func(n tlv.Node) bool { return n.Tag == tag })
	}
}

func replaced(tag tlv.Tag, value func([]byte) []byte) func([]tlv.Node) []tlv.Node {
	return func(list []tlv.Node) []tlv.Node {
		for i := range list {
			if list[i].Tag == tag {
				list[i].Value = value(bytes.Clone(list[i].Value))
			}
		}
		return list
	}
}

func fixed(b ...byte) func([]byte) []byte { return func([]byte) []byte { return b } }

// inside changes the objects of a constructed object.
func inside(tag tlv.Tag, change func([]tlv.Node) []tlv.Node) func([]tlv.Node) []tlv.Node {
	return replaced(tag, func(v []byte) []byte {
		var out []byte
		for _, n := range change(must(tlv.ParseAll(v))) {
			out = append(out, tlv.Encode(n.Tag, n.Value)...)
		}
		return out
	})
}

// signature swaps the signature of a certificate.
func signature(c *cvc.Certificate, change func([]byte) []byte) []byte {
	nodes := must(tlv.ParseAll(c.Parts()))
	return append(bytes.Clone(nodes[0].Raw), tlv.Encode(0x5F37, change(bytes.Clone(nodes[1].Value)))...)
}

// ISO7816_J_2 to J_10, J_17 to J_21, J_23, J_24, J_26 to J_31, J_33, J_34, J_36
// to J_38, J_41: a damaged certificate of a verifier is refused, its key cannot
// be used, and the current date has not moved: a certificate that its date would
// have ended is still good.
func TestEACDamagedCertificates(t *testing.T) {
	e := newEAC(t, cvca.PKI{}, nil)
	// Of later days than the certificates of the chain, which would end with it.
	late := e.issue(e.Root, "UTDV00009", cvc.RoleForeignDV, 95, 180, cvca.Both()...)
	is := e.issue(late, "UTIS00009", cvc.RoleTerminal, 96, 120, cvca.Both()...)
	c := late.Certificate
	whole := c.Parts()
	sig := must(tlv.ParseAll(whole))[1].Value
	half := len(sig) / 2
	zero := func(from int) func([]byte) []byte {
		return func(s []byte) []byte { clear(s[from : from+half]); return s }
	}
	key := func(change func([]tlv.Node) []tlv.Node) []byte {
		return e.parts(e.Root, c, inside(0x7F49, change))
	}
	for name, b := range map[string][]byte{
		"J_2 unknown authority":         e.parts(e.Root, c, replaced(0x42, func(v []byte) []byte { v[len(v)-1] = '7'; return v })),
		"J_3 J_30 last byte":            signature(c, func(s []byte) []byte { s[len(s)-1]++; return s }),
		"J_4 no signature":              bytes.Clone(must(tlv.ParseAll(whole))[0].Raw),
		"J_5 no body":                   tlv.Encode(0x5F37, sig),
		"J_6 no authorization":          e.parts(e.Root, c, without(0x7F4C)),
		"J_7 no effective date":         e.parts(e.Root, c, without(0x5F25)),
		"J_8 no expiration date":        e.parts(e.Root, c, without(0x5F24)),
		"J_9 effective date no BCD":     e.parts(e.Root, c, replaced(0x5F25, fixed(2, 7, 0, 2, 0, 0x0A))),
		"J_10 expiration date no BCD":   e.parts(e.Root, c, replaced(0x5F24, fixed(2, 7, 0, 0x0C, 0, 1))),
		"J_17 J_26 body tag":            append([]byte{0x7F, 0x4D}, whole[2:]...),
		"J_18 J_27 signature tag":       bytes.Replace(whole, append([]byte{0x5F, 0x37}, whole[len(whole)-len(sig)-1]), append([]byte{0x5F, 0x38}, whole[len(whole)-len(sig)-1]), 1),
		"J_19 effective date":           e.parts(e.Root, c, replaced(0x5F25, fixed(2, 7, 0, 2, 3, 0))),
		"J_20 expiration date":          e.parts(e.Root, c, replaced(0x5F24, fixed(2, 7, 1, 3, 0, 1))),
		"J_21 expires before it begins": e.parts(e.Root, c, replaced(0x5F24, fixed(2, 7, 0, 1, 0, 1))),
		"J_23 type of authorization":    e.parts(e.Root, c, inside(0x7F4C, replaced(0x06, func(v []byte) []byte { v[len(v)-1] = 0x7F; return v }))),
		"J_24 J_36 algorithm":           key(replaced(0x06, func(v []byte) []byte { v[len(v)-1] = 0x7F; return v })),
		"J_28 body length":              append(append([]byte{0x7F, 0x4E, 0x81}, whole[3]-1), whole[4:]...),
		"J_29 signature length":         append(bytes.Clone(whole[:len(whole)-len(sig)-1]), append([]byte{byte(len(sig) + 1)}, sig...)...),
		"J_31 signature cut":            signature(c, func(s []byte) []byte { return s[:len(s)-1] }),
		"J_33 r = 0":                    signature(c, zero(0)),
		"J_34 s = 0":                    signature(c, zero(half)),
		"J_37 no algorithm":             key(without(0x06)),
		"J_38 no point":                 key(without(0x86)),
		"J_41 unknown object":           key(func(list []tlv.Node) []tlv.Node { return append(list, tlv.Node{Tag: 0x77, Value: []byte{1}}) }),
		"profile":                       e.parts(e.Root, c, replaced(0x5F29, fixed(1))),
		"no profile":                    e.parts(e.Root, c, without(0x5F29)),
		"no holder":                     e.parts(e.Root, c, without(0x5F20)),
		"point off the curve":           key(replaced(0x86, func(v []byte) []byte { v[len(v)-1] ^= 1; return v })),
		"empty":                         nil,
		"not a data object":             {0x7F},
	} {
		e.open()
		e.want(name+": MSE: Set DST", e.setDST("UTCVCA00001"), true)
		e.want(name, e.verify(b), false)
		sw := e.setDST("UTDV00009")
		if sw == apdu.OK {
			sw = e.verify(is.Certificate.Parts())
		}
		e.want(name+": a key that was refused", sw, false)
		e.open()
		e.want(name+": the date has moved", e.show(e.DV, e.Terminal), true)
	}
	// It can be otherwise: the same certificate undamaged moves the date
	// (ISO7816_M_2), and ends the others.
	e.open()
	e.want("undamaged", e.show(late, is), true)
	e.open()
	if sw := e.show(e.DV); sw != apdu.ErrConditions {
		t.Errorf("an expired verifier: %04X", uint16(sw))
	}
}

// ISO7816_J_32, J_39, J_40, and the like of the above for RSA.
func TestEACDamagedCertificatesRSA(t *testing.T) {
	e := newEAC(t, cvca.PKI{Algorithm: cvc.RSAPSSSHA256}, nil)
	late := e.issue(e.Root, "UTDV00009", cvc.RoleForeignDV, 95, 180, cvca.Both()...)
	c := late.Certificate
	key := func(change func([]tlv.Node) []tlv.Node) []byte {
		return e.parts(e.Root, c, inside(0x7F49, change))
	}
	greater := func(s []byte) []byte {
		root := must(e.Root.Key.MarshalBinary())
		modulus := must(tlv.ParseAll(root))[0]
		n, _ := modulus.Path(0x7F49, 0x81)
		sum := new(big.Int).Add(new(big.Int).SetBytes(n.Value), new(big.Int).SetBytes(s))
		if b := sum.Bytes(); len(b) == len(s) {
			return b
		}
		return bytes.Repeat([]byte{0xFF}, len(s))
	}
	for name, b := range map[string][]byte{
		"J_32 greater than the modulus": signature(c, greater),
		"J_39 no modulus":               key(without(0x81)),
		"J_40 no exponent":              key(without(0x82)),
		"J_30 last byte":                signature(c, func(s []byte) []byte { s[len(s)-1] ^= 1; return s }),
	} {
		e.open()
		e.want(name+": MSE: Set DST", e.setDST("UTCVCA00001"), true)
		e.want(name, e.verify(b), false)
		e.open()
		e.want(name+": the date has moved", e.show(e.DV, e.Terminal), true)
	}
	e.open()
	e.want("undamaged", e.show(late), true)
}

// ISO7816_J_43 to J_53, M_5: who may issue to whom.
func TestEACTransitions(t *testing.T) {
	e := newEAC(t, cvca.PKI{}, nil)
	issue := func(by *cvca.Holder, chr cvc.Reference, role cvc.Role) *cvca.Holder {
		// Package cvc signs none of these: the authorization is changed after.
		h := e.issue(e.Root, chr, cvc.RoleForeignDV, -5, 30, cvca.Both()...)
		chat := must(must(cvc.NewCHAT(cvc.InspectionSystem, role, cvca.Both()...)).Encode())
		parts := e.parts(by, h.Certificate, func(list []tlv.Node) []tlv.Node {
			list = replaced(0x42, fixed([]byte(by.Certificate.CHR)...))(list)
			return replaced(0x7F4C, fixed(must(tlv.ParseAll(chat))[0].Value...))(list)
		})
		return &cvca.Holder{Certificate: must(cvc.ParseParts(parts)), Key: h.Key, Signer: h.Signer}
	}
	foreign := e.issue(e.Root, "UTDV00002", cvc.RoleForeignDV, -5, 30, cvca.Both()...)
	second := e.issue(e.Root, "UTCVCA00002", cvc.RoleCVCA, -4, 900, cvca.Both()...)
	blank := e.d.Chip
	for name, chain := range map[string][]*cvca.Holder{
		"J_43 CVCA, terminal":                   {issue(e.Root, "UTIS00003", cvc.RoleTerminal)},
		"J_44 domestic DV, CVCA":                {e.DV, issue(e.DV, "UTCVCA00003", cvc.RoleCVCA)},
		"J_45 foreign DV, CVCA":                 {foreign, issue(foreign, "UTCVCA00003", cvc.RoleCVCA)},
		"J_46 domestic DV, domestic DV":         {e.DV, issue(e.DV, "UTDV00003", cvc.RoleDomesticDV)},
		"J_47 domestic DV, foreign DV":          {e.DV, issue(e.DV, "UTDV00003", cvc.RoleForeignDV)},
		"J_48 foreign DV, domestic DV":          {foreign, issue(foreign, "UTDV00003", cvc.RoleDomesticDV)},
		"J_49 foreign DV, foreign DV":           {foreign, issue(foreign, "UTDV00003", cvc.RoleForeignDV)},
		"J_50 terminal, foreign DV":             {e.DV, e.Terminal, issue(e.Terminal, "UTDV00003", cvc.RoleForeignDV)},
		"J_51 terminal, domestic DV":            {e.DV, e.Terminal, issue(e.Terminal, "UTDV00003", cvc.RoleDomesticDV)},
		"J_52 terminal, terminal":               {e.DV, e.Terminal, issue(e.Terminal, "UTIS00003", cvc.RoleTerminal)},
		"J_53 terminal, CVCA":                   {e.DV, e.Terminal, issue(e.Terminal, "UTCVCA00003", cvc.RoleCVCA)},
		"M_5 J_54 CVCA, link of CVCA, terminal": {second, issue(second, "UTIS00003", cvc.RoleTerminal)},
	} {
		e.d.Chip = must(blank.Twin(chip.Options{RetryDelay: -1}))
		e.open()
		last := chain[len(chain)-1]
		e.want(name, e.show(chain...), false)
		e.want(name+": its key", e.setDST(last.Certificate.CHR), false)
		if name[0] == 'M' { // the link has moved the trust point of this twin
			continue
		}
		if refs := e.trustPoints(); !slices.Equal(refs, []cvc.Reference{"UTCVCA00001"}) {
			t.Errorf("%s: trust points %v", name, refs)
		}
	}
}

func (e *eac) trustPoints() []cvc.Reference {
	e.Helper()
	refs, _, err := cvc.ParseEFCVCA(e.send(apdu.Command{INS: 0xB0, P1: 0x9C, Ne: 36}).Data)
	if err != nil {
		e.Error(err)
	}
	return refs
}

// ISO7816_J_55, J_56, and a longer one: keys of another size than their
// issuer's.
func TestEACOtherSize(t *testing.T) {
	e := newEAC(t, cvca.PKI{}, nil)
	for _, curve := range []*ecc.Curve{ecc.P224(), ecc.P384()} {
		other := must(cvca.PKI{Algorithm: cvc.ECDSASHA256, Curve: curve}.NewKey())
		point := must(ecc.FromPublic(other.Public())).Bytes()
		for _, x := range []struct{ by, of *cvca.Holder }{{e.Root, e.DV}, {e.DV, e.Terminal}} {
			e.open()
			if x.by == e.DV {
				e.want("DV", e.show(e.DV), true)
			}
			e.want("MSE: Set DST", e.setDST(x.by.Certificate.CHR), true)
			b := e.parts(x.by, x.of.Certificate, inside(0x7F49, replaced(0x86, fixed(point...))))
			e.want(curve.Name(), e.verify(b), false)
		}
	}
}

// ISO7816_J_1, J_11, M_2: who moves the current date. A foreign verifier's
// terminal does not, a domestic one's does, and every verifier does.
func TestEACCurrentDate(t *testing.T) {
	e := newEAC(t, cvca.PKI{}, nil)
	foreign := e.issue(e.Root, "UTDV00002", cvc.RoleForeignDV, -5, 60, cvca.Both()...)
	domestic := e.issue(e.Root, "UTDV00003", cvc.RoleDomesticDV, -5, 60, cvca.Both()...)
	short := e.issue(foreign, "UTIS00002", cvc.RoleTerminal, -5, 20, cvca.Both()...)
	for _, x := range []struct {
		name  string
		by    *cvca.Holder
		still bool
	}{{"foreign", foreign, true}, {"domestic", domestic, false}} {
		late := e.issue(x.by, "UTIS00003", cvc.RoleTerminal, 30, 50, cvca.Both()...)
		e.open()
		e.want(x.name+" terminal", e.show(x.by, late), true)
		e.open()
		if sw := e.show(foreign, short); (sw == apdu.OK) != x.still || sw != apdu.OK && sw != apdu.ErrConditions {
			t.Errorf("%s: a terminal until day 20: %04X", x.name, uint16(sw))
		}
	}
	// It outlives power, and a chip kept in a file.
	e.want("day 20 is over", e.whole(foreign, short), false)
	e.want("day 60 is not", e.show(e.issue(e.Root, "UTDV00004", cvc.RoleDomesticDV, 29, 60)), true)
}

// ISO7816_M_3, M_4, N_1: link certificates move the trust point; the chip keeps
// two, and forgets the oldest. An expired one still leads on.
func TestEACTrustPointMoves(t *testing.T) {
	dir := t.TempDir()
	e := newEAC(t, cvca.PKI{}, func(o *document.Options) { o.Chip.State = dir + "/chip.json" })
	second := e.issue(e.Root, "UTCVCA00002", cvc.RoleCVCA, -4, 900, cvca.Both()...)
	third := e.issue(second, "UTCVCA00003", cvc.RoleCVCA, -3, 1500, cvca.Both()...)
	e.want("first link", e.show(second), true)
	if refs := e.trustPoints(); !slices.Equal(refs, []cvc.Reference{"UTCVCA00002", "UTCVCA00001"}) {
		t.Errorf("after one link %v", refs)
	}
	e.want("the same link again", e.show(second), false)
	e.want("the old authority's verifier", e.whole(e.DV, e.Terminal), true)
	e.open()
	e.want("second link", e.show(third), true)
	want := []cvc.Reference{"UTCVCA00003", "UTCVCA00002"}
	e.want("the oldest is forgotten", e.setDST("UTCVCA00001"), false)
	dv := e.issue(third, "UTDV00005", cvc.RoleForeignDV, -3, 60, cvca.Both()...)
	is := e.issue(dv, "UTIS00005", cvc.RoleTerminal, -3, 20, cvca.Both()...)
	for range 2 {
		if refs := e.trustPoints(); !slices.Equal(refs, want) {
			t.Errorf("after two links %v", refs)
		}
		e.want("the newest authority's terminal", e.whole(dv, is), true)
		e.want("DG3", e.readSFI(3), true)
		// The chip lives on in its file.
		e.d.Chip = must(chip.Open(chip.Options{State: dir + "/chip.json", RetryDelay: -1}))
		e.open()
	}
	// A link that has expired is taken still; a verifier below it is not.
	old := e.issue(third, "UTCVCA00004", cvc.RoleCVCA, -2, 1, cvca.Both()...)
	date := e.issue(third, "UTDV00006", cvc.RoleForeignDV, 5, 60)
	e.want("the date moves past the link", e.show(date), true)
	below := e.issue(old, "UTDV00007", cvc.RoleForeignDV, -1, 1, cvca.Both()...)
	e.want("expired link", e.show(old), true)
	e.want("a verifier below it", e.show(below), false)
	next := e.issue(old, "UTCVCA00005", cvc.RoleCVCA, -1, 2000, cvca.Both()...)
	e.want("a link below it", e.show(next), true)
}
