package store

import (
	"context"
	"fmt"

	"github.com/chipid-toolkit/chipid/printer/line/card"
)

// Tally counts how often a batch's cards came into a state at a station for a reason.
type Tally struct {
	Station string
	State   card.State
	Reason  string
	Count   int64
}

// Tallies counts, over the journal of a batch, cards that were drawn, finished, found
// untouched or rejected, by station; rejected ones by their reason too.
func (t *Tx) Tallies(ctx context.Context, batchID int64) ([]Tally, error) {
	rows, err := t.query(ctx, `SELECT j.station, j.state, CASE WHEN j.state = 'reject-pending' THEN j.reason ELSE '' END AS why, COUNT(*)
		FROM journal j JOIN card c ON c.id = j.card_id
		WHERE c.batch_id = ?1 AND j.state IN ('drawn', 'untouched', 'good', 'sample', 'reject-pending')
		GROUP BY j.station, j.state, why ORDER BY j.station, j.state, why`, batchID)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var list []Tally
	for rows.Next() {
		var l Tally
		var state string
		if err := rows.Scan(&l.Station, &state, &l.Reason, &l.Count); err != nil {
			return nil, fmt.Errorf("store: %w", err)
		}
		l.State = card.State(state)
		list = append(list, l)
	}
	return list, rows.Err()
}

// KindCounts is how many requests of a batch are of each kind.
func (t *Tx) KindCounts(ctx context.Context, batchID int64) (map[string]int64, error) {
	rows, err := t.query(ctx, `SELECT kind, COUNT(*) FROM request WHERE batch_id = ?1 GROUP BY kind`, batchID)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	counts := map[string]int64{}
	for rows.Next() {
		var kind string
		var n int64
		if err := rows.Scan(&kind, &n); err != nil {
			return nil, fmt.Errorf("store: %w", err)
		}
		counts[kind] = n
	}
	return counts, rows.Err()
}

// AuditWaiting counts the lines that the audit log has yet to take in.
func (t *Tx) AuditWaiting(ctx context.Context) (n int64, err error) {
	if err := t.row(ctx, `SELECT COUNT(*) FROM audit WHERE leaf IS NULL`).Scan(&n); err != nil {
		return 0, fmt.Errorf("store: %w", err)
	}
	return n, nil
}
