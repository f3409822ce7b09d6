package chip

import (
	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/sm"
)

// emrtd answers a command in the clear to the eMRTD applet: one that came so,
// or one that secure messaging has opened. A session that it gives takes effect
// after the answer.
func (c *Chip) emrtd(cmd apdu.Command, extended bool) (apdu.Response, *sm.Chip) {
	asked := cmd.Ne
	cmd.Ne = c.answerable(cmd, extended)
	return c.emrtdAsked(cmd, asked, extended)
}

// emrtdAsked is emrtd with what the terminal asked for beside what the answer
// may hold (cmd.Ne).
func (c *Chip) emrtdAsked(cmd apdu.Command, asked int, extended bool) (apdu.Response, *sm.Chip) {
	if len(c.quirks) == 0 {
		return c.emrtdPlain(cmd, asked, extended)
	}
	if sw := c.quirkOf(&cmd, asked); sw != apdu.OK {
		return refuse(sw), nil
	}
	r, session := c.emrtdPlain(cmd, asked, extended)
	return c.quirkAfter(cmd, r), session
}

// emrtdPlain is emrtdAsked on a chip without quirks.
func (c *Chip) emrtdPlain(cmd apdu.Command, asked int, extended bool) (apdu.Response, *sm.Chip) {
	switch {
	case cmd.CLA&apdu.ClassChaining != 0 && cmd.INS != 0x86 && !c.chains(cmd):
		// Doc 9303-10 (8th ed.), 3.6.5: for GENERAL AUTHENTICATE alone, unless
		// the chip says otherwise.
		return refuse(apdu.ErrNoChaining), nil
	case !knownINS(cmd.INS) && !(cmd.INS == insPSO && c.v.proto.ta != nil):
		return refuse(apdu.ErrINS), nil
	case cmd.INS == 0x2C && c.v.session != nil:
		return refuse(c.resetRetryCounter(cmd)), nil
	case writeINS(cmd.INS):
		return refuse(apdu.ErrSecurityStatus), nil // access rule NEVER
	case !c.st.Applet.personalized():
		return refuse(apdu.ErrConditions), nil
	}
	if c.v.session == nil {
		if r, session, handled := c.accessCommand(cmd); handled {
			return r, session
		}
	}
	if p := &c.v.proto; p.ta != nil && c.v.session != nil && p.ta.Wants(cmd) {
		return p.ta.Handle(cmd), nil
	}
	switch cmd.INS {
	case insSelect:
		return c.selectFile(cmd), nil
	case 0xB0:
		return c.readBinary(cmd, asked, extended), nil
	case 0xB1:
		return c.readBinaryOdd(cmd, asked, extended), nil
	case 0x22, 0x86, 0x88:
		return c.authenticate(cmd, asked)
	case insPSO:
		return refuse(apdu.ErrWrongP1P2), nil
	}
	// GET CHALLENGE and EXTERNAL AUTHENTICATE where BAC is not offered or has
	// had its turn, GET RESPONSE with nothing to fetch.
	return refuse(apdu.ErrConditions), nil
}

// authenticate answers chip and active authentication. Both want the access
// that has been granted, if any is needed at all.
func (c *Chip) authenticate(cmd apdu.Command, asked int) (apdu.Response, *sm.Chip) {
	p := &c.v.proto
	if c.v.session != nil {
		if r, session, handled := c.resume(cmd); handled {
			return r, session
		}
	}
	if c.v.session == nil && (c.st.Applet.Mechanisms != 0 || cmd.INS != 0x88) {
		return refuse(apdu.ErrSecurityStatus), nil
	}
	switch {
	case cmd.INS == 0x88 && p.aa != nil:
		if asked > 0 && c.model().GetResponse {
			cmd.Ne = apdu.MaxExtendedNe // what does not fit is fetched
		}
		c.staticWork(cmd)
		return p.aa.Handle(cmd), nil
	case cmd.INS == 0x88:
		return refuse(apdu.ErrConditions), nil
	case p.ca != nil && p.ca.Wants(cmd):
		c.staticWork(cmd)
		r, session := p.ca.Handle(cmd)
		if session != nil {
			c.bindByCA()
		}
		return r, session
	case cmd.INS == 0x22 && cmd.P1 == 0xC1:
		// PACE inside a session: BAC and PACE never in the same one (Doc
		// 9303-11 (8th ed.), 4.1), and once is enough.
		return refuse(apdu.ErrConditions), nil
	case cmd.INS == 0x22:
		return refuse(apdu.ErrWrongP1P2), nil
	}
	return refuse(apdu.ErrConditions), nil
}

// knownINS reports an instruction of ISO/IEC 7816 that the applet's operating
// system recognizes.
func knownINS(ins byte) bool {
	switch ins {
	case insSelect, 0xB0, 0xB1, 0xC0, 0x22, 0x82, 0x84, 0x86, 0x88:
		return true
	}
	return writeINS(ins)
}

// writeINS reports one that would write: UPDATE, WRITE and ERASE BINARY, PUT
// DATA, CREATE FILE, DELETE FILE, ACTIVATE, DEACTIVATE and TERMINATE FILE,
// GENERATE ASYMMETRIC KEY PAIR, CHANGE REFERENCE DATA, RESET RETRY COUNTER.
func writeINS(ins byte) bool {
	switch ins {
	case 0xD6, 0xD7, 0xD0, 0xD1, 0x0E, 0x0F, 0xDA, 0xDB, 0xE0, 0xE4, 0x44, 0x04, 0xE6, 0xE8, 0xFE, 0x46, 0x47, 0x24, 0x2C, 0xE2, 0xDC, 0xDD, 0xD2, 0xD8, 0xF0:
		return true
	}
	return false
}
