package store

import (
	"context"
	"fmt"

	"github.com/chipid-toolkit/chipid/printer/line/card"
)

type posting struct {
	batch, card int64
	from, to    card.Account
	quantity    int64
	note        string
}

// post books blanks from one account to another. The stock of a batch is kept
// beside the ledger too: a draw must not ask for the sum of a million postings.
func (t *Tx) post(ctx context.Context, p posting) error {
	switch {
	case p.from == card.Stock:
		n, err := t.exec(ctx, `UPDATE batch SET stock = stock - ?2 WHERE id = ?1 AND stock >= ?2`, p.batch, p.quantity)
		if err != nil {
			return err
		}
		if n == 0 {
			return fmt.Errorf("%w: batch %d", ErrNoStock, p.batch)
		}
	case p.to == card.Stock:
		if _, err := t.exec(ctx, `UPDATE batch SET stock = stock + ?2 WHERE id = ?1`, p.batch, p.quantity); err != nil {
			return err
		}
	}
	var batch, c any
	if p.batch != 0 {
		batch = p.batch
	}
	if p.card != 0 {
		c = p.card
	}
	_, err := t.exec(ctx, `INSERT INTO posting (at, batch_id, card_id, debit, credit, quantity, note) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)`,
		t.now(), batch, c, string(p.to), string(p.from), p.quantity, p.note)
	return err
}

// Receive takes n blanks into the stock of a batch; note names the delivery.
func (t *Tx) Receive(ctx context.Context, batchID, n int64, note, by string) error {
	if n <= 0 {
		return fmt.Errorf("%w: %d blanks received", ErrUnbalanced, n)
	}
	if err := t.post(ctx, posting{batch: batchID, from: card.Supplier, to: card.Stock, quantity: n, note: note}); err != nil {
		return err
	}
	return t.Audit(ctx, AuditEntry{Event: "stock.received", Batch: batchID, Reason: fmt.Sprintf("%d %s", n, note), By: by})
}

// SendBack gives n blanks of the stock back.
func (t *Tx) SendBack(ctx context.Context, batchID, n int64, note, by string) error {
	if n <= 0 {
		return fmt.Errorf("%w: %d blanks sent back", ErrUnbalanced, n)
	}
	if err := t.post(ctx, posting{batch: batchID, from: card.Stock, to: card.SentBack, quantity: n, note: note}); err != nil {
		return err
	}
	return t.Audit(ctx, AuditEntry{Event: "stock.sent-back", Batch: batchID, Reason: fmt.Sprintf("%d %s", n, note), By: by})
}

// Balance is the ledger of a batch, of all batches for 0.
func (t *Tx) Balance(ctx context.Context, batchID int64) (card.Balance, error) {
	rows, err := t.query(ctx, `SELECT debit, credit, SUM(quantity) FROM posting WHERE ?1 = 0 OR batch_id = ?1 GROUP BY debit, credit`, batchID)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	b := card.Balance{}
	for rows.Next() {
		var to, from string
		var n int64
		if err := rows.Scan(&to, &from, &n); err != nil {
			return nil, fmt.Errorf("store: %w", err)
		}
		b[card.Account(to)] += n
		b[card.Account(from)] -= n
	}
	return b, rows.Err()
}

// Counts is how many cards of a batch are in each state, of all batches for 0.
func (t *Tx) Counts(ctx context.Context, batchID int64) (map[card.State]int64, error) {
	rows, err := t.query(ctx, `SELECT state, COUNT(*) FROM card WHERE ?1 = 0 OR batch_id = ?1 GROUP BY state`, batchID)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	counts := map[card.State]int64{}
	for rows.Next() {
		var s string
		var n int64
		if err := rows.Scan(&s, &n); err != nil {
			return nil, fmt.Errorf("store: %w", err)
		}
		counts[card.State(s)] = n
	}
	return counts, rows.Err()
}

// Reconcile compares the ledger with the cards, account by account: the two are
// written together, and a difference means that somebody wrote past the store.
func (t *Tx) Reconcile(ctx context.Context, batchID int64) (card.Balance, error) {
	b, err := t.Balance(ctx, batchID)
	if err != nil {
		return nil, err
	}
	counts, err := t.Counts(ctx, batchID)
	if err != nil {
		return nil, err
	}
	if n := b.Sum(); n != 0 {
		return b, fmt.Errorf("%w: the accounts add up to %d", ErrUnbalanced, n)
	}
	cards := map[card.Account]int64{}
	for s, n := range counts {
		cards[s.Account()] += n
	}
	for _, a := range card.Accounts() {
		switch a {
		case card.Supplier, card.Stock, card.SentBack:
			continue // blanks that are no cards
		}
		if b[a] != cards[a] {
			return b, fmt.Errorf("%w: %d blanks are booked as %s, and %d cards are", ErrUnbalanced, b[a], a, cards[a])
		}
	}
	var stock int64
	if err := t.row(ctx, `SELECT COALESCE(SUM(stock), 0) FROM batch WHERE ?1 = 0 OR id = ?1`, batchID).Scan(&stock); err != nil {
		return b, fmt.Errorf("store: %w", err)
	}
	if stock != b[card.Stock] {
		return b, fmt.Errorf("%w: %d blanks are booked as stock, and the batch counts %d", ErrUnbalanced, b[card.Stock], stock)
	}
	return b, nil
}
