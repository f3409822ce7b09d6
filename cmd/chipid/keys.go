package main

import (
	"bufio"
	"context"
	"crypto"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cmd/internal/keyflags"
	"github.com/chipid-toolkit/chipid/hsm"
)

func newKeysCmd(env *env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "keys",
		Short: "Make, list and delete keys in a PKCS#11 token",
		Long: `keys works on the keys of a PKCS#11 token. Private keys and master keys are
made in the token, sensitive and never extractable, and do one thing each.

` + keyflags.Help + `

Example:
  chipid keys create --module SO --token issuer --pin-source file:pin --label ds-1 --curve P-256
  chipid keys list   --module SO --token issuer --pin-source file:pin

Exit statuses:
` + exitHelp(exitOK, exitFault, exitUsage, exitHSM),
	}
	cmd.AddCommand(newKeysCreateCmd(env), newKeysListCmd(env), newKeysImportCertCmd(env), newKeysImportSecretCmd(env), newKeysImportCmd(env), newKeysDeleteCmd(env))
	return cmd
}

// pinPrompt asks for a PIN at the terminal, if there is one.
func (e *env) pinPrompt() keyflags.Ask {
	return keyflags.Terminal(e.Stdin, e.Stderr, e.tr("PIN of token %s: ", "Mã PIN của token %s: "))
}

// withKeyring opens the token of the flags for the time of f.
func withKeyring(ctx context.Context, env *env, flags *keyflags.Flags, f func(hsm.Keyring) error) error {
	k, err := flags.Open(ctx, env.pinPrompt())
	if err != nil {
		return err
	}
	err = f(k)
	return errors.Join(err, k.Close())
}

type keysCreate struct {
	flags         keyflags.Flags
	label, id     string
	curve, secret string
	rsa, bits     int
	agreement     bool
	transport     bool
	json          bool
}

// secretUses are the values of --secret.
var secretUses = map[string]hsm.SecretUse{"card-master": hsm.UseCardMaster, "digest": hsm.UseDigest, "seal": hsm.UseSeal, "card-master-3des": hsm.UseCardMasterTDES}

func newKeysCreateCmd(env *env) *cobra.Command {
	var f keysCreate
	cmd := &cobra.Command{
		Use:   "create",
		Short: "Make a key in the token",
		Long: `create makes a key in the token and prints the URI that names it.

--curve makes an elliptic curve signing key (P-224, P-256, P-384, P-521,
brainpoolP224r1 to brainpoolP512r1), --rsa a signing key of 2048 to 4096 bits.
--rsa with --transport makes a key that signs nothing and unwraps keys of a vendor.
--curve with --agreement makes a key that signs nothing and opens batches that come
encrypted. --secret card-master makes an AES key that card keys are diversified from (KDF3),
--secret card-master-3des one of 3DES (EMV CPS v1.1; wants --bits 128 or 192),
--secret digest a key for the keyed digests in logs, --secret seal the key that
personal data of a production line lies under.

Example:
  chipid keys create --module SO --token issuer --pin-source file:pin --label csca --curve P-384
  chipid keys create --module SO --token issuer --pin-source file:pin --label cards-2026 --secret card-master

Exit statuses:
` + exitHelp(exitOK, exitFault, exitUsage, exitHSM),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd.Context(), env) },
	}
	fs := cmd.Flags()
	f.flags.Register(fs)
	fs.StringVar(&f.label, "label", "", "label of the new key, unique in the token")
	fs.StringVar(&f.id, "id", "", "id of the new key in hexadecimal (default 16 random bytes)")
	fs.StringVar(&f.curve, "curve", "", "make an elliptic curve signing key on this curve")
	fs.IntVar(&f.rsa, "rsa", 0, "make an RSA signing key of so many bits")
	fs.BoolVar(&f.agreement, "agreement", false, "with --curve: a key for key agreement in place of signing")
	fs.BoolVar(&f.transport, "transport", false, "with --rsa: a key that unwraps what a vendor wrapped, in place of signing")
	fs.StringVar(&f.secret, "secret", "", "make a secret key: card-master, card-master-3des, digest or seal")
	fs.IntVar(&f.bits, "bits", 256, "size of a card-master key: 128 or 256; of card-master-3des: 128 or 192")
	fs.BoolVar(&f.json, "json", false, "print JSON")
	return cmd
}

func (f *keysCreate) run(ctx context.Context, env *env) error {
	id, err := hex.DecodeString(f.id)
	if err != nil {
		return usagef("--id: not an even number of hexadecimal digits; write each byte as two digits")
	}
	kinds := 0
	for _, given := range []bool{f.curve != "", f.rsa != 0, f.secret != ""} {
		if given {
			kinds++
		}
	}
	if kinds != 1 {
		return usagef("exactly one of --curve, --rsa and --secret is needed; the help lists them")
	}
	if f.agreement && f.curve == "" {
		return usagef("--agreement goes with --curve")
	}
	if f.transport && f.rsa == 0 {
		return usagef("--transport goes with --rsa")
	}
	pair := hsm.KeySpec{Label: f.label, ID: id, Curve: f.curve, RSABits: f.rsa, Agreement: f.agreement, Transport: f.transport}
	secret := hsm.SecretSpec{Label: f.label, ID: id, Use: secretUses[f.secret], Bits: f.bits}
	if f.secret == "" {
		_, err = pair.Check()
	} else {
		err = secret.Check()
	}
	// What the flags ask for is judged before the token is opened: it is usage, not the token, that is wrong.
	var fault *hsm.Fault
	if errors.As(err, &fault) {
		return usagef("%s: %s", f.asked(), fault.Detail)
	}
	return withKeyring(ctx, env, &f.flags, func(k hsm.Keyring) error {
		var ref hsm.KeyRef
		var err error
		if f.secret == "" {
			ref, _, err = k.Generate(ctx, pair)
		} else {
			ref, err = k.GenerateSecret(ctx, secret)
		}
		if err != nil {
			return err
		}
		list, err := k.List(ctx)
		if err != nil {
			return err
		}
		for _, info := range list {
			if info.Ref == ref {
				return f.print(env, info)
			}
		}
		return &hsm.Fault{Doing: "list the key just made", Kind: hsm.ErrKeyNotFound}
	})
}

// asked names the flag that a complaint about the key is about.
func (f *keysCreate) asked() string {
	switch {
	case f.label == "":
		return "--label"
	case f.curve != "":
		return "--curve"
	case f.rsa != 0:
		return "--rsa"
	}
	return "--secret"
}

func (f *keysCreate) print(env *env, info hsm.KeyInfo) error {
	if !f.json {
		_, err := fmt.Fprintln(env.Stdout, info.Ref)
		return err
	}
	return printKeysJSON(env.Stdout, struct {
		Schema string  `json:"schema"`
		Key    keyJSON `json:"key"`
	}{"chipid.key/1", newKeyJSON(info)})
}

// keyJSON is a key in JSON.
type keyJSON struct {
	URI              string `json:"uri"`
	Label            string `json:"label"`
	ID               string `json:"id"`
	Kind             string `json:"kind"`
	Algorithm        string `json:"algorithm"`
	Curve            string `json:"curve,omitempty"`
	Bits             int    `json:"bits"`
	Sensitive        bool   `json:"sensitive"`
	AlwaysSensitive  bool   `json:"always_sensitive"`
	Extractable      bool   `json:"extractable"`
	NeverExtractable bool   `json:"never_extractable"`
	HasCertificate   bool   `json:"has_certificate"`
	PublicKey        string `json:"public_key,omitempty"` // PEM
}

func newKeyJSON(i hsm.KeyInfo) keyJSON {
	return keyJSON{
		URI: string(i.Ref), Label: i.Label, ID: hex.EncodeToString(i.ID), Kind: string(i.Kind), Algorithm: i.Algorithm, Curve: i.Curve, Bits: i.Bits,
		Sensitive: i.Sensitive, AlwaysSensitive: i.AlwaysSensitive, Extractable: i.Extractable, NeverExtractable: i.NeverExtractable,
		HasCertificate: i.HasCertificate, PublicKey: keyPublicPEM(i.Public),
	}
}

// keyPublicPEM is empty when there is no public key.
func keyPublicPEM(pub crypto.PublicKey) string {
	var der []byte
	var err error
	if p, eccErr := ecc.FromPublic(pub); eccErr == nil {
		der, err = ecc.MarshalSPKI(p, false)
	} else {
		der, err = x509.MarshalPKIXPublicKey(pub)
	}
	if err != nil {
		return ""
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

func printKeysJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

func newKeysListCmd(env *env) *cobra.Command {
	var flags keyflags.Flags
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the private and secret keys of the token",
		Long: `list shows each private and secret key of the token: its label, what it is,
whether it could ever leave the token, whether a certificate is stored for it,
and the URI that names it.

Example:
  chipid keys list --module SO --token issuer --pin-source env:TOKEN_PIN --json

Exit statuses:
` + exitHelp(exitOK, exitFault, exitUsage, exitHSM),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withKeyring(cmd.Context(), env, &flags, func(k hsm.Keyring) error {
				list, err := k.List(cmd.Context())
				if err != nil {
					return err
				}
				if !asJSON {
					return printKeys(env, list)
				}
				out := struct {
					Schema string    `json:"schema"`
					Keys   []keyJSON `json:"keys"`
				}{"chipid.keys/1", []keyJSON{}}
				for _, i := range list {
					out.Keys = append(out.Keys, newKeyJSON(i))
				}
				return printKeysJSON(env.Stdout, out)
			})
		},
	}
	flags.Register(cmd.Flags())
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func printKeys(env *env, list []hsm.KeyInfo) error {
	if len(list) == 0 {
		env.talk("%s", env.tr("the token holds no key", "token chưa có khoá nào"))
		return nil
	}
	w := tabwriter.NewWriter(env.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, env.tr("LABEL\tKEY\tLEAVES TOKEN\tCERTIFICATE\tURI", "NHÃN\tKHOÁ\tRỜI TOKEN\tCHỨNG THƯ\tURI"))
	for _, i := range list {
		what := i.Algorithm
		switch {
		case i.Curve != "":
			what += " " + i.Curve
		case i.Bits != 0:
			what += fmt.Sprintf(" %d", i.Bits)
		}
		leaves := env.tr("never", "không bao giờ")
		switch {
		case i.Extractable || !i.Sensitive:
			leaves = env.tr("CAN LEAVE", "CÓ THỂ")
		case !i.NeverExtractable:
			leaves = env.tr("came from outside", "nhập từ ngoài")
		}
		certificate := "-"
		if i.HasCertificate {
			certificate = env.tr("yes", "có")
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", keyLabelLine(i.Label), what, leaves, certificate, i.Ref)
	}
	return w.Flush()
}

// keyLabelLine keeps a label, which others may have chosen, from steering the terminal.
func keyLabelLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7F {
			return '?'
		}
		return r
	}, s)
}

func newKeysImportCertCmd(env *env) *cobra.Command {
	var flags keyflags.Flags
	var ref string
	cmd := &cobra.Command{
		Use:   "import-cert --key URI FILE",
		Short: "Store a certificate beside its key",
		Long: `import-cert stores a certificate (DER or PEM) beside the private key it belongs
to. The certificate's public key must be that key's. An older certificate of the
key is replaced. "-" reads from stdin.

Example:
  chipid keys import-cert --module SO --token issuer --pin-source file:pin --key pkcs11:object=ds-1 ds-1.cer

Exit statuses:
` + exitHelp(exitOK, exitFault, exitUsage, exitHSM),
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			key, err := keyFlag(ref)
			if err != nil {
				return err
			}
			der, err := readKeyCertificate(env, args[0])
			if err != nil {
				return err
			}
			return withKeyring(cmd.Context(), env, &flags, func(k hsm.Keyring) error {
				return k.ImportCertificate(cmd.Context(), key, der)
			})
		},
	}
	flags.Register(cmd.Flags())
	cmd.Flags().StringVar(&ref, "key", "", "URI of the private key, such as pkcs11:object=LABEL")
	return cmd
}

// keyFlag reads the URI of --key.
func keyFlag(text string) (hsm.KeyRef, error) {
	if text == "" {
		return "", usagef("--key: is not given; name the key, such as pkcs11:object=LABEL")
	}
	u, err := hsm.ParseURI(text)
	var fault *hsm.Fault
	if errors.As(err, &fault) {
		return "", usagef("--key: %s; name the key, such as pkcs11:object=LABEL", fault.Detail)
	}
	if u.Object == "" && len(u.ID) == 0 {
		return "", usagef("--key: names no key; give object= or id=, such as pkcs11:object=LABEL")
	}
	return hsm.KeyRef(text), nil
}

// maxCertificateFile bounds a certificate in PEM.
const maxCertificateFile = 128 << 10

// readKeyCertificate reads a certificate of DER or PEM.
func readKeyCertificate(env *env, path string) ([]byte, error) {
	wrong := func(problem, fix string) ([]byte, error) {
		return nil, &cardprofile.InputError{File: path, Problem: problem, Fix: fix}
	}
	in := env.Stdin
	if path != "-" {
		f, err := os.Open(path)
		if errors.Is(err, os.ErrNotExist) {
			return wrong("there is no such file", "check the path")
		}
		if err != nil {
			return wrong("cannot be read", "name a readable file")
		}
		defer f.Close()
		in = f
	}
	raw, err := io.ReadAll(io.LimitReader(in, maxCertificateFile+1))
	if err != nil {
		return wrong("cannot be read", "name a readable file")
	}
	if len(raw) > maxCertificateFile {
		return wrong("larger than 128 KiB", "name a file with one certificate")
	}
	der := raw
	if block, _ := pem.Decode(raw); block != nil {
		if block.Type != "CERTIFICATE" {
			return wrong("PEM, but not of a certificate", "name a certificate file")
		}
		der = block.Bytes
	}
	if _, err := hsm.ReadCertificate(der); err != nil {
		return wrong("not a certificate", "name a file with one certificate, DER or PEM")
	}
	return der, nil
}

func newKeysDeleteCmd(env *env) *cobra.Command {
	var flags keyflags.Flags
	var ref string
	var yes bool
	cmd := &cobra.Command{
		Use:   "delete --key URI",
		Short: "Delete a key for good",
		Long: `delete removes a key from the token with its public key and certificate. There
is no way back, so it wants --yes, or the key's label typed at the terminal.

Example:
  chipid keys delete --module SO --token issuer --pin-source file:pin --key pkcs11:object=ds-1 --yes

Exit statuses:
` + exitHelp(exitOK, exitFault, exitUsage, exitHSM),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			key, err := keyFlag(ref)
			if err != nil {
				return err
			}
			if !yes && !terminal(env.Stdin) {
				return usagef("--yes: is needed where nobody can be asked")
			}
			ctx := cmd.Context()
			return withKeyring(ctx, env, &flags, func(k hsm.Keyring) error {
				if !yes {
					if err := confirmDeletion(env, key); err != nil {
						return err
					}
				}
				return k.Delete(ctx, key)
			})
		},
	}
	flags.Register(cmd.Flags())
	cmd.Flags().StringVar(&ref, "key", "", "URI of the key, such as pkcs11:object=LABEL")
	cmd.Flags().BoolVar(&yes, "yes", false, "delete without asking")
	return cmd
}

// confirmDeletion has the person type the label, or the URI of a key that is named without one.
func confirmDeletion(env *env, key hsm.KeyRef) error {
	want := string(key)
	if u, err := key.Parse(); err == nil && u.Object != "" {
		want = u.Object
	}
	fmt.Fprintf(env.Stderr, env.tr("This deletes %s for good. Type %s to go on: ", "Khoá %s sẽ bị xoá vĩnh viễn. Gõ %s để tiếp tục: "), key, keyLabelLine(want))
	line, err := bufio.NewReader(env.Stdin).ReadString('\n')
	if err != nil || strings.TrimSpace(line) != want {
		return exitError{exitFault, errors.New(env.tr("nothing was deleted", "không xoá gì cả"))}
	}
	return nil
}
