package card

import (
	"fmt"
	"slices"
)

// State is what has become of a blank, as the store last knew. A state is
// written before the step that leads out of it begins: what it says has
// happened, what comes after it may have.
type State string

// The states of a card.
const (
	Drawn           State = "drawn"
	Probed          State = "probed"
	Untouched       State = "untouched"
	KeysMade        State = "keys-made"
	Signing         State = "signing"
	Signed          State = "sod-signed"
	Writing         State = "writing"
	Locked          State = "locked"
	Printing        State = "printing"
	Printed         State = "printed"
	Checked         State = "checked"
	Good            State = "good"
	Sample          State = "sample"
	RejectPending   State = "reject-pending"
	RejectConfirmed State = "reject-confirmed"
	Destroyed       State = "destroyed"
	Packed          State = "packed"
	HandedOver      State = "handed-over"
	Returned        State = "returned"
	Lost            State = "lost"
)

// Recovery is what a line that starts again does with a card that a crash left
// in a state.
type Recovery int

// The recoveries.
const (
	// None: the state is a resting place, nothing was under way.
	None Recovery = iota
	// Probe: a probe decides. Proven untouched it is a blank again, anything
	// else is a reject.
	Probe
	// CarryOn: the step that follows has not begun. With the same chip still in
	// the station the card goes on, otherwise it is a reject.
	CarryOn
	// Deliver: the card is good, and is delivered if it is still inside.
	Deliver
	// Reject: nobody can tell how far the step came.
	Reject
)

var recoveryNames = [...]string{"none", "probe", "carry on", "deliver", "reject"}

// String names the recovery.
func (r Recovery) String() string {
	if r < 0 || int(r) >= len(recoveryNames) {
		return fmt.Sprintf("recovery %d", int(r))
	}
	return recoveryNames[r]
}

// Info is what there is to know about a state.
type Info struct {
	State State
	// Before and After are what is durably written before the state is entered
	// and what its own record adds.
	Before, After string
	// Crash is what a crash in this state means.
	Crash    string
	Recovery Recovery
	// Account holds the blank while it is in this state.
	Account Account
	// Live: a second card for the same request must not be begun.
	Live bool
	// Next are the states that may follow.
	Next []State
}

// table is the state machine. docs/line-states.md is made from it.
var table = []Info{
	{Drawn, "the request is bound to this attempt", "station, attempt; the blank is about to be fed",
		"the blank may lie in the hopper or in the station", Probe, InWork, true,
		[]State{Probed, Untouched, RejectPending}},
	{Probed, "drawn", "serial number of the chip; the chip proved itself untouched",
		"keys may have been made on the chip", Probe, InWork, true,
		[]State{KeysMade, Untouched, RejectPending}},
	{Untouched, "drawn or probed", "a probe proved that the chip is as it came: the only blank that is used again",
		"the blank lies in the station or in the stock", None, Stock, false,
		nil},
	{KeysMade, "probed", "the chip holds keys of its own",
		"the chip is no blank any more", Reject, InWork, true,
		[]State{Signing, RejectPending}},
	{Signing, "keys made", "digest of what is about to be signed",
		"a signature may exist", Reject, InWork, true,
		[]State{Signed, RejectPending}},
	{Signed, "signing", "EF.SOD exists",
		"a signature exists, the chip holds none of it", Reject, InWork, true,
		[]State{Writing, RejectPending}},
	{Writing, "SOD signed", "files are about to be written",
		"the chip may be a whole card", Reject, InWork, true,
		[]State{Locked, RejectPending}},
	{Locked, "writing", "the chip is a whole card, closed for good",
		"the chip is whole and nothing is printed", CarryOn, InWork, true,
		[]State{Printing, Printed, RejectPending}},
	{Printing, "locked", "a face is about to be printed",
		"a face may be printed, whole or in part", Reject, InWork, true,
		[]State{Printed, RejectPending}},
	{Printed, "printing, or locked where the station has no printer", "both faces are printed",
		"the card is whole and not yet checked", CarryOn, InWork, true,
		[]State{Checked, RejectPending}},
	{Checked, "printed", "the inspection passed against the plan, digest of its verdict",
		"the card is good and may be delivered already", Deliver, InWork, true,
		[]State{Good, Sample, RejectPending}},
	{Good, "checked", "the card lies in the good bin; the request is done",
		"nothing was under way", None, GoodBin, true,
		[]State{Packed, RejectPending, Lost}},
	{Sample, "checked", "the card was made as a sample and lies in the good bin",
		"nothing was under way", None, Samples, true,
		[]State{RejectPending}},
	{RejectPending, "any state of work", "the reason; the card is about to go to the locked bin",
		"the card may lie anywhere, and may be perfect", None, RejectedOpen, true,
		[]State{RejectConfirmed, Untouched, Lost}},
	{RejectConfirmed, "reject pending", "the card was scanned in the locked bin, or two people saw it there",
		"nothing was under way", None, RejectedBin, false,
		[]State{Destroyed}},
	{Destroyed, "reject confirmed", "two people saw it destroyed",
		"nothing was under way", None, Shredded, false,
		nil},
	{Packed, "good", "box and place in it",
		"nothing was under way", None, Boxes, true,
		[]State{HandedOver, Good, RejectPending, Lost}},
	{HandedOver, "packed", "the office's receipt",
		"nothing was under way", None, Offices, true,
		[]State{Returned, Lost}},
	{Returned, "handed over", "the office sent it back",
		"nothing was under way", None, ReturnedBin, true,
		[]State{Packed, RejectPending, Lost}},
	{Lost, "good, packed, handed over, returned or reject pending", "two people gave up the search",
		"nothing was under way", None, Missing, true,
		[]State{RejectPending}},
}

var byState = func() map[State]Info {
	m := make(map[State]Info, len(table))
	for _, i := range table {
		m[i.State] = i
	}
	return m
}()

// States are all states in the order of a card's life.
func States() []Info { return slices.Clone(table) }

// Info is what there is to know about the state; false if there is no such
// state.
func (s State) Info() (Info, bool) {
	i, ok := byState[s]
	return i, ok
}

// May reports whether the state to may follow s.
func (s State) May(to State) bool { return slices.Contains(byState[s].Next, to) }

// Live reports whether a card in this state forbids another one for the same
// request. A state that does not exist does.
func (s State) Live() bool {
	i, ok := byState[s]
	return !ok || i.Live
}

// InWork reports whether a station has the card.
func (s State) InWork() bool { return byState[s].Account == InWork }

// Account holds the blank while it is in this state.
func (s State) Account() Account { return byState[s].Account }
