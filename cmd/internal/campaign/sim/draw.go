package sim

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// Draw makes a day of a seed: how many stations, requests and faults, and which.
func Draw(seed uint64) Day {
	r := rand.New(rand.NewPCG(seed, 0))
	d := Day{Seed: seed, Requests: 1 + r.IntN(4), Stations: 1 + r.IntN(3)}
	d.Processes = 1 + r.IntN(min(2, d.Stations))
	// A quiet day is about this long.
	length := 40 + 180*d.Requests
	for range 1 + r.IntN(6) {
		d.Faults = append(d.Faults, Fault{Kind: kinds[r.IntN(len(kinds))].kind, From: 1 + r.IntN(length)})
	}
	return d
}

// String is the day as a command line has it.
func (d Day) String() string {
	list := make([]string, len(d.Faults))
	for i, f := range d.Faults {
		list[i] = f.String()
	}
	s := fmt.Sprintf("SEED=%d REQUESTS=%d STATIONS=%d PROCESSES=%d FAULTS=%s", d.Seed, d.Requests, d.Stations, d.Processes, strings.Join(list, ","))
	if d.Weak != Sound {
		s += " WEAK=" + string(d.Weak)
	}
	return s
}

// Shrink makes a day that goes wrong as short as it stays wrong: without faults
// that are not needed, with fewer requests, stations and processes, and with
// faults as early as they go.
func (p *Plant) Shrink(t *testing.T, d Day) Day {
	wrong := func(d Day) bool { return len(p.Run(t, d).Breaches) > 0 }
	try := func(change func(*Day)) bool {
		e := d
		e.Faults = slices.Clone(d.Faults)
		change(&e)
		if !wrong(e) {
			return false
		}
		d = e
		return true
	}
	for changed := true; changed; {
		changed = false
		for half := len(d.Faults) / 2; half > 0; half /= 2 {
			for i := 0; i+half <= len(d.Faults); {
				if try(func(e *Day) { e.Faults = slices.Delete(e.Faults, i, i+half) }) {
					changed = true
				} else {
					i += half
				}
			}
		}
		for d.Processes > 1 && try(func(e *Day) { e.Processes-- }) {
			changed = true
		}
		for d.Stations > d.Processes && try(func(e *Day) { e.Stations-- }) {
			changed = true
		}
		for d.Requests > 1 && try(func(e *Day) { e.Requests-- }) {
			changed = true
		}
	}
	for i := range d.Faults {
		for step := d.Faults[i].From / 2; step > 0; step /= 2 {
			for d.Faults[i].From > step && try(func(e *Day) { e.Faults[i].From -= step }) {
			}
		}
	}
	return d
}
