package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/printer/line/store"
)

// TestStockManifest: a list that openssl signed comes in once; one of somebody else does not.
func TestStockManifest(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("openssl is missing")
		}
		t.Skip("openssl is missing")
	}
	dir := t.TempDir()
	write := func(name string, b []byte) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	supplier := func(name string) (cert, key string) {
		t.Helper()
		k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
		der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &k.PublicKey, k)
		if err != nil {
			t.Fatal(err)
		}
		pkcs8, err := x509.MarshalPKCS8PrivateKey(k)
		if err != nil {
			t.Fatal(err)
		}
		return write(name+".pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), write(name+".key", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}))
	}
	cert, key := supplier("chips")
	other, _ := supplier("other")
	list, signed := write("list.csv", []byte("serial\n0A01\n0A02\n0A02\n")), filepath.Join(dir, "list.p7m")
	if out, err := exec.Command(openssl, "cms", "-sign", "-binary", "-nodetach", "-in", list, "-signer", cert, "-inkey", key, "-outform", "DER", "-out", signed).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	db := filepath.Join(dir, "line.db")
	st, err := store.Open(t.Context(), db, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) (int, string, string) {
		var out, talk bytes.Buffer
		status := run(context.Background(), &env{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &talk, Lang: "en"},
			append([]string{"stock", "manifest", "--lot", "LOT", "--by", "lan", "--db", db}, args...))
		return status, out.String(), talk.String()
	}
	if status, out, talk := run(signed, "--supplier", other); status != exitFailed || out != "" || !strings.Contains(talk, "not signed by this supplier") {
		t.Errorf("another supplier: %d, %q, %q", status, out, talk)
	}
	if status, _, talk := run(list, "--supplier", cert); status != exitFailed || !strings.Contains(talk, "not signed") {
		t.Errorf("unsigned: %d, %q", status, talk)
	}
	if status, out, talk := run(signed, "--supplier", cert); status != exitOK || !strings.Contains(out, "3 serial numbers, 1 of them more than once") {
		t.Fatalf("%d, %q, %q", status, out, talk)
	}
	if status, _, talk := run(signed, "--supplier", cert); status != exitUsage || !strings.Contains(talk, "imported before") {
		t.Errorf("again: %d, %q", status, talk)
	}
}
