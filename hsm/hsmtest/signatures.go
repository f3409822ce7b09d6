package hsmtest

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/hsm"
)

// Hashes that an issuing authority signs with.
var hashes = map[crypto.Hash]string{crypto.SHA224: "sha224", crypto.SHA256: "sha256", crypto.SHA384: "sha384", crypto.SHA512: "sha512"}

// signatures: each algorithm is verified by Go and by OpenSSL, and a changed digest by neither.
func signatures(t *testing.T, p *Place) {
	openssl := Tool(t, "openssl", "openssl")
	k := p.open(t)
	for _, spec := range []hsm.KeySpec{
		{Curve: "P-224"}, {Curve: "P-256"}, {Curve: "P-384"}, {Curve: "P-521"},
		{Curve: "brainpoolP224r1"}, {Curve: "brainpoolP256r1"}, {Curve: "brainpoolP320r1"}, {Curve: "brainpoolP384r1"}, {Curve: "brainpoolP512r1"},
		{RSABits: 2048}, {RSABits: 3072}, {RSABits: 4096},
	} {
		name := spec.Curve
		if name == "" {
			name = fmt.Sprintf("RSA-%d", spec.RSABits)
		}
		t.Run(name, func(t *testing.T) {
			if testing.Short() && spec.RSABits > 2048 {
				t.Skip("the larger RSA keys take seconds to make; they run without -short")
			}
			spec.Label = name
			ref, pub, err := k.Generate(ctx, spec)
			if err != nil {
				t.Fatal(err)
			}
			s, err := k.Signer(ctx, ref)
			if err != nil {
				t.Fatal(err)
			}
			if !hsm.SamePublic(s.Public(), pub) {
				t.Fatal("the signer's public key is not the one that was made")
			}
			v := &verifier{openssl: openssl, dir: t.TempDir(), pub: pub}
			for h, hashName := range hashes {
				options := map[string]crypto.SignerOpts{hashName: h}
				if spec.RSABits != 0 {
					options[hashName+" PSS, salt as long as the hash"] = &rsa.PSSOptions{Hash: h, SaltLength: rsa.PSSSaltLengthEqualsHash}
					options[hashName+" PSS, longest salt"] = &rsa.PSSOptions{Hash: h, SaltLength: rsa.PSSSaltLengthAuto}
					options[hashName+" PSS, salt of 20"] = &rsa.PSSOptions{Hash: h, SaltLength: 20}
				}
				for what, o := range options {
					v.check(t, what, s, o)
				}
			}
		})
	}
}

type verifier struct {
	openssl, dir string
	pub          crypto.PublicKey
}

func (v *verifier) check(t *testing.T, what string, s crypto.Signer, o crypto.SignerOpts) {
	t.Helper()
	digest := make([]byte, o.HashFunc().Size())
	if _, err := rand.Read(digest); err != nil {
		t.Fatal(err)
	}
	sig, err := s.Sign(rand.Reader, digest, o)
	if err != nil {
		t.Errorf("%s: %v", what, err)
		return
	}
	if !v.byGo(digest, sig, o) {
		t.Errorf("%s: Go does not verify the signature", what)
	}
	if out, ok := v.byOpenSSL(t, digest, sig, o); !ok {
		t.Errorf("%s: OpenSSL does not verify the signature: %s", what, out)
	}
	digest[0] ^= 1
	if v.byGo(digest, sig, o) {
		t.Errorf("%s: Go verifies the signature for another digest", what)
	}
	if _, ok := v.byOpenSSL(t, digest, sig, o); ok {
		t.Errorf("%s: OpenSSL verifies the signature for another digest", what)
	}
}

func (v *verifier) byGo(digest, sig []byte, o crypto.SignerOpts) bool {
	if r, ok := v.pub.(*rsa.PublicKey); ok {
		if pss, ok := o.(*rsa.PSSOptions); ok {
			return rsa.VerifyPSS(r, pss.Hash, digest, sig, pss) == nil
		}
		return rsa.VerifyPKCS1v15(r, o.HashFunc(), digest, sig) == nil
	}
	p, err := ecc.FromPublic(v.pub)
	return err == nil && ecc.VerifyASN1(p, digest, sig)
}

func (v *verifier) byOpenSSL(t *testing.T, digest, sig []byte, o crypto.SignerOpts) (string, bool) {
	t.Helper()
	der, err := spki(v.pub)
	if err != nil {
		t.Fatal(err)
	}
	path := func(name string, b []byte) string {
		f := filepath.Join(v.dir, name)
		if err := os.WriteFile(f, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return f
	}
	args := []string{"pkeyutl", "-verify", "-pubin", "-inkey", path("pub.pem", pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})),
		"-in", path("digest", digest), "-sigfile", path("sig", sig), "-pkeyopt", "digest:" + hashes[o.HashFunc()]}
	if pss, ok := o.(*rsa.PSSOptions); ok {
		salt := map[int]string{rsa.PSSSaltLengthEqualsHash: "digest", rsa.PSSSaltLengthAuto: "max"}[pss.SaltLength]
		if salt == "" {
			salt = fmt.Sprint(pss.SaltLength)
		}
		args = append(args, "-pkeyopt", "rsa_padding_mode:pss", "-pkeyopt", "rsa_pss_saltlen:"+salt, "-pkeyopt", "rsa_mgf1_md:"+hashes[pss.Hash])
	}
	out, err := exec.Command(v.openssl, args...).CombinedOutput()
	return strings.TrimSpace(string(out)), err == nil
}

func spki(pub crypto.PublicKey) ([]byte, error) {
	if p, err := ecc.FromPublic(pub); err == nil {
		return ecc.MarshalSPKI(p, false)
	}
	return x509.MarshalPKIXPublicKey(pub)
}

// wrongInputs: a digest that is not what the options say is never signed.
func wrongInputs(t *testing.T, p *Place) {
	k := p.open(t)
	for _, spec := range []hsm.KeySpec{{Label: "ec", Curve: "P-256"}, {Label: "rsa", RSABits: 2048}} {
		ref, _, err := k.Generate(ctx, spec)
		if err != nil {
			t.Fatal(err)
		}
		s, err := k.Signer(ctx, ref)
		if err != nil {
			t.Fatal(err)
		}
		cases := map[string]struct {
			n int
			o crypto.SignerOpts
		}{
			"no options": {32, nil}, "no hash": {32, crypto.Hash(0)}, "SHA-1": {20, crypto.SHA1}, "MD5": {16, crypto.MD5},
			"short": {31, crypto.SHA256}, "long": {33, crypto.SHA256}, "empty": {0, crypto.SHA256}, "of another hash": {48, crypto.SHA256}, "unknown hash": {32, crypto.Hash(200)},
		}
		if spec.RSABits != 0 {
			cases["salt too long"] = struct {
				n int
				o crypto.SignerOpts
			}{32, &rsa.PSSOptions{Hash: crypto.SHA256, SaltLength: 256 - 2 - 32 + 1}}
			cases["salt below zero"] = struct {
				n int
				o crypto.SignerOpts
			}{32, &rsa.PSSOptions{Hash: crypto.SHA256, SaltLength: -7}}
		}
		for name, c := range cases {
			sig, err := s.Sign(rand.Reader, make([]byte, c.n), c.o)
			wants(t, spec.Label+": "+name, err, hsm.ErrKeyData)
			if sig != nil {
				t.Errorf("%s: %s: a signature came with the error", spec.Label, name)
			}
		}
	}
}
