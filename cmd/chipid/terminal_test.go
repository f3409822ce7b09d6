package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/apdu/cvc"
	"github.com/chipid-toolkit/chipid/cardprofile/inspect"
	"github.com/chipid-toolkit/chipid/hsm/hsmtest"
	"github.com/chipid-toolkit/chipid/testcards/chip"
)

// TestTerminalOnRealParts lets a terminal whose key is in a real token read the
// fingerprints of a specimen in a real reader, all by the command.
func TestTerminalOnRealParts(t *testing.T) {
	b := newBench(t)
	dir, state := filepath.Join(b.dir, "utopia"), filepath.Join(b.dir, "specimen.json")
	token := []string{"--module", b.module, "--token", hsmtest.TokenLabel, "--pin-source", "file:" + filepath.Join(b.dir, "pin")}
	with := func(args ...string) []string { return append(args, token...) }
	for _, k := range [][]string{{"--label", "terminal", "--curve", "brainpoolP256r1"}, {"--label", "other", "--curve", "brainpoolP256r1"}, {"--label", "too-long", "--curve", "P-521"}} {
		chipidRun(t, "", with(append([]string{"keys", "create"}, k...)...)...).expect(t, exitOK, "")
	}
	chipidRun(t, "", with("emulate", "--specimen", filepath.Join(b.dir, "none"), "--terminal-key", "pkcs11:object=too-long")...).expect(t, exitUsage, "not a key for a terminal")
	chipidRun(t, "", with("emulate", "--specimen", filepath.Join(b.dir, "none"), "--terminal-key", "pkcs11:object=missing")...).expect(t, exitHSM, "key not found")

	e := startEmulate(t, with("emulate", "--specimen", dir, "--state", state, "--vpcd", "127.0.0.1:1", "--terminal-key", "pkcs11:object=terminal")[1:]...)
	for range 200 {
		if strings.Contains(e.talk.String(), "(issued)") {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if e.end(t); !strings.Contains(e.talk.String(), "(issued)") {
		t.Fatal(e.talk.String())
	}
	c, err := chip.Open(chip.Options{State: state, RetryDelay: -1})
	check(t, err)
	b.insert(t, c)
	card := func(verb string, more ...string) result {
		args := []string{"card", verb, "--reader", b.reader.Name, "--can", "@" + filepath.Join(dir, "can.txt")}
		if verb == "inspect" {
			args = append(args, "--trust", filepath.Join(dir, "trust"))
		}
		return chipidRun(t, "", append(args, more...)...)
	}
	certificates := filepath.Join(dir, "terminal.cvcert")
	terminal := with("--terminal-cert", certificates, "--terminal-key", "pkcs11:object=terminal")
	verdict := func(r result) *inspect.Verdict {
		t.Helper()
		v := new(inspect.Verdict)
		check(t, json.Unmarshal([]byte(r.out), v))
		return v
	}
	want := func(v *inspect.Verdict, id string, o inspect.Outcome, words string) {
		t.Helper()
		if c, _ := v.Check(id); c.Outcome != o || !strings.Contains(c.Reason, words) {
			t.Errorf("%s: %v %s", id, c.Outcome, c.Reason)
		}
	}

	v := verdict(card("inspect", "--json").expect(t, exitOK, ""))
	want(v, inspect.CheckTA, inspect.NotPerformed, "no terminal certificate")
	out := filepath.Join(b.dir, "files")
	v = verdict(card("inspect", append(terminal, "--json", "--out", out)...).expect(t, exitOK, ""))
	want(v, inspect.CheckTA, inspect.Passed, "UTIS00001")
	want(v, inspect.HashCheck(3), inspect.Passed, "")
	want(v, inspect.HashCheck(4), inspect.Passed, "")
	for _, name := range []string{"EF.DG3.bin", "EF.DG4.bin", "EF.CVCA.bin"} {
		if _, err := os.Stat(filepath.Join(out, name)); err != nil {
			t.Error(err)
		}
	}
	chipidRun(t, "", "file", "verify", out, "--trust", filepath.Join(dir, "trust")).expect(t, exitOK, "")

	if r := card("read", "--json").expect(t, exitOK, ""); strings.Contains(r.out, "EF.DG3") {
		t.Error(r.out)
	}
	if r := card("read", append(terminal, "--json")...).expect(t, exitOK, ""); !strings.Contains(r.out, "EF.DG3") || !strings.Contains(r.out, `"ta"`) {
		t.Error(r.out)
	}
	if r := card("inspect", terminal...).expect(t, exitOK, ""); !strings.Contains(r.out, "accepted terminal UTIS00001") {
		t.Error(r.out)
	}

	// What is wrong shows before the chip is asked, except what the chip alone
	// can know.
	empty := filepath.Join(b.dir, "empty")
	check(t, os.WriteFile(empty, nil, 0o600))
	both, err := os.ReadFile(certificates)
	check(t, err)
	list, err := cvc.ParseAll(both)
	check(t, err)
	alone := filepath.Join(b.dir, "alone.cvcert")
	check(t, os.WriteFile(alone, list[0].Raw, 0o600))
	damaged := filepath.Join(b.dir, "damaged.cvcert")
	check(t, os.WriteFile(damaged, both[:len(both)-1], 0o600))
	for _, x := range []struct {
		name   string
		args   []string
		status int
		text   string
	}{
		{"no key", []string{"--terminal-cert", certificates}, exitUsage, "--terminal-key"},
		{"no certificates", with("--terminal-key", "pkcs11:object=terminal"), exitUsage, "--terminal-cert"},
		{"a token for nothing", token, exitUsage, "--terminal-key"},
		{"no such file", with("--terminal-cert", empty+"x", "--terminal-key", "pkcs11:object=terminal"), exitUsage, "cannot be opened"},
		{"empty file", with("--terminal-cert", empty, "--terminal-key", "pkcs11:object=terminal"), exitUsage, "no certificate"},
		{"damaged file", with("--terminal-cert", damaged, "--terminal-key", "pkcs11:object=terminal"), exitUsage, "certificate 2"},
		{"another key", with("--terminal-cert", certificates, "--terminal-key", "pkcs11:object=other"), exitUsage, "no terminal certificate for this key"},
		{"missing key", with("--terminal-cert", certificates, "--terminal-key", "pkcs11:object=missing"), exitHSM, "key not found"},
		{"no module", []string{"--terminal-cert", certificates, "--terminal-key", "pkcs11:object=terminal"}, exitUsage, "--module"},
	} {
		if r := card("inspect", x.args...); r.status != x.status || !strings.Contains(r.talk, x.text) {
			t.Errorf("%s: status %d, %s", x.name, r.status, r.talk)
		}
	}
	v = verdict(card("inspect", with("--terminal-cert", alone, "--terminal-key", "pkcs11:object=terminal", "--json")...).expect(t, exitOK, ""))
	want(v, inspect.CheckTA, inspect.NotPerformed, "no certificates lead from UTCVCA00001")
	v = verdict(card("inspect", with("--terminal-cert", alone, "--terminal-cert", certificates, "--terminal-key", "pkcs11:object=terminal", "--json")...).expect(t, exitOK, ""))
	want(v, inspect.CheckTA, inspect.Passed, "")
}

// The flags of a specimen judge each other, and a folder is written once.
func TestSpecimenFlags(t *testing.T) {
	dir := t.TempDir()
	check(t, os.WriteFile(filepath.Join(dir, "something"), nil, 0o600))
	for _, x := range []struct {
		args []string
		text string
	}{
		{[]string{"--terminal-key", "pkcs11:object=x"}, "go with --specimen"},
		{[]string{"--specimen", dir, "--profile", "icao-td1"}, "for blanks"},
		{[]string{"--specimen", dir, "--count", "2"}, "one card"},
		{[]string{"--specimen", dir, "--module", "x"}, "name the key"},
		{[]string{"--specimen", dir}, "is not empty"},
	} {
		chipidRun(t, "", append([]string{"emulate"}, x.args...)...).expect(t, exitUsage, x.text)
	}
	e := startEmulate(t, "--specimen", filepath.Join(dir, "new"), "--vpcd", "127.0.0.1:1")
	for range 200 {
		if strings.Contains(e.talk.String(), "(issued)") {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	e.end(t)
	root, err := os.ReadFile(filepath.Join(dir, "new", "cvca.cvcert"))
	check(t, err)
	list, err := cvc.ParseAll(bytes.Clone(root))
	if err != nil || len(list) != 1 || !list[0].SelfSigned() {
		t.Errorf("%v %v", list, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "new", "terminal.cvcert")); err == nil {
		t.Error("certificates of nobody")
	}
}
