package inspect_test

import (
	"strings"
	"testing"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/inspect"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/mrz"
	"github.com/chipid-toolkit/chipid/testcards/chip"
	"github.com/chipid-toolkit/chipid/testcards/document"
)

func profile(t testing.TB, id string) *cardprofile.Profile {
	t.Helper()
	p, err := cardprofile.Load(id)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// wantProfile wants profile.match to be required, with an outcome and a reason in
// both languages.
func wantProfile(t *testing.T, v *inspect.Verdict, want inspect.Outcome, reason string) {
	t.Helper()
	c, ok := v.Check(inspect.CheckProfile)
	if !ok || c.Outcome != want || !c.Required || !strings.Contains(c.Reason, reason) || c.ReasonIn("vi") == c.Reason {
		t.Errorf("profile.match %v, required %v: %s (%s)", c.Outcome, c.Required, c.Reason, c.ReasonIn("vi"))
	}
	if want != inspect.Passed && v.Outcome == inspect.ResultPassed {
		t.Error("passed as a card of another type")
	}
}

// A good Vietnamese card is of its own type and of the general one, and does not pass
// for its successor or a passport.
func TestExpectedProfile(t *testing.T) {
	for _, tc := range []struct {
		id     string
		want   inspect.Outcome
		result inspect.Result
		reason string
	}{
		{"vn-cccd-2021", inspect.Passed, inspect.ResultPassed, "vn-cccd-2021"},
		{"vn-cancuoc-2024", inspect.Failed, inspect.ResultFailed, "it was issued on 2024-05-20"},
		{"icao-td1", inspect.Passed, inspect.ResultPassed, "icao-td1"},
		{"icao-td3", inspect.Failed, inspect.ResultFailed, "form TD1, not TD3"},
	} {
		t.Run(tc.id, func(t *testing.T) {
			v, err := look(t, twin(t, chip.Options{}), inspect.Options{Profile: profile(t, tc.id)})
			if err != nil || v.Outcome != tc.result {
				t.Errorf("%s, %v", v.Outcome, err)
			}
			wantProfile(t, v, tc.want, tc.reason)
			files := inspect.Files(card(t).Files, card(t).Trust, inspect.Options{Profile: profile(t, tc.id)})
			if files.Outcome != tc.result {
				t.Errorf("files alone: %s", files.Outcome)
			}
			wantProfile(t, files, tc.want, tc.reason)
		})
	}
	v, err := look(t, twin(t, chip.Options{}), inspect.Options{})
	if c, _ := v.Check(inspect.CheckProfile); err != nil || c.Required || c.Outcome != inspect.NotPerformed {
		t.Errorf("nothing expected: %v, required %v, %v", c.Outcome, c.Required, err)
	}
}

// What the profile fixes, each part by itself.
func TestExpectedParts(t *testing.T) {
	own := profile(t, "vn-cccd-2021")
	for name, tc := range map[string]struct {
		change func(p *cardprofile.Profile)
		reason string
	}{
		"issuing state":        {func(p *cardprofile.Profile) { p.IssuingState = "LAO" }, "names VNM as its issuer, not LAO"},
		"document code":        {func(p *cardprofile.Profile) { p.Document.Code = "IP" }, "is ID, not IP"},
		"document code, any":   {func(p *cardprofile.Profile) { p.AnyIssuer, p.Document.Code = true, "P" }, "is ID, not P"},
		"form of the zone":     {func(p *cardprofile.Profile) { p.Document.MRZ = "TD2" }, "form TD1, not TD2"},
		"a data group":         {func(p *cardprofile.Profile) { p.DataGroups = append(p.DataGroups, cardprofile.DataGroup{Number: 16}) }, "EF.SOD has no DG16"},
		"the days of issuance": {func(p *cardprofile.Profile) { p.IssuedUntil = cardprofile.Date{Year: 2021, Month: 1, Day: 1} }, "it was issued on"},
	} {
		t.Run(name, func(t *testing.T) {
			p := *own
			p.DataGroups = append([]cardprofile.DataGroup(nil), own.DataGroups...)
			tc.change(&p)
			wantProfile(t, inspect.Files(card(t).Files, card(t).Trust, inspect.Options{Profile: &p}), inspect.Failed, tc.reason)
		})
	}
	optional := *own
	optional.DataGroups = append(append([]cardprofile.DataGroup(nil), own.DataGroups...), cardprofile.DataGroup{Number: 16, Optional: true})
	wantProfile(t, inspect.Files(card(t).Files, card(t).Trust, inspect.Options{Profile: &optional}), inspect.Passed, "")

	// What was not read is not known, and that is no pass.
	for name, hidden := range map[string]string{"no DG1": "EF.DG1", "no EF.SOD": "EF.SOD"} {
		var files []lds.File
		for _, f := range card(t).Files {
			if f.Name != hidden {
				files = append(files, f)
			}
		}
		v := inspect.Files(files, card(t).Trust, inspect.Options{Profile: own})
		wantProfile(t, v, inspect.NotPerformed, hidden[3:])
		if v.Outcome != inspect.ResultInconclusive {
			t.Errorf("%s: %s", name, v.Outcome)
		}
	}
}

// A passport of any state is a passport, with the data groups that its state
// chose.
func TestExpectedOfAnyIssuer(t *testing.T) {
	for _, tc := range []struct {
		format mrz.Format
		id     string
		want   inspect.Outcome
	}{
		{mrz.TD3, "icao-td3", inspect.Passed},
		{mrz.TD1, "icao-td3", inspect.Failed},
		{mrz.TD3, "vn-cccd-2021", inspect.Failed},
	} {
		d := document.New(t, document.Options{Format: tc.format})
		v, err := inspect.Inspect(t.Context(), d.Chip, d.ByMRZ(t), d.Trust, inspect.Options{Profile: profile(t, tc.id), Today: document.Today})
		if err != nil {
			t.Fatal(err)
		}
		wantProfile(t, v, tc.want, "")
		if passed := v.Outcome == inspect.ResultPassed; passed != (tc.want == inspect.Passed) {
			t.Errorf("%v as %s: %s", tc.format, tc.id, v.Outcome)
		}
	}
}
