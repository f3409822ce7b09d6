//go:build unix

package queue_test

import (
	"context"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/printer/line/queue"
	"github.com/chipid-toolkit/chipid/printer/line/store"
	"github.com/chipid-toolkit/chipid/printer/line/store/storetest"
)

// Priority orders the work, then the due date, then the row.
func TestOrder(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	day := func(n int) time.Time { return time.Date(2026, 12, n, 0, 0, 0, 0, time.UTC) }
	requests := []store.Request{ // in the order of rows
		{}, {Due: day(9)}, {Priority: 1}, {Priority: 9}, {Due: day(3)}, {Priority: 5, Due: day(8)}, {Priority: 5, Due: day(7)}, {Priority: 4, Due: day(1)}, {Priority: 6}, {Priority: 9, Due: day(30)},
		{Priority: 3}, {Priority: 7}, {}, {Priority: 5}, {Priority: 2, Due: time.Date(1969, 1, 1, 0, 0, 0, 0, time.UTC)}, {Priority: 2},
	}
	want := []int64{10, 4, 12, 9, 7, 6, 14, 8, 11, 15, 16, 3, 5, 2, 1, 13}
	test := func(t *testing.T, url string) {
		s, err := store.Open(ctx, url, store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = s.Close() }()
		var got []int64
		done := make(chan struct{})
		q, err := queue.Open(ctx, s, queue.Config{Process: "p1", Workers: 1, Work: func(ctx context.Context, j queue.Job) error {
			err := s.Do(ctx, "complete", func(tx *store.Tx) error { return j.Complete(ctx, tx) })
			if got = append(got, j.RequestID); len(got) == len(want) {
				close(done)
			}
			return err
		}})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Do(ctx, "fill", func(tx *store.Tx) error {
			b, err := tx.NewBatch(ctx, store.Batch{Name: "b", Profile: "vn-cccd-2021"})
			if err != nil {
				return err
			}
			all := slices.Clone(requests)
			for i := range all {
				all[i].BatchID, all[i].Line, all[i].NumberDigest = b.ID, i+1, []byte{byte(i)}
				if all[i], err = tx.Add(ctx, all[i]); err != nil {
					return err
				}
			}
			return q.EnqueueMany(ctx, tx, all)
		}); err != nil {
			t.Fatal(err)
		}
		if err := q.Start(ctx); err != nil {
			t.Fatal(err)
		}
		select {
		case <-done:
		case <-ctx.Done():
		}
		if err := q.Stop(context.WithoutCancel(ctx)); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%v, not %v", got, want)
		}
	}
	t.Run("sqlite", func(t *testing.T) { test(t, filepath.Join(t.TempDir(), "line.db")) })
	t.Run("postgres", func(t *testing.T) { test(t, storetest.StartPostgres(t).Database(t)) })
}
