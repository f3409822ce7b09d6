package pack_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chipid-toolkit/chipid/printer/line/card"
	"github.com/chipid-toolkit/chipid/printer/line/pack"
	"github.com/chipid-toolkit/chipid/printer/line/store"
)

var ctx = context.Background()

// bureau is a store with good cards of two offices and two lots.
type bureau struct {
	*pack.Packer
	t     *testing.T
	batch store.Batch
	line  int
}

func newBureau(t *testing.T) *bureau {
	t.Helper()
	st, err := store.Open(ctx, filepath.Join(t.TempDir(), "line.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	b := &bureau{Packer: &pack.Packer{Store: st}, t: t}
	b.do(func(tx *store.Tx) (err error) {
		if b.batch, err = tx.NewBatch(ctx, store.Batch{Name: "A", Profile: "vn-cancuoc-2024"}); err != nil {
			return err
		}
		return tx.Receive(ctx, b.batch.ID, 100, "delivery 1", "kho")
	})
	return b
}

func (b *bureau) do(f func(*store.Tx) error) {
	b.t.Helper()
	if err := b.Store.Do(ctx, "test", f); err != nil {
		b.t.Fatal(err)
	}
}

var made = []card.State{card.Probed, card.KeysMade, card.Signing, card.Signed, card.Writing, card.Locked, card.Printing, card.Printed, card.Checked, card.Good}

// card makes a card up to a state of made.
func (b *bureau) card(lot, office string, upTo card.State) store.Card {
	b.t.Helper()
	b.line++
	var c store.Card
	b.do(func(tx *store.Tx) error {
		r, err := tx.Add(ctx, store.Request{BatchID: b.batch.ID, Line: b.line, NumberDigest: digest(b.line), Lot: lot, Office: office})
		if err != nil {
			return err
		}
		c, err = tx.Draw(ctx, r.ID, "s1")
		for _, s := range made {
			if err != nil || c.State == upTo {
				return err
			}
			c, err = tx.Advance(ctx, c, s, store.Mark{Serial: fmt.Sprintf("A0%06X", b.line)})
		}
		return err
	})
	return c
}

func digest(line int) []byte { return []byte(fmt.Sprintf("%032d", line)) }

func (b *bureau) open(lot, office string, capacity int) store.Box {
	b.t.Helper()
	box, err := b.Open(ctx, "A", lot, office, capacity, "an")
	if err != nil {
		b.t.Fatal(err)
	}
	return box
}

func (b *bureau) scan(box store.Box, c store.Card) {
	b.t.Helper()
	if _, _, err := b.Scan(ctx, box.ID, pack.Code{Card: c.ID}, false, "an"); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bureau) state(id int64) store.Card {
	b.t.Helper()
	var c store.Card
	b.do(func(tx *store.Tx) (err error) {
		c, err = tx.Card(ctx, id)
		return err
	})
	return c
}

func (b *bureau) balance(want card.Balance) {
	b.t.Helper()
	b.do(func(tx *store.Tx) error {
		got, err := tx.Reconcile(ctx, b.batch.ID)
		for a, n := range want {
			if got[a] != n {
				b.t.Errorf("%s: %d, not %d", a, got[a], n)
			}
		}
		return err
	})
}

func TestScanRefuses(t *testing.T) {
	b := newBureau(t)
	box := b.open("L1", "Q1", 2)
	fits := b.card("L1", "Q1", card.Good)
	for name, code := range map[string]pack.Code{"number": {Card: fits.ID}, "serial": {Serial: "a0:00 00-01"}, "digest": {Digest: digest(1)}} {
		c, n, err := b.Scan(ctx, box.ID, code, false, "an")
		if err != nil || c.ID != fits.ID || n != 1 || c.State != card.Packed || c.Box != box.Name() {
			t.Fatalf("%s: %+v, %d, %v", name, c, n, err)
		}
		if _, err := b.Remove(ctx, code, "an"); err != nil {
			t.Fatal(err)
		}
	}
	b.scan(box, fits)
	sample := b.card("L1", "Q1", card.Checked)
	b.do(func(tx *store.Tx) (err error) {
		sample, err = tx.Advance(ctx, sample, card.Sample, store.Mark{})
		return err
	})
	unfinished := b.card("L1", "Q1", card.Printed)
	rejected := b.card("L1", "Q1", card.Printed)
	b.do(func(tx *store.Tx) (err error) {
		rejected, err = tx.Advance(ctx, rejected, card.RejectPending, store.Mark{Reason: "print.shift"})
		return err
	})
	for name, c := range map[string]struct {
		code pack.Code
		want error
	}{
		"twice":               {pack.Code{Card: fits.ID}, pack.ErrTwice},
		"another office":      {pack.Code{Card: b.card("L1", "Q2", card.Good).ID}, pack.ErrOther},
		"another lot":         {pack.Code{Card: b.card("L2", "Q1", card.Good).ID}, pack.ErrOther},
		"a sample":            {pack.Code{Card: sample.ID}, pack.ErrNotGood},
		"unfinished":          {pack.Code{Card: unfinished.ID}, pack.ErrNotGood},
		"a reject":            {pack.Code{Card: rejected.ID}, pack.ErrNotGood},
		"no card of the line": {pack.Code{Serial: "FFFF"}, pack.ErrUnknown},
		"no serial number":    {pack.Code{Serial: "hello"}, pack.ErrUnknown},
		"an unknown number":   {pack.Code{Digest: digest(999)}, pack.ErrUnknown},
		"nothing":             {pack.Code{}, pack.ErrUnknown},
	} {
		before := b.state(fits.ID)
		if _, _, err := b.Scan(ctx, box.ID, c.code, false, "an"); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if after := b.state(fits.ID); after.Seq != before.Seq {
			t.Errorf("%s changed a card", name)
		}
	}
	b.scan(box, b.card("L1", "Q1", card.Good))
	if _, _, err := b.Scan(ctx, box.ID, pack.Code{Card: b.card("L1", "Q1", card.Good).ID}, false, "an"); !errors.Is(err, pack.ErrFull) {
		t.Errorf("full: %v", err)
	}
	if _, _, err := b.Scan(ctx, box.ID, pack.Code{Card: fits.ID}, false, ""); !errors.Is(err, pack.ErrPerson) {
		t.Errorf("nobody: %v", err)
	}
	var refused int
	if err := b.Store.DB().QueryRow(`SELECT COUNT(*) FROM audit WHERE entry LIKE '%pack.refused%'`).Scan(&refused); err != nil || refused != 11 {
		t.Errorf("%d refusals were noted, %v", refused, err)
	}
}

func TestABoxGoesToItsOffice(t *testing.T) {
	b := newBureau(t)
	box := b.open("L1", "Q1", 10)
	if _, err := b.Seal(ctx, box.ID, "an"); !errors.Is(err, pack.ErrBox) {
		t.Errorf("an empty box was sealed: %v", err)
	}
	var cards []store.Card
	for range 3 {
		c := b.card("L1", "Q1", card.Good)
		b.scan(box, c)
		cards = append(cards, c)
	}
	if err := b.Offer(ctx, box.ID, "an"); !errors.Is(err, pack.ErrBox) {
		t.Errorf("an open box was offered: %v", err)
	}
	m, err := b.Seal(ctx, box.ID, "an")
	if err != nil || len(m.Cards) != 3 || m.Box.State != store.BoxSealed || !bytes.Equal(m.Box.Manifest, m.Digest()) {
		t.Fatalf("%+v, %v", m, err)
	}
	if _, _, err := b.Scan(ctx, box.ID, pack.Code{Card: b.card("L1", "Q1", card.Good).ID}, false, "an"); !errors.Is(err, pack.ErrBox) {
		t.Errorf("into a sealed box: %v", err)
	}
	receipt := pack.Receipt{Number: "BN-2026/0001"}
	if _, err := b.Take(ctx, box.ID, "chi", receipt); !errors.Is(err, pack.ErrBox) {
		t.Errorf("taken without an offer: %v", err)
	}
	if err := b.Offer(ctx, box.ID, "an"); err != nil {
		t.Fatal(err)
	}
	if err := b.Offer(ctx, box.ID, "binh"); !errors.Is(err, pack.ErrBox) {
		t.Errorf("offered twice: %v", err)
	}
	if _, err := b.Take(ctx, box.ID, "an", receipt); !errors.Is(err, pack.ErrPerson) {
		t.Errorf("one person: %v", err)
	}
	for _, number := range []string{"", "Nguyễn Văn An", strings.Repeat("1", 41), "a\nb"} {
		if _, err := b.Take(ctx, box.ID, "chi", pack.Receipt{Number: number}); !errors.Is(err, pack.ErrReceipt) {
			t.Errorf("receipt %q: %v", number, err)
		}
	}
	// A card leaves the sealed box: the offer was for another box.
	if _, err := b.Remove(ctx, pack.Code{Card: cards[2].ID}, "an"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Take(ctx, box.ID, "chi", receipt); !errors.Is(err, pack.ErrBox) {
		t.Errorf("taken although it was opened: %v", err)
	}
	if _, err := b.Seal(ctx, box.ID, "an"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Take(ctx, box.ID, "chi", receipt); !errors.Is(err, pack.ErrBox) {
		t.Errorf("taken on the word for another content: %v", err)
	}
	if err := b.Offer(ctx, box.ID, "an"); err != nil {
		t.Fatal(err)
	}
	if m, err = b.Take(ctx, box.ID, "chi", receipt); err != nil || len(m.Cards) != 2 || m.Box.TakenBy != "chi" || m.Box.HandedBy != "an" {
		t.Fatalf("%+v, %v", m, err)
	}
	b.balance(card.Balance{card.Offices: 2, card.Boxes: 0, card.GoodBin: 2})
	other := b.open("L1", "Q1", 10)
	b.scan(other, cards[2])
	if _, err := b.Seal(ctx, other.ID, "an"); err != nil {
		t.Fatal(err)
	}
	if err := b.Offer(ctx, other.ID, "an"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Take(ctx, other.ID, "chi", receipt); !errors.Is(err, pack.ErrReceipt) {
		t.Errorf("one receipt for two boxes: %v", err)
	}

	// What comes back does not change what was handed over.
	digest := m.Digest()
	if c, err := b.Return(ctx, pack.Code{Card: cards[0].ID}, false, "an"); err != nil || c.State != card.Returned {
		t.Fatalf("%+v, %v", c, err)
	}
	third := b.open("L1", "Q1", 10)
	if _, _, err := b.Scan(ctx, third.ID, pack.Code{Card: cards[0].ID}, false, "an"); !errors.Is(err, pack.ErrNotGood) {
		t.Errorf("a returned card was packed unasked: %v", err)
	}
	if _, _, err := b.Scan(ctx, third.ID, pack.Code{Card: cards[0].ID}, true, "an"); err != nil {
		t.Fatal(err)
	}
	if m, err = b.Manifest(ctx, box.ID); err != nil || !bytes.Equal(m.Digest(), digest) || !bytes.Equal(m.Box.Manifest, digest) {
		t.Errorf("the manifest changed: %+v, %v", m, err)
	}
	if c, err := b.Return(ctx, pack.Code{Card: cards[1].ID}, true, "an"); err != nil || c.State != card.RejectPending {
		t.Fatalf("%+v, %v", c, err)
	}
	b.balance(card.Balance{card.Offices: 0, card.Boxes: 2, card.RejectedOpen: 1})
}

func TestLost(t *testing.T) {
	b := newBureau(t)
	box := b.open("", "", 10)
	c := b.card("", "", card.Good)
	b.scan(box, c)
	b.scan(box, b.card("", "", card.Good))
	if _, err := b.Seal(ctx, box.ID, "an"); err != nil {
		t.Fatal(err)
	}
	if _, done, err := b.Lost(ctx, pack.Code{Card: c.ID}, "an"); err != nil || done {
		t.Fatalf("%v, %v", done, err)
	}
	if _, _, err := b.Lost(ctx, pack.Code{Card: c.ID}, "an"); !errors.Is(err, pack.ErrPerson) {
		t.Errorf("one person gave it up: %v", err)
	}
	lost, done, err := b.Lost(ctx, pack.Code{Card: c.ID}, "binh")
	if err != nil || !done || lost.State != card.Lost || !lost.State.Live() {
		t.Fatalf("%+v, %v", lost, err)
	}
	m, err := b.Manifest(ctx, box.ID)
	if err != nil || m.Box.State != store.BoxOpen || len(m.Cards) != 1 {
		t.Errorf("the box it was lost from: %+v, %v", m, err)
	}
	b.balance(card.Balance{card.Missing: 1, card.Boxes: 1})
	// It turns up.
	if found, err := b.Return(ctx, pack.Code{Card: c.ID}, false, "an"); err != nil || found.State != card.RejectPending {
		t.Errorf("%+v, %v", found, err)
	}
	b.balance(card.Balance{card.Missing: 0, card.RejectedOpen: 1})
	if _, _, err := b.Lost(ctx, pack.Code{Card: b.card("", "", card.Printed).ID}, "an"); !errors.Is(err, pack.ErrNotGood) {
		t.Errorf("a card in the station was given up: %v", err)
	}
}

func TestManifestTable(t *testing.T) {
	m := pack.Manifest{Box: store.Box{ID: 7, Lot: `=cmd|"x"`, Office: "Quận 1, TP.HCM"}, Batch: "A", Cards: []pack.Line{{Card: 3, Row: 12, Serial: "A0"}}}
	want := "box,batch,lot,office,card,row,chip\r\nB000007,A,\"'=cmd|\"\"x\"\"\",\"Quận 1, TP.HCM\",3,12,A0\r\n"
	if got := string(m.CSV()); got != want {
		t.Errorf("%q", got)
	}
	for name, ok := range map[string]bool{"B000007": true, "b7": true, "7": true, "": false, "B": false, "B-7": false, "B0": false, "99999999999999999999": false} {
		if id, err := store.ParseBox(name); (err == nil) != ok || ok && id != 7 {
			t.Errorf("%q: %d, %v", name, id, err)
		}
	}
}
