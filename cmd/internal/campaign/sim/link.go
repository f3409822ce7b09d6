package sim

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/printer"
	"github.com/chipid-toolkit/chipid/printer/line/station"
	"github.com/chipid-toolkit/chipid/testcards/chip"
)

var (
	errDied     = station.ErrDied
	otherMaster = mac.NewKey(bytes.Repeat([]byte{0xA5}, 16))
)

// Connect implements station.Encoder.
func (h handle) Connect(ctx context.Context) (station.Chip, error) {
	if err := h.w.wait(h.p, fmt.Sprintf("M%d connect", h.n)); err != nil {
		return nil, err
	}
	if err := h.open(); err != nil {
		return nil, err
	}
	a, err := h.w.tick(h.p, atChip, "connect", h.machine)
	if err != nil {
		return nil, err
	}
	if a != nil {
		if err := h.upset(a); err != nil {
			return nil, err
		}
	}
	if h.inside == nil || h.station != printer.StationContactless || h.inside.dead {
		return nil, station.ErrEmpty
	}
	h.inside.hung = false
	if _, err := h.inside.chip.Reset(ctx); err != nil {
		return nil, err
	}
	return &link{h.inside.chip, h, h.inside, h.session}, nil
}

// link is a chip in the field.
type link struct {
	*chip.Chip
	h       handle
	p       *plastic
	session int
}

// mute is how long a reader waits for a chip that says nothing.
const mute = 4 * time.Second

var errMute = fmt.Errorf("reader: %w", apdu.ErrTimeout)

// Transmit implements apdu.Transmitter.
func (l *link) Transmit(ctx context.Context, command []byte) ([]byte, error) {
	h := l.h
	if err := h.w.wait(h.p, fmt.Sprintf("M%d exchange", h.n)); err != nil {
		return nil, err
	}
	a, err := h.w.tick(h.p, atChip, "exchange", h.machine)
	if err != nil {
		return nil, err
	}
	if a != nil {
		if a.Kind == "write-fails" {
			if _, err := l.p.chip.Reset(ctx); err != nil { // the session is lost
				return nil, err
			}
			return []byte{0x65, 0x81}, nil
		}
		if err := h.upset(a); err != nil {
			return nil, err
		}
	}
	if err := l.present(); err != nil {
		return nil, err
	}
	answer, err := l.Chip.Transmit(ctx, command)
	if err != nil {
		return nil, err
	}
	if a, err = h.w.tick(h.p, atAnswered, "exchange", h.machine); err != nil {
		return nil, err
	}
	if a != nil {
		if err := h.upset(a); err != nil {
			return nil, err
		}
	}
	return answer, l.present()
}

// present: the chip is still the one in the field, and alive.
func (l *link) present() error {
	switch {
	case l.h.inside != l.p || l.h.session != l.session:
		return apdu.ErrCardGone
	case l.p.dead || l.p.hung:
		time.Sleep(mute)
		return errMute
	}
	return nil
}

// upset is what a fault does to the chip in the field.
func (h handle) upset(a *armed) error {
	h.hands(a)
	switch a.Kind {
	case "pulled":
		h.session++
		return apdu.ErrCardGone
	case "mute":
		time.Sleep(mute)
		return errMute
	case "hung":
		if h.inside != nil {
			h.inside.hung = true
		}
	case "dead":
		if h.inside != nil {
			h.inside.dead = true
		}
	}
	return nil
}

// Reset implements apdu.Resetter.
func (l *link) Reset(ctx context.Context) ([]byte, error) {
	if err := l.h.w.wait(l.h.p, fmt.Sprintf("M%d reset", l.h.n)); err != nil {
		return nil, err
	}
	if l.h.inside != l.p || l.p.dead {
		return nil, apdu.ErrCardGone
	}
	l.session, l.p.hung = l.h.session, false
	return l.Chip.Reset(ctx)
}

// Close lets the chip go.
func (l *link) Close() error {
	if l.h.p.dead {
		return errors.Join(errDied)
	}
	return nil
}
