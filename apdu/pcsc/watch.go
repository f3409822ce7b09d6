package pcsc

import (
	"context"
	"maps"
	"slices"
	"time"
)

// EventKind says what happened.
type EventKind int

// Events of [Watch].
const (
	ReaderAdded EventKind = iota + 1
	ReaderRemoved
	CardInserted
	CardRemoved
	ServiceLost
	ServiceBack
)

// String is the event in a word.
func (k EventKind) String() string {
	switch k {
	case ReaderAdded:
		return "reader added"
	case ReaderRemoved:
		return "reader removed"
	case CardInserted:
		return "card inserted"
	case CardRemoved:
		return "card removed"
	case ServiceLost:
		return "service lost"
	case ServiceBack:
		return "service back"
	}
	return "no event"
}

// Event is a change in the readers.
type Event struct {
	Kind   EventKind
	Reader string // empty for the service's own events
	ATR    []byte // of an inserted card, if it answers
}

// maxWatched is how many readers pcscd watches in one call, the notification of
// new readers counted.
const maxWatched = 16

// calm keeps a service that always answers at once from keeping us busy.
const calm = 10 * time.Millisecond

// watcher is the picture of the readers that f has been told.
type watcher struct {
	f       func(Event) error
	readers map[string]stateFlag
	lost    bool
}

// Watch calls f for each reader and card there is and then for each change,
// until ctx ends (no error) or f returns an error, which Watch returns. It
// outlives the service: losing it is an event, ServiceLost, after which readers
// and cards are told anew. Calls of f come one at a time.
func Watch(ctx context.Context, f func(Event) error) error {
	w := &watcher{f: f, readers: map[string]stateFlag{}}
	for {
		told, err := w.session(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if told != nil {
			return told
		}
		if isAny(err, ErrUnsupported) {
			return err
		}
		if !w.lost {
			w.lost = true
			if err := w.forget(slices.Sorted(maps.Keys(w.readers))); err != nil {
				return err
			}
			if err := f(Event{Kind: ServiceLost}); err != nil {
				return err
			}
		}
		pause(ctx, retry)
	}
}

// session watches until something breaks: told is an error of f, err one of the
// service.
func (w *watcher) session(ctx context.Context) (told, err error) {
	m, err := newMonitor(ctx)
	if err != nil {
		return nil, err
	}
	defer m.close()
	for {
		names, err := m.names(ctx)
		if err != nil {
			return nil, err
		}
		if told := w.compare(names); told != nil {
			return told, nil
		}
		states := make([]readerState, 0, len(names)+1)
		for _, name := range names {
			states = append(states, readerState{reader: name, current: w.readers[name]})
		}
		if len(states) < maxWatched {
			states = append(states, readerState{reader: pnpReader, current: stateFlag(len(names) << 16)})
		}
		pause(ctx, calm)
		if err := m.wait(ctx, states, waitSlice); err != nil {
			if is(err, codeTimeout) || isAny(err, ErrNoReader) {
				continue // nothing, or a reader that has just gone
			}
			return nil, err
		}
		if told := w.update(states); told != nil {
			return told, nil
		}
	}
}

// compare tells which readers came and went.
func (w *watcher) compare(names []string) error {
	if w.lost {
		w.lost = false
		if err := w.f(Event{Kind: ServiceBack}); err != nil {
			return err
		}
	}
	var gone []string
	for _, name := range slices.Sorted(maps.Keys(w.readers)) {
		if !slices.Contains(names, name) {
			gone = append(gone, name)
		}
	}
	if err := w.forget(gone); err != nil {
		return err
	}
	for _, name := range names {
		if _, known := w.readers[name]; known {
			continue
		}
		w.readers[name] = stateUnaware
		if err := w.f(Event{Kind: ReaderAdded, Reader: name}); err != nil {
			return err
		}
	}
	return nil
}

// forget tells that readers have gone, and the cards in them.
func (w *watcher) forget(names []string) error {
	for _, name := range names {
		had := w.readers[name]&statePresent != 0
		delete(w.readers, name)
		if had {
			if err := w.f(Event{Kind: CardRemoved, Reader: name}); err != nil {
				return err
			}
		}
		if err := w.f(Event{Kind: ReaderRemoved, Reader: name}); err != nil {
			return err
		}
	}
	return nil
}

// update tells what happened to the cards.
func (w *watcher) update(states []readerState) error {
	for _, st := range states {
		if st.reader == pnpReader || st.event&(stateUnknown|stateUnavailable) != 0 {
			continue
		}
		before, now := w.readers[st.reader], st.event&^stateChanged
		w.readers[st.reader] = now
		was, is := before&statePresent != 0, now&statePresent != 0
		// A card that was exchanged between two looks shows in the counter.
		swapped := was && is && now>>16 != before>>16
		if was && (!is || swapped) {
			if err := w.f(Event{Kind: CardRemoved, Reader: st.reader}); err != nil {
				return err
			}
		}
		if is && (!was || swapped) {
			if err := w.f(Event{Kind: CardInserted, Reader: st.reader, ATR: st.atr}); err != nil {
				return err
			}
		}
	}
	return nil
}
