package queue_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/printer/line/queue"
	"github.com/chipid-toolkit/chipid/printer/line/store"
)

func fill(t *testing.T, s *store.Store, q *queue.Queue, n int) {
	t.Helper()
	ctx := context.Background()
	if err := s.Do(ctx, "fill", func(tx *store.Tx) error {
		b, err := tx.NewBatch(ctx, store.Batch{Name: "b", Profile: "vn-cccd-2021"})
		if err != nil {
			return err
		}
		var all []store.Request
		for i := range n {
			r, err := tx.Add(ctx, store.Request{BatchID: b.ID, Line: i + 1, NumberDigest: []byte{byte(i)}})
			if err != nil {
				return err
			}
			all = append(all, r)
		}
		return q.EnqueueMany(ctx, tx, all)
	}); err != nil {
		t.Fatal(err)
	}
}

// TestEveryJobComesOnce as long as nobody dies, and one that asks for it comes
// again.
func TestEveryJobComesOnce(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	s, err := store.Open(ctx, filepath.Join(t.TempDir(), "line.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	var mu sync.Mutex
	seen := map[int64]int{}
	done := make(chan struct{}, 100)
	q, err := queue.Open(ctx, s, queue.Config{Process: "p1", Workers: 4, Later: 10 * time.Millisecond, Work: func(ctx context.Context, j queue.Job) error {
		mu.Lock()
		seen[j.RequestID]++
		first := seen[j.RequestID] == 1
		mu.Unlock()
		if first && j.RequestID == 3 {
			return fmt.Errorf("the lot is stopped: %w", queue.ErrLater)
		}
		err := s.Do(ctx, "complete", func(tx *store.Tx) error { return j.Complete(ctx, tx) })
		done <- struct{}{}
		return err
	}})
	if err != nil {
		t.Fatal(err)
	}
	fill(t, s, q, 10)
	if err := q.Start(ctx); err != nil {
		t.Fatal(err)
	}
	for range 10 {
		select {
		case <-done:
		case <-ctx.Done():
			t.Fatal("jobs are missing")
		}
	}
	if err := q.Stop(ctx); err != nil {
		t.Fatal(err)
	}
	for id := int64(1); id <= 10; id++ {
		want := 1
		if id == 3 {
			want = 2
		}
		if seen[id] != want {
			t.Errorf("request %d came %d times", id, seen[id])
		}
	}
	if n, err := q.Waiting(ctx); n != 0 || err != nil {
		t.Errorf("%d jobs are left: %v", n, err)
	}
}

// TestARestartTakesItsJobsBack: what a process was working on when it died is
// there again at once when it starts anew, and another process does not touch it.
func TestARestartTakesItsJobsBack(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	s, err := store.Open(ctx, filepath.Join(t.TempDir(), "line.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	got := make(chan string, 10)
	hang := make(chan struct{})
	defer close(hang)
	open := func(process string, work func()) *queue.Queue {
		t.Helper()
		q, err := queue.Open(ctx, s, queue.Config{Process: process, Workers: 1, Work: func(ctx context.Context, j queue.Job) error {
			got <- process
			work()
			return s.Do(ctx, "complete", func(tx *store.Tx) error { return j.Complete(ctx, tx) })
		}})
		if err != nil {
			t.Fatal(err)
		}
		return q
	}
	first := open("p1", func() { <-hang })
	fill(t, s, first, 1)
	if err := first.Start(ctx); err != nil {
		t.Fatal(err)
	}
	<-got
	other := open("p2", func() {})
	if err := other.Start(ctx); err != nil {
		t.Fatal(err)
	}
	select {
	case p := <-got:
		t.Fatalf("%s took a job that p1 has", p)
	case <-time.After(time.Second):
	}
	_ = other.Stop(ctx)
	again := open("p1", func() {})
	if err := again.Start(ctx); err != nil {
		t.Fatal(err)
	}
	select {
	case <-got:
	case <-ctx.Done():
		t.Fatal("the job did not come back")
	}
	_ = again.Stop(ctx)
}
