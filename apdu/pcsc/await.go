package pcsc

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/chipid-toolkit/chipid/apdu"
)

// givenUp is the error of work that await has left behind.
type givenUp struct{ reason error }

func (g *givenUp) Error() string { return g.reason.Error() }
func (g *givenUp) Unwrap() error { return g.reason }

// wasGivenUp reports whether the work of err is still inside the library.
func wasGivenUp(err error) bool {
	var g *givenUp
	return errors.As(err, &g)
}

// await runs work, which may block inside the PC/SC library, and gives up when
// ctx or the time runs out. Work that was given up goes on by itself; when it
// ends, late gets its result to release what it holds.
func await[T any](ctx context.Context, limit time.Duration, work func() (T, error), late func(T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		v, err := work()
		done <- result{v, err}
	}()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	var reason error
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		reason = contextError(ctx)
	case <-timer.C:
		reason = apdu.ErrTimeout
	}
	go func() {
		r := <-done
		late(r.value, r.err)
	}()
	var none T
	return none, &givenUp{reason}
}

// contextError is why ctx ended; a deadline is also an apdu.ErrTimeout.
func contextError(ctx context.Context) error {
	err := context.Cause(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%w: %w", apdu.ErrTimeout, err)
	}
	return err
}

// pause waits, and reports false if ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
