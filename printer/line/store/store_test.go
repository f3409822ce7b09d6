package store_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/chipid-toolkit/chipid/printer/line/card"
	"github.com/chipid-toolkit/chipid/printer/line/store"
	"github.com/chipid-toolkit/chipid/printer/line/store/storetest"
)

// onBoth runs a test on SQLite and on a real PostgreSQL.
func onBoth(t *testing.T, test func(t *testing.T, url string)) {
	t.Run("sqlite", func(t *testing.T) { test(t, filepath.Join(t.TempDir(), "line.db")) })
	t.Run("postgres", func(t *testing.T) { test(t, cluster(t).Database(t)) })
}

func open(t testing.TB, url string, o store.Options) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), url, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// begin makes a batch of n requests and as many blanks.
func begin(t testing.TB, s *store.Store, n int) (b store.Batch, requests []store.Request) {
	t.Helper()
	ctx := context.Background()
	if err := s.Do(ctx, "begin", func(tx *store.Tx) (err error) {
		if b, err = tx.NewBatch(ctx, store.Batch{Name: t.Name(), Profile: "vn-cccd-2021"}); err != nil {
			return err
		}
		for i := range n {
			r, err := tx.Add(ctx, store.Request{BatchID: b.ID, Line: i + 1, NumberDigest: []byte{byte(i)}})
			if err != nil {
				return err
			}
			requests = append(requests, r)
		}
		return tx.Receive(ctx, b.ID, int64(n), "delivery 1", "anna")
	}); err != nil {
		t.Fatal(err)
	}
	return b, requests
}

func advance(t testing.TB, s *store.Store, c store.Card, way ...card.State) store.Card {
	t.Helper()
	ctx := context.Background()
	for _, to := range way {
		if err := s.Do(ctx, string(to), func(tx *store.Tx) (err error) {
			c, err = tx.Advance(ctx, c, to, store.Mark{Reason: "test"})
			return err
		}); err != nil {
			t.Fatalf("to %s: %v", to, err)
		}
	}
	return c
}

func draw(s *store.Store, request int64) (c store.Card, err error) {
	ctx := context.Background()
	err = s.Do(ctx, "draw", func(tx *store.Tx) (err error) {
		c, err = tx.Draw(ctx, request, "S1")
		return err
	})
	return c, err
}

var wholeWay = []card.State{card.Probed, card.KeysMade, card.Signing, card.Signed, card.Writing, card.Locked, card.Printing, card.Printed, card.Checked, card.Good}

func TestOneCardToTheEnd(t *testing.T) { onBoth(t, testOneCardToTheEnd) }

func testOneCardToTheEnd(t *testing.T, url string) {
	ctx := context.Background()
	s := open(t, url, store.Options{})
	b, requests := begin(t, s, 1)
	c, err := draw(s, requests[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	c = advance(t, s, c, wholeWay...)
	if err := s.Do(ctx, "look", func(tx *store.Tx) error {
		steps, err := tx.Journal(ctx, c.ID)
		if err != nil {
			return err
		}
		if len(steps) != len(wholeWay)+1 || steps[0].State != card.Drawn || steps[len(steps)-1].State != card.Good {
			t.Errorf("journal: %+v", steps)
		}
		balance, err := tx.Reconcile(ctx, b.ID)
		if balance[card.GoodBin] != 1 || balance[card.Stock] != 0 {
			t.Errorf("balance: %v", balance)
		}
		if err != nil {
			return err
		}
		return tx.Close(ctx, b.ID, "anna")
	}); err != nil {
		t.Fatal(err)
	}
}

// TestNeverTwoCards: while a card may be good, no second one is begun; after a
// confirmed reject one is.
func TestNeverTwoCards(t *testing.T) { onBoth(t, testNeverTwoCards) }

func testNeverTwoCards(t *testing.T, url string) {
	s := open(t, url, store.Options{})
	_, requests := begin(t, s, 5)
	id := requests[0].ID
	c, err := draw(s, id)
	if err != nil {
		t.Fatal(err)
	}
	refused := func(when string) {
		t.Helper()
		if _, err := draw(s, id); !errors.Is(err, store.ErrLive) && !errors.Is(err, store.ErrState) {
			t.Fatalf("%s: %v", when, err)
		}
	}
	refused("in work")
	c = advance(t, s, c, card.Probed, card.KeysMade, card.RejectPending)
	refused("reject pending")
	advance(t, s, c, card.RejectConfirmed)
	c, err = draw(s, id)
	if err != nil {
		t.Fatalf("after the reject was confirmed: %v", err)
	}
	if c.Attempt != 2 {
		t.Errorf("attempt %d", c.Attempt)
	}
	advance(t, s, c, wholeWay...)
	refused("good")
}

// TestTwoStationsAtOnce: of many that draw for one request at one moment, one
// gets a card.
func TestTwoStationsAtOnce(t *testing.T) { onBoth(t, testTwoStationsAtOnce) }

func testTwoStationsAtOnce(t *testing.T, url string) {
	s := open(t, url, store.Options{})
	_, requests := begin(t, s, 8)
	var wg sync.WaitGroup
	got := make(chan store.Card, 8)
	for range 8 {
		wg.Go(func() {
			c, err := draw(s, requests[0].ID)
			if err == nil {
				got <- c
			} else if !errors.Is(err, store.ErrLive) {
				t.Errorf("refused with %v", err)
			}
		})
	}
	wg.Wait()
	if len(got) != 1 {
		t.Fatalf("%d cards", len(got))
	}
}

func TestRefusals(t *testing.T) { onBoth(t, testRefusals) }

func testRefusals(t *testing.T, url string) {
	ctx := context.Background()
	s := open(t, url, store.Options{})
	b, requests := begin(t, s, 1)
	c, err := draw(s, requests[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	err = s.Do(ctx, "skip", func(tx *store.Tx) error {
		_, err := tx.Advance(ctx, c, card.Good, store.Mark{})
		return err
	})
	if !errors.Is(err, store.ErrTransition) {
		t.Errorf("from drawn to good: %v", err)
	}
	advance(t, s, c, card.Probed)
	err = s.Do(ctx, "stale", func(tx *store.Tx) error {
		_, err := tx.Advance(ctx, c, card.Untouched, store.Mark{})
		return err
	})
	if !errors.Is(err, store.ErrState) {
		t.Errorf("an old card moved: %v", err)
	}
	err = s.Do(ctx, "close", func(tx *store.Tx) error { return tx.Close(ctx, b.ID, "anna") })
	if !errors.Is(err, store.ErrUnbalanced) {
		t.Errorf("closed with a blank in work: %v", err)
	}
	var other store.Request
	if err := s.Do(ctx, "add", func(tx *store.Tx) (err error) {
		other, err = tx.Add(ctx, store.Request{BatchID: b.ID, Line: 2, NumberDigest: []byte{9}})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := draw(s, other.ID); !errors.Is(err, store.ErrNoStock) {
		t.Errorf("drawn from an empty stock: %v", err)
	}
}

// TestALotStopsForAll: k failures in a row, not k failures.
func TestALotStopsForAll(t *testing.T) { onBoth(t, testALotStopsForAll) }

func testALotStopsForAll(t *testing.T, url string) {
	ctx := context.Background()
	s := open(t, url, store.Options{})
	count := func(ok bool) (l store.Lot) {
		t.Helper()
		if err := s.Do(ctx, "count", func(tx *store.Tx) (err error) {
			l, err = tx.Authenticated(ctx, "A1", ok, 3, "wrong keys")
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return l
	}
	for _, ok := range []bool{false, false, true, false, false} {
		if count(ok).Stopped {
			t.Fatal("stopped too early")
		}
	}
	for range 2 {
		if !count(false).Stopped {
			t.Fatal("not stopped")
		}
	}
	if err := s.Do(ctx, "release", func(tx *store.Tx) error { return tx.Release(ctx, "A1", "anna") }); err != nil {
		t.Fatal(err)
	}
	if count(false).Stopped {
		t.Fatal("stopped right after it was released")
	}
}

func TestTwoPeople(t *testing.T) { onBoth(t, testTwoPeople) }

func testTwoPeople(t *testing.T, url string) {
	ctx := context.Background()
	s := open(t, url, store.Options{})
	agree := func(who string) (done bool, err error) {
		err = s.Do(ctx, "agree", func(tx *store.Tx) (err error) {
			done, err = tx.Agree(ctx, store.ActionConfirm, "7", who)
			return err
		})
		return done, err
	}
	if done, err := agree("anna"); done || err != nil {
		t.Fatalf("one person: %v %v", done, err)
	}
	if _, err := agree("anna"); !errors.Is(err, store.ErrSamePerson) {
		t.Fatalf("the same person twice: %v", err)
	}
	if done, err := agree("bao"); !done || err != nil {
		t.Fatalf("two people: %v %v", done, err)
	}
}

// cluster is one PostgreSQL for all tests of the package: a cluster takes
// seconds to make, a database does not.
var cluster = func() func(t *testing.T) *storetest.Cluster {
	var once sync.Once
	var c *storetest.Cluster
	return func(t *testing.T) *storetest.Cluster {
		t.Helper()
		once.Do(func() { c = storetest.StartPostgres(shared{t}) })
		if c == nil {
			t.Skip("no PostgreSQL")
		}
		return c
	}
}()

// shared is a test whose cleanups run when all tests are done.
type shared struct{ *testing.T }

var atEnd []func()

func (shared) Cleanup(f func()) { atEnd = append(atEnd, f) }

func TestMain(m *testing.M) {
	code := m.Run()
	for _, f := range atEnd {
		f()
	}
	os.Exit(code)
}

func TestAStoreThatIsNone(t *testing.T) {
	if _, err := store.Open(context.Background(), "mysql://x", store.Options{}); !errors.Is(err, store.ErrURL) {
		t.Fatalf("got %v", err)
	}
}
