package sim

import (
	"context"
	"testing"
	"testing/cryptotest"
	"time"
)

func plant(t *testing.T) *Plant {
	t.Helper()
	cryptotest.SetGlobalRandom(t, 1)
	p, err := NewPlant(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p
}

func TestADay(t *testing.T) {
	p := plant(t)
	start := time.Now()
	o := p.Run(t, Day{Seed: 1, Requests: 3, Stations: 2, Processes: 1, Trace: true})
	t.Logf("%v: %d moments, %d chips, hash %x", time.Since(start), o.Moments, o.Chips, o.Hash)
	for _, l := range o.Trace {
		t.Log(l)
	}
	for _, b := range o.Breaches {
		t.Error(b)
	}
}
