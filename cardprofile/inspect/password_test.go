package inspect_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu/pace"
	"github.com/chipid-toolkit/chipid/cardprofile/inspect"
	"github.com/chipid-toolkit/chipid/testcards/document"
)

func byPIN(t *testing.T, pin, can string) inspect.Access {
	t.Helper()
	a, err := inspect.ByPIN(pin)
	if err == nil && can != "" {
		a, err = a.WithCAN(can)
	}
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// A chip with a PIN, opened with it, shut out from it, and opened again. What the
// chip says about tries stands in the verdict; none is spent in vain.
func TestPIN(t *testing.T) {
	d := document.New(t, document.Options{PACE: []pace.Params{ecdhGM}, PINTries: 3, PUKTries: 4})
	const wrong = "000000"
	for i, x := range []struct {
		pin, can string
		state    error  // nil with reason: refused, and nothing else
		reason   string // empty: it passes
		trail    string
	}{
		{document.PIN, "", nil, "", "with the PIN because"},
		{wrong, "", nil, "the chip refused the PIN; tries left: 2", ""},
		{document.PIN, "", nil, "", "with the PIN because"},
		{wrong, "", nil, "tries left: 2", ""},
		// A CAN beside it does not make up for a wrong PIN, and the try that is
		// left is not spent on showing that one again.
		{wrong, document.CAN, pace.ErrSuspended, "tries left: 1; it is suspended", ""},
		{document.PIN, "", pace.ErrSuspended, "it is suspended, and the CAN resumes it", ""},
		{document.PIN, "", pace.ErrSuspended, "it is suspended", ""},
		{document.PIN, "111111", nil, "the chip refused the CAN", "used the CAN before the PIN because"},
		{document.PIN, document.CAN, nil, "", "used the CAN before the PIN because"},
		{wrong, document.CAN, nil, "tries left: 2", ""}, // it had started anew
		{wrong, "", pace.ErrSuspended, "tries left: 1", ""},
		{wrong, document.CAN, pace.ErrBlocked, "it is blocked, and the PUK unblocks it", "used the CAN before the PIN because"},
		{document.PIN, document.CAN, pace.ErrBlocked, "it is blocked", ""},
	} {
		if _, err := d.Chip.Reset(t.Context()); err != nil {
			t.Fatal(err)
		}
		v, err := inspect.Inspect(t.Context(), d.Chip, byPIN(t, x.pin, x.can), d.Trust, inspect.Options{Today: document.Today})
		c, _ := v.Check(inspect.CheckAccess)
		if x.reason == "" {
			if err != nil || v.Outcome != inspect.ResultPassed {
				t.Errorf("%d: %s, %v", i, v.Outcome, err)
			}
		} else if !errors.Is(err, pace.ErrDenied) || v.Outcome != inspect.ResultInconclusive || !strings.Contains(c.Reason, x.reason) || c.ReasonIn("vi") == c.Reason {
			t.Errorf("%d: %s: %q, %v", i, v.Outcome, c.Reason, err)
		}
		for _, state := range []error{pace.ErrSuspended, pace.ErrBlocked} {
			if errors.Is(err, state) != (state == x.state) {
				t.Errorf("%d: %v is %v: %v", i, err, state, errors.Is(err, state))
			}
		}
		if !says(v, x.trail) {
			t.Errorf("%d: the trail: %q", i, v.Chip.Trail)
		}
		for _, text := range []string{fmt.Sprint(err), strings.Join(v.Chip.Trail, " "), c.Reason} {
			if strings.Contains(text, document.PIN) || strings.Contains(text, wrong) || strings.Contains(text, document.CAN) {
				t.Errorf("%d: a secret in %q", i, text)
			}
		}
	}
}

// A PUK is accepted and opens nothing, a PIN that the chip does not have is no wrong
// PIN, and where the card type has none it is not asked.
func TestOtherPasswords(t *testing.T) {
	puk, err := inspect.ByPUK(document.PUK)
	if err != nil {
		t.Fatal(err)
	}
	d := document.New(t, document.Options{PACE: []pace.Params{ecdhGM}, PINTries: 3, PUKTries: 4})
	v, err := inspect.Inspect(t.Context(), d.Chip, puk, d.Trust, inspect.Options{Today: document.Today})
	if err != nil || v.Outcome != inspect.ResultInconclusive || v.Chip.Access != "pace" || outcome(v, inspect.CheckSODSignature) != inspect.NotPerformed {
		t.Errorf("PUK: %s with %s, %v", v.Outcome, v.Chip.Access, err)
	}
	d = document.New(t, document.Options{PACE: []pace.Params{ecdhGM}})
	v, err = inspect.Inspect(t.Context(), d.Chip, byPIN(t, document.PIN, ""), d.Trust, inspect.Options{Today: document.Today})
	if !errors.Is(err, inspect.ErrUnsupported) || errors.Is(err, pace.ErrDenied) || v.Outcome != inspect.ResultInconclusive {
		t.Errorf("no PIN on the chip: %s, %v", v.Outcome, err)
	}
	before := d.Chip.Exchanges()
	v, err = inspect.Inspect(t.Context(), d.Chip, byPIN(t, document.PIN, ""), d.Trust, inspect.Options{Today: document.Today, Profile: profile(t, "icao-td1")})
	if !errors.Is(err, inspect.ErrAccessKey) || v.Outcome == inspect.ResultPassed || d.Chip.Exchanges()-before > 4 {
		t.Errorf("no PIN on the card type: %s after %d, %v", v.Outcome, d.Chip.Exchanges()-before, err)
	}
	for _, bad := range []string{"", "123", "12 456", "1234\n5678", strings.Repeat("1", 65), "12345\x00"} {
		if _, err := inspect.ByPIN(bad); !errors.Is(err, inspect.ErrAccessKey) {
			t.Errorf("%q: %v", bad, err)
		}
		if _, err := inspect.ByPUK(bad); !errors.Is(err, inspect.ErrAccessKey) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if a := fmt.Sprintf("%v %+v %#v", byPIN(t, "314159", "271828"), byPIN(t, "314159", ""), byPIN(t, "314159", "")); strings.Contains(a, "314159") {
		t.Error(a)
	}
}
