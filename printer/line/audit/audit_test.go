//go:build unix

package audit_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/printer/line/audit"
	"github.com/chipid-toolkit/chipid/printer/line/card"
	"github.com/chipid-toolkit/chipid/printer/line/store"
)

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func openStore(t testing.TB, url string) *store.Store {
	t.Helper()
	st, err := store.Open(context.Background(), url, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	return st
}

func do(t testing.TB, st *store.Store, f func(*store.Tx) error) {
	t.Helper()
	if err := st.Do(context.Background(), "test", f); err != nil {
		t.Fatal(err)
	}
}

var good = []card.State{card.Probed, card.KeysMade, card.Signing, card.Signed, card.Writing, card.Locked, card.Printing, card.Printed, card.Checked, card.Good}

// work makes a batch of n cards, of which the first is rejected, confirmed by two
// people, and made again.
func work(t testing.TB, st *store.Store, name string, n int) {
	t.Helper()
	ctx := context.Background()
	var b store.Batch
	do(t, st, func(tx *store.Tx) (err error) {
		if b, err = tx.NewBatch(ctx, store.Batch{Name: name, Profile: "vn-cancuoc-2024"}); err != nil {
			return err
		}
		return tx.Receive(ctx, b.ID, int64(n)+1, "delivery "+name, "stock.clerk")
	})
	for i := range n {
		var r store.Request
		do(t, st, func(tx *store.Tx) (err error) {
			r, err = tx.Add(ctx, store.Request{BatchID: b.ID, Line: i + 1, NumberDigest: []byte(fmt.Sprintf("%s %028d", name, i))})
			return err
		})
		if i == 0 {
			var c store.Card
			do(t, st, func(tx *store.Tx) (err error) {
				if c, err = tx.Draw(ctx, r.ID, "s1"); err == nil {
					c, err = tx.Advance(ctx, c, card.RejectPending, store.Mark{Reason: "feed.jam"})
				}
				return err
			})
			for _, who := range []string{"an", "binh"} {
				do(t, st, func(tx *store.Tx) error {
					agreed, err := tx.Agree(ctx, store.ActionConfirm, fmt.Sprint(c.ID), who)
					if err == nil && agreed {
						_, err = tx.Advance(ctx, c, card.RejectConfirmed, store.Mark{By: who})
					}
					return err
				})
			}
		}
		var c store.Card
		do(t, st, func(tx *store.Tx) (err error) {
			c, err = tx.Draw(ctx, r.ID, "s1")
			return err
		})
		for _, s := range good {
			m := store.Mark{Station: "s1"}
			switch s {
			case card.Probed:
				m.Serial = fmt.Sprintf("%s%08X", name, i)
			case card.Signing:
				m.Digest = make([]byte, 32)
			}
			do(t, st, func(tx *store.Tx) (err error) {
				c, err = tx.Advance(ctx, c, s, m)
				return err
			})
		}
	}
}

func drain(t testing.TB, st *store.Store, dir string, key crypto.Signer) int {
	t.Helper()
	l, err := audit.Open(context.Background(), st, audit.Options{Dir: dir, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	n, err := l.Drain(context.Background())
	if err := errors.Join(err, l.Close()); err != nil {
		t.Fatal(err)
	}
	return n
}

func verify(t testing.TB, st *store.Store, c audit.Check) *audit.Report {
	t.Helper()
	r, err := audit.Verify(context.Background(), st, c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestALogIsWhole(t *testing.T) {
	dir := t.TempDir()
	st := openStore(t, filepath.Join(dir, "line.db"))
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	work(t, st, "A", 3)
	logDir := filepath.Join(dir, "audit")
	n := drain(t, st, logDir, edKey)
	if n != 2+(1+10)*3+3+2 {
		t.Errorf("%d lines", n)
	}
	if again := drain(t, st, logDir, edKey); again != 0 {
		t.Errorf("%d lines came twice", again)
	}
	work(t, st, "B", 25) // over the end of a bundle
	check := audit.Check{Dir: logDir, Key: edKey.Public(), Witness: filepath.Join(dir, "witness")}
	r := verify(t, st, check)
	if r.Tampered() || !r.Signed || r.Size != uint64(n) || r.Waiting == 0 || r.Witness != audit.WitnessFirst {
		t.Fatalf("%+v", r)
	}
	if err := r.Keep(check.Witness); err != nil {
		t.Fatal(err)
	}
	n += drain(t, st, logDir, edKey)
	r = verify(t, st, check)
	if r.Tampered() || r.Size != uint64(n) || n < 257 || r.Waiting != 0 || r.Witness != audit.WitnessConsistent || r.Cards != 30 {
		t.Fatalf("%+v", r)
	}
	// Without a key nothing is wrong, and nothing is proven.
	if r := verify(t, st, audit.Check{Dir: logDir}); r.Tampered() || r.Signed {
		t.Errorf("%+v", r)
	}
	// Another key.
	if r := verify(t, st, audit.Check{Dir: logDir, Key: newKey(t).Public()}); !r.Tampered() || r.Signed {
		t.Errorf("%+v", r)
	}
	if _, err := audit.Open(context.Background(), st, audit.Options{Dir: logDir, Key: newKey(t)}); !errors.Is(err, audit.ErrTampered) {
		t.Errorf("fed under another key: %v", err)
	}
	if _, err := audit.Open(context.Background(), st, audit.Options{Dir: filepath.Join(dir, "other"), Key: edKey}); !errors.Is(err, audit.ErrElsewhere) {
		t.Errorf("fed in another folder: %v", err)
	}
	if _, err := audit.Open(context.Background(), openStore(t, filepath.Join(dir, "other.db")), audit.Options{Dir: logDir, Key: edKey}); !errors.Is(err, audit.ErrTampered) {
		t.Errorf("fed from another store: %v", err)
	}
}

func TestOneAppender(t *testing.T) {
	dir := t.TempDir()
	st := openStore(t, filepath.Join(dir, "line.db"))
	o := audit.Options{Dir: filepath.Join(dir, "audit"), Key: newKey(t)}
	l, err := audit.Open(context.Background(), st, o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := audit.Open(context.Background(), st, o); !errors.Is(err, audit.ErrBusy) {
		t.Errorf("%v", err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if l, err = audit.Open(context.Background(), st, o); err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
}

// A clock that was set back leaves files from the future.
func TestTheClockWasSetBack(t *testing.T) {
	dir := t.TempDir()
	st := openStore(t, filepath.Join(dir, "line.db"))
	key, logDir := newKey(t), filepath.Join(dir, "audit")
	work(t, st, "A", 1)
	drain(t, st, logDir, key)
	future := time.Now().Add(48 * time.Hour)
	if err := os.Chtimes(filepath.Join(logDir, "checkpoint"), future, future); err != nil {
		t.Fatal(err)
	}
	work(t, st, "B", 1)
	if drain(t, st, logDir, key) == 0 {
		t.Error("nothing was drained")
	}
}

func TestNoLog(t *testing.T) {
	st := openStore(t, filepath.Join(t.TempDir(), "line.db"))
	if _, err := audit.Verify(context.Background(), st, audit.Check{Dir: filepath.Join(t.TempDir(), "audit")}); !errors.Is(err, audit.ErrNoLog) {
		t.Errorf("%v", err)
	}
}
