package office

import (
	"context"
	"errors"
	"fmt"

	"github.com/chipid-toolkit/chipid/printer/line/store"
)

// ErrKept: the batch's retention is not over.
var ErrKept = errors.New("office: its retention is not over")

// Erasure is what came of one person's word that personal data is erased: names of
// batches.
type Erasure struct {
	Erased []string // by the second person's word
	Noted  []string // a second person has to say the same
}

// Erase is the word of one of two people that the personal data of a closed batch is
// erased; with no name, that of every batch whose retention is over. Another person's
// word for the same batch erases it, and what the database keeps of it beside
// ([store.Store.Sweep]); a batch that was erased before is swept again. A batch that is
// not closed is ErrNotNow, one whose retention runs ErrKept. One person's word given
// twice for a named batch is store.ErrSamePerson.
func (o *Office) Erase(ctx context.Context, batch, person string) (Erasure, error) {
	var e Erasure
	err := o.decide(ctx, "erase batches", person, func(tx *store.Tx) error {
		e = Erasure{}
		now := o.Store.Now()
		due, err := tx.Due(ctx, now)
		if batch != "" {
			var b store.Batch
			if b, err = tx.Batch(ctx, batch); err != nil {
				return err
			}
			switch {
			case b.State != store.BatchClosed:
				return fmt.Errorf("%w: batch %s is not closed", ErrNotNow, b.Name)
			case len(b.SealedKey) == 0:
				e.Erased = append(e.Erased, b.Name)
				return nil
			case b.Erase.After(now):
				return fmt.Errorf("%w: batch %s is kept until %s", ErrKept, b.Name, b.Erase.Format("2006-01-02"))
			}
			due = []store.Batch{b}
		}
		if err != nil {
			return err
		}
		for _, b := range due {
			agreed, err := tx.Agree(ctx, store.ActionErase, b.Name, person)
			switch {
			case errors.Is(err, store.ErrSamePerson) && batch == "":
				e.Noted = append(e.Noted, b.Name) // said it on an earlier day
			case err != nil:
				return err
			case !agreed:
				e.Noted = append(e.Noted, b.Name)
			default:
				if err := tx.Erase(ctx, b.ID, person); err != nil {
					return err
				}
				e.Erased = append(e.Erased, b.Name)
			}
		}
		return nil
	})
	if err != nil {
		return Erasure{}, err
	}
	return e, o.Store.Sweep(ctx) // also what an earlier one left
}
