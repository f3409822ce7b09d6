package inspect_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/pace"
	"github.com/chipid-toolkit/chipid/apdu/sm"
	"github.com/chipid-toolkit/chipid/cardprofile/inspect"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/testcards/chip"
	"github.com/chipid-toolkit/chipid/testcards/document"
)

// ending is how an inspection ends: its error, the outcome of the verdict, and the
// check that says why. The zero check is none: everything passed.
type ending struct {
	err    error
	result inspect.Result
	check  string
	is     inspect.Outcome
}

var (
	asIfNothing = ending{nil, inspect.ResultPassed, "", 0}
	noAccess    = func(err error) ending {
		return ending{err, inspect.ResultInconclusive, inspect.CheckAccess, inspect.NotPerformed}
	}
	endsEarly = func(err error) ending {
		return ending{err, inspect.ResultInconclusive, inspect.CheckSODSignature, inspect.NotPerformed}
	}
	fails = func(check string) ending { return ending{nil, inspect.ResultFailed, check, inspect.Failed} }
)

// fault is one row of the table: what goes wrong, where, and how that may end.
type fault struct {
	words string // what the chip, or who is in between, does
	where string // in words
	// spec is a fault of the virtual chip, with %d for the exchange where every
	// one is tried from first on.
	spec  string
	first func(access int) int
	ends  []ending
	note  string
	// chip, if set, is another than the Vietnamese card.
	chip func(t *testing.T, spec string) (apdu.Transmitter, inspect.Access, inspect.Options)
}

func anywhere(int) int         { return 1 }
func protected(access int) int { return access + 1 }

// faultTable is issued in docs/faults.md.
func faultTable(t *testing.T) []fault {
	point := chipAuthPoint(t)
	wrongMAC := []ending{endsEarly(sm.ErrMAC), fails(inspect.CheckCA)}
	table := []fault{
		{words: "the card is pulled before it sees command N, and stays away", where: "every exchange", spec: "pull@%d+600000", first: anywhere,
			ends: []ending{noAccess(apdu.ErrCardGone), endsEarly(apdu.ErrCardGone)}},
		{words: "the card is pulled when command N is done, and stays away", where: "every exchange", spec: "cut@%d+600000", first: anywhere,
			ends: []ending{noAccess(apdu.ErrCardGone), endsEarly(apdu.ErrCardGone)}},
		{words: "the field is lost for a moment", where: "every exchange", spec: "pull@%d", first: anywhere, ends: []ending{asIfNothing}, note: "a new session"},
		{words: "the chip falls silent", where: "every exchange", first: anywhere, chip: silent, spec: "%d",
			ends: []ending{noAccess(apdu.ErrTimeout), endsEarly(apdu.ErrTimeout)}, note: "the watchdog of each exchange"},
		{words: "a wrong checksum", where: "every protected answer", spec: "mac@%d", first: protected, ends: wrongMAC,
			note: "`ca` where it is the first answer under the keys of chip authentication; no second session"},
		{words: "the answer before, once more", where: "every protected answer but the first", spec: "replay@%d",
			first: func(access int) int { return access + 2 }, ends: wrongMAC, note: "as with a wrong checksum"},
		{words: "a status without protection: 9000", where: "every protected answer", spec: "naked@%d=9000", first: protected, ends: []ending{asIfNothing}, note: "a new session, at the same offset"},
		{words: "a status without protection: 6700", where: "every protected answer", spec: "naked@%d=6700", first: protected, ends: []ending{asIfNothing}, note: "a new session, at the same offset"},
		{words: "61xx without end", where: "every exchange", spec: "loop@%d", first: anywhere,
			ends: []ending{noAccess(apdu.ErrEncoding), endsEarly(apdu.ErrEncoding)}},
		{words: "a wrong nonce in PACE", where: "GENERAL AUTHENTICATE", spec: "nonce", ends: []ending{noAccess(pace.ErrDenied)}, note: "the chip then refuses our token: as a wrong key, status 4"},
	}
	for _, p := range []struct{ words, spec string }{{"off the curve", "off-curve"}, {"at infinity", "infinity"}, {"of coordinates zero", "zero"}} {
		table = append(table,
			fault{words: "a public key " + p.words, where: "PACE, mapping", spec: "map=" + p.spec, ends: []ending{noAccess(pace.ErrPublicKey)}},
			fault{words: "a public key " + p.words, where: "PACE, key agreement", spec: "key=" + p.spec, ends: []ending{noAccess(pace.ErrPublicKey)}})
	}
	for _, p := range []struct{ words, spec string }{{"zero", "zero"}, {"one", "one"}, {"p − 1, of order 2", "minus-one"}, {"of another small order", "subgroup"}} {
		table = append(table,
			fault{words: "a public key in a prime field: " + p.words, where: "PACE, mapping", spec: "map=" + p.spec, chip: primeField, ends: []ending{noAccess(pace.ErrPublicKey)}},
			fault{words: "a public key in a prime field: " + p.words, where: "PACE, key agreement", spec: "key=" + p.spec, chip: primeField, ends: []ending{noAccess(pace.ErrPublicKey)}})
	}
	table = append(table,
		fault{words: "an altered byte", where: "DG14, in the chip's public key (then off the curve)", spec: fmt.Sprintf("tamper=EF.DG14:%d", point+64), ends: []ending{fails(inspect.HashCheck(14))}},
		fault{words: "an altered byte", where: "DG14, in the form of the chip's public key", spec: fmt.Sprintf("tamper=EF.DG14:%d", point), ends: []ending{fails(inspect.HashCheck(14))}},
		fault{words: "an altered byte", where: "EF.SOD, in the signature", spec: fmt.Sprintf("tamper=EF.SOD:%d", sizeOf(t, lds.NameSOD)-1), ends: []ending{fails(inspect.CheckSODSignature)}})
	for _, n := range []int{1, 2, 13, 14, 15} {
		name, check := fmt.Sprintf("EF.DG%d", n), inspect.HashCheck(n)
		table = append(table,
			fault{words: "an altered byte", where: name[3:], spec: fmt.Sprintf("tamper=%s:%d", name, sizeOf(t, name)-3), ends: []ending{fails(check)}},
			fault{words: "the file ends early", where: name[3:], spec: fmt.Sprintf("truncate=%s:%d", name, sizeOf(t, name)/2), ends: []ending{fails(check)}},
			fault{words: "the file ends inside its header", where: name[3:], spec: fmt.Sprintf("truncate=%s:1", name), ends: []ending{fails(check)}},
			fault{words: "a header that declares 4 GB", where: name[3:], spec: "bomb=" + name, ends: []ending{fails(check)}})
	}
	return append(table,
		fault{words: "the file ends early", where: "EF.SOD", spec: "truncate=EF.SOD:900", ends: []ending{fails(inspect.CheckSODSignature)}},
		fault{words: "a header that declares 4 GB", where: "EF.SOD", spec: "bomb=EF.SOD", ends: []ending{fails(inspect.CheckSODSignature)}},
		fault{words: "the file ends early", where: "EF.COM", spec: "truncate=EF.COM:5", ends: []ending{asIfNothing}, note: "nobody signs it; `com.match` is not performed"},
		fault{words: "a header that declares 4 GB", where: "EF.COM", spec: "bomb=EF.COM", ends: []ending{asIfNothing}, note: "the same"},
		fault{words: "the file ends early", where: "EF.CardAccess", spec: "truncate=EF.CardAccess:20", ends: []ending{noAccess(inspect.ErrDocument)}},
		fault{words: "a header that declares 4 GB", where: "EF.CardAccess", spec: "bomb=EF.CardAccess", ends: []ending{noAccess(inspect.ErrDocument)}},
	)
}

// silent is the card whose chip, with reader and all, says nothing from an exchange
// on.
func silent(t *testing.T, spec string) (apdu.Transmitter, inspect.Access, inspect.Options) {
	t.Helper()
	var n int
	if _, err := fmt.Sscan(spec, &n); err != nil {
		t.Fatal(err)
	}
	return &hushed{Chip: twin(t, chip.Options{}), from: n}, byCAN(t), inspect.Options{Patience: 20 * time.Millisecond}
}

type hushed struct {
	*chip.Chip
	from, n int
}

func (h *hushed) Transmit(ctx context.Context, command []byte) ([]byte, error) {
	if h.n++; h.n >= h.from {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return h.Chip.Transmit(ctx, command)
}

// primeField is a document that opens with PACE in a group of 1,024 bits.
func primeField(t *testing.T, spec string) (apdu.Transmitter, inspect.Access, inspect.Options) {
	t.Helper()
	group := pace.Params{OID: dhGM2048.OID, ParameterID: 0}
	d := document.New(t, document.Options{PACE: []pace.Params{group}, Chip: chip.Options{Faults: faults(t, spec)}})
	return d.Chip, d.ByCAN(t), inspect.Options{Today: document.Today}
}

// end runs one inspection to its end.
func (f fault) end(t *testing.T, spec string) ending {
	t.Helper()
	c, access, o := apdu.Transmitter(nil), byCAN(t), inspect.Options{}
	if f.chip != nil {
		c, access, o = f.chip(t, spec)
	} else {
		c = twin(t, chip.Options{Faults: faults(t, spec)})
	}
	var got ending
	watched(t, func() {
		v, err := inspect.Inspect(t.Context(), c, access, card(t).Trust, o)
		for _, want := range f.ends {
			c, there := v.Check(want.check)
			if errors.Is(err, want.err) && v.Outcome == want.result && (want.check == "" || there && c.Required && c.Outcome == want.is) {
				got = want
				return
			}
		}
		t.Errorf("%s: %s, %v; access %v, sod.signature %v, ca %v", spec, v.Outcome, err,
			outcome(v, inspect.CheckAccess), outcome(v, inspect.CheckSODSignature), outcome(v, inspect.CheckCA))
	})
	return got
}

// TestFaults gives each fault its outcome: one, or one for each part of an
// inspection that it can hit, and each of those is seen.
func TestFaults(t *testing.T) {
	all, access := clean(t)
	for _, f := range faultTable(t) {
		t.Run(f.words+", "+f.where, func(t *testing.T) {
			if f.first == nil {
				f.end(t, f.spec)
				return
			}
			var seen []ending
			for n := f.first(access); n <= all; n++ {
				seen = append(seen, f.end(t, fmt.Sprintf(f.spec, n)))
			}
			for _, want := range f.ends {
				if !slices.Contains(seen, want) {
					t.Errorf("never ends with %s", want)
				}
			}
		})
	}
}

// String is an ending as docs/faults.md has it.
func (e ending) String() string {
	if e.check == "" {
		return "passed"
	}
	return fmt.Sprintf("%s: `%s` %s", e.result, e.check, strings.ReplaceAll(e.is.String(), "_", " "))
}

// status is the exit status of `chipid card inspect`, as docs/verdict.md has it.
func (e ending) status() int {
	switch {
	case errors.Is(e.err, apdu.ErrCardGone), errors.Is(e.err, apdu.ErrTimeout):
		return 3
	case errors.Is(e.err, pace.ErrDenied):
		return 4
	case e.result == inspect.ResultFailed:
		return 5
	case e.result == inspect.ResultInconclusive:
		return 6
	}
	return 0
}

var update = flag.Bool("update", false, "write docs/faults.md anew")

const faultsFile = "../../docs/faults.md"

// docs/faults.md is made from the table that TestFaults runs.
func TestFaultsDocument(t *testing.T) {
	var b strings.Builder
	b.WriteString(faultsHead)
	for _, f := range faultTable(t) {
		var ends []string
		for _, e := range f.ends {
			text := fmt.Sprintf("%s (%d)", e, e.status())
			if !slices.Contains(ends, text) {
				ends = append(ends, text)
			}
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", f.words, f.where, strings.Join(ends, "<br>"), f.note)
	}
	if *update {
		if err := os.WriteFile(faultsFile, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(faultsFile)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != b.String() {
		t.Error("docs/faults.md is not what the table says: go test ./cardprofile/inspect -run TestFaultsDocument -update")
	}
}

const faultsHead = `# What goes wrong, and how an inspection ends

Made by the tests of ` + "`cardprofile/inspect`" + ` from the table that they run against a virtual chip (` + "`chipid emulate --fault`" + ` gives it the same
faults). None of it passes that should not, none hangs, none panics. "Every exchange" means that an inspection was run for each exchange that
an undisturbed one takes, with the fault there. In brackets the exit status of ` + "`chipid card inspect`" + `.

A certificate of terminal authentication that is expired, or a chip whose date says so, is in the tests of ` + "`apdu/ta`" + `.

| fault | where | how it ends | |
|---|---|---|---|
`
