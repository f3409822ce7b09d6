package chip_test

import (
	"context"
	"crypto"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/ca"
	"github.com/chipid-toolkit/chipid/apdu/cvc"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/apdu/pace"
	"github.com/chipid-toolkit/chipid/apdu/pcsc"
	"github.com/chipid-toolkit/chipid/testcards/chip"
	"github.com/chipid-toolkit/chipid/testcards/cvca"
	"github.com/chipid-toolkit/chipid/testcards/document"
	"github.com/chipid-toolkit/chipid/testcards/pcscd"
)

// realKinds is one case of each kind of protocol, for a real PC/SC service.
func realKinds() []matrixCase {
	opened := func(name string, r paceRow, c mac.Cipher, id int) matrixCase {
		p, says := r.pace(c, id)
		return matrixCase{name: name, options: document.Options{PACE: []pace.Params{p}}, access: says, cam: r.mapping == pace.ChipAuthentication}
	}
	proven := func(name string, change func(*matrixCase)) matrixCase {
		m := matrixCase{name: name, options: document.Options{PACE: []pace.Params{gm(mac.AES128, 12)}}, access: gmAccess}
		change(&m)
		return m
	}
	static := func(parameters int, c mac.Cipher) []document.ChipAuth {
		return []document.ChipAuth{{Parameters: parameters, Ciphers: []mac.Cipher{c}, ID: ca.NoKeyID}}
	}
	terminal := taBefore()[0]
	terminal.name, terminal.ta = "TA RSA after CA", &cvca.PKI{Algorithm: cvc.RSAPSSSHA256, Bits: 2048}
	return []matrixCase{
		terminal,
		{name: "BAC", access: "BAC"},
		opened("PACE ECDH-GM", paceRow{pace.Generic, true}, mac.AES128, 13),
		opened("PACE DH-GM", paceRow{pace.Generic, false}, mac.AES128, 2),
		opened("PACE ECDH-IM", paceRow{pace.Integrated, true}, mac.AES256, 17),
		opened("PACE DH-IM", paceRow{pace.Integrated, false}, mac.TDES, 1),
		opened("PACE ECDH-CAM", paceRow{pace.ChipAuthentication, true}, mac.AES192, 16),
		proven("CA ECDH, 3DES by Set KAT", func(m *matrixCase) { m.options.CA, m.ca = static(12, mac.TDES), "CA-ECDH-3DES" }),
		proven("CA ECDH, AES by Set AT", func(m *matrixCase) { m.options.CA, m.ca = static(13, mac.AES256), "CA-ECDH-AES-256" }),
		proven("CA DH", func(m *matrixCase) { m.options.CA, m.ca = static(0, mac.AES128), "CA-DH-AES-128" }),
		proven("AA RSA", func(m *matrixCase) {
			m.options.AA, m.aa = &document.ActiveAuth{Bits: 2048, Hash: crypto.SHA256}, "(SHA-256)"
		}),
		proven("AA ECDSA", func(m *matrixCase) {
			m.options.AA, m.aa = &document.ActiveAuth{Curve: "brainpoolP256r1", Hash: crypto.SHA256}, "(SHA-256)"
		}),
	}
}

// One of each kind through a real PC/SC service: chip and reader with extended
// length, and both without. Readers take some time to see a card, so several
// are at work.
func TestMatrixOverPCSC(t *testing.T) {
	const readers = 4
	d := pcscd.Test(t, readers)
	free := make(chan *pcscd.Reader, readers)
	for _, r := range d.Readers() {
		free <- r
	}
	for _, m := range realKinds() {
		for _, m := range []matrixCase{m, m.short()} {
			t.Run(m.name, func(t *testing.T) {
				t.Parallel()
				r := <-free
				t.Cleanup(func() { free <- r })
				m.inspectWith(t, func(c *chip.Chip) apdu.Transmitter {
					card := lay(t, r, c)
					if m.options.Chip.Model.ShortOnly {
						return shortReader{card}
					}
					return card
				})
			})
		}
	}
}

// shortReader is a reader that carries short APDUs alone.
type shortReader struct{ *pcsc.Card }

func (shortReader) MaxCommand() int  { return 261 }
func (shortReader) MaxResponse() int { return 258 }

// lay puts a chip into a reader until the test ends, and connects to it.
func lay(t *testing.T, r *pcscd.Reader, c *chip.Chip) *pcsc.Card {
	t.Helper()
	if err := r.Insert(c); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		r.Remove()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := pcsc.WaitForRemoval(ctx, r.Name); err != nil {
			t.Error(err)
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	t.Cleanup(cancel)
	card, err := pcsc.WaitForCard(ctx, r.Name, pcsc.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = card.Close() })
	return card
}
