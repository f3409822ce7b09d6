package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/chipid-toolkit/chipid/printer/line/card"
)

// BoxState is how far a box is.
type BoxState string

// The states of a box.
const (
	BoxOpen   BoxState = "open"        // cards are put into it
	BoxSealed BoxState = "sealed"      // its manifest is written
	BoxHanded BoxState = "handed-over" // an office signed for it
)

// Box holds good cards of one lot for one office.
type Box struct {
	ID, BatchID        int64
	Lot, Office        string
	Capacity           int
	State              BoxState
	OpenedBy, SealedBy string
	HandedBy, TakenBy  string // the bureau's person, the office's
	Opened, Sealed     time.Time
	Handed             time.Time
	Receipt            string // the receipt's number
	ReceiptDigest      []byte // SHA-256 of the signed receipt, where it was given
	Manifest           []byte // SHA-256 of the manifest, once sealed
}

// Name is what stands on the box.
func (b Box) Name() string { return fmt.Sprintf("B%06d", b.ID) }

// ParseBox reads the name of a box, or its bare number.
func ParseBox(name string) (int64, error) {
	digits := strings.TrimPrefix(strings.ToUpper(strings.TrimSpace(name)), "B")
	id, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || id <= 0 {
		return 0, fmt.Errorf("%w: box %q", ErrNotFound, name)
	}
	return id, nil
}

const boxColumns = `id, batch_id, lot, office, capacity, state, opened_by, opened_at, sealed_by, sealed_at, handed_by, taken_by, handed_at, receipt, receipt_digest, manifest`

func scanBox(row interface{ Scan(...any) error }) (Box, error) {
	var b Box
	var state string
	var opened int64
	var sealed, handed sql.NullInt64
	err := row.Scan(&b.ID, &b.BatchID, &b.Lot, &b.Office, &b.Capacity, &state, &b.OpenedBy, &opened, &b.SealedBy, &sealed, &b.HandedBy, &b.TakenBy, &handed, &b.Receipt, &b.ReceiptDigest, &b.Manifest)
	if errors.Is(err, sql.ErrNoRows) {
		return b, fmt.Errorf("%w: box", ErrNotFound)
	}
	if err != nil {
		return b, fmt.Errorf("store: %w", err)
	}
	b.State, b.Opened, b.Sealed, b.Handed = BoxState(state), fromMicros(opened), timeOf(sealed), timeOf(handed)
	return b, nil
}

// NewBox begins an empty box.
func (t *Tx) NewBox(ctx context.Context, b Box) (Box, error) {
	b.State, b.Opened = BoxOpen, fromMicros(t.now())
	err := t.row(ctx, `INSERT INTO box (batch_id, lot, office, capacity, state, opened_by, opened_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) RETURNING id`,
		b.BatchID, b.Lot, b.Office, b.Capacity, string(b.State), b.OpenedBy, micros(b.Opened)).Scan(&b.ID)
	if err != nil {
		return b, fmt.Errorf("store: box: %w", err)
	}
	return b, t.Audit(ctx, AuditEntry{Event: "box.opened", Batch: b.BatchID, Box: b.Name(), By: b.OpenedBy})
}

// Box finds a box. On PostgreSQL it stays as it is until the transaction ends, so that
// two who scan into it count right.
func (t *Tx) Box(ctx context.Context, id int64) (Box, error) {
	q := `SELECT ` + boxColumns + ` FROM box WHERE id = ?1`
	if t.s.postgres {
		q += ` FOR UPDATE`
	}
	return scanBox(t.row(ctx, q, id))
}

// Boxes lists the boxes of a batch, of all for 0.
func (t *Tx) Boxes(ctx context.Context, batchID int64) ([]Box, error) {
	rows, err := t.query(ctx, `SELECT `+boxColumns+` FROM box WHERE ?1 = 0 OR batch_id = ?1 ORDER BY id`, batchID)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var list []Box
	for rows.Next() {
		b, err := scanBox(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, b)
	}
	return list, rows.Err()
}

// InBox counts the cards that lie in a box, or were handed over in it.
func (t *Tx) InBox(ctx context.Context, name string) (int, error) {
	var n int
	err := t.row(ctx, `SELECT COUNT(*) FROM card WHERE box = ?1 AND box <> '' AND state IN ('packed', 'handed-over')`, name).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("store: %w", err)
	}
	return n, nil
}

// HandedIn lists the cards that were handed over with a reason, such as the name of
// their box, whatever became of them since.
func (t *Tx) HandedIn(ctx context.Context, reason string) ([]int64, error) {
	rows, err := t.query(ctx, `SELECT DISTINCT card_id FROM journal WHERE state = 'handed-over' AND reason = ?1 ORDER BY card_id`, reason)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var list []int64
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("store: %w", err)
		}
		list = append(list, id)
	}
	return list, rows.Err()
}

// LastLine is the highest line that a request or reject of a batch has.
func (t *Tx) LastLine(ctx context.Context, batchID int64) (int, error) {
	var n int
	err := t.row(ctx, `SELECT COALESCE(MAX(line), 0) FROM (SELECT line FROM request WHERE batch_id = ?1 UNION ALL SELECT line FROM reject WHERE batch_id = ?1) AS lines`, batchID).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("store: %w", err)
	}
	return n, nil
}

// SealBox closes an open box; manifest is the digest of the list of what is in it.
func (t *Tx) SealBox(ctx context.Context, b Box, manifest []byte, by string) error {
	return t.box(ctx, b, AuditEntry{Event: "box.sealed", Digest: manifest, By: by},
		`UPDATE box SET state = ?3, sealed_by = ?4, sealed_at = ?5, manifest = ?6 WHERE id = ?1 AND state = ?2`,
		string(BoxOpen), string(BoxSealed), by, t.now(), manifest)
}

// ReopenBox opens a sealed box again: something was taken out of it.
func (t *Tx) ReopenBox(ctx context.Context, b Box, by string) error {
	return t.box(ctx, b, AuditEntry{Event: "box.reopened", By: by},
		`UPDATE box SET state = ?3, sealed_by = '', sealed_at = NULL, manifest = NULL WHERE id = ?1 AND state = ?2`, string(BoxSealed), string(BoxOpen))
}

// Unbox opens the sealed box of a packed card that is about to leave it: its manifest is
// no longer what lies in it. Of any other card it does nothing.
func (t *Tx) Unbox(ctx context.Context, c Card, by string) error {
	if c.State != card.Packed {
		return nil
	}
	id, err := ParseBox(c.Box)
	if err != nil {
		return err
	}
	b, err := t.Box(ctx, id)
	if err != nil || b.State != BoxSealed {
		return err
	}
	return t.ReopenBox(ctx, b, by)
}

// HandBox notes who gave a sealed box to whom, and under which receipt.
func (t *Tx) HandBox(ctx context.Context, b Box) error {
	return t.box(ctx, b, AuditEntry{Event: "box.handed-over", Digest: b.ReceiptDigest, Reason: "receipt " + b.Receipt, By: b.HandedBy + ", " + b.TakenBy},
		`UPDATE box SET state = ?3, handed_by = ?4, taken_by = ?5, handed_at = ?6, receipt = ?7, receipt_digest = ?8 WHERE id = ?1 AND state = ?2`,
		string(BoxSealed), string(BoxHanded), b.HandedBy, b.TakenBy, t.now(), b.Receipt, b.ReceiptDigest)
}

func (t *Tx) box(ctx context.Context, b Box, e AuditEntry, q string, args ...any) error {
	n, err := t.exec(ctx, q, append([]any{b.ID}, args...)...)
	if err != nil {
		return err
	}
	if n != 1 {
		return fmt.Errorf("%w: box %s is no longer %s", ErrState, b.Name(), b.State)
	}
	e.Batch, e.Box = b.BatchID, b.Name()
	return t.Audit(ctx, e)
}
