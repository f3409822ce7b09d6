package store

import (
	"context"
	"fmt"
	"time"
)

// Erase forgets the personal data of a closed batch by forgetting its wrapped data key:
// no sealed row opens without it. Cards, journal and ledger stay. [Store.Sweep] then
// clears what is left of key and rows. A copy that was made of the database before
// opens as long as the token has the key that wraps: keep none longer than the
// retention.
func (t *Tx) Erase(ctx context.Context, batchID int64, by string) error {
	n, err := t.exec(ctx, `UPDATE batch SET sealed_key = NULL WHERE id = ?1 AND state = ?2`, batchID, BatchClosed)
	if err != nil {
		return err
	}
	if n == 0 {
		return fmt.Errorf("%w: only a closed batch is erased", ErrState)
	}
	return t.Audit(ctx, AuditEntry{Event: "batch.erased", Batch: batchID, By: by})
}

// Due lists closed batches whose retention is over and that still hold personal data.
func (t *Tx) Due(ctx context.Context, now time.Time) ([]Batch, error) {
	all, err := t.Batches(ctx)
	if err != nil {
		return nil, err
	}
	var due []Batch
	for _, b := range all {
		if b.State == BatchClosed && len(b.SealedKey) > 0 && !b.Erase.IsZero() && !b.Erase.After(now) {
			due = append(due, b)
		}
	}
	return due, nil
}

// sweepPiece is how many rows are cleared in a transaction: a row has a portrait.
const sweepPiece = 2000

// Sweep clears the sealed rows of erased batches, and what the database keeps of
// changed rows beside them, the wrapped keys among it. It may be interrupted and run
// again at any time.
func (s *Store) Sweep(ctx context.Context) error {
	for _, table := range []string{"request", "reject"} {
		key := map[string]string{"request": "id", "reject": "line"}[table]
		var batches []Batch
		if err := s.Do(ctx, "sweep", func(tx *Tx) (err error) {
			batches, err = tx.Batches(ctx)
			return err
		}); err != nil {
			return err
		}
		for _, b := range batches {
			if b.State != BatchClosed || len(b.SealedKey) > 0 {
				continue
			}
			for n := int64(sweepPiece); n == sweepPiece; {
				if err := s.Do(ctx, "sweep", func(tx *Tx) (err error) {
					n, err = tx.exec(ctx, `UPDATE `+table+` SET sealed = NULL WHERE batch_id = ?1 AND `+key+` IN
						(SELECT `+key+` FROM `+table+` WHERE batch_id = ?1 AND sealed IS NOT NULL LIMIT ?2)`, b.ID, sweepPiece)
					return err
				}); err != nil {
					return err
				}
			}
		}
	}
	if s.postgres {
		// The versions of rows before the change go; the server's log goes by its own rules.
		for _, table := range []string{"batch", "request", "reject"} {
			if _, err := s.db.ExecContext(ctx, "VACUUM "+table); err != nil {
				return fmt.Errorf("store: sweep: %w", err)
			}
		}
		return nil
	}
	// Freed content is overwritten (secure_delete); the log still has it.
	if _, err := s.db.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		return fmt.Errorf("store: sweep: %w", err)
	}
	return nil
}
