package keyflags_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cmd/internal/keyflags"
	"github.com/chipid-toolkit/chipid/hsm"
	"github.com/chipid-toolkit/chipid/hsm/hsmtest"
)

func TestFlags(t *testing.T) {
	module, _ := hsmtest.SoftHSM(t)
	t.Setenv("CHIPID_TEST_PIN", hsmtest.TokenPIN)
	parse := func(args ...string) *keyflags.Flags {
		var f keyflags.Flags
		fs := pflag.NewFlagSet("test", pflag.ContinueOnError)
		f.Register(fs)
		if err := fs.Parse(args); err != nil {
			t.Fatal(err)
		}
		return &f
	}
	ctx := context.Background()
	k, err := parse("--module", module, "--token", hsmtest.TokenLabel, "--pin-source", "env:CHIPID_TEST_PIN").Open(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := k.Close(); err != nil {
		t.Fatal(err)
	}
	asked := ""
	k, err = parse("--module", module, "--token", hsmtest.TokenLabel).Open(ctx, func(_ context.Context, token string) (mac.Key, error) {
		asked = token
		return mac.NewKey([]byte(hsmtest.TokenPIN)), nil
	})
	if err != nil || asked != hsmtest.TokenLabel {
		t.Fatalf("asked for %q, %v", asked, err)
	}
	if err := k.Close(); err != nil {
		t.Fatal(err)
	}
	for name, args := range map[string][]string{
		"no module": {"--token", "x", "--pin-source", "env:X"}, "no token": {"--module", module, "--pin-source", "env:X"},
		"nobody to ask": {"--module", module, "--token", "x"}, "the PIN itself": {"--module", module, "--token", "x", "--pin-source", "987654"},
	} {
		_, err := parse(args...).Open(ctx, nil)
		var in *cardprofile.InputError
		if !errors.As(err, &in) || !strings.HasPrefix(in.Field, "--") {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && strings.Contains(err.Error(), "987654") {
			t.Errorf("%s: the error repeats what was typed", name)
		}
	}
	if _, err = parse("--module", module, "--token", hsmtest.TokenLabel, "--pin-source", "env:NO_SUCH_VARIABLE").Open(ctx, nil); !errors.Is(err, hsm.ErrPINSource) {
		t.Errorf("unset variable: %v", err)
	}
	if keyflags.Terminal(strings.NewReader(""), os.Stderr, "%s") != nil {
		t.Error("a string is taken for a terminal")
	}
}

const goodFile = `module: MODULE
token: chipid test
pin-source: file:pin
document-signer: pkcs11:object=ds
document-signer-certificate: certs/ds.cer
card-master: pkcs11:object=transport;type=secret-key
card-master-new: pkcs11:object=own
cvca-certificates: [certs/cvca.cvcert, /elsewhere/old.cvcert]
`

// oneSigner are the lines of goodFile that several signers stand in place of.
const oneSigner = "document-signer: pkcs11:object=ds\ndocument-signer-certificate: certs/ds.cer\n"

func TestSeveralSigners(t *testing.T) {
	dir := t.TempDir()
	f, err := keyflags.Load(write(t, dir, strings.Replace(goodFile, oneSigner,
		"document-signers:\n  - key: pkcs11:object=a\n    certificate: a.cer\n    limit: 5\n  - key: pkcs11:object=b\nsigner-uses: uses\ntrust: trust\n", 1)))
	if err != nil {
		t.Fatal(err)
	}
	want := []keyflags.Signer{{Key: "pkcs11:object=a", Certificate: filepath.Join(dir, "a.cer"), Limit: 5}, {Key: "pkcs11:object=b"}}
	if !slices.Equal(f.Signers(), want) || f.SignerUses != filepath.Join(dir, "uses") || f.Trust != filepath.Join(dir, "trust") {
		t.Errorf("%+v", f)
	}
	one, err := keyflags.Load(write(t, dir, goodFile))
	if err != nil || len(one.Signers()) != 1 || one.Signers()[0].Key != "pkcs11:object=ds" {
		t.Errorf("%+v, %v", one, err)
	}
}

func write(t testing.TB, dir, text string) string {
	t.Helper()
	f := filepath.Join(dir, "keys.yaml")
	if err := os.WriteFile(f, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestFile(t *testing.T) {
	module, _ := hsmtest.SoftHSM(t)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "pin"), []byte(hsmtest.TokenPIN+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := keyflags.Load(write(t, dir, strings.Replace(goodFile, "MODULE", module, 1)))
	if err != nil {
		t.Fatal(err)
	}
	if f.DocumentSignerCertificate != filepath.Join(dir, "certs/ds.cer") || f.DocumentSigner != "pkcs11:object=ds" || f.Digest != "" ||
		!slices.Equal(f.CVCACertificates, []string{filepath.Join(dir, "certs/cvca.cvcert"), "/elsewhere/old.cvcert"}) {
		t.Errorf("%+v", f)
	}
	k, err := f.Open(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := k.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestFileRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		old, new string
		line     int
		field    string
	}{
		"no module":     {"module: MODULE\n", "", 0, "module"},
		"no token":      {"token: chipid test", "token: ''", 2, "token"},
		"unknown key":   {"token: ", "tokens: ", 2, "tokens"},
		"a PIN":         {"pin-source: file:pin", "pin: 987654", 3, "pin"},
		"a PIN as text": {"file:pin", "'987654'", 3, "pin-source"},
		"PIN in a URI":  {"object=ds", "object=ds?pin-value=987654", 4, "document-signer"},
		"no URI":        {"pkcs11:object=ds", "ds", 4, "document-signer"},
		"no name":       {"pkcs11:object=own", "pkcs11:token=x", 7, "card-master-new"},
		"the same key":  {"card-master-new: pkcs11:object=own", "card-master-new: pkcs11:object=transport;type=secret-key", 7, "card-master-new"},
		"no signer":     {"document-signer: pkcs11:object=ds\n", "", 0, "document-signer"},
		"both forms":    {"card-master: ", "document-signers: [{key: 'pkcs11:object=b'}]\ncard-master: ", 6, "document-signers"},
		"no trust":      {oneSigner, "document-signers: [{key: 'pkcs11:object=b'}]\n", 0, "trust"},
		"limit alone":   {oneSigner, "trust: t\ndocument-signers: [{key: 'pkcs11:object=b', limit: 5}]\n", 0, "signer-uses"},
		"below zero":    {oneSigner, "trust: t\ndocument-signers: [{key: 'pkcs11:object=b', limit: -5}]\n", 5, "document-signers"},
		"twice":         {oneSigner, "trust: t\ndocument-signers: [{key: 'pkcs11:object=b'}, {key: 'pkcs11:object=b'}]\n", 5, "document-signers"},
		"no key":        {oneSigner, "trust: t\ndocument-signers: [{limit: 0}]\n", 5, "document-signers"},
		"not YAML":      {"token: chipid test", "token: [", -1, ""},
		"empty":         {goodFile, "", 0, ""},
	} {
		path := write(t, t.TempDir(), strings.Replace(goodFile, c.old, c.new, 1))
		_, err := keyflags.Load(path)
		var in *cardprofile.InputError
		if !errors.As(err, &in) || in.File != path || in.Field != c.field || c.line >= 0 && in.Line != c.line {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && strings.Contains(err.Error(), "987654") {
			t.Errorf("%s: the error repeats a PIN: %v", name, err)
		}
	}
	if _, err := keyflags.Load(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a file that is not there was read")
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(goodFile)
	f.Fuzz(func(t *testing.T, text string) {
		path := write(t, t.TempDir(), text)
		file, err := keyflags.Load(path)
		if err == nil && (file.Module == "" || file.Token == "" || len(file.Signers()) == 0) {
			t.Fatal("an incomplete file was taken")
		}
		var in *cardprofile.InputError
		if err != nil && !errors.As(err, &in) {
			t.Fatalf("%T", err)
		}
	})
}
