package office_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/printer/line/office"
	"github.com/chipid-toolkit/chipid/printer/line/store"
)

// Personal data goes by two people's word, never by one's, and not before its time.
func TestEraseNeedsTwo(t *testing.T) {
	ctx := context.Background()
	st, err := store.Open(ctx, "sqlite::memory:", store.Options{})
	must(t, err)
	defer func() { must(t, st.Close()) }()
	later := &office.Office{Store: st.With(store.Options{Clock: func() time.Time { return time.Now().Add(25 * time.Hour) }})}
	now := &office.Office{Store: st}
	for name, keep := range map[string]time.Duration{"A": 24 * time.Hour, "B": 0, "C": 24 * time.Hour} {
		must(t, st.Do(ctx, "batch", func(tx *store.Tx) error {
			_, err := tx.NewBatch(ctx, store.Batch{Name: name, Profile: "vn-cccd-2021", Retain: keep, SealedKey: []byte{1}})
			return err
		}))
	}
	closeBatch := func(name string) {
		t.Helper()
		must(t, st.Do(ctx, "close", func(tx *store.Tx) error {
			b, err := tx.Batch(ctx, name)
			if err != nil {
				return err
			}
			return tx.Close(ctx, b.ID, "test")
		}))
	}
	holds := func(name string) (yes bool) {
		t.Helper()
		must(t, st.Do(ctx, "look", func(tx *store.Tx) error {
			b, err := tx.Batch(ctx, name)
			yes = len(b.SealedKey) > 0
			return err
		}))
		return yes
	}
	try := func(o *office.Office, name, by string, want error, erased, noted []string) {
		t.Helper()
		e, err := o.Erase(ctx, name, by)
		if !errors.Is(err, want) || (want == nil && err != nil) || !slices.Equal(e.Erased, erased) || !slices.Equal(e.Noted, noted) {
			t.Errorf("%q by %q: %+v, %v", name, by, e, err)
		}
	}
	try(now, "A", "lan", office.ErrNotNow, nil, nil)
	closeBatch("A")
	closeBatch("B")
	try(now, "A", "lan", office.ErrKept, nil, nil)
	try(now, "", "lan", nil, nil, nil)
	try(now, "X", "lan", store.ErrNotFound, nil, nil)
	try(later, "", " ", office.ErrPerson, nil, nil)
	try(later, "", "lan", nil, nil, []string{"A"})
	try(later, "", "lan", nil, nil, []string{"A"}) // every day, until somebody else says so
	try(later, "A", "lan", store.ErrSamePerson, nil, nil)
	if !holds("A") {
		t.Error("one person erased a batch")
	}
	try(later, "", "minh", nil, []string{"A"}, nil)
	try(later, "", "hoa", nil, nil, nil)
	try(later, "A", "hoa", nil, []string{"A"}, nil) // erased already: swept again
	try(now, "B", "lan", nil, nil, []string{"B"})
	try(now, "B", "minh", nil, []string{"B"}, nil)
	if holds("A") || holds("B") || !holds("C") {
		t.Error(holds("A"), holds("B"), holds("C"))
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
