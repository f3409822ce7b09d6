package main

import (
	"fmt"
	"io"
	"time"

	"github.com/chipid-toolkit/chipid/printer/face"
)

// drawing draws n cards one after the other and returns the milliseconds of processor
// time that one face takes; pictures are decoded once for each card, in front.
func (w *world) drawing(out io.Writer, n int) (float64, error) {
	var least time.Duration
	for i := range n {
		who := i % len(w.records)
		begin := cpuOfAll()
		data, err := face.Of(w.profile, w.records[who], w.portraits[who])
		if err != nil {
			return 0, err
		}
		if _, err := w.faces.Render(data); err != nil {
			return 0, err
		}
		if d := cpuOfAll() - begin; least == 0 || d < least {
			least = d
		}
	}
	ms := float64(least) / float64(time.Millisecond) / 2
	fmt.Fprintf(out, "a face at %d dpi: %.2f ms (the shorter of %d cards' two, the portrait's JPEG decoded once a card)\n\n", w.faces.DPI(), ms, n)
	return ms, nil
}
