package ruletest

import (
	"slices"
	"testing"

	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// Case is the fixture that breaks a rule: an object of a kind, made by the table's
// base and then changed.
type Case struct {
	Make func(tb testing.TB) []byte // the good object
	Kind lint.Kind                  // "" where the object says it itself
	Bad  func(tb testing.TB) []byte
	Also []string // rules that break with it, of necessity
}

// Table holds every rule of a package to its case: the good object breaks no rule at
// all, the bad one this rule and those named, nothing else. Rules without a case, and
// cases without a rule, fail.
func Table(t *testing.T, abouts []lint.About, cases map[string]Case, run func(kind lint.Kind, object []byte) []lint.Finding) {
	t.Helper()
	ids := map[string]bool{}
	for _, a := range abouts {
		if ids[a.ID] {
			t.Errorf("two rules are called %s", a.ID)
		}
		ids[a.ID] = true
		if a.Title.EN == "" || a.Title.VI == "" || a.Citation == "" || len(a.Kinds) == 0 || a.Severity == 0 {
			t.Errorf("%s: its description is not complete", a.ID)
		}
		c, ok := cases[a.ID]
		if !ok {
			t.Errorf("%s: no fixture", a.ID)
			continue
		}
		t.Run(a.ID, func(t *testing.T) {
			if got := broken(run(c.Kind, c.Make(t))); len(got) > 0 {
				t.Errorf("the good fixture breaks %v", got)
			}
			want := append([]string{a.ID}, c.Also...)
			slices.Sort(want)
			bad := c.Bad(t)
			if got := broken(run(c.Kind, bad)); !slices.Equal(got, want) {
				t.Errorf("the bad fixture breaks %v, not %v%s", got, want, texts(run(c.Kind, bad)))
			}
		})
	}
	for id := range cases {
		if !ids[id] {
			t.Errorf("a fixture for %s, which is no rule", id)
		}
	}
}

// broken are the rules that findings name, each once, in order.
func broken(findings []lint.Finding) []string {
	var out []string
	for _, f := range findings {
		out = append(out, f.Rule)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func texts(findings []lint.Finding) string {
	out := ""
	for _, f := range findings {
		out += "\n\t" + f.Rule + " " + f.Where + ": " + f.Text
	}
	return out
}
