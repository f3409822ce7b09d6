package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/chipid-toolkit/chipid/cmd/internal/storeflags"
	"github.com/chipid-toolkit/chipid/printer/line/office"
	"github.com/chipid-toolkit/chipid/printer/line/report"
	"github.com/chipid-toolkit/chipid/printer/line/store"
)

func newBatchCloseCmd(env *env) *cobra.Command {
	var d deciding
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "close NAME",
		Short: "Close a batch whose ledger balances (two people)",
		Long: `close ends a batch. Two people say so, and nobody's word is taken while a request is open
or held, a blank lies in a station or in the stock, a reject is not confirmed, or the
ledger and the cards differ. From then on its retention runs: see chipid batch erase.

Example:
  chipid batch close A-2026-11 --by lan
  chipid batch close A-2026-11 --by minh

Exit statuses: 9 when something is left to do first; it is named.
` + exitHelp(exitOK, exitFault, exitUsage, exitHalted),
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return d.office(cmd.Context(), func(o *office.Office) error {
				done, err := o.Close(cmd.Context(), args[0], d.person())
				if errors.Is(err, store.ErrNotFound) {
					return batchError(err, args[0])
				}
				if err != nil {
					return err
				}
				if asJSON {
					return printJSON(env, struct {
						Schema string `json:"schema"`
						Batch  string `json:"batch"`
						Done   bool   `json:"done"`
					}{"chipid.batch.close/1", args[0], done})
				}
				if !done {
					fmt.Fprintf(env.Stdout, env.tr("batch %s: noted; a second person has to say the same\n", "đợt %s: đã ghi; cần người thứ hai xác nhận\n"), args[0])
					return nil
				}
				fmt.Fprintf(env.Stdout, env.tr("batch %s: closed\n", "đợt %s: đã đóng\n"), args[0])
				return nil
			})
		},
	}
	d.register(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func newBatchReportCmd(env *env) *cobra.Command {
	var db storeflags.Flags
	var pdf string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "report NAME",
		Short: "Say what became of every record and every blank of a batch",
		Long: `report says what happened to a batch: in = accepted + rejected, every blank by its fate,
rejects by reason, what each station did, boxes with their receipts, and the checkpoint
of the audit log. It checks the sums, and says what does not add up. It names no holder.

--pdf FILE writes it as a PDF to sign, in the language of LANG; only you can read the file.

Example:
  chipid batch report A-2026-11 --pdf A-2026-11.pdf
  chipid batch report A-2026-11 --json

Exit statuses: 5 when something does not add up.
` + exitHelp(exitOK, exitFault, exitUsage, exitFailed),
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return batchReport(cmd.Context(), env, &db, args[0], pdf, asJSON)
		},
	}
	db.Register(cmd.Flags())
	cmd.Flags().StringVar(&pdf, "pdf", "", "write a PDF to this file")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func batchReport(ctx context.Context, env *env, db *storeflags.Flags, name, pdf string, asJSON bool) error {
	st, err := db.Open(ctx, "")
	if err != nil {
		return err
	}
	defer st.Close()
	r, err := report.Of(ctx, st, name)
	if err != nil {
		return batchError(err, name)
	}
	if pdf != "" {
		if err := writePrivate(pdf, func(f *os.File) error { return r.WritePDF(f, env.Lang) }); err != nil {
			return err
		}
	}
	if asJSON {
		err = printJSON(env, r)
	} else {
		err = r.WriteText(env.Stdout, env.Lang)
	}
	if err == nil && len(r.Wrong) > 0 {
		return exitError{status: exitFailed}
	}
	return err
}
