package lineup

import (
	"context"
	"errors"
	"time"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/pcsc"
	"github.com/chipid-toolkit/chipid/printer/line/station"
)

// Reader is a PC/SC reader as a station's encoder.
type Reader struct {
	Name string
	// Wait is how long a chip may take to answer after the printer has brought it; 0
	// is 5 s.
	Wait time.Duration
}

// Connect powers the chip anew and connects to it.
func (r *Reader) Connect(ctx context.Context) (station.Chip, error) {
	wait := r.Wait
	if wait == 0 {
		wait = 5 * time.Second
	}
	waiting, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	c, err := pcsc.WaitForCard(waiting, r.Name, pcsc.Options{})
	switch {
	case err == nil:
		return c, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, pcsc.ErrNoCard), errors.Is(err, context.DeadlineExceeded), errors.Is(err, apdu.ErrTimeout):
		return nil, station.ErrEmpty
	}
	return nil, err
}

// present says whether a card lies in the reader.
func (r *Reader) present(ctx context.Context) (bool, error) {
	list, err := pcsc.Readers(ctx)
	if err != nil {
		return false, err
	}
	for _, i := range list {
		if i.Name == r.Name {
			return i.Card, nil
		}
	}
	return false, pcsc.ErrNoReader
}
