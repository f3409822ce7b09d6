package openpace_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/domain"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/apdu/pace"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/testcards/openpace"
)

// secret is a password as both sides write it.
type secret struct {
	ours   pace.Password
	theirs openpace.Password
}

// Synthetic: no such document.
const (
	mrzInfo      = "T22000129364081251010318"
	otherMRZInfo = "T22000130664081251010318"
)

func mrz(t testing.TB, info string) secret {
	t.Helper()
	theirs, err := openpace.MRZ(info)
	if err != nil {
		t.Fatal(err)
	}
	return secret{pace.MRZ(info), theirs}
}

// passwords are one of each kind.
func passwords(t testing.TB) []secret {
	return []secret{
		mrz(t, mrzInfo), {pace.CAN("500540"), openpace.CAN("500540")},
		{pace.PIN("123456"), openpace.PIN("123456")}, {pace.PUK("9876543210"), openpace.PUK("9876543210")},
	}
}

// otherPasswords are wrong for passwords, one of each kind.
func otherPasswords(t testing.TB) []secret {
	return []secret{
		mrz(t, otherMRZInfo), {pace.CAN("500541"), openpace.CAN("500541")},
		{pace.PIN("123457"), openpace.PIN("123457")}, {pace.PUK("9876543211"), openpace.PUK("9876543211")},
	}
}

// suite is a protocol with domain parameters.
type suite struct {
	pace.Params
	proto pace.Protocol
}

func (s suite) String() string { return fmt.Sprintf("%v with %d", s.proto, s.ParameterID) }

func newSuite(t testing.TB, m pace.Mapping, c mac.Cipher, id int) suite {
	t.Helper()
	p := pace.Protocol{Curve: id > 2, Mapping: m, Cipher: c}
	oid, err := p.OID()
	if err != nil {
		t.Fatal(err)
	}
	return suite{pace.Params{OID: oid, ParameterID: id}, p}
}

// suites are all that the standard has: 14 parameters and 4 ciphers with the
// generic mapping, 13 with the integrated (which P-224 cannot), 11 and 3 with
// chip authentication mapping.
func suites(t testing.TB) []suite {
	t.Helper()
	var all []suite
	for _, m := range []pace.Mapping{pace.Generic, pace.Integrated, pace.ChipAuthentication} {
		for _, id := range domain.StandardIDs() {
			for _, c := range allCiphers {
				if _, err := (pace.Protocol{Curve: id > 2, Mapping: m, Cipher: c}).OID(); err != nil {
					continue
				}
				if s := newSuite(t, m, c, id); s.Check() == nil {
					all = append(all, s)
				}
			}
		}
	}
	if want := 14*4 + 13*4 + 11*3; len(all) != want {
		t.Fatalf("%d combinations, want %d", len(all), want)
	}
	return all
}

func (s suite) peer(pw openpace.Password) openpace.PACE {
	return openpace.PACE{Protocol: s.proto, ParameterID: s.ParameterID, Password: pw}
}

// chip is our chip with these passwords.
func (s suite) chip(t testing.TB, pw ...pace.Password) *card {
	t.Helper()
	chip, err := pace.NewChip(pace.ChipConfig{Offers: []pace.Params{s.Params}, Passwords: pw})
	if err != nil {
		t.Fatal(err)
	}
	return &card{t: t, chip: chip}
}

// runTerminal is our terminal against the peer's chip.
func (s suite) runTerminal(t testing.TB, p *openpace.Peer, pw secret) {
	t.Helper()
	chip := p.PACEChip(s.peer(pw.theirs))
	l := &line{chip}
	res, err := pace.Run(context.Background(), apdu.NewChannel(l), s.Params, pw.ours)
	if err != nil {
		t.Errorf("%v (libeac: %v)", err, chip.Refusal)
		return
	}
	proveTerminal(t, res.Channel, l, p, s.proto.Cipher)
}

// runChip is the peer's terminal against our chip.
func (s suite) runChip(t testing.TB, p *openpace.Peer, pw secret) {
	t.Helper()
	ch := apdu.NewChannel(s.chip(t, pw.ours))
	session, err := p.RunPACE(context.Background(), ch, s.peer(pw.theirs))
	if err != nil {
		t.Error(err)
		return
	}
	proveChip(t, session, ch, p, s.proto.Cipher)
}

// roles are who is what, each with a peer of its own.
var roles = []struct {
	name string
	run  func(suite, testing.TB, *openpace.Peer, secret)
}{
	{"our terminal, their chip", suite.runTerminal},
	{"their terminal, our chip", suite.runChip},
}

// Every combination that libeac has, with the passwords in turn.
func TestPACE(t *testing.T) {
	for _, r := range roles {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			p, pws, compared := newPeer(t), passwords(t), 0
			for _, s := range suites(t) {
				if ok, _ := openpace.Comparable(s.proto); !ok {
					continue // TestLimits
				}
				t.Run(s.String(), func(t *testing.T) { r.run(s, t, p, pws[compared%len(pws)]) })
				compared++
			}
			if want := 14*4 + 3*4; compared != want {
				t.Errorf("%d combinations compared, want %d", compared, want)
			}
		})
	}
}

// few stand for all: curve and group, both mappings, 3DES and AES.
func few(t testing.TB) []suite {
	return []suite{
		newSuite(t, pace.Generic, mac.TDES, 13), newSuite(t, pace.Generic, mac.AES256, 12),
		newSuite(t, pace.Generic, mac.AES128, 0), newSuite(t, pace.Integrated, mac.AES192, 0),
	}
}

// Every kind of password in every one of the few.
func TestPasswords(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	for _, r := range roles {
		for _, s := range few(t) {
			for _, pw := range passwords(t) {
				t.Run(fmt.Sprint(r.name, ", ", s, ", ", pw.ours.Reference()), func(t *testing.T) { r.run(s, t, p, pw) })
			}
		}
	}
}

// A wrong password: the peer's chip refuses our terminal, ours the peer's.
func TestWrongPassword(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	right, wrong := passwords(t), otherPasswords(t)
	for _, s := range few(t) {
		for i := range right {
			t.Run(fmt.Sprint(s, ", ", right[i].ours.Reference()), func(t *testing.T) {
				chip := p.PACEChip(s.peer(right[i].theirs))
				_, err := pace.Run(context.Background(), apdu.NewChannel(chip), s.Params, wrong[i].ours)
				if !errors.Is(err, pace.ErrDenied) || chip.Refusal == nil || chip.Refusal.Step != "verify" {
					t.Errorf("our terminal: %v (libeac: %v), want %v", err, chip.Refusal, pace.ErrDenied)
				}
				own := s.chip(t, right[i].ours)
				_, err = p.RunPACE(context.Background(), apdu.NewChannel(own), s.peer(wrong[i].theirs))
				if !errors.Is(err, apdu.ErrAuthFailed) || own.session != nil {
					t.Errorf("our chip: %v, want %v", err, apdu.ErrAuthFailed)
				}
			})
		}
	}
}

// A chip without the password that answers all the same: our terminal sees it,
// and so does the peer's.
func TestWrongTokenOfTheChip(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	right, wrong := passwords(t)[1], otherPasswords(t)[1]
	for _, s := range few(t) {
		t.Run(s.String(), func(t *testing.T) {
			c := s.peer(wrong.theirs)
			c.Careless = true
			if _, err := pace.Run(context.Background(), apdu.NewChannel(p.PACEChip(c)), s.Params, right.ours); !errors.Is(err, pace.ErrToken) {
				t.Errorf("our terminal: %v, want %v", err, pace.ErrToken)
			}
			_, err := p.RunPACE(context.Background(), apdu.NewChannel(altered{s.chip(t, right.ours)}), s.peer(right.theirs))
			var no *openpace.RefusedError
			if !errors.As(err, &no) || no.Step != "verify" {
				t.Errorf("their terminal: %v, want a refused token", err)
			}
		})
	}
}

// altered is a chip whose token has one wrong bit.
type altered struct{ *card }

func (a altered) Transmit(ctx context.Context, b []byte) ([]byte, error) {
	r, err := a.card.Transmit(ctx, b)
	if outer, _, perr := tlv.Parse(r); perr == nil {
		if n, ok := outer.First(0x86); ok {
			r = bytes.Clone(r)
			r[bytes.Index(r, n.Value)] ^= 1
		}
	}
	return r, err
}
