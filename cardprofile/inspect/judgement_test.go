package inspect_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/chipid-toolkit/chipid/cardprofile/inspect"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cardprofile/pki/pkitest"
	"github.com/chipid-toolkit/chipid/cardprofile/policy"
	"github.com/chipid-toolkit/chipid/testcards/document"
)

// rules reads a policy of these rules.
func rules(t *testing.T, text string) *policy.Policy {
	t.Helper()
	p, err := policy.Parse([]byte("schema: chipid.policy/1\nname: strict\nversion: 1\nrules:\n"+text), "p.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// with exchanges the content of one file.
func with(files []lds.File, name string, change func([]byte) []byte) []lds.File {
	files = slices.Clone(files)
	for i, f := range files {
		if f.Name == name {
			files[i].Bytes = change(slices.Clone(f.Bytes))
		}
	}
	return files
}

// Facts are the same under every policy; the outcome is not.
func TestPolicyDecides(t *testing.T) {
	d := document.New(t, document.Options{})
	padded := with(d.Files, lds.NameSOD, func(b []byte) []byte { return append(b, 0, 0) })
	facts := inspect.Files(padded, d.Trust, inspect.Options{Today: document.Today})
	if facts.Outcome != inspect.ResultPassed || facts.Policy == nil || facts.Policy.Name != "chipid default" || len(facts.Policy.SHA256) != 64 {
		t.Fatalf("%s %+v", facts.Outcome, facts.Policy)
	}
	for _, tc := range []struct {
		name, rules string
		outcome     inspect.Result
		check       inspect.Outcome // of the policy
		says        string
	}{
		{"nothing said", "- {id: a, weak_digests: fail}", inspect.ResultPassed, inspect.Passed, "nothing in policy \"strict 1\""},
		{"a deviation that fails", "- {id: no-padding, why: we do not pad, deviations: [{rules: [sod.padding], effect: fail}]}", inspect.ResultFailed, inspect.Failed, "rule no-padding: deviation sod.padding (EF.SOD) (we do not pad)"},
		{"one that leaves it open", "- {id: a, deviations: [{rules: [\"sod.*\"], effect: inconclusive}]}", inspect.ResultInconclusive, inspect.NotPerformed, "rule a"},
		{"accepted for this country first", "- {id: a, countries: [UT], deviations: [{rules: [\"sod.*\"], effect: accept}]}\n- {id: b, deviations: [{rules: [\"*\"], effect: fail}]}", inspect.ResultPassed, inspect.Passed, ""},
		{"of another country", "- {id: a, countries: [DE], deviations: [{rules: [\"sod.*\"], effect: fail}]}", inspect.ResultPassed, inspect.Passed, ""},
		{"revocation required", "- {id: crl, require: [sod.revocation]}", inspect.ResultInconclusive, inspect.Passed, ""},
		{"a check that is none of this verdict", "- {id: a, require: [authority]}", inspect.ResultInconclusive, inspect.Passed, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			v := inspect.Files(padded, d.Trust, inspect.Options{Today: document.Today, Policy: rules(t, tc.rules)})
			c, _ := v.Check(inspect.CheckPolicy)
			if v.Outcome != tc.outcome || c.Outcome != tc.check || !strings.Contains(c.Reason, tc.says) || c.ReasonIn("vi") == c.Reason {
				t.Errorf("%s, policy %v: %s", v.Outcome, c.Outcome, c.Reason)
			}
			for _, f := range facts.Checks {
				if f.ID == inspect.CheckPolicy {
					continue
				}
				if c, ok := v.Check(f.ID); !ok || c.Outcome != f.Outcome {
					t.Errorf("%s is %v, and was %v", f.ID, c.Outcome, f.Outcome)
				}
			}
		})
	}
	v := inspect.Files(padded, d.Trust, inspect.Options{Today: document.Today, Policy: rules(t, "- {id: crl, require: [sod.revocation]}")})
	if c, _ := v.Check(inspect.CheckSODRevocation); !c.Required || !strings.Contains(c.Reason, `rule crl of policy "strict"`) {
		t.Errorf("%+v", c)
	}
}

func TestPolicyOnPins(t *testing.T) {
	a := document.Authority(t, "CSCA of Utopia, for pins")
	d := document.New(t, document.Options{Authority: a})
	store := pki.NewStore(true)
	if err := store.Pin(a.DS, "officer", "received at the consulate"); err != nil {
		t.Fatal(err)
	}
	look := func(p *policy.Policy) *inspect.Verdict {
		return inspect.Files(d.Files, store, inspect.Options{Today: document.Today, Policy: p})
	}
	if v := look(nil); v.Outcome != inspect.ResultPassed {
		t.Errorf("pinned: %s", v.Outcome)
	}
	if v := look(rules(t, "- {id: no-pins, pinned: fail}")); v.Outcome != inspect.ResultFailed || outcome(v, inspect.CheckSODChain) != inspect.Passed {
		t.Errorf("pins refused: %s", v.Outcome)
	}
}

// What the issuer has published as a defect is no failure any more, and no proof.
func TestKnownDefects(t *testing.T) {
	a := document.Authority(t, "CSCA of Utopia, for defects")
	d := document.New(t, document.Options{Authority: a})
	altered := with(d.Files, "EF.DG2", func(b []byte) []byte { b[len(b)-1] ^= 1; return b })
	forged := with(d.Files, lds.NameSOD, func(b []byte) []byte { b[len(b)-1] ^= 1; return b })
	listed := func(entries ...[]byte) *pki.Store {
		store := pki.NewStore(true)
		if _, err := store.Import("csca", a.CSCA.Raw, pki.ImportOptions{}); err != nil {
			t.Fatal(err)
		}
		if _, err := store.Import("list", a.DeviationList(t, pkitest.Epoch.AddDate(0, 0, 3), entries...), pki.ImportOptions{}); err != nil {
			t.Fatal(err)
		}
		return store
	}
	dg2 := pkitest.DefectEntry(pki.DefectDGHashWrong, "", []byte{2, 1, 2})
	signature := pkitest.DefectEntry(pki.DefectSODSignatureWrong, "", nil)
	com := pkitest.DefectEntry(pki.DefectCOMInconsistent, "", nil)
	inconsistent := with(d.Files, lds.NameCOM, func(b []byte) []byte { b[len(b)-1] = 0x63; return b })
	for _, tc := range []struct {
		name    string
		files   []lds.File
		entries [][]byte
		rules   string
		id      string
		outcome inspect.Outcome
		verdict inspect.Result
	}{
		{"not listed", altered, nil, "", inspect.HashCheck(2), inspect.Failed, inspect.ResultFailed},
		{"another defect listed", altered, [][]byte{signature}, "", inspect.HashCheck(2), inspect.Failed, inspect.ResultFailed},
		{"listed", altered, [][]byte{dg2}, "", inspect.HashCheck(2), inspect.NotPerformed, inspect.ResultInconclusive},
		{"listed, and the policy fails it", altered, [][]byte{dg2}, "- {id: a, known_defects: fail}", inspect.HashCheck(2), inspect.Failed, inspect.ResultFailed},
		{"listed, and accepting it cannot help DG2", altered, [][]byte{dg2}, "- {id: a, known_defects: accept}", inspect.HashCheck(2), inspect.NotPerformed, inspect.ResultInconclusive},
		{"signature listed", forged, [][]byte{signature}, "", inspect.CheckSODSignature, inspect.NotPerformed, inspect.ResultInconclusive},
		{"signature listed and accepted", forged, [][]byte{signature}, "- {id: a, known_defects: accept}", inspect.CheckSODSignature, inspect.NotPerformed, inspect.ResultInconclusive},
		{"EF.COM listed and accepted", inconsistent, [][]byte{com}, "- {id: a, known_defects: accept}", inspect.CheckCOM, inspect.NotPerformed, inspect.ResultPassed},
		{"listed, but nothing is wrong", d.Files, [][]byte{dg2}, "", inspect.HashCheck(2), inspect.Passed, inspect.ResultPassed},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o := inspect.Options{Today: document.Today}
			if tc.rules != "" {
				o.Policy = rules(t, tc.rules)
			}
			v := inspect.Files(tc.files, listed(tc.entries...), o)
			c, _ := v.Check(tc.id)
			if c.Outcome != tc.outcome || v.Outcome != tc.verdict {
				t.Errorf("%s %v (%s), verdict %s", tc.id, c.Outcome, c.Reason, v.Outcome)
			}
			if tc.outcome == inspect.NotPerformed && (!strings.Contains(c.Reason, "known defect of issuer UT, list of 2026-11-04") || !strings.Contains(c.ReasonIn("vi"), "04/11/2026")) {
				t.Errorf("%s / %s", c.Reason, c.ReasonIn("vi"))
			}
		})
	}
}
