package inspect_test

import (
	"crypto"
	"errors"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/pace"
	"github.com/chipid-toolkit/chipid/cardprofile/inspect"
	"github.com/chipid-toolkit/chipid/testcards/chip"
	"github.com/chipid-toolkit/chipid/testcards/document"
)

// A chip without a travel document is called that, whatever key was given: a
// blank, and another kind of card.
func TestNoApplication(t *testing.T) {
	blank := func() apdu.Transmitter {
		c, err := chip.NewBlank(chip.Options{RetryDelay: -1})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	other := func(sw apdu.Status) apdu.Transmitter {
		all := refusal{func([]byte) bool { return true }, sw}
		return twin(t, chip.Options{Faults: []chip.Fault{all}})
	}
	for name, c := range map[string]func() apdu.Transmitter{
		"blank":                  blank,
		"unknown application":    func() apdu.Transmitter { return other(apdu.ErrFileNotFound) },
		"another class":          func() apdu.Transmitter { return other(apdu.ErrCLA) },
		"another instruction":    func() apdu.Transmitter { return other(apdu.ErrINS) },
		"no selection, 6999":     func() apdu.Transmitter { return other(0x6999) },
		"conditions of use, 698": func() apdu.Transmitter { return other(apdu.ErrConditions) },
	} {
		for key, access := range map[string]inspect.Access{"CAN": byCAN(t), "MRZ": byMRZ(t)} {
			v, err := inspect.Inspect(t.Context(), c(), access, card(t).Trust, inspect.Options{})
			check, _ := v.Check(inspect.CheckAccess)
			if !errors.Is(err, inspect.ErrNoApplication) || v.Outcome != inspect.ResultInconclusive ||
				check.Outcome != inspect.NotPerformed || !check.Required || check.ReasonIn("vi") == check.Reason {
				t.Errorf("%s by %s: %s, access %v: %s, %v", name, key, v.Outcome, check.Outcome, check.Reason, err)
			}
			if _, err := inspect.Read(t.Context(), c(), access, inspect.Options{}); !errors.Is(err, inspect.ErrNoApplication) {
				t.Errorf("%s by %s: read: %v", name, key, err)
			}
		}
	}
}

// A chip with BAC alone is no blank: it wants the MRZ. One that calls its
// protected files unknown is not either.
func TestNeedsMRZ(t *testing.T) {
	readCOM := refusal{func(c []byte) bool { return c[1] == 0xB0 || c[1] == 0xA4 && len(c) == 7 }, apdu.ErrFileNotFound}
	for name, faults := range map[string][]chip.Fault{"6982": nil, "6A82": {readCOM}} {
		d := document.New(t, document.Options{Chip: chip.Options{Faults: faults}})
		v, err := inspect.Inspect(t.Context(), d.Chip, d.ByCAN(t), d.Trust, inspect.Options{Today: document.Today})
		if !errors.Is(err, inspect.ErrNeedMRZ) || v.Outcome != inspect.ResultInconclusive {
			t.Errorf("%s: %s, %v", name, v.Outcome, err)
		}
	}
}

// A document of before access control is read, and judged on what it proves; not
// where access control is expected, and not where DG14 betrays that it was hidden.
func TestPlainDocument(t *testing.T) {
	plain := func(o document.Options) *document.Document {
		o.Change = func(d *chip.Document) { d.Plain = true }
		return document.New(t, o)
	}
	d := plain(document.Options{AA: &document.ActiveAuth{Curve: "P-256", Hash: crypto.SHA256}})
	for key, access := range map[string]inspect.Access{"CAN": d.ByCAN(t), "MRZ": d.ByMRZ(t)} {
		v, err := inspect.Inspect(t.Context(), d.Chip, access, d.Trust, inspect.Options{Today: document.Today})
		if err != nil || v.Outcome != inspect.ResultPassed || v.Chip.Access != "none" || outcome(v, inspect.CheckAA) != inspect.Passed {
			t.Errorf("by %s: %s with access %q, %v", key, v.Outcome, v.Chip.Access, err)
		}
		if len(v.Files()) != len(d.Files) || !deviates(v, "chip.plain") || !says(v, "used no access control because") {
			t.Errorf("by %s: %d files of %d, %q, %v", key, len(v.Files()), len(d.Files), v.Chip.Trail, v.Deviations)
		}
		if _, err := d.Chip.Reset(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	v, err := inspect.Inspect(t.Context(), d.Chip, d.ByMRZ(t), d.Trust, inspect.Options{Today: document.Today, Profile: profile(t, "icao-td3")})
	if !errors.Is(err, inspect.ErrDowngrade) || v.Outcome != inspect.ResultFailed || outcome(v, inspect.CheckAccess) != inspect.Failed {
		t.Errorf("where BAC is expected: %s, %v", v.Outcome, err)
	}
	d = plain(document.Options{PACE: []pace.Params{ecdhCAM}, Chip: chip.Options{Faults: []chip.Fault{hideCardAccess()}}})
	v, err = inspect.Inspect(t.Context(), d.Chip, d.ByMRZ(t), d.Trust, inspect.Options{Today: document.Today})
	if err != nil || v.Outcome != inspect.ResultFailed || outcome(v, inspect.CheckAccess) != inspect.Failed {
		t.Errorf("PACE hidden: %s, %v", v.Outcome, err)
	}
}

func deviates(v *inspect.Verdict, rule string) bool {
	for _, d := range v.Deviations {
		if d.Rule == rule {
			return true
		}
	}
	return false
}
