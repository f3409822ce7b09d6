package chip

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"
)

// TestKeysTakeWhatTheModelSays draws many keys: the mean is that of the model, none
// takes less than two trials, and luck alone makes the difference.
func TestKeysTakeWhatTheModelSays(t *testing.T) {
	timing := CardTiming
	even := timing.keyRSA(2048)
	if even < 5700*time.Millisecond || even > 5800*time.Millisecond {
		t.Errorf("a key of 2,048 bits takes %v with average luck, 2 × 72 trials of 40 ms are 5.76 s", even)
	}
	timing.Draw = rand.New(rand.NewPCG(1, 2)).Float64
	const n = 20_000
	var sum, least, most time.Duration
	for range n {
		d := timing.keyRSA(2048)
		if least == 0 || d < least {
			least = d
		}
		sum, most = sum+d, max(most, d)
	}
	if mean := sum / n; mean < 98*even/100 || mean > 102*even/100 {
		t.Errorf("keys take %v on average, want about %v", mean, even)
	}
	if least < 2*timing.Candidate || most > 20*even {
		t.Errorf("keys take from %v to %v", least, most)
	}
	timing.Draw = nil
	if d := timing.keyRSA(1024); d > even/14 || d < even/18 {
		t.Errorf("a key of half the length takes %v", d)
	}
	if d := (&Timing{}).keyRSA(2048); d != 0 {
		t.Errorf("a chip without a model takes %v", d)
	}
}

// TestExtensions: a chip asks for more time as often as its frame waiting time passes.
func TestExtensions(t *testing.T) {
	l := Link{Rate: 848}
	one := l.Extensions(80 * time.Millisecond)
	if l.Extensions(77*time.Millisecond) != 0 || l.Extensions(155*time.Millisecond) != 2*one || l.Extensions(time.Second) != 12*one {
		t.Errorf("extensions of %v", one)
	}
	// Two frames of 4 bytes, 38 bits each, and two pauses of 150 µs.
	if one < 380*time.Microsecond || one > 395*time.Microsecond {
		t.Errorf("an extension takes %v", one)
	}
	if (Link{}).Extensions(time.Hour) != 0 {
		t.Error("no link takes time")
	}
}

// TestWriting: memory is written by the page.
func TestWriting(t *testing.T) {
	for n, want := range map[int]time.Duration{0: 0, 1: 2 * time.Millisecond, 128: 2 * time.Millisecond, 129: 4 * time.Millisecond, 15000: 236 * time.Millisecond} {
		if got := CardTiming.write(n); got != want {
			t.Errorf("%d bytes take %v, want %v", n, got, want)
		}
	}
	if d := (&Timing{}).write(1000); d != 0 {
		t.Errorf("no model takes %v", d)
	}
}

// TestSpent: what a chip takes is what its caller waits for.
func TestSpent(t *testing.T) {
	timing := Timing{Command: 3 * time.Millisecond}
	c, err := NewBlank(Options{Link: Link{Rate: 848}, Timing: timing})
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	for range 3 {
		if _, err := c.Transmit(context.Background(), []byte{0x00, 0xA4, 0x04, 0x00}); err != nil {
			t.Fatal(err)
		}
	}
	took, s := time.Since(begin), c.Spent()
	if s.Chip != 9*time.Millisecond || s.Link <= 0 || took < s.Chip+s.Link {
		t.Errorf("spent %v in the chip and %v on the air, waited %v", s.Chip, s.Link, took)
	}
}
