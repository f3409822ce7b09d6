package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/chipid-toolkit/chipid/printer/line/card"
)

// Card is a card as the store knows it.
type Card struct {
	ID, RequestID, BatchID int64
	Attempt                int
	State                  card.State
	Seq                    int // how many states it has had, from 1
	Station, Serial        string
	Digest                 []byte
	Reason                 string
	Box                    string
	Drawn, Changed         time.Time
}

// Mark is what a new state adds to a card. Empty fields leave what was there.
type Mark struct {
	Station string
	Serial  string // of the chip, upper-case hexadecimal
	Digest  []byte // of what is signed, or of a verdict: 32 bytes
	Reason  string // a code and words of ours, never personal data
	Box     string
	By      string // who decided, where people did
}

// Draw binds a blank that is about to be fed to a request: the card begins,
// drawn, and the blank leaves the stock. ErrLive if the request has a card that
// may be good; no blank may be fed then.
func (t *Tx) Draw(ctx context.Context, requestID int64, station string) (Card, error) {
	var batch string
	err := t.row(ctx, `SELECT state FROM batch WHERE id = (SELECT batch_id FROM request WHERE id = ?1)`, requestID).Scan(&batch)
	if err == nil && batch != BatchOpen {
		return Card{}, fmt.Errorf("%w: it is %s", ErrPaused, batch)
	}
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return Card{}, fmt.Errorf("store: %w", err)
	}
	n, err := t.exec(ctx, `UPDATE request SET attempt = attempt + 1, state = ?2 WHERE id = ?1 AND state IN (?3, ?2)`, requestID, RequestMaking, RequestOpen)
	if err != nil {
		return Card{}, err
	}
	if n == 0 {
		return Card{}, fmt.Errorf("%w: request %d is not open", ErrState, requestID)
	}
	var live int
	if err := t.row(ctx, `SELECT COUNT(*) FROM card WHERE request_id = ?1 AND live <> 0`, requestID).Scan(&live); err != nil {
		return Card{}, fmt.Errorf("store: %w", err)
	}
	if live > 0 {
		return Card{}, fmt.Errorf("%w: request %d", ErrLive, requestID)
	}
	now := t.now()
	c := Card{RequestID: requestID, State: card.Drawn, Seq: 1, Station: station, Drawn: fromMicros(now), Changed: fromMicros(now)}
	err = t.row(ctx, `SELECT batch_id, attempt FROM request WHERE id = ?1`, requestID).Scan(&c.BatchID, &c.Attempt)
	if err != nil {
		return Card{}, fmt.Errorf("store: %w", err)
	}
	// The index card_one_live is what makes this safe against another station
	// that draws for the same request at the same moment.
	err = t.row(ctx, `INSERT INTO card (request_id, batch_id, attempt, state, live, seq, station, drawn_at, changed_at)
		VALUES (?1, ?2, ?3, ?4, 1, 1, ?5, ?6, ?6) RETURNING id`, requestID, c.BatchID, c.Attempt, string(card.Drawn), station, now).Scan(&c.ID)
	if err != nil {
		return Card{}, fmt.Errorf("store: draw: %w", err)
	}
	if err := t.record(ctx, c, Mark{Station: station}); err != nil {
		return Card{}, err
	}
	return c, t.post(ctx, posting{batch: c.BatchID, card: c.ID, from: card.Stock, to: card.InWork, quantity: 1})
}

// Advance moves a card into its next state. c must be the card as it is: an
// older one is ErrState and nothing is written.
func (t *Tx) Advance(ctx context.Context, c Card, to card.State, m Mark) (Card, error) {
	if !c.State.May(to) {
		return c, fmt.Errorf("%w: card %d from %s to %s", ErrTransition, c.ID, c.State, to)
	}
	next := c
	next.State, next.Seq, next.Changed = to, c.Seq+1, fromMicros(t.now())
	set(&next.Station, m.Station)
	set(&next.Serial, m.Serial)
	set(&next.Reason, m.Reason)
	set(&next.Box, m.Box)
	if m.Digest != nil {
		next.Digest = m.Digest
	}
	live := 0
	if to.Live() {
		live = 1
	}
	n, err := t.exec(ctx, `UPDATE card SET state = ?3, live = ?4, seq = ?5, station = ?6, serial = ?7, digest = ?8, reason = ?9, box = ?10, changed_at = ?11
		WHERE id = ?1 AND seq = ?2`, c.ID, c.Seq, string(to), live, next.Seq, next.Station, next.Serial, next.Digest, next.Reason, next.Box, micros(next.Changed))
	if err != nil {
		return c, err
	}
	if n != 1 {
		return c, fmt.Errorf("%w: card %d is no longer %s", ErrState, c.ID, c.State)
	}
	if err := t.record(ctx, next, m); err != nil {
		return c, err
	}
	if from, into := c.State.Account(), to.Account(); from != into {
		if err := t.post(ctx, posting{batch: c.BatchID, card: c.ID, from: from, to: into, quantity: 1}); err != nil {
			return c, err
		}
	}
	return next, t.request(ctx, next)
}

func set(s *string, to string) {
	if to != "" {
		*s = to
	}
}

// request lets the request follow its card: done with a good one, open again
// only when the card is out of its way for good. A closed batch makes no card any more:
// what becomes of its cards leaves its requests as they were, and another card for a
// holder is a request of its own, in a batch that is open. A request in whose place a
// remake was asked for stays as it is too: its lost card, once found, is not made twice.
func (t *Tx) request(ctx context.Context, c Card) error {
	var to RequestState
	switch {
	case c.State == card.Good || c.State == card.Sample:
		to = RequestDone
	case c.State == card.RejectPending:
		to = RequestHeld
	case !c.State.Live() && c.State != card.Destroyed:
		to = RequestOpen
	default:
		return nil
	}
	_, err := t.exec(ctx, `UPDATE request SET state = ?2 WHERE id = ?1 AND state <> ?3
		AND NOT EXISTS (SELECT 1 FROM batch WHERE batch.id = ?4 AND batch.state = ?5)
		AND NOT EXISTS (SELECT 1 FROM request other WHERE other.number_digest = request.number_digest AND other.replaces_id = request.id
			AND other.kind = ?6 AND other.state <> ?3)`, c.RequestID, string(to), string(RequestCancelled), c.BatchID, BatchClosed, KindRemake)
	return err
}

// record writes the journal and the audit log.
func (t *Tx) record(ctx context.Context, c Card, m Mark) error {
	at := micros(c.Changed)
	_, err := t.exec(ctx, `INSERT INTO journal (card_id, seq, state, at, station, digest, reason) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)`,
		c.ID, c.Seq, string(c.State), at, c.Station, m.Digest, m.Reason)
	if err != nil {
		return err
	}
	return t.Audit(ctx, AuditEntry{Event: EventCard + string(c.State), At: at, Batch: c.BatchID, Card: c.ID, Request: c.RequestID,
		Station: c.Station, Serial: m.Serial, Box: m.Box, Digest: m.Digest, Reason: m.Reason, By: m.By})
}

const cardColumns = `id, request_id, batch_id, attempt, state, seq, station, serial, digest, reason, box, drawn_at, changed_at`

func scanCard(row interface{ Scan(...any) error }) (Card, error) {
	var c Card
	var state string
	var drawn, changed int64
	err := row.Scan(&c.ID, &c.RequestID, &c.BatchID, &c.Attempt, &state, &c.Seq, &c.Station, &c.Serial, &c.Digest, &c.Reason, &c.Box, &drawn, &changed)
	c.State, c.Drawn, c.Changed = card.State(state), fromMicros(drawn), fromMicros(changed)
	if errors.Is(err, sql.ErrNoRows) {
		return c, fmt.Errorf("%w: card", ErrNotFound)
	}
	if err != nil {
		return c, fmt.Errorf("store: %w", err)
	}
	return c, nil
}

// Card finds a card by its number.
func (t *Tx) Card(ctx context.Context, id int64) (Card, error) {
	return scanCard(t.row(ctx, `SELECT `+cardColumns+` FROM card WHERE id = ?1`, id))
}

// Live is the card of a request that may be good; ErrNotFound if there is none.
func (t *Tx) Live(ctx context.Context, requestID int64) (Card, error) {
	return scanCard(t.row(ctx, `SELECT `+cardColumns+` FROM card WHERE request_id = ?1 AND live <> 0`, requestID))
}

// ByChip is the last card that was begun on a chip.
func (t *Tx) ByChip(ctx context.Context, serial string) (Card, error) {
	return scanCard(t.row(ctx, `SELECT `+cardColumns+` FROM card WHERE serial = ?1 ORDER BY id DESC LIMIT 1`, serial))
}

// Last is the card that a station drew last; ErrNotFound if it drew none.
func (t *Tx) Last(ctx context.Context, station string) (Card, error) {
	return scanCard(t.row(ctx, `SELECT `+cardColumns+` FROM card WHERE station = ?1 ORDER BY id DESC LIMIT 1`, station))
}

// Filter chooses cards; zero fields choose all.
type Filter struct {
	Batch   int64
	State   card.State
	Station string
	Box     string
	InWork  bool // a station has the card
	After   int64
	Limit   int // 0: 1000
}

// Cards lists cards by their number.
func (t *Tx) Cards(ctx context.Context, f Filter) ([]Card, error) {
	if f.Limit <= 0 {
		f.Limit = 1000
	}
	q := `SELECT ` + cardColumns + ` FROM card WHERE id > ?1 AND (?2 = 0 OR batch_id = ?2) AND (?3 = '' OR state = ?3)
		AND (?4 = '' OR station = ?4) AND (?5 = '' OR box = ?5)`
	if f.InWork {
		q += ` AND state IN (` + inWork + `)`
	}
	rows, err := t.query(ctx, q+` ORDER BY id LIMIT ?6`, f.After, f.Batch, string(f.State), f.Station, f.Box, f.Limit)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var list []Card
	for rows.Next() {
		c, err := scanCard(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	return list, rows.Err()
}

// inWork are the states in which a station has a card, as SQL.
var inWork = func() string {
	s := ""
	for _, i := range card.States() {
		if i.State.InWork() {
			s += `, '` + string(i.State) + `'`
		}
	}
	return s[2:]
}()

// Step is one line of a card's journal.
type Step struct {
	Seq     int
	State   card.State
	At      time.Time
	Station string
	Digest  []byte
	Reason  string
}

// Journal is what happened to a card, first to last.
func (t *Tx) Journal(ctx context.Context, cardID int64) ([]Step, error) {
	rows, err := t.query(ctx, `SELECT seq, state, at, station, digest, reason FROM journal WHERE card_id = ?1 ORDER BY seq`, cardID)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var list []Step
	for rows.Next() {
		var s Step
		var state string
		var at int64
		if err := rows.Scan(&s.Seq, &state, &at, &s.Station, &s.Digest, &s.Reason); err != nil {
			return nil, fmt.Errorf("store: %w", err)
		}
		s.State, s.At = card.State(state), fromMicros(at)
		list = append(list, s)
	}
	return list, rows.Err()
}

func fromMicros(n int64) time.Time { return time.UnixMicro(n).UTC() }
