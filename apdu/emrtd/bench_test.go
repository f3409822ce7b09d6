package emrtd_test

import (
	"testing"

	"github.com/chipid-toolkit/chipid/apdu/emrtd"
	"github.com/chipid-toolkit/chipid/apdu/mac"
)

// BenchmarkRead reads the document of 16,610 bytes under secure messaging with
// AES-128, SELECT of the application included, and reports what that costs
// beside the time: exchanges, and bytes of C-APDUs and R-APDUs.
func BenchmarkRead(b *testing.B) {
	for name, stated := range map[string]emrtd.Buffers{"short": {}, "extended": {MaxCommand: 3043, MaxResponse: 3043}} {
		b.Run(name, func(b *testing.B) {
			c := newFileChip(document())
			c.maxCommand, c.maxResponse = 65000, 65000
			var exchanges, sent, received int
			for b.Loop() {
				w := &weighed{fileChip: c}
				ch := protectThrough(b, c, w, mac.AES128)
				r := emrtd.NewReader(ch, emrtd.Options{Chip: stated})
				if err := r.SelectApplication(b.Context()); err != nil {
					b.Fatal(err)
				}
				for _, f := range documentFiles {
					if _, err := r.Read(b.Context(), f); err != nil {
						b.Fatal(err)
					}
				}
				exchanges, sent, received = w.exchanges, w.sent, w.received
				c.sent = nil
			}
			b.ReportMetric(float64(exchanges), "exchanges/op")
			b.ReportMetric(float64(sent), "sentB/op")
			b.ReportMetric(float64(received), "receivedB/op")
		})
	}
}
