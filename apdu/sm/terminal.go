package sm

import (
	"context"
	"fmt"
	"sync"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
)

// Channel is the terminal's side: an apdu.Sender that protects every command
// and opens every answer. It may be shared by goroutines; exchanges go one
// after another.
type Channel struct {
	inner apdu.Sender

	mu       sync.Mutex
	s        *session
	verified int
	cause    error // why the session ended; nil while it lives
}

// New makes a channel on top of inner with session keys of Doc 9303-11
// (8th ed.), 9.7.4. Keys have c.KeyLen() bytes; ssc has c.BlockSize() bytes, or
// is nil for zero. Keys and counter are copied.
func New(inner apdu.Sender, c mac.Cipher, enc, mac_ mac.Key, ssc []byte) (*Channel, error) {
	if inner == nil {
		return nil, fmt.Errorf("sm: no sender below the channel")
	}
	s, err := newSession(c, enc, mac_, ssc)
	if err != nil {
		return nil, err
	}
	return &Channel{inner: inner, s: s}, nil
}

// Restart replaces secure messaging by new keys with the counter at zero, as
// Chip Authentication does (Doc 9303-11 (8th ed.), 6.2.2 and 9.8.2): the new
// channel talks to what lies below ch, and ch, if it is a Channel, is closed.
func Restart(ch apdu.Sender, c mac.Cipher, enc, mac_ mac.Key) (*Channel, error) {
	old, ok := ch.(*Channel)
	if !ok {
		return New(ch, c, enc, mac_, nil)
	}
	next, err := New(old.inner, c, enc, mac_, nil)
	if err != nil {
		return nil, err
	}
	old.Close()
	return next, nil
}

// Inner is the sender below the channel.
func (c *Channel) Inner() apdu.Sender { return c.inner }

// Cipher is the cipher of the session.
func (c *Channel) Cipher() mac.Cipher { return c.s.cipher }

// Verified is how many answers with a right checksum have come in: the
// implicit proof that the chip has the session keys. It is zero on a fresh
// channel.
func (c *Channel) Verified() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.verified
}

// Err is nil while the session lives, else why it ended.
func (c *Channel) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cause
}

// Close ends the session and forgets its keys. The chip is told nothing: it
// ends its own half at the next plain command.
func (c *Channel) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cause == nil {
		c.end(ErrClosed)
	}
}

func (c *Channel) end(cause error) {
	c.cause = cause
	c.s.wipe()
}

// Send protects cmd, sends it, and opens the answer. The status in Response.SW
// is the one the checksum covers. After any error but ErrCommand and a context
// that was over before sending, the session has ended: later calls match
// ErrClosed and the first cause.
func (c *Channel) Send(ctx context.Context, cmd apdu.Command) (apdu.Response, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cause != nil {
		if c.cause == ErrClosed {
			return apdu.Response{}, ErrClosed
		}
		return apdu.Response{}, fmt.Errorf("%w: %w", ErrClosed, c.cause)
	}
	if err := ctx.Err(); err != nil {
		return apdu.Response{}, err
	}
	if err := c.s.protectable(cmd); err != nil {
		return apdu.Response{}, err
	}
	r, err := c.exchange(ctx, cmd)
	if err != nil {
		c.end(err)
		return apdu.Response{}, err
	}
	c.verified++
	return r, nil
}

func (c *Channel) exchange(ctx context.Context, cmd apdu.Command) (apdu.Response, error) {
	protected, err := c.s.wrapCommand(cmd)
	if err != nil {
		return apdu.Response{}, err
	}
	r, err := c.inner.Send(ctx, protected)
	if err != nil {
		return apdu.Response{}, err
	}
	return c.s.unwrapResponse(r)
}

// protectable checks what can be said before the counter moves.
func (s *session) protectable(cmd apdu.Command) error {
	switch {
	case cmd.CLA&0x4C != 0:
		// Bits 4 and 3 are ours to set; further interindustry classes
		// code protection elsewhere (ISO/IEC 7816-4:2020, 5.4.1).
		return fmt.Errorf("%w: class %02X", ErrCommand, cmd.CLA)
	case cmd.Ne < 0 || cmd.Ne > apdu.MaxExtendedNe:
		return fmt.Errorf("%w: Ne %d", ErrCommand, cmd.Ne)
	case len(cmd.Data) > MaxCommandData(s.cipher, 7+apdu.MaxExtendedData+2, cmd.Ne):
		return fmt.Errorf("%w: %d bytes of data", ErrCommand, len(cmd.Data))
	}
	return nil
}

// wrapCommand is Doc 9303-11 (8th ed.), Figure 5.
func (s *session) wrapCommand(cmd apdu.Command) (apdu.Command, error) {
	if err := s.advance(); err != nil {
		return apdu.Command{}, err
	}
	out := apdu.Command{CLA: cmd.CLA | apdu.ClassSM, INS: cmd.INS, P1: cmd.P1, P2: cmd.P2}
	body := s.cryptogramObject(cmd.INS&1 != 0, cmd.Data)
	body = append(body, leObject(cmd.Ne)...)
	message, padded := s.commandMessage(out.CLA, out.INS, out.P1, out.P2, body)
	tag, err := s.checksum(message, padded)
	if err != nil {
		return apdu.Command{}, err
	}
	out.Data = append(body, tlv.Encode(tagChecksum, tag)...)
	// The protected answer always has data (9.8.4), so Le is always there:
	// as much as the length form of this command can ask for.
	out.Ne = apdu.MaxShortNe
	if len(out.Data) > apdu.MaxShortData || cmd.Ne > apdu.MaxShortNe {
		out.Ne = apdu.MaxExtendedNe
	}
	return out, nil
}

// leObject is DO 97: one byte as in a short APDU, two as in an extended one,
// zeros for the maximum. A value field is never empty (Doc 9303-11, 9.8.4).
func leObject(ne int) []byte {
	switch {
	case ne == 0:
		return nil
	case ne <= apdu.MaxShortNe:
		return tlv.Encode(tagLe, []byte{byte(ne)})
	default:
		return tlv.Encode(tagLe, []byte{byte(ne >> 8), byte(ne)})
	}
}

// unwrapResponse is Doc 9303-11 (8th ed.), Figure 6, backwards.
func (s *session) unwrapResponse(r apdu.Response) (apdu.Response, error) {
	if err := s.advance(); err != nil {
		return apdu.Response{}, err
	}
	if len(r.Data) == 0 {
		return apdu.Response{}, &UnprotectedError{SW: r.SW}
	}
	o, protected, err := parseObjects(r.Data, tagStatus)
	if err != nil {
		return apdu.Response{}, err
	}
	if !protected {
		return apdu.Response{}, &UnprotectedError{SW: r.SW}
	}
	if err := s.verify(o.covered, false, o.checksum); err != nil {
		return apdu.Response{}, err
	}
	// The status outside the checksum must be the one inside; without DO 99
	// nothing would vouch for it.
	if o.middle == nil || len(o.middle.Value) != 2 {
		return apdu.Response{}, fmt.Errorf("%w: no protected status", ErrFormat)
	}
	sw := apdu.Status(o.middle.Value[0])<<8 | apdu.Status(o.middle.Value[1])
	if sw != r.SW {
		return apdu.Response{}, fmt.Errorf("%w: status %04X outside, %04X protected", ErrFormat, uint16(r.SW), uint16(sw))
	}
	out := apdu.Response{SW: sw}
	if o.cryptogram != nil {
		if out.Data, err = s.openCryptogram(*o.cryptogram); err != nil {
			return apdu.Response{}, err
		}
	}
	return out, nil
}
