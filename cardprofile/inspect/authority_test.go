package inspect_test

import (
	"context"
	"crypto"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/cardprofile/inspect"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cardprofile/pki/pkitest"
	"github.com/chipid-toolkit/chipid/cardprofile/policy"
	"github.com/chipid-toolkit/chipid/testcards/authority"
	"github.com/chipid-toolkit/chipid/testcards/chip"
	"github.com/chipid-toolkit/chipid/testcards/document"
)

func efSOD(t *testing.T, files []lds.File) []byte {
	t.Helper()
	for _, f := range files {
		if f.Name == lds.NameSOD {
			return f.Bytes
		}
	}
	t.Fatal("there is no EF.SOD")
	return nil
}

func TestAuthority(t *testing.T) {
	// On the day of the clock: the authority's answers are of now.
	d := document.New(t, document.Options{AA: &document.ActiveAuth{Curve: "P-256", Hash: crypto.SHA256}})
	other := document.New(t, document.Options{})
	ask := func(t *testing.T, o inspect.OnLine, trust *pki.Store, p *policy.Policy) *inspect.Verdict {
		t.Helper()
		if _, err := d.Chip.Reset(t.Context()); err != nil {
			t.Fatal(err)
		}
		v, err := inspect.Inspect(t.Context(), d.Chip, d.ByMRZ(t), trust, inspect.Options{Today: document.Today, OnLine: o, Policy: p})
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, tc := range []struct {
		mood authority.Mood
		want inspect.Outcome
		says string
	}{
		{authority.Honest, inspect.Passed, "confirms on line"},
		{authority.Denies, inspect.Failed, "not genuine: reported stolen?[31m"},
		{authority.Ignorant, inspect.NotPerformed, "does not know"},
		{authority.Forges, inspect.Failed, "not signed by"},
		{authority.Unsigned, inspect.Failed, "not signed by"},
		{authority.Misbinds, inspect.Failed, "another question"},
		{authority.Replays, inspect.Failed, "another question"},
		{authority.Stale, inspect.Failed, "not of this time"},
		{authority.Future, inspect.Failed, "not of this time"},
		{authority.Rambles, inspect.NotPerformed, "cannot be read"},
		{authority.Boasts, inspect.NotPerformed, "cannot be read"},
		{authority.LetterCase, inspect.NotPerformed, "cannot be read"},
		{authority.Floods, inspect.NotPerformed, "no answer"},
		{authority.Refuses, inspect.NotPerformed, "no answer"},
		{authority.Redirects, inspect.NotPerformed, "no answer"},
		{authority.Slow, inspect.NotPerformed, "no answer"},
	} {
		t.Run(tc.says, func(t *testing.T) {
			s := authority.New(t)
			s.Know(efSOD(t, d.Files))
			s.Know(efSOD(t, other.Files))
			o := inspect.OnLine{Authority: s.Client(), Name: "Utopia", Key: s.Key, Required: true}
			if tc.mood == authority.Replays {
				// What it said of this very chip a moment ago.
				if v := ask(t, o, d.Trust, nil); outcome(v, inspect.CheckAuthority) != inspect.Passed {
					t.Fatal("the recorded answer was not a good one")
				}
			}
			if s.Be(tc.mood); tc.mood == authority.Slow {
				o.Patience = 50 * time.Millisecond
			}
			v := ask(t, o, d.Trust, nil)
			c, _ := v.Check(inspect.CheckAuthority)
			if c.Outcome != tc.want || !c.Required || !strings.Contains(c.Reason, tc.says) || c.ReasonIn("vi") == c.Reason {
				t.Errorf("%v: %s / %s", c.Outcome, c.Reason, c.ReasonIn("vi"))
			}
			want := map[inspect.Outcome]inspect.Result{inspect.Passed: inspect.ResultPassed, inspect.Failed: inspect.ResultFailed, inspect.NotPerformed: inspect.ResultInconclusive}
			if v.Outcome != want[tc.want] {
				t.Errorf("the verdict is %s", v.Outcome)
			}
			// Without an anchor its word changes nothing about trust, good or bad.
			none := ask(t, o, pki.NewStore(true), nil)
			if chain, _ := none.Check(inspect.CheckSODChain); chain.Outcome != inspect.NotPerformed || !chain.Required || none.Outcome == inspect.ResultPassed {
				t.Errorf("without an anchor: %s, sod.chain %v", none.Outcome, chain.Outcome)
			}
		})
	}
	t.Run("nobody is asked", func(t *testing.T) {
		v := ask(t, inspect.OnLine{}, d.Trust, nil)
		if _, ok := v.Check(inspect.CheckAuthority); ok || v.Outcome != inspect.ResultPassed {
			t.Errorf("%s", v.Outcome)
		}
	})
	t.Run("not required", func(t *testing.T) {
		s := authority.New(t)
		client := s.Client()
		s.Down()
		v := ask(t, inspect.OnLine{Authority: client, Key: s.Key}, d.Trust, nil)
		if c, _ := v.Check(inspect.CheckAuthority); c.Outcome != inspect.NotPerformed || c.Required || v.Outcome != inspect.ResultPassed {
			t.Errorf("down: %+v, %s", c, v.Outcome)
		}
		for _, m := range []authority.Mood{authority.Denies, authority.Forges, authority.Misbinds} {
			s := authority.New(t)
			s.Be(m)
			if v := ask(t, inspect.OnLine{Authority: s.Client(), Key: s.Key}, d.Trust, nil); v.Outcome != inspect.ResultFailed {
				t.Errorf("mood %v: %s", m, v.Outcome)
			}
		}
	})
	t.Run("certificates on both sides", func(t *testing.T) {
		s := authority.New(t)
		s.Know(efSOD(t, d.Files))
		for _, a := range []inspect.Authority{s.Stranger(), s.Distrustful()} {
			v := ask(t, inspect.OnLine{Authority: a, Key: s.Key, Required: true}, d.Trust, nil)
			if outcome(v, inspect.CheckAuthority) != inspect.NotPerformed || v.Outcome != inspect.ResultInconclusive {
				t.Errorf("%s", v.Outcome)
			}
		}
		if len(s.Asked()) > 0 {
			t.Error("a question reached the service")
		}
	})
	t.Run("no key", func(t *testing.T) {
		s := authority.New(t)
		s.Know(efSOD(t, d.Files))
		if v := ask(t, inspect.OnLine{Authority: s.Client()}, d.Trust, nil); outcome(v, inspect.CheckAuthority) != inspect.Failed {
			t.Error("an answer counts without a key")
		}
	})
	t.Run("the question", func(t *testing.T) {
		s := authority.New(t)
		for range 2 {
			ask(t, inspect.OnLine{Authority: s.Client(), Key: s.Key}, d.Trust, nil)
		}
		var a, b inspect.Question
		if asked := s.Asked(); len(asked) != 2 || json.Unmarshal(asked[0], &a) != nil || json.Unmarshal(asked[1], &b) != nil {
			t.Fatal("not asked twice")
		}
		if string(a.Nonce) == string(b.Nonce) || len(a.Nonce) != 32 || string(a.SOD) != string(efSOD(t, d.Files)) || len(a.Hashes["EF.DG1"]) != 64 {
			t.Errorf("%+v", a)
		}
		if len(a.Transcript) != 1 || a.Transcript[0].Protocol != "aa" || len(a.Transcript[0].Challenge) != 8 || !a.Transcript[0].Proven ||
			string(a.Transcript[0].Response) == string(b.Transcript[0].Response) {
			t.Errorf("%+v", a.Transcript)
		}
		if whole := string(s.Asked()[0]); strings.Contains(whole, d.MRZ[:30]) {
			t.Error("the question holds the MRZ")
		}
	})
	t.Run("for a missing anchor, by policy", func(t *testing.T) {
		p, err := policy.Parse([]byte("schema: chipid.policy/1\nname: home\nrules:\n- {id: no-csca, authority: for-missing-anchor}\n"), "p.yaml")
		if err != nil {
			t.Fatal(err)
		}
		s := authority.New(t)
		s.Know(efSOD(t, d.Files))
		o := inspect.OnLine{Authority: s.Client(), Name: "Utopia", Key: s.Key, Required: true}
		v := ask(t, o, pki.NewStore(true), p)
		chain, _ := v.Check(inspect.CheckSODChain)
		if v.Outcome != inspect.ResultPassed || chain.Outcome != inspect.NotPerformed || !strings.Contains(chain.Reason, "no trust anchor") || !strings.Contains(chain.Reason, "no-csca") {
			t.Errorf("%s: %+v", v.Outcome, chain)
		}
		for _, m := range []authority.Mood{authority.Ignorant, authority.Forges, authority.Refuses} {
			if s.Be(m); ask(t, o, pki.NewStore(true), p).Outcome == inspect.ResultPassed {
				t.Errorf("passed in mood %v", m)
			}
		}
		// Nor does it heal what failed.
		s.Be(authority.Honest)
		altered := document.New(t, document.Options{Change: func(c *chip.Document) { c.Files["EF.DG1"][20] ^= 1 }})
		s.Know(efSOD(t, altered.Files))
		w, err := inspect.Inspect(t.Context(), altered.Chip, altered.ByMRZ(t), pki.NewStore(true), inspect.Options{Today: document.Today, OnLine: o, Policy: p})
		if err != nil || w.Outcome != inspect.ResultFailed {
			t.Errorf("%v, %s", err, w.Outcome)
		}
	})
}

// stubborn heeds no deadline.
type stubborn struct{ end chan struct{} }

func (s stubborn) Ask(context.Context, []byte) ([]byte, error) {
	<-s.end
	return nil, errors.New("at last")
}

func TestAuthorityHoldsNothingUp(t *testing.T) {
	d := document.New(t, document.Options{})
	s := stubborn{make(chan struct{})}
	defer close(s.end)
	watched(t, func() {
		v, err := inspect.Inspect(t.Context(), d.Chip, d.ByMRZ(t), d.Trust, inspect.Options{Today: document.Today,
			OnLine: inspect.OnLine{Authority: s, Key: pkitest.Key(t, "P-256").Public(), Patience: 10 * time.Millisecond, Required: true}})
		if err != nil || v.Outcome != inspect.ResultInconclusive {
			t.Errorf("%v, %s", err, v.Outcome)
		}
	})
}
