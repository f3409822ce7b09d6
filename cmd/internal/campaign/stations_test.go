package campaign_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/printer/line"
	"github.com/chipid-toolkit/chipid/printer/line/queue"
	"github.com/chipid-toolkit/chipid/printer/line/station"
	"github.com/chipid-toolkit/chipid/printer/line/store"
)

// TestStationsComeAndGo adds a station to a line that runs and takes the first one out:
// the batch is made to its end, and nothing is left in the station that went.
func TestStationsComeAndGo(t *testing.T) {
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
	first, second, third := w.NewMachine(), w.NewMachine(), w.NewMachine()
	begun := make(chan struct{}, 64)
	l := &line.Line{Store: w.Store, Process: "p1", Batch: batch.ID, Room: 2}
	l.Prepare = func(ctx context.Context, r store.Request) (*station.Work, error) {
		select {
		case begun <- struct{}{}:
		default:
		}
		return w.Work(ctx, r)
	}
	l.Stations = append(l.Stations, w.NewStation("S1", first))
	if err := l.Add(ctx, w.NewStation("S2", second)); !errors.Is(err, line.ErrNotRunning) {
		t.Errorf("added to a line that does not run: %v", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- l.Run(ctx) }()
	<-begun
	if err := l.Add(ctx, w.NewStation("S1", second)); !errors.Is(err, line.ErrThere) {
		t.Errorf("added twice: %v", err)
	}
	if err := l.Add(ctx, w.NewStation("S2", second)); err != nil {
		t.Fatal(err)
	}
	if err := l.Add(ctx, w.NewStation("S3", third)); !errors.Is(err, line.ErrRoom) {
		t.Errorf("added beyond the room: %v", err)
	}
	if err := l.Remove(ctx, "S9"); !errors.Is(err, line.ErrNoStation) {
		t.Errorf("took out what is not there: %v", err)
	}
	if err := l.Remove(ctx, "S1"); err != nil {
		t.Fatal(err)
	}
	if names := l.Names(); len(names) != 1 || names[0] != "S2" {
		t.Errorf("the line has %v", names)
	}
	if err := w.Store.Do(ctx, "look", func(tx *store.Tx) error {
		held, err := tx.Cards(ctx, store.Filter{Station: "S1", InWork: true})
		if len(held) > 0 {
			t.Errorf("S1 went with %d cards in work", len(held))
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	went := len(first.Good)
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if len(first.Good) != went || len(first.Good)+len(second.Good) != 6 || len(second.Good) == 0 {
		t.Errorf("%d and %d good cards, %d when the first station went", len(first.Good), len(second.Good), went)
	}
	for _, b := range w.Judge(context.Background()) {
		t.Error(b)
	}
}
