package chip_test

import (
	"slices"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/bac"
	"github.com/chipid-toolkit/chipid/apdu/ca"
	"github.com/chipid-toolkit/chipid/apdu/cvc"
	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/apdu/pace"
	"github.com/chipid-toolkit/chipid/apdu/ta"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/testcards/chip"
	"github.com/chipid-toolkit/chipid/testcards/cvca"
	"github.com/chipid-toolkit/chipid/testcards/document"
)

// eac is a document under extended access control and somebody who talks to it
// command by command. The tests that use it are the chip's cases of BSI TR-03105
// part 3.2, v1.5.1, units ISO7816_H (access), J (certificates), K (terminal
// authentication), L (rights) and M (updates); each names those that it covers.
// What the document marks as deleted is left out.
type eac struct {
	*testing.T
	*cvca.Chain
	d *document.Document

	ch      apdu.Sender
	binding ta.Binding
	caKey   ca.Params
}

// eacDay is the chip's current date: the chain of newEAC is valid on it.
func eacDay(days int) cvc.Date {
	return must(must(cvc.NewDate(2026, time.November, 21)).AddDays(days))
}

func newEAC(t *testing.T, p cvca.PKI, change func(*document.Options)) *eac {
	t.Helper()
	if p.Algorithm == 0 {
		p = cvca.PKI{Algorithm: cvc.ECDSASHA256, Curve: ecc.P256()}
	}
	e := &eac{T: t, Chain: must(cvca.NewChain(p, eacDay(0), nil))}
	o := document.Options{
		PACE: []pace.Params{gm(mac.AES128, 12)}, BAC: true,
		CA: []document.ChipAuth{{Parameters: 12, Ciphers: []mac.Cipher{mac.AES128}, ID: ca.NoKeyID}},
		TA: &document.TerminalAuth{TerminalAuth: chip.TerminalAuth{CVCA: []*cvc.Certificate{e.Root.Certificate}, Date: eacDay(-12)}, Fingers: 300, Iris: 200},
	}
	if change != nil {
		change(&o)
	}
	e.d = document.New(t, o)
	e.open()
	return e
}

// issue makes another certificate.
func (e *eac) issue(by *cvca.Holder, chr cvc.Reference, role cvc.Role, from, to int, rights ...cvc.Right) *cvca.Holder {
	e.Helper()
	return must(e.Issue(by, cvca.Spec{CHR: chr, Role: role, Rights: rights, From: eacDay(from), To: eacDay(to)}))
}

// begin powers the chip on and opens it with PACE, without chip authentication.
func (e *eac) begin() {
	e.Helper()
	reset(e, e.d.Chip)
	ch := apdu.NewChannel(e.d.Chip)
	r, err := pace.Run(e.Context(), ch, gm(mac.AES128, 12), pace.MRZ(e.d.MRZInfo))
	if err != nil {
		e.Fatal(err)
	}
	e.ch, e.binding = r.Channel, ta.Binding{ChipID: must(ta.CompressPoint(r.ChipEphemeral))}
	selectApplication(e.T, e.ch)
}

// open also does chip authentication.
func (e *eac) open() {
	e.Helper()
	e.begin()
	e.chipAuth()
}

func (e *eac) chipAuth() {
	e.Helper()
	if e.caKey.Public == nil {
		for _, f := range e.d.Files {
			if f.Name == "EF.DG14" {
				infos, _, err := lds.ParseDG14(f.Bytes)
				if err != nil {
					e.Fatal(err)
				}
				e.caKey = infos.ChipAuthentication()[0]
			}
		}
	}
	r, err := ca.Run(e.Context(), e.ch, e.caKey)
	if err != nil {
		e.Fatal(err)
	}
	e.ch, e.binding.Ephemeral = r.Channel, must(ta.CompressPoint(r.TerminalEphemeral))
}

// send is one command; the answer must come under secure messaging.
func (e *eac) send(cmd apdu.Command) apdu.Response {
	e.Helper()
	r, err := e.ch.Send(e.Context(), cmd)
	if err != nil {
		e.Fatalf("%02X: %v", cmd.INS, err)
	}
	return r
}

func (e *eac) mse(p2 byte, ref cvc.Reference) apdu.Status {
	e.Helper()
	return e.send(apdu.Command{INS: 0x22, P1: 0x81, P2: p2, Data: tlv.Encode(0x83, []byte(ref))}).SW
}

func (e *eac) setDST(ref cvc.Reference) apdu.Status { e.Helper(); return e.mse(0xB6, ref) }
func (e *eac) setAT(ref cvc.Reference) apdu.Status  { e.Helper(); return e.mse(0xA4, ref) }

// verify sends the data field of PSO: Verify Certificate.
func (e *eac) verify(parts []byte) apdu.Status {
	e.Helper()
	return e.send(apdu.Command{INS: 0x2A, P2: 0xBE, Data: parts}).SW
}

// show has the chip verify certificates one after another, and gives the status
// of the last.
func (e *eac) show(holders ...*cvca.Holder) (sw apdu.Status) {
	e.Helper()
	for i, h := range holders {
		if sw = e.setDST(h.Certificate.CAR); sw == apdu.OK {
			sw = e.verify(h.Certificate.Parts())
		}
		if sw != apdu.OK && i < len(holders)-1 {
			e.Errorf("certificate of %v: %v", h.Certificate.CHR, sw)
		}
	}
	return sw
}

func (e *eac) challenge() []byte {
	e.Helper()
	r := e.send(apdu.Command{INS: 0x84, Ne: 8})
	if r.SW != apdu.OK || len(r.Data) != 8 {
		e.Errorf("challenge: %v, %d bytes", r.SW, len(r.Data))
	}
	return r.Data
}

func (e *eac) sign(h *cvca.Holder, nonce []byte) []byte {
	e.Helper()
	c := ta.Challenge{Holder: h.Certificate.CHR, Algorithm: h.Certificate.PublicKey.Algorithm, ChipID: e.binding.ChipID, Nonce: nonce, Ephemeral: e.binding.Ephemeral}
	return must(ta.SignWith(h.Signer)(e.Context(), c))
}

func (e *eac) external(signature []byte) apdu.Status {
	e.Helper()
	return e.send(apdu.Command{INS: 0x82, Data: signature}).SW
}

// authenticate is the rest after the certificates.
func (e *eac) authenticate(h *cvca.Holder) apdu.Status {
	e.Helper()
	if sw := e.setAT(h.Certificate.CHR); sw != apdu.OK {
		return sw
	}
	return e.external(e.sign(h, e.challenge()))
}

// whole is terminal authentication in a new session.
func (e *eac) whole(holders ...*cvca.Holder) apdu.Status {
	e.Helper()
	e.open()
	if sw := e.show(holders...); sw != apdu.OK {
		return sw
	}
	return e.authenticate(holders[len(holders)-1])
}

// readSFI reads a byte by short identifier.
func (e *eac) readSFI(sfi byte) apdu.Status {
	e.Helper()
	return e.send(apdu.Command{INS: 0xB0, P1: 0x80 | sfi, Ne: 1}).SW
}

// want compares a status: "" is 9000, "refused" any error that the standard's
// "checking error" is, 6300 among them.
func (e *eac) want(what string, got apdu.Status, ok bool) {
	e.Helper()
	if (got == apdu.OK) != ok || !ok && !refusal(got) {
		e.Errorf("%s: %04X, want success %v", what, uint16(got), ok)
	}
}

func refusal(sw apdu.Status) bool { return sw>>8 >= 0x64 && sw>>8 <= 0x6F || sw == apdu.ErrAuthFailed }

// ISO7816_H_1 to H_6, H_10 (DG3), H_12: chip authentication alone opens neither
// DG3 nor DG4, by whatever command.
func TestEACDataGroupsClosed(t *testing.T) {
	e := newEAC(t, cvca.PKI{}, nil)
	for n := byte(3); n <= 4; n++ {
		for what, cmd := range map[string]apdu.Command{
			"SELECT":            {INS: 0xA4, P1: 0x02, P2: 0x0C, Data: []byte{1, n}},
			"READ BINARY, SFI":  {INS: 0xB0, P1: 0x80 | n, Ne: 1},
			"odd, SFI":          {INS: 0xB1, P2: n, Data: []byte{0x54, 1, 0}, Ne: 6},
			"odd, identifier":   {INS: 0xB1, P1: 1, P2: n, Data: []byte{0x54, 1, 0}, Ne: 6},
			"READ BINARY after": {INS: 0xB0, Ne: 1},
		} {
			want := apdu.ErrSecurityStatus
			if what == "READ BINARY after" {
				want = apdu.ErrNoCurrentEF
			}
			if r := e.send(cmd); r.SW != want || len(r.Data) > 0 {
				t.Errorf("DG%d, %s: %04X", n, what, uint16(r.SW))
			}
		}
	}
}

// ISO7816_H_7 to H_10 (EF.CVCA), H_13 to H_16, M_6: EF.CVCA wants access, has 36
// bytes, and names two trust points.
func TestEACFileOfTrustPoints(t *testing.T) {
	var previous *cvca.Holder
	e := newEAC(t, cvca.PKI{}, func(o *document.Options) {
		previous = must(cvca.PKI{Algorithm: cvc.ECDSASHA256, Curve: ecc.P256()}.Issue(nil, cvca.Spec{
			CHR: "UTCVCA00000", Role: cvc.RoleCVCA, Rights: cvca.Both(), From: eacDay(-700), To: eacDay(300)}))
		o.TA.CVCA = append([]*cvc.Certificate{previous.Certificate}, o.TA.CVCA...)
	})
	commands := map[string]apdu.Command{
		"SELECT":          {INS: 0xA4, P1: 0x02, P2: 0x0C, Data: []byte{0x01, 0x1C}},
		"SFI":             {INS: 0xB0, P1: 0x9C, Ne: 36},
		"odd, SFI":        {INS: 0xB1, P2: 0x1C, Data: []byte{0x54, 1, 0}, Ne: 38},
		"odd, identifier": {INS: 0xB1, P1: 0x01, P2: 0x1C, Data: []byte{0x54, 1, 0}, Ne: 38},
	}
	want := must(cvc.EncodeEFCVCA("UTCVCA00001", "UTCVCA00000"))
	for what, cmd := range commands {
		reset(t, e.d.Chip)
		ch := apdu.NewChannel(e.d.Chip)
		selectApplication(t, ch)
		if r, err := ch.Send(t.Context(), cmd); err != nil || r.SW != apdu.ErrSecurityStatus {
			t.Errorf("%s without access: %v %v", what, r.SW, err)
		}
		e.begin()
		r := e.send(cmd)
		if what == "SELECT" {
			r = e.send(apdu.Command{INS: 0xB0, Ne: 36})
		}
		if r.Data = slices.Clone(r.Data); cmd.INS == 0xB1 && len(r.Data) == 38 {
			r.Data = r.Data[2:]
		}
		if r.SW != apdu.OK || !slices.Equal(r.Data, want) {
			t.Errorf("%s: %v %X", what, r.SW, r.Data)
		}
		if cmd.INS == 0xB0 || what == "SELECT" {
			e.want("past its end", e.send(apdu.Command{INS: 0xB0, P2: 36, Ne: 1}).SW, false)
		}
	}
	// Both trust points are good, in whatever order they came.
	dv := e.issue(previous, "UTDV00008", cvc.RoleForeignDV, -5, 30, cvca.Both()...)
	is := e.issue(dv, "UTIS00008", cvc.RoleTerminal, -5, 30, cvca.Both()...)
	e.want("previous trust point", e.whole(dv, is), true)
	e.want("present trust point", e.whole(e.DV, e.Terminal), true)
}

// ISO7816_L_1 to L_8: DG3 and DG4 open with their own rights, as far as verifier
// and terminal both have them.
func TestEACRights(t *testing.T) {
	e := newEAC(t, cvca.PKI{}, nil)
	both, three, four := cvca.Both(), []cvc.Right{cvc.ReadDG3}, []cvc.Right{cvc.ReadDG4}
	for _, x := range []struct {
		dv, is   []cvc.Right
		dg3, dg4 bool
	}{
		{both, both, true, true}, {both, three, true, false}, {both, four, false, true},
		{three, both, true, false}, {four, both, false, true}, {three, four, false, false}, {nil, both, false, false}, {both, nil, false, false},
	} {
		dv := e.issue(e.Root, "UTDV00002", cvc.RoleForeignDV, -5, 30, x.dv...)
		is := e.issue(dv, "UTIS00002", cvc.RoleTerminal, -5, 30, x.is...)
		e.want("terminal authentication", e.whole(dv, is), true)
		e.want("DG3", e.readSFI(3), x.dg3)
		e.want("DG4", e.readSFI(4), x.dg4)
		e.want("DG2", e.readSFI(2), true)
		e.want("DG3 by SELECT", e.send(apdu.Command{INS: 0xA4, P1: 0x02, P2: 0x0C, Data: []byte{1, 3}}).SW, x.dg3)
	}
}

// ISO7816_L_9 to L_12, K_3: certificates and a challenge without a signature, or
// with a wrong one, open nothing; secure messaging lives on.
func TestEACWithoutSignature(t *testing.T) {
	e := newEAC(t, cvca.PKI{}, nil)
	e.want("certificates", e.show(e.DV, e.Terminal), true)
	e.want("MSE: Set AT", e.setAT("UTIS00001"), true)
	nonce := e.challenge()
	e.want("DG3", e.readSFI(3), false)
	wrong := e.sign(e.Terminal, nonce)
	wrong[len(wrong)-1] ^= 1
	if sw := e.external(wrong); sw != apdu.ErrAuthFailed {
		t.Errorf("wrong signature: %04X", uint16(sw))
	}
	e.want("DG3 after", e.readSFI(3), false)
	e.want("DG4 after", e.readSFI(4), false)
	e.want("DG1 after", e.readSFI(1), true)
}

// ISO7816_L_13 to L_16, K_18: the rights end with the session, whichever way it
// ends.
func TestEACRightsEnd(t *testing.T) {
	e := newEAC(t, cvca.PKI{}, nil)
	plain := apdu.NewChannel(e.d.Chip)
	for what, end := range map[string]func(){
		"power": e.begin,
		"plain command": func() {
			_, _ = plain.Send(t.Context(), apdu.Command{INS: 0xB0, P1: 0x81, Ne: 1})
			e.beginAgain(pace.MRZ(e.d.MRZInfo))
		},
		"PACE again": func() { e.beginAgain(pace.CAN(document.CAN)) },
		"BAC after": func() {
			selectApplication(t, plain)
			r, err := bac.Run(t.Context(), plain, bac.NewPassword(e.d.MRZInfo))
			if err != nil {
				t.Fatal(err)
			}
			e.ch = r.Channel
		},
		"chip authentication again": e.chipAuth,
	} {
		e.want(what+": terminal authentication", e.whole(e.DV, e.Terminal), true)
		e.want(what+": DG3", e.readSFI(3), true)
		end()
		e.want(what+": DG3 after", e.readSFI(3), false)
		e.want(what+": DG1 after", e.readSFI(1), true)
	}
	// Inside the session neither PACE nor BAC can be run; selecting the
	// application again changes nothing (Doc 9303-11 (8th ed.), 7.1.3, note 1).
	e.want("terminal authentication", e.whole(e.DV, e.Terminal), true)
	_, err := pace.Run(t.Context(), e.ch, gm(mac.AES128, 12), pace.MRZ(e.d.MRZInfo))
	if err == nil {
		t.Error("PACE inside the session")
	}
	selectApplication(t, e.ch)
	e.want("DG3", e.readSFI(3), true)
	e.want("a file that is not there", e.send(apdu.Command{INS: 0xB0, P1: 0x85, Ne: 1}).SW, false)
}

// beginAgain runs PACE without a reset.
func (e *eac) beginAgain(pw pace.Password) {
	e.Helper()
	ch := apdu.NewChannel(e.d.Chip)
	r, err := pace.Run(e.Context(), ch, gm(mac.AES128, 12), pw)
	if err != nil {
		e.Fatal(err)
	}
	e.ch = r.Channel
	selectApplication(e.T, e.ch)
}
