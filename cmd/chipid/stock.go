package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cmd/internal/storeflags"
	"github.com/chipid-toolkit/chipid/printer/line/card"
	"github.com/chipid-toolkit/chipid/printer/line/report"
	"github.com/chipid-toolkit/chipid/printer/line/store"
)

func newStockCmd(env *env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "stock",
		Short: "Blanks: booked in, sent back, accounted for",
		Long: `stock keeps the ledger of blanks. A line draws no blank that was not booked in, and a
batch closes only when every one is accounted for.

Example:
  chipid stock receive --batch A-2026-11 --blanks 1000 --note "delivery 4711" --by lan
  chipid stock show
  chipid stock return --batch A-2026-11 --blanks 12 --by lan

Exit statuses:
` + exitHelp(exitOK, exitFault, exitUsage),
	}
	book := func(use, short, long string, f func(ctx context.Context, tx *store.Tx, batch int64, n int64, note, by string) error) *cobra.Command {
		var d deciding
		var batch, note string
		var n int64
		var asJSON bool
		c := &cobra.Command{
			Use: use, Short: short,
			Long: long + "\n\nExample:\n  chipid stock " + use + " --batch A-2026-11 --blanks 100 --by lan\n\nExit statuses:\n" + exitHelp(exitOK, exitFault, exitUsage),
			Args: cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				ctx := cmd.Context()
				if n <= 0 || n > 10_000_000 {
					return usagef("--blanks is not 1 to 10000000")
				}
				st, err := d.db.Open(ctx, "")
				if err != nil {
					return err
				}
				defer st.Close()
				err = st.Do(ctx, "stock", func(tx *store.Tx) error {
					b, err := tx.Batch(ctx, batch)
					if err != nil {
						return err
					}
					return f(ctx, tx, b.ID, n, note, d.person())
				})
				if err != nil {
					return stockError(err, batch)
				}
				return stockShow(ctx, env, st, batch, asJSON)
			},
		}
		d.register(c)
		c.Flags().StringVar(&batch, "batch", "", "the batch that the blanks are for")
		c.Flags().Int64Var(&n, "blanks", 0, "how many")
		c.Flags().StringVar(&note, "note", "", "delivery note, for the report")
		c.Flags().BoolVar(&asJSON, "json", false, "print the batch's ledger as JSON")
		_ = c.MarkFlagRequired("batch")
		_ = c.MarkFlagRequired("blanks")
		return c
	}
	cmd.AddCommand(
		book("receive", "Book blanks in", "receive books blanks in for a batch.", func(ctx context.Context, tx *store.Tx, batch, n int64, note, by string) error {
			return tx.Receive(ctx, batch, n, note, by)
		}),
		book("return", "Send blanks back that were not used", "return books blanks out that go back unused.", func(ctx context.Context, tx *store.Tx, batch, n int64, note, by string) error {
			return tx.SendBack(ctx, batch, n, note, by)
		}),
		newStockManifestCmd(env),
		newStockShowCmd(env),
	)
	return cmd
}

// stockError says what to do about blanks that cannot be booked.
func stockError(err error, batch string) error {
	if errors.Is(err, store.ErrNoStock) {
		return &cardprofile.InputError{Field: "blanks", Problem: fmt.Sprintf("are more than batch %s has in stock", batch), Fix: "chipid stock show says how many there are"}
	}
	if errors.Is(err, store.ErrNotFound) {
		return batchError(err, batch)
	}
	return decisionError(err)
}

func newStockShowCmd(env *env) *cobra.Command {
	var db storeflags.Flags
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "show [BATCH]",
		Short: "Say where every blank is",
		Long: `show prints the ledger of blanks, of a batch or of all: how many were booked in, and
where they are now. The sum is always right, or the command says that it is not.

Example:
  chipid stock show A-2026-11

Exit statuses:
` + exitHelp(exitOK, exitFault, exitUsage),
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			st, err := db.Open(cmd.Context(), "")
			if err != nil {
				return err
			}
			defer st.Close()
			name := ""
			if len(args) == 1 {
				name = args[0]
			}
			return stockShow(cmd.Context(), env, st, name, asJSON)
		},
	}
	db.Register(cmd.Flags())
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the ledger as JSON")
	return cmd
}

func stockShow(ctx context.Context, env *env, st *store.Store, name string, asJSON bool) error {
	var balance card.Balance
	err := st.Do(ctx, "stock", func(tx *store.Tx) error {
		var id int64
		if name != "" {
			b, err := tx.Batch(ctx, name)
			if err != nil {
				return err
			}
			id = b.ID
		}
		var err error
		balance, err = tx.Reconcile(ctx, id)
		return err
	})
	if err != nil {
		return batchError(err, name)
	}
	if asJSON {
		return printJSON(env, struct {
			Schema   string                 `json:"schema"`
			Batch    string                 `json:"batch,omitempty"`
			Accounts map[card.Account]int64 `json:"accounts"`
		}{"chipid.stock/1", name, balance})
	}
	t := newTable(env.Stdout)
	for _, a := range card.Accounts() {
		if n := balance[a]; n != 0 {
			t.row(n, report.AccountName(a, env.Lang))
		}
	}
	t.flush()
	return nil
}
