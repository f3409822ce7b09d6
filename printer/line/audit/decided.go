package audit

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/chipid-toolkit/chipid/printer/line/card"
	"github.com/chipid-toolkit/chipid/printer/line/store"
)

// decided is what the lines of the log say that was decided, in the form in which the
// store's own records can be compared with it.
type decided struct {
	cards map[int64]life
	// facts are decisions that the store holds outside the cards, by what they say;
	// each as often as it was made.
	facts map[string]fact
	// late are the cards of which lines that wait speak.
	late map[int64]bool
	// deliveries of each batch, in order.
	deliveries map[int64][]delivery
}

func (d *decided) begin() {
	d.cards, d.facts, d.late, d.deliveries = map[int64]life{}, map[string]fact{}, map[int64]bool{}, map[int64][]delivery{}
}

// life is what was decided about one card: how many states it got, and a chain over
// all of them, so that a million cards fit into memory.
type life struct {
	states int32
	chain  [16]byte
	serial string
	box    string
}

type fact struct {
	n      int   // how often the lines say so
	logged int   // how many of them stand in the log
	index  int64 // where the last of those stands; -1: nowhere
}

type delivery struct {
	text  string
	index int64
}

// step puts one state behind a life.
func (l life) step(s store.Step) life {
	h := sha256.New()
	_, _ = h.Write(l.chain[:])
	_, _ = fmt.Fprintf(h, "%s\x00%d\x00%s\x00%x\x00%s", s.State, s.At.UnixMicro(), s.Station, s.Digest, s.Reason)
	copy(l.chain[:], h.Sum(nil))
	l.states++
	return l
}

// step is the state that an entry gives its card; false if it gives none.
func step(e store.AuditEntry) (store.Step, bool) {
	state, ok := strings.CutPrefix(e.Event, store.EventCard)
	return store.Step{State: card.State(state), At: micros(e.At), Station: e.Station, Digest: e.Digest, Reason: e.Reason}, ok && e.Card != 0
}

// line takes in what a line decided. A line that waits (inLog is false) has no index.
func (v *verification) line(index int64, row store.AuditRow, inLog bool) {
	var e store.AuditEntry
	if json.Unmarshal([]byte(row.Entry), &e) != nil {
		return
	}
	d := &v.lines
	if s, ok := step(e); ok {
		l := d.cards[e.Card].step(s)
		if e.Serial != "" {
			l.serial = e.Serial
		}
		if e.Box != "" {
			l.box = e.Box
		}
		d.cards[e.Card] = l
		if !inLog {
			d.late[e.Card] = true
		}
		return
	}
	switch {
	case strings.HasPrefix(e.Event, "stock."):
		d.deliveries[e.Batch] = append(d.deliveries[e.Batch], delivery{e.Event + " " + e.Reason, index})
	case factOf(e) != "":
		f, ok := d.facts[factOf(e)]
		if inLog || !ok {
			f.index = index
		}
		if inLog {
			f.logged++
		}
		f.n++
		d.facts[factOf(e)] = f
	}
}

// factOf is how a decision about something else than a card or the stock is compared;
// empty if the store keeps no record of it but the line.
func factOf(e store.AuditEntry) string {
	switch e.Event {
	case "approval.asked", "approval.granted":
		return e.Event + " " + e.Reason + " by " + e.By
	case "batch.created", "batch.closed":
		return fmt.Sprintf("%s %d", e.Event, e.Batch)
	case "box.opened", "box.handed-over":
		return e.Event + " " + e.Box
	}
	return ""
}
