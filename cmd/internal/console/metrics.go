package console

import (
	"context"
	"crypto/subtle"
	"fmt"
	"net"
	"net/http"
	"strings"

	"github.com/chipid-toolkit/chipid/printer/line/card"
	"github.com/chipid-toolkit/chipid/printer/line/store"
)

// metrics tells Prometheus how the line is, in its text exposition format 0.0.4: numbers
// alone, nothing about anybody. With so few and simple ones a client library would add
// more than it takes away.
func (s *Server) metrics(w http.ResponseWriter, r *http.Request) {
	if !s.mayMeasure(r) {
		http.Error(w, "metrics want their bearer token, or come from this machine", http.StatusForbidden)
		return
	}
	ctx := r.Context()
	var b strings.Builder
	gauge := func(name, help string) { fmt.Fprintf(&b, "# HELP %s %s\n# TYPE %[1]s gauge\n", name, help) }
	err := s.Store.Do(ctx, "metrics", func(tx *store.Tx) error { return s.measure(ctx, tx, &b, gauge) })
	if err != nil {
		s.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	_, _ = w.Write([]byte(b.String()))
}

func (s *Server) measure(ctx context.Context, tx *store.Tx, b *strings.Builder, gauge func(name, help string)) error {
	stations, err := tx.Stations(ctx)
	if err != nil {
		return err
	}
	states := map[store.StationState]int{}
	for _, st := range stations {
		states[st.State]++
	}
	gauge("chipid_stations", "Stations by state.")
	for _, st := range []store.StationState{store.StationIdle, store.StationWorking, store.StationHalted, store.StationDrained, store.StationLost} {
		fmt.Fprintf(b, "chipid_stations{state=%q} %d\n", st, states[st])
	}
	counts, err := tx.Counts(ctx, 0)
	if err != nil {
		return err
	}
	gauge("chipid_cards", "Cards by state.")
	for _, i := range card.States() {
		fmt.Fprintf(b, "chipid_cards{state=%q} %d\n", i.State, counts[i.State])
	}
	requests, err := tx.RequestCounts(ctx, 0)
	if err != nil {
		return err
	}
	gauge("chipid_requests", "Requests by state.")
	for _, st := range []store.RequestState{store.RequestOpen, store.RequestMaking, store.RequestHeld, store.RequestDone, store.RequestCancelled} {
		fmt.Fprintf(b, "chipid_requests{state=%q} %d\n", st, requests[st])
	}
	balance, err := tx.Balance(ctx, 0)
	if err != nil {
		return err
	}
	gauge("chipid_blanks", "Blanks by account of the ledger.")
	for _, a := range card.Accounts() {
		fmt.Fprintf(b, "chipid_blanks{account=%q} %d\n", a, balance[a])
	}
	lots, err := tx.StoppedLots(ctx)
	if err != nil {
		return err
	}
	gauge("chipid_lots_stopped", "Lots of blanks that are stopped.")
	fmt.Fprintf(b, "chipid_lots_stopped %d\n", len(lots))
	balanced := 1
	if _, err := tx.Reconcile(ctx, 0); err != nil {
		balanced = 0
	}
	gauge("chipid_ledger_balanced", "1 while the ledger agrees with the cards.")
	fmt.Fprintf(b, "chipid_ledger_balanced %d\n", balanced)
	gauge("chipid_cards_per_hour", "Cards made an hour, over the last ten minutes.")
	fmt.Fprintf(b, "chipid_cards_per_hour %.1f\n", s.rate.perHour(requests[store.RequestDone], s.Store.Now()))
	return nil
}

func (s *Server) mayMeasure(r *http.Request) bool {
	if s.MetricsToken != "" {
		return subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), []byte("Bearer "+s.MetricsToken)) == 1
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	return err == nil && net.ParseIP(host).IsLoopback()
}
