package intake

import (
	"context"

	"github.com/chipid-toolkit/chipid/printer/line/store"
)

// Erase forgets the personal data of all closed batches whose retention is over, by the
// store's clock, and says which they were. Cards, journal and ledger stay. by is who
// wanted it, for the audit log.
func Erase(ctx context.Context, st *store.Store, by string) (names []string, err error) {
	err = st.Do(ctx, "erase batches", func(tx *store.Tx) error {
		due, err := tx.Due(ctx, st.Now())
		if err != nil {
			return err
		}
		names = nil
		for _, b := range due {
			if err := tx.Erase(ctx, b.ID, by); err != nil {
				return err
			}
			names = append(names, b.Name)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return names, st.Sweep(ctx)
}
