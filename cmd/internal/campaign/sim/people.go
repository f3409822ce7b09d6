package sim

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/chipid-toolkit/chipid/printer/line/card"
	"github.com/chipid-toolkit/chipid/printer/line/store"
)

// crew are the people of the line: they come round, put right what halts, bring
// what hands took out to the locked bin, scan what lies there, and close the
// batch.
type crew struct {
	w    *World
	p    *process
	rng  *rand.Rand
	late map[string]time.Time // stations that somebody comes to later
	lost map[string]time.Time // stations that are none of their process's
	miss time.Time            // since when a reject is looked for; zero: none is
}

func (w *World) people() {
	p, _ := w.newProcess("people", nil)
	p.person = true
	c := &crew{w: w, p: p, rng: rand.New(rand.NewPCG(w.day.Seed, 3)), late: map[string]time.Time{}, lost: map[string]time.Time{}}
	ctx := context.Background()
	for !w.over && !w.closed {
		time.Sleep(5*time.Second + time.Duration(c.rng.IntN(10_000))*time.Millisecond)
		if w.over || w.wait(p, "round") != nil {
			break
		}
		c.tidy()
		for _, f := range []func(context.Context) error{c.help, c.release, c.scan, c.confirm, c.close} {
			if err := f(ctx); err != nil {
				w.log("people: %v", err)
			}
		}
	}
	p.ended = true
}

// help sees to the machines that wait for somebody.
func (c *crew) help(ctx context.Context) error {
	var list []store.Station
	if err := c.p.store.Do(ctx, "stations", func(tx *store.Tx) (err error) {
		list, err = tx.Stations(ctx)
		return err
	}); err != nil {
		return err
	}
	for _, s := range list {
		n, _ := strconv.Atoi(s.Name[1:])
		m := c.w.machines[n-1]
		c.restart(s, n)
		if s.State != store.StationHalted || m.pending == nil || s.Wanted != store.WantWork || time.Now().Before(c.late[s.Name]) {
			continue
		}
		want := store.WantResume
		a, err := c.w.tick(c.p, atHelp, s.Name, m)
		if err != nil {
			return err
		}
		if a != nil && a.Kind == "slow" {
			c.late[s.Name] = time.Now().Add(5 * time.Minute)
			continue
		}
		if a != nil {
			want = store.WantGiveUp
		}
		c.w.log("people: %s, which says %q, is told: %s", s.Name, s.Message, want)
		if err := c.p.store.Do(ctx, "want "+s.Name, func(tx *store.Tx) error { return tx.Want(ctx, s.Name, want, "anna") }); err != nil {
			return err
		}
	}
	return nil
}

// restart is for a process that runs on without a station: another one had taken
// it, and is gone.
func (c *crew) restart(s store.Station, n int) {
	name := fmt.Sprintf("p%d", (n-1)%c.w.day.Processes+1)
	if s.State != store.StationLost && s.State != store.StationDrained && s.Process == name {
		delete(c.lost, s.Name)
		return
	}
	if c.lost[s.Name].IsZero() {
		c.lost[s.Name] = time.Now()
	}
	if time.Since(c.lost[s.Name]) < 2*time.Minute {
		return
	}
	delete(c.lost, s.Name)
	for _, p := range c.w.processes {
		if p.name == name && !p.ended && !p.dead {
			c.w.log("people: %s is told to end, and starts again: %s is %s of %s", name, s.Name, s.State, s.Process)
			p.cancel()
		}
	}
}

// release lets a stopped lot go on, once somebody has looked at it.
func (c *crew) release(ctx context.Context) error {
	return c.p.store.Do(ctx, "lots", func(tx *store.Tx) error {
		l, err := tx.Lot(ctx, "blanks")
		if err != nil || !l.Stopped {
			return err
		}
		c.w.log("people: the lot is released")
		return tx.Release(ctx, "blanks", "anna")
	})
}

// tidy is the rule of the house: what hands took out of a machine goes to the
// locked bin, and so does what lies among the good cards and is none.
func (c *crew) tidy() {
	for _, p := range slices.Clone(c.w.hand) {
		if time.Since(p.since) < time.Minute {
			continue
		}
		c.w.hand = shred(c.w.hand, p)
		c.w.machines[0].locked = append(c.w.machines[0].locked, p)
		c.w.log("people: chip %d goes from the hand to the locked bin", p.n)
	}
}

// misplaced moves a card out of the good bin that the store does not call good.
func (c *crew) misplaced(p *plastic) {
	for _, m := range c.w.machines {
		if slices.Contains(m.good, p) {
			m.good = shred(m.good, p)
			m.locked = append(m.locked, p)
			c.w.log("people: chip %d goes from the good bin of M%d to the locked bin", p.n, m.n)
		}
	}
}

// scan reads the chips in the locked bins, and those among the good cards that
// do not belong there.
func (c *crew) scan(ctx context.Context) error {
	var misplaced []*plastic
	if err := c.p.store.Do(ctx, "look", func(tx *store.Tx) error {
		for _, m := range c.w.machines {
			for _, p := range m.good {
				known, err := tx.ByChip(ctx, p.serial())
				if err != nil && !errors.Is(err, store.ErrNotFound) {
					return err
				}
				if known.State != card.Good && known.State != card.Checked {
					misplaced = append(misplaced, p)
				}
			}
		}
		return nil
	}); err != nil {
		return err
	}
	for _, p := range misplaced {
		c.misplaced(p)
	}
	for _, m := range c.w.machines {
		for _, p := range slices.Clone(m.locked) {
			if p.scanned || p.dead {
				continue
			}
			if err := c.confirmChip(ctx, p); err != nil {
				return err
			}
		}
	}
	a, err := c.w.tick(c.p, atBins, "bins", nil)
	if err != nil || a == nil {
		return err
	}
	return c.mistake(ctx, a)
}

// confirmChip is one scan at the locked bin.
func (c *crew) confirmChip(ctx context.Context, p *plastic) error {
	var state card.State
	err := c.p.store.Do(ctx, fmt.Sprintf("scan chip %d", p.n), func(tx *store.Tx) error {
		known, err := tx.ByChip(ctx, p.serial())
		if errors.Is(err, store.ErrNotFound) {
			return nil // a blank that no card was begun on
		}
		if err != nil {
			return err
		}
		state = known.State
		if state == card.Good {
			// Two people see that a card which was good lies here now.
			if known, err = tx.Advance(ctx, known, card.RejectPending, store.Mark{Reason: "found in the locked bin", By: "anna and binh"}); err != nil {
				return err
			}
		}
		if known.State != card.RejectPending {
			return nil
		}
		known, err = tx.Advance(ctx, known, card.RejectConfirmed, store.Mark{Reason: "scanned in the locked bin", By: "anna"})
		state = known.State
		return err
	})
	if err == nil && state == card.RejectConfirmed {
		p.scanned = true
		c.w.log("people: chip %d is scanned in the locked bin", p.n)
		c.w.count()
	}
	return err
}

// mistake is what people do wrong.
func (c *crew) mistake(ctx context.Context, a *armed) error {
	switch a.Kind {
	case "wrong-scan":
		for _, m := range c.w.machines {
			for _, p := range m.good {
				c.w.log("people: chip %d is scanned, which lies among the good cards", p.n)
				return c.oneScan(ctx, p)
			}
		}
	case "twice":
		for _, m := range c.w.machines {
			for _, p := range m.locked {
				if p.scanned {
					c.w.log("people: chip %d is scanned again", p.n)
					return c.oneScan(ctx, p)
				}
			}
		}
	case "alone":
		return c.p.store.Do(ctx, "alone", func(tx *store.Tx) error {
			list, err := tx.Cards(ctx, store.Filter{State: card.RejectPending})
			if err != nil || len(list) == 0 {
				return err
			}
			for range 2 {
				yes, err := tx.Agree(ctx, store.ActionConfirm, fmt.Sprint(list[0].ID), "chi")
				if err != nil {
					return err
				}
				if yes {
					_, err = tx.Advance(ctx, list[0], card.RejectConfirmed, store.Mark{By: "chi"})
					return err
				}
			}
			return nil
		})
	}
	return nil
}

// oneScan is a scan that one person makes alone: it confirms a reject that waits
// for it, and nothing else.
func (c *crew) oneScan(ctx context.Context, p *plastic) error {
	return c.p.store.Do(ctx, "scan", func(tx *store.Tx) error {
		known, err := tx.ByChip(ctx, p.serial())
		if err != nil {
			return err
		}
		_, err = tx.Advance(ctx, known, card.RejectConfirmed, store.Mark{Reason: "scanned in the locked bin", By: "anna"})
		return err
	})
}

// confirm is for rejects whose chip does not tell who it is: two people count
// the cards in the locked bins that nobody has accounted for.
func (c *crew) confirm(ctx context.Context) error {
	missing := false
	defer func() { c.search(missing) }()
	return c.p.store.Do(ctx, "confirm", func(tx *store.Tx) error {
		cards, err := tx.Cards(ctx, store.Filter{Limit: 1 << 16})
		if err != nil {
			return err
		}
		free, claimed := c.w.unclaimed(cards), 0
		for _, k := range cards {
			if k.State == card.RejectConfirmed && !c.w.lies(k.Serial) {
				claimed++
			}
		}
		for _, k := range cards {
			if k.State != card.RejectPending {
				continue
			}
			seen := k.Serial == "" || c.w.deadIn(k.Serial)
			if c.w.day.Weak != Unseen {
				if !seen || k.Serial == "" && claimed >= free {
					missing = true
					continue
				}
			}
			if k.Serial == "" {
				claimed++
			}
			for _, person := range []string{"anna", "binh"} {
				yes, err := tx.Agree(ctx, store.ActionConfirm, fmt.Sprint(k.ID), person)
				if err != nil && !errors.Is(err, store.ErrSamePerson) {
					return err
				}
				if yes {
					c.w.log("people: card %d is confirmed by two", k.ID)
					if _, err := tx.Advance(ctx, k, card.RejectConfirmed, store.Mark{Reason: "seen in the locked bin", By: "anna and binh"}); err != nil {
						return err
					}
				}
			}
		}
		return nil
	})
}

// search is for a reject that is in no locked bin for ten minutes: people open
// the machines that do nothing and take out what lies there.
func (c *crew) search(missing bool) {
	switch {
	case !missing:
		c.miss = time.Time{}
	case c.miss.IsZero():
		c.miss = time.Now()
	case time.Since(c.miss) > 10*time.Minute:
		c.miss = time.Time{}
		for _, m := range c.w.machines {
			if m.inside != nil && m.pending == nil {
				p := m.leave()
				c.w.hand = append(c.w.hand, p)
				c.w.log("people: chip %d is taken out of M%d, where a reject is looked for", p.n, m.n)
			}
		}
	}
}

// lies: a plastic of this serial number lies in a locked bin.
func (w *World) lies(serial string) bool {
	for _, m := range w.machines {
		for _, p := range m.locked {
			if serial != "" && p.serial() == serial {
				return true
			}
		}
	}
	return false
}

// deadIn: one lies there whose chip is silent, and people know it by elimination.
func (w *World) deadIn(serial string) bool {
	for _, m := range w.machines {
		for _, p := range m.locked {
			if p.dead && p.serial() == serial {
				return true
			}
		}
	}
	return false
}

// unclaimed counts the plastic in the locked bins that no card of the store with
// a serial number accounts for.
func (w *World) unclaimed(cards []store.Card) (n int) {
	by := map[string]bool{}
	for _, c := range cards {
		if c.Serial != "" && c.State != card.Untouched {
			by[c.Serial] = true
		}
	}
	for _, m := range w.machines {
		for _, p := range m.locked {
			if !by[p.serial()] {
				n++
			}
		}
	}
	return n
}

// close ends the batch when everything is accounted for: the blanks that are
// left are counted by hand and go back.
func (c *crew) close(ctx context.Context) error {
	done := false
	err := c.p.store.Do(ctx, "close", func(tx *store.Tx) error {
		counts, err := tx.RequestCounts(ctx, c.w.batch)
		if err != nil {
			return err
		}
		if counts[store.RequestOpen]+counts[store.RequestMaking]+counts[store.RequestHeld] > 0 || len(c.w.hand) > 0 {
			return nil
		}
		b, err := tx.Reconcile(ctx, c.w.batch)
		if err != nil {
			c.w.breach("the ledger: %v", err)
			return err
		}
		if len(b.Open()) > 0 {
			return nil
		}
		if n := b[card.Stock]; n > 0 {
			if err := tx.SendBack(ctx, c.w.batch, n, "rest", "anna"); err != nil {
				return err
			}
		}
		done = true
		return tx.Close(ctx, c.w.batch, "anna")
	})
	if err != nil || !done {
		return err
	}
	c.w.closed = true
	c.w.log("people: the batch is closed")
	return nil
}
