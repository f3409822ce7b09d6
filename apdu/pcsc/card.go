package pcsc

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/chipid-toolkit/chipid/apdu"
)

// Card is a chip in a reader. Its methods may be called by several goroutines;
// exchanges happen one at a time.
type Card struct {
	reader  string
	options Options
	limits  Limits
	counter stateFlag // insertions and removals of the reader, at Connect

	busy chan struct{} // holds one token while no call is under way

	mu       sync.Mutex
	sess     session
	h        handle
	atr      []byte
	dead     error // why no further call is possible
	lost     bool  // state is gone, but Reset may help
	gaveUp   bool  // a call is still inside the library and will release
	released bool
}

var (
	_ apdu.Transmitter = (*Card)(nil)
	_ apdu.Resetter    = (*Card)(nil)
	_ apdu.Limiter     = (*Card)(nil)
)

// Reader is the name of the reader that the card lies in.
func (c *Card) Reader() string { return c.reader }

// ATR is the answer to reset, or what the reader made of an ATS.
func (c *Card) ATR() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]byte(nil), c.atr...)
}

// MaxCommand is the largest C-APDU that the reader carries, in bytes.
func (c *Card) MaxCommand() int { return c.limits.MaxCommand }

// MaxResponse is the largest R-APDU that the reader carries, in bytes, status
// word included.
func (c *Card) MaxResponse() int { return c.limits.MaxResponse }

// Limits is what the reader can carry, and how that is known.
func (c *Card) Limits() Limits { return c.limits }

// Transmit sends one C-APDU and returns the R-APDU. The error wraps
// apdu.ErrCardGone, apdu.ErrReaderGone, apdu.ErrTimeout, ErrServiceGone,
// ErrCardReset, ErrCardMute, ErrExchange, ErrClosed or the context's error. When
// the context or the watchdog ends the call, the reader may still be at it, and
// the Card cannot be used any more.
func (c *Card) Transmit(ctx context.Context, command []byte) ([]byte, error) {
	const doing = "pcsc: exchange"
	if len(command) < 4 {
		return nil, fmt.Errorf("%s: %w: command of %d bytes", doing, apdu.ErrEncoding, len(command))
	}
	if len(command) > c.limits.MaxCommand {
		return nil, fmt.Errorf("%s: command of %d bytes, the reader carries %d", doing, len(command), c.limits.MaxCommand)
	}
	return c.do(ctx, doing, false, func(h handle) ([]byte, error) {
		answer, err := h.transmit(onWire(command, h.protocol()))
		if err == nil && len(answer) < 2 {
			// The virtual reader driver says so when its card is pulled.
			err = codeNotTransacted
		}
		return answer, err
	})
}

// onWire is the command as the protocol carries it: under T=0 a command with
// data goes without Le, and the answer is fetched with GET RESPONSE
// (ISO/IEC 7816-3:2006, 12.2.5).
func onWire(command []byte, p protocol) []byte {
	if p != protocolT0 || len(command) < 6 || command[4] == 0 {
		return command
	}
	if lc := int(command[4]); len(command) == 5+lc+1 {
		return command[:5+lc]
	}
	return command
}

// Reset resets the chip and returns its ATR. It is possible after ErrCardReset
// and ErrExchange, and not after the card, the reader or the service has gone.
func (c *Card) Reset(ctx context.Context) ([]byte, error) {
	mode := c.options.mode()
	atr, err := c.do(ctx, "pcsc: reset", true, func(h handle) ([]byte, error) {
		if err := h.reset(mode); err != nil {
			return nil, err
		}
		return h.atr()
	})
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.atr = atr
	if c.lost {
		c.dead, c.lost = nil, false
	}
	return append([]byte(nil), atr...), nil
}

// do runs one call of the library, under the watchdog.
func (c *Card) do(ctx context.Context, doing string, reset bool, f func(handle) ([]byte, error)) ([]byte, error) {
	select {
	case <-c.busy:
	case <-ctx.Done():
		// Nothing was begun: the card stays usable.
		return nil, fmt.Errorf("%s: %w", doing, contextError(ctx))
	}
	defer func() { c.busy <- struct{}{} }()
	h, err := c.usable(ctx, reset)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	abandoned := make(chan struct{})
	answer, err := await(ctx, c.options.timeout(), func() ([]byte, error) { return f(h) },
		func([]byte, error) { <-abandoned; c.release() })
	if err == nil {
		return answer, nil
	}
	var number code
	if errors.As(err, &number) {
		err = c.diagnose(ctx, number)
	}
	past := c.mark(err)
	// Only now may what was given up, if it was, release the card.
	close(abandoned)
	if past {
		// The reader must not stay taken until somebody calls Close.
		_ = c.releaseSoon()
	}
	return nil, fmt.Errorf("%s: %w", doing, err)
}

// usable gives the handle unless the card is past use.
func (c *Card) usable(ctx context.Context, reset bool) (handle, error) {
	if ctx.Err() != nil {
		return nil, contextError(ctx)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.dead != nil && (!reset || !c.lost) {
		return nil, c.dead
	}
	return c.h, nil
}

// mark records what an error means for later calls, and reports whether the
// connection is past use and can be released at once.
func (c *Card) mark(err error) (past bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.gaveUp = c.gaveUp || wasGivenUp(err)
	if c.dead == nil || c.lost {
		c.dead = err
		c.lost = isAny(err, ErrCardReset, ErrExchange, ErrCardMute)
	}
	return !c.lost && !c.gaveUp
}

// closeTimeout bounds how long Close waits for the library.
const closeTimeout = 5 * time.Second

// Close resets the chip, so that no session survives, and releases the reader.
// What is under way at that moment is released when it ends. Closing again
// does nothing.
func (c *Card) Close() error {
	c.mu.Lock()
	if !c.released && (c.dead == nil || c.lost) {
		c.dead, c.lost = ErrClosed, false
	}
	c.mu.Unlock()
	select {
	case <-c.busy:
	case <-time.After(closeTimeout):
		// The call that is under way goes on; its end finds the card dead.
		go func() {
			<-c.busy
			c.release()
			c.busy <- struct{}{}
		}()
		return nil
	}
	defer func() { c.busy <- struct{}{} }()
	c.mu.Lock()
	left := c.gaveUp
	c.mu.Unlock()
	if left {
		return nil // released when the library comes back
	}
	if err := c.releaseSoon(); err != nil {
		return fmt.Errorf("pcsc: close: %w", err)
	}
	return nil
}

// releaseSoon releases, or leaves it to be finished where it blocks.
func (c *Card) releaseSoon() error {
	_, err := await(context.Background(), closeTimeout,
		func() (struct{}, error) { c.release(); return struct{}{}, nil },
		func(struct{}, error) {})
	return err
}

// release gives handle and context back to the library. What it answers does
// not matter: often the reason to release is that they are broken.
func (c *Card) release() {
	c.mu.Lock()
	if c.released {
		c.mu.Unlock()
		return
	}
	c.released = true
	h, sess := c.h, c.sess
	// A reset of a card that has left confuses pcscd about the next one.
	left := errors.Is(c.dead, apdu.ErrCardGone)
	c.mu.Unlock()
	_ = h.disconnect(!left)
	_ = sess.release()
}
