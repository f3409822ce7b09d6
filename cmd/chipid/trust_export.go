package main

import (
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cmd/internal/keyflags"
	"github.com/chipid-toolkit/chipid/hsm"
)

func newTrustExportCmd(env *env) *cobra.Command {
	var token keyflags.Flags
	var dir, out, key, hash string
	var days int
	var version int64
	var pkcs1, asJSON bool
	cmd := &cobra.Command{
		Use:   "export --store DIR --out FILE --key URI",
		Short: "Make a signed bundle of a trust store for offline terminals",
		Long: `export puts the whole store into one file, signed with a key of a PKCS#11 token:
certificates, CRLs, deviation lists, pins and removals. A terminal takes it with
"trust import", which makes its store the same, down to what is no longer there.

Every bundle has a version, one above the last that was exported from this
store, and an end: terminals refuse an older version and a bundle whose days are
over. They know the signer by its key; the fingerprint that is printed is what
they confirm on their first bundle.

` + keyflags.Help + `

Example:
  chipid keys create --module SO --token office --pin-source file:pin --label bundles --curve P-256
  chipid trust export --store trust --out trust-17.bundle --days 30 \
    --module SO --token office --pin-source file:pin --key pkcs11:object=bundles

Exit statuses:
` + exitHelp(exitOK, exitFault, exitUsage, exitHSM),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			store, err := openTrust("--store", dir)
			if err != nil {
				return err
			}
			ref, err := keyFlag(key)
			if err != nil {
				return err
			}
			if out == "" {
				return usagef("--out: is not given; name a file for the bundle")
			}
			if _, err := os.Lstat(out); err == nil {
				return usagef("--out: %s exists; bundles are not written over, name another file", out)
			}
			if days < 1 || days > 3650 {
				return usagef("--days: is no number of days from 1 to 3650")
			}
			if version < 0 {
				return usagef("--version: is not above zero")
			}
			now := time.Now().UTC().Truncate(time.Second)
			o := pki.ExportOptions{Version: version, Issued: now, Expires: now.AddDate(0, 0, days), Sign: cms.SignOptions{PKCS1: pkcs1}}
			if o.Sign.Hash, err = cms.HashByName(hash); err != nil {
				return usagef("--hash: %v", err)
			}
			return withKeyring(cmd.Context(), env, &token, func(ring hsm.Keyring) error {
				signer, err := ring.Signer(cmd.Context(), ref)
				if err != nil {
					return err
				}
				der, info, err := store.Export(signer, o)
				if err != nil {
					return err
				}
				if err := writeNew(out, der); err != nil {
					return err
				}
				if asJSON {
					return printJSON(env, struct {
						Schema string `json:"schema"`
						File   string `json:"file"`
						Bytes  int    `json:"bytes"`
						*pki.BundleInfo
					}{"chipid.trust.export/1", out, len(der), info})
				}
				t := newTable(env.Stdout)
				t.row(env.tr("bundle", "gói tin cậy"), out)
				t.row(env.tr("version", "phiên bản"), info.Version)
				t.row(env.tr("counts until", "có giá trị đến"), dayText(info.Expires))
				t.row(env.tr("signer's key, SHA-256", "khóa ký, SHA-256"), info.Key)
				t.flush()
				sayTest(env, store)
				return nil
			})
		},
	}
	fs := cmd.Flags()
	token.Register(fs)
	fs.StringVar(&dir, "store", "", "folder of the trust store")
	fs.StringVar(&out, "out", "", "file for the bundle; it must not exist")
	fs.StringVar(&key, "key", "", "URI of the private key that signs")
	fs.IntVar(&days, "days", 30, "days for which the bundle counts")
	fs.Int64Var(&version, "version", 0, "version, above the last one (default the next)")
	fs.StringVar(&hash, "hash", "", "SHA-224, SHA-256, SHA-384 or SHA-512 (default by the size of the key)")
	fs.BoolVar(&pkcs1, "pkcs1", false, "sign with RSA PKCS#1 v1.5 in place of RSASSA-PSS")
	fs.BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// writeNew writes a file that must not exist.
func writeNew(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return &cardprofile.InputError{File: path, Field: "--out", Problem: "cannot be created", Fix: "name a new file in a folder that exists and may be written"}
	}
	if _, err := f.Write(b); err != nil {
		f.Close()
		return fmt.Errorf("write bundle: %w", err)
	}
	return f.Close()
}
