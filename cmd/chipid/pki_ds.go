package main

import (
	"context"
	"crypto"
	"encoding/pem"
	"errors"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cmd/internal/ceremony"
	"github.com/chipid-toolkit/chipid/hsm"
)

// pkiDS are the flags of "pki ds".
type pkiDS struct {
	certificateFlags
	csca      string
	dsKey     string
	publicKey string
	documents []string
}

func newPKIDSCmd(env *env) *cobra.Command {
	var f pkiDS
	cmd := &cobra.Command{
		Use:   "ds [CEREMONY.yaml | --key URI --ds-key URI --name NAME --documents I] --out FILE",
		Short: "Make a Document Signer certificate",
		Long: `ds makes the certificate of a Document Signer and signs it with the CSCA's key in
the token, per Doc 9303-12. The Document Signer's own key is in the same token
(--ds-key), or its public key comes in a PEM file (--public-key).

The CSCA's certificate comes from --csca or, without it, from beside the CSCA's
key in the token. Country, State and TEST mark are the CSCA's, the CRL's URL too
unless --crl-url names another.

Without --until and --sign-until the key signs for 3 months and the certificate
verifies for 10 years and 3 months.

With a ceremony's file (docs/ceremony.md) everything comes from it, with a plan
before and a transcript after.

Example:
  chipid pki ds --module SO --token issuer --pin-source file:pin --key pkcs11:object=csca \
    --csca csca.cer --ds-key pkcs11:object=ds-1 --name "Document Signer 1" \
    --email csca@example.org --documents I --out ds-1.cer

Exit statuses:
` + exitHelp(exitOK, exitFault, exitUsage, exitHSM),
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				return f.follow(cmd.Context(), env, args[0], ceremony.DS)
			}
			return f.run(cmd.Context(), env)
		},
	}
	fs := cmd.Flags()
	f.register(fs, "the CSCA's")
	fs.StringVar(&f.csca, "csca", "", "file of the CSCA certificate (default the one beside the key)")
	fs.StringVar(&f.dsKey, "ds-key", "", "URI of the Document Signer's key in the token")
	fs.StringVar(&f.publicKey, "public-key", "", "PEM file of the Document Signer's public key, when it lives elsewhere")
	fs.StringSliceVar(&f.documents, "documents", nil, "document codes it may sign, as in the MRZ without fillers: I, ID, P")
	fs.StringVar(&f.signUntil, "sign-until", "", "last day the private key may sign (default 3 months)")
	fs.StringVar(&f.until, "until", "", "last day of validity (default 10 years and 3 months)")
	return cmd
}

func (f *pkiDS) run(ctx context.Context, env *env) error {
	ref, err := keyFlag(f.key)
	if err != nil {
		return err
	}
	if (f.dsKey == "") == (f.publicKey == "") {
		return usagef("exactly one of --ds-key and --public-key is needed; the help says which")
	}
	subject, err := f.subject(today(),
		func(t time.Time) time.Time { return t.AddDate(0, 3, 0) },
		func(t time.Time) time.Time { return t.AddDate(10, 3, 0) })
	if err != nil {
		return err
	}
	var holder hsm.KeyRef
	var pub crypto.PublicKey
	if f.dsKey != "" {
		holder, err = namedKeyFlag("--ds-key", f.dsKey)
	} else {
		pub, err = readPublicKey(f.publicKey)
	}
	if err != nil {
		return err
	}
	var csca *pki.Certificate
	if f.csca != "" {
		if csca, err = readCertificate(env, f.csca); err != nil {
			return err
		}
	}
	return withKeyring(ctx, env, &f.token, func(ring hsm.Keyring) error {
		key, err := ring.Signer(ctx, ref)
		if err != nil {
			return err
		}
		if csca == nil {
			der, err := ring.Certificate(ctx, ref)
			if err != nil {
				return err
			}
			if csca, err = pki.ParseCertificate(der); err != nil {
				return err
			}
		}
		if holder != "" {
			ds, err := ring.Signer(ctx, holder)
			if err != nil {
				return err
			}
			pub = ds.Public()
		}
		c, err := pki.BuildDS(pki.DSOptions{Subject: subject, DocumentTypes: f.documents}, pub, csca, key)
		if err != nil {
			return err
		}
		return f.finish(ctx, env, ring, c, holder)
	})
}

// readPublicKey reads a PEM SubjectPublicKeyInfo.
func readPublicKey(path string) (crypto.PublicKey, error) {
	wrong := func(problem string) error {
		return &cardprofile.InputError{File: path, Field: "--public-key", Problem: problem, Fix: "give a PEM file with a PUBLIC KEY, as chipid keys list --json prints it"}
	}
	in, err := os.Open(path)
	if err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return nil, wrong("there is no such file")
		}
		return nil, wrong("cannot be read")
	}
	defer in.Close()
	b, err := io.ReadAll(io.LimitReader(in, maxCertificateFile))
	if err != nil {
		return nil, wrong("cannot be read")
	}
	block, _ := pem.Decode(b)
	if block == nil || block.Type != "PUBLIC KEY" {
		return nil, wrong("holds no PEM public key")
	}
	if pub, _, err := ecc.ParseSPKI(block.Bytes); err == nil {
		return pub, nil
	}
	pub, err := pki.ParseRSAPublicKey(block.Bytes)
	if err != nil {
		return nil, wrong("holds a public key that is neither RSA nor on a known curve")
	}
	return pub, nil
}
