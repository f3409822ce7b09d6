//go:build unix

package audit_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/api"
	"github.com/transparency-dev/tessera/api/layout"

	"github.com/chipid-toolkit/chipid/printer/line/audit"
	"github.com/chipid-toolkit/chipid/printer/line/store"
)

// scene is a small log with its store, as files that can be copied and changed.
type scene struct {
	dir    string
	key    *ecdsa.PrivateKey
	origin string
	size   int
}

func (s scene) log() string { return filepath.Join(s.dir, "audit") }
func (s scene) db() string  { return filepath.Join(s.dir, "line.db") }

func (s scene) check() audit.Check { return audit.Check{Dir: s.log(), Key: s.key.Public()} }

func newScene(t *testing.T) scene {
	t.Helper()
	s := scene{dir: t.TempDir(), key: newKey(t)}
	st, err := store.Open(context.Background(), s.db(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	work(t, st, "A", 2)
	drain(t, st, s.log(), s.key)
	r := verify(t, st, s.check())
	if r.Tampered() {
		t.Fatalf("%+v", r)
	}
	s.origin, s.size = r.Origin, int(r.Size)
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	return s
}

// copy gives a scene of its own to change.
func (s scene) copy(t *testing.T) scene {
	t.Helper()
	c := s
	c.dir = t.TempDir()
	if err := os.CopyFS(c.dir, os.DirFS(s.dir)); err != nil {
		t.Fatal(err)
	}
	return c
}

func (s scene) report(t *testing.T, c audit.Check) *audit.Report {
	t.Helper()
	st, err := store.Open(context.Background(), s.db(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = st.Close() }()
	return verify(t, st, c)
}

func (s scene) entries(t *testing.T) [][]byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(s.log(), layout.EntriesPath(0, uint8(s.size))))
	if err != nil {
		t.Fatal(err)
	}
	var bundle api.EntryBundle
	if err := bundle.UnmarshalText(b); err != nil {
		t.Fatal(err)
	}
	return bundle.Entries
}

func (s scene) write(t *testing.T, name string, b []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(s.log(), name), b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// replace writes other lines into the log: into the bundle, then into the tree too,
// then under a new checkpoint that is signed with the key.
func (s scene) replace(t *testing.T, entries [][]byte, tree, sign bool) {
	t.Helper()
	var bundle, tile []byte
	r := (&compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}).NewEmptyRange(0)
	for _, e := range entries {
		bundle = append(binary.BigEndian.AppendUint16(bundle, uint16(len(e))), e...)
		h := rfc6962.DefaultHasher.HashLeaf(e)
		tile = append(tile, h...)
		if err := r.Append(h, nil); err != nil {
			t.Fatal(err)
		}
	}
	size := uint8(s.size)
	if sign {
		size = uint8(len(entries))
	}
	s.write(t, layout.EntriesPath(0, size), bundle)
	if tree {
		s.write(t, layout.TilePath(0, 0, size), tile)
	}
	if sign {
		root, err := r.GetRootHash(nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(entries) == 0 {
			root = rfc6962.DefaultHasher.EmptyRoot()
		}
		note, err := audit.SignCheckpoint(s.origin, uint64(len(entries)), root, s.key)
		if err != nil {
			t.Fatal(err)
		}
		s.write(t, "checkpoint", note)
	}
}

// Every kind of tampering with every line of the log is found, and the line named:
// in the lines alone, with the tree mended, and even under a checkpoint that is signed
// with the stolen key.
func TestTamperedLog(t *testing.T) {
	whole := newScene(t)
	st := openStore(t, whole.db())
	entries := whole.entries(t)
	if len(entries) < 20 {
		t.Fatal(len(entries))
	}
	kinds := map[string]func(list [][]byte, i int) [][]byte{
		"edit": func(list [][]byte, i int) [][]byte {
			list[i] = bytes.Replace(list[i], []byte(`"event":"`), []byte(`"event":"x`), 1)
			return list
		},
		"flip": func(list [][]byte, i int) [][]byte {
			list[i] = bytes.Clone(list[i])
			list[i][len(list[i])/2] ^= 1
			return list
		},
		"drop":   func(list [][]byte, i int) [][]byte { return slices.Delete(list, i, i+1) },
		"insert": func(list [][]byte, i int) [][]byte { return slices.Insert(list, i, list[(i+7)%len(list)]) },
		"forge": func(list [][]byte, i int) [][]byte {
			return slices.Insert(list, i, []byte(`{"id":999,"entry":{"event":"card.destroyed","at":1,"card":1}}`))
		},
		"swap": func(list [][]byte, i int) [][]byte {
			j := (i + 1) % len(list)
			list[i], list[j] = list[j], list[i]
			return list
		},
		"truncate": func(list [][]byte, i int) [][]byte { return list[:i] },
	}
	s := whole.copy(t)
	files := map[string][]byte{}
	for _, name := range []string{"checkpoint", layout.TilePath(0, 0, uint8(s.size)), layout.EntriesPath(0, uint8(s.size))} {
		b, err := os.ReadFile(filepath.Join(s.log(), name))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = b
	}
	restore := func() {
		for name, b := range files {
			s.write(t, name, b)
		}
	}
	for name, change := range kinds {
		for i := range entries {
			for _, how := range []struct {
				name       string
				tree, sign bool
			}{{"lines", false, false}, {"lines and tree", true, false}, {"lines, tree and checkpoint", true, true}} {
				restore()
				s.replace(t, change(slices.Clone(entries), i), how.tree, how.sign)
				r := verify(t, st, s.check())
				first := int64(i)
				if name == "swap" && i == len(entries)-1 {
					first = 0
				}
				if !r.Tampered() || r.First < 0 || r.First > first {
					t.Errorf("%s of line %d in %s: first bad line %d, %+v", name, i, how.name, r.First, r.Findings)
				}
				// Before what was changed nothing is called wrong, but by a checkpoint
				// that can speak of all lines only.
				for _, f := range r.Findings {
					if f.Index >= 0 && f.Index < first && f.Kind != audit.Forked && f.Kind != audit.Undone {
						t.Errorf("%s of line %d in %s: %+v", name, i, how.name, f)
					}
				}
			}
		}
	}
}

// A changed byte anywhere in any file of the log is found.
func TestEveryByte(t *testing.T) {
	s := newScene(t)
	st := openStore(t, s.db())
	for _, name := range []string{"checkpoint", layout.TilePath(0, 0, uint8(s.size)), layout.EntriesPath(0, uint8(s.size))} {
		b, err := os.ReadFile(filepath.Join(s.log(), name))
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(b); i += 7 {
			changed := bytes.Clone(b)
			changed[i] ^= 0x20
			s.write(t, name, changed)
			if r := verify(t, st, s.check()); !r.Tampered() {
				t.Errorf("%s: byte %d changed unseen", name, i)
			}
		}
		s.write(t, name, nil)
		if r := verify(t, st, s.check()); !r.Tampered() {
			t.Errorf("%s emptied unseen", name)
		}
		if err := os.Remove(filepath.Join(s.log(), name)); err != nil {
			t.Fatal(err)
		}
		if r := verify(t, st, s.check()); !r.Tampered() {
			t.Errorf("%s removed unseen", name)
		}
		s.write(t, name, b)
	}
	if r := verify(t, st, s.check()); r.Tampered() {
		t.Fatalf("%+v", r)
	}
}

// What is changed in the store past the line is found, row by row.
func TestTamperedStore(t *testing.T) {
	whole := newScene(t)
	st := openStore(t, whole.db())
	count := func(table string) (n int) {
		if err := st.DB().QueryRow(`SELECT COUNT(*) FROM ` + table).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	type change struct{ table, sql string }
	nth := func(table string) string {
		return `rowid = (SELECT rowid FROM ` + table + ` ORDER BY rowid LIMIT 1 OFFSET %d)`
	}
	for _, c := range []change{
		{"journal", `UPDATE journal SET state = 'lost' WHERE ` + nth("journal")},
		{"journal", `UPDATE journal SET at = at + 1 WHERE ` + nth("journal")},
		{"journal", `UPDATE journal SET station = 's9' WHERE ` + nth("journal")},
		{"journal", `UPDATE journal SET reason = 'x' WHERE ` + nth("journal")},
		{"journal", `UPDATE journal SET digest = x'00' WHERE ` + nth("journal")},
		{"journal", `DELETE FROM journal WHERE ` + nth("journal")},
		{"audit", `DELETE FROM audit WHERE ` + nth("audit")},
		{"audit", `UPDATE audit SET entry = replace(entry, 'at', 'bt') WHERE ` + nth("audit")},
		{"audit", `UPDATE audit SET leaf = leaf + 1000 WHERE ` + nth("audit")},
		{"audit", `UPDATE audit SET leaf = NULL WHERE ` + nth("audit")},
		{"posting", `DELETE FROM posting WHERE ` + nth("posting")},
		{"posting", `UPDATE posting SET quantity = quantity + 1 WHERE ` + nth("posting")},
		{"posting", `UPDATE posting SET credit = 'destroyed' WHERE ` + nth("posting")},
		{"posting", `INSERT INTO posting (at, batch_id, card_id, debit, credit, quantity) SELECT at, batch_id, card_id, debit, credit, quantity FROM posting WHERE ` + nth("posting")},
		{"card", `UPDATE card SET state = 'destroyed', live = 0 WHERE ` + nth("card")},
		{"card", `UPDATE card SET serial = '00' WHERE ` + nth("card")},
		{"card", `UPDATE card SET box = '7' WHERE ` + nth("card")},
		{"card", `UPDATE card SET seq = seq + 1 WHERE ` + nth("card")},
		{"card", `DELETE FROM card WHERE ` + nth("card")},
		{"approval", `DELETE FROM approval WHERE ` + nth("approval")},
		{"approval", `UPDATE approval SET granted_by = 'someone' WHERE ` + nth("approval")},
		{"batch", `UPDATE batch SET state = 'closed' WHERE ` + nth("batch")},
		{"audit_checkpoint", `UPDATE audit_checkpoint SET note = replace(note, 'audit', 'audio') WHERE ` + nth("audit_checkpoint")},
		{"audit_log", `UPDATE audit_log SET origin = 'x' WHERE ` + nth("audit_log")},
	} {
		for i := range count(c.table) {
			// Every sixth row of the long tables is enough for the time it takes.
			if count(c.table) > 12 && i%6 != 0 {
				continue
			}
			s := whole.copy(t)
			db := openStore(t, s.db())
			if _, err := db.DB().Exec(`PRAGMA foreign_keys = 0`); err != nil {
				t.Fatal(err)
			}
			if _, err := db.DB().Exec(fmt.Sprintf(c.sql, i)); err != nil {
				t.Fatalf("%s: %v", c.sql, err)
			}
			if r := verify(t, db, s.check()); !r.Tampered() {
				t.Errorf("%s: unseen", fmt.Sprintf(c.sql, i))
			}
			_ = db.Close()
		}
	}
	for _, forged := range []string{
		`INSERT INTO journal (card_id, seq, state, at) VALUES (1, 50, 'destroyed', 1)`,
		`INSERT INTO journal (card_id, seq, state, at) VALUES (999, 1, 'drawn', 1)`,
		`INSERT INTO approval (action, subject, asked_by, asked_at, granted_by, granted_at) VALUES ('destroy', '1', 'x', 1, 'y', 2)`,
		`INSERT INTO audit (at, entry) VALUES (1, '{"event":"card.destroyed","at":1,"card":1}')`,
		`INSERT INTO card (request_id, batch_id, attempt, state, live, seq, drawn_at, changed_at) VALUES (1, 1, 77, 'destroyed', 0, 1, 1, 1)`,
		`INSERT INTO posting (at, batch_id, debit, credit, quantity) VALUES (1, 1, 'sent-back', 'stock', 1)`,
	} {
		s := whole.copy(t)
		db := openStore(t, s.db())
		_, _ = db.DB().Exec(`PRAGMA foreign_keys = 0`)
		if _, err := db.DB().Exec(forged); err != nil {
			t.Fatalf("%s: %v", forged, err)
		}
		if r := verify(t, db, s.check()); !r.Tampered() {
			t.Errorf("%s: unseen", forged)
		}
		_ = db.Close()
	}
}

// Log and store that go back together to an older state are found by the witness alone;
// so is a log that went another way from there.
func TestRolledBack(t *testing.T) {
	s := newScene(t)
	old := s.copy(t)
	st := openStore(t, s.db())
	work(t, st, "B", 1)
	drain(t, st, s.log(), s.key)
	check := s.check()
	check.Witness = filepath.Join(t.TempDir(), "witness")
	r := verify(t, st, check)
	if r.Tampered() {
		t.Fatalf("%+v", r)
	}
	if err := r.Keep(check.Witness); err != nil {
		t.Fatal(err)
	}
	back := old.check()
	if r := old.report(t, back); r.Tampered() {
		t.Fatalf("without a witness: %+v", r)
	}
	back.Witness = check.Witness
	r = old.report(t, back)
	if !r.Tampered() || r.Witness != audit.WitnessRefused || r.First != int64(s.size) {
		t.Errorf("rolled back: %+v", r)
	}
	if r.Keep(check.Witness) == nil {
		t.Error("a bad state became the witness's")
	}
	// The log alone rolled back.
	mixed := s.copy(t)
	if err := os.RemoveAll(mixed.log()); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(mixed.log(), os.DirFS(old.log())); err != nil {
		t.Fatal(err)
	}
	if r := mixed.report(t, mixed.check()); !r.Tampered() || r.First != int64(s.size) {
		t.Errorf("log rolled back: %+v", r)
	}
	l, err := audit.Open(context.Background(), st, audit.Options{Dir: mixed.log(), Key: s.key})
	if err == nil {
		_, err = l.Drain(context.Background())
		_ = l.Close()
	}
	if !errors.Is(err, audit.ErrTampered) {
		t.Errorf("log rolled back, and fed: %v", err)
	}
	// The store alone rolled back.
	mixed = s.copy(t)
	b, err := os.ReadFile(old.db())
	if err != nil {
		t.Fatal(err)
	}
	for _, more := range []string{"", "-wal", "-shm"} {
		_ = os.Remove(mixed.db() + more)
	}
	if err := os.WriteFile(mixed.db(), b, 0o600); err != nil {
		t.Fatal(err)
	}
	if r := mixed.report(t, mixed.check()); !r.Tampered() || r.First != int64(s.size) {
		t.Errorf("store rolled back: %+v", r)
	}
	// A fork: another history from the old state on, longer than the first.
	fork := openStore(t, old.db())
	work(t, fork, "C", 3)
	drain(t, fork, old.log(), s.key)
	r = verify(t, fork, back)
	if !r.Tampered() || r.Witness != audit.WitnessRefused || r.First < 0 || r.First > int64(s.size) {
		t.Errorf("forked: %+v", r)
	}
}

// A log that does not go with the store takes in nothing more.
func TestNothingIsAddedToATamperedLog(t *testing.T) {
	whole := newScene(t)
	for name, change := range map[string]func(s scene){
		"truncated and signed": func(s scene) {
			s.replace(t, s.entries(t)[:5], true, true)
			s.write(t, ".state/treeState", []byte(`{"size":5,"root":"AAAA"}`))
		},
		"edited tree": func(s scene) { s.write(t, layout.TilePath(0, 0, uint8(s.size)), make([]byte, 32*s.size)) },
		"no tree":     func(s scene) { _ = os.RemoveAll(filepath.Join(s.log(), ".state")) },
		"no checkpoint": func(s scene) {
			_ = os.Remove(filepath.Join(s.log(), "checkpoint"))
			_ = os.RemoveAll(filepath.Join(s.log(), ".state"))
		},
		"unsigned checkpoint": func(s scene) { s.write(t, "checkpoint", []byte("chipid\n1\nAAAA\n")) },
	} {
		s := whole.copy(t)
		change(s)
		st := openStore(t, s.db())
		work(t, st, "B", 1)
		l, err := audit.Open(context.Background(), st, audit.Options{Dir: s.log(), Key: s.key})
		if err == nil {
			_, err = l.Drain(context.Background())
			_ = l.Close()
		}
		if err == nil || strings.Contains(err.Error(), "deadline") {
			t.Errorf("%s: %v", name, err)
		}
		var placed int
		if err := st.DB().QueryRow(`SELECT COUNT(*) FROM audit WHERE leaf IS NOT NULL`).Scan(&placed); err != nil || placed != s.size {
			t.Errorf("%s: %d lines have a place, of %d", name, placed, s.size)
		}
	}
}
