package main

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cmd/internal/ceremony"
	"github.com/chipid-toolkit/chipid/hsm"
)

func newPKICSCACmd(env *env) *cobra.Command {
	var f certificateFlags
	var country, state string
	var test bool
	cmd := &cobra.Command{
		Use:   "csca [CEREMONY.yaml | --key URI --country CC --state CODE --name NAME] --out FILE",
		Short: "Make a self-signed CSCA certificate",
		Long: `csca makes the self-signed certificate of a Country Signing CA for a key in the
token, per Doc 9303-12: explicit EC parameters, every mandatory extension.

Without --until and --sign-until the key signs for 5 years and the certificate
verifies for 15 years and 3 months: long enough for documents of ten years from
a Document Signer used for three months.

--test puts the TEST mark into the certificate and into all that it issues.
Trust stores refuse it unless they were created with --test.

With a ceremony's file (docs/ceremony.md) everything comes from it, with a plan
before and a transcript after.

Example:
  chipid pki csca --module SO --token issuer --pin-source file:pin --key pkcs11:object=csca \
    --country VN --state VNM --name "CSCA Viet Nam" --email csca@example.org \
    --crl-url https://csca.example.org/vnm.crl --test --out csca.cer

Exit statuses:
` + exitHelp(exitOK, exitFault, exitUsage, exitHSM),
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				return f.follow(cmd.Context(), env, args[0], ceremony.CSCA)
			}
			ref, err := keyFlag(f.key)
			if err != nil {
				return err
			}
			subject, err := f.subject(today(),
				func(t time.Time) time.Time { return t.AddDate(5, 0, 0) },
				func(t time.Time) time.Time { return t.AddDate(15, 3, 0) })
			if err != nil {
				return err
			}
			return withKeyring(cmd.Context(), env, &f.token, func(ring hsm.Keyring) error {
				key, err := ring.Signer(cmd.Context(), ref)
				if err != nil {
					return err
				}
				c, err := pki.BuildCSCA(pki.CSCAOptions{Subject: subject, Country: country, State: state, Test: test}, key)
				if err != nil {
					return err
				}
				return f.finish(cmd.Context(), env, ring, c, ref)
			})
		},
	}
	fs := cmd.Flags()
	f.register(fs, "the CSCA's")
	fs.StringVar(&country, "country", "", "two-letter country code, VN")
	fs.StringVar(&state, "state", "", "issuing State as in the MRZ, VNM")
	fs.StringVar(&f.signUntil, "sign-until", "", "last day the private key may sign (default 5 years)")
	fs.StringVar(&f.until, "until", "", "last day of validity (default 15 years and 3 months)")
	fs.BoolVar(&test, "test", false, "put in the TEST mark, which stores for real documents refuse")
	return cmd
}
