package campaign_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/chipid-toolkit/chipid/printer/line/card"
	"github.com/chipid-toolkit/chipid/printer/line/store"
)

// TestManifest: a blank that its lot's manifest does not vouch for is refused before anything is written to it, with the reason, set aside,
// and no card comes of it; the next one that is listed becomes the card.
func TestManifest(t *testing.T) {
	ctx := context.Background()
	for refusal, serials := range map[store.Refusal]func(first string) []string{
		store.NotListed: func(string) []string { return []string{"00"} }, store.ListedTwice: func(first string) []string { return []string{first, first} }, "": func(first string) []string { return []string{first} },
	} {
		t.Run("refusal "+string(refusal), func(t *testing.T) {
			w, err := office(t).NewWorld(ctx, "")
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = w.Close() }()
			if err := w.Fill(ctx, 1); err != nil {
				t.Fatal(err)
			}
			m := w.NewMachine()
			first := m.Next()
			add := func(digest byte, serials []string) error {
				return w.Store.Do(ctx, "manifest", func(tx *store.Tx) error {
					return tx.AddManifest(ctx, store.Manifest{Digest: bytes.Repeat([]byte{digest}, 32), Signer: make([]byte, 32), Lot: "blanks", By: "anna"}, serials)
				})
			}
			if err := add(1, serials(first)); err != nil {
				t.Fatal(err)
			}
			if err := add(1, serials(first)); err == nil {
				t.Error("the same manifest twice")
			}
			if err := w.Live(ctx, m); err != nil {
				t.Fatal(err)
			}
			var cards []store.Card
			if err := w.Store.Do(ctx, "look", func(tx *store.Tx) (err error) {
				cards, err = tx.Cards(ctx, store.Filter{})
				return err
			}); err != nil {
				t.Fatal(err)
			}
			if len(cards) != 1 {
				t.Fatalf("%d cards", len(cards))
			}
			c := cards[0]
			if refusal == "" {
				if c.State != card.Good || c.Serial != first {
					t.Errorf("a listed blank: %s, %s", c.State, c.Reason)
				}
				return
			}
			if c.State != card.RejectPending || !strings.HasPrefix(c.Reason, string(refusal)) || !strings.Contains(c.Reason, first) || len(m.Good) != 0 {
				t.Errorf("%s, %q, %d good", c.State, c.Reason, len(m.Good))
			}
		})
	}
}
