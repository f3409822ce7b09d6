// Package line is the production line: batches in, cards out, and proof of what
// became of each blank.
//
// Its rooms: package card says what may become of a blank, store keeps it, station
// makes one card. What may not live here: what a card holds (cardprofile), how a
// printer is driven (printer), pages for people (cmd/internal).
package line
