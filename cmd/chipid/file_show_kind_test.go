package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
)

// A key that somebody shows by mistake does not get onto the screen.
func TestFileShowHidesPrivateKeys(t *testing.T) {
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rs, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(ec)
	if err != nil {
		t.Fatal(err)
	}
	sec1, err := x509.MarshalECPrivateKey(ec)
	if err != nil {
		t.Fatal(err)
	}
	scalar, err := ec.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, b := range map[string][]byte{
		"pkcs8.der": pkcs8, "sec1.der": sec1, "pkcs1.der": x509.MarshalPKCS1PrivateKey(rs),
		"dsa.der":       tlv.Encode(0x30, tlv.Encode(0x02, []byte{0}), tlv.Encode(0x02, []byte{7}), tlv.Encode(0x02, []byte{5}), tlv.Encode(0x02, []byte{3}), tlv.Encode(0x02, []byte{2}), tlv.Encode(0x02, scalar)),
		"pkcs8.pem":     append([]byte("Bag Attributes\n"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})...),
		"encrypted.der": tlv.Encode(0x30, tlv.Encode(0x30, tlv.Encode(0x06, []byte{42, 3})), tlv.Encode(0x04, scalar)),
		"sec1.pem":      pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: []byte("not even DER")}),
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, args := range [][]string{{path}, {"--json", path}} {
			status, out, talk := runShow(t, "en", args...)
			all := strings.ToLower(out + talk)
			if status != exitUsage || !strings.Contains(all, "a private key, which is not shown") || strings.Contains(all, hex.EncodeToString(scalar)) || strings.Contains(all, `"tree"`) || strings.Contains(all, "integer") {
				t.Errorf("%s: status %d, %s%s", name, status, out, talk)
			}
		}
	}
}

// Any text begins with a letter, and most letters are the tag of a data group.
func TestFileShowTextIsNoDataGroup(t *testing.T) {
	dir := t.TempDir()
	for c := byte('`'); c <= 'w'; c++ {
		for name, b := range map[string][]byte{
			"text": []byte(string(rune(c)) + " few words about nothing"), "long": []byte(string(rune(c)) + "\x82\x7f\xffwords"), "short": {c}, "behind": {c, 1, 0, 'x'},
		} {
			path := filepath.Join(dir, name)
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
			if status, out, _ := runShow(t, "en", path); status != exitUsage || !strings.HasPrefix(out, path+": unknown") && c != 'w' {
				t.Errorf("%q: status %d, %s", b, status, out)
			}
		}
	}
	// Padding behind the file, which chips give, is a deviation and no more.
	b, err := lds.EncodeCOM("0107", "040000", []int{1, 2})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "padded")
	if err := os.WriteFile(path, append(b, 0, 0, 0), 0o600); err != nil {
		t.Fatal(err)
	}
	if status, out, _ := runShow(t, "en", path); status != exitOK || !strings.Contains(out, "lds.com.trailing") {
		t.Errorf("status %d, %s", status, out)
	}
	// A name that says another file than the bytes do.
	path = filepath.Join(dir, "EF.DG3.bin")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if status, out, _ := runShow(t, "en", path); status != exitOK || !strings.Contains(out, "the content is that of EF.COM") {
		t.Errorf("status %d, %s", status, out)
	}
}

// In a directory DG1 tells whose national data DG13 holds.
func TestFileShowNationalByState(t *testing.T) {
	files := showFiles(t)
	odd := strings.Replace(string(files["EF.DG13.bin"]), "\x28\xD3\x16\x01\x00\x08", "\x28\xD3\x16\x01\x00\x09", 1)
	dir := t.TempDir()
	for name, b := range map[string][]byte{"EF.DG1.bin": files["EF.DG1.bin"], "EF.DG13.bin": []byte(odd)} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if status, out, _ := runShow(t, "en", dir); status != exitOK || !strings.Contains(out, "lds.dg13.oid") || !strings.Contains(out, "place of origin") {
		t.Errorf("status %d, %s", status, out)
	}
	if status, out, _ := runShow(t, "en", filepath.Join(dir, "EF.DG13.bin")); status != exitOK || strings.Contains(out, "place of origin") || !strings.Contains(out, "SEQUENCE") {
		t.Errorf("alone: status %d, %s", status, out)
	}
}
