package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Check values of two components of the GlobalPlatform test key 40..4F, whose own is 504A77; made with "openssl enc -aes-128-ecb".
const lanKCV, minhKCV = "098542", "f924ef"

const importCeremony = `ceremony: Lot 4711
label: transport-4711
bits: 128
kcv: 504a77
components:
  - {custodian: Lan, kcv: "LANKCV", file: lan.hex}
  - {custodian: Minh, kcv: "MINHKCV", file: minh.hex}
`

func TestKeysImport(t *testing.T) {
	k := newKeysRun(t)
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	lan, minh := strings.Repeat("11", 16), "515053525554575659585b5a5d5c5f5e"
	write("lan.hex", lan+"\n")
	write("minh.hex", minh+"\n")
	file := write("lot.yaml", strings.NewReplacer("LANKCV", lanKCV, "MINHKCV", minhKCV).Replace(importCeremony))
	plan, transcript := filepath.Join(dir, "plan.txt"), filepath.Join(dir, "transcript.txt")
	clean := func(texts ...string) {
		t.Helper()
		for _, text := range texts {
			for _, secret := range []string{lan, minh, "404142434445464748494a4b4c4d4e4f"} {
				if strings.Contains(strings.ToLower(text), secret) {
					t.Errorf("key material stands in %q", text)
				}
			}
		}
	}
	// The plan wants no token.
	status, out, talk := k.run("", "import", file, "--dry-run", "--plan", plan)
	clean(out, talk)
	if status != exitOK || !strings.Contains(out, "custodian              Minh: check value") {
		t.Fatalf("plan: %d, %q, %q", status, out, talk)
	}
	// Minh's file is wrong: it is his, and nothing lands in the token.
	write("minh.hex", strings.Replace(minh, "5e", "5f", 1))
	status, out, talk = k.run("", k.on("import", file, "--plan", plan)...)
	clean(out, talk)
	if status != exitUsage || !strings.Contains(talk, "component of Minh") || strings.Contains(talk, "Lan") {
		t.Errorf("wrong component: %d, %q, %q", status, out, talk)
	}
	if _, out, _ := k.run("", k.on("list")...); out != "" {
		t.Errorf("something landed: %q", out)
	}
	write("minh.hex", minh)
	status, out, talk = k.run("", k.on("import", file, "--plan", plan, "--transcript", transcript, "--witness", "Hoa")...)
	clean(out, talk)
	if status != exitOK || !strings.Contains(out, "504A77") || !strings.Contains(out, "Hoa ") {
		t.Fatalf("import: %d, %q, %q", status, out, talk)
	}
	if kept, err := os.ReadFile(transcript); err != nil || string(kept) != out {
		t.Errorf("the transcript's file is another: %v", err)
	}
	if _, out, _ := k.run("", k.on("list")...); !strings.Contains(out, "transport-4711") || !strings.Contains(out, "came from outside") {
		t.Errorf("list: %q", out)
	}
	// A changed file is not the reviewed plan.
	write("lot.yaml", strings.NewReplacer("LANKCV", lanKCV, "MINHKCV", minhKCV, "transport-4711", "transport-4712").Replace(importCeremony))
	if status, _, talk = k.run("", k.on("import", file, "--plan", plan)...); status != exitUsage || !strings.Contains(talk, "not the plan") {
		t.Errorf("changed plan: %d, %q", status, talk)
	}
	// To be typed, and stdin is no terminal: refused before the token is asked for anything.
	write("lot.yaml", strings.NewReplacer("LANKCV", lanKCV, "MINHKCV", minhKCV, ", file: minh.hex", "").Replace(importCeremony))
	if status, _, talk = k.run(minh+"\n", k.on("import", file)...); status != exitUsage || !strings.Contains(talk, "no terminal") {
		t.Errorf("no terminal: %d, %q", status, talk)
	}
}
