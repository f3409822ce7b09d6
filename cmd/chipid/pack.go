package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/printer/line/pack"
	"github.com/chipid-toolkit/chipid/printer/line/report"
	"github.com/chipid-toolkit/chipid/printer/line/store"
)

func newPackCmd(env *env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "pack",
		Short: "Good cards into boxes, and boxes to their offices",
		Long: `pack puts good cards into boxes by batch, lot and office. Every card is scanned into
its box; one that is not good, of another lot or office, or packed already is refused.
A sealed box has a manifest; it is handed over by two people, one of the bureau and one
of the office, against a receipt. What an office sends back, and what is lost, stays in
the ledger of blanks. No holder's name or number stands on a manifest.

Example:
  chipid pack open --batch A-2026-11 --lot L1 --office Q1 --by lan
  chipid pack scan B000001 --keys keys.yaml --by lan < /dev/ttyACM0
  chipid pack seal B000001 --manifest B000001.pdf --by lan
  chipid pack hand-over B000001 --by lan
  chipid pack hand-over B000001 --taken-by q1.hoa --receipt BN-2026/0117

Exit statuses:
` + exitHelp(exitOK, exitFault, exitUsage, exitFailed, exitHSM, exitHalted),
	}
	cmd.AddCommand(newPackOpenCmd(env), newPackScanCmd(env), newPackRemoveCmd(env), newPackSealCmd(env), newPackHandOverCmd(env), newPackReturnCmd(env), newPackLostCmd(env), newPackShowCmd(env))
	return cmd
}

// packer opens the store and lets f pack.
func (d *deciding) packer(ctx context.Context, f func(*pack.Packer) error) error {
	st, err := d.db.Open(ctx, "")
	if err != nil {
		return err
	}
	defer st.Close()
	return packError(f(&pack.Packer{Store: st}))
}

// packError says what a person can do about a refusal.
func packError(err error) error {
	input := func(fix string) error { return &cardprofile.InputError{Problem: err.Error(), Fix: fix} }
	switch {
	case errors.Is(err, pack.ErrDamaged):
		return exitError{exitFailed, fmt.Errorf("%w: look for the card, then chipid pack open --again and seal it anew", err)}
	case errors.Is(err, pack.ErrNotGood), errors.Is(err, pack.ErrOther), errors.Is(err, pack.ErrTwice), errors.Is(err, pack.ErrUnknown), errors.Is(err, pack.ErrFull):
		return exitError{exitFailed, err}
	case errors.Is(err, pack.ErrBox):
		return input("chipid pack show says the state")
	case errors.Is(err, pack.ErrPerson):
		return input("name a second person")
	case errors.Is(err, pack.ErrReceipt):
		return input("letters, digits, - / . _ only, and each once; never a name")
	case errors.Is(err, pack.ErrRemade), errors.Is(err, pack.ErrErased):
		return input("chipid batch status counts it")
	case errors.Is(err, store.ErrNotFound):
		return input("chipid pack show lists the boxes, chipid batch status the batches")
	}
	return err
}

// boxJSON is a box in JSON.
type boxJSON struct {
	Schema   string         `json:"schema"`
	Box      string         `json:"box"`
	Batch    string         `json:"batch"`
	Lot      string         `json:"lot"`
	Office   string         `json:"office"`
	State    store.BoxState `json:"state"`
	Capacity int            `json:"capacity"`
	Cards    []pack.Line    `json:"cards"`
	Manifest string         `json:"manifest_sha256,omitempty"`
	Receipt  string         `json:"receipt,omitempty"`
	Digest   string         `json:"receipt_sha256,omitempty"`
	HandedBy string         `json:"handed_by,omitempty"`
	TakenBy  string         `json:"taken_by,omitempty"`
	Handed   *time.Time     `json:"handed,omitempty"`
}

func newBoxJSON(m pack.Manifest) boxJSON {
	b := m.Box
	j := boxJSON{Schema: "chipid.box/1", Box: b.Name(), Batch: m.Batch, Lot: b.Lot, Office: b.Office, State: b.State, Capacity: b.Capacity, Cards: m.Cards,
		Receipt: b.Receipt, HandedBy: b.HandedBy, TakenBy: b.TakenBy}
	if b.State != store.BoxOpen {
		j.Manifest = fmt.Sprintf("%x", b.Manifest)
	}
	if len(b.ReceiptDigest) > 0 {
		j.Digest = fmt.Sprintf("%x", b.ReceiptDigest)
	}
	if !b.Handed.IsZero() {
		j.Handed = &b.Handed
	}
	return j
}

var boxStateVi = map[store.BoxState]string{store.BoxOpen: "đang mở", store.BoxSealed: "đã niêm phong", store.BoxHanded: "đã bàn giao"}

// tellBox prints one box.
func tellBox(env *env, m pack.Manifest, asJSON bool) error {
	if asJSON {
		return printJSON(env, newBoxJSON(m))
	}
	b := m.Box
	fmt.Fprintf(env.Stdout, env.tr("%s: %s, batch %s, lot %q, office %q, %d of %d cards\n", "%s: %s, đợt %s, lô %q, nơi nhận %q, %d trên %d thẻ\n"),
		b.Name(), env.tr(string(b.State), boxStateVi[b.State]), m.Batch, b.Lot, b.Office, len(m.Cards), b.Capacity)
	if b.State == store.BoxHanded {
		fmt.Fprintf(env.Stdout, env.tr("receipt %s: %s to %s, %s\n", "biên nhận %s: %s giao %s, %s\n"), b.Receipt, b.HandedBy, b.TakenBy, b.Handed.Format(time.RFC3339))
	}
	return nil
}

// writeManifest writes a manifest as PDF or, to a name that ends in .csv, as a table:
// for the owner's eyes alone.
func writeManifest(path string, m pack.Manifest) error {
	return writePrivate(path, func(f *os.File) error {
		if len(path) > 4 && path[len(path)-4:] == ".csv" {
			_, err := f.Write(m.CSV())
			return err
		}
		return report.WriteManifest(f, m)
	})
}

// writePrivate writes a file that its owner alone can read, whole or not at all.
func writePrivate(path string, f func(*os.File) error) error {
	tmp := path + ".tmp"
	// What lies there may be anybody's: it must be this one that is made.
	if err := os.Remove(tmp); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	out, err := os.OpenFile(tmp, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return &cardprofile.InputError{File: path, Problem: "cannot be written", Fix: "name a file in a folder that you can write to"}
	}
	err = errors.Join(f(out), out.Sync(), out.Close())
	if err == nil {
		err = os.Rename(tmp, path)
	}
	if err != nil {
		_ = os.Remove(tmp)
	}
	return err
}
