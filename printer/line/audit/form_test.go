package audit_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"github.com/chipid-toolkit/chipid/printer/line/audit"
)

// The example of sumdb/note (golang.org/x/mod, package note): a key by its published
// text, and a note that it signed.
func TestPublishedNote(t *testing.T) {
	const vkey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
	const text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n" +
		"— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
	key := []byte("\x1a\x5c\xd9\x07\x14\x3c\x38\x4c\x41\xe8\x30\xc5\xbc\xe1\x2a\xa8\x81\x7e\xc5\x64\x9a\xaa\xbf\x2c\x31\x38\x8b\x35\xb2\xd7\x44\xd6")
	v, err := audit.NewVerifier("PeterNeumann", ed25519.PublicKey(key))
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := note.NewVerifier(vkey)
	if err != nil {
		t.Fatal(err)
	}
	if v.KeyHash() != theirs.KeyHash() {
		t.Errorf("key id %08x, not %08x", v.KeyHash(), theirs.KeyHash())
	}
	if _, err := note.Open([]byte(text), note.VerifierList(v)); err != nil {
		t.Error(err)
	}
	if _, err := note.Open([]byte(strings.Replace(text, "your problem,", "my problem,", 1)), note.VerifierList(v)); err == nil {
		t.Error("an altered note was taken")
	}
}

func TestParseKey(t *testing.T) {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	spki, err := x509.MarshalPKIXPublicKey(k.Public())
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, k.Public(), k)
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string][]byte{
		"SPKI": spki, "SPKI, PEM": pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: spki}),
		"certificate": cert, "certificate, PEM": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}),
	} {
		got, err := audit.ParseKey(file)
		if err != nil || !k.PublicKey.Equal(got) {
			t.Errorf("%s: %v", name, err)
		}
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	wrong, err := x509.MarshalPKIXPublicKey(p384.Public())
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string][]byte{"nothing": nil, "text": []byte("key"), "another curve": wrong, "much": make([]byte, 1<<20)} {
		if _, err := audit.ParseKey(file); err == nil {
			t.Errorf("%s was taken for a key", name)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"id":1,"entry":{"event":"card.drawn","at":1,"card":1}}`))
	f.Add([]byte(`{"id":01,"entry":{}}`))
	f.Add([]byte(`{"id":1,"entry":`))
	f.Fuzz(func(t *testing.T, b []byte) {
		row, e, err := audit.Decode(b)
		if err != nil {
			return
		}
		again, err := audit.Encode(row)
		if err != nil || !bytes.Equal(again, b) || e.Event == "" {
			t.Fatalf("%q becomes %q, %v", b, again, err)
		}
	})
}

func FuzzCheckpoint(f *testing.F) {
	f.Add([]byte("chipid.audit/00\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n— chipid.audit/00 AAAAAAA=\n"))
	f.Add([]byte("\n\n— x y\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := audit.ReadCheckpointNote(b, nil)
		if err == nil && (c.Signed || len(c.Root) != 32 || c.Origin == "") {
			t.Fatalf("%+v", c)
		}
	})
}
