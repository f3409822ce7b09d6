package console

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// refresh is how often a page looks whether it has changed.
const refresh = time.Second

// live sends the part of a page that can change, whenever it has.
func (s *Server) live(p route) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v := s.enter(w, r)
		if v == nil {
			return
		}
		if !allowed(v.person.Role, p.right) {
			http.Error(w, "", http.StatusForbidden)
			return
		}
		out := http.NewResponseController(w)
		w.Header().Set("Content-Type", "text/event-stream")
		w.Header().Set("X-Accel-Buffering", "no")
		tick := time.NewTicker(refresh)
		defer tick.Stop()
		var last []byte
		for quiet := 0; ; quiet++ {
			// Whoever is logged out or disabled sees no more.
			if again, err := s.visitor(r); err == nil && again == nil {
				return
			}
			page, err := s.page(r, v, p)
			if err == nil {
				var b bytes.Buffer
				if err := s.pages[p.name].ExecuteTemplate(&b, "live", page); err != nil {
					return
				}
				if !bytes.Equal(b.Bytes(), last) {
					last, quiet = bytes.Clone(b.Bytes()), 0
					_ = out.SetWriteDeadline(time.Now().Add(10 * time.Second))
					if _, err := fmt.Fprintf(w, "data: %s\n\n", strings.ReplaceAll(b.String(), "\n", "\ndata: ")); err != nil {
						return
					}
					if out.Flush() != nil {
						return
					}
				}
			}
			if quiet >= 15 { // keeps the connection open, and finds out that it is not
				quiet = 0
				_ = out.SetWriteDeadline(time.Now().Add(10 * time.Second))
				if _, err := fmt.Fprint(w, ": still here\n\n"); err != nil || out.Flush() != nil {
					return
				}
			}
			select {
			case <-r.Context().Done():
				return
			case <-tick.C:
			}
		}
	}
}

// rateMeter works out how many cards an hour are made, over the last ten minutes.
type rateMeter struct {
	mu      sync.Mutex
	samples []sample
}

type sample struct {
	at   time.Time
	done int64
}

const rateSpan = 10 * time.Minute

func (m *rateMeter) perHour(done int64, now time.Time) float64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	if n := len(m.samples); n == 0 || now.Sub(m.samples[n-1].at) >= 5*time.Second {
		m.samples = append(m.samples, sample{now, done})
	}
	for len(m.samples) > 1 && now.Sub(m.samples[0].at) > rateSpan {
		m.samples = m.samples[1:]
	}
	first := m.samples[0]
	if span := now.Sub(first.at); span >= 10*time.Second && done >= first.done {
		return float64(done-first.done) / span.Hours()
	}
	return 0
}
