package report_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/hsm/hsmtest"
	"github.com/chipid-toolkit/chipid/printer/line/card"
	"github.com/chipid-toolkit/chipid/printer/line/pack"
	"github.com/chipid-toolkit/chipid/printer/line/report"
	"github.com/chipid-toolkit/chipid/printer/line/store"
)

var when = time.Date(2026, 11, 24, 3, 4, 5, 0, time.UTC)

func sample() *report.Batch {
	r := &report.Batch{
		Schema: "chipid.batch.report/1", Name: "A-2026-11", Profile: "vn-cancuoc-2024", State: store.BatchClosed, Made: when, Created: when, Closed: &when, Erase: &when,
		Records: 1003, Accepted: 1001, Rejected: 2, Reasons: []report.Count{{Reason: "date_of_birth: not a date", Count: 1}, {Reason: "portrait: " + strings.Repeat("very long reason ", 12), Count: 1}},
		Requests: map[string]int64{"done": 1001}, Kinds: map[string]int64{store.KindFirst: 1000, store.KindRemake: 1},
		Ledger:   map[card.Account]int64{card.Supplier: -1010, card.SentBack: 3, card.Offices: 997, card.Shredded: 5, card.Missing: 1, card.ReturnedBin: 2, card.GoodBin: 2},
		Received: 1010, Spoiled: []report.Count{{Reason: "print.shift", Count: 3}, {Reason: "chip.auth", Count: 2}}, Wrong: []string{},
		Audit: &report.Checkpoint{Origin: "chipid.audit/0123456789abcdef", Size: 12345, Root: strings.Repeat("ab", 32)},
	}
	for i := range 8 {
		r.Stations = append(r.Stations, report.Station{Name: fmt.Sprintf("S%d", i+1), Drawn: 126, Good: 125, Rejected: 1})
	}
	for i := range 6 {
		r.Boxes = append(r.Boxes, report.Box{Name: fmt.Sprintf("B%06d", i+1), Lot: "L1", Office: "Công an Quận 1, TP. Hồ Chí Minh", State: store.BoxHanded, Cards: 167, Receipt: fmt.Sprintf("BN-2026/%04d", i+1), HandedBy: "lan", TakenBy: "q1.hoa"})
	}
	return r
}

func manifest(n int) pack.Manifest {
	m := pack.Manifest{Batch: "A-2026-11", Box: store.Box{ID: 7, Lot: "L1", Office: "Công an Quận 1, TP. Hồ Chí Minh", Capacity: 200, State: store.BoxSealed, SealedBy: "lan", Sealed: when, Opened: when}}
	for i := range n {
		m.Cards = append(m.Cards, pack.Line{Card: int64(i + 1), Row: i + 2, Serial: fmt.Sprintf("0400A1%08X", i), State: card.Packed})
	}
	m.Box.Manifest = m.Digest()
	return m
}

// text is what a reader finds in a PDF.
func text(t *testing.T, pdf []byte) string {
	t.Helper()
	_, err := exec.LookPath("pdftotext")
	hsmtest.Require(t, "pdftotext", "poppler-utils", err != nil)
	name := filepath.Join(t.TempDir(), "x.pdf")
	if dir := os.Getenv("CHIPID_REPORT_OUT"); dir != "" {
		name = filepath.Join(dir, strings.NewReplacer("/", "-").Replace(t.Name())+".pdf")
	}
	if err := os.WriteFile(name, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("pdftotext", "-layout", name, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestBatchPaper(t *testing.T) {
	for lang, words := range map[string][]string{
		"en": {"Batch A-2026-11", "1003 = 1001 accepted + 2 rejected", "handed over to offices", "BN-2026/0006", "Everything adds up", "12345", "Second person"},
		"vi": {"Báo cáo đợt A-2026-11", "1003 = 1001 được chấp nhận + 2 bị từ chối", "đã bàn giao", "Công an Quận", "Mọi số liệu đều khớp", "Người thứ hai"},
	} {
		t.Run(lang, func(t *testing.T) {
			var a, b bytes.Buffer
			if err := sample().WritePDF(&a, lang); err != nil {
				t.Fatal(err)
			}
			if err := sample().WritePDF(&b, lang); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(a.Bytes(), b.Bytes()) {
				t.Error("the same report gives two files")
			}
			got := text(t, a.Bytes())
			for _, w := range words {
				if !strings.Contains(got, w) {
					t.Errorf("%q is missing", w)
				}
			}
		})
	}
	bad := sample()
	bad.Wrong = []string{"records are not accepted + rejected"}
	var b bytes.Buffer
	if err := bad.WritePDF(&b, "en"); err != nil {
		t.Fatal(err)
	}
	if got := text(t, b.Bytes()); !strings.Contains(got, "DOES NOT ADD UP") {
		t.Error(got)
	}
}

func TestManifestPaper(t *testing.T) {
	var b bytes.Buffer
	if err := report.WriteManifest(&b, manifest(120)); err != nil {
		t.Fatal(err)
	}
	got := text(t, b.Bytes())
	for _, w := range []string{"Bảng kê hộp thẻ B000007", "Box manifest", "Bên nhận / For the office", "0400A100000077", "120"} {
		if !strings.Contains(got, w) {
			t.Errorf("%q is missing", w)
		}
	}
}
