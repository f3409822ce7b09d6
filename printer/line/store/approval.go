package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Actions that two people decide together.
const (
	ActionConfirm = "confirm-reject" // the card was seen in the locked bin
	ActionDestroy = "destroy"
	ActionGiveUp  = "give-up" // a card is not to be found
	ActionClose   = "close-batch"
	ActionHand    = "hand-over" // a box goes from the bureau to an office
	ActionErase   = "erase-batch"
)

// Approval is one decision of two people.
type Approval struct {
	ID                 int64
	Action, Subject    string
	AskedBy, GrantedBy string
	Asked, Granted     time.Time
}

// Agree counts one person's word for an action on a subject, such as a card's
// number. It returns true with the second person's, and then the caller does the
// action in the same transaction. The same person twice is ErrSamePerson.
func (t *Tx) Agree(ctx context.Context, action, subject, person string) (bool, error) {
	if person == "" {
		return false, fmt.Errorf("%w: nobody is named", ErrSamePerson)
	}
	a, err := scanApproval(t.row(ctx, `SELECT `+approvalColumns+` FROM approval WHERE action = ?1 AND subject = ?2 AND granted_by = ''`, action, subject))
	switch {
	case errors.Is(err, ErrNotFound):
		if _, err := t.exec(ctx, `INSERT INTO approval (action, subject, asked_by, asked_at) VALUES (?1, ?2, ?3, ?4)`, action, subject, person, t.now()); err != nil {
			return false, err
		}
		return false, t.Audit(ctx, AuditEntry{Event: "approval.asked", Reason: action + " " + subject, By: person})
	case err != nil:
		return false, err
	case a.AskedBy == person:
		return false, fmt.Errorf("%w: %s has asked for it", ErrSamePerson, person)
	}
	n, err := t.exec(ctx, `UPDATE approval SET granted_by = ?2, granted_at = ?3 WHERE id = ?1 AND granted_by = ''`, a.ID, person, t.now())
	if err != nil {
		return false, err
	}
	if n != 1 {
		return false, fmt.Errorf("%w: the approval was given meanwhile", ErrState)
	}
	return true, t.Audit(ctx, AuditEntry{Event: "approval.granted", Reason: action + " " + subject, By: person})
}

const approvalColumns = `id, action, subject, asked_by, asked_at, granted_by, granted_at`

func scanApproval(row interface{ Scan(...any) error }) (Approval, error) {
	var a Approval
	var asked int64
	var granted sql.NullInt64
	err := row.Scan(&a.ID, &a.Action, &a.Subject, &a.AskedBy, &asked, &a.GrantedBy, &granted)
	if errors.Is(err, sql.ErrNoRows) {
		return a, fmt.Errorf("%w: approval", ErrNotFound)
	}
	if err != nil {
		return a, fmt.Errorf("store: %w", err)
	}
	a.Asked, a.Granted = fromMicros(asked), timeOf(granted)
	return a, nil
}

// Approvals lists what waits for a second person, oldest first.
func (t *Tx) Approvals(ctx context.Context) ([]Approval, error) {
	rows, err := t.query(ctx, `SELECT `+approvalColumns+` FROM approval WHERE granted_by = '' ORDER BY id`)
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
