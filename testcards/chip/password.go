package chip

import (
	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/pace"
	"github.com/chipid-toolkit/chipid/apdu/sm"
	"github.com/chipid-toolkit/chipid/cardprofile/applet"
)

// hasPACE reports whether there is a password for PACE at all.
func (a *appletState) hasPACE() bool {
	return a.Mechanisms&(applet.MechanismPACEMRZ|applet.MechanismPACECAN) != 0 || a.PIN != "" || a.PUK != ""
}

// passwords are those that the chip has, one of a kind.
func (a *appletState) passwords() []pace.Password {
	var list []pace.Password
	if a.Mechanisms&applet.MechanismPACEMRZ != 0 {
		list = append(list, pace.MRZ(a.MRZ))
	}
	if a.Mechanisms&applet.MechanismPACECAN != 0 {
		list = append(list, pace.CAN(a.CAN))
	}
	if a.PIN != "" {
		list = append(list, pace.PIN(a.PIN))
	}
	if a.PUK != "" {
		list = append(list, pace.PUK(a.PUK))
	}
	return list
}

// tries gives the bound on wrong attempts in a row of a password, 0 if it has
// none, and the count of those that were made.
func (a *appletState) tries(ref pace.Reference) (limit int, failed *int) {
	switch ref {
	case pace.ReferenceCAN:
		return a.CANTries, &a.CANFailed
	case pace.ReferencePIN:
		return a.PINTries, &a.PINFailed
	case pace.ReferencePUK:
		return a.PUKTries, &a.PUKFailed
	}
	return 0, new(int)
}

// suspends reports the passwords that are suspended before their last try is
// gone, so that nobody can block them without the CAN (TR-03110-2 v2.21, 2.2.3).
func suspends(ref pace.Reference) bool {
	return ref == pace.ReferencePIN || ref == pace.ReferencePUK
}

func (a *appletState) suspended(ref pace.Reference) bool {
	limit, failed := a.tries(ref)
	return suspends(ref) && limit > 1 && limit-*failed == 1
}

// admitPassword judges a password that a terminal selects for PACE, and makes
// the chip slow if attempts have failed before.
func (c *Chip) admitPassword(ref pace.Reference) apdu.Status {
	c.slow()
	a := &c.st.Applet
	limit, failed := a.tries(ref)
	switch left := limit - *failed; {
	case limit == 0 || left == limit:
		return apdu.OK
	case left <= 0:
		return apdu.ErrAuthBlocked
	case a.suspended(ref) && c.v.opened != pace.ReferenceCAN:
		return apdu.ErrConditions
	default:
		return triesLeft(left)
	}
}

func triesLeft(n int) apdu.Status { return 0x63C0 | apdu.Status(n&0x0F) }

// attempted counts an attempt at a password (0: BAC), before its answer goes
// out, and gives the status of a failed one. The CAN's counter starts anew with
// any success: who knows the MRZ has the card in hand. Those of PIN and PUK
// start anew with their own alone.
func (c *Chip) attempted(ref pace.Reference, ok bool) apdu.Status {
	old := &c.st.Applet
	if _, failed := old.tries(ref); ok && old.Failures == 0 && old.CANFailed == 0 && *failed == 0 {
		return apdu.OK
	}
	err := c.update(func(s *state) error {
		a := &s.Applet
		_, failed := a.tries(ref)
		if ok {
			a.Failures, a.CANFailed, *failed = 0, 0, 0
			return nil
		}
		a.Failures++
		*failed++
		return nil
	})
	a := &c.st.Applet
	limit, failed := a.tries(ref)
	switch {
	case err != nil:
		return apdu.ErrMemory
	case ok || limit == 0:
		return apdu.OK // 6300, the protocol's own
	default:
		return triesLeft(max(limit-*failed, 0))
	}
}

// slow makes an attempt wait: the longer, the more have failed before it.
func (c *Chip) slow() {
	if n := c.st.Applet.Failures; n > 0 && c.retry > 0 {
		c.owed += c.retry << min(n-1, maxDoublings)
	}
}

// resume runs PACE inside a session that the CAN opened, which resumes a
// suspended PIN or PUK (TR-03110-2 v2.21, 2.4.1); handled is false for any other
// command. PACE is run once in a session otherwise.
func (c *Chip) resume(cmd apdu.Command) (r apdu.Response, session *sm.Chip, handled bool) {
	p := c.v.proto.pace
	if p == nil || c.v.opened != pace.ReferenceCAN || !c.v.resuming && !resumable(&c.st.Applet) {
		return r, nil, false
	}
	if !p.Wants(cmd) {
		p.Reset()
		c.v.resuming = false
		return r, nil, false
	}
	r, session = p.Handle(cmd)
	if cmd.INS == 0x22 && (p.Reference() != pace.ReferencePIN && p.Reference() != pace.ReferencePUK) {
		p.Reset()
		return refuse(apdu.ErrConditions), nil, true
	}
	c.v.resuming = session == nil
	if session != nil {
		c.v.opened = p.Reference()
		c.identifyByPACE()
	}
	return r, session, true
}

func resumable(a *appletState) bool {
	return a.suspended(pace.ReferencePIN) || a.suspended(pace.ReferencePUK)
}

// resetRetryCounter unblocks the PIN in a session that the PUK opened, as far as
// that goes without a new PIN (TR-03110-3 v2.21, B.7.1 and B.14.11).
func (c *Chip) resetRetryCounter(cmd apdu.Command) apdu.Status {
	switch {
	case c.v.session == nil || c.v.opened != pace.ReferencePUK || c.st.Applet.PIN == "":
		return apdu.ErrSecurityStatus
	case cmd.P1 != 0x03 || cmd.P2 != byte(pace.ReferencePIN) || len(cmd.Data) != 0:
		return apdu.ErrWrongP1P2
	}
	return statusOf(c.update(func(s *state) error { s.Applet.PINFailed = 0; return nil }))
}
