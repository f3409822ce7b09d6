package transcript

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/chipid-toolkit/chipid/apdu"
)

// Bounds of a recording: a line holds two APDUs as text, and a document of many
// files is read in thousands of exchanges.
const (
	maxLine    = 1 << 19
	maxEntries = 1 << 17
)

// Replay answers for the chip of a recording, exchange by exchange. It is an
// apdu.Transmitter, an apdu.Resetter and an apdu.Limiter.
type Replay struct {
	header  header
	entries []entry
	resets  bool // the recording has a reset in it

	mu   sync.Mutex
	next int
}

var (
	_ apdu.Transmitter = (*Replay)(nil)
	_ apdu.Resetter    = (*Replay)(nil)
	_ apdu.Limiter     = (*Replay)(nil)
)

// Load reads a recording. An error matches ErrFormat, names the line and holds
// nothing of it.
func Load(r io.Reader) (*Replay, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	p := &Replay{}
	for n := 1; lines.Scan(); n++ {
		line := bytes.TrimSpace(lines.Bytes())
		if n == 1 {
			if err := json.Unmarshal(line, &p.header); err != nil || p.header.Schema != Schema {
				return nil, fmt.Errorf("%w: the first line is not the header of %s", ErrFormat, Schema)
			}
			continue
		}
		if len(line) == 0 {
			continue
		}
		var e entry
		// The decoder's own words would show what it read.
		if err := json.Unmarshal(line, &e); err != nil {
			return nil, fmt.Errorf("%w: line %d is not an exchange", ErrFormat, n)
		}
		if e.Reset == (len(e.Command) > 0) {
			return nil, fmt.Errorf("%w: line %d is neither an exchange nor a reset", ErrFormat, n)
		}
		if len(p.entries) == maxEntries {
			return nil, fmt.Errorf("%w: more than %d exchanges", ErrFormat, maxEntries)
		}
		p.entries = append(p.entries, e)
		p.resets = p.resets || e.Reset
	}
	if err := lines.Err(); err != nil {
		if errors.Is(err, bufio.ErrTooLong) {
			return nil, fmt.Errorf("%w: a line of more than %d bytes", ErrFormat, maxLine)
		}
		return nil, fmt.Errorf("transcript: %w", err)
	}
	if p.header.Schema == "" {
		return nil, fmt.Errorf("%w: empty", ErrFormat)
	}
	return p, nil
}

// Len is how many exchanges and resets the recording holds.
func (p *Replay) Len() int { return len(p.entries) }

// Rest is how many of them have not been played.
func (p *Replay) Rest() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.entries) - p.next
}

// ATR is the recorded one.
func (p *Replay) ATR() []byte { return append([]byte(nil), p.header.ATR...) }

// MaxCommand is the recorded limit, in bytes; 261 if there was none.
func (p *Replay) MaxCommand() int {
	if p.header.MaxCommand <= 0 {
		return 261
	}
	return p.header.MaxCommand
}

// MaxResponse is the recorded limit, in bytes; 258 if there was none.
func (p *Replay) MaxResponse() int {
	if p.header.MaxResponse <= 0 {
		return 258
	}
	return p.header.MaxResponse
}

// Transmit gives the recorded answer to command, or the recorded lack of one.
// ErrMismatch, ErrEnd: it is not the command of the recording; the place in the
// recording stays.
func (p *Replay) Transmit(ctx context.Context, command []byte) ([]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	e, err := p.peek(ctx)
	if err != nil {
		return nil, err
	}
	if e.Reset || !bytes.Equal(e.Command, command) {
		return nil, fmt.Errorf("%w, exchange %d", ErrMismatch, p.next+1)
	}
	p.next++
	if e.Error != "" {
		return nil, fmt.Errorf("transcript: exchange %d: %w", p.next, e.Error.err())
	}
	return append([]byte(nil), e.Response...), nil
}

// Reset plays a recorded reset. In a recording without resets it starts from
// the beginning.
func (p *Replay) Reset(ctx context.Context) ([]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.resets {
		p.next = 0
		return p.ATR(), ctx.Err()
	}
	e, err := p.peek(ctx)
	if err != nil {
		return nil, err
	}
	if !e.Reset {
		return nil, fmt.Errorf("%w: a reset, exchange %d", ErrMismatch, p.next+1)
	}
	p.next++
	if e.Error != "" {
		return nil, fmt.Errorf("transcript: exchange %d: %w", p.next, e.Error.err())
	}
	return append([]byte(nil), e.ATR...), nil
}

func (p *Replay) peek(ctx context.Context) (entry, error) {
	if err := ctx.Err(); err != nil {
		return entry{}, err
	}
	if p.next >= len(p.entries) {
		return entry{}, fmt.Errorf("%w after exchange %d", ErrEnd, len(p.entries))
	}
	return p.entries[p.next], nil
}
