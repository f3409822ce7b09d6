package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chipid-toolkit/chipid/hsm/hsmtest"
	"github.com/chipid-toolkit/chipid/printer/line/audit"
	"github.com/chipid-toolkit/chipid/printer/line/card"
	"github.com/chipid-toolkit/chipid/printer/line/store"
	"github.com/chipid-toolkit/chipid/testcards/people"
)

// newAuditKeys is newLineKeys with a key for the audit log.
func newAuditKeys(t *testing.T) (dir, keys string) {
	t.Helper()
	dir, keys = newLineKeys(t)
	text, err := os.ReadFile(keys)
	check(t, err)
	k := &keysRun{t: t, module: strings.TrimPrefix(strings.SplitN(string(text), "\n", 2)[0], "module: ")}
	if status, _, talk := k.run("", "create", "--label", "audit", "--curve", "P-256", "--module", k.module, "--token", hsmtest.TokenLabel, "--pin-source", "env:CHIPID_TEST_PIN"); status != exitOK {
		t.Fatal(talk)
	}
	check(t, os.WriteFile(keys, append(text, "audit: pkcs11:object=audit\n"...), 0o600))
	return dir, keys
}

// makeCards makes the cards of a batch's open requests without chips, so that what
// comes after them has something to work on.
func makeCards(t *testing.T, dir, batch string) {
	t.Helper()
	ctx := t.Context()
	st, err := store.Open(ctx, filepath.Join(dir, "line.db"), store.Options{})
	check(t, err)
	defer st.Close()
	check(t, st.Do(ctx, "make cards", func(tx *store.Tx) error { return makeOpen(ctx, tx, batch) }))
}

// makeOpen makes the cards of a batch's open requests without chips.
func makeOpen(ctx context.Context, tx *store.Tx, batch string) error {
	b, err := tx.Batch(ctx, batch)
	if err != nil {
		return err
	}
	open, err := tx.Next(ctx, b.ID, 1000)
	if err != nil {
		return err
	}
	for _, r := range open {
		c, err := tx.Draw(ctx, r.ID, "S1")
		for _, s := range []card.State{card.Probed, card.KeysMade, card.Signing, card.Signed, card.Writing, card.Locked, card.Printing, card.Printed, card.Checked, card.Good} {
			if err != nil {
				return err
			}
			c, err = tx.Advance(ctx, c, s, store.Mark{Serial: fmt.Sprintf("C0%06X", r.ID)})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func TestLineAudit(t *testing.T) {
	dir, keys := newAuditKeys(t)
	chipidRun(t, "", "batch", "new", "A", "--profile", "vn-cccd-2021", "--keys", keys).expect(t, exitOK, "")
	chipidRun(t, "", "batch", "import", filepath.Join(dir, people.CSVName), "--batch", "A", "--keys", keys).expect(t, exitOK, "")
	chipidRun(t, "", "line", "audit", "--keys", keys).expect(t, exitInconclusive, "nothing has been written")
	chipidRun(t, "", "stock", "receive", "--batch", "A", "--blanks", "20", "--by", "lan").expect(t, exitOK, "")
	makeCards(t, dir, "A")
	witness := filepath.Join(dir, "witness")
	var r struct {
		Schema, Outcome string
		audit.Report
	}
	check(t, json.Unmarshal([]byte(chipidRun(t, "", "line", "audit", "--keys", keys, "--drain", "--checkpoint", witness, "--json").expect(t, exitOK, "").out), &r))
	if r.Schema != "chipid.audit/1" || r.Outcome != "passed" || !r.Signed || r.Waiting != 0 || r.Cards != 20 || r.Witness != audit.WitnessFirst || r.First != -1 {
		t.Errorf("%+v", r)
	}
	chipidRun(t, "", "line", "audit", "--keys", keys, "--checkpoint", witness).expect(t, exitOK, "nothing was edited")
	chipidRun(t, "", "line", "audit").expect(t, exitInconclusive, "")
	chipidRun(t, "", "line", "audit", "--drain").expect(t, exitUsage, "--keys")
	chipidRun(t, "", "line", "audit", "--key", keys).expect(t, exitUsage, "Ed25519 or ECDSA")
	chipidRun(t, "", "line", "audit", "--audit", filepath.Join(dir, "none"), "--keys", keys).expect(t, exitFailed, "TAMPERED")

	// No personal data anywhere in the log: no number, name or part of a name of the batch.
	people, err := os.ReadFile(filepath.Join(dir, people.CSVName))
	check(t, err)
	var log []byte
	check(t, filepath.WalkDir(filepath.Join(dir, "line.db.audit"), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.Contains(path, "entries") {
			return err
		}
		b, err := os.ReadFile(path)
		log = append(log, b...)
		return err
	}))
	if len(log) < 1000 {
		t.Fatal("no log")
	}
	for _, line := range strings.Split(string(people), "\n")[1:] {
		for _, cell := range strings.Split(line, ",") {
			if len(cell) > 7 && bytes.Contains(log, []byte(cell)) {
				t.Errorf("%q stands in the log", cell)
			}
		}
	}

	// One byte.
	entries := filepath.Join(dir, "line.db.audit", "tile", "entries")
	check(t, filepath.WalkDir(entries, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		b[len(b)/3] ^= 1
		return os.WriteFile(path, b, 0o600)
	}))
	bad := chipidRun(t, "", "line", "audit", "--keys", keys, "--checkpoint", witness)
	bad.expect(t, exitFailed, "TAMPERED")
	if !strings.Contains(bad.out, "edited") {
		t.Error(bad.out)
	}
}
