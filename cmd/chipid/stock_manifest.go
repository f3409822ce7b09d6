package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/cms/envelope"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cmd/internal/keyflags"
	"github.com/chipid-toolkit/chipid/hsm"
	"github.com/chipid-toolkit/chipid/printer/line/manifest"
	"github.com/chipid-toolkit/chipid/printer/line/store"
)

func newStockManifestCmd(env *env) *cobra.Command {
	var d deciding
	var lot, supplier, keys string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "manifest FILE",
		Short: "Import the supplier's list of the chips in a lot",
		Long: `manifest imports the serial numbers of a lot's chips, as their supplier signed them
(CMS SignedData; lines of hexadecimal, first column). --supplier is the certificate that
must have signed; get it, and its fingerprint, on another way than the list. A list that
is encrypted besides is opened with the intake key of --keys, in the token.

From then on the lines refuse a blank of the lot that is not on its manifests, one that is
on them twice, and one whose chip has had a card: before anything is written to it, with
the reason, and the blank goes to the rejects. A few in a row stop the lot. A lot may have
several manifests. A lot without one is not checked, unless the line's file says
"manifest: required"; such a line does not start on it.

Example:
  chipid stock manifest delivery-4711.p7m --lot LOT-2026-11 --supplier supplier.pem --by lan
  chipid stock manifest delivery-4711.p7m --lot LOT-2026-11 --supplier supplier.pem --keys keys.yaml --by lan

Exit statuses:
` + exitHelp(exitOK, exitFault, exitUsage, exitFailed, exitHSM),
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			ctx, path := cmd.Context(), args[0]
			der, err := readKeyCertificate(env, supplier)
			if err != nil {
				return err
			}
			anchor, err := pki.ParseCertificate(der)
			if err != nil {
				return &cardprofile.InputError{File: supplier, Field: "--supplier", Problem: "is no certificate", Fix: "name the supplier's certificate, DER or PEM"}
			}
			data, err := readManifest(path)
			if err != nil {
				return err
			}
			var key envelope.Agreement
			if keys != "" {
				file, err := keyflags.Load(keys)
				if err != nil {
					return err
				}
				if file.Intake == "" {
					return &cardprofile.InputError{File: keys, Field: "intake", Problem: "is missing", Fix: "name the key that opens what comes encrypted"}
				}
				ring, oerr := file.Open(ctx, env.pinPrompt())
				if oerr != nil {
					return oerr
				}
				defer func() { err = errors.Join(err, ring.Close()) }()
				if key, err = ring.Agreement(ctx, file.Intake); err != nil {
					return err
				}
			}
			list, err := manifest.Read(ctx, data, anchor, key, time.Now())
			if err != nil {
				return manifestError(path, err)
			}
			st, err := d.db.Open(ctx, "")
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, st.Close()) }()
			m := store.Manifest{Digest: list.Digest[:], Signer: list.Signer[:], Lot: lot, Serials: len(list.Serials), By: d.person()}
			err = st.Do(ctx, "manifest", func(tx *store.Tx) error { return tx.AddManifest(ctx, m, list.Serials) })
			if errors.Is(err, store.ErrImported) {
				return &cardprofile.InputError{File: path, Problem: "was imported before", Fix: "import each list once"}
			}
			if err != nil {
				return err
			}
			twice := repeated(list.Serials)
			if asJSON {
				return printJSON(env, stockManifestJSON{"chipid.stock-manifest/1", lot, fmt.Sprintf("%x", list.Digest), fmt.Sprintf("%x", list.Signer), len(list.Serials), twice})
			}
			fmt.Fprintf(env.Stdout, env.tr("%s: %d serial numbers, %d of them more than once; SHA-256 %x\n", "%s: %d số sê-ri, trong đó %d số bị lặp; SHA-256 %x\n"), lot, len(list.Serials), twice, list.Digest)
			return nil
		},
	}
	d.register(cmd)
	fs := cmd.Flags()
	fs.StringVar(&lot, "lot", "", "the lot, as the line's file names it (blanks:)")
	fs.StringVar(&supplier, "supplier", "", "certificate that must have signed the list")
	fs.StringVar(&keys, "keys", "", "keys file whose intake key opens an encrypted list")
	fs.BoolVar(&asJSON, "json", false, "print JSON")
	_ = cmd.MarkFlagRequired("lot")
	_ = cmd.MarkFlagRequired("supplier")
	return cmd
}

type stockManifestJSON struct {
	Schema  string `json:"schema"`
	Lot     string `json:"lot"`
	Digest  string `json:"digest"`
	Signer  string `json:"signer"`
	Serials int    `json:"serials"`
	Twice   int    `json:"listed_twice"`
}

// repeated counts the serial numbers that stand more than once.
func repeated(serials []string) (n int) {
	seen := make(map[string]int, len(serials))
	for _, s := range serials {
		if seen[s]++; seen[s] == 2 {
			n++
		}
	}
	return n
}

// manifestError: what the list's signature does not bear is a failed check, not a typing error.
func manifestError(path string, err error) error {
	if errors.Is(err, manifest.ErrSigner) || errors.Is(err, manifest.ErrUnsigned) {
		return exitError{exitFailed, fmt.Errorf("%s: %w", path, err)}
	}
	if errors.Is(err, hsm.Err) {
		return err
	}
	return usageError{err: fmt.Errorf("%s: %w", path, err)}
}

func readManifest(path string) ([]byte, error) {
	in := &cardprofile.InputError{File: path, Problem: "cannot be read", Fix: "name the supplier's list"}
	f, err := os.Open(path)
	if err != nil {
		return nil, in
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, cms.MaxSize+1))
	if err != nil {
		return nil, in
	}
	if len(b) > cms.MaxSize {
		in.Problem = fmt.Sprintf("is larger than %d bytes", cms.MaxSize)
		return nil, in
	}
	return b, nil
}
