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
	Extended      int // exchanges whose command had extended length fields
}

// Channel is the plain [Sender] around a [Transmitter]. It writes short or
// extended APDUs as far as the Transmitter's [Limiter] and the chip allow, splits
// a long data field by command chaining where extended length cannot carry it
// (ISO/IEC 7816-4:2020, 5.3.3), fetches what a 61xx announces and repeats a
// command that a 6Cxx corrects. What the chip takes it is told ([Channel.ChipTakes])
// and learns. It may be used by one goroutine at a time.
type Channel struct {
	t           Transmitter
	maxCommand  int
	maxResponse int

	stated  Lengths // what the chip has said of itself
	refused Lengths // what it has refused: LengthsShort or LengthsExtended
	strikes int     // what looked like a refusal of extended length, and was not taken for one yet

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

// MaxNe is the largest Ne that transmitter and chip carry: 256 where one of them
// knows short APDUs only. What a chip says of itself is no such limit: see
// [Channel.Lengths].
func (c *Channel) MaxNe() int {
	if c.maxCommand <= maxShortCommand || c.refused == LengthsExtended {
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
	switch {
	case !cmd.IsExtended():
		return c.sendWhole(ctx, cmd)
	case !c.fits(cmd):
		return c.sendShort(ctx, cmd)
	case c.prefersShort(cmd):
		r, err := c.sendShort(ctx, cmd)
		c.learn(LengthsShort, cmd, r, err)
		return r, err
	}
	r, err := c.sendWhole(ctx, cmd)
	if !c.learn(LengthsExtended, cmd, r, err) || err != nil || cmd.CLA&ClassSM != 0 {
		return r, err
	}
	// The chip did not look further than the length, so it can be told again.
	return c.sendShort(ctx, cmd)
}

// fits reports whether the transmitter can carry cmd in one piece, and the chip
// has not refused its like.
func (c *Channel) fits(cmd Command) bool {
	return 4+3+len(cmd.Data)+2 <= c.maxCommand && c.refused != LengthsExtended
}

// sendShort sends cmd in short APDUs: as much of the answer as they hold, the rest
// by GET RESPONSE.
func (c *Channel) sendShort(ctx context.Context, cmd Command) (Response, error) {
	cmd.Ne = min(cmd.Ne, MaxShortNe)
	if len(cmd.Data) <= MaxShortData {
		return c.sendWhole(ctx, cmd)
	}
	return c.sendChained(ctx, cmd)
}

// sendChained sends cmd.Data in pieces of a short APDU (ISO/IEC 7816-4:2020,
// 5.3.3): all but the last with the chaining bit and without Le.
func (c *Channel) sendChained(ctx context.Context, cmd Command) (Response, error) {
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
	cmd.Data = data
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
	c.count(len(raw), len(answer), cmd.IsExtended())
	if err != nil {
		return Response{}, err
	}
	return ParseResponse(answer)
}

func (c *Channel) count(sent, received int, extended bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stats.Exchanges++
	c.stats.BytesSent += sent
	c.stats.BytesReceived += received
	if extended {
		c.stats.Extended++
	}
}
