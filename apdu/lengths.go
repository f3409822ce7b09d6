package apdu

import (
	"context"
	"errors"
)

// Lengths is a form of APDU length fields, as a chip speaks of it or shows it.
type Lengths int

// What is known of a chip. A chip whose keys need extended length has it, and says
// so in its ATS or EF.ATR/INFO (Doc 9303-11 (8th ed.), 9.3.1.1); there are chips
// that have it and say nothing, and some that say nothing and do not have it.
const (
	LengthsUnknown  Lengths = iota // nothing is said
	LengthsShort                   // short APDUs only
	LengthsExtended                // extended length
)

// ChipTakes tells the channel what the chip says of itself. Where it says that it
// takes short APDUs only, a long command goes out in pieces first; where it says
// nothing, extended length is tried first for a command that is longer than a short
// APDU. Neither is final: what the chip refuses is not sent to it again.
func (c *Channel) ChipTakes(l Lengths) { c.stated = l }

// Lengths is what is known of the chip: what it has refused, else what it has said.
func (c *Channel) Lengths() Lengths {
	switch c.refused {
	case LengthsExtended:
		return LengthsShort
	case LengthsShort:
		return LengthsExtended
	}
	return c.stated
}

// Refused is the form that the chip has refused, LengthsUnknown if none.
func (c *Channel) Refused() Lengths { return c.refused }

// insGeneralAuthenticate is the command that a chip takes in pieces without saying
// so (Doc 9303-10 (8th ed.), 3.6.5).
const insGeneralAuthenticate = 0x86

// prefersShort reports whether cmd, which is longer than a short APDU, is to go out
// in short ones first. That a longer answer is wanted is no reason by itself: whoever
// asks for it has looked at [Channel.Lengths].
func (c *Channel) prefersShort(cmd Command) bool {
	return c.Lengths() == LengthsShort && (len(cmd.Data) > MaxShortData || cmd.INS == insGeneralAuthenticate)
}

// learn sees whether the chip refuses the form that cmd went out in, and reports it.
// It does so with 6700, in plain even under secure messaging, which it has not
// looked at yet; of pieces it may also say that it knows no chaining. An answer
// without protection may come from anybody: against what the chip has stated it
// counts the second time only, and so does a chip that falls silent. Reads are left
// out: chips have limits and habits of their own there, and whoever reads keeps
// account of them.
func (c *Channel) learn(form Lengths, cmd Command, r Response, err error) bool {
	if cmd.INS&^1 == 0xB0 || c.refused != LengthsUnknown {
		return false
	}
	var refused bool
	switch {
	case err != nil:
		if form == LengthsExtended && !errors.Is(err, context.Canceled) {
			c.strikes++
			refused = c.strikes > 1
		}
	case len(r.Data) > 0:
	case form == LengthsExtended:
		if r.SW == ErrWrongLength {
			c.strikes++
			refused = c.strikes > 1 || c.stated != LengthsExtended
		}
	default:
		refused = r.SW == ErrWrongLength || r.SW == ErrNoChaining || r.SW == ErrLastExpected
	}
	if refused {
		c.refused = form
	}
	return refused
}

// A Carrier is a [Sender] that knows the way to the chip.
type Carrier interface {
	MaxCommand() int  // largest C-APDU, in bytes
	MaxResponse() int // largest R-APDU, in bytes
	MaxNe() int       // largest Ne that can be sent
	Lengths() Lengths // what is known of the chip
}

// CarrierOf looks through senders, by their method Inner() Sender, down to the one
// that knows the way to the chip.
func CarrierOf(s Sender) (Carrier, bool) {
	for range 8 { // a chain of senders is short; a ring is no chain
		if c, ok := s.(Carrier); ok {
			return c, true
		}
		inner, ok := s.(interface{ Inner() Sender })
		if !ok {
			break
		}
		s = inner.Inner()
	}
	return nil, false
}
