//go:build unix

package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chipid-toolkit/chipid/printer/line/card"
	"github.com/chipid-toolkit/chipid/printer/line/report"
	"github.com/chipid-toolkit/chipid/printer/line/store"
	"github.com/chipid-toolkit/chipid/printer/line/store/storetest"
	"github.com/chipid-toolkit/chipid/testcards/people"
)

// TestStory follows a batch by the command alone, from the office's file until nothing
// of its holders is left, and then somebody tampers with the log.
func TestStory(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { story(t, "") })
	t.Run("postgres", func(t *testing.T) { story(t, storetest.StartPostgres(t).Database(t)) })
}

func story(t *testing.T, url string) {
	dir, keys := newAuditKeys(t)
	log := filepath.Join(dir, "line.db.audit")
	if url != "" {
		t.Setenv("CHIPID_DB", url)
	}
	do := func(status int, says string, args ...string) string {
		t.Helper()
		r := chipidRun(t, "", args...)
		r.expect(t, status, "")
		if !strings.Contains(r.out+r.talk, says) {
			t.Errorf("%v does not say %q:\n%s%s", args, says, r.out, r.talk)
		}
		return r.out
	}

	// A file with a wrong row; corrected, it is a batch of its own.
	do(exitOK, "", "batch", "new", "A", "--profile", "vn-cccd-2021", "--keys", keys)
	do(exitOK, "20 accepted + 1 rejected", "batch", "import", filepath.Join(dir, people.CSVName), "--batch", "A", "--keys", keys)
	rejects := filepath.Join(dir, "citizens-rejects.csv")
	fixed := bytes.ReplaceAll(private(t, rejects), []byte("31/02/1988"), []byte("28/02/1988"))
	check(t, os.WriteFile(filepath.Join(dir, "fixed.csv"), fixed, 0o600))
	do(exitOK, "", "batch", "new", "B", "--profile", "vn-cccd-2021", "--keys", keys)
	do(exitOK, "1 accepted + 0 rejected", "batch", "import", filepath.Join(dir, "fixed.csv"), "--batch", "B", "--keys", keys)
	check(t, os.WriteFile(filepath.Join(dir, "bad.xlsx"), []byte("PK\x03\x04 no workbook"), 0o600))
	do(exitUsage, "damaged", "batch", "import", filepath.Join(dir, "bad.xlsx"), "--batch", "B", "--keys", keys)

	// Blanks.
	do(exitUsage, "no batch", "stock", "receive", "--batch", "X", "--blanks", "3", "--by", "lan")
	do(exitOK, "", "stock", "receive", "--batch", "A", "--blanks", "23", "--by", "lan")
	do(exitUsage, "more than batch A has in stock", "stock", "return", "--batch", "A", "--blanks", "24", "--by", "lan")

	// One card is spoiled, confirmed by two people, and made again.
	spoil(t, "A")
	do(exitHalted, "1 wait for people", "line", "status")
	do(exitOK, "a second person", "line", "confirm", "1", "--by", "lan")
	do(exitUsage, "somebody else", "line", "confirm", "1", "--by", "lan")
	do(exitOK, "reject-confirmed", "line", "confirm", "1", "--by", "minh")
	makeStoryCards(t, "A")
	do(exitOK, "20 done", "line", "status")

	// Packed, handed over; one comes back, one is lost.
	do(exitOK, "B000001", "pack", "open", "--batch", "A", "--by", "lan")
	scan := ""
	for i := 2; i <= 21; i++ {
		scan += fmt.Sprintf("card %d\n", i)
	}
	chipidRun(t, scan, "pack", "scan", "B000001", "--by", "lan").expect(t, exitOK, "")
	chipidRun(t, "card 1\n", "pack", "scan", "B000001", "--by", "lan").expect(t, exitFailed, "")
	do(exitOK, "", "pack", "seal", "B000001", "--manifest", filepath.Join(dir, "B1.csv"), "--by", "lan")
	private(t, filepath.Join(dir, "B1.csv"))
	do(exitOK, "", "pack", "hand-over", "B000001", "--by", "lan")
	do(exitOK, "", "pack", "hand-over", "B000001", "--taken-by", "hoa", "--receipt", "BN-1")
	do(exitOK, "", "pack", "return", "--card", "2", "--by", "lan")
	do(exitOK, "", "pack", "lost", "--card", "3", "--by", "lan")
	do(exitOK, "", "pack", "lost", "--card", "3", "--by", "minh")

	// Closed when everything is accounted for, and not before.
	do(exitHalted, "2 blanks are left in stock", "batch", "close", "A", "--by", "lan")
	do(exitOK, "", "stock", "return", "--batch", "A", "--blanks", "2", "--by", "lan", "--json")
	do(exitUsage, "close it first", "batch", "erase", "A", "--by", "lan")
	do(exitOK, "", "batch", "close", "A", "--by", "lan")
	do(exitOK, "", "batch", "close", "A", "--by", "minh")
	var b report.Batch
	check(t, json.Unmarshal([]byte(do(exitOK, "", "batch", "report", "A", "--json")), &b))
	if len(b.Wrong) != 0 || b.Records != 21 || b.Accepted != 20 || b.Rejected != 1 || b.Received != 23 || b.Ledger["handed-over"] != 18 || b.Ledger["returned"] != 1 || b.Ledger["lost"] != 1 || b.Ledger["reject-confirmed"] != 1 || b.Ledger["sent-back"] != 2 {
		t.Errorf("%+v", b)
	}
	for says, args := range map[string][]string{"mọi số liệu đều khớp": {"batch", "report", "A"}, "trả lại nhà cung cấp": {"stock", "show", "A"}} {
		var out bytes.Buffer
		if status := run(t.Context(), &env{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out, Lang: "vi"}, args); status != exitOK || !strings.Contains(out.String(), says) {
			t.Errorf("%v: %d %s", args, status, out.String())
		}
	}

	// Erased by two people, to the last byte.
	do(exitOK, "nothing was edited", "line", "audit", "--audit", log, "--keys", keys, "--drain")
	early := readTree(t, log)
	sealed := sealedPieces(t, "A")
	do(exitOK, "a second person", "batch", "erase", "A", "--by", "lan")
	if len(sealedPieces(t, "A")) != len(sealed) {
		t.Error("one person erased something")
	}
	do(exitUsage, "somebody else", "batch", "erase", "A", "--by", "lan")
	do(exitOK, "personal data erased", "batch", "erase", "A", "--by", "minh")
	do(exitOK, "nothing was edited", "line", "audit", "--audit", log, "--keys", keys, "--drain")
	if n := len(sealedPieces(t, "A")); n != 0 {
		t.Errorf("%d sealed pieces are left", n)
	}
	left := map[string][]byte{"the audit log": bytes.Join(mapValues(readTree(t, log)), nil)}
	for _, name := range []string{"line.db", "line.db-wal"} {
		if content, err := os.ReadFile(filepath.Join(dir, name)); url == "" && !errors.Is(err, fs.ErrNotExist) {
			check(t, err)
			left[name] = content
		}
	}
	secrets := sealed
	text, err := os.ReadFile(filepath.Join(dir, people.CSVName))
	check(t, err)
	for _, cell := range strings.FieldsFunc(string(text), func(r rune) bool { return strings.ContainsRune(",\n\"", r) }) {
		if len(cell) > 8 {
			secrets = append(secrets, []byte(cell))
		}
	}
	for name, content := range left {
		for _, s := range secrets {
			if bytes.Contains(content, s) {
				t.Errorf("%s holds %q", name, s)
			}
		}
	}
	do(exitOK, "everything adds up", "batch", "report", "A")

	// Somebody tampers with the log.
	whole := readTree(t, log)
	tampered := func(what string, tree map[string][]byte) {
		t.Helper()
		check(t, os.RemoveAll(log))
		for path, content := range tree {
			check(t, os.MkdirAll(filepath.Dir(path), 0o700))
			check(t, os.WriteFile(path, content, 0o600))
		}
		r := chipidRun(t, "", "line", "audit", "--audit", log, "--keys", keys)
		if r.status != exitFailed || !strings.Contains(r.talk, "TAMPERED") {
			t.Errorf("%s: %d %s%s", what, r.status, r.out, r.talk)
		}
	}
	for what, change := range map[string]func([][]byte) [][]byte{
		"edited": func(e [][]byte) [][]byte {
			e[3] = bytes.Replace(e[3], []byte(`"id":`), []byte(`"id":1`), 1)
			return e
		},
		"dropped":   func(e [][]byte) [][]byte { return slices.Delete(e, 5, 6) },
		"reordered": func(e [][]byte) [][]byte { e[4], e[5] = e[5], e[4]; return e },
		"cut off":   func(e [][]byte) [][]byte { return e[:len(e)-1] },
	} {
		tree := map[string][]byte{}
		for path, content := range whole {
			if strings.Contains(path, "entries") {
				content = bundle(change(lines(content)))
			}
			tree[path] = content
		}
		tampered(what, tree)
	}
	tampered("an older copy", early)
}

// spoil draws a blank for the first request and spoils it.
func spoil(t *testing.T, batch string) {
	t.Helper()
	onStore(t, func(tx *store.Tx) error {
		b, err := tx.Batch(t.Context(), batch)
		if err != nil {
			return err
		}
		open, err := tx.Next(t.Context(), b.ID, 1)
		if err != nil {
			return err
		}
		c, err := tx.Draw(t.Context(), open[0].ID, "S1")
		for _, s := range []card.State{card.Probed, card.KeysMade, card.RejectPending} {
			if err == nil {
				c, err = tx.Advance(t.Context(), c, s, store.Mark{Serial: "C0FFEE", Reason: "chip: pulled"})
			}
		}
		return err
	})
}

// makeStoryCards makes the cards of a batch's open requests without chips.
func makeStoryCards(t *testing.T, batch string) {
	t.Helper()
	onStore(t, func(tx *store.Tx) error { return makeOpen(t.Context(), tx, batch) })
}

func onStore(t *testing.T, f func(*store.Tx) error) {
	t.Helper()
	st, err := store.Open(t.Context(), os.Getenv("CHIPID_DB"), store.Options{})
	check(t, err)
	defer st.Close()
	check(t, st.Do(t.Context(), "story", f))
}

// sealedPieces are pieces of a batch's sealed rows and wrapped key, short enough to
// lie in one page of a database.
func sealedPieces(t *testing.T, batch string) (pieces [][]byte) {
	t.Helper()
	onStore(t, func(tx *store.Tx) error {
		pieces = nil
		add := func(b []byte) {
			if len(b) > 0 {
				n := min(40, len(b))
				pieces = append(pieces, b[:n], b[len(b)-n:])
			}
		}
		b, err := tx.Batch(t.Context(), batch)
		if err != nil {
			return err
		}
		add(b.SealedKey)
		rejects, err := tx.Rejects(t.Context(), b.ID, 0, 100)
		if err != nil {
			return err
		}
		for _, r := range rejects {
			add(r.Sealed)
		}
		for id := int64(1); id <= 20; id++ {
			r, err := tx.Request(t.Context(), id)
			if err != nil {
				return err
			}
			add(r.Sealed)
		}
		return nil
	})
	return pieces
}

func readTree(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	tree := map[string][]byte{}
	check(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		tree[path], err = os.ReadFile(path)
		return err
	}))
	return tree
}

func mapValues(m map[string][]byte) (all [][]byte) {
	for _, v := range m {
		all = append(all, v)
	}
	return all
}

// lines are the entries of a bundle of C2SP tlog-tiles: two bytes of length before each.
func lines(b []byte) (all [][]byte) {
	for len(b) >= 2 {
		n := int(binary.BigEndian.Uint16(b))
		all, b = append(all, slices.Clone(b[2:2+n])), b[2+n:]
	}
	return all
}

func bundle(all [][]byte) (b []byte) {
	for _, e := range all {
		b = append(binary.BigEndian.AppendUint16(b, uint16(len(e))), e...)
	}
	return b
}
