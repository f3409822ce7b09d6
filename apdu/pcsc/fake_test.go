package pcsc

import (
	"slices"
	"sync"
	"testing"
	"time"
)

// fakeLibrary is a PC/SC library whose answers a test decides: what no virtual
// reader can be made to do.
type fakeLibrary struct {
	mu       sync.Mutex
	down     bool
	readers  map[string]*fakeReader
	sessions int // open ones
	handles  int // open ones
	changed  chan struct{}
}

type fakeReader struct {
	card     bool
	counter  uint32
	protocol protocol
	// transmit answers; nil echoes.
	transmit func(command []byte) ([]byte, error)
	reset    error
	held     bool
	controls map[uint32][]byte
	attrs    map[uint32][]byte
}

// install puts the fake in the library's place for a test.
func install(t *testing.T, readers map[string]*fakeReader) *fakeLibrary {
	t.Helper()
	l := &fakeLibrary{readers: readers, changed: make(chan struct{})}
	before, delay, slice := machine, removalDelay, waitSlice
	machine, removalDelay, waitSlice = l, 20*time.Millisecond, 100*time.Millisecond
	t.Cleanup(func() { machine, removalDelay, waitSlice = before, delay, slice })
	return l
}

// change does f and wakes who waits.
func (l *fakeLibrary) change(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f()
	close(l.changed)
	l.changed = make(chan struct{})
}

func (l *fakeLibrary) open() (sessions, handles int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.sessions, l.handles
}

func (l *fakeLibrary) establish() (session, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.down {
		return nil, codeNoService
	}
	l.sessions++
	return &fakeSession{l}, nil
}

type fakeSession struct{ l *fakeLibrary }

func (s *fakeSession) listReaders() ([]string, error) {
	s.l.mu.Lock()
	defer s.l.mu.Unlock()
	if s.l.down {
		return nil, codeNoService
	}
	var names []string
	for name := range s.l.readers {
		names = append(names, name)
	}
	return names, nil
}

func (s *fakeSession) status(states []readerState, timeout time.Duration) error {
	deadline := time.Now().Add(timeout)
	for {
		s.l.mu.Lock()
		changed, err := s.look(states)
		wake := s.l.changed
		s.l.mu.Unlock()
		if err != nil || changed {
			return err
		}
		select {
		case <-wake:
		case <-time.After(time.Until(deadline)):
			return codeTimeout
		}
	}
}

func (s *fakeSession) look(states []readerState) (bool, error) {
	if s.l.down {
		return false, codeNoService
	}
	changed := false
	for i := range states {
		st := &states[i]
		if st.reader == pnpReader {
			changed = changed || int(st.current>>16) != len(s.l.readers)
			continue
		}
		r, ok := s.l.readers[st.reader]
		if !ok {
			return false, codeUnknownReader
		}
		st.event = stateEmpty
		if r.card {
			st.event = statePresent
		}
		st.event |= stateFlag(r.counter << 16)
		changed = changed || st.event != st.current
	}
	return changed, nil
}

func (s *fakeSession) cancel() error { return nil }

func (s *fakeSession) connect(name string, mode shareMode, _ protocol) (handle, error) {
	s.l.mu.Lock()
	defer s.l.mu.Unlock()
	r, ok := s.l.readers[name]
	switch {
	case s.l.down:
		return nil, codeNoService
	case !ok:
		return nil, codeUnknownReader
	case r.held && mode != shareDirect:
		return nil, codeSharingViolation
	case !r.card && mode != shareDirect:
		return nil, codeNoSmartcard
	}
	s.l.handles++
	r.held = mode == shareExclusive
	return &fakeHandle{l: s.l, r: r}, nil
}

func (s *fakeSession) release() error {
	s.l.mu.Lock()
	defer s.l.mu.Unlock()
	s.l.sessions--
	return nil
}

type fakeHandle struct {
	l *fakeLibrary
	r *fakeReader
}

func (h *fakeHandle) protocol() protocol { return max(h.r.protocol, protocolT0) }

func (h *fakeHandle) transmit(command []byte) ([]byte, error) {
	h.l.mu.Lock()
	f := h.r.transmit
	h.l.mu.Unlock()
	if f != nil {
		return f(command)
	}
	return append(slices.Clone(command), 0x90, 0x00), nil
}

func (h *fakeHandle) reset(shareMode) error {
	h.l.mu.Lock()
	defer h.l.mu.Unlock()
	return h.r.reset
}

func (h *fakeHandle) atr() ([]byte, error) { return []byte{0x3B, 0x00}, nil }

func (h *fakeHandle) control(code uint32, _ []byte) ([]byte, error) {
	if b, ok := h.r.controls[code]; ok {
		return b, nil
	}
	return nil, codeUnsupportedFeature
}

func (h *fakeHandle) attribute(id uint32) ([]byte, error) {
	if b, ok := h.r.attrs[id]; ok {
		return b, nil
	}
	return nil, codeUnsupportedFeature
}

func (h *fakeHandle) disconnect(bool) error {
	h.l.mu.Lock()
	defer h.l.mu.Unlock()
	h.l.handles--
	h.r.held = false
	return nil
}
