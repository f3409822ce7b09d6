package inspect

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/chipid-toolkit/chipid/apdu"
)

// link is the way to the chip under a watchdog: no exchange takes longer than
// patience, even if the transmitter does not look at its context.
type link struct {
	t        apdu.Transmitter
	patience time.Duration
	stuck    chan struct{} // closed when the exchange that was given up has ended; nil if none was
}

func newLink(t apdu.Transmitter, patience time.Duration) *link {
	return &link{t: t, patience: patience}
}

// transmitter is l with the limits of what it leads to, if it has any.
func (l *link) transmitter() apdu.Transmitter {
	if limits, ok := l.t.(apdu.Limiter); ok {
		return struct {
			*link
			apdu.Limiter
		}{l, limits}
	}
	return l
}

// atr is the answer to reset; nil if nothing knows it.
func (l *link) atr() []byte {
	if limits, ok := l.t.(apdu.Limiter); ok {
		return limits.ATR()
	}
	return nil
}

// linkError is a failure of the way to the chip, not of what was said on it.
type linkError struct{ err error }

func (e *linkError) Error() string { return e.err.Error() }
func (e *linkError) Unwrap() error { return e.err }

// Transmit implements [apdu.Transmitter].
func (l *link) Transmit(ctx context.Context, command []byte) ([]byte, error) {
	return l.watched(ctx, func(ctx context.Context) ([]byte, error) { return l.t.Transmit(ctx, command) })
}

// reset brings the chip back to the state after power-on. can is false if the
// transmitter has no way to.
func (l *link) reset(ctx context.Context) (atr []byte, can bool, err error) {
	r, ok := l.t.(apdu.Resetter)
	if !ok {
		return nil, false, nil
	}
	atr, err = l.watched(ctx, r.Reset)
	return atr, true, err
}

func (l *link) watched(ctx context.Context, f func(context.Context) ([]byte, error)) ([]byte, error) {
	if l.stuck != nil {
		select {
		case <-l.stuck:
			l.stuck = nil
		default:
			return nil, &linkError{fmt.Errorf("%w: an earlier exchange has not ended", apdu.ErrTimeout)}
		}
	}
	limited, cancel := context.WithTimeout(ctx, l.patience)
	defer cancel()
	type result struct {
		b   []byte
		err error
	}
	done, ended := make(chan result, 1), make(chan struct{})
	go func() {
		defer close(ended)
		b, err := f(limited)
		done <- result{b, err}
	}()
	var r result
	select {
	case r = <-done:
	case <-limited.Done():
		// One that heeds its context is about to say so; the other is left.
		select {
		case r = <-done:
		case <-time.After(grace):
			l.stuck = ended
			r.err = limited.Err()
		}
	}
	switch {
	case r.err == nil:
		return r.b, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(r.err, context.DeadlineExceeded):
		return nil, &linkError{fmt.Errorf("%w (%v)", apdu.ErrTimeout, l.patience)}
	}
	return nil, &linkError{r.err}
}

// grace is what a transmitter gets to come back after its context has ended.
const grace = 50 * time.Millisecond

// DefaultPatience is how long one answer of a chip may take, unless options say
// otherwise. A chip that slows down after wrong passwords takes seconds.
const DefaultPatience = 30 * time.Second

func (o Options) patience() time.Duration {
	if o.Patience > 0 {
		return o.Patience
	}
	return DefaultPatience
}
