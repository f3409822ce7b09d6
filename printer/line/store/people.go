package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Role is what a person may do at the console.
type Role string

// The roles.
const (
	RoleOperator   Role = "operator"   // sees to stations, confirms rejects
	RoleSupervisor Role = "supervisor" // decides about lots, batches and people too
	RoleAuditor    Role = "auditor"    // sees, and decides nothing
)

// Roles are all of them.
var Roles = []Role{RoleOperator, RoleSupervisor, RoleAuditor}

// Person is a user of the console.
type Person struct {
	Name string
	Role Role
	// Password is its encoded hash.
	Password string
	Disabled bool
	Changed  time.Time
}

// PutPerson adds a person, or changes role, password or whether he is disabled. His
// sessions end.
func (t *Tx) PutPerson(ctx context.Context, p Person, by string) error {
	disabled := 0
	if p.Disabled {
		disabled = 1
	}
	if _, err := t.exec(ctx, `INSERT INTO person (name, role, password, disabled, changed_at) VALUES (?1, ?2, ?3, ?4, ?5)
		ON CONFLICT (name) DO UPDATE SET role = excluded.role, password = excluded.password, disabled = excluded.disabled, changed_at = excluded.changed_at`,
		p.Name, string(p.Role), p.Password, disabled, t.now()); err != nil {
		return err
	}
	if _, err := t.exec(ctx, `DELETE FROM session WHERE person = ?1`, p.Name); err != nil {
		return err
	}
	event := "person.changed"
	if p.Disabled {
		event = "person.disabled"
	}
	return t.Audit(ctx, AuditEntry{Event: event, Reason: p.Name + ": " + string(p.Role), By: by})
}

func scanPerson(row interface{ Scan(...any) error }) (Person, error) {
	var p Person
	var role string
	var disabled, changed int64
	err := row.Scan(&p.Name, &role, &p.Password, &disabled, &changed)
	if errors.Is(err, sql.ErrNoRows) {
		return p, fmt.Errorf("%w: person", ErrNotFound)
	}
	if err != nil {
		return p, fmt.Errorf("store: %w", err)
	}
	p.Role, p.Disabled, p.Changed = Role(role), disabled != 0, fromMicros(changed)
	return p, nil
}

// Person finds a person by name.
func (t *Tx) Person(ctx context.Context, name string) (Person, error) {
	return scanPerson(t.row(ctx, `SELECT name, role, password, disabled, changed_at FROM person WHERE name = ?1`, name))
}

// People lists everybody by name.
func (t *Tx) People(ctx context.Context) ([]Person, error) {
	rows, err := t.query(ctx, `SELECT name, role, password, disabled, changed_at FROM person ORDER BY name`)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var list []Person
	for rows.Next() {
		p, err := scanPerson(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, p)
	}
	return list, rows.Err()
}

// OpenSession begins a session; digest is the SHA-256 of its token, which the store does
// not have.
func (t *Tx) OpenSession(ctx context.Context, digest []byte, person string) error {
	if _, err := t.exec(ctx, `INSERT INTO session (digest, person, began_at, seen_at) VALUES (?1, ?2, ?3, ?3)`, digest, person, t.now()); err != nil {
		return err
	}
	return t.Audit(ctx, AuditEntry{Event: "session.opened", By: person})
}

// Session finds who has a session that is neither idle for too long nor too old, and
// notes that it was seen. ErrNotFound otherwise, and for whoever is disabled.
func (t *Tx) Session(ctx context.Context, digest []byte, idle, life time.Duration) (Person, error) {
	now := t.s.o.Clock()
	var name string
	var seen int64
	err := t.row(ctx, `SELECT person, seen_at FROM session WHERE digest = ?1 AND seen_at > ?2 AND began_at > ?3`, digest, micros(now.Add(-idle)), micros(now.Add(-life))).Scan(&name, &seen)
	if errors.Is(err, sql.ErrNoRows) {
		return Person{}, fmt.Errorf("%w: session", ErrNotFound)
	}
	if err != nil {
		return Person{}, fmt.Errorf("store: %w", err)
	}
	p, err := t.Person(ctx, name)
	if err == nil && p.Disabled {
		err = fmt.Errorf("%w: session", ErrNotFound)
	}
	if err != nil {
		return Person{}, err
	}
	// Once a minute is often enough to know who is idle.
	if now.Sub(fromMicros(seen)) > time.Minute {
		_, err = t.exec(ctx, `UPDATE session SET seen_at = ?2 WHERE digest = ?1`, digest, t.now())
	}
	return p, err
}

// CloseSession ends a session, and old ones of anybody.
func (t *Tx) CloseSession(ctx context.Context, digest []byte, life time.Duration) error {
	_, err := t.exec(ctx, `DELETE FROM session WHERE digest = ?1 OR began_at <= ?2`, digest, micros(t.s.o.Clock().Add(-life)))
	return err
}
