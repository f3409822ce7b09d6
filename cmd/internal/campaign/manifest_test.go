package campaign_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/chipid-toolkit/chipid/printer/line/card"
	"github.com/chipid-toolkit/chipid/printer/line/store"
	"github.com/chipid-toolkit/chipid/testcards/chip"
)

// TestManifest: a blank that its lot's manifest does not vouch for is refused before anything is written to it, with the reason, set aside,
// and no card comes of it.
func TestManifest(t *testing.T) {
	ctx := context.Background()
	serial := []byte{0x0A, 1, 2, 3, 4, 5, 6, 7, 8, 9}[:chip.SerialLen]
	first := fmt.Sprintf("%X", serial)
	for refusal, serials := range map[store.Refusal][]string{store.NoManifest: nil, store.NotListed: {"00"}, store.ListedTwice: {first, first}, store.AlreadyBegun: {first}} {
		t.Run(string(refusal), func(t *testing.T) {
			w, err := office(t).NewWorld(ctx, "")
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = w.Close() }()
			w.Real = true
			w.Serial = serial // two chips of one number come out of the hopper
			if err := w.Fill(ctx, 2); err != nil {
				t.Fatal(err)
			}
			m := w.NewMachine()
			add := func(digest byte, serials []string) error {
				return w.Store.Do(ctx, "manifest", func(tx *store.Tx) error {
					return tx.AddManifest(ctx, store.Manifest{Digest: bytes.Repeat([]byte{digest}, 32), Signer: make([]byte, 32), Lot: "blanks", By: "anna"}, serials)
				})
			}
			if w.ManifestRequired = refusal == store.NoManifest; !w.ManifestRequired {
				if err := add(1, serials); err != nil {
					t.Fatal(err)
				}
				if err := add(1, serials); err == nil {
					t.Error("the same manifest twice")
				}
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
			if len(cards) != 2 {
				t.Fatalf("%d cards", len(cards))
			}
			good := 0
			if refusal == store.AlreadyBegun {
				good = 1
				if cards[0].State != card.Good || cards[0].Serial != first {
					t.Errorf("a listed blank: %s, %s", cards[0].State, cards[0].Reason)
				}
			}
			for _, c := range cards[good:] {
				if c.State != card.RejectPending || !strings.HasPrefix(c.Reason, string(refusal)) || !strings.Contains(c.Reason, first) {
					t.Errorf("%s, %q", c.State, c.Reason)
				}
			}
			if len(m.Good) != good || len(m.Locked) != 2-good {
				t.Errorf("%d good, %d in the locked bin", len(m.Good), len(m.Locked))
			}
			for _, p := range m.Locked {
				if p.Faces != 0 {
					t.Error("a refused blank was printed")
				}
			}
		})
	}
}
