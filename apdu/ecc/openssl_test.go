package ecc

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
)

// openssl runs the openssl command in a directory of its own.
type openssl struct {
	t   *testing.T
	dir string
}

func needOpenSSL(t *testing.T) openssl {
	if _, err := exec.LookPath("openssl"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("the openssl command is missing")
		}
		t.Skip("the openssl command is missing")
	}
	return openssl{t, t.TempDir()}
}

func (o openssl) run(args ...string) (out []byte, ok bool) {
	cmd := exec.Command("openssl", args...)
	cmd.Dir = o.dir
	out, err := cmd.CombinedOutput()
	return out, err == nil
}

func (o openssl) must(args ...string) []byte {
	o.t.Helper()
	out, ok := o.run(args...)
	if !ok {
		o.t.Fatalf("openssl %v: %s", args, out)
	}
	return out
}

func (o openssl) write(name string, b []byte) {
	o.t.Helper()
	if err := os.WriteFile(filepath.Join(o.dir, name), b, 0o600); err != nil {
		o.t.Fatal(err)
	}
}

func (o openssl) read(name string) []byte {
	o.t.Helper()
	b, err := os.ReadFile(filepath.Join(o.dir, name))
	if err != nil {
		o.t.Fatal(err)
	}
	return b
}

func opensslName(c *Curve) string {
	for alias, name := range map[string]string{"prime192v1": "P-192", "secp224r1": "P-224", "prime256v1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"} {
		if name == c.name {
			return alias
		}
	}
	return c.name
}

// sec1 writes a private key as ECPrivateKey with the curve named (RFC 5915).
func sec1(k *PrivateKey) []byte {
	der := tlv.Encode(0x30,
		tlv.Encode(0x02, []byte{1}),
		tlv.Encode(0x04, k.Bytes()),
		tlv.Encode(0xA0, encodeOID(k.c.oid)),
		tlv.Encode(0xA1, tlv.Encode(0x03, []byte{0}, k.pub.Bytes())))
	return pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})
}

func TestAgainstOpenSSL(t *testing.T) {
	o := needOpenSSL(t)
	eachCurve(t, func(t *testing.T, c *Curve) {
		o := openssl{t, t.TempDir()}
		ours, err := GenerateKey(c, nil)
		if err != nil {
			t.Fatal(err)
		}
		o.write("ours.pem", sec1(ours))
		for _, form := range []string{"named_curve", "explicit"} {
			explicit := form == "explicit"
			o.must("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:"+opensslName(c), "-pkeyopt", "ec_param_enc:"+form, "-out", "theirs.pem")
			o.must("pkey", "-in", "theirs.pem", "-pubout", "-outform", "DER", "-out", "theirs.pub")
			theirs, isExplicit, err := ParseSPKI(o.read("theirs.pub"))
			if err != nil || isExplicit != explicit || theirs.Curve != c {
				t.Fatalf("%s key: %v, %v", form, isExplicit, err)
			}
			// The same bytes that OpenSSL writes. Its explicit P-192, P-224, …
			// carry the optional seed, which ours leave out.
			spki, err := MarshalSPKI(theirs, explicit)
			if err != nil {
				t.Fatal(err)
			}
			if hasSeed := explicit && c.name[0] == 'P'; !hasSeed && !bytes.Equal(spki, o.read("theirs.pub")) {
				t.Fatalf("%s key\nours   %X\ntheirs %X", form, spki, o.read("theirs.pub"))
			}
			o.write("again.pub", spki)
			o.must("pkey", "-pubin", "-inform", "DER", "-in", "again.pub", "-noout")

			short, long := sha256.Sum256([]byte(form)), sha512.Sum512([]byte(form))
			for _, digest := range [][]byte{short[:20], short[:], long[:48], long[:]} {
				o.write("digest", digest)
				o.must("pkeyutl", "-sign", "-inkey", "theirs.pem", "-in", "digest", "-out", "sig")
				if !VerifyASN1(theirs, digest, o.read("sig")) {
					t.Fatalf("their signature of %d bytes does not verify", len(digest))
				}
				wrong := bytes.Clone(digest)
				wrong[0] ^= 1
				if VerifyASN1(theirs, wrong, o.read("sig")) {
					t.Fatal("their signature verifies for another digest")
				}
				sig, err := ours.Sign(nil, digest, nil)
				if err != nil {
					t.Fatal(err)
				}
				o.write("sig", sig)
				o.must("pkeyutl", "-verify", "-inkey", "ours.pem", "-in", "digest", "-sigfile", "sig")
				sig[len(sig)-1] ^= 1
				o.write("sig", sig)
				if _, ok := o.run("pkeyutl", "-verify", "-inkey", "ours.pem", "-in", "digest", "-sigfile", "sig"); ok {
					t.Fatal("openssl verifies an altered signature: the test proves nothing")
				}
			}
		}
		// ECDH, with their named key.
		o.must("ecparam", "-name", opensslName(c), "-genkey", "-noout", "-out", "theirs.pem")
		o.must("pkey", "-in", "theirs.pem", "-pubout", "-outform", "DER", "-out", "theirs.pub")
		theirs, _, err := ParseSPKI(o.read("theirs.pub"))
		if err != nil {
			t.Fatal(err)
		}
		o.must("pkey", "-in", "ours.pem", "-pubout", "-out", "ours.pub")
		o.must("pkeyutl", "-derive", "-inkey", "theirs.pem", "-peerkey", "ours.pub", "-out", "secret")
		if z, err := ours.ECDH(theirs); err != nil || !bytes.Equal(z, o.read("secret")) {
			t.Fatalf("shared secret differs, %v", err)
		}
	})
	_ = o
}
