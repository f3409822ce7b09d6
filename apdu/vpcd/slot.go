package vpcd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// How long to wait between two attempts to reach the driver.
const (
	firstRetry = 20 * time.Millisecond
	lastRetry  = 500 * time.Millisecond
)

// emptyTime is how long a slot stays empty between two cards. pcscd looks for a
// card every 0.4 s; if it never sees the reader empty, it may take the second
// card for the first and, after a reset that the first did not answer, never
// power it.
const emptyTime = 500 * time.Millisecond

// Serve puts card into the virtual reader whose driver listens on addr
// (HOST:PORT) and answers for it until ctx ends, which is no error, or until
// the card itself fails. It waits for a driver that is not there yet and comes
// back after pcscd was restarted.
func Serve(ctx context.Context, addr string, card Card) error {
	s := NewSlot(addr)
	if err := s.Insert(card); err != nil {
		return err
	}
	defer s.Remove()
	return s.Wait(ctx)
}

// Slot is one virtual reader as a card holder sees it: a card can be put in and
// taken out. Its methods may be used by several goroutines.
type Slot struct {
	addr string

	mu   sync.Mutex
	stay *stay
	left time.Time // when the last card was pulled
}

// stay is one card's time in the slot.
type stay struct {
	cancel    context.CancelFunc
	notBefore time.Time     // when the card may go in
	connected chan struct{} // closed at the first connection
	done      chan struct{} // closed at the end, after err is set
	err       error
}

// NewSlot names the reader whose driver listens on addr (HOST:PORT). It does
// not touch the network.
func NewSlot(addr string) *Slot { return &Slot{addr: addr} }

// Addr is the address that the driver listens on.
func (s *Slot) Addr() string { return s.addr }

// Insert puts card into the reader and returns at once; the reader sees it
// within its polling interval, 0.4 s with pcscd, and at least half a second
// after the last card was pulled. ErrOccupied: a card is in it.
func (s *Slot) Insert(card Card) error {
	if card == nil {
		return ErrNotInserted
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stay != nil {
		select {
		case <-s.stay.done: // the last card left by itself
		default:
			return ErrOccupied
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	st := &stay{cancel: cancel, notBefore: s.left.Add(emptyTime), connected: make(chan struct{}), done: make(chan struct{})}
	s.stay = st
	go func() {
		st.err = st.run(ctx, s.addr, card)
		cancel()
		close(st.done)
	}()
	return nil
}

// Remove pulls the card, in the middle of an exchange too, and returns when the
// connection is closed and the card is not in use any more. Without a card it
// does nothing.
func (s *Slot) Remove() {
	s.mu.Lock()
	st := s.stay
	s.stay = nil
	s.mu.Unlock()
	if st == nil {
		return
	}
	st.cancel()
	<-st.done
	s.mu.Lock()
	s.left = time.Now()
	s.mu.Unlock()
}

// Connected waits until the driver has been reached with the card in the slot.
func (s *Slot) Connected(ctx context.Context) error {
	st := s.current()
	if st == nil {
		return ErrNotInserted
	}
	select {
	case <-st.connected:
		return nil
	case <-st.done:
		if st.err != nil {
			return st.err
		}
		return ErrNotInserted
	case <-ctx.Done():
		return fmt.Errorf("vpcd: reach the virtual reader: %w", ctx.Err())
	}
}

// Wait returns when the card is no longer in the slot, with its error if it
// failed by itself, or when ctx ends, which is no error and leaves the card
// where it is.
func (s *Slot) Wait(ctx context.Context) error {
	st := s.current()
	if st == nil {
		return nil
	}
	select {
	case <-st.done:
		return st.err
	case <-ctx.Done():
		return nil
	}
}

func (s *Slot) current() *stay {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stay
}

// run connects, serves, and connects again until ctx ends or the card fails.
func (st *stay) run(ctx context.Context, addr string, card Card) error {
	var once sync.Once
	pause := firstRetry
	if !sleep(ctx, time.Until(st.notBefore)) {
		return nil
	}
	for {
		conn, err := dial(ctx, addr)
		if err == nil {
			once.Do(func() { close(st.connected) })
			begin := time.Now()
			err = serveConn(ctx, conn, card)
			var failed *cardError
			switch {
			case errors.As(err, &failed):
				return failed.err
			case errors.Is(err, ErrProtocol):
				return err // who listens there is no virtual reader
			case time.Since(begin) > lastRetry:
				pause = firstRetry
			}
		}
		if ctx.Err() != nil {
			return nil
		}
		// A wrong address never heals; everything else may be pcscd starting.
		var bad *net.AddrError
		if errors.As(err, &bad) {
			return fmt.Errorf("vpcd: %w", err)
		}
		if !sleep(ctx, pause) {
			return nil
		}
		pause = min(2*pause, lastRetry)
	}
}

// sleep waits, and reports false if ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func dial(ctx context.Context, addr string) (net.Conn, error) {
	d := net.Dialer{Timeout: 5 * time.Second}
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		// Go sets it already; the wire depends on it.
		_ = tcp.SetNoDelay(true)
	}
	return conn, nil
}
