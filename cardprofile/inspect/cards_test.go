package inspect_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/cardprofile/inspect"
	"github.com/chipid-toolkit/chipid/testcards/chip"
	"github.com/chipid-toolkit/chipid/testcards/sample"
)

// issued is one card for the whole package: tests take twins of it.
var issued = sync.OnceValues(func() (*sample.Card, error) { return sample.Issue(context.Background(), 0) })

func card(t testing.TB) *sample.Card {
	t.Helper()
	c, err := issued()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// twin is the card's chip with other manners.
func twin(t testing.TB, o chip.Options) *chip.Chip {
	t.Helper()
	o.RetryDelay = -1
	c, err := card(t).Chip.Twin(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func faults(t testing.TB, spec string) []chip.Fault {
	t.Helper()
	f, err := chip.ParseFaults(spec)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func byCAN(t testing.TB) inspect.Access {
	t.Helper()
	a, err := inspect.ByCAN(card(t).CAN)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func byMRZ(t testing.TB) inspect.Access {
	t.Helper()
	a, err := inspect.ByMRZ(card(t).MRZ)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// look inspects with the CAN and the issuer's trust.
func look(t testing.TB, c apdu.Transmitter, o inspect.Options) (*inspect.Verdict, error) {
	t.Helper()
	return inspect.Inspect(t.Context(), c, byCAN(t), card(t).Trust, o)
}

// outcome is one check of a verdict.
func outcome(v *inspect.Verdict, id string) inspect.Outcome {
	c, _ := v.Check(id)
	return c.Outcome
}

// wantPassed wants a verdict that passed, with the chip proven and all files
// read.
func wantPassed(t testing.TB, v *inspect.Verdict, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("inspection: %v", err)
	}
	if v.Outcome != inspect.ResultPassed || outcome(v, inspect.CheckCA) != inspect.Passed || outcome(v, inspect.CheckAA) != inspect.Passed {
		t.Errorf("%s, ca %v, aa %v", v.Outcome, outcome(v, inspect.CheckCA), outcome(v, inspect.CheckAA))
		for _, c := range v.Checks {
			if c.Required && c.Outcome != inspect.Passed {
				t.Logf("%s %v: %s", c.ID, c.Outcome, c.Reason)
			}
		}
	}
	want := map[string]string{}
	for _, f := range card(t).Files {
		want[f.Name] = string(f.Bytes)
	}
	got := v.Files()
	for _, f := range got {
		if want[f.Name] != string(f.Bytes) {
			t.Errorf("%s differs from what was written", f.Name)
		}
	}
	if len(got) < 8 { // CardAccess COM SOD DG1 2 13 14 15
		t.Errorf("%d files were read", len(got))
	}
}

// says reports whether the trail of decisions has a line with these words.
func says(v *inspect.Verdict, words string) bool {
	return strings.Contains(strings.Join(v.Chip.Trail, "\n"), words)
}

// plainTransmitter hides what a chip can do beside exchanges.
type plainTransmitter struct{ apdu.Transmitter }

// recorder keeps the headers of the commands that pass.
type recorder struct {
	*chip.Chip
	commands [][]byte
}

func (r *recorder) Transmit(ctx context.Context, command []byte) ([]byte, error) {
	r.commands = append(r.commands, append([]byte(nil), command...))
	return r.Chip.Transmit(ctx, command)
}

// count is how many commands with this instruction passed.
func (r *recorder) count(ins byte) int {
	n := 0
	for _, c := range r.commands {
		if c[1] == ins {
			n++
		}
	}
	return n
}

// disguise shows files otherwise than they are.
type disguise map[string]func([]byte) []byte

func (d disguise) Command(int, []byte) chip.Effect { return chip.Effect{} }
func (d disguise) Answer(int, []byte) chip.Effect  { return chip.Effect{} }

func (d disguise) File(name string, content []byte) []byte {
	if change, ok := d[name]; ok {
		return change(append([]byte(nil), content...))
	}
	return content
}

// refusal answers some commands in the chip's place, in plain.
type refusal struct {
	match func(command []byte) bool
	sw    apdu.Status
}

func (f refusal) Command(_ int, command []byte) chip.Effect {
	if f.match(command) {
		return chip.Effect{Answer: []byte{byte(f.sw >> 8), byte(f.sw)}}
	}
	return chip.Effect{}
}

func (f refusal) Answer(int, []byte) chip.Effect       { return chip.Effect{} }
func (f refusal) File(_ string, content []byte) []byte { return content }
