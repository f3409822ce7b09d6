package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chipid-toolkit/chipid/printer/line/report"
	"github.com/chipid-toolkit/chipid/testcards/people"
)

// numbersOf are the citizens' numbers of the batch file.
func numbersOf(t *testing.T, dir string) (numbers []string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, people.CSVName))
	check(t, err)
	for _, line := range strings.Split(string(b), "\n")[1:] {
		for _, cell := range strings.Split(line, ",") {
			if len(cell) == 12 && strings.Trim(cell, "0123456789") == "" {
				numbers = append(numbers, cell)
				break
			}
		}
	}
	if len(numbers) < 20 {
		t.Fatal(len(numbers))
	}
	return numbers
}

func private(t *testing.T, path string) []byte {
	t.Helper()
	info, err := os.Stat(path)
	check(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("%s has mode %v", path, info.Mode())
	}
	b, err := os.ReadFile(path)
	check(t, err)
	return b
}

// From good cards to a closed and erased batch.
func TestPackAndClose(t *testing.T) {
	dir, keys := newAuditKeys(t)
	chipidRun(t, "", "batch", "new", "A", "--profile", "vn-cccd-2021", "--keys", keys, "--retain", "30d").expect(t, exitOK, "")
	chipidRun(t, "", "batch", "import", filepath.Join(dir, people.CSVName), "--batch", "A", "--keys", keys).expect(t, exitOK, "")
	chipidRun(t, "", "stock", "receive", "--batch", "A", "--blanks", "21", "--by", "lan").expect(t, exitOK, "")
	makeCards(t, dir, "A")
	numbers := numbersOf(t, dir)

	chipidRun(t, "", "pack", "open", "--by", "lan").expect(t, exitUsage, "batch")
	chipidRun(t, "", "pack", "open", "--batch", "B", "--by", "lan").expect(t, exitUsage, "not found")
	chipidRun(t, "", "pack", "open", "--batch", "A", "--capacity", "0", "--by", "lan").expect(t, exitUsage, "1 to 2000")
	var box boxJSON
	check(t, json.Unmarshal([]byte(chipidRun(t, "", "pack", "open", "--batch", "A", "--by", "lan", "--json").expect(t, exitOK, "").out), &box))
	if box.Schema != "chipid.box/1" || box.Box != "B000001" || box.State != "open" {
		t.Errorf("%+v", box)
	}
	qr := numbers[0] + "||Nguyễn Văn An|01011990|Nam|Hà Nội|01012022\n"
	r := chipidRun(t, qr+numbers[1]+"\nchip C0000003\ncard 4\n"+qr+"nonsense text\n", "pack", "scan", "B000001", "--keys", keys, "--by", "lan")
	r.expect(t, exitFailed, "")
	if strings.Count(r.out, "packed") < 4 || strings.Count(r.out, "REFUSED") != 2 || strings.Contains(r.out, numbers[0]) || strings.Contains(r.out, "nonsense") {
		t.Errorf("%s", r.out)
	}
	chipidRun(t, qr, "pack", "scan", "B000001", "--by", "lan").expect(t, exitUsage, "--keys")
	chipidRun(t, "", "pack", "scan", "B000001", "--card", "4", "--by", "lan").expect(t, exitFailed, "packed already")
	chipidRun(t, "", "pack", "scan", "X", "--card", "4", "--by", "lan").expect(t, exitUsage, "name the box")
	rest := ""
	for i := 5; i <= 20; i++ {
		rest += fmt.Sprintf("card %d\n", i)
	}
	chipidRun(t, rest, "pack", "scan", "B000001", "--by", "lan").expect(t, exitOK, "")
	pdf, csv := filepath.Join(dir, "B1.pdf"), filepath.Join(dir, "B1.csv")
	chipidRun(t, "", "pack", "seal", "B000001", "--manifest", pdf, "--by", "lan").expect(t, exitOK, "")
	if b := private(t, pdf); !bytes.HasPrefix(b, []byte("%PDF")) {
		t.Error("no PDF")
	}
	chipidRun(t, "", "pack", "show", "B000001", "--manifest", csv).expect(t, exitOK, "")
	table := private(t, csv)
	if bytes.Count(table, []byte("\r\n")) != 21 {
		t.Errorf("%s", table)
	}
	for _, n := range numbers {
		if bytes.Contains(table, []byte(n)) {
			t.Error("a citizen's number stands on the manifest")
		}
	}
	chipidRun(t, "", "pack", "hand-over", "B000001", "--taken-by", "hoa", "--receipt", "BN-1").expect(t, exitUsage, "offered")
	chipidRun(t, "", "pack", "hand-over", "B000001", "--by", "lan").expect(t, exitOK, "--taken-by")
	chipidRun(t, "", "pack", "hand-over", "B000001", "--taken-by", "lan", "--receipt", "BN-1").expect(t, exitUsage, "two different people")
	chipidRun(t, "", "pack", "hand-over", "B000001", "--taken-by", "hoa", "--receipt", "Nguyễn Văn An").expect(t, exitUsage, "never a name")
	chipidRun(t, "", "pack", "hand-over", "B000001", "--taken-by", "hoa", "--receipt", "BN-1", "--signed", csv).expect(t, exitOK, "")
	chipidRun(t, "", "pack", "return", "--card", "1", "--by", "lan").expect(t, exitOK, "")
	chipidRun(t, "", "pack", "lost", "--card", "2", "--by", "lan").expect(t, exitOK, "")
	chipidRun(t, "", "pack", "lost", "--card", "2", "--remake", "--keys", keys, "--by", "lan").expect(t, exitFailed, "not lost")
	chipidRun(t, "", "pack", "lost", "--card", "2", "--by", "minh").expect(t, exitOK, "")
	chipidRun(t, "", "pack", "lost", "--card", "2", "--remake", "--keys", keys, "--by", "lan").expect(t, exitOK, "")
	chipidRun(t, "", "pack", "lost", "--card", "2", "--remake", "--keys", keys, "--by", "lan").expect(t, exitUsage, "already")

	chipidRun(t, "", "batch", "close", "A", "--by", "lan").expect(t, exitHalted, "")
	makeCards(t, dir, "A")
	chipidRun(t, "", "batch", "erase", "A", "--by", "lan").expect(t, exitUsage, "not closed")
	chipidRun(t, "", "batch", "close", "A", "--by", "lan").expect(t, exitOK, "")
	chipidRun(t, "", "batch", "close", "A", "--by", "lan").expect(t, exitUsage, "somebody else")
	chipidRun(t, "", "batch", "close", "A", "--by", "minh").expect(t, exitOK, "")
	chipidRun(t, "", "batch", "erase", "A", "--by", "lan").expect(t, exitUsage, "is kept until")
	chipidRun(t, "", "batch", "erase", "--by", "lan").expect(t, exitOK, "no retention is over")
	chipidRun(t, "", "line", "audit", "--keys", keys, "--drain").expect(t, exitOK, "nothing was edited")

	var b report.Batch
	out := filepath.Join(dir, "A.pdf")
	check(t, json.Unmarshal([]byte(chipidRun(t, "", "batch", "report", "A", "--pdf", out, "--json").expect(t, exitOK, "").out), &b))
	private(t, out)
	if len(b.Wrong) != 0 || b.Records != 22 || b.Accepted != 21 || b.Rejected != 1 || b.Received != 21 || b.Ledger["handed-over"] != 18 || b.Ledger["returned"] != 1 || b.Ledger["lost"] != 1 ||
		b.Ledger["good"] != 1 || len(b.Boxes) != 1 || b.Boxes[0].Cards != 20 || b.Boxes[0].Receipt != "BN-1" || b.Audit == nil || b.Waiting != 0 || b.Kinds["remake"] != 1 || len(b.Stations) != 1 {
		t.Errorf("%+v", b)
	}
	if text := chipidRun(t, "", "batch", "report", "A").expect(t, exitOK, "").out; !strings.Contains(text, "everything adds up") {
		t.Error(text)
	}
	chipidRun(t, "", "batch", "report", "B").expect(t, exitUsage, "there is no batch")
}
