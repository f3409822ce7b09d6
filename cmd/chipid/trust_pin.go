package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/chipid-toolkit/chipid/cardprofile/pki"
)

func newTrustPinCmd(env *env) *cobra.Command {
	var dir, who, why string
	var remove, asJSON bool
	cmd := &cobra.Command{
		Use:   "pin CERTIFICATE --store DIR --who NAME --why TEXT",
		Short: "Trust one Document Signer by your own decision",
		Long: `pin trusts the documents of one Document Signer whose CSCA you do not have.
CERTIFICATE is its certificate in DER or PEM, or the SHA-256 of one the store
holds. A document that rests on a pin is called pinned, with who, when and why,
and never authentic: nobody but you confirms it. --remove takes a pin back.

Example:
  chipid trust pin ds.cer --store trust --who "shift lead Hoa" --why "confirmed by the embassy, letter 17/2026"
  chipid trust pin 5d41402abc4b2a76 --store trust --remove

Exit statuses:
` + exitHelp(exitOK, exitFault, exitUsage),
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			store, err := openTrust("--store", dir)
			if err != nil {
				return err
			}
			sha, err := pinArgument(env, store, args[0], remove)
			if err != nil {
				return err
			}
			var pin pki.Pin
			if remove {
				if err := store.Unpin(sha); err != nil {
					return usageError{err: err}
				}
				pin.SHA256 = sha
			} else {
				c, err := signerArgument(env, store, args[0], sha)
				if err != nil {
					return err
				}
				if err := store.Pin(c, who, why); err != nil {
					return usageError{err: err}
				}
				for _, p := range store.Pins() {
					if p.SHA256 == c.Fingerprint() {
						pin = p
					}
				}
			}
			if asJSON {
				return printJSON(env, struct {
					Schema  string  `json:"schema"`
					Removed bool    `json:"removed"`
					Pin     pki.Pin `json:"pin"`
				}{"chipid.trust.pin/1", remove, pin})
			}
			if remove {
				fmt.Fprintf(env.Stdout, env.tr("no longer pinned: %s\n", "đã bỏ ghim: %s\n"), sha)
			} else {
				fmt.Fprintf(env.Stdout, env.tr("pinned: %s\n", "đã ghim: %s\n"), pin.SHA256)
			}
			sayTest(env, store)
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&dir, "store", "", "folder of the trust store")
	f.StringVar(&who, "who", "", "who decides this")
	f.StringVar(&why, "why", "", "why: it stands in every verdict that rests on the pin")
	f.BoolVar(&remove, "remove", false, "take a pin back")
	f.BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// pinArgument is the SHA-256 that the argument names: of a file, or by its digits.
func pinArgument(env *env, store *pki.Store, text string, remove bool) (string, error) {
	if _, err := os.Stat(text); err == nil {
		c, err := readCertificate(env, text)
		if err != nil {
			return "", err
		}
		return c.Fingerprint(), nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return "", usagef("%s: cannot be read", text)
	}
	if remove { // a pin may be of a certificate that the store does not hold
		for _, p := range store.Pins() {
			if len(text) >= 8 && len(text) <= len(p.SHA256) && p.SHA256[:len(text)] == text {
				return p.SHA256, nil
			}
		}
		return "", usagef("%q: no pin and no file of this name", text)
	}
	e, err := objectFlag(store, text)
	return e.SHA256, err
}

func signerArgument(env *env, store *pki.Store, text, sha string) (*pki.Certificate, error) {
	if _, err := os.Stat(text); err == nil {
		return readCertificate(env, text)
	}
	c, err := store.Certificate(sha)
	if err != nil {
		return nil, usageError{err: err}
	}
	return c, nil
}
