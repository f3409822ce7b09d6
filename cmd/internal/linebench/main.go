package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"testing"
	"time"
)

// figure is one number that runs are compared by.
type figure struct {
	name  string
	value float64
	unit  string
}

func main() {
	if !measurable {
		fmt.Fprintln(os.Stderr, "linebench: the processor time of threads is not to be had on this system")
		os.Exit(1)
	}
	// The modelled clock is testing/synctest's, which wants a test to run in.
	testing.Main(func(string, string) (bool, error) { return true, nil }, []testing.InternalTest{{Name: "line", F: func(t *testing.T) {
		// A lock that is held while modelled time has to pass stops it for ever.
		defer time.AfterFunc(patience, func() {
			fmt.Fprintln(os.Stderr, "linebench: no end after", patience)
			os.Exit(1)
		}).Stop()
		figures, err := measure(t, os.Stdout, full)
		if err != nil {
			fmt.Fprintln(os.Stderr, "linebench:", err)
			os.Exit(1)
		}
		for _, f := range figures {
			fmt.Printf("figure %s %g %s\n", f.name, f.value, f.unit)
		}
		os.Exit(0) // without the words of a test
	}}}, nil, nil)
}

// patience is how long everything may really take.
const patience = 10 * time.Minute

// days are the runs of a measurement.
type days struct {
	cores int
	lines []day // the figures of waiting are taken from these
	scale [2]day
	faces int
}

// full is what `make bench` measures.
var full = days{
	cores: 2, faces: 12,
	lines: []day{{stations: 8, cards: 5}, {stations: 32, cards: 2}, {stations: 64, cards: 2}},
	scale: [2]day{{stations: 1, cards: 3, even: true}, {stations: 16, cards: 3, even: true}},
}

const profile = "vn-cccd-2021"

// measure runs everything, writes the report to out and returns the figures.
func measure(t *testing.T, out io.Writer, d days) ([]figure, error) {
	w, err := newWorld(context.Background(), profile)
	if err != nil {
		return nil, err
	}
	defer func() { _ = w.Close() }()
	// Fonts, tables and caches that a line of hours has filled.
	if _, err := w.run(t, day{stations: 1, cards: 2, cores: d.cores, seed: 7}); err != nil {
		return nil, err
	}
	var figures []figure
	add := func(name string, value float64, unit string) {
		figures = append(figures, figure{name, math.Round(value*100) / 100, unit})
	}
	lines := make([]*outcome, len(d.lines))
	var cpu, cards float64
	for i, x := range d.lines {
		x.cores, x.seed = d.cores, 20261124
		if lines[i], err = w.run(t, x); err != nil {
			return nil, err
		}
		cpu += lines[i].hostCPU().Seconds() * float64(lines[i].made)
		cards += float64(lines[i].made)
	}
	tell(out, d.cores, lines)
	for _, o := range lines {
		add(fmt.Sprintf("line.busy.%d", o.stations), o.share(o.encoded), "percent")
		add(fmt.Sprintf("line.host.wait.%d", o.stations), o.share(o.waited()), "percent")
	}
	var speed [2]float64
	for i, x := range d.scale {
		x.cores, x.seed = d.cores, 1
		o, err := w.run(t, x)
		if err != nil {
			return nil, err
		}
		speed[i] = o.perHour
	}
	fmt.Fprintf(out, "%d station: %.0f cards an hour; %d stations: %.0f\n\n", d.scale[0].stations, speed[0], d.scale[1].stations, speed[1])
	add(fmt.Sprintf("line.scale.%d", d.scale[1].stations), speed[1]/speed[0], "times")
	add("line.host.cpu", 1000*cpu/cards, "ms")
	n, floor, err := w.exchanges(context.Background(), out)
	if err != nil {
		return nil, err
	}
	add("issue.exchanges", float64(n), "exchanges")
	add("issue.floor", float64(floor), "exchanges")
	ms, err := w.drawing(out, d.faces)
	if err != nil {
		return nil, err
	}
	add("face.300", ms, "ms")
	return figures, nil
}
