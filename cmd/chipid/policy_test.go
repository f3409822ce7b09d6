package main

import (
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/chipid-toolkit/chipid/cardprofile/inspect"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cardprofile/pki/pkitest"
	"github.com/chipid-toolkit/chipid/testcards/document"
)

// TestPolicyOfTheCommand: a policy decides about the exit status, a wrong one is an
// error of usage with file, line and fix, and the default one can be printed.
func TestPolicyOfTheCommand(t *testing.T) {
	dir := t.TempDir()
	a := document.Authority(t, "CSCA of Utopia, for the command")
	d := document.New(t, document.Options{Authority: a})
	store, err := pki.Create(filepath.Join(dir, "trust"), true)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Import("csca", a.CSCA.Raw, pki.ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	// Padded, which is a deviation and nothing worse; inspected on the clock's day.
	for i, f := range d.Files {
		if f.Name == lds.NameSOD {
			d.Files[i].Bytes = append(f.Bytes, 0, 0)
		}
	}
	files := filepath.Join(dir, "files")
	if err := lds.WriteDir(files, d.Files); err != nil {
		t.Fatal(err)
	}
	strict := pkitest.WriteFile(t, dir, "strict.yaml", []byte("schema: chipid.policy/1\nname: strict\nrules:\n- {id: no-padding, deviations: [{rules: [sod.padding], effect: fail}]}\n"))
	wrong := pkitest.WriteFile(t, dir, "wrong.yaml", []byte("schema: chipid.policy/1\nname: wrong\nrules:\n- {id: a, weak_digests: perhaps}\n"))
	verify := []string{"file", "verify", files, "--trust", filepath.Join(dir, "trust")}
	chipidRun(t, "", append(verify, "--policy", wrong)...).expect(t, exitUsage, wrong+":4: rules[0].weak_digests")
	chipidRun(t, "", append(verify, "--policy", filepath.Join(dir, "none"))...).expect(t, exitUsage, "cannot be opened")
	chipidRun(t, "", "card", "inspect", "--can", "123456", "--trust", filepath.Join(dir, "trust"), "--policy", wrong).expect(t, exitUsage, wrong+":4")
	r := chipidRun(t, "", append(verify, "--policy", strict, "--json")...)
	r.expect(t, exitFailed, "")
	var v inspect.Verdict
	if err := json.Unmarshal([]byte(r.out), &v); err != nil {
		t.Fatal(err)
	}
	if c, _ := v.Check(inspect.CheckPolicy); c.Outcome != inspect.Failed || v.Policy == nil || v.Policy.Name != "strict" || len(v.Policy.Decisions) != 1 || v.Policy.Decisions[0].Rule != "no-padding" {
		t.Errorf("%+v", v.Policy)
	}
	printed := chipidRun(t, "", "trust", "policy")
	printed.expect(t, exitOK, "")
	own := pkitest.WriteFile(t, dir, "own.yaml", []byte(printed.out))
	chipidRun(t, "", "trust", "policy", own).expect(t, exitOK, "")
	chipidRun(t, "", "trust", "policy", wrong).expect(t, exitUsage, wrong+":4")
}
