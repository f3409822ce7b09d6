package sm

import (
	"fmt"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
)

// Chip is the chip's side of a session: Unwrap each command, Wrap its answer,
// strictly in turn. It may be used by one goroutine at a time.
//
// When Unwrap fails the session is over (Doc 9303-11 (8th ed.), 9.8.5): the
// chip forgets keys and rights and answers with the plain status that
// [StatusOf] gives.
type Chip struct {
	s       *session
	odd     bool // instruction of the command being answered is odd
	pending bool // a command is open and waits for its answer
	cause   error
}

// NewChip makes the chip's half. Arguments as for [New].
func NewChip(c mac.Cipher, enc, mac_ mac.Key, ssc []byte) (*Chip, error) {
	s, err := newSession(c, enc, mac_, ssc)
	if err != nil {
		return nil, err
	}
	return &Chip{s: s}, nil
}

// Cipher is the cipher of the session.
func (c *Chip) Cipher() mac.Cipher { return c.s.cipher }

// Err is nil while the session lives, else why it ended.
func (c *Chip) Err() error { return c.cause }

// Close ends the session and forgets its keys.
func (c *Chip) Close() {
	if c.cause == nil {
		c.end(ErrClosed)
	}
}

func (c *Chip) end(cause error) {
	c.cause = cause
	c.s.wipe()
}

// StatusOf is the plain status with which a chip answers a command that Unwrap
// refused: 6987 if protection was missing, 6988 if it was wrong.
func StatusOf(err error) apdu.Status {
	if _, ok := err.(*UnprotectedError); ok {
		return apdu.ErrSMMissing
	}
	return apdu.ErrSMWrong
}

// Unwrap opens a protected command. An *UnprotectedError means that the
// command was plain; other errors that it was wrong. Either ends the session.
func (c *Chip) Unwrap(cmd apdu.Command) (apdu.Command, error) {
	if c.cause != nil {
		return apdu.Command{}, fmt.Errorf("%w: %w", ErrClosed, c.cause)
	}
	plain, err := c.unwrap(cmd)
	if err != nil {
		c.end(err)
		return apdu.Command{}, err
	}
	c.odd, c.pending = cmd.INS&1 != 0, true
	return plain, nil
}

func (c *Chip) unwrap(cmd apdu.Command) (apdu.Command, error) {
	if c.pending {
		return apdu.Command{}, fmt.Errorf("%w: command before the last one was answered", ErrFormat)
	}
	if cmd.CLA&0x40 != 0 || cmd.CLA&apdu.ClassSM != apdu.ClassSM {
		return apdu.Command{}, &UnprotectedError{SW: apdu.ErrSMMissing}
	}
	if err := c.s.advance(); err != nil {
		return apdu.Command{}, err
	}
	o, protected, err := parseObjects(cmd.Data, tagLe)
	if err != nil {
		return apdu.Command{}, err
	}
	if !protected {
		return apdu.Command{}, &UnprotectedError{SW: apdu.ErrSMMissing}
	}
	if err := c.verifyCommand(cmd, o); err != nil {
		return apdu.Command{}, err
	}
	plain := apdu.Command{CLA: cmd.CLA &^ apdu.ClassSM, INS: cmd.INS, P1: cmd.P1, P2: cmd.P2}
	if o.middle != nil {
		if plain.Ne, err = expected(o.middle.Value, cmd.Ne); err != nil {
			return apdu.Command{}, err
		}
	}
	if o.cryptogram != nil {
		if plain.Data, err = c.s.openCryptogram(*o.cryptogram); err != nil {
			return apdu.Command{}, err
		}
	}
	return plain, nil
}

// verifyCommand checks the checksum. For a command without any object some
// terminals pad the padded header once more; a chip that takes both readings
// gives nothing away, since no other message has either form.
func (c *Chip) verifyCommand(cmd apdu.Command, o objects) error {
	message, padded := c.s.commandMessage(cmd.CLA, cmd.INS, cmd.P1, cmd.P2, o.covered)
	err := c.s.verify(message, padded, o.checksum)
	if err != nil && padded {
		return c.s.verify(message, false, o.checksum)
	}
	return err
}

// expected reads DO 97. An empty value asks for the maximum of the length form
// that carried it.
func expected(le []byte, outer int) (int, error) {
	switch len(le) {
	case 0:
		if outer > apdu.MaxShortNe {
			return apdu.MaxExtendedNe, nil
		}
		return apdu.MaxShortNe, nil
	case 1:
		if le[0] == 0 {
			return apdu.MaxShortNe, nil
		}
		return int(le[0]), nil
	case 2:
		if n := int(le[0])<<8 | int(le[1]); n != 0 {
			return n, nil
		}
		return apdu.MaxExtendedNe, nil
	}
	return 0, fmt.Errorf("%w: expected length of %d bytes", ErrFormat, len(le))
}

// Wrap protects the answer to the command that Unwrap gave last.
func (c *Chip) Wrap(r apdu.Response) (apdu.Response, error) {
	if c.cause != nil {
		return apdu.Response{}, fmt.Errorf("%w: %w", ErrClosed, c.cause)
	}
	if !c.pending {
		return apdu.Response{}, fmt.Errorf("%w: answer without a command", ErrFormat)
	}
	c.pending = false
	if err := c.s.advance(); err != nil {
		c.end(err)
		return apdu.Response{}, err
	}
	body := c.s.cryptogramObject(c.odd, r.Data)
	body = append(body, tlv.Encode(tagStatus, []byte{byte(r.SW >> 8), byte(r.SW)})...)
	tag, err := c.s.checksum(body, false)
	if err != nil {
		c.end(err)
		return apdu.Response{}, err
	}
	return apdu.Response{Data: append(body, tlv.Encode(tagChecksum, tag)...), SW: r.SW}, nil
}
