package chip_test

import (
	"crypto"
	"fmt"
	"math/big"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu/ca"
	"github.com/chipid-toolkit/chipid/apdu/domain"
	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/apdu/pace"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/mrz"
	"github.com/chipid-toolkit/chipid/testcards/document"
)

var (
	matrixCiphers  = []mac.Cipher{mac.TDES, mac.AES128, mac.AES192, mac.AES256}
	matrixMappings = []pace.Mapping{pace.Generic, pace.Integrated, pace.ChipAuthentication}
	matrixHashes   = []crypto.Hash{crypto.SHA1, crypto.SHA224, crypto.SHA256, crypto.SHA384, crypto.SHA512}
	matrixModuli   = []int{1024, 2048, 3072}
)

// matrixGroup is one part of the matrix.
type matrixGroup struct {
	name  string
	cases []matrixCase
}

func matrix(t *testing.T) []matrixGroup {
	list := []matrixGroup{{"documents", documentCases(t)}, {"several", severalCases()}}
	for _, row := range paceRows() {
		list = append(list, matrixGroup{row.String(), paceCases(row)})
	}
	for _, form := range caForms() {
		list = append(list, matrixGroup{form.String(), caCases(form)})
	}
	return append(list, matrixGroup{"AA-RSA", rsaCases()}, matrixGroup{"AA-ECDSA", ecdsaCases()}, matrixGroup{"TA", taCases()})
}

// paceRow is a mapping with a kind of key agreement.
type paceRow struct {
	mapping pace.Mapping
	curve   bool
}

func (r paceRow) String() string {
	if r.curve {
		return fmt.Sprintf("PACE-ECDH-%v", r.mapping)
	}
	return fmt.Sprintf("PACE-DH-%v", r.mapping)
}

func paceRows() []paceRow {
	var rows []paceRow
	for _, curve := range []bool{true, false} {
		for _, m := range matrixMappings {
			if m != pace.ChipAuthentication || curve {
				rows = append(rows, paceRow{m, curve})
			}
		}
	}
	return rows
}

// offer is the PACEInfo of a row with a cipher and parameters; ok is false where
// the standard has none.
func (r paceRow) offer(c mac.Cipher, id int) (p pace.Params, name string, ok bool) {
	proto := pace.Protocol{Curve: r.curve, Mapping: r.mapping, Cipher: c}
	oid, err := proto.OID()
	if err != nil {
		return p, "", false
	}
	p = pace.Params{OID: oid, ParameterID: id}
	return p, fmt.Sprintf("%v, parameters %d", proto, id), p.Check() == nil
}

func paceCases(r paceRow) []matrixCase {
	var list []matrixCase
	for _, c := range matrixCiphers {
		for _, id := range domain.StandardIDs() {
			p, name, ok := r.offer(c, id)
			if !ok {
				continue
			}
			list = variants(list, matrixCase{
				name: fmt.Sprintf("%v/%d", c, id), options: document.Options{PACE: []pace.Params{p}},
				access: name, cam: r.mapping == pace.ChipAuthentication,
			})
		}
	}
	return list
}

// pace makes the offer and what the verdict says of it.
func (r paceRow) pace(c mac.Cipher, id int) (pace.Params, string) {
	p, name, ok := r.offer(c, id)
	if !ok {
		panic(name + " is none of the standard's")
	}
	return p, name
}

// gm is the offer of cases that are about something else.
func gm(c mac.Cipher, id int) pace.Params {
	p, _ := paceRow{pace.Generic, id >= 8}.pace(c, id)
	return p
}

const gmAccess = "PACE-ECDH-GM-AES-128, parameters 12"

// caForm is how a key of chip authentication is written in DG14.
type caForm struct{ curve, x942 bool }

func caForms() []caForm { return []caForm{{curve: true}, {}, {x942: true}} }

func (f caForm) String() string {
	switch {
	case f.curve:
		return "CA-ECDH"
	case f.x942:
		return "CA-DH-X9.42"
	}
	return "CA-DH-PKCS3"
}

func (f caForm) deviations() []string {
	if f.x942 {
		return []string{domain.NoteX942}
	}
	return nil
}

// caKeyIDs are no identifier, and ones of none, one and two bytes.
var caKeyIDs = []int{ca.NoKeyID, 0, 7, 300}

func caCases(f caForm) []matrixCase {
	var list []matrixCase
	n := 0
	for _, c := range matrixCiphers {
		name := ca.Protocol{Curve: f.curve, Cipher: c}.String()
		for _, id := range domain.StandardIDs() {
			if (id >= 8) != f.curve {
				continue
			}
			for i, keyID := range caKeyIDs {
				m := matrixCase{
					name:    fmt.Sprintf("%v/%d/key %d", c, id, keyID),
					options: document.Options{CA: []document.ChipAuth{{Parameters: id, Ciphers: []mac.Cipher{c}, ID: keyID, X942: f.x942}}},
					access:  "BAC", ca: name, deviations: f.deviations(), product: i != n%len(caKeyIDs),
				}
				if i%2 == 0 { // over PACE and over BAC, whose ciphers differ
					m.options.PACE, m.access = []pace.Params{gm(mac.AES128, 12)}, gmAccess
				}
				list = append(list, m)
				// A key of 2,048 bits fills more than a short command (Doc
				// 9303-11 (8th ed.), 9.3.1.1: such a chip has extended length).
				if f.curve || id == 0 {
					m = m.short()
					m.product = true
					list = append(list, m)
				}
			}
			n++
		}
	}
	return list
}

func rsaCases() []matrixCase {
	var list []matrixCase
	for _, bits := range matrixModuli {
		for _, h := range matrixHashes {
			list = variants(list, matrixCase{
				name: fmt.Sprintf("%d/%v", bits, h), access: gmAccess, aa: "(" + h.String() + ")",
				options: document.Options{PACE: []pace.Params{gm(mac.AES128, 12)}, AA: &document.ActiveAuth{Bits: bits, Hash: h}},
			})
		}
	}
	return list
}

// ecdsaFits: the hash is not longer than the key (Doc 9303-11 (8th ed.),
// 6.1.2.3), and not SHA-1.
func ecdsaFits(c *ecc.Curve, h crypto.Hash) bool {
	return h != crypto.SHA1 && 8*h.Size() <= c.N().BitLen()
}

func ecdsaCases() []matrixCase {
	var list []matrixCase
	for _, c := range ecc.All() {
		for _, h := range matrixHashes {
			if !ecdsaFits(c, h) {
				continue
			}
			list = variants(list, matrixCase{
				name: c.Name() + "/" + h.String(), access: gmAccess, aa: "(" + h.String() + ")",
				options: document.Options{PACE: []pace.Params{gm(mac.AES128, 12)}, AA: &document.ActiveAuth{Curve: c.Name(), Hash: h}},
			})
		}
	}
	return list
}

// documentCases are whole documents.
func documentCases(t *testing.T) []matrixCase {
	td1, td3 := profileOptions(t, "icao-td1"), profileOptions(t, "icao-td3")
	bac := document.Options{Format: mrz.TD3, AA: &document.ActiveAuth{Bits: 1024, Hash: crypto.SHA1}}
	list := []matrixCase{
		{name: "TD1 identity card, PACE alone", options: td1, profile: "icao-td1", byCAN: true,
			access: "PACE-ECDH-GM-AES-256, parameters 16", ca: "CA-ECDH-AES-256", aa: "(SHA-256)"},
		{name: "TD3 passport, PACE beside BAC", options: td3, profile: "icao-td3",
			access: gmAccess, ca: "CA-ECDH-AES-128", aa: "(SHA-256)"},
		{name: "TD3 passport, BAC alone", options: document.Options{Format: mrz.TD3}, access: "BAC"},
		{name: "TD3 passport, BAC and active authentication", options: bac, access: "BAC", aa: "(SHA-1)"},
		{name: "TD2 card, PACE beside BAC", options: document.Options{Format: mrz.TD2, PACE: []pace.Params{gm(mac.TDES, 13)}, BAC: true},
			access: "PACE-ECDH-GM-3DES, parameters 13"},
		{name: "TD1 card without a master file", options: document.Options{NoMF: true, PACE: []pace.Params{gm(mac.AES128, 13)}, CA: []document.ChipAuth{
			{Parameters: 13, Ciphers: []mac.Cipher{mac.AES128}, ID: ca.NoKeyID}}}, byCAN: true,
			access: "PACE-ECDH-GM-AES-128, parameters 13", ca: "CA-ECDH-AES-128"},
	}
	for _, m := range list[:len(list):len(list)] {
		list = append(list, m.short())
	}
	return list
}

func profileOptions(t *testing.T, id string) document.Options {
	t.Helper()
	return document.ForProfile(t, must(cardprofile.Load(id)))
}

// severalCases are chips with several offers or keys: the strongest is used.
func severalCases() []matrixCase {
	offer := func(m pace.Mapping, c mac.Cipher, id int) pace.Params {
		p, _ := paceRow{m, id >= 8}.pace(c, id)
		return p
	}
	explicit := func(m pace.Mapping, standard int) pace.Params {
		p := offer(m, mac.AES128, standard)
		p.ParameterID, p.Domain = 40, must(domain.Standard(standard))
		return p
	}
	key := func(id int, parameters int, ciphers ...mac.Cipher) document.ChipAuth {
		return document.ChipAuth{ID: id, Parameters: parameters, Ciphers: ciphers}
	}
	with := func(k ...document.ChipAuth) document.Options {
		return document.Options{PACE: []pace.Params{gm(mac.AES128, 12)}, CA: k}
	}
	return []matrixCase{
		{name: "PACE, larger curve and cipher", access: "PACE-ECDH-GM-AES-256, parameters 17", options: document.Options{PACE: []pace.Params{
			gm(mac.TDES, 12), gm(mac.AES256, 17), gm(mac.AES128, 13), gm(mac.AES256, 2)}}},
		{name: "PACE, the weaker of cipher and curve counts", access: "PACE-ECDH-GM-AES-192, parameters 15", options: document.Options{PACE: []pace.Params{
			gm(mac.AES256, 12), gm(mac.AES192, 15), gm(mac.AES128, 18)}}},
		{name: "PACE, chip authentication mapping before the others", cam: true, access: "PACE-ECDH-CAM-AES-128, parameters 13", options: document.Options{PACE: []pace.Params{
			gm(mac.AES128, 13), offer(pace.Integrated, mac.AES128, 13), offer(pace.ChipAuthentication, mac.AES128, 13)}}},
		{name: "PACE, generic before integrated", access: "PACE-ECDH-GM-AES-128, parameters 13", options: document.Options{PACE: []pace.Params{
			offer(pace.Integrated, mac.AES128, 13), gm(mac.AES128, 13)}}},
		{name: "PACE, a curve before a prime field", access: "PACE-ECDH-IM-3DES, parameters 8", options: document.Options{PACE: []pace.Params{
			gm(mac.TDES, 0), offer(pace.Integrated, mac.TDES, 8)}}},
		{name: "PACE, explicit curve", access: "PACE-ECDH-GM-AES-128, parameters 40", options: document.Options{PACE: []pace.Params{explicit(pace.Generic, 13)}}},
		{name: "PACE, explicit group", access: "PACE-DH-GM-AES-128, parameters 40", options: document.Options{PACE: []pace.Params{explicit(pace.Generic, 2)}}},
		{name: "PACE, explicit curve beside a weaker standardized one", access: "PACE-ECDH-IM-AES-128, parameters 40", options: document.Options{PACE: []pace.Params{
			explicit(pace.Integrated, 13), gm(mac.AES128, 10)}}},
		{name: "CA, two keys", access: gmAccess, ca: "CA-ECDH-AES-256", options: with(key(1, 12, mac.AES128), key(2, 17, mac.AES256))},
		{name: "CA, a curve and a group", access: gmAccess, ca: "CA-ECDH-AES-128", options: with(key(1, 2, mac.AES128), key(2, 13, mac.AES128))},
		{name: "CA, one key and every cipher", access: gmAccess, ca: "CA-ECDH-AES-256", options: with(key(ca.NoKeyID, 17, matrixCiphers...))},
		{name: "CA, a group of the chip's own, in X9.42 form", access: gmAccess, ca: "CA-DH-AES-128", deviations: []string{domain.NoteX942},
			options: with(document.ChipAuth{ID: ca.NoKeyID, Domain: ownGroup(), X942: true, Ciphers: []mac.Cipher{mac.AES128}})},
		{name: "CA, a group of the chip's own, in PKCS#3 form", access: gmAccess, ca: "CA-DH-3DES", deviations: []string{domain.NoteUnknownOrder},
			options: with(document.ChipAuth{ID: ca.NoKeyID, Domain: ownGroup(), Ciphers: []mac.Cipher{mac.TDES}})},
		{name: "CA and AA", access: gmAccess, ca: "CA-ECDH-3DES", aa: "(SHA-384)", options: document.Options{
			PACE: []pace.Params{gm(mac.AES128, 12)}, CA: []document.ChipAuth{key(ca.NoKeyID, 13, mac.TDES)}, AA: &document.ActiveAuth{Curve: "P-384", Hash: crypto.SHA384}}},
		{name: "CAM and CA", cam: true, access: "PACE-ECDH-CAM-AES-128, parameters 13", ca: "CA-ECDH-AES-256", options: document.Options{
			PACE: []pace.Params{offer(pace.ChipAuthentication, mac.AES128, 13)}, CA: []document.ChipAuth{key(1, 13, mac.AES256)}}},
	}
}

// ownGroup is a group that no identifier names: another generator of a known one.
func ownGroup() *domain.Parameters {
	g := must(domain.Standard(2)).Group()
	own := must(domain.NewGroup(g.P(), g.Q(), new(big.Int).Exp(g.G(), big.NewInt(2), g.P())))
	return must(domain.OfGroup(own))
}
