package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/cms/envelope"
	"github.com/chipid-toolkit/chipid/cmd/internal/keyflags"
	"github.com/chipid-toolkit/chipid/hsm"
	"github.com/chipid-toolkit/chipid/printer/line/intake"
)

// intakeFiles opens files with the intake key of a keys file, if it names one.
func intakeFiles(ctx context.Context, keys *keyflags.File, ring hsm.Keyring) (intake.Files, error) {
	if keys.Intake == "" {
		return intake.Files{}, nil
	}
	key, err := ring.Agreement(ctx, keys.Intake)
	if err != nil {
		return intake.Files{}, err
	}
	return intake.Files{Intake: key}, nil
}

// recipient reads a certificate that something is to be encrypted to.
func recipient(env *env, path string) (envelope.Recipient, error) {
	der, err := readKeyCertificate(env, path)
	if err != nil {
		return envelope.Recipient{}, err
	}
	bad := &cardprofile.InputError{File: path, Problem: "not a certificate of an elliptic curve key", Fix: "name one for P-256, P-384 or P-521"}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return envelope.Recipient{}, bad
	}
	to, err := envelope.RecipientOf(cert)
	if err != nil {
		return envelope.Recipient{}, bad
	}
	return to, nil
}

type batchCertificate struct {
	keys, out, name string
	days            int
	json            bool
}

// intakeCertificateJSON is what `batch certificate --json` prints.
type intakeCertificateJSON struct {
	Schema   string    `json:"schema"`
	File     string    `json:"file"`
	SHA256   string    `json:"sha256"`
	NotAfter time.Time `json:"not_after"`
}

func newBatchCertificateCmd(env *env) *cobra.Command {
	var f batchCertificate
	cmd := &cobra.Command{
		Use:   "certificate",
		Short: "Make the certificate that offices encrypt batches to",
		Long: `certificate writes a certificate for the intake key of the keys file, signed with its
audit key, and keeps a copy in the token. Offices encrypt with it:

  openssl cms -encrypt -binary -aes-256-gcm -outform DER -in requests.csv -out requests.csv.p7m intake.pem

Nobody's trust stands behind it: tell the offices the fingerprint that is printed on
a way of its own, and have them compare.

Example:
  chipid keys create --module SO --token line --pin-source file:pin --label line-intake --curve P-256 --agreement
  chipid batch certificate --keys keys.yaml --name "Bureau A" --out intake.pem

Exit statuses:
` + exitHelp(exitOK, exitFault, exitUsage, exitHSM),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd.Context(), env) },
	}
	fs := cmd.Flags()
	fs.StringVar(&f.keys, "keys", "", "the keys file")
	fs.StringVar(&f.out, "out", "intake.pem", "file for the certificate")
	fs.StringVar(&f.name, "name", "chipid line", "the line's name in the certificate")
	fs.IntVar(&f.days, "days", 730, "how long it is good for")
	fs.BoolVar(&f.json, "json", false, "print JSON")
	_ = cmd.MarkFlagRequired("keys")
	return cmd
}

func (f *batchCertificate) run(ctx context.Context, env *env) error {
	if f.days < 1 || f.days > 3660 {
		return usagef("--days: 1 to 3660")
	}
	keys, err := keyflags.Load(f.keys)
	if err != nil {
		return err
	}
	for field, ref := range map[string]hsm.KeyRef{"intake": keys.Intake, "audit": keys.Audit} {
		if ref == "" {
			return &cardprofile.InputError{File: f.keys, Field: field, Problem: "is missing", Fix: "make the key with chipid keys create --curve P-256, the intake key with --agreement too, and name it"}
		}
	}
	ring, err := keys.Open(ctx, env.pinPrompt())
	if err != nil {
		return err
	}
	defer ring.Close()
	der, until, err := f.make(ctx, keys, ring)
	if err != nil {
		return err
	}
	if err := ring.ImportCertificate(ctx, keys.Intake, der); err != nil {
		return err
	}
	if err := os.WriteFile(f.out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o644); err != nil { //nolint:gosec // it is for everybody
		return &cardprofile.InputError{File: f.out, Field: "out", Problem: "cannot be written", Fix: "name a file in a folder that you can write to"}
	}
	sum := sha256.Sum256(der)
	if f.json {
		return printJSON(env, intakeCertificateJSON{"chipid.intake-certificate/1", f.out, fmt.Sprintf("%x", sum), until})
	}
	fmt.Fprintf(env.Stdout, env.tr("%s: SHA-256 fingerprint %X, good until %s\n", "%s: dấu vân SHA-256 %X, có giá trị đến %s\n"), f.out, sum, until.Format(time.DateOnly))
	return nil
}

func (f *batchCertificate) make(ctx context.Context, keys *keyflags.File, ring hsm.Keyring) (der []byte, until time.Time, err error) {
	key, err := ring.Agreement(ctx, keys.Intake)
	if err != nil {
		return nil, until, err
	}
	signer, err := ring.Signer(ctx, keys.Audit)
	if err != nil {
		return nil, until, err
	}
	pub, ok := key.Public().Std()
	if !ok {
		return nil, until, &cardprofile.InputError{File: f.keys, Field: "intake", Problem: "is on a curve that common tools do not encrypt to", Fix: "make it on P-256, P-384 or P-521"}
	}
	serial := make([]byte, 16)
	if _, err := rand.Read(serial); err != nil {
		return nil, until, err
	}
	serial[0] &= 0x7f
	now := time.Now().UTC().Truncate(time.Second)
	until = now.AddDate(0, 0, f.days)
	template := &x509.Certificate{SerialNumber: new(big.Int).SetBytes(serial), Subject: pkix.Name{CommonName: f.name + " intake"}, NotBefore: now, NotAfter: until,
		KeyUsage: x509.KeyUsageKeyAgreement, BasicConstraintsValid: true}
	issuer := &x509.Certificate{Subject: pkix.Name{CommonName: f.name + " audit"}}
	der, err = x509.CreateCertificate(rand.Reader, template, issuer, pub, signer)
	if err != nil {
		return nil, until, fmt.Errorf("batch certificate: %w", err)
	}
	return der, until, nil
}
