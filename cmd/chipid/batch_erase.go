package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/printer/line/office"
	"github.com/chipid-toolkit/chipid/printer/line/store"
)

func newBatchEraseCmd(env *env) *cobra.Command {
	var d deciding
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "erase [NAME]",
		Short: "Erase the personal data of closed batches whose retention is over (two people)",
		Long: `erase forgets the holders' data of a closed batch: its data key, and with it every sealed
row. A backup made before opens as long as the token has its seal key. Cards, journal,
ledger and audit log stay. Two people say so. Without a name it takes every batch whose
retention is over. A batch is not erased before that, and one without a retention only
by its name. Erasing that was interrupted is finished by the next one.

Example:
  chipid batch erase --by lan
  chipid batch erase --by minh
  chipid batch erase A-2026-11 --by lan

Exit statuses: 0 also when a second person has to say the same.
` + exitHelp(exitOK, exitFault, exitUsage),
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			name := ""
			if len(args) == 1 {
				if name = args[0]; name == "" {
					return usagef("name a batch, or leave the name out for all whose retention is over")
				}
			}
			return batchErase(cmd.Context(), env, &d, name, asJSON)
		},
	}
	d.register(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func batchErase(ctx context.Context, env *env, d *deciding, name string, asJSON bool) error {
	st, err := d.db.Open(ctx, "")
	if err != nil {
		return err
	}
	defer st.Close()
	e, err := (&office.Office{Store: st}).Erase(ctx, name, d.person())
	if err != nil {
		return eraseError(err, name)
	}
	if asJSON {
		return printJSON(env, struct {
			Schema string   `json:"schema"`
			Erased []string `json:"erased"`
			Noted  []string `json:"noted"` // wait for a second person
		}{"chipid.batch.erase/1", append([]string{}, e.Erased...), append([]string{}, e.Noted...)})
	}
	for _, b := range e.Erased {
		fmt.Fprintf(env.Stdout, env.tr("batch %s: personal data erased\n", "đợt %s: đã xóa dữ liệu cá nhân\n"), b)
	}
	for _, b := range e.Noted {
		fmt.Fprintf(env.Stdout, env.tr("batch %s: noted; a second person has to say the same\n", "đợt %s: đã ghi; cần người thứ hai xác nhận\n"), b)
	}
	if len(e.Erased)+len(e.Noted) == 0 {
		env.talk("%s", env.tr("no retention is over", "chưa đợt nào hết thời hạn lưu giữ"))
	}
	return nil
}

// eraseError says what to do about a batch that is not erased now.
func eraseError(err error, name string) error {
	refuse := func(fix string) error {
		return &cardprofile.InputError{Field: "batch " + name, Problem: err.Error(), Fix: fix}
	}
	switch {
	case errors.Is(err, store.ErrNotFound):
		return batchError(err, name)
	case errors.Is(err, office.ErrKept):
		return refuse("wait until its retention is over")
	case errors.Is(err, office.ErrNotNow):
		return refuse("close it first: chipid batch close")
	}
	return decisionError(err)
}
