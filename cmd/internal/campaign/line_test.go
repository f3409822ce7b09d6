package campaign_test

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/cmd/internal/campaign"
	"github.com/chipid-toolkit/chipid/printer"
	"github.com/chipid-toolkit/chipid/printer/line"
	"github.com/chipid-toolkit/chipid/printer/line/queue"
	"github.com/chipid-toolkit/chipid/printer/line/store"
)

// TestALine runs the whole line, queue and all, with two stations, one of which
// jams until an operator has been there.
func TestALine(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	o := office(t)
	w, err := o.NewWorld(ctx, filepath.Join(t.TempDir(), "line.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = w.Close() }()
	if err := w.Fill(ctx, 6); err != nil {
		t.Fatal(err)
	}
	q, err := queue.Open(ctx, w.Store, queue.Config{Process: "clerk"})
	if err != nil {
		t.Fatal(err)
	}
	var batch store.Batch
	if err := w.Store.Do(ctx, "enqueue", func(tx *store.Tx) error {
		open, err := tx.Next(ctx, 0, 100)
		if err != nil {
			return err
		}
		if batch, err = tx.Batch(ctx, "campaign"); err != nil {
			return err
		}
		return q.EnqueueMany(ctx, tx, open)
	}); err != nil {
		t.Fatal(err)
	}
	l := &line.Line{Store: w.Store, Process: "p1", Prepare: w.Work, Batch: batch.ID}
	var machines []*campaign.Machine
	for _, name := range []string{"S1", "S2"} {
		m := w.NewMachine()
		machines = append(machines, m)
		l.Stations = append(l.Stations, w.NewStation(name, m))
	}
	machines[1].Break(printer.Fault{Op: printer.OpFlip, After: 1, Err: printer.ErrJam})
	var people sync.WaitGroup
	helped := false
	people.Go(func() {
		for ctx.Err() == nil && !helped {
			time.Sleep(50 * time.Millisecond)
			_ = w.Store.Do(ctx, "help", func(tx *store.Tx) error {
				list, err := tx.Stations(ctx)
				if err != nil {
					return err
				}
				for _, s := range list {
					if s.Name == "S2" && s.State == store.StationHalted && s.CardID != 0 {
						helped = true
						return tx.Want(ctx, s.Name, store.WantResume, "anna")
					}
				}
				return nil
			})
		}
	})
	if err := l.Run(ctx); err != nil {
		t.Fatal(err)
	}
	cancel()
	people.Wait()
	if !helped {
		t.Error("nobody was called to the jam")
	}
	if n := len(machines[0].Good) + len(machines[1].Good); n != 6 {
		t.Errorf("%d good cards", n)
	}
	for _, b := range w.Judge(context.Background()) {
		t.Error(b)
	}
}
