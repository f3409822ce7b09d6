package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chipid-toolkit/chipid/hsm/hsmtest"
	"github.com/chipid-toolkit/chipid/testcards/people"
)

// newLineKeys is a token with the keys of a line, and its keys file; more names further
// pairs, such as audit.
func newLineKeys(t *testing.T, more ...string) (dir, keys string) {
	t.Helper()
	k := newKeysRun(t)
	dir = t.TempDir()
	create := [][]string{{"--label", "ds", "--curve", "P-256"}, {"--label", "transport", "--secret", "card-master", "--bits", "128"}, {"--label", "cards", "--secret", "card-master", "--bits", "128"},
		{"--label", "seal", "--secret", "seal"}, {"--label", "digest", "--secret", "digest"}}
	for _, name := range more {
		args := []string{"--label", name, "--curve", "P-256"}
		if name == "intake" {
			args = append(args, "--agreement")
		}
		create = append(create, args)
	}
	for _, args := range create {
		if status, _, talk := k.run("", k.on(append([]string{"create"}, args...)...)...); status != exitOK {
			t.Fatalf("keys create %v: %d %s", args, status, talk)
		}
	}
	keys = filepath.Join(dir, "keys.yaml")
	text := fmt.Sprintf("module: %s\ntoken: %s\npin-source: env:CHIPID_TEST_PIN\ndocument-signer: pkcs11:object=ds\ncard-master: pkcs11:object=transport\ncard-master-new: pkcs11:object=cards\nseal: pkcs11:object=seal\ndigest: pkcs11:object=digest\n", k.module, hsmtest.TokenLabel)
	for _, name := range more {
		text += name + ": pkcs11:object=" + name + "\n"
	}
	check(t, os.WriteFile(keys, []byte(text), 0o600))
	check(t, people.Write(dir))
	t.Setenv("CHIPID_DB", filepath.Join(dir, "line.db"))
	return dir, keys
}

func TestBatch(t *testing.T) {
	dir, keys := newLineKeys(t)
	file := filepath.Join(dir, people.CSVName)
	chipidRun(t, "", "batch", "status").expect(t, exitUsage, "there is no such store")
	chipidRun(t, "", "batch", "new", "../A", "--profile", "vn-cccd-2021", "--keys", keys).expect(t, exitUsage, "the name of a batch")
	chipidRun(t, "", "batch", "new", "A", "--profile", "vn-cccd-2021", "--keys", keys, "--retain", "soon").expect(t, exitUsage, "--retain")
	chipidRun(t, "", "batch", "new", "A", "--profile", "vn-cccd-2021", "--keys", keys, "--retain", "30d").expect(t, exitOK, "")
	chipidRun(t, "", "batch", "new", "A", "--profile", "vn-cccd-2021", "--keys", keys).expect(t, exitUsage, "names are used once")
	chipidRun(t, "", "batch", "import", file, "--batch", "B", "--keys", keys).expect(t, exitUsage, "there is no batch")
	chipidRun(t, "", "batch", "import", file+"x", "--batch", "A", "--keys", keys).expect(t, exitUsage, "not a batch file")
	chipidRun(t, "", "batch", "import", "--batch", "A", "--keys", keys).expect(t, exitUsage, "name a file")

	var in importedJSON
	check(t, json.Unmarshal([]byte(chipidRun(t, "", "batch", "import", file, "--batch", "A", "--keys", keys, "--json").expect(t, exitOK, "").out), &in))
	if in.Rows != in.Accepted+in.Rejected || in.Accepted != 20 || in.Rejected != 1 {
		t.Errorf("%+v", in)
	}
	info, err := os.Stat(in.Rejects)
	check(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the rejects file has mode %v", info.Mode())
	}
	chipidRun(t, "", "batch", "import", file, "--batch", "A", "--keys", keys).expect(t, exitOK, "already")
	var all []batchJSON
	check(t, json.Unmarshal([]byte(chipidRun(t, "", "batch", "status", "--json").expect(t, exitOK, "").out), &all))
	if len(all) != 1 || all[0].Records != 21 || all[0].Requests["open"] != 20 || !all[0].Complete || all[0].Erased {
		t.Errorf("%+v", all)
	}
	if out := chipidRun(t, "", "batch", "status", "A").expect(t, exitOK, "").out; !strings.Contains(out, "date_of_birth: not a date") {
		t.Error(out)
	}
	if r := chipidRun(t, "", "batch", "check", file, "--profile", "vn-cccd-2021"); r.status != exitFailed || !strings.Contains(r.out, "21 rows = 20 accepted + 1 rejected") {
		t.Errorf("%d %s", r.status, r.out)
	}
	// Keys that a line needs.
	text, err := os.ReadFile(keys)
	check(t, err)
	bare := filepath.Join(dir, "bare.yaml")
	check(t, os.WriteFile(bare, []byte(strings.ReplaceAll(string(text), "seal: pkcs11:object=seal\n", "")), 0o600))
	chipidRun(t, "", "batch", "new", "C", "--profile", "vn-cccd-2021", "--keys", bare).expect(t, exitUsage, "no personal data in clear")
	t.Setenv("CHIPID_TEST_PIN", "wrong")
	chipidRun(t, "", "batch", "new", "C", "--profile", "vn-cccd-2021", "--keys", keys).expect(t, exitHSM, "PIN")
}
