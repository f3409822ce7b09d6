package card_test

import (
	"slices"
	"testing"

	"github.com/chipid-toolkit/chipid/printer/line/card"
)

// TestTheTableIsOneMachine: every state that is named exists, is reachable from
// the first, and has an account that exists.
func TestTheTableIsOneMachine(t *testing.T) {
	reached := map[card.State]bool{card.Drawn: true}
	for range card.States() {
		for _, i := range card.States() {
			if !reached[i.State] {
				continue
			}
			for _, n := range i.Next {
				if _, ok := n.Info(); !ok {
					t.Fatalf("%s is followed by %s, which is none", i.State, n)
				}
				reached[n] = true
			}
		}
	}
	for _, i := range card.States() {
		if !reached[i.State] {
			t.Errorf("no way leads to %s", i.State)
		}
		if !slices.Contains(card.Accounts(), i.Account) {
			t.Errorf("%s: no account %q", i.State, i.Account)
		}
	}
}

// TestNothingComesBack: a card is out of the way of a second one only when it is
// proven untouched or confirmed in the locked bin, and never counts again.
func TestNothingComesBack(t *testing.T) {
	for _, i := range card.States() {
		dead := slices.Contains([]card.State{card.Untouched, card.RejectConfirmed, card.Destroyed}, i.State)
		if i.Live == dead {
			t.Errorf("%s: live is %v", i.State, i.Live)
		}
		if i.Live {
			continue
		}
		for _, n := range i.Next {
			if n.Live() {
				t.Errorf("%s may become %s: two cards for one request", i.State, n)
			}
		}
	}
	if !card.State("nonsense").Live() {
		t.Error("a state that nobody knows must keep a second card away")
	}
}

// TestOnlyAProbeGivesABlankBack: after keys are made no way leads to the stock
// but by a reject that was probed.
func TestOnlyAProbeGivesABlankBack(t *testing.T) {
	for _, i := range card.States() {
		back := slices.Contains(i.Next, card.Untouched)
		may := slices.Contains([]card.State{card.Drawn, card.Probed, card.RejectPending}, i.State)
		if back != may {
			t.Errorf("%s: may become untouched: %v", i.State, back)
		}
	}
}

// TestEveryStateOfWorkCanBeRejected and recovers somehow; nothing else does.
func TestEveryStateOfWorkCanBeRejected(t *testing.T) {
	for _, i := range card.States() {
		if i.State.InWork() != (i.Recovery != card.None) {
			t.Errorf("%s: recovery %v", i.State, i.Recovery)
		}
		if i.State.InWork() && !i.State.May(card.RejectPending) {
			t.Errorf("%s cannot be rejected", i.State)
		}
	}
}

func TestBalance(t *testing.T) {
	b := card.Balance{card.Supplier: -10, card.Stock: 7, card.InWork: 1, card.GoodBin: 2}
	if b.Sum() != 0 {
		t.Errorf("sum %d", b.Sum())
	}
	if open := b.Open(); !slices.Equal(open, []card.Account{card.InWork}) {
		t.Errorf("open: %v", open)
	}
}
