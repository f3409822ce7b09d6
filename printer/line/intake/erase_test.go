package intake_test

import (
	"bytes"
	"errors"
	"os"
	"testing"
	"time"

	bureau "github.com/chipid-toolkit/chipid/printer/line/office"
	"github.com/chipid-toolkit/chipid/printer/line/seal"
	"github.com/chipid-toolkit/chipid/printer/line/store"
)

// erase has two people say that what is past its retention is erased.
func erase(st *store.Store) ([]string, error) {
	o := &bureau.Office{Store: st}
	if e, err := o.Erase(ctx, "", "lan"); err != nil || len(e.Erased) != 0 {
		return e.Erased, errors.Join(err, errors.New("one person's word"))
	}
	e, err := o.Erase(ctx, "", "minh")
	return e.Erased, err
}

// After the retention no row opens, and no piece of the wrapped key or of a sealed row is
// left in the files of the database; what happened to the cards is.
func TestErase(t *testing.T) {
	w := newWorld(t)
	b, err := w.NewBatch(ctx, store.Batch{Name: "A", Profile: "vn-cccd-2021", Retain: 24 * time.Hour})
	must(t, err)
	_, err = w.importFile("A", w.writeCSV("many.csv", many(t, 300)), "")
	must(t, err)
	w.batch("B")
	_, err = w.importFile("B", w.csv(), "")
	must(t, err)
	_, requests := w.read("A")
	var rejects []store.Reject
	must(t, w.Store.Do(ctx, "read", func(tx *store.Tx) (err error) {
		rejects, err = tx.Rejects(ctx, b.ID, 0, 1)
		return err
	}))
	at := func(d time.Duration) *store.Store {
		return w.Store.With(store.Options{Clock: func() time.Time { return time.Now().Add(d) }})
	}
	if names, err := erase(at(48 * time.Hour)); err != nil || len(names) != 0 {
		t.Fatalf("an open batch: %v, %v", names, err)
	}
	_, err = w.Store.DB().ExecContext(ctx, `UPDATE request SET state = 'cancelled' WHERE batch_id = ?`, b.ID)
	must(t, err)
	must(t, w.Store.Do(ctx, "close", func(tx *store.Tx) error { return tx.Close(ctx, b.ID, "test") }))
	if names, err := erase(at(23 * time.Hour)); err != nil || len(names) != 0 {
		t.Fatalf("before its time: %v, %v", names, err)
	}
	if names, err := erase(at(25 * time.Hour)); err != nil || len(names) != 1 || names[0] != "A" {
		t.Fatalf("%v, %v", names, err)
	}
	if names, err := erase(at(25 * time.Hour)); err != nil || len(names) != 0 {
		t.Fatalf("twice: %v, %v", names, err)
	}
	got, _ := w.read("A")
	if _, err := seal.OpenBatch(ctx, w.Keys, w.Seal, "A", got.SealedKey); !errors.Is(err, seal.ErrErased) {
		t.Errorf("it opens: %v", err)
	}
	if got.Records != 300 || got.Rejected != 30 {
		t.Errorf("%+v", got)
	}
	other, left := w.read("B")
	if len(other.SealedKey) == 0 || len(left) == 0 || len(left[0].Sealed) == 0 {
		t.Error("another batch was erased too")
	}
	must(t, w.Store.Close())
	for _, name := range []string{w.db, w.db + "-wal"} {
		content, err := os.ReadFile(name)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		must(t, err)
		// Pieces: what is longer than a page is not in one place.
		for what, secret := range map[string][]byte{"the key": b.SealedKey[len(b.SealedKey)-40:], "a record": requests[0].Sealed[:64], "a reject": rejects[0].Sealed[:64], "a portrait": requests[0].Sealed[len(requests[0].Sealed)-500:][:64]} {
			if bytes.Contains(content, secret) {
				t.Errorf("%s is left in %s", what, name)
			}
		}
	}
}
