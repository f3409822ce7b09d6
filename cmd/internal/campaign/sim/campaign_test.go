package sim

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"
)

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
	seed, runs := number("SEED", 1), number("RUNS", 150)
	loud := os.Getenv("RUNS") != ""
	began, total := time.Now(), Outcome{}
	failures := 0
	for i := range runs {
		d := Draw(seed + i)
		if os.Getenv("LOUD") != "" {
			fmt.Println(d)
		}
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
	t.Logf("again: make replay %v", small)
}

// TestReplay lives one day again, with its trace.
func TestReplay(t *testing.T) {
	if os.Getenv("FAULTS") == "" {
		t.Skip("names no faults: make replay SEED= REQUESTS= STATIONS= PROCESSES= FAULTS=")
	}
	faults, err := ParseFaults(os.Getenv("FAULTS"))
	if err != nil {
		t.Fatal(err)
	}
	d := Day{Seed: number("SEED", 1), Requests: int(number("REQUESTS", 1)), Stations: int(number("STATIONS", 1)), Processes: int(number("PROCESSES", 1)),
		Faults: faults, Weak: Weakness(os.Getenv("WEAK")), Trace: true}
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
	for i := range number("RUNS", 25) {
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
