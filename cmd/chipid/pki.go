package main

import (
	"context"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cmd/internal/keyflags"
	"github.com/chipid-toolkit/chipid/hsm"
)

func newPKICmd(env *env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "pki",
		Short: "Certificates of an issuing authority, signed in the token",
		Long: `pki makes the certificates of an issuing authority per Doc 9303-12. The private
keys stay in a PKCS#11 token; make them first with "chipid keys create".

` + keyflags.Help + `

Example:
  chipid keys create --module SO --token issuer --pin-source file:pin --label csca --curve P-384
  chipid pki csca --module SO --token issuer --pin-source file:pin --key pkcs11:object=csca …
  chipid pki ds   --module SO --token issuer --pin-source file:pin --key pkcs11:object=csca --ds-key pkcs11:object=ds-1 …
  chipid pki crl  crl-2026-11.yaml --module SO --token issuer --pin-source prompt --dry-run

Exit statuses:
` + exitHelp(exitOK, exitFault, exitUsage, exitHSM),
	}
	cmd.AddCommand(newPKICSCACmd(env), newPKIDSCmd(env))
	cmd.AddCommand(newPKICeremonyCmds(env)...)
	return cmd
}

// certificateFlags are what every certificate that is made asks for.
type certificateFlags struct {
	token        keyflags.Flags
	key          string
	name         string
	organization string
	email, url   string
	crl          []string
	from         string
	until        string
	signUntil    string
	hash         string
	pkcs1        bool
	out          string
	pem          bool
	intoToken    bool
	json         bool
	ceremony     ceremonyFlags // of a run that follows a ceremony's file
}

// follow runs a ceremony's file in place of flags.
func (f *certificateFlags) follow(ctx context.Context, env *env, path, kind string) error {
	f.ceremony.token, f.ceremony.out, f.ceremony.json = f.token, f.out, f.json
	return f.ceremony.run(ctx, env, path, kind)
}

func (f *certificateFlags) register(fs *pflag.FlagSet, signing string) {
	f.token.Register(fs)
	f.ceremony.registerOwn(fs)
	fs.StringVar(&f.key, "key", "", "URI of the private key that signs: "+signing)
	fs.StringVar(&f.name, "name", "", "common name of the subject")
	fs.StringVar(&f.organization, "organization", "", "organization of the subject")
	fs.StringVar(&f.email, "email", "", "e-mail address for contact")
	fs.StringVar(&f.url, "url", "", "URL for contact")
	fs.StringArrayVar(&f.crl, "crl-url", nil, "http, https or ldap URL of the CSCA's CRL; may be repeated")
	fs.StringVar(&f.from, "from", "", "first day of validity, YYYY-MM-DD (default today, UTC)")
	fs.StringVar(&f.hash, "hash", "", "SHA-224, SHA-256, SHA-384 or SHA-512 (default by the size of the key)")
	fs.BoolVar(&f.pkcs1, "pkcs1", false, "sign with RSA PKCS#1 v1.5 in place of RSASSA-PSS")
	fs.StringVar(&f.out, "out", "", "file for the certificate; it must not exist")
	fs.BoolVar(&f.pem, "pem", false, "write PEM in place of DER")
	fs.BoolVar(&f.intoToken, "into-token", false, "store the certificate beside its key in the token as well")
	fs.BoolVar(&f.json, "json", false, "print JSON")
}

// subject turns the flags into what pki wants. The defaults are the periods after
// from that the key signs and the certificate verifies.
func (f *certificateFlags) subject(from time.Time, sign, verify func(time.Time) time.Time) (pki.Subject, error) {
	s := pki.Subject{CommonName: f.name, Organization: f.organization, Email: f.email, URL: f.url, CRLURLs: f.crl, NotBefore: from}
	var err error
	if f.from != "" {
		if s.NotBefore, err = dayFlag("--from", f.from); err != nil {
			return s, err
		}
	}
	s.PrivateKeyNotAfter, s.NotAfter = sign(s.NotBefore), verify(s.NotBefore)
	if f.signUntil != "" {
		if s.PrivateKeyNotAfter, err = dayFlag("--sign-until", f.signUntil); err != nil {
			return s, err
		}
		s.PrivateKeyNotAfter = s.PrivateKeyNotAfter.Add(lastSecond)
	}
	if f.until != "" {
		if s.NotAfter, err = dayFlag("--until", f.until); err != nil {
			return s, err
		}
		s.NotAfter = s.NotAfter.Add(lastSecond)
	}
	if s.Sign.Hash, err = cms.HashByName(f.hash); err != nil {
		return s, usagef("--hash: %v", err)
	}
	s.Sign.PKCS1 = f.pkcs1
	if f.out == "" {
		return s, usagef("--out: is not given; name a file for the certificate")
	}
	if _, err := os.Lstat(f.out); err == nil {
		return s, usagef("--out: %s exists; certificates are not written over, name another file", f.out)
	}
	return s, nil
}

func dayFlag(flag, text string) (time.Time, error) {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return t, usagef("%s: is no date; write YYYY-MM-DD", flag)
	}
	return t, nil
}

// lastSecond takes a day to its end: a last day counts whole.
const lastSecond = 24*time.Hour - time.Second

// today is the beginning of the day in UTC.
func today() time.Time { return time.Now().UTC().Truncate(24 * time.Hour) }

// namedKeyFlag is keyFlag for a flag of another name.
func namedKeyFlag(flag, text string) (hsm.KeyRef, error) {
	ref, err := keyFlag(text)
	if err != nil {
		return "", usagef("%s%s", flag, strings.TrimPrefix(err.Error(), "--key"))
	}
	return ref, nil
}

// finish writes the certificate, stores it where asked, and says what it is. holder
// is the key it belongs to, "" for one that is not in the token.
func (f *certificateFlags) finish(ctx context.Context, env *env, ring hsm.Keyring, c *pki.Certificate, holder hsm.KeyRef) error {
	if err := writeCertificate(f.out, c.Raw, f.pem); err != nil {
		return err
	}
	if f.intoToken {
		if holder == "" {
			return usagef("--into-token: the certificate's private key is not in the token")
		}
		if err := ring.ImportCertificate(ctx, holder, c.Raw); err != nil {
			return fmt.Errorf("%s was written, and not stored in the token: %w", f.out, err)
		}
	}
	if f.json {
		return printJSON(env, newCertificateJSON(c, f.out))
	}
	t := newTable(env.Stdout)
	t.row(env.tr("certificate", "chứng thư"), f.out)
	t.row(env.tr("subject", "chủ thể"), c.Subject)
	t.row(env.tr("issuer", "nơi cấp"), c.Issuer)
	t.row(env.tr("serial", "số sê-ri"), fmt.Sprintf("%x", c.Serial))
	t.row(env.tr("valid", "hiệu lực"), dayText(c.NotBefore)+" – "+dayText(c.NotAfter))
	t.row(env.tr("signs until", "ký đến"), dayText(c.PrivateKeyNotAfter))
	t.row("SHA-256", c.Fingerprint())
	t.flush()
	if c.TestMark {
		env.talk("%s", env.tr("TEST: trust stores refuse this certificate unless they were created with --test",
			"TEST: kho tin cậy từ chối chứng thư này, trừ kho được tạo với --test"))
	}
	return nil
}

func dayText(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// writeCertificate never replaces a file: a certificate that was handed out stays
// what it was.
func writeCertificate(path string, der []byte, asPEM bool) error {
	b := der
	if asPEM {
		b = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return &cardprofile.InputError{File: filepath.Base(path), Field: "--out", Problem: "cannot be created", Fix: "name a new file in a folder that exists and may be written"}
	}
	if _, err := f.Write(b); err != nil {
		f.Close()
		return fmt.Errorf("write certificate: %w", err)
	}
	return f.Close()
}

// certificateJSON is a certificate in JSON.
type certificateJSON struct {
	Schema    string `json:"schema"`
	File      string `json:"file,omitempty"`
	Subject   string `json:"subject"`
	Issuer    string `json:"issuer"`
	Serial    string `json:"serial"`
	SHA256    string `json:"sha256"`
	KeyID     string `json:"subject_key_id"`
	NotBefore string `json:"not_before"`
	NotAfter  string `json:"not_after"`
	SignUntil string `json:"private_key_not_after,omitempty"`
	Test      bool   `json:"test"`
}

func newCertificateJSON(c *pki.Certificate, file string) certificateJSON {
	j := certificateJSON{Schema: "chipid.certificate/1", File: file, Subject: c.Subject.String(), Issuer: c.Issuer.String(),
		Serial: fmt.Sprintf("%x", c.Serial), SHA256: c.Fingerprint(), KeyID: hex.EncodeToString(c.SubjectKeyID),
		NotBefore: c.NotBefore.Format(time.RFC3339), NotAfter: c.NotAfter.Format(time.RFC3339), Test: c.TestMark}
	if !c.PrivateKeyNotAfter.IsZero() {
		j.SignUntil = c.PrivateKeyNotAfter.Format(time.RFC3339)
	}
	return j
}

// readCertificate reads one certificate, DER or PEM, as documents have them.
func readCertificate(env *env, path string) (*pki.Certificate, error) {
	der, err := readKeyCertificate(env, path)
	if err != nil {
		return nil, err
	}
	c, err := pki.ParseCertificate(der)
	if err != nil {
		return nil, &cardprofile.InputError{File: path, Problem: err.Error(), Fix: "name a file with one certificate, DER or PEM"}
	}
	return c, nil
}
