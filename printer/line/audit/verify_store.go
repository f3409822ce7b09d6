package audit

import (
	"fmt"
	"slices"
	"sort"
	"time"

	"github.com/chipid-toolkit/chipid/printer/line/card"
	"github.com/chipid-toolkit/chipid/printer/line/store"
)

func micros(n int64) time.Time { return time.UnixMicro(n).UTC() }

// page is how many rows of the store are read at once, so that the line is not kept
// waiting.
const page = 500

// rest is what the store holds of a card beyond what the log says.
type rest struct {
	steps []store.Step
	life  life
	card  store.Card
}

// compare holds the store's own records against what the lines decided. It reads the
// records first and the lines that wait afterwards: each record was written together
// with its line, so one without a line was not written by the store.
func (v *verification) compare() error {
	open := map[int64]rest{}
	if err := v.trails(open); err != nil {
		return err
	}
	deliveries, facts, err := v.records()
	if err != nil {
		return err
	}
	if err := v.waiting(open); err != nil {
		return err
	}
	v.deliveries(deliveries)
	v.facts(facts)
	return nil
}

// trails compares cards, journal and ledger.
func (v *verification) trails(open map[int64]rest) error {
	bad := map[int64]string{}
	seen := map[int64]bool{}
	for after := int64(-1); ; {
		if err := v.ctx.Err(); err != nil {
			return err
		}
		var list []store.Trail
		err := v.st.Do(v.ctx, "read cards for the audit log", func(tx *store.Tx) (err error) {
			list, err = tx.Trails(v.ctx, after, page)
			return err
		})
		if err != nil {
			return err
		}
		if len(list) == 0 {
			break
		}
		for _, t := range list {
			after = t.Card.ID
			v.report.Cards++
			seen[t.Card.ID] = true
			if text := v.trail(t, open); text != "" {
				bad[t.Card.ID] = text
			}
		}
	}
	for id, l := range v.lines.cards {
		if !seen[id] {
			bad[id] = fmt.Sprintf("the store does not know the card; the log gives it %d states", l.states)
		}
	}
	return v.blame(bad)
}

// trail compares one card; what is wrong comes back in words. What the log does not say
// yet is put into open.
func (v *verification) trail(t store.Trail, open map[int64]rest) string {
	known := v.lines.cards[t.Card.ID]
	if t.Card.State == "" {
		return "there are lines of the journal or the ledger, and no card"
	}
	var l life
	var last store.Step
	for i, s := range t.Journal {
		switch {
		case s.Seq != i+1:
			return fmt.Sprintf("the journal lacks state %d of the card", i+1)
		case i == 0 && s.State != card.Drawn, i > 0 && !last.State.May(s.State):
			return fmt.Sprintf("state %d of the journal, %s, may not follow", s.Seq, s.State)
		}
		last = s
		if i < int(known.states) {
			l = l.step(s)
		}
	}
	switch {
	case len(t.Journal) < int(known.states):
		return fmt.Sprintf("the journal has %d states, and the log %d", len(t.Journal), known.states)
	case l.chain != known.chain:
		return "the journal says other things of the card than the log"
	case t.Card.State != last.State || t.Card.Seq != last.Seq || !t.Card.Changed.Equal(last.At):
		return fmt.Sprintf("the card is %s, and its journal ends with %s", t.Card.State, last.State)
	}
	if text := ledger(t); text != "" {
		return text
	}
	if n := int(known.states); n < len(t.Journal) {
		open[t.Card.ID] = rest{steps: t.Journal[n:], life: known, card: t.Card}
		return ""
	}
	return same(t.Card, known)
}

// same compares what a card carries with what the lines gave it.
func same(c store.Card, l life) string {
	switch {
	case c.Serial != l.serial:
		return "the chip of the card is not the one in the log"
	case c.Box != l.box:
		return "the box of the card is not the one in the log"
	}
	return ""
}

// ledger compares the postings of a card with the states it had.
func ledger(t store.Trail) string {
	from, want := card.Stock, 0
	for _, s := range t.Journal {
		to := s.State.Account()
		if to == from {
			continue
		}
		if want >= len(t.Postings) {
			return fmt.Sprintf("the ledger lacks the posting from %s to %s", from, to)
		}
		p := t.Postings[want]
		if p.From != from || p.To != to || p.Quantity != 1 {
			return fmt.Sprintf("the ledger has %d from %s to %s where the card went from %s to %s", p.Quantity, p.From, p.To, from, to)
		}
		from, want = to, want+1
	}
	if want != len(t.Postings) {
		return fmt.Sprintf("the ledger has %d postings too many", len(t.Postings)-want)
	}
	return ""
}

// blame says of cards that do not go with the log where in the log the first difference
// is, by reading the lines of these cards once more.
func (v *verification) blame(bad map[int64]string) error {
	if len(bad) == 0 {
		return nil
	}
	ids := make([]int64, 0, len(bad))
	for id := range bad {
		ids = append(ids, id)
	}
	sort.Slice(ids, func(i, j int) bool { return ids[i] < ids[j] })
	lines := map[int64][]placed{}
	for _, id := range ids[:min(len(ids), maxFindings)] {
		lines[id] = nil
	}
	v.again(func(index int64, e store.AuditEntry) {
		if list, ok := lines[e.Card]; ok {
			if s, ok := step(e); ok {
				lines[e.Card] = append(list, placed{s, index})
			}
		}
	})
	for _, id := range ids {
		index := int64(-1)
		if list := lines[id]; len(list) > 0 {
			var journal []store.Step
			err := v.st.Do(v.ctx, "read a journal for the audit log", func(tx *store.Tx) (err error) {
				journal, err = tx.Journal(v.ctx, id)
				return err
			})
			if err != nil {
				return err
			}
			index = list[len(list)-1].index
			for i, p := range list {
				if i >= len(journal) || (life{}).step(journal[i]) != (life{}).step(p.Step) {
					index = p.index
					break
				}
			}
		}
		kind := Undone
		if index < 0 {
			kind = Unrecorded
		}
		v.report.find(kind, index, "card %d: %s", id, bad[id])
	}
	return nil
}

type placed struct {
	store.Step
	index int64
}

// again reads the lines of the log once more, as far as they can be read.
func (v *verification) again(f func(index int64, e store.AuditEntry)) {
	size := v.checkpoint.Size
	for index := uint64(0); index*256 < size; index++ {
		entries, err := v.dir.bundle(index, size)
		if err != nil {
			continue
		}
		for i, entry := range entries[:min(len(entries), inBundle(index, size))] {
			if _, e, err := decode(entry); err == nil {
				f(at(index*256, i), e)
			}
		}
	}
}

// waiting takes in the lines behind the log's end, and what the cards have more than
// the log must be in them.
func (v *verification) waiting(open map[int64]rest) error {
	var late []store.AuditRow
	take := func(list []store.AuditRow) {
		for _, r := range list {
			if uint64(r.Leaf) < v.checkpoint.Size && r.Leaf >= 0 { //nolint:gosec // not negative
				continue
			}
			late = append(late, r)
		}
	}
	err := v.pages(func(tx *store.Tx, after int64) (int64, int, error) {
		list, err := tx.Logged(v.ctx, max(uint64(after), v.checkpoint.Size), page) //nolint:gosec // not negative
		take(list)
		if len(list) > 0 {
			after = list[len(list)-1].Leaf + 1
		}
		return after, len(list), err
	})
	if err != nil {
		return err
	}
	err = v.pages(func(tx *store.Tx, after int64) (int64, int, error) {
		list, err := tx.Waiting(v.ctx, after, page)
		take(list)
		if len(list) > 0 {
			after = list[len(list)-1].ID
		}
		return after, len(list), err
	})
	if err != nil {
		return err
	}
	// A line may have got its place between the two readings and come twice.
	slices.SortFunc(late, func(a, b store.AuditRow) int { return int(a.ID - b.ID) })
	late = slices.CompactFunc(late, func(a, b store.AuditRow) bool { return a.ID == b.ID })
	inLog, err := v.tail()
	if err != nil {
		return err
	}
	late = slices.DeleteFunc(late, func(r store.AuditRow) bool { return inLog[r.ID] })
	v.report.Waiting = int64(len(late))
	for _, r := range late {
		v.line(-1, r, false)
	}
	return v.reached(open)
}

// tail are the lines that stand in the log and whose places the store does not know yet.
func (v *verification) tail() (map[int64]bool, error) {
	ids := map[int64]bool{}
	size := v.checkpoint.Size
	for index := v.before / 256; index*256 < size && v.before < size; index++ {
		entries, err := v.dir.bundle(index, size)
		if err != nil {
			return ids, nil //nolint:nilerr // walk has said so
		}
		for i, entry := range entries[:min(len(entries), inBundle(index, size))] {
			if row, _, err := decode(entry); err == nil && index*256+uint64(i) >= v.before {
				ids[row.ID] = true
			}
		}
	}
	return ids, nil
}

// reached compares the cards that have states which the log has not taken in, and those
// that a waiting line speaks of, with the lines that wait. A card may have gone on since
// its trail was read: its journal of now must have what the lines say.
func (v *verification) reached(open map[int64]rest) error {
	for id, o := range open {
		l := o.life
		for _, s := range o.steps {
			l = l.step(s)
		}
		switch now := v.lines.cards[id]; {
		case now.states < l.states:
			v.report.find(Unrecorded, -1, "card %d: %d states of the journal have no line", id, l.states-now.states)
		case now.states == l.states && now.chain == l.chain:
			if text := same(o.card, now); text != "" {
				v.report.find(Unrecorded, -1, "card %d: %s", id, text)
			}
		}
	}
	for id := range v.lines.late {
		var journal []store.Step
		err := v.st.Do(v.ctx, "read a journal for the audit log", func(tx *store.Tx) (err error) {
			journal, err = tx.Journal(v.ctx, id)
			return err
		})
		if err != nil {
			return err
		}
		now, l := v.lines.cards[id], life{}
		for _, s := range journal[:min(len(journal), int(now.states))] {
			l = l.step(s)
		}
		if l.states != now.states || l.chain != now.chain {
			v.report.find(Undone, -1, "card %d: the lines that wait say other things than the journal", id)
		}
	}
	return nil
}

// pages reads a list of the store piece by piece.
func (v *verification) pages(read func(tx *store.Tx, after int64) (next int64, n int, err error)) error {
	for after, n := int64(0), page; n == page; {
		err := v.st.Do(v.ctx, "read for the audit log", func(tx *store.Tx) (err error) {
			after, n, err = read(tx, after)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// records reads what the store holds besides cards: deliveries by batch, and facts.
func (v *verification) records() (deliveries map[int64][]string, facts map[string]int, err error) {
	deliveries, facts = map[int64][]string{}, map[string]int{}
	err = v.pages(func(tx *store.Tx, after int64) (int64, int, error) {
		list, err := tx.Deliveries(v.ctx, after, page)
		for _, p := range list {
			after = p.ID
			event := "posting from " + string(p.From) + " to " + string(p.To)
			switch {
			case p.From == card.Supplier && p.To == card.Stock:
				event = "stock.received"
			case p.From == card.Stock && p.To == card.SentBack:
				event = "stock.sent-back"
			}
			deliveries[p.Batch] = append(deliveries[p.Batch], fmt.Sprintf("%s %d %s", event, p.Quantity, p.Note))
		}
		return after, len(list), err
	})
	if err != nil {
		return nil, nil, err
	}
	err = v.pages(func(tx *store.Tx, after int64) (int64, int, error) {
		list, err := tx.Decisions(v.ctx, after, page)
		for _, a := range list {
			after = a.ID
			facts[factOf(store.AuditEntry{Event: "approval.asked", Reason: a.Action + " " + a.Subject, By: a.AskedBy})]++
			if a.GrantedBy != "" {
				facts[factOf(store.AuditEntry{Event: "approval.granted", Reason: a.Action + " " + a.Subject, By: a.GrantedBy})]++
			}
		}
		return after, len(list), err
	})
	if err != nil {
		return nil, nil, err
	}
	return deliveries, facts, v.st.Do(v.ctx, "read batches and boxes for the audit log", func(tx *store.Tx) error {
		batches, err := tx.Batches(v.ctx)
		for _, b := range batches {
			facts[factOf(store.AuditEntry{Event: "batch.created", Batch: b.ID})]++
			if b.State == store.BatchClosed {
				facts[factOf(store.AuditEntry{Event: "batch.closed", Batch: b.ID})]++
			}
		}
		if err != nil {
			return err
		}
		boxes, err := tx.Boxes(v.ctx, 0)
		for _, b := range boxes {
			facts[factOf(store.AuditEntry{Event: "box.opened", Box: b.Name()})]++
			if b.State == store.BoxHanded {
				facts[factOf(store.AuditEntry{Event: "box.handed-over", Box: b.Name()})]++
			}
		}
		return err
	})
}

// deliveries compares the blanks booked in and sent back. records were read before the
// lines that wait: those may hold more.
func (v *verification) deliveries(records map[int64][]string) {
	for batch, list := range records {
		lines := v.lines.deliveries[batch]
		for i, text := range list {
			if i >= len(lines) {
				v.report.find(Unrecorded, -1, "batch %d: no line says %q", batch, text)
				break
			}
			if lines[i].text != text {
				v.report.find(Undone, lines[i].index, "batch %d: the ledger says %q, the line %q", batch, text, lines[i].text)
				break
			}
		}
	}
	for batch, lines := range v.lines.deliveries {
		for _, d := range lines[min(len(lines), len(records[batch])):] {
			if d.index >= 0 {
				v.report.find(Undone, d.index, "batch %d: the ledger lacks %q", batch, d.text)
			}
		}
	}
}

func (v *verification) facts(records map[string]int) {
	for text, n := range records {
		if f := v.lines.facts[text]; f.n < n {
			v.report.find(Unrecorded, f.last(), "%d times in the store and %d times in the log: %s", n, f.n, text)
		}
	}
	for text, f := range v.lines.facts {
		if n := records[text]; n < f.logged {
			v.report.find(Undone, f.index, "%d times in the log and %d times in the store: %s", f.logged, n, text)
		}
	}
}

func (f fact) last() int64 {
	if f.n == 0 {
		return -1
	}
	return f.index
}
