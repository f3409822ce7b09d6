package openpace_test

import (
	"context"
	"encoding/asn1"
	"errors"
	"fmt"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/ca"
	"github.com/chipid-toolkit/chipid/apdu/domain"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/apdu/sm"
	"github.com/chipid-toolkit/chipid/testcards/openpace"
)

func newKey(t testing.TB, id int) *domain.Key {
	t.Helper()
	d, err := domain.Standard(id)
	if err != nil {
		t.Fatal(err)
	}
	k, err := d.Generator().GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func caProtocol(id int, c mac.Cipher) ca.Protocol { return ca.Protocol{Curve: id > 2, Cipher: c} }

func caOID(t testing.TB, p ca.Protocol) asn1.ObjectIdentifier {
	t.Helper()
	oid, err := p.OID()
	if err != nil {
		t.Fatal(err)
	}
	return oid
}

// caTerminal runs our terminal against the peer's chip with its static key.
func caTerminal(t testing.TB, p *openpace.Peer, c openpace.CA, static *domain.Key, expected *domain.PublicKey) (*sm.Channel, *line) {
	t.Helper()
	chip := p.CAChip(c, static)
	l := &line{chip}
	res, err := ca.Run(context.Background(), apdu.NewChannel(l), ca.Params{OID: caOID(t, c.Protocol), KeyID: ca.NoKeyID, Public: expected})
	if err != nil {
		t.Fatalf("%v (libeac: %v)", err, chip.Refusal)
	}
	if res.SetAT {
		t.Error("3DES went by MSE:Set AT")
	}
	return res.Channel, l
}

// caChip runs the peer's terminal against our chip with its static key.
func caChip(t testing.TB, p *openpace.Peer, c openpace.CA, static *domain.Key, expected *domain.PublicKey) (*openpace.Session, apdu.Sender) {
	t.Helper()
	chip, err := ca.NewChip(ca.ChipConfig{Keys: []ca.ChipKey{
		{ID: ca.NoKeyID, Private: static, Protocols: []asn1.ObjectIdentifier{caOID(t, c.Protocol)}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	ch := apdu.NewChannel(&card{t: t, chip: chip})
	s, err := p.RunCA(context.Background(), ch, c, expected)
	if err != nil {
		t.Fatal(err)
	}
	return s, ch
}

// Every cipher with all domain parameters, both roles. The proof is secure
// messaging under the new keys.
func TestChipAuthentication(t *testing.T) {
	for role, run := range map[string]func(testing.TB, *openpace.Peer, openpace.CA, *domain.Key){
		"our terminal, their chip": func(t testing.TB, p *openpace.Peer, c openpace.CA, k *domain.Key) {
			ch, l := caTerminal(t, p, c, k, k.Public())
			proveTerminal(t, ch, l, p, c.Protocol.Cipher)
		},
		"their terminal, our chip": func(t testing.TB, p *openpace.Peer, c openpace.CA, k *domain.Key) {
			s, ch := caChip(t, p, c, k, k.Public())
			proveChip(t, s, ch, p, c.Protocol.Cipher)
		},
	} {
		t.Run(role, func(t *testing.T) {
			t.Parallel()
			p := newPeer(t)
			for _, id := range domain.StandardIDs() {
				k := newKey(t, id)
				for _, c := range allCiphers {
					x := openpace.CA{Protocol: caProtocol(id, c), ParameterID: id}
					t.Run(fmt.Sprintf("%v with %d", x.Protocol, id), func(t *testing.T) { run(t, p, x, k) })
				}
			}
		})
	}
}

// A chip with another key than the one that its data groups name gets through
// the protocol and cannot answer afterwards, whoever is the chip.
func TestClone(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	echo := apdu.Command{INS: 0xA4, Data: []byte("echo"), Ne: apdu.MaxShortNe}
	for _, id := range []int{0, 13} {
		genuine, clone := newKey(t, id), newKey(t, id)
		for _, c := range []mac.Cipher{mac.TDES, mac.AES128} {
			x := openpace.CA{Protocol: caProtocol(id, c), ParameterID: id}
			t.Run(fmt.Sprintf("%v with %d", x.Protocol, id), func(t *testing.T) {
				chip := p.CAChip(x, clone)
				res, err := ca.Run(context.Background(), apdu.NewChannel(chip), ca.Params{OID: caOID(t, x.Protocol), KeyID: ca.NoKeyID, Public: genuine.Public()})
				if err != nil {
					t.Fatal(err)
				}
				if _, err := res.Channel.Send(context.Background(), echo); !errors.Is(err, sm.ErrUnprotected) || res.Channel.Verified() != 0 {
					t.Errorf("our terminal: %v, want %v", err, sm.ErrUnprotected)
				}
				s, _ := caChip(t, p, x, clone, genuine.Public())
				if _, err := s.Send(context.Background(), echo); !errors.Is(err, apdu.ErrSMWrong) {
					t.Errorf("our chip as a clone: %v, want %v", err, apdu.ErrSMWrong)
				}
			})
		}
	}
}
