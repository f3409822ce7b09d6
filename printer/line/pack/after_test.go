package pack_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/chipid-toolkit/chipid/cardprofile/citizen"
	"github.com/chipid-toolkit/chipid/hsm"
	"github.com/chipid-toolkit/chipid/hsm/soft"
	"github.com/chipid-toolkit/chipid/printer/line/card"
	"github.com/chipid-toolkit/chipid/printer/line/office"
	"github.com/chipid-toolkit/chipid/printer/line/pack"
	"github.com/chipid-toolkit/chipid/printer/line/seal"
	"github.com/chipid-toolkit/chipid/printer/line/store"
	"github.com/chipid-toolkit/chipid/testcards/people"
)

// jobs counts the requests that are put to work.
type jobs []int64

func (j *jobs) Enqueue(_ context.Context, _ *store.Tx, r store.Request) error {
	*j = append(*j, r.ID)
	return nil
}

// keeper is a bureau whose batches hold sealed records.
type keeper struct {
	*bureau
	pack.Remaker
	jobs   jobs
	office *office.Office
}

func newKeeper(t *testing.T) *keeper {
	t.Helper()
	b := newBureau(t)
	ring, err := soft.Open(ctx, soft.Config{Label: "line"}, soft.ForTesting(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ring.Close() })
	ref, err := ring.GenerateSecret(ctx, hsm.SecretSpec{Label: "seal", Use: hsm.UseSeal, Bits: 256})
	if err != nil {
		t.Fatal(err)
	}
	k := &keeper{bureau: b, office: &office.Office{Store: b.Packer.Store}}
	k.Remaker = pack.Remaker{Store: b.Packer.Store, Queue: &k.jobs, Keys: ring, Seal: ref}
	return k
}

// kept makes a batch of one sealed request, and its good card.
func (k *keeper) kept(name string) (store.Batch, store.Card) {
	k.t.Helper()
	data, wrapped, err := seal.NewBatch(ctx, k.Keys, k.Seal, name)
	if err != nil {
		k.t.Fatal(err)
	}
	defer data.Close()
	rows, err := citizen.ReadBatch(bytes.NewReader(people.CSV()), people.CSVName)
	if err != nil {
		k.t.Fatal(err)
	}
	sealed, err := data.Seal(seal.Binding{Line: 1, Number: digest(1)}, rows.Accepted[0], []byte("portrait"))
	if err != nil {
		k.t.Fatal(err)
	}
	var batch store.Batch
	var c store.Card
	k.do(func(tx *store.Tx) error {
		if batch, err = tx.NewBatch(ctx, store.Batch{Name: name, Profile: "vn-cancuoc-2024", SealedKey: wrapped}); err != nil {
			return err
		}
		if err := tx.Receive(ctx, batch.ID, 1, "delivery", "kho"); err != nil {
			return err
		}
		if err := tx.Count(ctx, batch.ID, 1, 0); err != nil {
			return err
		}
		r, err := tx.Add(ctx, store.Request{BatchID: batch.ID, Line: 1, NumberDigest: digest(1), Sealed: sealed})
		if err != nil {
			return err
		}
		c, err = tx.Draw(ctx, r.ID, "s1")
		for _, s := range made {
			if err == nil {
				c, err = tx.Advance(ctx, c, s, store.Mark{Serial: fmt.Sprintf("%X", name)})
			}
		}
		return err
	})
	return batch, c
}

func (k *keeper) to(c store.Card, states ...card.State) store.Card {
	k.t.Helper()
	k.do(func(tx *store.Tx) (err error) {
		for _, s := range states {
			if err == nil {
				c, err = tx.Advance(ctx, c, s, store.Mark{By: "an"})
			}
		}
		return err
	})
	return c
}

func (k *keeper) request(id int64, want store.RequestState) {
	k.t.Helper()
	k.do(func(tx *store.Tx) error {
		r, err := tx.Request(ctx, id)
		if err == nil && r.State != want {
			k.t.Errorf("request %d is %s, not %s", id, r.State, want)
		}
		return err
	})
}

// A card that comes back damaged after its batch's close is booked like any other; the
// closed batch makes nothing, and another card is a request in an open batch.
func TestDamagedAfterTheClose(t *testing.T) {
	k := newKeeper(t)
	batch, c := k.kept("OLD")
	c = k.to(c, card.Packed, card.HandedOver)
	k.do(func(tx *store.Tx) error { return tx.Close(ctx, batch.ID, "an") })
	next, _ := k.kept("NEW")
	if _, err := k.Remake(ctx, c.ID, "NEW", "an"); !errors.Is(err, pack.ErrNotGood) {
		t.Errorf("a card that nobody complained of was made again: %v", err)
	}
	back, err := k.Return(ctx, pack.Code{Card: c.ID}, true, "an")
	if err != nil || back.State != card.RejectPending {
		t.Fatalf("%+v, %v", back, err)
	}
	k.request(c.RequestID, store.RequestDone)
	if _, err := k.Remake(ctx, c.ID, "NEW", "an"); !errors.Is(err, pack.ErrNotGood) {
		t.Errorf("remade before it is confirmed: %v", err)
	}
	for _, who := range []string{"an", "binh"} {
		if _, err := k.office.Confirm(ctx, c.ID, who); err != nil {
			t.Fatal(err)
		}
	}
	k.request(c.RequestID, store.RequestDone)
	if _, err := k.Remake(ctx, c.ID, "", "an"); !errors.Is(err, pack.ErrBox) {
		t.Errorf("remade in a closed batch: %v", err)
	}
	r, err := k.Remake(ctx, c.ID, "NEW", "an")
	if err != nil || r.Replaces != c.RequestID || r.BatchID != next.ID || r.Kind != store.KindRemake || len(k.jobs) != 1 || k.jobs[0] != r.ID {
		t.Fatalf("%+v, %v, jobs %v", r, err, k.jobs)
	}
	if _, err := k.Remake(ctx, c.ID, "NEW", "an"); !errors.Is(err, pack.ErrRemade) {
		t.Errorf("remade twice: %v", err)
	}
	k.do(func(tx *store.Tx) error {
		got, err := tx.Reconcile(ctx, batch.ID)
		if got[card.RejectConfirmed.Account()] != 1 || got[card.HandedOver.Account()] != 0 {
			t.Errorf("the closed batch's ledger: %v", got)
		}
		return err
	})
	k.do(func(tx *store.Tx) error { return tx.Erase(ctx, batch.ID, "an") })
	if _, err := k.Remake(ctx, c.ID, "NEW", "an"); !errors.Is(err, pack.ErrErased) {
		t.Errorf("remade of erased data: %v", err)
	}
}

// A lost card that turns up after another was asked for is a reject, and no third card
// is made.
func TestFoundAfterARemake(t *testing.T) {
	for _, remade := range []bool{false, true} {
		k := newKeeper(t)
		_, c := k.kept("OLD")
		k.to(c, card.Lost)
		want := store.RequestOpen
		if remade {
			want = store.RequestDone
			if _, err := k.Remake(ctx, c.ID, "", "an"); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := k.office.Found(ctx, c.ID, "an"); err != nil {
			t.Fatal(err)
		}
		for _, who := range []string{"an", "binh"} {
			if _, err := k.office.Confirm(ctx, c.ID, who); err != nil {
				t.Fatal(err)
			}
		}
		k.request(c.RequestID, want)
	}
}

// A card given up out of a sealed box opens the box: its manifest no longer holds.
func TestGivenUpInASealedBox(t *testing.T) {
	b := newBureau(t)
	box := b.open("", "", 10)
	c := b.card("", "", card.Good)
	b.scan(box, c)
	b.scan(box, b.card("", "", card.Good))
	if _, err := b.Seal(ctx, box.ID, "an"); err != nil {
		t.Fatal(err)
	}
	if err := b.Offer(ctx, box.ID, "an"); err != nil {
		t.Fatal(err)
	}
	o := &office.Office{Store: b.Store}
	if d, err := o.GiveUp(ctx, c.ID, "an"); err != nil || d.Done {
		t.Fatalf("%+v, %v", d, err)
	}
	if m, err := b.Manifest(ctx, box.ID); err != nil || m.Box.State != store.BoxSealed || len(m.Cards) != 2 {
		t.Errorf("one person's word opened the box: %+v, %v", m, err)
	}
	if _, err := o.GiveUp(ctx, c.ID, "an"); !errors.Is(err, store.ErrSamePerson) {
		t.Errorf("one person gave it up: %v", err)
	}
	if d, err := o.GiveUp(ctx, c.ID, "binh"); err != nil || !d.Done || d.Card.State != card.Lost {
		t.Fatalf("%+v, %v", d, err)
	}
	if m, err := b.Manifest(ctx, box.ID); err != nil || m.Box.State != store.BoxOpen || len(m.Cards) != 1 {
		t.Errorf("the box: %+v, %v", m, err)
	}
	if _, err := b.Take(ctx, box.ID, "Q1", pack.Receipt{Number: "BN-1"}); !errors.Is(err, pack.ErrBox) {
		t.Errorf("a box that was opened again was handed over: %v", err)
	}
	b.balance(card.Balance{card.Missing: 1, card.Boxes: 1})
}
