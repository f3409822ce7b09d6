// Package card is what may become of one blank: its states, in which order
// they may follow each other, what a crash in each of them means, and the
// account of the ledger that holds the blank meanwhile.
//
// It is data and arithmetic alone. What is written where is package store's
// matter, what moves a card from one state to the next package station's.
// Nothing here may know a database, a printer or a chip.
package card
