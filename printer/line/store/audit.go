package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/chipid-toolkit/chipid/printer/line/card"
)

// AuditEntry is one decision, without personal data.
type AuditEntry struct {
	Event   string `json:"event"`
	At      int64  `json:"at"` // microseconds since 1970, UTC
	Batch   int64  `json:"batch,omitempty"`
	Request int64  `json:"request,omitempty"`
	Card    int64  `json:"card,omitempty"`
	Station string `json:"station,omitempty"`
	Serial  string `json:"serial,omitempty"`
	Box     string `json:"box,omitempty"`
	Digest  []byte `json:"digest,omitempty"`
	Reason  string `json:"reason,omitempty"`
	By      string `json:"by,omitempty"`
}

// EventCard begins the event of a card's new state; the state follows.
const EventCard = "card."

// Audit adds a line to what the audit log has yet to take in. It is part of the
// transaction: a decision and its line are kept together, or neither is.
func (t *Tx) Audit(ctx context.Context, e AuditEntry) error {
	if e.At == 0 {
		e.At = t.now()
	}
	b, err := json.Marshal(e)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO audit (at, entry) VALUES (?1, ?2)`, e.At, string(b))
	return err
}

// AuditRow is a line for the audit log as the store keeps it.
type AuditRow struct {
	ID    int64
	Entry string // JSON of an AuditEntry
	// Leaf is the line's place in the log, from 0; -1: the log has not taken it in.
	Leaf int64
}

// Waiting lists lines that the audit log has yet to take in, as they were written.
// A line that depends on another has the higher number: whoever moves a card has
// seen what moved it before.
func (t *Tx) Waiting(ctx context.Context, after int64, limit int) ([]AuditRow, error) {
	return t.auditRows(ctx, `SELECT id, entry, leaf FROM audit WHERE leaf IS NULL AND id > ?1 ORDER BY id LIMIT ?2`, after, limit)
}

// Logged lists the lines that have a place in the log from first on, by their place.
func (t *Tx) Logged(ctx context.Context, first uint64, limit int) ([]AuditRow, error) {
	return t.auditRows(ctx, `SELECT id, entry, leaf FROM audit WHERE leaf >= ?1 ORDER BY leaf LIMIT ?2`, int64(first), limit) //nolint:gosec // a log of 2^63 lines does not exist
}

// AuditRow finds a line by its number.
func (t *Tx) AuditRow(ctx context.Context, id int64) (AuditRow, error) {
	list, err := t.auditRows(ctx, `SELECT id, entry, leaf FROM audit WHERE id = ?1`, id)
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("%w: line %d for the audit log", ErrNotFound, id)
	}
	if err != nil {
		return AuditRow{}, err
	}
	return list[0], nil
}

func (t *Tx) auditRows(ctx context.Context, q string, args ...any) ([]AuditRow, error) {
	rows, err := t.query(ctx, q, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var list []AuditRow
	for rows.Next() {
		var r AuditRow
		var leaf sql.NullInt64
		if err := rows.Scan(&r.ID, &r.Entry, &leaf); err != nil {
			return nil, fmt.Errorf("store: %w", err)
		}
		r.Leaf = -1
		if leaf.Valid {
			r.Leaf = leaf.Int64
		}
		list = append(list, r)
	}
	return list, rows.Err()
}

// Place writes down where in the log a line stands. ErrState if the store has no
// such line, with these very words, that waits: the log was then fed by somebody
// else, or the store is not the one that fed it.
func (t *Tx) Place(ctx context.Context, r AuditRow) error {
	n, err := t.exec(ctx, `UPDATE audit SET leaf = ?3 WHERE id = ?1 AND entry = ?2 AND leaf IS NULL`, r.ID, r.Entry, r.Leaf)
	if err != nil {
		return err
	}
	if n != 1 {
		return fmt.Errorf("%w: place %d of the log has line %d, which does not wait for one", ErrState, r.Leaf, r.ID)
	}
	return nil
}

// AuditOrigin is the name of this store's one audit log; empty before it has one.
func (t *Tx) AuditOrigin(ctx context.Context) (string, error) {
	var origin string
	err := t.row(ctx, `SELECT origin FROM audit_log WHERE one = 1`).Scan(&origin)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("store: %w", err)
	}
	return origin, nil
}

// NameAudit gives the store's audit log its name, once.
func (t *Tx) NameAudit(ctx context.Context, origin string) error {
	_, err := t.exec(ctx, `INSERT INTO audit_log (one, origin, created_at) VALUES (1, ?1, ?2)`, origin, t.now())
	return err
}

// AuditCheckpoint is a state of the log that the store has seen signed.
type AuditCheckpoint struct {
	Size uint64
	Note string
}

// Checkpointed keeps a signed state of the log.
func (t *Tx) Checkpointed(ctx context.Context, c AuditCheckpoint) error {
	_, err := t.exec(ctx, `INSERT INTO audit_checkpoint (size, at, note) VALUES (?1, ?2, ?3) ON CONFLICT (size) DO NOTHING`, int64(c.Size), t.now(), c.Note) //nolint:gosec // as above
	return err
}

// AuditCheckpoints lists the signed states of the log that the store has seen, the
// smallest first, from size first on.
func (t *Tx) AuditCheckpoints(ctx context.Context, first uint64, limit int) ([]AuditCheckpoint, error) {
	return t.checkpoints(ctx, `SELECT size, note FROM audit_checkpoint WHERE size >= ?1 ORDER BY size LIMIT ?2`, int64(first), limit) //nolint:gosec // as above
}

// LastAuditCheckpoint is the newest of them; ErrNotFound before there is one.
func (t *Tx) LastAuditCheckpoint(ctx context.Context) (AuditCheckpoint, error) {
	list, err := t.checkpoints(ctx, `SELECT size, note FROM audit_checkpoint ORDER BY size DESC LIMIT 1`)
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("%w: checkpoint of the audit log", ErrNotFound)
	}
	if err != nil {
		return AuditCheckpoint{}, err
	}
	return list[0], nil
}

func (t *Tx) checkpoints(ctx context.Context, q string, args ...any) ([]AuditCheckpoint, error) {
	rows, err := t.query(ctx, q, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var list []AuditCheckpoint
	for rows.Next() {
		var c AuditCheckpoint
		var size int64
		if err := rows.Scan(&size, &c.Note); err != nil {
			return nil, fmt.Errorf("store: %w", err)
		}
		c.Size = uint64(size) //nolint:gosec // written by Checkpointed
		list = append(list, c)
	}
	return list, rows.Err()
}

// Trail is all that the store says of one card outside the audit log, read at one
// moment.
type Trail struct {
	Card     Card
	Journal  []Step
	Postings []Posting
}

// Posting is one line of the ledger.
type Posting struct {
	ID          int64
	Batch, Card int64 // 0: none
	From, To    card.Account
	Quantity    int64
	Note        string
}

// Trails reads the trails of up to limit cards by their number, from the card after
// after. Journal lines and postings of cards that do not exist come under an empty
// Card with their number.
func (t *Tx) Trails(ctx context.Context, after int64, limit int) ([]Trail, error) {
	var last sql.NullInt64
	err := t.row(ctx, `SELECT MAX(n) FROM (SELECT n FROM (SELECT id AS n FROM card WHERE id > ?1 UNION SELECT card_id FROM journal WHERE card_id > ?1
		UNION SELECT card_id FROM posting WHERE card_id > ?1) AS numbers ORDER BY n LIMIT ?2) AS piece`, after, limit).Scan(&last)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	if !last.Valid {
		return nil, nil
	}
	// One statement, so that on PostgreSQL too all of it is of one moment.
	rows, err := t.query(ctx, `SELECT id AS n, 0 AS kind, CAST(seq AS BIGINT) AS place, state AS a, serial AS b, box AS c, digest AS d, changed_at AS at, batch_id AS q FROM card WHERE id > ?1 AND id <= ?2
		UNION ALL SELECT card_id, 1, seq, state, station, reason, digest, at, 0 FROM journal WHERE card_id > ?1 AND card_id <= ?2
		UNION ALL SELECT card_id, 2, id, credit, debit, note, NULL, at, quantity FROM posting WHERE card_id > ?1 AND card_id <= ?2
		ORDER BY 1, 2, 3`, after, last.Int64)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var list []Trail
	n := int64(-1)
	for rows.Next() {
		var id, kind, place, at, q int64
		var a, b, c string
		var d []byte
		if err := rows.Scan(&id, &kind, &place, &a, &b, &c, &d, &at, &q); err != nil {
			return nil, fmt.Errorf("store: %w", err)
		}
		if id != n {
			list, n = append(list, Trail{Card: Card{ID: id}}), id
		}
		l := &list[len(list)-1]
		switch kind {
		case 0:
			l.Card = Card{ID: id, BatchID: q, Seq: int(place), State: card.State(a), Serial: b, Box: c, Digest: d, Changed: fromMicros(at)}
		case 1:
			l.Journal = append(l.Journal, Step{Seq: int(place), State: card.State(a), Station: b, Reason: c, Digest: d, At: fromMicros(at)})
		default:
			l.Postings = append(l.Postings, Posting{ID: place, Card: id, From: card.Account(a), To: card.Account(b), Note: c, Quantity: q})
		}
	}
	return list, rows.Err()
}

// Deliveries lists the postings that concern no single card: blanks received and sent
// back, as they were booked.
func (t *Tx) Deliveries(ctx context.Context, after int64, limit int) ([]Posting, error) {
	rows, err := t.query(ctx, `SELECT id, COALESCE(batch_id, 0), credit, debit, quantity, note FROM posting WHERE card_id IS NULL AND id > ?1 ORDER BY id LIMIT ?2`, after, limit)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var list []Posting
	for rows.Next() {
		var p Posting
		var from, to string
		if err := rows.Scan(&p.ID, &p.Batch, &from, &to, &p.Quantity, &p.Note); err != nil {
			return nil, fmt.Errorf("store: %w", err)
		}
		p.From, p.To = card.Account(from), card.Account(to)
		list = append(list, p)
	}
	return list, rows.Err()
}

// Decisions lists all approvals from the one after after, granted or not.
func (t *Tx) Decisions(ctx context.Context, after int64, limit int) ([]Approval, error) {
	rows, err := t.query(ctx, `SELECT `+approvalColumns+` FROM approval WHERE id > ?1 ORDER BY id LIMIT ?2`, after, limit)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var list []Approval
	for rows.Next() {
		a, err := scanApproval(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, a)
	}
	return list, rows.Err()
}
