package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/chipid-toolkit/chipid/printer/line/card"
)

// RequestState is how far a request is.
type RequestState string

// The states of a request.
const (
	RequestOpen      RequestState = "open"      // no card that may be good
	RequestMaking    RequestState = "making"    // a station has its card
	RequestHeld      RequestState = "held"      // its card is a reject that nobody has confirmed
	RequestDone      RequestState = "done"      // it has its one good card
	RequestCancelled RequestState = "cancelled" // nobody wants the card any more
)

// Kinds of request.
const (
	KindFirst   = "first"   // the holder's first card
	KindRenewal = "renewal" // replaces an earlier card that is or will be void
	KindRemake  = "remake"  // replaces a card that was lost or spoiled after it was handed over
	KindSample  = "sample"  // a specimen of synthetic data
)

// Batch is a lot of requests that came together.
type Batch struct {
	ID                          int64
	Name, Profile, Source       string
	State                       string
	Created                     time.Time
	Closed, Erase               time.Time // zero: not yet; never
	Records, Accepted, Rejected int64
	// SealedKey is the wrapped data key of the batch's personal data; nil once erased.
	SealedKey []byte
	// Retain is how long the personal data is kept once the batch is closed; Erase
	// is set then. 0 keeps it until somebody erases it.
	Retain time.Duration
	// FileDigest is the SHA-256 of the file the batch comes from, Position how many of
	// its rows were taken in, Complete whether that was all of them.
	FileDigest []byte
	Position   int64
	Complete   bool
}

// States of a batch.
const (
	BatchOpen   = "open"
	BatchPaused = "paused"
	BatchClosed = "closed"
)

// Request is one record that wants one card.
type Request struct {
	ID, BatchID int64
	Line        int    // of the file it came in
	Kind        string // KindFirst, …
	Replaces    int64  // the request whose card this one replaces; 0: none
	// NumberDigest is the keyed digest of the document number, 32 bytes: it
	// finds duplicates and tells nothing.
	NumberDigest []byte
	Lot, Office  string
	Priority     int // the higher the sooner
	Due          time.Time
	State        RequestState
	Attempt      int
	// Sealed holds record and portrait under the batch's key; nil once erased.
	Sealed []byte
}

// NewBatch begins a batch. Names are unique.
func (t *Tx) NewBatch(ctx context.Context, b Batch) (Batch, error) {
	b.Created, b.State = fromMicros(t.now()), BatchOpen
	err := t.row(ctx, `INSERT INTO batch (name, profile, state, created_at, source, erase_at, sealed_key, retain_s) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) RETURNING id`,
		b.Name, b.Profile, b.State, micros(b.Created), b.Source, nullTime(b.Erase), b.SealedKey, int64(b.Retain/time.Second)).Scan(&b.ID)
	if err != nil {
		return b, fmt.Errorf("store: batch: %w", err)
	}
	return b, t.Audit(ctx, AuditEntry{Event: "batch.created", Batch: b.ID, Reason: b.Profile})
}

const batchColumns = `id, name, profile, state, created_at, closed_at, erase_at, source, records, accepted, rejected, sealed_key, file_digest, position, complete, retain_s`

func scanBatch(row interface{ Scan(...any) error }) (Batch, error) {
	var b Batch
	var created int64
	var closed, erase sql.NullInt64
	var complete, retain int64
	err := row.Scan(&b.ID, &b.Name, &b.Profile, &b.State, &created, &closed, &erase, &b.Source, &b.Records, &b.Accepted, &b.Rejected,
		&b.SealedKey, &b.FileDigest, &b.Position, &complete, &retain)
	if errors.Is(err, sql.ErrNoRows) {
		return b, fmt.Errorf("%w: batch", ErrNotFound)
	}
	if err != nil {
		return b, fmt.Errorf("store: %w", err)
	}
	b.Created, b.Closed, b.Erase = fromMicros(created), timeOf(closed), timeOf(erase)
	b.Complete, b.Retain = complete != 0, time.Duration(retain)*time.Second
	return b, nil
}

// Batch finds a batch by its name.
func (t *Tx) Batch(ctx context.Context, name string) (Batch, error) {
	return scanBatch(t.row(ctx, `SELECT `+batchColumns+` FROM batch WHERE name = ?1`, name))
}

// BatchByID finds a batch by its number.
func (t *Tx) BatchByID(ctx context.Context, id int64) (Batch, error) {
	return scanBatch(t.row(ctx, `SELECT `+batchColumns+` FROM batch WHERE id = ?1`, id))
}

// Batches lists all batches, the newest first.
func (t *Tx) Batches(ctx context.Context) ([]Batch, error) {
	rows, err := t.query(ctx, `SELECT `+batchColumns+` FROM batch ORDER BY id DESC`)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var list []Batch
	for rows.Next() {
		b, err := scanBatch(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, b)
	}
	return list, rows.Err()
}

// Count adds to what a batch has taken in: records = accepted + rejected.
func (t *Tx) Count(ctx context.Context, batchID, accepted, rejected int64) error {
	_, err := t.exec(ctx, `UPDATE batch SET records = records + ?2 + ?3, accepted = accepted + ?2, rejected = rejected + ?3 WHERE id = ?1`, batchID, accepted, rejected)
	return err
}

// Add puts a request into a batch.
func (t *Tx) Add(ctx context.Context, r Request) (Request, error) {
	r.State = RequestOpen
	if r.Kind == "" {
		r.Kind = KindFirst
	}
	var replaces any
	if r.Replaces != 0 {
		replaces = r.Replaces
	}
	err := t.row(ctx, `INSERT INTO request (batch_id, line, kind, replaces_id, number_digest, lot, office, priority, due_at, state, sealed)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) RETURNING id`,
		r.BatchID, r.Line, r.Kind, replaces, r.NumberDigest, r.Lot, r.Office, r.Priority, nullTime(r.Due), string(r.State), r.Sealed).Scan(&r.ID)
	if err != nil {
		return r, fmt.Errorf("store: request: %w", err)
	}
	return r, nil
}

const requestColumns = `id, batch_id, line, kind, replaces_id, number_digest, lot, office, priority, due_at, state, attempt, sealed`

func scanRequest(row interface{ Scan(...any) error }) (Request, error) {
	var r Request
	var replaces, due sql.NullInt64
	var state string
	err := row.Scan(&r.ID, &r.BatchID, &r.Line, &r.Kind, &replaces, &r.NumberDigest, &r.Lot, &r.Office, &r.Priority, &due, &state, &r.Attempt, &r.Sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return r, fmt.Errorf("%w: request", ErrNotFound)
	}
	if err != nil {
		return r, fmt.Errorf("store: %w", err)
	}
	r.Replaces, r.Due, r.State = replaces.Int64, timeOf(due), RequestState(state)
	return r, nil
}

// Request finds a request by its number.
func (t *Tx) Request(ctx context.Context, id int64) (Request, error) {
	return scanRequest(t.row(ctx, `SELECT `+requestColumns+` FROM request WHERE id = ?1`, id))
}

// ByNumber lists the requests for a document number, oldest first, by its keyed
// digest.
func (t *Tx) ByNumber(ctx context.Context, digest []byte) ([]Request, error) {
	return t.requests(ctx, `SELECT `+requestColumns+` FROM request WHERE number_digest = ?1 ORDER BY id`, digest)
}

// Next lists open requests of a batch in the order in which they are to be
// made: priority, due date, then as they came. Lots that are stopped wait.
func (t *Tx) Next(ctx context.Context, batchID int64, limit int) ([]Request, error) {
	return t.requests(ctx, `SELECT `+requestColumns+` FROM request r WHERE (?1 = 0 OR batch_id = ?1) AND state = ?2
		AND NOT EXISTS (SELECT 1 FROM lot WHERE lot.name = r.lot AND lot.stopped <> 0)
		AND NOT EXISTS (SELECT 1 FROM batch b WHERE b.id = r.batch_id AND b.state <> ?3)
		ORDER BY priority DESC, COALESCE(due_at, 9223372036854775807), id LIMIT ?4`, batchID, string(RequestOpen), BatchOpen, limit)
}

func (t *Tx) requests(ctx context.Context, q string, args ...any) ([]Request, error) {
	rows, err := t.query(ctx, q, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var list []Request
	for rows.Next() {
		r, err := scanRequest(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	return list, rows.Err()
}

// RequestCounts is how many requests of a batch are in each state.
func (t *Tx) RequestCounts(ctx context.Context, batchID int64) (map[RequestState]int64, error) {
	rows, err := t.query(ctx, `SELECT state, COUNT(*) FROM request WHERE ?1 = 0 OR batch_id = ?1 GROUP BY state`, batchID)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	counts := map[RequestState]int64{}
	for rows.Next() {
		var s string
		var n int64
		if err := rows.Scan(&s, &n); err != nil {
			return nil, fmt.Errorf("store: %w", err)
		}
		counts[RequestState(s)] = n
	}
	return counts, rows.Err()
}

// MayClose says why a batch cannot be closed: ErrUnbalanced while a row is not taken
// in, a request is open or held, a blank is in work or a reject is not confirmed, or the
// ledger does not agree with the cards.
func (t *Tx) MayClose(ctx context.Context, batchID int64) error {
	balance, err := t.Reconcile(ctx, batchID)
	if err != nil {
		return err
	}
	if open := balance.Open(); len(open) > 0 {
		return fmt.Errorf("%w: blanks are left in %v", ErrUnbalanced, open)
	}
	if n := balance[card.Stock]; n != 0 {
		return fmt.Errorf("%w: %d blanks are left in stock: send them back", ErrUnbalanced, n)
	}
	counts, err := t.RequestCounts(ctx, batchID)
	if err != nil {
		return err
	}
	for _, s := range []RequestState{RequestOpen, RequestMaking, RequestHeld} {
		if counts[s] > 0 {
			return fmt.Errorf("%w: %d requests are %s", ErrUnbalanced, counts[s], s)
		}
	}
	b, err := t.BatchByID(ctx, batchID)
	if err != nil {
		return err
	}
	if b.Position > 0 && !b.Complete {
		return fmt.Errorf("%w: the import is not complete", ErrUnbalanced)
	}
	if b.Records != b.Accepted+b.Rejected {
		return fmt.Errorf("%w: %d rows are not %d accepted and %d rejected", ErrUnbalanced, b.Records, b.Accepted, b.Rejected)
	}
	return nil
}

// Close ends a batch that MayClose has nothing against.
func (t *Tx) Close(ctx context.Context, batchID int64, by string) error {
	if err := t.MayClose(ctx, batchID); err != nil {
		return err
	}
	if _, err := t.exec(ctx, `UPDATE batch SET state = ?2, closed_at = ?3,
		erase_at = CASE WHEN retain_s > 0 THEN ?3 + retain_s * 1000000 ELSE erase_at END WHERE id = ?1`, batchID, BatchClosed, t.now()); err != nil {
		return err
	}
	return t.Audit(ctx, AuditEntry{Event: "batch.closed", Batch: batchID, By: by})
}

// Pause keeps the cards of a batch from being begun, or lets them be begun again. The
// state is ErrState when it is so already, or the batch is closed.
func (t *Tx) Pause(ctx context.Context, name string, pause bool, by string) error {
	b, err := t.Batch(ctx, name)
	if err != nil {
		return err
	}
	from, to, event := BatchPaused, BatchOpen, "batch.resumed"
	if pause {
		from, to, event = BatchOpen, BatchPaused, "batch.paused"
	}
	n, err := t.exec(ctx, `UPDATE batch SET state = ?2 WHERE id = ?1 AND state = ?3`, b.ID, to, from)
	if err != nil {
		return err
	}
	if n == 0 {
		return fmt.Errorf("%w: batch %s is %s", ErrState, name, b.State)
	}
	return t.Audit(ctx, AuditEntry{Event: event, Batch: b.ID, By: by})
}

// Reopen opens a request that was held because no card could be made of it.
func (t *Tx) Reopen(ctx context.Context, id int64, by string) (Request, error) {
	n, err := t.exec(ctx, `UPDATE request SET state = ?2 WHERE id = ?1 AND state = ?3`, id, string(RequestOpen), string(RequestHeld))
	if err != nil {
		return Request{}, err
	}
	if n == 0 {
		return Request{}, fmt.Errorf("%w: request %d is not held", ErrState, id)
	}
	if err := t.Audit(ctx, AuditEntry{Event: "request.reopened", Request: id, By: by}); err != nil {
		return Request{}, err
	}
	return t.Request(ctx, id)
}

func nullTime(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return micros(t)
}

func timeOf(n sql.NullInt64) time.Time {
	if !n.Valid {
		return time.Time{}
	}
	return fromMicros(n.Int64)
}

// Hold keeps a request from being made until a person has looked at it.
func (t *Tx) Hold(ctx context.Context, id int64, reason string) error {
	n, err := t.exec(ctx, `UPDATE request SET state = ?2 WHERE id = ?1 AND state = ?3`, id, string(RequestHeld), string(RequestOpen))
	if err != nil {
		return err
	}
	if n == 0 {
		return fmt.Errorf("%w: request %d", ErrState, id)
	}
	return t.Audit(ctx, AuditEntry{Event: "request.held", Request: id, Reason: reason})
}
