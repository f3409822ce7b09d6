package campaign_test

import (
	"context"
	"errors"
	"testing"

	"github.com/chipid-toolkit/chipid/cmd/internal/campaign"
	"github.com/chipid-toolkit/chipid/printer/line/station"
)

func office(t testing.TB) *campaign.Office {
	t.Helper()
	o, err := campaign.NewOffice(context.Background(), "vn-cccd-2021")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = o.Close() })
	return o
}

func world(t testing.TB, o *campaign.Office, requests int) (*campaign.World, *campaign.Machine) {
	t.Helper()
	ctx := context.Background()
	w, err := o.NewWorld(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	if err := w.Fill(ctx, requests); err != nil {
		t.Fatal(err)
	}
	return w, w.NewMachine()
}

func TestADayWithoutFaults(t *testing.T) {
	w, m := world(t, office(t), 3)
	if err := w.Live(context.Background(), m); err != nil {
		t.Fatal(err)
	}
	if len(m.Good) != 3 || len(m.Locked) != 0 {
		t.Fatalf("%d good, %d rejected", len(m.Good), len(m.Locked))
	}
	for _, b := range w.Judge(context.Background()) {
		t.Error(b)
	}
	t.Logf("%d moments", w.Moment)
}

// TestKilledAtEveryMoment kills the process at every moment of one card's way,
// starts it again, and looks at what there is.
func TestKilledAtEveryMoment(t *testing.T) {
	ctx := context.Background()
	o := office(t)
	w, m := world(t, o, 1)
	w0 := w.Moment // the line is not running yet
	if err := w.Live(ctx, m); err != nil {
		t.Fatal(err)
	}
	moments := w.Moment
	step := 1
	if testing.Short() {
		step = 7
	}
	for kill := w0 + 1; kill <= moments; kill += step {
		w, m := world(t, o, 1)
		w.Kill = kill
		err := w.Live(ctx, m)
		if !errors.Is(err, station.ErrDied) {
			t.Fatalf("killed at %d: %v", kill, err)
		}
		for range 3 {
			w.Restart()
			if err := w.Live(ctx, m); err != nil {
				t.Fatalf("after %q (%d): %v", w.Where, kill, err)
			}
			if err := w.Sweep(ctx); err != nil {
				t.Fatal(err)
			}
		}
		for _, b := range w.Judge(ctx) {
			t.Errorf("killed at %q (%d): %s", w.Where, kill, b)
		}
		if len(m.Good) != 1 {
			t.Errorf("killed at %q (%d): %d good cards", w.Where, kill, len(m.Good))
		}
		_ = w.Close()
	}
}
