package campaign

import (
	"context"
	"fmt"
	"image"

	"github.com/chipid-toolkit/chipid/cardprofile/inspect"
	"github.com/chipid-toolkit/chipid/printer"
	"github.com/chipid-toolkit/chipid/printer/line/card"
	"github.com/chipid-toolkit/chipid/printer/line/store"
)

func plainFace(side printer.Side) printer.Face {
	return printer.Face{Side: side, DPI: 300, Colour: image.NewGray(image.Rect(0, 0, 4, 4))}
}

// Judge counts what became of everything, in the store and on the cards, and
// gives back every breach of the guarantee.
func (w *World) Judge(ctx context.Context) []string {
	var breaches []string
	breach := func(format string, args ...any) { breaches = append(breaches, fmt.Sprintf(format, args...)) }
	var cards []store.Card
	var counts map[store.RequestState]int64
	if err := w.Store.Do(ctx, "judge", func(tx *store.Tx) (err error) {
		if _, err := tx.Reconcile(ctx, 0); err != nil {
			breach("the ledger: %v", err)
		}
		if counts, err = tx.RequestCounts(ctx, 0); err != nil {
			return err
		}
		cards, err = tx.Cards(ctx, store.Filter{Limit: 1 << 20})
		return err
	}); err != nil {
		return append(breaches, err.Error())
	}
	good := map[int64]int{}
	bySerial := map[string]store.Card{}
	for _, c := range cards {
		if c.State == card.Good {
			good[c.RequestID]++
		}
		if c.Serial != "" {
			bySerial[c.Serial] = c
		}
		if c.State.InWork() {
			breach("card %d is left as %s", c.ID, c.State)
		}
	}
	for r, n := range good {
		if n > 1 {
			breach("request %d has %d good cards", r, n)
		}
	}
	if n := counts[store.RequestOpen] + counts[store.RequestMaking]; n > 0 {
		breach("%d requests are left", n)
	}
	// The cards themselves: what lies in the good bin is what the store calls
	// good, opens, and is no second card for anybody.
	holders := map[string]int{}
	plastic := 0
	for _, m := range w.Machines {
		plastic += len(m.Good) + len(m.Locked)
		if m.inside != nil {
			plastic++
		}
		for _, p := range m.Good {
			serial := fmt.Sprintf("%X", p.Chip.Serial())
			c, known := bySerial[serial]
			if !known || c.State != card.Good {
				breach("a card lies in the good bin that the store calls %q", c.State)
				continue
			}
			number, err := w.holder(ctx, p, c)
			if err != nil {
				breach("a card in the good bin does not open: %v", err)
				continue
			}
			if holders[number]++; holders[number] > 1 {
				breach("two good cards bear one number")
			}
			if p.Faces != 2 {
				breach("a card in the good bin has %d faces printed", p.Faces)
			}
		}
		for _, p := range m.Locked {
			if c := bySerial[fmt.Sprintf("%X", p.Chip.Serial())]; c.State == card.Good {
				breach("a good card lies in the locked bin")
			}
		}
	}
	if plastic != len(w.Chips) {
		breach("%d blanks left the hopper and %d are there", len(w.Chips), plastic)
	}
	for _, n := range good {
		if len(holders) < n {
			breach("the store calls cards good that are not in the bin")
		}
	}
	return breaches
}

// holder reads the number on a card, as a checkpoint does.
func (w *World) holder(ctx context.Context, p *Plastic, c store.Card) (string, error) {
	var r store.Request
	if err := w.Store.Do(ctx, "judge", func(tx *store.Tx) (err error) {
		r, err = tx.Request(ctx, c.RequestID)
		return err
	}); err != nil {
		return "", err
	}
	work, err := w.Work(ctx, r)
	if err != nil {
		return "", err
	}
	if _, err := p.Chip.Reset(ctx); err != nil {
		return "", err
	}
	access, err := inspect.ByCAN(string(work.Plan.CAN.Bytes()))
	if err != nil {
		return "", err
	}
	v, err := inspect.Inspect(ctx, p.Chip, access, w.Trust, inspect.Options{Profile: work.Plan.Profile})
	if err != nil {
		return "", err
	}
	if v.Outcome != inspect.ResultPassed {
		return "", fmt.Errorf("verdict %s", v.Outcome)
	}
	return work.Plan.Record.Number, nil
}
