package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cmd/internal/keyflags"
	"github.com/chipid-toolkit/chipid/hsm"
	"github.com/chipid-toolkit/chipid/printer/line/intake"
	"github.com/chipid-toolkit/chipid/printer/line/queue"
	"github.com/chipid-toolkit/chipid/printer/line/store"
)

func newBatchCmd(env *env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "batch",
		Short: "Batches of requests for a production line",
		Long: `batch takes requests for cards in, and says what became of them.

Personal data lies in the store under a key of its own for each batch, which only
the token opens. The keys file of --keys names, beside the keys a card is issued
with, the token's keys for it:
  seal: pkcs11:object=line-seal        # chipid keys create --secret seal
  digest: pkcs11:object=line-digest    # chipid keys create --secret digest
  intake: pkcs11:object=line-intake    # chipid keys create --curve P-256 --agreement; for batches that come encrypted

Example:
  chipid batch new    A-2026-11 --profile vn-cccd-2021 --keys keys.yaml
  chipid batch import requests.csv --batch A-2026-11 --photos photos.zip --keys keys.yaml
  chipid batch status
  chipid batch report A-2026-11 --pdf A-2026-11.pdf
  chipid batch close  A-2026-11 --by lan

Exit statuses:
` + exitHelp(exitOK, exitFault, exitUsage, exitFailed, exitHSM, exitHalted),
	}
	cmd.AddCommand(newBatchNewCmd(env), newBatchImportCmd(env), newBatchCheckCmd(env), newBatchStatusCmd(env), newBatchCertificateCmd(env),
		newBatchCloseCmd(env), newBatchReportCmd(env), newBatchEraseCmd(env))
	return cmd
}

// lineKeys opens the token of a keys file for work with personal data.
func lineKeys(ctx context.Context, env *env, path string) (*keyflags.File, hsm.Keyring, error) {
	keys, err := keyflags.Load(path)
	if err != nil {
		return nil, nil, err
	}
	for field, ref := range map[string]hsm.KeyRef{"seal": keys.Seal, "digest": keys.Digest} {
		if ref == "" {
			return nil, nil, &cardprofile.InputError{File: path, Field: field, Problem: "is missing: a line keeps no personal data in clear", Fix: "make the key with chipid keys create --secret " + field + ", and name it"}
		}
	}
	ring, err := keys.Open(ctx, env.pinPrompt())
	return keys, ring, err
}

// importer puts an importer together. The caller closes store and keyring.
func importer(ctx context.Context, env *env, st *store.Store, keys *keyflags.File, ring hsm.Keyring) (*intake.Importer, error) {
	q, err := queue.Open(ctx, st, queue.Config{Process: "import"})
	if err != nil {
		return nil, err
	}
	return &intake.Importer{Store: st, Queue: q, Keys: ring, Seal: keys.Seal, Digest: keys.Digest, Today: cardprofile.DateOf(time.Now()), Lang: env.Lang}, nil
}

// batchError says what to do about errors of a batch's name.
func batchError(err error, name string) error {
	switch {
	case errors.Is(err, store.ErrNotFound):
		return &cardprofile.InputError{Field: "batch", Problem: fmt.Sprintf("there is no batch %q", name), Fix: "chipid batch status lists them, chipid batch new makes one"}
	case errors.Is(err, intake.ErrOtherFile):
		return usageError{err: err}
	case errors.Is(err, context.Canceled):
		return exitError{exitHalted, fmt.Errorf("interrupted: what was taken in stays, and the same command goes on there")}
	}
	return err
}
