package ta_test

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/cvc"
	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/apdu/ta"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
)

func setDST(r cvc.Reference) apdu.Command {
	return apdu.Command{INS: 0x22, P1: 0x81, P2: 0xB6, Data: tlv.Encode(0x83, []byte(r))}
}

func setAT(r cvc.Reference) apdu.Command {
	return apdu.Command{INS: 0x22, P1: 0x81, P2: 0xA4, Data: tlv.Encode(0x83, []byte(r))}
}

func pso(c *cvc.Certificate) apdu.Command {
	return apdu.Command{INS: 0x2A, P2: 0xBE, Data: c.Parts()}
}

var getChallenge = apdu.Command{INS: 0x84, Ne: 8}

// script sends commands to a bound chip; all but the last must succeed.
type script struct {
	t    testing.TB
	f    *family
	chip *ta.Chip
	last apdu.Response
}

func newScript(f *family, date string) *script {
	f.t.Helper()
	chip, err := ta.NewChip(ta.ChipConfig{Store: f.store(date)})
	if err != nil {
		f.t.Fatal(err)
	}
	if err := chip.Bind(ta.Binding{ChipID: chipID, Ephemeral: ephemeral}); err != nil {
		f.t.Fatal(err)
	}
	return &script{t: f.t, f: f, chip: chip}
}

func (s *script) send(cmds ...apdu.Command) {
	s.t.Helper()
	for i, cmd := range cmds {
		if s.last = s.chip.Handle(cmd); s.last.SW != apdu.OK && i < len(cmds)-1 {
			s.t.Fatalf("command %d: %v", i, s.chip.Refusal())
		}
	}
}

// external is EXTERNAL AUTHENTICATE over a challenge.
func (s *script) external(key *entity, id, nonce, eph []byte) apdu.Command {
	s.t.Helper()
	sig, err := ta.SignWith(key.sign)(context.Background(), ta.Challenge{Holder: key.cert.CHR, Algorithm: key.key.Algorithm, ChipID: id, Nonce: nonce, Ephemeral: eph})
	if err != nil {
		s.t.Fatal(err)
	}
	return apdu.Command{INS: 0x82, Data: sig}
}

// chain is the commands up to the selected terminal key.
func (s *script) chain() {
	s.t.Helper()
	s.send(setDST("UTCVCA00001"), pso(s.f.dv.cert), setDST("UTDV00001"), pso(s.f.is.cert), setAT("UTIS00001"))
	if s.last.SW != apdu.OK {
		s.t.Fatal(s.chip.Refusal())
	}
}

// One broken rule in the certificates, one reason and one status, and nobody
// reads anything.
func TestChipRefusesCertificates(t *testing.T) {
	f := newFamily(t, cvc.ECDSASHA256, ecc.BrainpoolP256r1())
	foreign := newFamily(t, cvc.ECDSASHA256, ecc.BrainpoolP256r1())
	q, err := cvc.RequestTemplate{CHR: "UTDV00001", Algorithm: cvc.ECDSASHA256}.Sign(f.dv.sign)
	if err != nil {
		t.Fatal(err)
	}
	body, _, err := tlv.Parse(q.Body)
	if err != nil {
		t.Fatal(err)
	}
	withDomain, _ := body.First(0x7F49)
	domain := rewrite(t, f.root, f.dv.cert, 0x7F49, withDomain.Value)
	flipped := pso(f.dv.cert)
	flipped.Data = bytes.Clone(flipped.Data)
	flipped.Data[len(flipped.Data)-1] ^= 1
	cut := pso(f.dv.cert)
	cut.Data = cut.Data[:len(cut.Data)-1]
	root := rewrite(t, f.root, f.dv.cert, 0x5F20, []byte("UTCVCA00001"))
	for _, x := range []struct {
		name string
		date string
		cmds []apdu.Command
		sw   apdu.Status
		want error
	}{
		{"unknown issuer", "2026-01-15", []apdu.Command{setDST("FOCVCA00001")}, apdu.ErrNotFound, nil},
		{"DV before its certificate", "2026-01-15", []apdu.Command{setDST("UTDV00001")}, apdu.ErrNotFound, nil},
		{"wrong CAR", "2026-01-15", []apdu.Command{setDST("UTCVCA00001"), pso(f.is.cert)}, apdu.ErrNotFound, cvc.ErrIssuer},
		{"no key selected", "2026-01-15", []apdu.Command{pso(f.dv.cert)}, apdu.ErrConditions, nil},
		{"key used up", "2026-01-15", []apdu.Command{setDST("UTCVCA00001"), pso(f.dv.cert), pso(f.dv.cert)}, apdu.ErrConditions, nil},
		{"wrong signature", "2026-01-15", []apdu.Command{setDST("UTCVCA00001"), flipped}, apdu.ErrAuthFailed, cvc.ErrSignature},
		{"another root of the name", "2026-01-15", []apdu.Command{setDST("UTCVCA00001"), pso(foreign.dv.cert)}, apdu.ErrAuthFailed, cvc.ErrSignature},
		{"expired DV", "2026-05-01", []apdu.Command{setDST("UTCVCA00001"), pso(f.dv.cert)}, apdu.ErrConditions, cvc.ErrExpired},
		{"expired terminal", "2026-03-02", []apdu.Command{setDST("UTCVCA00001"), pso(f.dv.cert), setDST("UTDV00001"), pso(f.is.cert)}, apdu.ErrConditions, cvc.ErrExpired},
		{"expired trust point", "2029-01-01", []apdu.Command{setDST("UTCVCA00001"), pso(rewrite(t, f.root, f.dv.cert, 0x5F24, day(t, "2030-01-01").Encode()))}, apdu.ErrConditions, cvc.ErrIssuerExpired},
		{"domain parameters in a DV certificate", "2026-01-15", []apdu.Command{setDST("UTCVCA00001"), pso(domain)}, apdu.ErrWrongData, cvc.ErrDomain},
		{"trust point overwritten", "2026-01-15", []apdu.Command{setDST("UTCVCA00001"), pso(root)}, apdu.ErrConditions, cvc.ErrKnown},
		{"cut", "2026-01-15", []apdu.Command{setDST("UTCVCA00001"), cut}, apdu.ErrWrongData, cvc.ErrFormat},
		{"no data", "2026-01-15", []apdu.Command{setDST("UTCVCA00001"), {INS: 0x2A, P2: 0xBE}}, apdu.ErrWrongData, cvc.ErrFormat},
		{"terminal for terminal", "2026-01-15", []apdu.Command{setDST("UTCVCA00001"), pso(f.dv.cert), setDST("UTDV00001"), pso(f.is.cert), setDST("UTIS00001"), pso(rewrite(t, f.is, f.is.cert, 0x42, []byte("UTIS00001")))}, apdu.ErrConditions, cvc.ErrRole},
		{"DST malformed", "2026-01-15", []apdu.Command{{INS: 0x22, P1: 0x81, P2: 0xB6, Data: []byte{0x83, 9}}}, apdu.ErrWrongData, nil},
		{"DST empty", "2026-01-15", []apdu.Command{{INS: 0x22, P1: 0x81, P2: 0xB6}}, apdu.ErrWrongData, nil},
		{"DST another object", "2026-01-15", []apdu.Command{{INS: 0x22, P1: 0x81, P2: 0xB6, Data: tlv.Encode(0x84, []byte("UTCVCA00001"))}}, apdu.ErrWrongData, nil},
		{"DST long name", "2026-01-15", []apdu.Command{setDST("UTCVCA00000000001")}, apdu.ErrWrongData, cvc.ErrReference},
	} {
		s := newScript(f, x.date)
		s.send(x.cmds...)
		if s.last.SW != x.sw || x.want != nil && !errors.Is(s.chip.Refusal(), x.want) || s.chip.Refusal() == nil {
			t.Errorf("%s: %v, %v, want %v, %v", x.name, s.last.SW, s.chip.Refusal(), x.sw, x.want)
		}
		if s.chip.MayRead(3) || s.chip.MayRead(4) {
			t.Errorf("%s: rights", x.name)
		}
	}
}

// What a DV certificate that was refused would have said is not known
// afterwards (TR-03105-3.2, J_2 to J_10).
func TestRefusedIsNotImported(t *testing.T) {
	f := newFamily(t, cvc.ECDSASHA256, ecc.P256())
	s := newScript(f, "2026-05-01")
	s.send(setDST("UTCVCA00001"), pso(f.dv.cert))
	if s.last.SW == apdu.OK {
		t.Fatal("accepted")
	}
	s.send(setDST("UTDV00001"))
	if s.last.SW != apdu.ErrNotFound {
		t.Error(s.last.SW)
	}
}

// One fault in the authentication, one status, and no rights.
func TestChipRefusesAuthentication(t *testing.T) {
	f := newFamily(t, cvc.ECDSASHA256, ecc.BrainpoolP256r1())
	for _, x := range []struct {
		name string
		run  func(*script)
		sw   apdu.Status
	}{
		{"no key selected", func(s *script) {
			s.send(getChallenge)
			s.send(s.external(f.is, chipID, s.last.Data, ephemeral))
		}, apdu.ErrConditions},
		{"no challenge", func(s *script) {
			s.chain()
			s.send(s.external(f.is, chipID, make([]byte, 8), ephemeral))
		}, apdu.ErrConditions},
		{"wrong key", func(s *script) {
			s.chain()
			s.send(getChallenge)
			s.send(s.external(f.dv, chipID, s.last.Data, ephemeral))
		}, apdu.ErrAuthFailed},
		{"another chip", func(s *script) {
			s.chain()
			s.send(getChallenge)
			s.send(s.external(f.is, []byte("another chip"), s.last.Data, ephemeral))
		}, apdu.ErrAuthFailed},
		{"another session", func(s *script) {
			s.chain()
			s.send(getChallenge)
			s.send(s.external(f.is, chipID, s.last.Data, []byte("another key")))
		}, apdu.ErrAuthFailed},
		{"the first of two challenges", func(s *script) {
			s.chain()
			s.send(getChallenge)
			first := s.last.Data
			s.send(getChallenge)
			s.send(s.external(f.is, chipID, first, ephemeral))
		}, apdu.ErrAuthFailed},
		{"challenge used after a failure", func(s *script) {
			s.chain()
			s.send(getChallenge)
			nonce := s.last.Data
			s.send(apdu.Command{INS: 0x82, Data: make([]byte, 64)})
			if s.last.SW != apdu.ErrAuthFailed {
				t.Error(s.last.SW)
			}
			s.send(s.external(f.is, chipID, nonce, ephemeral))
		}, apdu.ErrConditions},
		{"challenge not used at once", func(s *script) {
			s.chain()
			s.send(getChallenge)
			nonce := s.last.Data
			s.send(setAT("UTIS00001"))
			s.send(s.external(f.is, chipID, nonce, ephemeral))
		}, apdu.ErrConditions},
		{"no signature", func(s *script) {
			s.chain()
			s.send(getChallenge, apdu.Command{INS: 0x82})
		}, apdu.ErrAuthFailed},
		{"key of a DV", func(s *script) {
			s.send(setDST("UTCVCA00001"), pso(f.dv.cert), setAT("UTDV00001"))
		}, apdu.ErrNotFound},
		{"key of the trust point", func(s *script) { s.send(setAT("UTCVCA00001")) }, apdu.ErrNotFound},
		{"key before another certificate", func(s *script) {
			s.chain()
			s.send(setDST("UTCVCA00001"), pso(f.dv.cert), getChallenge)
			s.send(s.external(f.is, chipID, s.last.Data, ephemeral))
		}, apdu.ErrConditions},
		{"unknown key", func(s *script) {
			s.chain()
			s.send(setAT("UTIS00009"))
		}, apdu.ErrNotFound},
		{"objects of version 2", func(s *script) {
			s.chain()
			cmd := setAT("UTIS00001")
			cmd.Data = append(tlv.Encode(0x80, []byte{4, 0, 0x7F, 0, 7, 2, 2, 2, 2, 3}), cmd.Data...)
			s.send(cmd)
		}, apdu.ErrWrongData},
		{"challenge with data", func(s *script) {
			s.chain()
			s.send(apdu.Command{INS: 0x84, Data: []byte{1}, Ne: 8})
		}, apdu.ErrWrongLength},
		{"challenge of 4 bytes", func(s *script) {
			s.chain()
			s.send(apdu.Command{INS: 0x84, Ne: 4})
		}, apdu.ErrWrongLength},
		{"challenge with P2", func(s *script) {
			s.chain()
			s.send(apdu.Command{INS: 0x84, P2: 1, Ne: 8})
		}, apdu.ErrWrongP1P2},
		{"another instruction", func(s *script) { s.send(apdu.Command{INS: 0xB0}) }, apdu.ErrINS},
		{"before chip authentication", func(s *script) {
			s.chip.Reset()
			s.send(setDST("UTCVCA00001"))
		}, apdu.ErrSecurityStatus},
		{"imported key after a reset", func(s *script) {
			s.chain()
			s.chip.Reset()
			if err := s.chip.Bind(ta.Binding{ChipID: chipID, Ephemeral: ephemeral}); err != nil {
				t.Fatal(err)
			}
			s.send(setAT("UTIS00001"))
		}, apdu.ErrNotFound},
	} {
		s := newScript(f, "2026-01-15")
		x.run(s)
		if s.last.SW != x.sw || s.chip.MayRead(3) || !s.chip.Rights().IsZero() {
			t.Errorf("%s: %v, want %v", x.name, s.last.SW, x.sw)
		}
	}
}

// A signature of an earlier session meets another challenge.
func TestReplay(t *testing.T) {
	f := newFamily(t, cvc.ECDSASHA256, ecc.P256())
	card, ch := newCard(t, f.store("2026-01-15"))
	if _, err := ta.Run(context.Background(), ch, f.params()); err != nil {
		t.Fatal(err)
	}
	recorded := card.seen
	s := newScript(f, "2026-01-15")
	s.send(recorded...)
	if s.last.SW != apdu.ErrAuthFailed || s.chip.MayRead(3) {
		t.Errorf("%v", s.last.SW)
	}
}

// After a failure another challenge may be tried; after a success nothing more,
// and the rights end with the session.
func TestOneExecution(t *testing.T) {
	f := newFamily(t, cvc.ECDSASHA256, ecc.P256())
	s := newScript(f, "2026-01-15")
	s.chain()
	s.send(getChallenge, apdu.Command{INS: 0x82, Data: make([]byte, 64)})
	s.send(getChallenge)
	s.send(s.external(f.is, chipID, s.last.Data, ephemeral))
	if s.last.SW != apdu.OK || !s.chip.MayRead(3) || s.chip.MayRead(4) || s.chip.Refusal() != nil {
		t.Fatal(s.chip.Refusal())
	}
	s.send(setDST("UTCVCA00001"), pso(f.dv.cert), setDST("UTDV00001"), pso(f.is.cert), setAT("UTIS00001"))
	if s.last.SW != apdu.ErrSecurityStatus {
		t.Errorf("second run: %v", s.last.SW)
	}
	s.send(getChallenge)
	s.send(s.external(f.is, chipID, s.last.Data, ephemeral))
	if s.last.SW != apdu.ErrSecurityStatus || !s.chip.MayRead(3) {
		t.Errorf("second authentication: %v", s.last.SW)
	}
	s.chip.Reset()
	if s.chip.MayRead(3) || !s.chip.Rights().IsZero() {
		t.Error("rights survive the session")
	}
}

// The rights are those that all certificates grant (TR-03105-3.2, unit L).
func TestRights(t *testing.T) {
	both := []cvc.Right{cvc.ReadDG3, cvc.ReadDG4}
	for _, x := range []struct {
		root, dv, is []cvc.Right
		dg3, dg4     bool
	}{
		{both, both, both, true, true},
		{both, both, both[:1], true, false},
		{both, both, both[1:], false, true},
		{both, both[:1], both, true, false},
		{both, both[1:], both, false, true},
		{both[:1], both, both, true, false},
		{both, both[:1], both[1:], false, false},
		{both, both, nil, false, false},
		{nil, both, both, false, false},
	} {
		f := &family{world: &world{t: t, algorithm: cvc.ECDSASHA256, curve: ecc.P256()}}
		f.root = f.issue(nil, "UTCVCA00001", "2026-01-01", "2028-12-31", cvc.RoleCVCA, x.root...)
		f.dv = f.issue(f.root, "UTDV00001", "2026-02-01", "2026-04-30", cvc.RoleForeignDV, x.dv...)
		f.is = f.issue(f.dv, "UTIS00001", "2026-02-02", "2026-03-01", cvc.RoleTerminal, x.is...)
		card, ch := newCard(t, f.store("2026-01-15"))
		if _, err := ta.Run(context.Background(), ch, f.params()); err != nil {
			t.Fatal(err)
		}
		if card.chip.MayRead(3) != x.dg3 || card.chip.MayRead(4) != x.dg4 || !card.chip.MayRead(1) {
			t.Errorf("%v: %v", x, card.chip.Rights())
		}
	}
}

// GET CHALLENGE and EXTERNAL AUTHENTICATE are BAC's before Chip Authentication.
func TestWants(t *testing.T) {
	f := newFamily(t, cvc.ECDSASHA256, ecc.P256())
	chip, err := ta.NewChip(ta.ChipConfig{Store: f.store("2026-01-15")})
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		cmd           apdu.Command
		before, after bool
	}{
		{setDST("UTCVCA00001"), true, true}, {setAT("UTIS00001"), true, true}, {pso(f.dv.cert), true, true},
		{getChallenge, false, true}, {apdu.Command{INS: 0x82}, false, true},
		{apdu.Command{INS: 0x22, P1: 0x41, P2: 0xA4}, false, false}, {apdu.Command{INS: 0x22, P1: 0xC1, P2: 0xA4}, false, false},
		{apdu.Command{INS: 0x2A, P1: 0x9E, P2: 0x9A}, false, false}, {apdu.Command{INS: 0xB0}, false, false},
	} {
		chip.Reset()
		if chip.Wants(x.cmd) != x.before {
			t.Errorf("%+v before", x.cmd)
		}
		if err := chip.Bind(ta.Binding{ChipID: chipID, Ephemeral: ephemeral}); err != nil {
			t.Fatal(err)
		}
		if chip.Wants(x.cmd) != x.after {
			t.Errorf("%+v after", x.cmd)
		}
	}
	if _, err := ta.NewChip(ta.ChipConfig{}); err == nil {
		t.Error("a chip without trust points")
	}
	for _, b := range []ta.Binding{{}, {ChipID: chipID}, {Ephemeral: ephemeral}} {
		if err := chip.Bind(b); !errors.Is(err, ta.ErrBinding) {
			t.Error(err)
		}
	}
}
