// Package store keeps what the production line must not forget: batches,
// requests, cards, the journal of their states, the ledger of blanks, stations
// and approvals, on SQLite beside the batch or on PostgreSQL for many machines.
//
// Every change is a transaction, and a card changes its state in one place
// alone, [Tx.Advance]: it checks that the state may follow, that nobody else
// moved the card meanwhile, writes the journal, the posting of the ledger and
// the line of the audit log, all or nothing. That no request ever has two cards
// that may be good is a unique index, not a habit.
//
// Personal data lies here sealed only ([Sealer]), under a key that the store
// does not have. What may not live here: what a state means (package card), who
// decides about the next one (package station).
package store
