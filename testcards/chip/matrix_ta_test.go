package chip_test

import (
	"crypto"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/apdu/ca"
	"github.com/chipid-toolkit/chipid/apdu/cvc"
	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/apdu/pace"
	"github.com/chipid-toolkit/chipid/cardprofile/inspect"
	"github.com/chipid-toolkit/chipid/testcards/chip"
	"github.com/chipid-toolkit/chipid/testcards/cvca"
	"github.com/chipid-toolkit/chipid/testcards/document"
)

// taBefore are the ways to open a chip and have it authenticate itself, which
// terminal authentication comes after.
func taBefore() []matrixCase {
	key := func(parameters int, c mac.Cipher) []document.ChipAuth {
		return []document.ChipAuth{{Parameters: parameters, Ciphers: []mac.Cipher{c}, ID: ca.NoKeyID}}
	}
	cam, camSays := paceRow{pace.ChipAuthentication, true}.pace(mac.AES128, 13)
	group, groupSays := paceRow{pace.Generic, false}.pace(mac.AES128, 2)
	return []matrixCase{
		{name: "PACE, CA", options: document.Options{PACE: []pace.Params{gm(mac.AES128, 12)}, CA: key(12, mac.AES128)}, access: gmAccess, ca: "CA-ECDH-AES-128"},
		{name: "BAC, CA", options: document.Options{CA: key(13, mac.TDES)}, access: "BAC", ca: "CA-ECDH-3DES"},
		{name: "PACE-CAM", options: document.Options{PACE: []pace.Params{cam}}, access: camSays, cam: true},
		{name: "PACE-CAM, CA", options: document.Options{PACE: []pace.Params{cam}, CA: key(16, mac.AES256)}, access: camSays, cam: true, ca: "CA-ECDH-AES-256"},
		{name: "PACE and CA in prime fields", options: document.Options{PACE: []pace.Params{group}, CA: key(0, mac.AES128)}, access: groupSays, ca: "CA-DH-AES-128"},
	}
}

// taPKIs are the algorithms with which terminals sign, on every curve of a size
// that the standard has (TR-03110-3 v2.21, A.7.4).
func taPKIs() []cvca.PKI {
	var list []cvca.PKI
	for _, a := range cvc.Algorithms() {
		if !a.ECDSA() {
			list = append(list, cvca.PKI{Algorithm: a})
			continue
		}
		for _, c := range ecc.All() {
			if c != ecc.P521() {
				list = append(list, cvca.PKI{Algorithm: a, Curve: c})
			}
		}
	}
	return list
}

// taCases are all algorithms, one after the other by each of the ways before, and
// for the full product by all; and all ways.
func taCases() []matrixCase {
	var list []matrixCase
	for n, p := range taPKIs() {
		for i, m := range taBefore() {
			m.name = fmt.Sprintf("%s/%s/%s", p.Algorithm, taKey(p), m.name)
			m.ta, m.product = &p, i != n%len(taBefore())
			list = append(list, m)
			// (Chip authentication in a prime field wants extended length.)
			if !strings.Contains(m.ca, "CA-DH") {
				m = m.short()
				m.product = m.product || n%3 != 0
				list = append(list, m)
			}
		}
	}
	return list
}

func taKey(p cvca.PKI) string {
	if p.Curve == nil {
		return "RSA"
	}
	return p.Curve.Name()
}

// guard gives the document DG3 and DG4, and a terminal that may read them.
func (m *matrixCase) guard(t *testing.T) *inspect.Terminal {
	t.Helper()
	if m.ta == nil {
		return nil
	}
	day := document.Today
	chain := must(cvca.NewChain(*m.ta, must(cvc.NewDate(day.Year, time.Month(day.Month), day.Day)), nil))
	m.options.TA = &document.TerminalAuth{TerminalAuth: chip.TerminalAuth{CVCA: []*cvc.Certificate{chain.Root.Certificate}, Date: chain.Root.Certificate.Effective}, Fingers: 500, Iris: 200}
	return must(inspect.NewTerminal(chain.Terminal.Signer, chain.Certificates()...))
}

// hashesOf are the hashes with which the cases that run in every test sign, with
// a key, in RSA's two schemes or ECDSA.
func hashesOf(cases []matrixCase, kind string, key string) map[crypto.Hash]bool {
	found := map[crypto.Hash]bool{}
	for _, m := range cases {
		if m.ta == nil || m.product || taKey(*m.ta) != key || !strings.Contains(m.ta.Algorithm.String(), kind) {
			continue
		}
		found[m.ta.Algorithm.Hash()] = true
	}
	return found
}

// taTable is the part of docs/protocols.md.
func taTable(b *strings.Builder, cases []matrixCase) {
	row := func(name string, found map[crypto.Hash]bool) {
		cells := []string{name}
		for _, h := range matrixHashes {
			cell := "–"
			if found[h] {
				cell = "yes"
			}
			cells = append(cells, cell)
		}
		table(b, cells)
	}
	head := []string{""}
	for _, h := range matrixHashes {
		head = append(head, h.String())
	}
	table(b, head)
	row("RSA v1.5", hashesOf(cases, "v1-5", "RSA"))
	row("RSA PSS", hashesOf(cases, "PSS", "RSA"))
	for _, c := range ecc.All() {
		if found := hashesOf(cases, "ECDSA", c.Name()); len(found) > 0 {
			row("ECDSA "+c.Name(), found)
		}
	}
	b.WriteString("\nEach after one of:")
	for i, m := range taBefore() {
		if i > 0 {
			b.WriteString(";")
		}
		b.WriteString(" " + m.name)
	}
	b.WriteString(protocolsTerminal)
}

const protocolsTerminal = `.

- The chain is chosen from what the chip trusts: by PACE if it says so there, else by EF.CVCA, where TerminalAuthenticationInfo says it is. Link certificates
  lead on from older trust points; the chip keeps two, and its current date (TR-03110-3, 2.5 and A.7.2).
- The terminal's key is a crypto.Signer, such as one in a token, or whatever turns a challenge into a signature elsewhere.
- DG3 and DG4 open with their own rights each. With short APDUs certificates and signatures go by command chaining, each piece under secure messaging.
- After PACE the chip is called by its ephemeral key; chips of some states that want the document number or the CAN there are read with a deviation.

`
