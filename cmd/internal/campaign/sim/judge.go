package sim

import (
	"context"
	"slices"

	"github.com/chipid-toolkit/chipid/cardprofile/inspect"
	"github.com/chipid-toolkit/chipid/printer/line/card"
	"github.com/chipid-toolkit/chipid/printer/line/store"
)

// count is the guarantee at any moment: of each holder at most one whole card is
// anywhere but in a locked bin.
func (w *World) count() {
	whole := map[int]int{}
	see := func(p *plastic) {
		if p != nil && p.holder != 0 && p.chip.Describe() == "issued" {
			if whole[p.holder]++; whole[p.holder] == 2 {
				w.breach("duplicate: two whole cards of request %d are out", p.holder)
			}
		}
	}
	for _, m := range w.machines {
		see(m.inside)
		for _, p := range m.good {
			see(p)
		}
	}
	for _, p := range w.hand {
		see(p)
	}
}

// judge counts what became of everything, in the store and on the plastic.
func (w *World) judge(ctx context.Context) {
	w.count()
	var cards []store.Card
	var requests []store.Request
	var balance card.Balance
	if err := w.store.Do(ctx, "judge", func(tx *store.Tx) (err error) {
		if balance, err = tx.Reconcile(ctx, w.batch); err != nil {
			w.breach("the ledger: %v", err)
		}
		for i := range w.day.Requests {
			r, err := tx.Request(ctx, int64(i+1))
			if err != nil {
				return err
			}
			requests = append(requests, r)
		}
		cards, err = tx.Cards(ctx, store.Filter{Limit: 1 << 20})
		return err
	}); err != nil {
		w.breach("the store: %v", err)
		return
	}
	good := map[string]store.Card{}
	perRequest := map[int64]int{}
	for _, c := range cards {
		switch {
		case c.State.InWork() || c.State == card.RejectPending:
			w.breach("unaccounted: card %d ends as %s", c.ID, c.State)
		case c.State == card.Good:
			good[c.Serial] = c
			perRequest[c.RequestID]++
		}
	}
	for _, r := range requests {
		switch n := perRequest[r.ID]; {
		case n > 1:
			w.breach("duplicate: request %d has %d good cards", r.ID, n)
		case n == 0:
			w.breach("loss: request %d has no good card and is %s", r.ID, r.State)
		case r.State != store.RequestDone:
			w.breach("request %d has its card and is %s", r.ID, r.State)
		}
	}
	w.out.Good, w.out.Rejected = len(good), len(cards)
	w.judgeBins(ctx, good, cards, balance)
}

// judgeBins compares what lies where with what the store says.
func (w *World) judgeBins(ctx context.Context, good map[string]store.Card, cards []store.Card, balance card.Balance) {
	total, blanks := len(w.hopper)+len(w.hand), len(w.hopper)
	confirmed := map[string]bool{}
	silent := 0
	for _, c := range cards {
		if c.State == card.RejectConfirmed {
			if c.Serial == "" {
				silent++
			} else {
				confirmed[c.Serial] = true
			}
		}
	}
	for _, m := range w.machines {
		total += len(m.good) + len(m.locked)
		if m.inside != nil {
			total++
			blanks++
			if s := m.inside.chip.Describe(); s != "blank" {
				w.breach("unaccounted: a chip lies in M%d, %s", m.n, s)
			}
		}
		for _, p := range m.good {
			w.judgeCard(ctx, p, good)
			delete(good, p.serial())
		}
		for _, p := range m.locked {
			s := p.serial()
			switch _, isGood := good[s]; {
			case isGood:
				w.breach("the store calls a card good that lies in the locked bin")
			case confirmed[s]:
				delete(confirmed, s)
			case silent > 0:
				silent--
			case p.chip.Describe() == "blank":
				blanks++ // a blank that hands put there: it goes back with the rest
			default:
				w.breach("unaccounted: chip %d lies in the locked bin, %s, and no reject is it", p.n, p.chip.Describe())
			}
		}
	}
	for s, c := range good {
		w.breach("loss: card %d with chip %s is good in the store and lies in no bin", c.ID, s)
	}
	for s := range confirmed {
		w.breach("a reject with chip %s is confirmed and lies in no locked bin", s)
	}
	if silent > 0 {
		w.breach("%d rejects are confirmed that are not there", silent)
	}
	if total != len(w.plastic) {
		w.breach("unaccounted: %d blanks were delivered, and %d are there", len(w.plastic), total)
	}
	if n := balance[card.Stock] + balance[card.SentBack]; int(n) != blanks {
		w.breach("unaccounted: the ledger knows of %d unused blanks, and %d are there", n, blanks)
	}
}

// judgeCard looks at one card of the good bin as a checkpoint does.
func (w *World) judgeCard(ctx context.Context, p *plastic, good map[string]store.Card) {
	c, ok := good[p.serial()]
	if !ok {
		w.breach("chip %d lies among the good cards, %s, and the store knows of none such", p.n, p.chip.Describe())
		return
	}
	line := int(c.RequestID) // requests are numbered as they came
	if p.holder != line || !p.printedFor(line) {
		w.breach("the card of request %d bears the plan of %d and the faces %v", line, p.holder, p.faces)
		return
	}
	if _, err := p.chip.Reset(ctx); err != nil {
		w.breach("a good card does not open: %v", err)
		return
	}
	v, err := w.inspect(ctx, p.chip, w.plans[(line-1)%len(w.plans)])
	if err != nil || v.Outcome != inspect.ResultPassed {
		w.breach("a card in the good bin of request %d does not pass: %v", line, err)
	}
}

// stuck says where the day stands that goes on without end.
func (w *World) stuck(what string) {
	w.breach("%s", what)
	_ = w.store.Do(context.Background(), "stuck", func(tx *store.Tx) error {
		ctx := context.Background()
		cards, err := tx.Cards(ctx, store.Filter{Limit: 1 << 16})
		if err != nil {
			return err
		}
		for _, c := range cards {
			if c.State.InWork() || c.State == card.RejectPending {
				w.log("card %d of request %d is %s at %s: %s", c.ID, c.RequestID, c.State, c.Station, c.Reason)
			}
		}
		list, err := tx.Stations(ctx)
		for _, s := range list {
			w.log("%s of %s is %s: %s (%s)", s.Name, s.Process, s.State, s.Message, s.Wanted)
		}
		return err
	})
	for _, m := range w.machines {
		w.log("M%d: %s, pending %v, fault %v", m.n, m.describe(), m.pending != nil, m.fault)
	}
	for _, g := range slices.Clone(w.gates) {
		w.log("waiting: %s %s", g.p.name, g.key)
	}
}
