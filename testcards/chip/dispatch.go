package chip

import (
	"errors"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/gp"
	"github.com/chipid-toolkit/chipid/apdu/pace"
	"github.com/chipid-toolkit/chipid/apdu/sm"
	"github.com/chipid-toolkit/chipid/cardprofile/applet"
)

// application is what is selected.
type application int

const (
	appNone  application = iota // nothing, on a chip without a master file
	appISD                      // the issuer security domain
	appEMRTD                    // the eMRTD applet: master file or LDS1 application
)

// volatile is what a power cut takes.
type volatile struct {
	app application
	dir directory // of the eMRTD applet
	ef  int       // index of the selected file, -1 none

	session *sm.Chip // secure messaging; while it lives, access is granted
	proto   protocols
	// opened is the password that opened the session, 0 with BAC; resuming:
	// PACE with a suspended password is under way inside it.
	opened   pace.Reference
	resuming bool
	chipID   []byte // what terminal authentication calls the chip in this session

	domain    *gp.Chip     // the security domain's half of SCP03
	assembler gp.Assembler // STORE DATA
	target    bool         // INSTALL [for personalization] named the applet

	pending []byte // what GET RESPONSE fetches
}

// powerOn brings the chip to the state after reset. The applet is selected by
// itself once it is personalized, with its master file if it has one.
func (c *Chip) powerOn() {
	c.v.clear()
	c.v = volatile{ef: -1, assembler: gp.Assembler{WrapBlocks: true}}
	c.v.domain = c.newDomain()
	c.v.proto = c.newProtocols()
	a := &c.st.Applet
	switch {
	case !a.personalized():
		c.v.app = appISD
	case a.Flags&applet.FlagNoMF != 0:
		c.v.app = appNone
	default:
		c.v.app = appEMRTD
	}
}

func (v *volatile) clear() {
	if v.session != nil {
		v.session.Close()
	}
	if v.domain != nil {
		v.domain.End()
	}
	v.assembler.End()
}

// endSession ends secure messaging and takes its rights (Doc 9303-11 (8th
// ed.), 9.8.3), and ends an open secure channel of the security domain.
func (c *Chip) endSession() {
	if c.v.session != nil {
		c.v.session.Close()
		c.v.session = nil
	}
	c.v.opened, c.v.resuming, c.v.chipID = 0, false, nil
	c.v.proto.reset()
	if c.v.ef >= 0 && c.st.Applet.Files[c.v.ef].Rule != applet.ReadAlways {
		c.v.ef = -1
	}
	c.v.domain.End()
	c.endPersonalization()
}

func (c *Chip) endPersonalization() {
	c.v.target = false
	c.v.assembler.End()
}

// process answers one C-APDU. The answer is never empty.
func (c *Chip) process(raw []byte) []byte {
	cmd, err := apdu.ParseCommand(raw)
	pending := c.v.pending
	c.v.pending = nil
	switch {
	case err != nil:
		if c.v.session != nil {
			c.endSession()
		}
		return status(apdu.ErrWrongLength)
	case pending != nil && cmd.INS == 0xC0 && cmd.CLA&^0x80 == 0:
		return c.getResponse(cmd, pending)
	}
	extended := len(raw) > 6 && raw[4] == 0
	if sw := c.admit(cmd, len(raw), extended); sw != apdu.OK {
		if c.v.session != nil {
			c.endSession()
		}
		return status(sw)
	}
	return c.route(cmd, extended)
}

func status(sw apdu.Status) []byte { return apdu.Response{SW: sw}.Encode() }

// admit judges what can be judged without knowing who is meant: size and class
// (ISO/IEC 7816-4:2020, 5.4.1).
func (c *Chip) admit(cmd apdu.Command, size int, extended bool) apdu.Status {
	m := c.model()
	switch {
	case extended && m.ShortOnly && c.quirks[quirkShort].Status != 0:
		return c.quirks[quirkShort].Status
	case size > m.MaxCommand || extended && m.ShortOnly:
		return apdu.ErrWrongLength
	case cmd.CLA == 0xFF || cmd.CLA&0xE0 == 0x20:
		return apdu.ErrCLA
	case cmd.CLA&0x40 != 0 && cmd.CLA&0xF0 != 0xC0: // further interindustry, and proprietary with channels 4 to 19
		return apdu.ErrChannel
	case cmd.CLA&0x03 != 0:
		return apdu.ErrChannel
	case cmd.CLA&0x60 != 0:
		return apdu.ErrCLA
	}
	return apdu.OK
}

// route finds who answers: SELECT of an application by name belongs to the
// card, all else to what is selected.
func (c *Chip) route(cmd apdu.Command, extended bool) []byte {
	if c.v.session != nil {
		if cmd.CLA&(0x80|apdu.ClassSM) == apdu.ClassSM {
			return c.protected(cmd, extended)
		}
		// Doc 9303-11 (8th ed.), 4.3.2 and 9.8.3: a plain command ends the
		// session; then it is answered as it would be without one.
		c.endSession()
	}
	ne := c.answerable(cmd, extended)
	if isSelectName(cmd) && cmd.CLA == 0 {
		return c.fit(c.selectName(cmd), ne)
	}
	switch c.v.app {
	case appISD:
		if cmd.Ne == 0 {
			// A response MAC comes with answers to commands without Le too,
			// and a contactless chip just sends it.
			ne = min(apdu.MaxShortNe, c.responseBuffer())
		}
		return c.fit(c.domainCommand(cmd), ne)
	case appEMRTD:
		return c.fit(c.plain(cmd, extended), ne)
	default:
		return c.fit(c.nobody(cmd), ne)
	}
}

// nobody answers where no application is selected and there is no master file.
func (c *Chip) nobody(cmd apdu.Command) apdu.Response {
	switch {
	case cmd.CLA != 0:
		return refuse(apdu.ErrCLA)
	case isSelectMF(cmd):
		return refuse(apdu.ErrINS)
	case cmd.INS == 0xA4, cmd.INS == 0xB0, cmd.INS == 0xB1:
		return refuse(apdu.ErrFileNotFound)
	case knownINS(cmd.INS):
		return refuse(apdu.ErrConditions)
	}
	return refuse(apdu.ErrINS)
}

func refuse(sw apdu.Status) apdu.Response { return apdu.Response{SW: sw} }

// plain answers an unprotected command to the eMRTD applet.
func (c *Chip) plain(cmd apdu.Command, extended bool) apdu.Response {
	switch {
	case cmd.CLA&0x80 != 0:
		return refuse(apdu.ErrCLA)
	case cmd.CLA&apdu.ClassSM != 0:
		// Protection without a session.
		return refuse(apdu.ErrSMUnsupported)
	}
	r, session := c.emrtd(cmd, extended)
	if session != nil {
		c.v.session = session
	}
	return r
}

// protected answers a command under secure messaging: open, answer, protect,
// and only then let new keys take effect (Doc 9303-11 (8th ed.), 9.8.2).
func (c *Chip) protected(cmd apdu.Command, extended bool) []byte {
	inner, err := c.v.session.Unwrap(cmd)
	if err != nil {
		c.endSession()
		return status(sm.StatusOf(err)) // 9.8.5: without protection
	}
	if sw := c.nakedQuirk(inner, extended); sw != apdu.OK {
		c.endSession()
		return status(sw)
	}
	if cmd.Ne == 0 {
		cmd.Ne = apdu.MaxShortNe // a protected answer always has data
	}
	outerNe := c.answerable(cmd, extended)
	room := sm.MaxResponseData(c.v.session.Cipher(), outerNe+2)
	var r apdu.Response
	var next *sm.Chip
	if isSelectName(inner) {
		r = c.selectNameProtected(inner)
	} else {
		asked := inner
		if inner.INS == 0xB0 || inner.INS == 0xB1 {
			asked.Ne = min(inner.Ne, room) // less than asked for is better than none
		}
		r, next = c.emrtdAsked(asked, inner.Ne, extended)
	}
	if len(r.Data) > room && !c.model().GetResponse {
		r, next = refuse(apdu.ErrWrongLength), nil
	}
	wrapped, err := c.v.session.Wrap(r)
	if err != nil {
		c.endSession()
		return status(apdu.ErrUnknown)
	}
	if next != nil {
		c.v.session.Close()
		c.v.session = next
	}
	return c.fit(wrapped, outerNe)
}

// answerable is how many bytes of response data the chip may send: what is
// expected, as far as its buffer goes.
func (c *Chip) answerable(cmd apdu.Command, extended bool) int {
	ne := cmd.Ne
	if !extended {
		ne = min(ne, apdu.MaxShortNe)
	}
	return min(ne, c.responseBuffer())
}

// fit brings an answer out: whole if it fits, else by GET RESPONSE (ISO/IEC
// 7816-4:2020, 5.3.4) where the chip knows it, else 6700. What is above ne
// because no data was expected at all goes unsaid, as in command case 3.
func (c *Chip) fit(r apdu.Response, ne int) []byte {
	switch {
	case len(r.Data) <= ne:
		return r.Encode()
	case ne == 0 && c.v.app != appISD && c.v.session == nil:
		return status(r.SW)
	case c.model().GetResponse || c.v.app == appISD:
		return c.announce(r.Encode())
	default:
		return status(apdu.ErrWrongLength)
	}
}

// announce keeps what is left of an answer, its own status word at the end.
func (c *Chip) announce(answer []byte) []byte {
	c.v.pending = answer
	left := len(answer) - 2
	if left > 0xFF {
		left = 0
	}
	return status(0x6100 | apdu.Status(left))
}

func (c *Chip) getResponse(cmd apdu.Command, pending []byte) []byte {
	if len(cmd.Data) != 0 || cmd.Ne == 0 || cmd.P1 != 0 || cmd.P2 != 0 {
		return status(apdu.ErrWrongP1P2)
	}
	n := len(pending) - 2
	if cmd.Ne >= n {
		return pending
	}
	head := append([]byte(nil), pending[:cmd.Ne]...)
	return append(head, c.announce(pending[cmd.Ne:])...)
}

// statusOf makes a status of an error: what is no status is a memory failure,
// since only writing the state can fail otherwise.
func statusOf(err error) apdu.Status {
	var sw apdu.Status
	switch {
	case err == nil:
		return apdu.OK
	case errors.As(err, &sw):
		return sw
	default:
		return apdu.ErrMemory
	}
}
