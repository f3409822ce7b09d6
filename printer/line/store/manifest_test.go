package store_test

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/chipid-toolkit/chipid/printer/line/card"
	"github.com/chipid-toolkit/chipid/printer/line/store"
)

func TestManifest(t *testing.T) { onBoth(t, testManifest) }

func testManifest(t *testing.T, url string) {
	ctx := context.Background()
	s := open(t, url, store.Options{})
	_, requests := begin(t, s, 2)
	c, err := draw(s, requests[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	add := func(digest byte, lot string, serials ...string) error {
		return s.Do(ctx, "add", func(tx *store.Tx) error {
			return tx.AddManifest(ctx, store.Manifest{Digest: bytes.Repeat([]byte{digest}, 32), Signer: make([]byte, 32), Lot: lot, By: "anna"}, serials)
		})
	}
	required := false
	vouched := func(lot, serial string, c store.Card) store.Refusal {
		t.Helper()
		err := s.Do(ctx, "ask", func(tx *store.Tx) error { return tx.Vouched(ctx, lot, serial, c, required) })
		var m *store.ManifestError
		if err != nil && (!errors.As(err, &m) || !errors.Is(err, store.ErrManifest)) {
			t.Fatal(err)
		}
		if m == nil {
			return ""
		}
		return m.Refusal
	}
	if r := vouched("A", "01", c); r != "" {
		t.Errorf("a lot without a manifest: %s", r)
	}
	required = true
	if r := vouched("A", "01", c); r != store.NoManifest {
		t.Errorf("a lot without the manifest that is required: %q", r)
	}
	required = false
	if err := errors.Join(add(1, "A", "01", "02", "02", "03"), add(2, "B", "03", "04")); err != nil {
		t.Fatal(err)
	}
	if err := add(1, "A", "05"); !errors.Is(err, store.ErrImported) {
		t.Errorf("the same again: %v", err)
	}
	for _, x := range []struct {
		lot, serial string
		want        store.Refusal
	}{{"A", "01", ""}, {"A", "02", store.ListedTwice}, {"A", "03", store.ListedTwice}, {"A", "04", store.NotListed}, {"A", "05", store.NotListed}, {"A", "", store.NotListed}, {"B", "04", ""}, {"B", "03", store.ListedTwice}, {"C", "09", ""}} {
		if r := vouched(x.lot, x.serial, c); r != x.want {
			t.Errorf("lot %s, chip %q: %q, want %q", x.lot, x.serial, r, x.want)
		}
	}
	if err := s.Do(ctx, "probe", func(tx *store.Tx) (err error) {
		c, err = tx.Advance(ctx, c, card.Probed, store.Mark{Serial: "01"})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	other, err := draw(s, requests[1].ID)
	if err != nil {
		t.Fatal(err)
	}
	if r := vouched("A", "01", c); r != "" {
		t.Errorf("its own card: %s", r)
	}
	if r := vouched("A", "01", other); r != store.AlreadyBegun {
		t.Errorf("a second card on the chip: %q", r)
	}
	// As it came, it is a blank again.
	c = advance(t, s, c, card.Untouched)
	if r := vouched("A", "01", other); r != "" {
		t.Errorf("an untouched blank: %s", r)
	}
	advance(t, s, other, card.RejectPending)
}
