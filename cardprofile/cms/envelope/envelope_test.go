package envelope

import (
	"bytes"
	"context"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/apdu/mac"
)

var ctx = context.Background()

// key is an Agreement outside of any token.
type key struct{ *ecc.PrivateKey }

func (k key) Public() *ecc.PublicKey { return k.PublicKey() }
func (k key) Agree(_ context.Context, peer *ecc.PublicKey) (mac.Key, error) {
	z, err := k.ECDH(peer)
	return mac.NewKey(z), err
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

func unhex(tb testing.TB, s string) []byte {
	tb.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	must(tb, err)
	return b
}

// RFC 3394, 4.6: 256 bits of key data with a 256-bit KEK.
func TestKeyWrapPublished(t *testing.T) {
	kek := unhex(t, "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F")
	data := unhex(t, "00112233445566778899AABBCCDDEEFF000102030405060708090A0B0C0D0E0F")
	want := unhex(t, "28C9F404C4B810F4CBCCB35CFB87F8263F5786E2D80ED326CBC7F0E71A99F43BFB988B9B7A02DD21")
	got, err := wrapKey(kek, data)
	must(t, err)
	if !bytes.Equal(got, want) {
		t.Errorf("%X", got)
	}
	if back, ok := unwrapKey(kek, want); !ok || !bytes.Equal(back, data) {
		t.Error("it does not come back")
	}
	for i := range want {
		bad := bytes.Clone(want)
		bad[i] ^= 1
		if _, ok := unwrapKey(kek, bad); ok {
			t.Errorf("byte %d may be changed", i)
		}
	}
}

// GCM as a stream against crypto/cipher's, over all lengths of a few blocks and pieces
// of several sizes.
func TestGCM(t *testing.T) {
	k, nonce, plain := make([]byte, 32), make([]byte, 12), make([]byte, 1000)
	for _, b := range [][]byte{k, nonce, plain} {
		_, _ = rand.Read(b)
	}
	block, err := aes.NewCipher(k)
	must(t, err)
	std, err := cipher.NewGCM(block)
	must(t, err)
	for n := 0; n <= len(plain); n += 1 + n/64*13 {
		want := std.Seal(nil, nonce, plain[:n], nil)
		for _, size := range []int{1, 5, 16, 17, 64, 1000} {
			g := newGCM(block, nonce)
			got := bytes.Clone(plain[:n])
			g.ctr.XORKeyStream(got, got)
			for at := 0; at < n; at += size {
				g.hash(got[at:min(at+size, n)])
			}
			tag := g.tag()
			if !bytes.Equal(append(got, tag[:]...), want) {
				t.Fatalf("%d bytes in pieces of %d", n, size)
			}
		}
	}
}

// The response of the derivation in the NIST CAVP vectors of ANSI X9.63-2001, SHA-256.
func TestKDFPublished(t *testing.T) {
	got := deriveKEK(crypto.SHA256, unhex(t, "96c05619d56c328ab95fe84b18264b08725b85e33fd34f08"), nil, 16)
	if hex.EncodeToString(got) != "443024c3dae66b95e6f5670601558f71" {
		t.Errorf("%x", got)
	}
}

// office is a recipient with files that OpenSSL reads.
type office struct {
	key
	Recipient
	pem, private string
}

func newOffice(tb testing.TB, c *ecc.Curve) office {
	tb.Helper()
	k, err := ecc.GenerateKey(c, nil)
	must(tb, err)
	pub, ok := k.PublicKey().Std()
	if !ok {
		tb.Fatal(c.Name())
	}
	std := &ecdsa.PrivateKey{PublicKey: *pub, D: new(big.Int).SetBytes(k.Bytes())}
	cert := certificate(tb, &std.PublicKey, std)
	r, err := RecipientOf(cert)
	must(tb, err)
	dir := tb.TempDir()
	o := office{key{k}, r, filepath.Join(dir, "c.pem"), filepath.Join(dir, "k.pem")}
	write(tb, o.pem, "CERTIFICATE", cert.Raw)
	der, err := x509.MarshalPKCS8PrivateKey(std)
	must(tb, err)
	write(tb, o.private, "PRIVATE KEY", der)
	return o
}

// serial keeps recipients apart.
var serial atomic.Int64

func certificate(tb testing.TB, pub, signer any) *x509.Certificate {
	tb.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(serial.Add(1)), SubjectKeyId: []byte{1, 2, 3, 4}, Subject: pkix.Name{CommonName: "line intake"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, pub, signer)
	must(tb, err)
	cert, err := x509.ParseCertificate(der)
	must(tb, err)
	return cert
}

func write(tb testing.TB, path, kind string, der []byte) {
	tb.Helper()
	must(tb, os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600))
}

func openssl(tb testing.TB, in []byte, args ...string) []byte {
	tb.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		if os.Getenv("CI") == "true" {
			tb.Fatal("openssl is missing")
		}
		tb.Skip("openssl is missing")
	}
	cmd := exec.Command("openssl", args...)
	cmd.Stdin = bytes.NewReader(in)
	var out, talk bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &talk
	if err := cmd.Run(); err != nil {
		tb.Fatalf("openssl %v: %v %s", args, err, talk.String())
	}
	return out.Bytes()
}

func opened(in []byte, k Agreement) ([]byte, *Opened, error) {
	o, err := Open(ctx, bytes.NewReader(in), k)
	if err != nil {
		return nil, nil, err
	}
	b, err := io.ReadAll(o)
	return b, o, err
}

// What OpenSSL encrypts opens, in all forms it has.
func TestOpensWhatOpenSSLMakes(t *testing.T) {
	text := bytes.Repeat([]byte("Nguyễn Văn Mẫu,001090000001\n"), 5000)
	for _, curve := range []*ecc.Curve{ecc.P256(), ecc.P384(), ecc.P521()} {
		o := newOffice(t, curve)
		for name, args := range map[string][]string{
			"CBC":            {"-aes256"},
			"CBC streamed":   {"-aes256", "-stream"},
			"CBC 128":        {"-aes128"},
			"GCM":            {"-aes-256-gcm"},
			"another hash":   {"-aes-128-gcm", "-recip", o.pem, "-keyopt", "ecdh_kdf_md:sha384"},
			"by key id":      {"-aes256", "-keyid"},
			"cofactor":       {"-aes192", "-recip", o.pem, "-keyopt", "ecdh_cofactor_mode:1"},
			"two recipients": {"-aes256", newOffice(t, ecc.P256()).pem, newOffice(t, curve).pem},
		} {
			args = append([]string{"cms", "-encrypt", "-binary", "-outform", "DER"}, args...)
			if !strings.Contains(strings.Join(args, " "), "-recip") {
				args = append(args, o.pem)
			}
			for _, in := range [][]byte{text, nil, text[:16]} {
				got, r, err := opened(openssl(t, in, args...), o)
				if err != nil || !bytes.Equal(got, in) {
					t.Errorf("%s, %s, %d bytes: %d bytes, %v", curve.Name(), name, len(in), len(got), err)
					continue
				}
				if r.Authenticated != strings.Contains(strings.Join(args, " "), "gcm") || name != "by key id" && !bytes.Equal(r.Recipient.ID, o.ID) {
					t.Errorf("%s, %s: %v, recipient %x", curve.Name(), name, r.Authenticated, r.Recipient.ID)
				}
			}
		}
	}
}

// What is sealed here opens with OpenSSL, for each recipient, and here.
func TestOpenSSLOpensWhatIsSealed(t *testing.T) {
	a, b := newOffice(t, ecc.P256()), newOffice(t, ecc.P384())
	for _, n := range []int{0, 1, piece - 1, piece, 3*piece + 5} {
		text := make([]byte, n)
		_, _ = rand.Read(text)
		sealed := sealedFor(t, text, a.Recipient, b.Recipient)
		for _, o := range []office{a, b} {
			if got := openssl(t, sealed, "cms", "-decrypt", "-binary", "-inform", "DER", "-recip", o.pem, "-inkey", o.private); !bytes.Equal(got, text) {
				t.Errorf("OpenSSL opens %d of %d bytes", len(got), n)
			}
			got, r, err := opened(sealed, o)
			if err != nil || !bytes.Equal(got, text) || !r.Authenticated {
				t.Errorf("%d bytes: %v", n, err)
			}
		}
	}
}

func sealedFor(tb testing.TB, text []byte, to ...Recipient) []byte {
	tb.Helper()
	var out bytes.Buffer
	s, err := Seal(&out, to...)
	must(tb, err)
	_, err = s.Write(text)
	must(tb, err)
	must(tb, s.Close())
	if _, err := s.Write([]byte{1}); err == nil {
		tb.Error("written to after its end")
	}
	return out.Bytes()
}

func TestRefuses(t *testing.T) {
	o, other := newOffice(t, ecc.P256()), newOffice(t, ecc.P256())
	text := bytes.Repeat([]byte("personal data "), 40)
	sealed := sealedFor(t, text, o.Recipient)
	if _, _, err := opened(sealed, other); !errors.Is(err, ErrRecipient) {
		t.Errorf("another key: %v", err)
	}
	if _, _, err := opened(sealed, newOffice(t, ecc.P384())); !errors.Is(err, ErrRecipient) {
		t.Errorf("another curve: %v", err)
	}
	// One byte changed: nothing but the text itself ever comes out whole.
	for i := range sealed {
		for _, x := range []byte{0x01, 0x80, 0xff} {
			bad := bytes.Clone(sealed)
			bad[i] ^= x
			if got, _, err := opened(bad, o); err == nil && !bytes.Equal(got, text) {
				t.Fatalf("byte %d ^ %02X: another text", i, x)
			}
		}
	}
	for i := range sealed {
		if _, _, err := opened(sealed[:i], o); err == nil {
			t.Fatalf("cut at %d of %d", i, len(sealed))
		}
	}
	if _, _, err := opened(append(bytes.Clone(sealed), 0), o); !errors.Is(err, ErrFormat) {
		t.Errorf("more behind: %v", err)
	}
	for _, bad := range [][]byte{nil, []byte("number,full_name\n"), {0x30}, bytes.Repeat([]byte{0x30, 0x80}, 40), {0x30, 0x86, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}} {
		if _, _, err := opened(bad, o); err == nil {
			t.Errorf("%x opens", bad)
		}
	}
	broken := errors.New("disk")
	if _, err := Open(ctx, iotest.ErrReader(broken), o); !errors.Is(err, broken) {
		t.Errorf("the reader's own error: %v", err)
	}
	if _, err := Seal(io.Discard); !errors.Is(err, ErrRecipient) {
		t.Errorf("for nobody: %v", err)
	}
	// Padding of CBC.
	cbc := openssl(t, text, "cms", "-encrypt", "-binary", "-outform", "DER", "-aes256", o.pem)
	for i := range cbc {
		bad := bytes.Clone(cbc)
		bad[i] ^= 0x40
		_, _, _ = opened(bad, o) // no panic: CBC cannot tell more
	}
	for i := len(cbc) - 1; i > 0; i -= 3 {
		if _, _, err := opened(cbc[:i], o); err == nil {
			t.Fatalf("CBC cut at %d", i)
		}
	}
	// Keys transported with RSA are named as what is not supported.
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	must(t, err)
	path := filepath.Join(t.TempDir(), "rsa.pem")
	write(t, path, "CERTIFICATE", certificate(t, &rsaKey.PublicKey, rsaKey).Raw)
	if _, _, err := opened(openssl(t, text, "cms", "-encrypt", "-binary", "-outform", "DER", "-aes256", path), o); !errors.Is(err, ErrUnsupported) {
		t.Errorf("RSA: %v", err)
	}
}

func FuzzOpen(f *testing.F) {
	k, err := ecc.NewPrivateKey(ecc.P256(), bytes.Repeat([]byte{7}, 32))
	must(f, err)
	to := Recipient{ID: []byte{0x30, 0x00}, Key: k.PublicKey()}
	f.Add(sealedFor(f, []byte("text"), to))
	f.Add(sealedFor(f, make([]byte, 100), to, to))
	f.Fuzz(func(t *testing.T, in []byte) {
		got, _, err := opened(in, key{k})
		if err == nil && len(got) > len(in) {
			t.Error("it grew")
		}
	})
}
