package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/chipid-toolkit/chipid/cmd/internal/storeflags"
	"github.com/chipid-toolkit/chipid/printer/line/store"
)

// batchJSON is one batch of `batch status --json`. records = accepted + rejected, and
// accepted is the sum of requests.
type batchJSON struct {
	Schema   string           `json:"schema"`
	Name     string           `json:"name"`
	Profile  string           `json:"profile"`
	Source   string           `json:"source,omitempty"`
	State    string           `json:"state"`
	Created  time.Time        `json:"created"`
	Closed   *time.Time       `json:"closed,omitempty"`
	Erase    *time.Time       `json:"erase,omitempty"`
	Erased   bool             `json:"erased"`
	Complete bool             `json:"import_complete"`
	Records  int64            `json:"records"`
	Accepted int64            `json:"accepted"`
	Rejected int64            `json:"rejected"`
	Requests map[string]int64 `json:"requests"`
}

func newBatchJSON(b store.Batch, requests map[store.RequestState]int64) batchJSON {
	j := batchJSON{Schema: "chipid.batch/1", Name: b.Name, Profile: b.Profile, Source: b.Source, State: b.State, Created: b.Created, Erased: len(b.SealedKey) == 0,
		Complete: b.Complete, Records: b.Records, Accepted: b.Accepted, Rejected: b.Rejected, Requests: map[string]int64{}}
	for s, n := range requests {
		j.Requests[string(s)] = n
	}
	if !b.Closed.IsZero() {
		j.Closed = &b.Closed
	}
	if !b.Erase.IsZero() {
		j.Erase = &b.Erase
	}
	return j
}

func newBatchStatusCmd(env *env) *cobra.Command {
	var db storeflags.Flags
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "status [NAME]",
		Short: "List batches with their counts, or one with the reasons of its rejects",
		Long: `status lists the batches of a store. With a name it adds why rows were rejected.

Example:
  chipid batch status
  chipid batch status A-2026-11 --json

Exit statuses:
` + exitHelp(exitOK, exitFault, exitUsage),
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return batchStatus(cmd.Context(), env, &db, args, asJSON)
		},
	}
	db.Register(cmd.Flags())
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the batches as JSON")
	return cmd
}

func batchStatus(ctx context.Context, env *env, db *storeflags.Flags, args []string, asJSON bool) error {
	st, err := db.Open(ctx, "")
	if err != nil {
		return err
	}
	defer st.Close()
	var list []batchJSON
	reasons := map[string]int64{}
	err = st.Do(ctx, "batch status", func(tx *store.Tx) error {
		batches, err := tx.Batches(ctx)
		if len(args) == 1 && err == nil {
			var one store.Batch
			one, err = tx.Batch(ctx, args[0])
			batches = []store.Batch{one}
		}
		if err != nil {
			return err
		}
		list = []batchJSON{}
		for _, b := range batches {
			counts, err := tx.RequestCounts(ctx, b.ID)
			if err != nil {
				return err
			}
			list = append(list, newBatchJSON(b, counts))
			if len(args) == 1 {
				if reasons, err = tx.RejectReasons(ctx, b.ID); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		if len(args) == 1 {
			return batchError(err, args[0])
		}
		return err
	}
	if asJSON {
		if len(args) == 1 {
			return printJSON(env, struct {
				batchJSON
				Reasons map[string]int64 `json:"reject_reasons"`
			}{list[0], reasons})
		}
		return printJSON(env, list)
	}
	t := newTable(env.Stdout)
	t.row(env.tr("BATCH", "ĐỢT"), env.tr("PROFILE", "LOẠI THẺ"), env.tr("STATE", "TRẠNG THÁI"), env.tr("ROWS", "DÒNG"), env.tr("ACCEPTED", "NHẬN"), env.tr("REJECTED", "TRẢ LẠI"),
		env.tr("OPEN", "CHỜ LÀM"), env.tr("MAKING", "ĐANG LÀM"), env.tr("HELD", "CHỜ XÁC NHẬN"), env.tr("DONE", "XONG"))
	for _, b := range list {
		state := map[string]string{store.BatchOpen: env.tr("open", "đang mở"), store.BatchPaused: env.tr("paused", "tạm dừng"), store.BatchClosed: env.tr("closed", "đã đóng")}[b.State]
		if !b.Complete && b.State != store.BatchClosed {
			state += env.tr(", import not complete", ", chưa nhập hết")
		}
		t.row(b.Name, b.Profile, state, b.Records, b.Accepted, b.Rejected, b.Requests["open"], b.Requests["making"], b.Requests["held"], b.Requests["done"])
	}
	t.flush()
	if len(reasons) > 0 {
		fmt.Fprintln(env.Stdout)
		t := newTable(env.Stdout)
		for _, r := range slices.Sorted(maps.Keys(reasons)) {
			t.row(reasons[r], r)
		}
		t.flush()
	}
	return nil
}
