package apdu

import (
	"context"
	"fmt"
	"sync"
)

// maxGetResponse bounds how many GET RESPONSE a single command may cause: a
// chip that answers 61xx for ever is cut off. 65,536 bytes in pieces of 256
// take 256.
const maxGetResponse = 300

// maxShortCommand is the largest short C-APDU in bytes: header, Lc, 255 bytes
// of data, Le.
const maxShortCommand = 4 + 1 + MaxShortData + 1

// Stats counts what went over a [Channel]: exchanges with the chip and the
// bytes of whole C-APDUs and R-APDUs.
type Stats struct {
	Exchanges     int
	BytesSent     int
	BytesReceived int
}

// Channel is the plain [Sender] around a [Transmitter]. It writes short or
// extended APDUs as far as the Transmitter's [Limiter] allows, splits a long
// data field by command chaining where extended length cannot carry it
// (ISO/IEC 7816-4:2020, 5.3.3), fetches what a 61xx announces and repeats a
// command that a 6Cxx corrects. It may be used by one goroutine at a time.
type Channel struct {
	t           Transmitter
	maxCommand  int
	maxResponse int

	mu    sync.Mutex
	stats Stats
}

// NewChannel makes a plain channel to the chip behind t.
func NewChannel(t Transmitter) *Channel {
	c := &Channel{t: t, maxCommand: maxShortCommand, maxResponse: MaxShortNe + 2}
	if l, ok := t.(Limiter); ok {
		c.maxCommand = max(l.MaxCommand(), c.maxCommand)
		c.maxResponse = max(l.MaxResponse(), c.maxResponse)
	}
	return c
}

// Transmitter is what the channel sends through, for callers that look for its
// optional sides.
func (c *Channel) Transmitter() Transmitter { return c.t }

// MaxCommand is the largest C-APDU that the transmitter carries, in bytes.
func (c *Channel) MaxCommand() int { return c.maxCommand }

// MaxResponse is the largest R-APDU that the transmitter carries, in bytes.
func (c *Channel) MaxResponse() int { return c.maxResponse }

// MaxNe is the largest Ne that the transmitter carries: 256 where it knows
// short APDUs only.
func (c *Channel) MaxNe() int {
	if c.maxCommand <= maxShortCommand {
		return MaxShortNe
	}
	return min(max(c.maxResponse-2, MaxShortNe), MaxExtendedNe)
}

// Stats is what the channel has carried since it was made.
func (c *Channel) Stats() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stats
}

// Send sends cmd, in several pieces where it must, and collects the answer.
func (c *Channel) Send(ctx context.Context, cmd Command) (Response, error) {
	cmd.Ne = min(cmd.Ne, c.MaxNe())
	if c.fits(cmd) {
		return c.sendWhole(ctx, cmd)
	}
	return c.sendChained(ctx, cmd)
}

// fits reports whether the transmitter can carry cmd in one piece.
func (c *Channel) fits(cmd Command) bool {
	if !cmd.IsExtended() {
		return true
	}
	return 4+3+len(cmd.Data)+2 <= c.maxCommand
}

// sendChained sends cmd.Data in pieces of a short APDU (ISO/IEC 7816-4:2020,
// 5.3.3): all but the last with the chaining bit and without Le.
func (c *Channel) sendChained(ctx context.Context, cmd Command) (Response, error) {
	// A longer answer than a short one is still to be had by GET RESPONSE.
	ne := min(cmd.Ne, MaxShortNe)
	data := cmd.Data
	for len(data) > MaxShortData {
		piece := cmd
		piece.CLA |= ClassChaining
		piece.Data, piece.Ne = data[:MaxShortData], 0
		r, err := c.exchange(ctx, piece)
		if err != nil {
			return Response{}, err
		}
		if r.SW != OK {
			return r, nil
		}
		data = data[MaxShortData:]
	}
	cmd.Data, cmd.Ne = data, ne
	return c.sendWhole(ctx, cmd)
}

// sendWhole sends one command and settles 6Cxx and 61xx.
func (c *Channel) sendWhole(ctx context.Context, cmd Command) (Response, error) {
	r, err := c.exchange(ctx, cmd)
	if err != nil {
		return Response{}, err
	}
	// Under secure messaging a command cannot be said twice: its counter has
	// moved on. Whoever protects repeats.
	if r.SW.sw1() == 0x6C && cmd.Ne != 0 && cmd.CLA&ClassSM == 0 {
		cmd.Ne = r.SW.length()
		if r, err = c.exchange(ctx, cmd); err != nil {
			return Response{}, err
		}
		if r.SW.sw1() == 0x6C {
			return Response{}, fmt.Errorf("%w: chip corrects its own Le", ErrEncoding)
		}
	}
	if r.SW.sw1() != 0x61 {
		return r, nil
	}
	return c.collect(ctx, cmd, r)
}

// collect fetches the rest of an answer that 61xx announced. GET RESPONSE goes
// out in the class of the command, without secure messaging and chaining bits
// (ISO/IEC 7816-4:2020, 5.3.4).
func (c *Channel) collect(ctx context.Context, cmd Command, r Response) (Response, error) {
	data := append([]byte(nil), r.Data...)
	for range maxGetResponse {
		get := Command{CLA: cmd.CLA &^ (ClassSM | ClassChaining), INS: 0xC0, Ne: r.SW.length()}
		if cmd.CLA&0x80 != 0 {
			get.CLA = 0x00
		}
		next, err := c.exchange(ctx, get)
		if err != nil {
			return Response{}, err
		}
		if len(data)+len(next.Data) > MaxExtendedNe {
			return Response{}, fmt.Errorf("%w: answer in pieces exceeds %d bytes", ErrEncoding, MaxExtendedNe)
		}
		data = append(data, next.Data...)
		if next.SW.sw1() != 0x61 {
			return Response{Data: data, SW: next.SW}, nil
		}
		if len(next.Data) == 0 {
			return Response{}, fmt.Errorf("%w: chip announces data and gives none", ErrEncoding)
		}
		r = next
	}
	return Response{}, fmt.Errorf("%w: chip announces more data without end", ErrEncoding)
}

// exchange is one C-APDU and its R-APDU.
func (c *Channel) exchange(ctx context.Context, cmd Command) (Response, error) {
	raw, err := cmd.Encode()
	if err != nil {
		return Response{}, err
	}
	if err := ctx.Err(); err != nil {
		return Response{}, err
	}
	answer, err := c.t.Transmit(ctx, raw)
	c.count(len(raw), len(answer))
	if err != nil {
		return Response{}, err
	}
	return ParseResponse(answer)
}

func (c *Channel) count(sent, received int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stats.Exchanges++
	c.stats.BytesSent += sent
	c.stats.BytesReceived += received
}
