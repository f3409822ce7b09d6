package pcsc

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/chipid-toolkit/chipid/apdu"
)

// waitSlice is how long one call of the library waits: a cancellation that
// comes too early for the library is made good after it.
var waitSlice = time.Second

const (
	// retry is the pause where there is nothing to wait for: a service that is
	// down, a reader that is unplugged.
	retry = 200 * time.Millisecond
	// settle is the pause where service and card do not agree yet.
	settle = 50 * time.Millisecond
)

// WaitForCard waits until there is a card in the reader and connects to it. A
// service or reader that is not there at the beginning is an error at once;
// later the call waits for them to come back.
func WaitForCard(ctx context.Context, selector string, o Options) (*Card, error) {
	reader, err := Find(ctx, selector)
	if err != nil {
		return nil, err
	}
	for {
		card, err := connect(ctx, reader, o)
		switch {
		case err == nil:
			return card, nil
		case ctx.Err() != nil:
			return nil, fmt.Errorf("pcsc: wait for a card: %w", contextError(ctx))
		case isAny(err, ErrNoCard, ErrCardMute, apdu.ErrCardGone):
			// A mute card is tried again when it has been moved, or after a while.
			_ = waitChange(ctx, reader, func(event stateFlag) bool {
				return event&statePresent != 0 && event&stateMute == 0
			})
			pause(ctx, settle)
		case isAny(err, ErrServiceGone, ErrNoReader, apdu.ErrReaderGone):
			pause(ctx, retry)
		default:
			return nil, err
		}
	}
}

// WaitForRemoval waits until no card is in the reader, or the reader is
// unplugged. ErrServiceGone: nobody knows.
func WaitForRemoval(ctx context.Context, selector string) error {
	reader, err := Find(ctx, selector)
	for err == nil {
		err = waitChange(ctx, reader, func(event stateFlag) bool { return event&statePresent == 0 })
		if err == nil {
			return nil
		}
		if errors.Is(err, errNoChange) {
			err = nil
		}
	}
	if ctx.Err() != nil {
		return fmt.Errorf("pcsc: wait for removal: %w", contextError(ctx))
	}
	if isAny(err, ErrNoReader, apdu.ErrReaderGone) {
		return nil
	}
	return err
}

// errNoChange: the state was not the wanted one within a slice of time.
var errNoChange = errors.New("no change")

// waitChange waits, a slice of time at most, until want holds for the state of
// the reader.
func waitChange(ctx context.Context, reader string, want func(stateFlag) bool) error {
	m, err := newMonitor(ctx)
	if err != nil {
		return err
	}
	defer m.close()
	states := []readerState{{reader: reader}}
	if err := m.wait(ctx, states, 0); err != nil {
		return err
	}
	if want(states[0].event) {
		return nil
	}
	states[0].current = states[0].event &^ stateChanged
	if err := m.wait(ctx, states, waitSlice); err != nil {
		if is(err, codeTimeout) {
			return errNoChange
		}
		return err
	}
	if want(states[0].event) {
		return nil
	}
	return errNoChange
}

func isAny(err error, targets ...error) bool {
	for _, t := range targets {
		if errors.Is(err, t) {
			return true
		}
	}
	return false
}

// monitor is a context that waits for changes.
type monitor struct {
	sess  session
	spent bool // a call was given up; it releases the session at its end
}

func newMonitor(ctx context.Context) (*monitor, error) {
	sess, err := await(ctx, connectTimeout, machine.establish, func(s session, err error) {
		if err == nil {
			_ = s.release()
		}
	})
	if err != nil {
		return nil, explain("pcsc: watch readers", err)
	}
	return &monitor{sess: sess}, nil
}

// wait is session.status under ctx.
func (m *monitor) wait(ctx context.Context, states []readerState, timeout time.Duration) error {
	type none = struct{}
	work := append([]readerState(nil), states...)
	_, err := await(ctx, timeout+connectTimeout,
		func() (none, error) { return none{}, m.sess.status(work, timeout) },
		func(none, error) { _ = m.sess.release() })
	if wasGivenUp(err) {
		m.spent = true
		_ = m.sess.cancel()
		return err
	}
	if err == nil {
		copy(states, work)
	}
	return explain("pcsc: watch readers", err)
}

func (m *monitor) names(ctx context.Context) ([]string, error) {
	names, err := await(ctx, connectTimeout,
		func() ([]string, error) { return readerNames(m.sess) },
		func([]string, error) { _ = m.sess.release() })
	m.spent = m.spent || wasGivenUp(err)
	return names, explain("pcsc: list readers", err)
}

func (m *monitor) close() {
	if !m.spent {
		_ = m.sess.release()
	}
}
