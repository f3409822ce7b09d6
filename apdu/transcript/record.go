package transcript

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/chipid-toolkit/chipid/apdu"
)

// Create makes the file of a recording, readable by its owner alone, and
// writes [Warning] to warn, which may be nil. The file must not exist.
func Create(path string, warn io.Writer) (io.WriteCloser, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("transcript: %w", err)
	}
	if warn != nil {
		fmt.Fprintln(warn, Warning)
	}
	return f, nil
}

// Record returns a Transmitter that does what t does and writes every exchange
// to w. It is an apdu.Resetter and an apdu.Limiter if t is. An error of w fails
// the exchange that could not be recorded, and all later ones.
func Record(t apdu.Transmitter, w io.Writer) (apdu.Transmitter, error) {
	rec := &recorder{t: t, out: json.NewEncoder(w)}
	h := header{Schema: Schema, Warning: Warning}
	limiter, limits := t.(apdu.Limiter)
	if limits {
		h.ATR, h.MaxCommand, h.MaxResponse = limiter.ATR(), limiter.MaxCommand(), limiter.MaxResponse()
	}
	if err := rec.out.Encode(h); err != nil {
		return nil, fmt.Errorf("transcript: %w", err)
	}
	// Optional sides are found by type assertion: what t does not have, the
	// recorder must not have either.
	resetter, resets := t.(apdu.Resetter)
	switch r := (resetRecorder{rec, resetter}); {
	case resets && limits:
		return struct {
			resetRecorder
			apdu.Limiter
		}{r, limiter}, nil
	case resets:
		return r, nil
	case limits:
		return struct {
			*recorder
			apdu.Limiter
		}{rec, limiter}, nil
	}
	return rec, nil
}

type recorder struct {
	t apdu.Transmitter

	mu     sync.Mutex
	out    *json.Encoder
	n      int
	broken error
}

// Transmit implements apdu.Transmitter.
func (r *recorder) Transmit(ctx context.Context, command []byte) ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.broken != nil {
		return nil, r.broken
	}
	begin := time.Now()
	answer, err := r.t.Transmit(ctx, command)
	e := entry{Command: command, Response: answer, Microseconds: time.Since(begin).Microseconds()}
	return answer, r.write(e, err)
}

// write appends an entry and passes err on.
func (r *recorder) write(e entry, err error) error {
	r.n++
	e.N = r.n
	if err != nil {
		e.Error, e.Response, e.ATR = failureOf(err), nil, nil
	}
	if w := r.out.Encode(e); w != nil {
		r.broken = fmt.Errorf("transcript: exchange %d: %w", r.n, w)
		return r.broken
	}
	return err
}

type resetRecorder struct {
	*recorder
	resetter apdu.Resetter
}

// Reset implements apdu.Resetter.
func (r resetRecorder) Reset(ctx context.Context) ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.broken != nil {
		return nil, r.broken
	}
	begin := time.Now()
	atr, err := r.resetter.Reset(ctx)
	return atr, r.write(entry{Reset: true, ATR: atr, Microseconds: time.Since(begin).Microseconds()}, err)
}
