package ta

import (
	"fmt"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/cvc"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/apdu/sm"
)

// Certificates and signatures may not fit a short command under secure
// messaging. Where extended length cannot carry them they go by command
// chaining, each piece a protected command of its own (ISO/IEC 7816-4:2020,
// 5.3.3; Doc 9303-11 (8th ed.), 9.3.2, leaves it to chips to allow it).

const (
	maxShortCommand    = 4 + 1 + apdu.MaxShortData + 1
	maxExtendedCommand = 4 + 3 + apdu.MaxExtendedData + 2

	// maxPieces bounds a command that comes in pieces, in bytes: a certificate,
	// or a signature, which is shorter.
	maxPieces = cvc.MaxLen
)

// carries is how many bytes of data a command of at most maxCommand bytes holds
// on the way to the chip, protection counted.
func (t *terminal) carries(maxCommand int) int {
	s := t.ch
	protected := func(n int) int {
		if maxCommand > maxShortCommand {
			return n - 4 - 3 - 2
		}
		return apdu.MaxShortData
	}
	if p, ok := s.(interface{ Cipher() mac.Cipher }); ok {
		protected = func(n int) int { return sm.MaxCommandData(p.Cipher(), n, 0) }
	}
	for range 8 { // a chain of senders is short; a ring is no chain
		if l, ok := s.(interface{ MaxCommand() int }); ok {
			maxCommand = min(maxCommand, l.MaxCommand())
			break
		}
		inner, ok := s.(interface{ Inner() apdu.Sender })
		if !ok {
			break
		}
		s = inner.Inner()
	}
	return protected(maxCommand)
}

// send is one command, in pieces where it must be, and where the chip will not
// have it whole.
func (t *terminal) send(cmd apdu.Command) (apdu.Response, error) {
	limit := maxExtendedCommand
	if t.p.MaxCommand > 0 {
		limit = max(t.p.MaxCommand, maxShortCommand)
	}
	whole, short := t.carries(limit), t.carries(maxShortCommand)
	if short <= 0 || len(cmd.Data) <= short {
		return t.exchange(cmd)
	}
	if len(cmd.Data) <= whole {
		if r, err := t.exchange(cmd); err != nil || r.SW != apdu.ErrWrongLength {
			return r, err
		}
	}
	for data := cmd.Data; ; data = data[short:] {
		piece := cmd
		if len(data) <= short {
			piece.Data = data
			return t.exchange(piece)
		}
		piece.CLA |= apdu.ClassChaining
		piece.Data, piece.Ne = data[:short], 0
		if r, err := t.exchange(piece); err != nil || r.SW != apdu.OK {
			return r, err
		}
	}
}

func (t *terminal) exchange(cmd apdu.Command) (apdu.Response, error) {
	r, err := t.ch.Send(t.ctx, cmd)
	if err != nil {
		return apdu.Response{}, fmt.Errorf("ta: %s: %w", apdu.InstructionName(cmd.INS), err)
	}
	return r, nil
}

// gather joins the pieces of a command on the chip's side: certificates and
// signatures alone come so. While more is to come the answer is 9000; another
// command in between is answered 6883 (TR-03110-3 v2.21, B.13.3) and ends the
// chain.
func (c *Chip) gather(cmd apdu.Command) (whole apdu.Command, more bool, err error) {
	old := c.partial
	c.partial = apdu.Command{}
	chained := cmd.CLA&apdu.ClassChaining != 0
	if chained && (!c.Wants(cmd) || c.binding == nil || cmd.INS != insPSO && cmd.INS != insExternal) {
		return cmd, false, fmt.Errorf("%w: %w", errCommand, apdu.ErrNoChaining)
	}
	if len(old.Data) > 0 {
		if cmd.INS != old.INS || cmd.P1 != old.P1 || cmd.P2 != old.P2 {
			return cmd, false, fmt.Errorf("%w: %w", errCommand, apdu.ErrLastExpected)
		}
		if len(old.Data)+len(cmd.Data) > maxPieces {
			return cmd, false, fmt.Errorf("%w: %w", errCommand, apdu.ErrWrongLength)
		}
	}
	cmd.Data = append(old.Data, cmd.Data...)
	if chained {
		c.partial = apdu.Command{INS: cmd.INS, P1: cmd.P1, P2: cmd.P2, Data: cmd.Data}
	}
	return cmd, chained, nil
}
