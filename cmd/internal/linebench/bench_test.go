package main

import (
	"io"
	"math"
	"strings"
	"testing"
	"time"
)

// TestFigures runs two small lines and looks at what they say: that every figure is
// there, is a number, and adds up. How large one is depends on the machine.
func TestFigures(t *testing.T) {
	if !measurable {
		t.Skip("the processor time of threads is not to be had on this system")
	}
	var report strings.Builder
	figures, err := measure(t, &report, days{
		cores: 2, faces: 1,
		lines: []day{{stations: 2, cards: 2}},
		scale: [2]day{{stations: 1, cards: 1, even: true}, {stations: 2, cards: 1, even: true}},
	})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, f := range figures {
		if math.IsNaN(f.value) || math.IsInf(f.value, 0) || f.value < 0 || f.unit == "" {
			t.Errorf("%s is %v %q", f.name, f.value, f.unit)
		}
		got[f.name] = f.value
	}
	for _, name := range []string{"line.busy.2", "line.host.wait.2", "line.scale.2", "line.host.cpu", "issue.exchanges", "issue.floor", "face.300"} {
		if _, ok := got[name]; !ok {
			t.Errorf("there is no %s", name)
		}
	}
	if sum := got["line.busy.2"] + got["line.host.wait.2"]; math.Abs(sum-100) > 0.02 {
		t.Errorf("chip, link and host are %.2f percent of the time without the mechanics", sum)
	}
	if got["issue.exchanges"] < got["issue.floor"] || got["issue.floor"] < 10 {
		t.Errorf("%.0f exchanges, at least %.0f", got["issue.exchanges"], got["issue.floor"])
	}
	if got["line.host.cpu"] == 0 || got["face.300"] == 0 {
		t.Error("work without processor time")
	}
	for c := range causes {
		if !strings.Contains(report.String(), causeNames[c]) {
			t.Errorf("the report does not name %q", causeNames[c])
		}
	}
}

// TestNothingIsUnexplained: what a station waits for the host is the sum of its causes.
func TestNothingIsUnexplained(t *testing.T) {
	if !measurable {
		t.Skip("the processor time of threads is not to be had on this system")
	}
	w, err := newWorld(t.Context(), profile)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = w.Close() }()
	o, err := w.run(t, day{stations: 3, cards: 2, cores: 1, seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	if o.made != 6 {
		t.Fatalf("%d cards", o.made)
	}
	var sum time.Duration
	for _, d := range o.by {
		if d < 0 {
			t.Errorf("a cause of %v", d)
		}
		sum += d
	}
	if rest := o.waited() - sum; rest < 0 || rest > o.waited()/10 {
		t.Errorf("the stations waited %v, of which %v explained", o.waited(), sum)
	}
	if o.encoded != o.link+o.silicon {
		t.Errorf("%v at the chip: %v on the air, %v in the chip", o.encoded, o.link, o.silicon)
	}
	if want := 6 * (printerModel.feed + 2*printerModel.move + printerModel.front + printerModel.flip + printerModel.back + printerModel.eject); o.mechanics != want {
		t.Errorf("mechanics of %v, want %v", o.mechanics, want)
	}
	tell(io.Discard, 1, []*outcome{o})
}

// TestLeast counts by hand.
func TestLeast(t *testing.T) {
	// 1,000 bytes hold 975 of STORE DATA: 61 blocks but for a byte.
	for _, c := range []struct{ size, keys, max, want int }{
		{975, 1, 1000, 10}, {976, 1, 1000, 11}, {19500, 2, 1000, 30},
	} {
		if got := least(c.size, c.keys, c.max); got != c.want {
			t.Errorf("%d bytes, %d keys, commands of %d bytes: %d, want %d", c.size, c.keys, c.max, got, c.want)
		}
	}
}
