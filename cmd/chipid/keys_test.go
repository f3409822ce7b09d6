package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/hsm"
	"github.com/chipid-toolkit/chipid/hsm/hsmtest"
	"github.com/chipid-toolkit/chipid/hsm/pkcs11"
)

// keysRun runs "chipid keys" on a token of the test's own.
type keysRun struct {
	t      *testing.T
	module string
	lang   string
}

// run returns the exit status, stdout and stderr.
func (k *keysRun) run(stdin string, args ...string) (int, string, string) {
	k.t.Helper()
	var out, talk bytes.Buffer
	status := run(context.Background(), &env{Stdin: strings.NewReader(stdin), Stdout: &out, Stderr: &talk, Lang: k.lang}, append([]string{"keys"}, args...))
	for _, text := range []string{out.String(), talk.String()} {
		if strings.Contains(text, hsmtest.TokenPIN) {
			k.t.Errorf("chipid keys %v prints the PIN", args)
		}
	}
	return status, out.String(), talk.String()
}

// on adds the flags of the token.
func (k *keysRun) on(args ...string) []string {
	return append(args, "--module", k.module, "--token", hsmtest.TokenLabel, "--pin-source", "env:CHIPID_TEST_PIN")
}

func newKeysRun(t *testing.T) *keysRun {
	module, _ := hsmtest.SoftHSM(t)
	t.Setenv("CHIPID_TEST_PIN", hsmtest.TokenPIN)
	return &keysRun{t: t, module: module, lang: "en"}
}

func TestKeys(t *testing.T) {
	k := newKeysRun(t)
	status, out, talk := k.run("", k.on("list")...)
	if status != exitOK || out != "" || !strings.Contains(talk, "no key") {
		t.Errorf("empty token: %d, %q, %q", status, out, talk)
	}
	for _, args := range [][]string{
		{"--label", "ds-1", "--curve", "P-256"}, {"--label", "csca", "--curve", "brainpoolP384r1", "--id", "01ff"}, {"--label", "rsa", "--rsa", "2048"},
		{"--label", "cards", "--secret", "card-master"}, {"--label", "cards 128", "--secret", "card-master", "--bits", "128"}, {"--label", "log", "--secret", "digest"},
	} {
		status, out, talk := k.run("", k.on(append([]string{"create"}, args...)...)...)
		if status != exitOK || !strings.HasPrefix(out, "pkcs11:token=chipid%20test;object=") || strings.Count(out, "\n") != 1 || talk != "" {
			t.Fatalf("create %v: %d, %q, %q", args, status, out, talk)
		}
	}
	status, out, _ = k.run("", k.on("list", "--json")...)
	var list struct {
		Schema string
		Keys   []keyJSON
	}
	if err := json.Unmarshal([]byte(out), &list); err != nil || status != exitOK || list.Schema != "chipid.keys/1" || len(list.Keys) != 6 {
		t.Fatalf("list: %d, %v, %s", status, err, out)
	}
	for _, key := range list.Keys {
		if !key.NeverExtractable || !key.AlwaysSensitive || key.Extractable || !key.Sensitive || key.Bits == 0 {
			t.Errorf("%s: %+v", key.Label, key)
		}
		if (key.PublicKey != "") != (key.Kind == "private") {
			t.Errorf("%s: public key %q", key.Label, key.PublicKey)
		}
	}
	if list.Keys[2].Label != "csca" || list.Keys[2].ID != "01ff" || list.Keys[2].Curve != "brainpoolP384r1" {
		t.Errorf("%+v", list.Keys[2])
	}
	_, out, _ = k.run("", k.on("list")...)
	if strings.Count(out, "never") != 6 || !strings.Contains(out, "EC P-256") || !strings.Contains(out, "RSA 2048") {
		t.Errorf("list says:\n%s", out)
	}
	k.lang = "vi"
	if _, out, _ = k.run("", k.on("list")...); !strings.Contains(out, "không bao giờ") {
		t.Errorf("list says in Vietnamese:\n%s", out)
	}
}

func TestKeysCertificateAndDelete(t *testing.T) {
	k := newKeysRun(t)
	for _, label := range []string{"ds", "other"} {
		if status, _, talk := k.run("", k.on("create", "--label", label, "--curve", "P-256", "--json")...); status != exitOK {
			t.Fatal(talk)
		}
	}
	der := certificateOf(t, k.module, "ds")
	file := filepath.Join(t.TempDir(), "ds.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, from := range []struct{ path, stdin string }{{file, ""}, {"-", string(der)}} {
		if status, _, talk := k.run(from.stdin, k.on("import-cert", "--key", "pkcs11:object=ds", from.path)...); status != exitOK {
			t.Fatal(talk)
		}
	}
	if status, _, talk := k.run("", k.on("import-cert", "--key", "pkcs11:object=other", file)...); status != exitHSM {
		t.Errorf("certificate of another key: %d, %s", status, talk)
	}
	if _, out, _ := k.run("", k.on("list")...); strings.Count(out, "yes") != 1 {
		t.Errorf("list says:\n%s", out)
	}
	if status, _, talk := k.run("ds\n", k.on("delete", "--key", "pkcs11:object=ds")...); status != exitUsage || !strings.Contains(talk, "--yes") {
		t.Errorf("delete without --yes: %d, %s", status, talk)
	}
	if status, _, talk := k.run("", k.on("delete", "--key", "pkcs11:object=ds", "--yes")...); status != exitOK {
		t.Errorf("delete: %d, %s", status, talk)
	}
	if status, _, talk := k.run("", k.on("delete", "--key", "pkcs11:object=ds", "--yes")...); status != exitHSM || !strings.Contains(talk, "not found") {
		t.Errorf("delete again: %d, %s", status, talk)
	}
}

func certificateOf(t *testing.T, module, label string) []byte {
	t.Helper()
	ctx := context.Background()
	ring, err := pkcs11.Open(ctx, pkcs11.Config{Module: module, Token: hsmtest.TokenLabel, PIN: hsm.FixedPIN(mac.NewKey([]byte(hsmtest.TokenPIN)))})
	if err != nil {
		t.Fatal(err)
	}
	defer ring.Close()
	s, err := ring.Signer(ctx, hsm.URI{Object: label}.Ref())
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "TEST"}, NotBefore: time.Unix(1700000000, 0), NotAfter: time.Unix(1800000000, 0)}
	der, err := x509.CreateCertificate(rand.Reader, c, c, s.Public(), s)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func TestKeysExitStatuses(t *testing.T) {
	k := newKeysRun(t)
	t.Setenv("CHIPID_WRONG_PIN", "not-the-pin")
	junk := filepath.Join(t.TempDir(), "junk.cer")
	if err := os.WriteFile(junk, []byte("junk"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		status int
		says   string
		args   []string
	}{
		{"no module", exitUsage, "--module", []string{"list", "--token", "x", "--pin-source", "env:CHIPID_TEST_PIN"}},
		{"no token", exitUsage, "--token", []string{"list", "--module", k.module, "--pin-source", "env:CHIPID_TEST_PIN"}},
		{"no PIN source and no terminal", exitUsage, "--pin-source", []string{"list", "--module", k.module, "--token", "x"}},
		{"the PIN as an argument", exitUsage, "--pin-source", []string{"list", "--module", k.module, "--token", "x", "--pin-source", "987654"}},
		{"no such flag", exitUsage, "--pin", k.on("list", "--pin", "987654")},
		{"module not there", exitHSM, "no such file", []string{"list", "--module", "/nowhere.so", "--token", "x", "--pin-source", "env:CHIPID_TEST_PIN"}},
		{"token not there", exitHSM, "token not found", []string{"list", "--module", k.module, "--token", "x", "--pin-source", "env:CHIPID_TEST_PIN"}},
		{"PIN variable not set", exitHSM, "not set", []string{"list", "--module", k.module, "--token", hsmtest.TokenLabel, "--pin-source", "env:CHIPID_NONE"}},
		{"wrong PIN", exitHSM, "PIN is wrong", []string{"list", "--module", k.module, "--token", hsmtest.TokenLabel, "--pin-source", "env:CHIPID_WRONG_PIN"}},
		{"no kind of key", exitUsage, "--curve", k.on("create", "--label", "x")},
		{"two kinds of key", exitUsage, "--curve", k.on("create", "--label", "x", "--curve", "P-256", "--rsa", "2048")},
		{"no label", exitUsage, "--label", k.on("create", "--curve", "P-256")},
		{"unknown curve", exitUsage, "--curve", k.on("create", "--label", "x", "--curve", "P-1")},
		{"small RSA", exitUsage, "--rsa", k.on("create", "--label", "x", "--rsa", "1024")},
		{"unknown secret", exitUsage, "--secret", k.on("create", "--label", "x", "--secret", "password")},
		{"wrong id", exitUsage, "--id", k.on("create", "--label", "x", "--curve", "P-256", "--id", "0")},
		{"no key named", exitUsage, "--key", k.on("delete", "--yes")},
		{"a key URI with a PIN", exitUsage, "--key", k.on("delete", "--yes", "--key", "pkcs11:object=x?pin-value=987654")},
		{"no such key", exitHSM, "key not found", k.on("delete", "--yes", "--key", "pkcs11:object=x")},
		{"no such certificate file", exitUsage, "no such file", k.on("import-cert", "--key", "pkcs11:object=x", "/nowhere.cer")},
		{"no certificate in the file", exitUsage, "not a certificate", k.on("import-cert", "--key", "pkcs11:object=x", junk)},
		{"too few arguments", exitUsage, "arg", k.on("import-cert", "--key", "pkcs11:object=x")},
	} {
		status, out, talk := k.run("", c.args...)
		if status != c.status || !strings.Contains(talk, c.says) || out != "" {
			t.Errorf("%s: %d, %q, %q; want %d and %q", c.name, status, out, talk, c.status, c.says)
		}
		if strings.Contains(talk, "987654") && c.name != "no such flag" || strings.Contains(talk, "not-the-pin") {
			t.Errorf("%s: the message repeats a PIN: %s", c.name, talk)
		}
	}
}
