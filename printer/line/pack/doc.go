// Package pack puts good cards into boxes by lot and office, hands the boxes over
// against a receipt, and keeps track of what came back or was lost: the ledger of
// blanks goes on to the office's signature.
//
// Every change of a card is store.Tx.Advance's; this package decides which card may
// go into which box and who has to agree. A manifest names cards by numbers that mean
// nothing outside the bureau: no holder's name or number stands on it.
package pack
