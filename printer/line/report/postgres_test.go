//go:build unix

package report_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/chipid-toolkit/chipid/printer/line/card"
	"github.com/chipid-toolkit/chipid/printer/line/pack"
	"github.com/chipid-toolkit/chipid/printer/line/report"
	"github.com/chipid-toolkit/chipid/printer/line/store"
	"github.com/chipid-toolkit/chipid/printer/line/store/storetest"
)

// The same batch, packed and reported on SQLite and on PostgreSQL.
func TestReportOnBothDatabases(t *testing.T) {
	ctx := context.Background()
	for name, url := range map[string]string{"sqlite": ":memory:", "postgres": storetest.StartPostgres(t).Database(t)} {
		t.Run(name, func(t *testing.T) {
			st, err := store.Open(ctx, url, store.Options{})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = st.Close() })
			var lost store.Card
			if err := st.Do(ctx, "test", func(tx *store.Tx) error {
				b, err := tx.NewBatch(ctx, store.Batch{Name: "A", Profile: "vn-cancuoc-2024"})
				if err != nil {
					return err
				}
				if err := tx.Count(ctx, b.ID, 3, 1); err != nil {
					return err
				}
				if err := tx.Reject(ctx, b.ID, store.Reject{Line: 9, Field: "number", Problem: "is missing"}); err != nil {
					return err
				}
				if err := tx.Receive(ctx, b.ID, 5, "delivery", "kho"); err != nil {
					return err
				}
				for i := range 3 {
					r, err := tx.Add(ctx, store.Request{BatchID: b.ID, Line: i + 1, NumberDigest: []byte{byte(i)}, Office: "Q1"})
					if err != nil {
						return err
					}
					c, err := tx.Draw(ctx, r.ID, fmt.Sprint("S", i%2))
					for _, s := range []card.State{card.Probed, card.KeysMade, card.Signing, card.Signed, card.Writing, card.Locked, card.Printing, card.Printed, card.Checked, card.Good} {
						if err == nil {
							c, err = tx.Advance(ctx, c, s, store.Mark{Serial: fmt.Sprintf("%04X", i)})
						}
					}
					if err != nil {
						return err
					}
					if i == 2 {
						if _, err := tx.Advance(ctx, c, card.RejectPending, store.Mark{Reason: "print.smear: seen by a person"}); err != nil {
							return err
						}
					}
					lost = c
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			p := pack.Packer{Store: st}
			box, err := p.Open(ctx, "A", "", "Q1", 10, "an")
			if err != nil {
				t.Fatal(err)
			}
			for id := lost.ID - 2; id < lost.ID; id++ {
				if _, _, err := p.Scan(ctx, box.ID, pack.Code{Card: id}, false, "an"); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := p.Seal(ctx, box.ID, "an"); err != nil {
				t.Fatal(err)
			}
			if err := p.Offer(ctx, box.ID, "an"); err != nil {
				t.Fatal(err)
			}
			if _, err := p.Take(ctx, box.ID, "chi", pack.Receipt{Number: "BN-1", Digest: make([]byte, 32)}); err != nil {
				t.Fatal(err)
			}
			r, err := report.Of(ctx, st, "A")
			if err != nil {
				t.Fatal(err)
			}
			if len(r.Wrong) != 0 || r.Records != 4 || r.Received != 5 || r.Ledger[card.Offices] != 2 || r.Ledger[card.RejectedOpen] != 1 || r.Ledger[card.Stock] != 2 ||
				len(r.Stations) != 2 || r.Stations[0].Good != 2 || r.Stations[0].Rejected != 1 || len(r.Spoiled) != 1 || r.Spoiled[0].Reason != "print.smear" ||
				len(r.Boxes) != 1 || r.Boxes[0].Cards != 2 || r.Boxes[0].TakenBy != "chi" || r.Waiting == 0 || r.Audit != nil {
				t.Errorf("%+v", r)
			}
			if err := st.Do(ctx, "test", func(tx *store.Tx) error {
				b, err := tx.Batch(ctx, "A")
				if err != nil {
					return err
				}
				n, err := tx.LastLine(ctx, b.ID)
				if err == nil && n != 9 {
					t.Errorf("last line %d", n)
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
		})
	}
}
