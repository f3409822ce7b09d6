package chip_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/cvc"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/apdu/pace"
	"github.com/chipid-toolkit/chipid/apdu/ta"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/testcards/chip"
	"github.com/chipid-toolkit/chipid/testcards/cvca"
	"github.com/chipid-toolkit/chipid/testcards/document"
)

// ISO7816_K_2, K_5, K_6, K_12, K_14, K_15, K_17, and what else may be wrong about
// the commands: each is refused under secure messaging, and DG3 stays closed.
func TestEACWrongCommands(t *testing.T) {
	e := newEAC(t, cvca.PKI{}, nil)
	for name, run := range map[string]func() apdu.Status{
		"K_2 reference": func() apdu.Status { return e.setAT("UTIS99999") },
		"K_5 verifier as terminal": func() apdu.Status {
			e.open()
			e.want("DV", e.show(e.DV), true)
			return e.authenticate(e.DV)
		},
		"K_6 authority as terminal": func() apdu.Status { return e.authenticate(e.Root) },
		"K_12 challenge of 7 bytes": func() apdu.Status {
			e.want("MSE: Set AT", e.setAT("UTIS00001"), true)
			return e.send(apdu.Command{INS: 0x84, Ne: 7}).SW
		},
		"K_14 no challenge": func() apdu.Status {
			e.want("MSE: Set AT", e.setAT("UTIS00001"), true)
			return e.external(e.sign(e.Terminal, make([]byte, 8)))
		},
		"K_15 no key selected": func() apdu.Status { return e.external(e.sign(e.Terminal, e.challenge())) },
		"K_17 structure of MSE: Set AT": func() apdu.Status {
			return e.send(apdu.Command{INS: 0x22, P1: 0x81, P2: 0xA4, Data: tlv.Encode(0x84, []byte("UTIS00001"))}).SW
		},
		"no data in MSE: Set AT": func() apdu.Status { return e.send(apdu.Command{INS: 0x22, P1: 0x81, P2: 0xA4}).SW },
		"a key before its certificate": func() apdu.Status {
			e.open()
			return e.setAT("UTIS00001")
		},
		"P1 of EXTERNAL AUTHENTICATE": func() apdu.Status {
			e.want("MSE: Set AT", e.setAT("UTIS00001"), true)
			return e.send(apdu.Command{INS: 0x82, P1: 1, Data: e.sign(e.Terminal, e.challenge())}).SW
		},
		"PSO for something else": func() apdu.Status {
			return e.send(apdu.Command{INS: 0x2A, P1: 0x9E, P2: 0x9A, Data: []byte{1}}).SW
		},
		"no certificate selected": func() apdu.Status { return e.verify(e.DV.Certificate.Parts()) },
		"empty signature": func() apdu.Status {
			e.want("MSE: Set AT", e.setAT("UTIS00001"), true)
			e.challenge()
			return e.external(nil)
		},
	} {
		e.open()
		e.want(name+": certificates", e.show(e.DV, e.Terminal), true)
		e.want(name, run(), false)
		e.want(name+": DG3", e.readSFI(3), false)
	}
}

// ISO7816_K_1, K_10: a challenge is good for one try, and the last one counts.
func TestEACChallenge(t *testing.T) {
	e := newEAC(t, cvca.PKI{}, nil)
	ready := func() {
		e.open()
		e.want("certificates", e.show(e.DV, e.Terminal), true)
		e.want("MSE: Set AT", e.setAT("UTIS00001"), true)
	}
	ready()
	first := e.challenge()
	if second := e.challenge(); bytes.Equal(first, second) {
		t.Error("the same challenge twice")
	}
	e.want("the first of two challenges", e.external(e.sign(e.Terminal, first)), false)
	ready()
	nonce := e.challenge()
	wrong := e.sign(e.DV, nonce)
	e.want("somebody else's signature", e.external(wrong), false)
	right := e.sign(e.Terminal, nonce)
	e.want("a challenge used up", e.external(right), false)
	e.want("and again", e.setAT("UTIS00001"), true)
	e.want("right at the second try", e.external(e.sign(e.Terminal, e.challenge())), true)
	e.want("DG3", e.readSFI(3), true)
	// Once in a session (Doc 9303-11 (8th ed.), 7.1.3).
	e.want("certificates a second time", e.show(e.DV, e.Terminal), true)
	if sw := e.setAT("UTIS00001"); sw != apdu.ErrSecurityStatus {
		t.Errorf("a second execution: %04X", uint16(sw))
	}
	e.want("DG3 still", e.readSFI(3), true)
	// A signature of another session.
	ready()
	e.want("replayed", e.external(right), false)
}

// ISO7816_K_20: who signs for the document number after PACE is not let in, nor
// who signs for another terminal key or another chip.
func TestEACBinding(t *testing.T) {
	e := newEAC(t, cvca.PKI{}, nil)
	for name, change := range map[string]func(*ta.Binding){
		"K_20 document number": func(b *ta.Binding) { b.ChipID = must(ta.ChipIDOfMRZ(e.d.MRZInfo)) },
		"another chip":         func(b *ta.Binding) { b.ChipID = make([]byte, 32) },
		"another key":          func(b *ta.Binding) { b.Ephemeral = make([]byte, 32) },
	} {
		e.open()
		e.want("certificates", e.show(e.DV, e.Terminal), true)
		change(&e.binding)
		if sw := e.authenticate(e.Terminal); sw != apdu.ErrAuthFailed {
			t.Errorf("%s: %04X", name, uint16(sw))
		}
		e.want(name+": DG3", e.readSFI(3), false)
	}
}

// ISO7816_K_4, J_12, J_13, J_15, K_7: a command without protection, or of
// another class, ends the session, and nothing of it works.
func TestEACPlainCommands(t *testing.T) {
	e := newEAC(t, cvca.PKI{}, nil)
	plain := apdu.NewChannel(e.d.Chip)
	for name, cmd := range map[string]apdu.Command{
		"J_12 MSE: Set DST":          {INS: 0x22, P1: 0x81, P2: 0xB6, Data: tlv.Encode(0x83, []byte("UTCVCA00001"))},
		"J_12 verify":                {INS: 0x2A, P2: 0xBE, Data: e.DV.Certificate.Parts()},
		"K_4 MSE: Set AT":            {INS: 0x22, P1: 0x81, P2: 0xA4, Data: tlv.Encode(0x83, []byte("UTIS00001"))},
		"K_4 EXTERNAL AUTHENTICATE":  {INS: 0x82, Data: make([]byte, 64)},
		"J_13 class of MSE: Set DST": {CLA: 0x8C, INS: 0x22, P1: 0x81, P2: 0xB6, Data: tlv.Encode(0x83, []byte("UTCVCA00001"))},
		"J_15 class of verify":       {CLA: 0x8C, INS: 0x2A, P2: 0xBE, Data: e.DV.Certificate.Parts()},
		"K_7 class of the signature": {CLA: 0x8C, INS: 0x82, Data: make([]byte, 64)},
	} {
		e.open()
		e.want("certificates", e.show(e.DV, e.Terminal), true)
		r, err := plain.Send(t.Context(), cmd)
		if err != nil {
			t.Fatal(err)
		}
		e.want(name, r.SW, false)
		// The session is over: its next command is answered in plain.
		if _, err := e.ch.Send(t.Context(), apdu.Command{INS: 0x84, Ne: 8}); err == nil {
			t.Errorf("%s: the session lives", name)
		}
	}
}

// Before chip authentication nothing of it is to be had, and chips without trust
// points do not know its commands.
func TestEACWants(t *testing.T) {
	e := newEAC(t, cvca.PKI{}, nil)
	e.begin()
	if sw := e.setDST("UTCVCA00001"); sw != apdu.ErrSecurityStatus {
		t.Errorf("MSE: Set DST after PACE: %04X", uint16(sw))
	}
	e.want("GET CHALLENGE after PACE", e.send(apdu.Command{INS: 0x84, Ne: 8}).SW, false)
	e = newEAC(t, cvca.PKI{}, func(o *document.Options) { o.TA = nil })
	if sw := e.setDST("UTCVCA00001"); sw != apdu.ErrWrongP1P2 {
		t.Errorf("MSE: Set DST on a chip without: %04X", uint16(sw))
	}
	if sw := e.verify(nil); sw != apdu.ErrINS {
		t.Errorf("PSO on a chip without: %04X", uint16(sw))
	}
	e.want("EF.CVCA on a chip without", e.readSFI(0x1C), false)
}

// Commands in pieces: certificates and signatures alone, in order, and nothing
// between.
func TestEACChaining(t *testing.T) {
	e := newEAC(t, cvca.PKI{Algorithm: cvc.RSAv15SHA256, Bits: 2048}, func(o *document.Options) { o.Chip.Model = chip.ShortModel })
	pieces := func(cmd apdu.Command, size int) (sw apdu.Status) {
		data := cmd.Data
		for len(data) > size {
			piece := cmd
			piece.CLA, piece.Data = apdu.ClassChaining, data[:size]
			if sw = e.send(piece).SW; sw != apdu.OK {
				return sw
			}
			data = data[size:]
		}
		cmd.Data = data
		return e.send(cmd).SW
	}
	dv := apdu.Command{INS: 0x2A, P2: 0xBE, Data: e.DV.Certificate.Parts()}
	for _, size := range []int{223, 100, 7} {
		e.open()
		e.want("MSE: Set DST", e.setDST("UTCVCA00001"), true)
		e.want("certificate in pieces", pieces(dv, size), true)
	}
	e.open()
	e.want("MSE: Set DST", e.setDST("UTCVCA00001"), true)
	first := dv
	first.CLA, first.Data = apdu.ClassChaining, dv.Data[:100]
	e.want("first piece", e.send(first).SW, true)
	if sw := e.readSFI(1); sw != apdu.ErrLastExpected {
		t.Errorf("another command between: %04X", uint16(sw))
	}
	e.want("DG1 after", e.readSFI(1), true)
	last := dv
	last.Data = dv.Data[len(dv.Data)-100:]
	e.want("the rest alone", e.send(last).SW, false)
	if sw := e.send(apdu.Command{CLA: apdu.ClassChaining, INS: 0x22, P1: 0x81, P2: 0xB6, Data: []byte{0x83}}).SW; sw != apdu.ErrNoChaining {
		t.Errorf("MSE in pieces: %04X", uint16(sw))
	}
	// Without an end.
	e.want("MSE: Set DST", e.setDST("UTCVCA00001"), true)
	endless := apdu.Command{CLA: apdu.ClassChaining, INS: 0x2A, P2: 0xBE, Data: make([]byte, 223)}
	sw, n := apdu.OK, 0
	for ; sw == apdu.OK && n < 1000; n++ {
		sw = e.send(endless).SW
	}
	if sw != apdu.ErrWrongLength || n*223 > 2*cvc.MaxLen {
		t.Errorf("a chain without end: %04X after %d pieces", uint16(sw), n)
	}
	e.want("and all is well", e.whole3(), true)
}

// whole3 is terminal authentication by our own terminal, which knows how to send
// pieces.
func (e *eac) whole3() apdu.Status {
	e.Helper()
	e.open()
	_, err := ta.Run(e.Context(), e.ch, ta.Params{
		References: e.trustPoints(), Certificates: e.Certificates(), ChipID: e.binding.ChipID, Ephemeral: e.binding.Ephemeral, Sign: ta.SignWith(e.Terminal.Signer),
	})
	if err != nil {
		e.Error(err)
		return apdu.ErrAuthFailed
	}
	return e.readSFI(3)
}

// PACE names the trust points to a terminal that sends its authorization, and
// names them anew after a link (Doc 9303-11 (8th ed.), 4.4.5; appendix K.2).
func TestEACNamesInPACE(t *testing.T) {
	e := newEAC(t, cvca.PKI{}, nil)
	second := e.issue(e.Root, "UTCVCA00002", cvc.RoleCVCA, -4, 900, cvca.Both()...)
	names := func() []string {
		p := gm(mac.AES128, 12)
		p.CHAT = must(must(cvc.NewCHAT(cvc.InspectionSystem, cvc.RoleTerminal, cvca.Both()...)).Value())
		r, err := pace.Run(t.Context(), apdu.NewChannel(e.d.Chip), p, pace.CAN(document.CAN))
		if err != nil {
			t.Fatal(err)
		}
		return r.CARs
	}
	if got := names(); !slices.Equal(got, []string{"UTCVCA00001"}) {
		t.Errorf("named %v", got)
	}
	e.open()
	e.want("link", e.show(second), true)
	if got := names(); !slices.Equal(got, []string{"UTCVCA00002", "UTCVCA00001"}) {
		t.Errorf("named %v", got)
	}
}
