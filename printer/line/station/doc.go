// Package station is one place of the line where a blank becomes a card: a chip
// reader, a printer, or both, and the way of one card through them.
//
// [Station.Make] is that way, and [Station.Recover] is what a station does with
// what a crash left in it. Both write each state of the card to the store before
// the step that leads out of it begins, and decide by nothing else than the store,
// the printer's own word and a probe of the chip.
//
// What may not live here: which request comes next (package line), what a state
// means (package card), how it is kept (package store), how a chip or a printer is
// spoken to.
package station
