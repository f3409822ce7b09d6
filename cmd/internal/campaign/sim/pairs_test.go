package sim

import (
	"fmt"
	"os"
	"testing"
	"time"
)

// journal is every state that a station writes about a card, in its order.
var journal = []string{"draw", "probed", "keys-made", "signing", "sod-signed", "writing", "locked", "printing", "printed", "checked", "good", "untouched", "reject-pending", "recover"}

// pairs are the days of one point of the journal each and an ordered pair of
// faults: the first as soon as it can strike from that point on, before or after
// the point is kept, the second as soon as it can after the first.
func pairs() []Day {
	list, _ := Kinds()
	var days []Day
	for _, point := range journal {
		for _, kept := range []string{"", "+"} {
			for _, first := range list {
				for _, second := range list {
					if first.strikes(atHelp) || first.strikes(atBins) {
						continue // there is nothing to help or to scan before a fault
					}
					f := []Fault{{Kind: first, From: 1, After: "S1: " + point + kept}, {Kind: second, From: 1, After: Then}}
					if point == "untouched" || point == "reject-pending" || point == "recover" {
						// They come about by a fault alone.
						f[0].After = "S1: signing"
						if point == "untouched" {
							f[0].After = "S1: draw"
						}
						cause := Fault{Kind: "mute", From: 1, After: f[0].After}
						if point == "recover" {
							cause.Kind = "kill"
						}
						f[0].After = "S1: " + point + kept
						if point == "recover" {
							f[0].From = 30
						}
						f = append([]Fault{cause}, f...)
					}
					days = append(days, Day{Seed: uint64(len(days)), Requests: 2, Stations: 2, Processes: 1, Faults: f})
				}
			}
		}
	}
	return days
}

// TestPairs lives a day for each point of the journal and each pair of faults;
// all of them with PAIRS=all, and PART of PARTS of them if these are set.
func TestPairs(t *testing.T) {
	p := plant(t)
	days := pairs()
	step := 499
	if os.Getenv("PAIRS") == "all" {
		step = 1
	}
	part, parts := number("PART", 0), number("PARTS", 1)
	began, run, struck, failures := time.Now(), 0, 0, 0
	for i := int(part) * step; i < len(days); i += step * int(parts) {
		o := p.Run(t, days[i])
		run++
		struck += o.Struck
		if len(o.Breaches) > 0 {
			report(t, p, days[i], o)
			if failures++; uint64(failures) >= number("MOST", 3) {
				break
			}
		}
		if step == 1 && run%500 == 0 {
			fmt.Printf("%d of %d pairs, %.0f a second, %d faults struck\n", run, len(days)/int(parts), float64(run)/time.Since(began).Seconds(), struck)
		}
	}
	t.Logf("%d of %d days of a point and a pair in %v, %d faults struck", run, len(days), time.Since(began).Round(time.Millisecond), struck)
}
