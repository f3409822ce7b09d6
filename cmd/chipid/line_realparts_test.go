//go:build linux

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/testcards/chip"
	"github.com/chipid-toolkit/chipid/testcards/pcscd"
	"github.com/chipid-toolkit/chipid/testcards/people"
)

// envAsCommand makes the test's program the command, so that it can be killed.
const envAsCommand = "CHIPID_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(envAsCommand) != "" {
		main()
	}
	os.Exit(m.Run())
}

// hands stand at the readers of a line: they lay blanks down and take cards away when
// the line says so.
type hands struct {
	t       *testing.T
	b       *bench
	readers map[string]*pcscd.Reader

	mu     sync.Mutex
	inside map[string]*chip.Chip
	number map[string]int // which of the blanks lies there
	laid   int
	good   []*chip.Chip
	locked []*chip.Chip
}

// do is one word of the line to the person at a station.
func (h *hands) do(line string) {
	name, what, ok := strings.Cut(line, ": ")
	r := h.readers[name]
	if !ok || r == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case strings.HasPrefix(what, "lay a blank") && h.inside[name] == nil:
		h.laid++
		c, err := chip.NewBlank(chip.Options{State: filepath.Join(h.b.dir, fmt.Sprintf("chip-%d.json", h.laid)), Master: h.b.transport, RetryDelay: -1})
		if err == nil {
			err = r.Insert(c)
		}
		if err != nil {
			h.t.Error(err)
			return
		}
		h.inside[name], h.number[name] = c, h.laid
	case strings.HasPrefix(what, "take the card") && h.inside[name] != nil:
		c := h.inside[name]
		r.Remove()
		h.inside[name] = nil
		if strings.Contains(what, "LOCKED") {
			h.locked = append(h.locked, c)
		} else {
			h.good = append(h.good, c)
		}
	}
}

// far reports whether a chip that was laid down after the first so many has had so
// many exchanges.
func (h *hands) far(before, exchanges int) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	for name, c := range h.inside {
		if c != nil && h.number[name] > before && c.Exchanges() > exchanges {
			return true
		}
	}
	return false
}

func (h *hands) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.laid
}

// run starts the line as a process of its own. kill, if set, says when it is killed
// without warning.
func (h *hands) run(ctx context.Context, kill func() bool, args ...string) (status int, talk string) {
	h.t.Helper()
	c := exec.CommandContext(ctx, os.Args[0], args...)
	c.Env = append(os.Environ(), envAsCommand+"=1", "LANG=en_US.UTF-8", "LC_ALL=C.UTF-8")
	var out bytes.Buffer
	c.Stdout = &out
	errs, err := c.StderrPipe()
	check(h.t, err)
	check(h.t, c.Start())
	var said strings.Builder
	read := make(chan struct{})
	go func() {
		defer close(read)
		for s := bufio.NewScanner(errs); s.Scan(); {
			said.WriteString(s.Text() + "\n")
			h.do(s.Text())
		}
	}()
	if kill != nil {
		for ended := false; !ended && !kill() && ctx.Err() == nil; {
			select {
			case <-read:
				ended = true
				h.t.Errorf("the line ended before it was to be killed:\n%s", said.String())
			case <-time.After(2 * time.Millisecond):
			}
		}
		_ = c.Process.Kill()
	}
	<-read
	_ = c.Wait()
	return c.ProcessState.ExitCode(), out.String() + said.String()
}

// TestLineOnRealParts makes a batch at two stations: a real pcscd, a real token,
// processes of their own that are killed in the middle of a card and started again.
func TestLineOnRealParts(t *testing.T) {
	b := newBench(t)
	ctx, cancel := context.WithTimeout(context.Background(), 90*time.Second)
	defer cancel()
	readers := b.daemon.Readers()
	t.Setenv("CHIPID_TEST_PIN", pinOf(t, b))
	name, value, _ := strings.Cut(b.daemon.Env(), "=")
	t.Setenv(name, value)
	t.Setenv("CHIPID_DB", filepath.Join(b.dir, "line.db"))
	k := &keysRun{t: t, module: b.module, lang: "en"}
	text, err := os.ReadFile(b.keys)
	check(t, err)
	for _, secret := range []string{"seal", "digest"} {
		if status, _, talk := k.run("", k.on("create", "--label", secret, "--secret", secret)...); status != exitOK {
			t.Fatalf("keys create %s: %s", secret, talk)
		}
		text = append(text, fmt.Sprintf("%s: pkcs11:object=%s\n", secret, secret)...)
	}
	check(t, os.WriteFile(b.keys, text, 0o600))
	const want = 4
	batch := filepath.Join(b.dir, "few.csv")
	check(t, os.WriteFile(batch, bytes.Join(bytes.SplitAfterN(people.CSV(), []byte("\n"), want+2)[:want+1], nil), 0o600))
	lineFile := filepath.Join(b.dir, "line.yaml")
	write := func(stations string) {
		t.Helper()
		check(t, os.WriteFile(lineFile, []byte("process: hall\nkeys: keys.yaml\ntrust: trust\nblanks: LOT-1\nstations:\n"+stations), 0o600))
	}
	two := fmt.Sprintf("  - name: S1\n    reader: %q\n    printer: files:S1\n  - name: S2\n    reader: %q\n    printer: files:S2\n", readers[0].Name, readers[1].Name)
	ask := func(status int, text string, args ...string) result {
		t.Helper()
		return chipidRun(t, "", args...).expect(t, status, text)
	}
	ask(exitOK, "", "batch", "new", "A", "--profile", "vn-cccd-2021", "--keys", b.keys)
	ask(exitOK, "", "batch", "import", batch, "--batch", "A", "--keys", b.keys)
	ask(exitOK, "", "stock", "receive", "--batch", "A", "--blanks", "10", "--by", "lan")

	// A line file that is wrong costs no blank.
	write("  - name: S1\n    reader: none of that name\n")
	ask(exitUsage, "chipid readers lists them", "line", "run", "--line", lineFile, "--batch", "A")
	write(two + "    colour: red\n")
	ask(exitUsage, "line.yaml:12: colour: unknown key", "line", "run", "--line", lineFile, "--batch", "A")
	write(two)

	h := &hands{t: t, b: b, readers: map[string]*pcscd.Reader{"S1": readers[0], "S2": readers[1]}, inside: map[string]*chip.Chip{}, number: map[string]int{}}
	t.Cleanup(func() {
		readers[0].Remove()
		readers[1].Remove()
	})
	run := []string{"line", "run", "--line", lineFile, "--batch", "A"}
	// Killed while chips are written, and again while the next ones are.
	status, talk := 0, ""
	for life := 0; ; life++ {
		if life > 8 {
			t.Fatalf("the batch does not come to an end: exit status %d\n%s", status, talk)
		}
		var kill func() bool
		if before := h.count(); life < 2 {
			kill = func() bool { return h.far(before, []int{25, 12}[life]) }
		}
		if status, talk = h.run(ctx, kill, run...); ctx.Err() != nil {
			t.Fatalf("the line hangs:\n%s", talk)
		}
		if kill == nil && status == exitOK {
			break
		}
		if kill == nil && status != exitHalted {
			t.Fatalf("exit status %d\n%s", status, talk)
		}
		h.confirm()
	}
	h.confirm()
	h.judge(want)
}

// confirm scans every reject that lies in the locked bin.
func (h *hands) confirm() {
	h.t.Helper()
	var s lineJSON
	check(h.t, json.Unmarshal([]byte(chipidRun(h.t, "", "line", "status", "--json").out), &s))
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, r := range s.Rejects {
		for _, c := range h.locked {
			if serial := fmt.Sprintf("%X", c.Serial()); r.State == "reject-pending" && serial == r.Serial {
				chipidRun(h.t, "", "line", "confirm", "--scan", strings.ToLower(serial), "--by", "lan").expect(h.t, exitOK, "")
			}
		}
	}
}

// judge counts, in the store and on the chips.
func (h *hands) judge(want int) {
	t := h.t
	t.Helper()
	var s lineJSON
	check(t, json.Unmarshal([]byte(chipidRun(t, "", "line", "status", "--json").out), &s))
	if !s.Balanced || s.Requests["done"] != int64(want) || s.Accounts["in-work"] != 0 || s.Accounts["good"] != int64(want) || s.Accounts["reject-pending"] != 0 {
		t.Errorf("requests %v, blanks %v, balanced %v", s.Requests, s.Accounts, s.Balanced)
	}
	var ledger int64
	for _, n := range s.Accounts {
		ledger += n
	}
	if ledger != 0 {
		t.Errorf("the accounts add up to %d", ledger)
	}
	if len(h.good) != want || h.laid != len(h.good)+len(h.locked) {
		t.Errorf("%d blanks laid down: %d good cards, %d in the locked bin", h.laid, len(h.good), len(h.locked))
	}
	if n := s.Accounts["reject-confirmed"]; n != int64(len(h.locked)) || s.Accounts["stock"] != int64(10-h.laid) {
		t.Errorf("%d rejects and %d blanks are booked; %d lie in the bin, %d were laid down", n, s.Accounts["stock"], len(h.locked), h.laid)
	}
	seen := map[string]bool{}
	for _, c := range h.good {
		if serial := fmt.Sprintf("%X", c.Serial()); seen[serial] || c.Describe() != "issued" {
			t.Errorf("a good card is %s, seen before %v", c.Describe(), seen[serial])
		} else {
			seen[serial] = true
		}
	}
	t.Logf("%d blanks, %d good, %d rejects", h.laid, len(h.good), len(h.locked))
}

// pinOf is the token's PIN.
func pinOf(t *testing.T, b *bench) string {
	t.Helper()
	pin, err := os.ReadFile(filepath.Join(b.dir, "pin"))
	check(t, err)
	return strings.TrimSpace(string(pin))
}
