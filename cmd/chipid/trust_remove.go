package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/chipid-toolkit/chipid/cardprofile/pki"
)

func newTrustRemoveCmd(env *env) *cobra.Command {
	var dir, who, why string
	var undo, asJSON bool
	cmd := &cobra.Command{
		Use:   "remove SHA256 --store DIR --who NAME --why TEXT",
		Short: "Take something out of a trust store, for good",
		Long: `remove takes a certificate, CRL or deviation list out of the store, and keeps it
out: no later list brings it back. It is for a CSCA that was withdrawn or that you
do not trust. The SHA-256, or the beginning of it, stands in "trust list".
--undo lets the object come back with the next import that has it.

Example:
  chipid trust remove 5d41402abc4b2a76 --store trust --who "shift lead Hoa" --why "withdrawn, note 9/2026"
  chipid trust remove 5d41402abc4b2a76 --store trust --undo

Exit statuses:
` + exitHelp(exitOK, exitFault, exitUsage),
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			store, err := openTrust("--store", dir)
			if err != nil {
				return err
			}
			var r pki.Removal
			if undo {
				if r, err = undoRemoval(store, args[0]); err != nil {
					return err
				}
			} else {
				e, err := objectFlag(store, args[0])
				if err != nil {
					return err
				}
				if r, err = store.Remove(e.SHA256, who, why); err != nil {
					return usageError{err: err}
				}
			}
			if asJSON {
				return printJSON(env, struct {
					Schema string `json:"schema"`
					Undone bool   `json:"undone"`
					pki.Removal
				}{"chipid.trust.remove/1", undo, r})
			}
			if undo {
				fmt.Fprintf(env.Stdout, env.tr("may come back: %s\n", "có thể được nhập lại: %s\n"), r.Subject)
			} else {
				fmt.Fprintf(env.Stdout, env.tr("removed: %s\n", "đã gỡ bỏ: %s\n"), r.Subject)
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&dir, "store", "", "folder of the trust store")
	f.StringVar(&who, "who", "", "who decides this")
	f.StringVar(&why, "why", "", "why")
	f.BoolVar(&undo, "undo", false, "let it come back with a later import")
	f.BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func undoRemoval(store *pki.Store, text string) (pki.Removal, error) {
	for _, r := range store.Removed() {
		if len(text) >= 8 && strings.HasPrefix(r.SHA256, strings.ToLower(text)) {
			if err := store.Restore(r.SHA256); err != nil {
				return r, usageError{err: err}
			}
			return r, nil
		}
	}
	return pki.Removal{}, usagef("%q: nothing with this SHA-256 was removed", text)
}
