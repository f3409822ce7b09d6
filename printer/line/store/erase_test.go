package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/printer/line/store"
)

func TestSweep(t *testing.T) {
	ctx := context.Background()
	onBoth(t, func(t *testing.T, url string) {
		s := open(t, url, store.Options{})
		b, requests := begin(t, s, 3)
		if _, err := s.DB().ExecContext(ctx, "UPDATE request SET state = 'cancelled', sealed = number_digest"); err != nil {
			t.Fatal(err)
		}
		do := func(what string, f func(tx *store.Tx) error) {
			t.Helper()
			if err := s.Do(ctx, what, f); err != nil {
				t.Fatal(err)
			}
		}
		do("reject", func(tx *store.Tx) error {
			return tx.Reject(ctx, b.ID, store.Reject{Line: 9, Field: "x", Problem: "y", Sealed: []byte{1}})
		})
		sealed := func() (n int) {
			do("count", func(tx *store.Tx) error {
				n = 0
				for _, r := range requests {
					got, err := tx.Request(ctx, r.ID)
					if err != nil {
						return err
					}
					if len(got.Sealed) > 0 {
						n++
					}
				}
				rejects, err := tx.Rejects(ctx, b.ID, 0, 10)
				for _, r := range rejects {
					if len(r.Sealed) > 0 {
						n++
					}
				}
				return err
			})
			return n
		}
		if err := s.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		if n := sealed(); n != 4 {
			t.Fatalf("a batch that is not erased has %d of 4 sealed rows", n)
		}
		if _, err := s.DB().ExecContext(ctx, "UPDATE batch SET state = 'closed'"); err != nil {
			t.Fatal(err)
		}
		do("erase", func(tx *store.Tx) error { return tx.Erase(ctx, b.ID, "test") })
		if err := s.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		if n := sealed(); n != 0 {
			t.Errorf("%d sealed rows are left", n)
		}
		do("due", func(tx *store.Tx) error {
			due, err := tx.Due(ctx, time.Now().AddDate(10, 0, 0))
			if len(due) != 0 {
				t.Errorf("%d batches are due again", len(due))
			}
			return err
		})
	})
}
