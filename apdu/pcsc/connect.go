package pcsc

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/chipid-toolkit/chipid/apdu"
)

// Options of a connection. The zero value is exclusive, with the defaults
// below.
type Options struct {
	// Shared lets other programs use the card too. They can then come between
	// two commands; the default is exclusive.
	Shared bool
	// Timeout is the watchdog of a single exchange; 0 is [DefaultTimeout].
	Timeout time.Duration
	// InUseWait is how long Connect waits for another program that holds the
	// reader to let go, as system services do after an insertion; 0 is
	// [DefaultInUseWait], negative not at all.
	InUseWait time.Duration
	// Limits overrides what the reader says it can carry, for readers that
	// are known to say too much; zero fields are not overridden.
	Limits Limits
}

const (
	// DefaultTimeout is longer than a chip takes to make an RSA key.
	DefaultTimeout = 90 * time.Second
	// DefaultInUseWait outlasts the certificate service of Windows.
	DefaultInUseWait = 3 * time.Second

	// connectTimeout is longer than a reader takes to power a card.
	connectTimeout = 20 * time.Second
	inUseRetry     = 100 * time.Millisecond
)

func (o Options) mode() shareMode {
	if o.Shared {
		return shareShared
	}
	return shareExclusive
}

func (o Options) timeout() time.Duration {
	if o.Timeout > 0 {
		return o.Timeout
	}
	return DefaultTimeout
}

func (o Options) inUseWait() time.Duration {
	if o.InUseWait == 0 {
		return DefaultInUseWait
	}
	return o.InUseWait
}

// Connect opens the card in a reader; selector is one of [Find]. An exclusive
// connection begins with a reset: the chip has no state that somebody left.
// Errors: ErrServiceGone, ErrNoReader, ErrAmbiguous, ErrNoCard, ErrCardMute,
// ErrInUse.
func Connect(ctx context.Context, selector string, o Options) (*Card, error) {
	reader, err := Find(ctx, selector)
	if err != nil {
		return nil, err
	}
	return connect(ctx, reader, o)
}

func connect(ctx context.Context, reader string, o Options) (*Card, error) {
	doing := fmt.Sprintf("pcsc: connect to %q", reader)
	giveUp := time.Now().Add(o.inUseWait())
	for {
		card, err := await(ctx, connectTimeout,
			func() (*Card, error) { return open(reader, o) },
			func(c *Card, err error) {
				if err == nil {
					c.release()
				}
			})
		err = explain(doing, err)
		if !errors.Is(err, ErrInUse) || time.Now().After(giveUp) {
			return card, err
		}
		if !pause(ctx, inUseRetry) {
			return nil, err
		}
	}
}

// open connects without a watchdog.
func open(reader string, o Options) (_ *Card, err error) {
	sess, err := machine.establish()
	if err != nil {
		return nil, err
	}
	var h handle
	defer func() {
		if err != nil {
			if h != nil {
				_ = h.disconnect(true)
			}
			_ = sess.release()
		}
	}()
	if h, err = sess.connect(reader, o.mode(), protocolAny); err != nil {
		return nil, err
	}
	if !o.Shared {
		if err := h.reset(o.mode()); err != nil {
			return nil, err
		}
	}
	if p := h.protocol(); p != protocolT0 && p != protocolT1 {
		return nil, codeProtocolMismatch
	}
	atr, err := h.atr()
	if err != nil {
		return nil, err
	}
	c := &Card{
		reader: reader, options: o, sess: sess, h: h, atr: atr,
		limits: findLimits(h, reader).override(o.Limits),
		busy:   make(chan struct{}, 1),
	}
	if h.protocol() == protocolT0 {
		// Extended length needs ENVELOPE there.
		c.limits = c.limits.atMost(shortLimits)
	}
	c.busy <- struct{}{}
	states := []readerState{{reader: reader}}
	if err := sess.status(states, 0); err == nil {
		c.counter = states[0].event >> 16
	}
	return c, nil
}

// How long diagnose asks and watches. A removal shows after the service's
// polling interval, 0.4 s with pcscd.
var (
	diagnoseTimeout = 2 * time.Second
	removalDelay    = 700 * time.Millisecond
)

// diagnose finds out what a code means on a connection that worked before: the
// same code is given for a card that was pulled, a reader unplugged and a
// service restarted.
func (c *Card) diagnose(ctx context.Context, number code) error {
	switch number {
	case codeRemovedCard, codeNoSmartcard:
		return fmt.Errorf("%w (%w)", apdu.ErrCardGone, number)
	case codeResetCard:
		return fmt.Errorf("%w (%w)", ErrCardReset, number)
	}
	_, what := await(context.WithoutCancel(ctx), diagnoseTimeout,
		func() (struct{}, error) { return struct{}{}, c.whatIsLeft(number) },
		func(struct{}, error) {})
	if wasGivenUp(what) {
		what = ErrServiceGone // it runs and does not answer
	}
	return fmt.Errorf("%w (%w)", what, number)
}

// whatIsLeft looks at service, reader and card with a fresh context.
func (c *Card) whatIsLeft(number code) error {
	sess, err := machine.establish()
	if err != nil {
		return ErrServiceGone
	}
	defer func() { _ = sess.release() }()
	names, err := sess.listReaders()
	if err != nil {
		return ErrServiceGone
	}
	if m := number.meaning(); errors.Is(m, ErrServiceGone) && number != codeInvalidHandle && number != codeWinInvalidHandle {
		return ErrServiceGone // and back already
	}
	if !slices.Contains(names, c.reader) {
		return apdu.ErrReaderGone
	}
	states := []readerState{{reader: c.reader}}
	if err := sess.status(states, 0); err != nil {
		return apdu.ErrReaderGone
	}
	if c.hasLeft(states[0].event) {
		return apdu.ErrCardGone
	}
	switch m := number.meaning(); {
	case errors.Is(m, ErrServiceGone):
		return ErrServiceGone // the handle belonged to one that is no more
	case errors.Is(m, apdu.ErrReaderGone):
		return apdu.ErrReaderGone
	}
	// The service may not have noticed yet.
	states[0].current = states[0].event &^ stateChanged
	if err := sess.status(states, removalDelay); err == nil && c.hasLeft(states[0].event) {
		return apdu.ErrCardGone
	}
	if m := number.meaning(); errors.Is(m, ErrCardMute) {
		return ErrCardMute
	}
	return ErrExchange
}

// hasLeft reports whether the card of this connection has left the reader,
// another having taken its place or not.
func (c *Card) hasLeft(event stateFlag) bool {
	return event&statePresent == 0 || event>>16 != c.counter
}
