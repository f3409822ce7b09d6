package policy_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/policy"
)

func date(t *testing.T, s string) cardprofile.Date {
	t.Helper()
	d, err := cardprofile.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func parse(t *testing.T, rules string) *policy.Policy {
	t.Helper()
	p, err := policy.Parse([]byte("schema: chipid.policy/1\nname: test\nrules:\n"+rules), "test.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var sha1 = []cardprofile.Deviation{{Where: "EF.SOD", Rule: "cms.sha1", Text: "SHA-1"}}

func TestDefault(t *testing.T) {
	p := policy.Default()
	if p.Name() == "" || p.Version() == "" || len(p.Digest()) != 64 {
		t.Errorf("%q %q", p.Name(), p.Version())
	}
	for _, c := range []struct {
		name   string
		f      policy.Facts
		effect policy.Effect
		rule   string
	}{
		{"nothing to say", policy.Facts{}, policy.None, ""},
		{"SHA-1 then", policy.Facts{Signed: date(t, "2020-12-31"), Deviations: sha1}, policy.Accept, "sha1-then"},
		{"SHA-1 since", policy.Facts{Signed: date(t, "2021-01-01"), Deviations: sha1}, policy.Inconclusive, "sha1-now"},
		{"SHA-1, nobody knows when", policy.Facts{Deviations: sha1}, policy.Inconclusive, "sha1-now"},
		{"another deviation", policy.Facts{Deviations: []cardprofile.Deviation{{Where: "EF.SOD", Rule: "cms.ber"}}}, policy.None, ""},
		{"pinned", policy.Facts{Pinned: true}, policy.Accept, "pinned"},
		{"known defect", policy.Facts{Defects: []string{"dg.hash.12"}}, policy.Inconclusive, "known-defects"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, p := range []*policy.Policy{p, nil} {
				j := p.Judge(c.f)
				if j.Effect != c.effect || c.rule != "" && (len(j.Decisions) != 1 || j.Decisions[0].Rule != c.rule) {
					t.Errorf("%v by %v, want %v by %s", j.Effect, j.Decisions, c.effect, c.rule)
				}
				if j.Authority != policy.AuthorityBeside || len(j.Required) > 0 {
					t.Errorf("%+v", j)
				}
			}
		})
	}
}

func TestFirstRuleThatSpeaksDecides(t *testing.T) {
	p := parse(t, `
- {id: vn, countries: [VN], weak_digests: fail, require: [sod.revocation]}
- {id: old, signed: {until: 2010-12-31}, weak_digests: accept, require: [sod.revocation]}
- {id: now, inspected: {from: 2027-01-01}, deviations: [{rules: ["x509.*"], where: DS certificate, effect: fail}, {rules: [cms.ber], effect: inconclusive}]}
- {id: online, countries: [VN], authority: for-missing-anchor}
- {id: rest, deviations: [{rules: ["*"], effect: accept}], pinned: fail, known_defects: accept, authority: beside}
`)
	ber := cardprofile.Deviation{Where: "EF.SOD", Rule: "cms.ber"}
	serial := cardprofile.Deviation{Where: "DS certificate", Rule: "x509.serial.zero"}
	elsewhere := cardprofile.Deviation{Where: "CSCA certificate", Rule: "x509.serial.zero"}
	old, now := date(t, "2009-01-01"), date(t, "2027-01-01")
	for _, c := range []struct {
		name  string
		f     policy.Facts
		want  policy.Effect
		rules string
	}{
		{"country before date", policy.Facts{Country: "vn", Signed: old, Deviations: sha1}, policy.Fail, "vn vn"},
		{"date", policy.Facts{Country: "DE", Signed: old, Deviations: sha1}, policy.Accept, "old old"},
		{"neither", policy.Facts{Country: "DE", Deviations: sha1}, policy.Accept, "rest"},
		{"before the day of inspection", policy.Facts{Inspected: date(t, "2026-12-31"), Deviations: []cardprofile.Deviation{ber, serial}}, policy.Accept, "rest rest"},
		{"on it", policy.Facts{Inspected: now, Deviations: []cardprofile.Deviation{ber}}, policy.Inconclusive, "now"},
		{"the most severe counts", policy.Facts{Inspected: now, Deviations: []cardprofile.Deviation{ber, serial, serial}}, policy.Fail, "now now"},
		{"only there", policy.Facts{Inspected: now, Deviations: []cardprofile.Deviation{elsewhere}}, policy.Accept, "rest"},
		{"pinned", policy.Facts{Pinned: true}, policy.Fail, "rest"},
		{"defect", policy.Facts{Defects: []string{"com.match"}}, policy.Accept, "rest"},
	} {
		t.Run(c.name, func(t *testing.T) {
			j := p.Judge(c.f)
			var rules []string
			for _, d := range j.Decisions {
				rules = append(rules, d.Rule)
			}
			if got := strings.Join(rules, " "); j.Effect != c.want || got != c.rules {
				t.Errorf("%v by %s, want %v by %s", j.Effect, got, c.want, c.rules)
			}
		})
	}
	if j := p.Judge(policy.Facts{Country: "VN"}); j.Required["sod.revocation"] != "vn" || j.Authority != policy.AuthorityForAnchor || j.AuthorityRule != "online" {
		t.Errorf("%+v", j)
	}
	if j := p.Judge(policy.Facts{Country: "DE"}); len(j.Required) > 0 || j.Authority != policy.AuthorityBeside {
		t.Errorf("%+v", j)
	}
}

func TestRefused(t *testing.T) {
	head := "schema: chipid.policy/1\nname: test\nrules:\n"
	for _, c := range []struct {
		name, text, field string
		line              int
	}{
		{"empty", "", "", 0},
		{"no YAML", "{", "", 0},
		{"another schema", "schema: chipid.policy/9\nname: x\n", "schema", 1},
		{"no name", "schema: chipid.policy/1\nrules: []\n", "name", 0},
		{"unknown key", head + "- id: a\n  weak_digest: fail\n", "weak_digest", 5},
		{"unknown effect", head + "- id: a\n  weak_digests: deny\n", "rules[0].weak_digests", 5},
		{"unknown word", head + "- id: a\n  authority: instead\n", "rules[0].authority", 5},
		{"no id", head + "- weak_digests: fail\n", "rules[0].id", 4},
		{"id twice", head + "- {id: a, pinned: fail}\n- {id: a, pinned: accept}\n", "rules[1].id", 5},
		{"says nothing", head + "- id: a\n  countries: [VN]\n", "rules[0]", 4},
		{"no country", head + "- {id: a, countries: [VNM], pinned: fail}\n", "rules[0].countries[0]", 4},
		{"no date", head + "- {id: a, signed: {until: soon}, pinned: fail}\n", "rules[0].signed.until", 4},
		{"backwards", head + "- {id: a, signed: {from: 2020-01-02, until: 2020-01-01}, pinned: fail}\n", "rules[0].signed", 4},
		{"no check", head + "- {id: a, require: [\"sod revocation\"]}\n", "rules[0].require[0]", 4},
		{"deviation without rules", head + "- {id: a, deviations: [{effect: fail}]}\n", "rules[0].deviations[0].rules", 4},
		{"deviation without effect", head + "- {id: a, deviations: [{rules: [cms.ber]}]}\n", "rules[0].deviations[0].effect", 4},
		{"no rule of a deviation", head + "- {id: a, deviations: [{rules: [\"a*b\"], effect: fail}]}\n", "rules[0].deviations[0].rules[0]", 4},
		{"too large", head + strings.Repeat("# comment\n", 40000), "", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := policy.Parse([]byte(c.text), "p.yaml")
			var in *cardprofile.InputError
			if !errors.As(err, &in) || in.File != "p.yaml" || in.Problem == "" || in.Fix == "" || in.Field != c.field || c.line > 0 && in.Line != c.line {
				t.Errorf("%#v", err)
			}
		})
	}
	if _, err := policy.Load(filepath.Join(t.TempDir(), "none.yaml")); err == nil {
		t.Error("a missing file was read")
	}
	name := filepath.Join(t.TempDir(), "p.yaml")
	if err := os.WriteFile(name, policy.Default().Text(), 0o600); err != nil {
		t.Fatal(err)
	}
	if p, err := policy.Load(name); err != nil || p.Digest() != policy.Default().Digest() {
		t.Errorf("the default policy, printed and read again: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(policy.Default().Text())
	f.Add([]byte("schema: chipid.policy/1\nname: x\nrules:\n- {id: a, countries: [VN], deviations: [{rules: [\"x509.*\"], effect: fail}]}\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := policy.Parse(b, "p.yaml")
		var in *cardprofile.InputError
		if err != nil && !errors.As(err, &in) {
			t.Fatalf("%T", err)
		}
		if err == nil {
			p.Judge(policy.Facts{Country: "VN", Deviations: sha1, Pinned: true, Defects: []string{"com.match"}})
		}
	})
}
