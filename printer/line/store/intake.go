package store

import (
	"context"
	"fmt"
)

// Reject is a row of a batch's file that cannot become a card, and why. The words hold
// no personal data; the row itself is sealed.
type Reject struct {
	Line                int
	Field, Problem, Fix string
	Sealed              []byte // the row as it came; nil once erased
}

// Begin says which file a batch comes from, by its SHA-256, before its first row is
// taken in. A batch that has begun with another file is ErrState: nothing of two files
// is mixed.
func (t *Tx) Begin(ctx context.Context, batchID int64, digest []byte) error {
	n, err := t.exec(ctx, `UPDATE batch SET file_digest = ?2 WHERE id = ?1 AND (file_digest IS NULL OR file_digest = ?2)`, batchID, digest)
	if err != nil {
		return err
	}
	if n == 0 {
		return fmt.Errorf("%w: the batch has begun with another file", ErrState)
	}
	return nil
}

// Take adds what a piece of the file gave: from says how many rows had been taken
// before, and is ErrState when that is not so, because somebody else takes them too.
func (t *Tx) Take(ctx context.Context, batchID, from, accepted, rejected int64, complete bool) error {
	done := 0
	if complete {
		done = 1
	}
	n, err := t.exec(ctx, `UPDATE batch SET position = position + ?3 + ?4, complete = ?5, records = records + ?3 + ?4, accepted = accepted + ?3, rejected = rejected + ?4
		WHERE id = ?1 AND position = ?2 AND complete = 0 AND state <> ?6`, batchID, from, accepted, rejected, done, BatchClosed)
	if err != nil {
		return err
	}
	if n == 0 {
		return fmt.Errorf("%w: rows of the batch are taken in elsewhere, or the batch is complete", ErrState)
	}
	if !complete {
		return nil
	}
	return t.Audit(ctx, AuditEntry{Event: "batch.imported", Batch: batchID})
}

// Reject keeps a row that cannot become a card.
func (t *Tx) Reject(ctx context.Context, batchID int64, r Reject) error {
	_, err := t.exec(ctx, `INSERT INTO reject (batch_id, line, field, problem, fix, sealed) VALUES (?1, ?2, ?3, ?4, ?5, ?6)`, batchID, r.Line, r.Field, r.Problem, r.Fix, r.Sealed)
	return err
}

// Rejects lists rejected rows of a batch by their line, from the line after after.
func (t *Tx) Rejects(ctx context.Context, batchID int64, after, limit int) ([]Reject, error) {
	rows, err := t.query(ctx, `SELECT line, field, problem, fix, sealed FROM reject WHERE batch_id = ?1 AND line > ?2 ORDER BY line LIMIT ?3`, batchID, after, limit)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var list []Reject
	for rows.Next() {
		var r Reject
		if err := rows.Scan(&r.Line, &r.Field, &r.Problem, &r.Fix, &r.Sealed); err != nil {
			return nil, fmt.Errorf("store: %w", err)
		}
		list = append(list, r)
	}
	return list, rows.Err()
}

// RejectReasons counts the rejected rows of a batch by field and problem.
func (t *Tx) RejectReasons(ctx context.Context, batchID int64) (map[string]int64, error) {
	rows, err := t.query(ctx, `SELECT field, problem, COUNT(*) FROM reject WHERE batch_id = ?1 GROUP BY field, problem`, batchID)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	counts := map[string]int64{}
	for rows.Next() {
		var field, problem string
		var n int64
		if err := rows.Scan(&field, &problem, &n); err != nil {
			return nil, fmt.Errorf("store: %w", err)
		}
		if field != "" {
			problem = field + ": " + problem
		}
		counts[problem] += n
	}
	return counts, rows.Err()
}
