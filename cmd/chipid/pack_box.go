package main

import (
	"crypto/sha256"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/printer/line/pack"
	"github.com/chipid-toolkit/chipid/printer/line/store"
)

// boxArgument reads the name of a box.
func boxArgument(name string) (int64, error) {
	id, err := store.ParseBox(name)
	if err != nil {
		return 0, usagef("%q: name the box as it stands on it, such as B000001", name)
	}
	return id, nil
}

func newPackOpenCmd(env *env) *cobra.Command {
	var d deciding
	var batch, lot, office, again string
	var capacity int
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "open --batch NAME [--lot LOT] [--office OFFICE]",
		Short: "Begin a box for cards of one batch, lot and office",
		Long: `open begins a box. --again BOX opens a sealed one once more, to put something right
in it; it has to be sealed and offered anew.

Example:
  chipid pack open --batch A-2026-11 --lot L1 --office Q1 --capacity 200 --by lan
  chipid pack open --again B000001 --by lan

Exit statuses:
` + exitHelp(exitOK, exitFault, exitUsage),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			return d.packer(ctx, func(p *pack.Packer) error {
				var box store.Box
				var err error
				if again != "" {
					id, err := boxArgument(again)
					if err != nil {
						return err
					}
					if box, err = p.Reopen(ctx, id, d.person()); err != nil {
						return err
					}
				} else if box, err = p.Open(ctx, batch, lot, office, capacity, d.person()); err != nil {
					return err
				}
				m, err := p.Manifest(ctx, box.ID)
				if err != nil {
					return err
				}
				return tellBox(env, m, asJSON)
			})
		},
	}
	d.register(cmd)
	fs := cmd.Flags()
	fs.StringVar(&batch, "batch", "", "the batch whose cards it takes")
	fs.StringVar(&lot, "lot", "", "the lot of the requests")
	fs.StringVar(&office, "office", "", "the office that the cards go to")
	fs.IntVar(&capacity, "capacity", 200, fmt.Sprintf("how many cards it holds, 1 to %d", pack.MaxCapacity))
	fs.StringVar(&again, "again", "", "open this sealed box again")
	fs.BoolVar(&asJSON, "json", false, "print JSON")
	cmd.MarkFlagsOneRequired("batch", "again")
	cmd.MarkFlagsMutuallyExclusive("batch", "again")
	return cmd
}

func newPackSealCmd(env *env) *cobra.Command {
	var d deciding
	var out string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "seal BOX",
		Short: "Close a box and write its manifest",
		Long: `seal closes a box. The SHA-256 of its manifest goes into the store and the audit log:
a card that leaves the box afterwards opens it again.

--manifest FILE writes the manifest as a PDF with room for two signatures, or as a table
if the name ends in .csv. Only you can read the file.

Example:
  chipid pack seal B000001 --manifest B000001.pdf --by lan

Exit statuses:
` + exitHelp(exitOK, exitFault, exitUsage),
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := boxArgument(args[0])
			if err != nil {
				return err
			}
			return d.packer(cmd.Context(), func(p *pack.Packer) error {
				m, err := p.Seal(cmd.Context(), id, d.person())
				if err != nil {
					return err
				}
				if out != "" {
					if err := writeManifest(out, m); err != nil {
						return err
					}
				}
				return tellBox(env, m, asJSON)
			})
		},
	}
	d.register(cmd)
	cmd.Flags().StringVar(&out, "manifest", "", "write the manifest to this file: .pdf or .csv")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// maxReceipt bounds a picture of a signed receipt.
const maxReceipt = 64 << 20

func newPackHandOverCmd(env *env) *cobra.Command {
	var d deciding
	var takenBy, receipt, signed string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "hand-over BOX",
		Short: "Hand a sealed box to its office: one person of the bureau, one of the office",
		Long: `hand-over takes two people. First one of the bureau offers the box, with --by. Then the
office's person, who has signed the receipt, takes it, with --taken-by: from then on its
cards are the office's. --signed is a picture of the signed receipt, of which the SHA-256
alone is kept.

Example:
  chipid pack hand-over B000001 --by lan
  chipid pack hand-over B000001 --taken-by q1.hoa --receipt BN-2026/0117 --signed receipt.jpg

Exit statuses: 5 when the box does not hold what its manifest says.
` + exitHelp(exitOK, exitFault, exitUsage, exitFailed),
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := boxArgument(args[0])
			if err != nil {
				return err
			}
			ctx := cmd.Context()
			return d.packer(ctx, func(p *pack.Packer) error {
				if takenBy == "" {
					if receipt != "" || signed != "" {
						return usagef("--receipt: belongs to --taken-by, the office's person")
					}
					if err := p.Offer(ctx, id, d.person()); err != nil {
						return err
					}
					env.talk("%s", env.tr("offered; the office's person takes it with --taken-by", "đã giao; người của nơi nhận xác nhận bằng --taken-by"))
					m, err := p.Manifest(ctx, id)
					if err != nil {
						return err
					}
					return tellBox(env, m, asJSON)
				}
				r := pack.Receipt{Number: receipt}
				if signed != "" {
					if r.Digest, err = digestOf(signed); err != nil {
						return err
					}
				}
				m, err := p.Take(ctx, id, takenBy, r)
				if err != nil {
					return err
				}
				return tellBox(env, m, asJSON)
			})
		},
	}
	d.register(cmd)
	fs := cmd.Flags()
	fs.StringVar(&takenBy, "taken-by", "", "the office's person, who signed for the box")
	fs.StringVar(&receipt, "receipt", "", "number of the receipt; never a name")
	fs.StringVar(&signed, "signed", "", "picture of the signed receipt")
	fs.BoolVar(&asJSON, "json", false, "print JSON")
	cmd.MarkFlagsMutuallyExclusive("by", "taken-by")
	return cmd
}

// digestOf is the SHA-256 of a file.
func digestOf(path string) ([]byte, error) {
	in, err := os.Open(path)
	if err != nil {
		return nil, &cardprofile.InputError{File: path, Problem: "cannot be read", Fix: "name a readable file"}
	}
	defer in.Close()
	h := sha256.New()
	n, err := io.Copy(h, io.LimitReader(in, maxReceipt+1))
	if err != nil || n > maxReceipt {
		return nil, &cardprofile.InputError{File: path, Problem: "cannot be read, or is larger than 64 MiB", Fix: "name a picture of the receipt"}
	}
	return h.Sum(nil), nil
}

func newPackShowCmd(env *env) *cobra.Command {
	var d deciding
	var batch, out string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "show [BOX]",
		Short: "List boxes, or one with its cards",
		Long: `show lists the boxes of a store, or of --batch. With a box it lists its cards by the
line's numbers; --manifest writes that as a PDF or a .csv table again.

Example:
  chipid pack show --batch A-2026-11
  chipid pack show B000001 --manifest B000001.pdf

Exit statuses:
` + exitHelp(exitOK, exitFault, exitUsage),
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			if len(args) == 0 && out != "" {
				return usagef("--manifest: is of one box; name it")
			}
			return d.packer(ctx, func(p *pack.Packer) error {
				if len(args) == 1 {
					id, err := boxArgument(args[0])
					if err != nil {
						return err
					}
					m, err := p.Manifest(ctx, id)
					if err != nil {
						return err
					}
					if out != "" {
						if err := writeManifest(out, m); err != nil {
							return err
						}
					}
					if err := tellBox(env, m, asJSON); err != nil || asJSON {
						return err
					}
					t := newTable(env.Stdout)
					t.row(env.tr("card", "thẻ"), env.tr("row", "dòng"), "chip", env.tr("state", "trạng thái"))
					for _, l := range m.Cards {
						t.row(l.Card, l.Row, l.Serial, l.State)
					}
					t.flush()
					return nil
				}
				return packList(cmd, env, p, batch, asJSON)
			})
		},
	}
	d.db.Register(cmd.Flags())
	cmd.Flags().StringVar(&batch, "batch", "", "only boxes of this batch")
	cmd.Flags().StringVar(&out, "manifest", "", "write the manifest to this file: .pdf or .csv")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func packList(cmd *cobra.Command, env *env, p *pack.Packer, batch string, asJSON bool) error {
	ctx := cmd.Context()
	var boxes []store.Box
	err := p.Store.Do(ctx, "list boxes", func(tx *store.Tx) error {
		id := int64(0)
		if batch != "" {
			b, err := tx.Batch(ctx, batch)
			if err != nil {
				return err
			}
			id = b.ID
		}
		var err error
		boxes, err = tx.Boxes(ctx, id)
		return err
	})
	if err != nil {
		return err
	}
	list := []boxJSON{}
	for _, b := range boxes {
		m, err := p.Manifest(ctx, b.ID)
		if err != nil {
			return err
		}
		if asJSON {
			list = append(list, newBoxJSON(m))
		} else if err := tellBox(env, m, false); err != nil {
			return err
		}
	}
	if asJSON {
		return printJSON(env, list)
	}
	return nil
}
