package sim

import (
	"context"
	"fmt"
	"os"
	"strconv"
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

// number is a figure that the caller of make sets.
func number(name string, otherwise uint64) uint64 {
	if n, err := strconv.ParseUint(os.Getenv(name), 10, 64); err == nil {
		return n
	}
	return otherwise
}

// TestRandomDays lives days drawn from seeds, RUNS from SEED on.
func TestRandomDays(t *testing.T) {
	p := plant(t)
	seed, runs := number("SEED", 1), number("RUNS", 60)
	loud := os.Getenv("RUNS") != ""
	began, total := time.Now(), Outcome{}
	failures := 0
	for i := range runs {
		d := Draw(seed + i)
		o := p.Run(t, d)
		total.Moments += o.Moments
		total.Struck += o.Struck
		total.Good += o.Good
		total.Chips += o.Chips
		if len(o.Breaches) > 0 {
			report(t, p, d, o)
			if failures++; uint64(failures) >= number("MOST", 3) {
				break
			}
		}
		if n := i + 1; loud && n%500 == 0 {
			fmt.Printf("%d of %d days, %.0f a second, %d faults struck, %d cards\n", n, runs, float64(n)/time.Since(began).Seconds(), total.Struck, total.Good)
		}
	}
	t.Logf("%d days in %v: %d moments, %d faults struck, %d good cards of %d blanks", runs, time.Since(began).Round(time.Millisecond), total.Moments, total.Struck, total.Good, total.Chips)
}

// report shrinks a day that went wrong and tells it.
func report(t *testing.T, p *Plant, d Day, o Outcome) {
	t.Helper()
	if os.Getenv("BRIEF") != "" {
		fmt.Printf("%v\n", p.Shrink(t, d))
		for _, b := range o.Breaches {
			fmt.Println("   ", b)
		}
		t.Fail()
		return
	}
	t.Errorf("the day of seed %d went wrong: %v", d.Seed, o.Breaches)
	small := p.Shrink(t, d)
	small.Trace = true
	o = p.Run(t, small)
	for _, l := range o.Trace {
		t.Log(l)
	}
	for _, b := range o.Breaches {
		t.Logf("BREACH %s", b)
	}
	t.Logf("again: make campaign DAY=%q", small)
}

// TestReplay lives one day again, with its trace.
func TestReplay(t *testing.T) {
	if os.Getenv("DAY") == "" {
		t.Skip(`no DAY is named: make campaign DAY="SEED=… …"`)
	}
	d, err := ParseDay(os.Getenv("DAY"))
	if err != nil {
		t.Fatal(err)
	}
	d.Trace = true
	o := plant(t).Run(t, d)
	for _, l := range o.Trace {
		t.Log(l)
	}
	for _, b := range o.Breaches {
		t.Errorf("BREACH %s", b)
	}
}

// TestSameSeedSameDay: a seed that failed can be looked at.
func TestSameSeedSameDay(t *testing.T) {
	p := plant(t)
	seed := number("SEED", 1)
	for i := range number("RUNS", 8) {
		d := Draw(seed + i)
		d.Trace = true
		a, b := p.Run(t, d), p.Run(t, d)
		if a.Hash == b.Hash {
			continue
		}
		for n := range min(len(a.Trace), len(b.Trace)) {
			if a.Trace[n] != b.Trace[n] {
				t.Fatalf("%v: the second time\n%s\nin place of\n%s", d, b.Trace[n], a.Trace[n])
			}
		}
		t.Fatalf("%v: another course", d)
	}
}

// TestWeakLine: a line without one of its safeguards is found out, or nothing
// that is proven here means anything.
func TestWeakLine(t *testing.T) {
	p := plant(t)
	for _, weak := range []Weakness{Credible, Unseen, Blind} {
		t.Run(string(weak), func(t *testing.T) {
			for seed := uint64(1); seed <= 150; seed++ {
				d := Draw(seed)
				d.Weak = weak
				if o := p.Run(t, d); len(o.Breaches) > 0 {
					t.Logf("day %d: %s", seed, o.Breaches[0])
					return
				}
			}
			t.Error("nobody noticed")
		})
	}
}

// TestDaysThatWentWrong are days that once broke the guarantee, shrunk.
func TestDaysThatWentWrong(t *testing.T) {
	p := plant(t)
	for what, day := range map[string]string{
		"a blank that the printer never fed, rejected after a fault and a crash":     "SEED=39 REQUESTS=1 STATIONS=2 PROCESSES=1 FAULTS=crossed@1,kill@26",
		"a blank judged by a process that could not ask the printer":                 "SEED=959 REQUESTS=1 STATIONS=2 PROCESSES=1 FAULTS=kill@172,crossed@38,second@23,pulled@1,clock-forward@178",
		"the same, with three processes of one name":                                 "SEED=946 REQUESTS=4 STATIONS=2 PROCESSES=1 FAULTS=mute@1,second@1,second@1,freeze@1",
		"a reject that was left in another machine by hand":                          "SEED=464 REQUESTS=4 STATIONS=2 PROCESSES=1 FAULTS=mute@1,crossed@569",
		"a process that froze, lost its stations to another and never got them back": "SEED=2 REQUESTS=4 STATIONS=3 PROCESSES=1 FAULTS=second@1,freeze@18",
	} {
		t.Run(what, func(t *testing.T) {
			d, err := ParseDay(day)
			if err != nil {
				t.Fatal(err)
			}
			for _, b := range p.Run(t, d).Breaches {
				t.Error(b)
			}
		})
	}
}
