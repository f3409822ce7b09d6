package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// StationState is what a station says of itself.
type StationState string

// The states of a station.
const (
	StationIdle    StationState = "idle"
	StationWorking StationState = "working"
	StationHalted  StationState = "halted"  // wants an operator: Message says why
	StationDrained StationState = "drained" // has stopped after its card
	StationLost    StationState = "lost"    // has not been heard of; derived, never written
)

// What people may want of a station.
const (
	WantWork   = ""
	WantPause  = "pause"
	WantDrain  = "drain"
	WantResume = "resume"  // once: what halted it is put right
	WantGiveUp = "give-up" // once: the card inside is to be rejected
)

// Station is a station as the store last heard of it.
type Station struct {
	Name, Process string
	State         StationState
	Wanted        string
	CardID        int64 // 0: none
	Step, Message string
	Made, Spoiled int64
	Seen          time.Time
}

// Silence is how long a station may be silent before it counts as lost.
const Silence = 15 * time.Second

// Report writes what a station says of itself and gives back what people want
// of it. ErrTaken while another process runs a station of this name and is heard
// of: two must never drive one reader.
func (t *Tx) Report(ctx context.Context, s Station) (wanted string, err error) {
	var cardID any
	if s.CardID != 0 {
		cardID = s.CardID
	}
	err = t.row(ctx, `INSERT INTO station (name, process, state, card_id, step, message, made, spoiled, seen_at)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
		ON CONFLICT (name) DO UPDATE SET process = excluded.process, state = excluded.state, card_id = excluded.card_id, step = excluded.step,
			message = excluded.message, made = excluded.made, spoiled = excluded.spoiled, seen_at = excluded.seen_at
		WHERE station.process = excluded.process OR station.seen_at < ?10 OR station.state = ?11
		RETURNING wanted`,
		s.Name, s.Process, string(s.State), cardID, s.Step, s.Message, s.Made, s.Spoiled, t.now(),
		micros(t.s.o.Clock().Add(-Silence)), string(StationDrained)).Scan(&wanted)
	if errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("%w: %s", ErrTaken, s.Name)
	}
	if err != nil {
		return "", fmt.Errorf("store: station: %w", err)
	}
	return wanted, nil
}

// Want tells a station what people want of it.
func (t *Tx) Want(ctx context.Context, name, wanted, by string) error {
	n, err := t.exec(ctx, `UPDATE station SET wanted = ?2 WHERE name = ?1`, name, wanted)
	if err != nil {
		return err
	}
	if n == 0 {
		return fmt.Errorf("%w: station %s", ErrNotFound, name)
	}
	if by == "" {
		return nil
	}
	return t.Audit(ctx, AuditEntry{Event: "station." + wantName(wanted), Station: name, By: by})
}

// Heard takes a word back that was for one time, unless people want something else
// by now.
func (t *Tx) Heard(ctx context.Context, name, wanted string) error {
	_, err := t.exec(ctx, `UPDATE station SET wanted = ?3 WHERE name = ?1 AND wanted = ?2`, name, wanted, WantWork)
	return err
}

func wantName(w string) string {
	if w == WantWork {
		return "work"
	}
	return w
}

// Stations lists the stations by name. One that has been silent for longer than
// Silence is lost.
func (t *Tx) Stations(ctx context.Context) ([]Station, error) {
	rows, err := t.query(ctx, `SELECT name, process, state, wanted, card_id, step, message, made, spoiled, seen_at FROM station ORDER BY name`)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var list []Station
	for rows.Next() {
		var s Station
		var state string
		var c sql.NullInt64
		var seen int64
		if err := rows.Scan(&s.Name, &s.Process, &state, &s.Wanted, &c, &s.Step, &s.Message, &s.Made, &s.Spoiled, &seen); err != nil {
			return nil, fmt.Errorf("store: %w", err)
		}
		s.State, s.CardID, s.Seen = StationState(state), c.Int64, fromMicros(seen)
		if s.State != StationDrained && t.s.o.Clock().Sub(s.Seen) > Silence {
			s.State = StationLost
		}
		list = append(list, s)
	}
	return list, rows.Err()
}

// Lot is a lot of blanks or of requests that can be stopped on all stations.
type Lot struct {
	Name     string
	Stopped  bool
	Failures int // cards in a row whose authentication failed
	Reason   string
}

// Lot gives what is known of a lot.
func (t *Tx) Lot(ctx context.Context, name string) (Lot, error) {
	l := Lot{Name: name}
	var stopped int
	err := t.row(ctx, `SELECT stopped, failures, reason FROM lot WHERE name = ?1`, name).Scan(&stopped, &l.Failures, &l.Reason)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return l, fmt.Errorf("store: %w", err)
	}
	l.Stopped = stopped != 0
	return l, nil
}

// Authenticated counts the outcome of a card's authentication to its chip; at
// limit failures in a row the lot stops, on all stations, and stays stopped
// until a person releases it.
func (t *Tx) Authenticated(ctx context.Context, lot string, ok bool, limit int, reason string) (Lot, error) {
	now := t.now()
	if ok {
		_, err := t.exec(ctx, `UPDATE lot SET failures = 0 WHERE name = ?1 AND failures <> 0`, lot)
		if err != nil {
			return Lot{}, err
		}
		return t.Lot(ctx, lot)
	}
	_, err := t.exec(ctx, `INSERT INTO lot (name, failures, reason, changed_at) VALUES (?1, 1, ?2, ?3)
		ON CONFLICT (name) DO UPDATE SET failures = lot.failures + 1, reason = excluded.reason, changed_at = excluded.changed_at`, lot, reason, now)
	if err != nil {
		return Lot{}, err
	}
	l, err := t.Lot(ctx, lot)
	if err != nil || l.Stopped || l.Failures < limit {
		return l, err
	}
	if _, err := t.exec(ctx, `UPDATE lot SET stopped = 1 WHERE name = ?1`, lot); err != nil {
		return l, err
	}
	l.Stopped = true
	return l, t.Audit(ctx, AuditEntry{Event: "lot.stopped", Reason: lot + ": " + reason})
}

// Release lets a stopped lot go on.
func (t *Tx) Release(ctx context.Context, lot, by string) error {
	n, err := t.exec(ctx, `UPDATE lot SET stopped = 0, failures = 0, reason = '', changed_at = ?2 WHERE name = ?1`, lot, t.now())
	if err != nil {
		return err
	}
	if n == 0 {
		return fmt.Errorf("%w: lot %s", ErrNotFound, lot)
	}
	return t.Audit(ctx, AuditEntry{Event: "lot.released", Reason: lot, By: by})
}

// StoppedLots lists the lots that are stopped, by name.
func (t *Tx) StoppedLots(ctx context.Context) ([]Lot, error) {
	rows, err := t.query(ctx, `SELECT name, failures, reason FROM lot WHERE stopped <> 0 ORDER BY name`)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var list []Lot
	for rows.Next() {
		l := Lot{Stopped: true}
		if err := rows.Scan(&l.Name, &l.Failures, &l.Reason); err != nil {
			return nil, fmt.Errorf("store: %w", err)
		}
		list = append(list, l)
	}
	return list, rows.Err()
}
