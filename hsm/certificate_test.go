package hsm_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"math/big"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/hsm"
)

func selfSigned(t testing.TB, key any, pub any) []byte {
	t.Helper()
	c := &x509.Certificate{SerialNumber: big.NewInt(77)}
	der, err := x509.CreateCertificate(rand.Reader, c, c, pub, key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func TestReadCertificate(t *testing.T) {
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der := selfSigned(t, ec, ec.Public())
	c, err := hsm.ReadCertificate(der)
	if err != nil || !hsm.SamePublic(c.Public, &ec.PublicKey) || !bytes.Equal(c.Serial, []byte{2, 1, 77}) {
		t.Fatalf("P-256: %v", err)
	}
	if c, err := hsm.ReadCertificate(selfSigned(t, rsaKey, rsaKey.Public())); err != nil || !hsm.SamePublic(c.Public, &rsaKey.PublicKey) {
		t.Errorf("RSA: %v", err)
	}
	// Doc 9303-12 asks for explicit parameters, which crypto/x509 cannot read: the key of a certificate is exchanged for such a one.
	for _, explicit := range []bool{false, true} {
		k, err := ecc.GenerateKey(ecc.BrainpoolP384r1(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		spki, err := ecc.MarshalSPKI(k.PublicKey(), explicit)
		if err != nil {
			t.Fatal(err)
		}
		if c, err := hsm.ReadCertificate(exchangeKey(t, der, spki)); err != nil || !hsm.SamePublic(c.Public, k.PublicKey()) {
			t.Errorf("brainpool, explicit %t: %v", explicit, err)
		}
	}
	_, edKey, _ := ed25519.GenerateKey(rand.Reader)
	for name, bad := range map[string][]byte{
		"empty": nil, "cut": der[:len(der)-1], "more": append(bytes.Clone(der), 0), "an SPKI": selfSigned(t, edKey, edKey.Public()), "huge": make([]byte, 1<<20),
	} {
		if _, err := hsm.ReadCertificate(bad); !errors.Is(err, hsm.ErrCertificate) || !errors.Is(err, hsm.Err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// exchangeKey puts another SubjectPublicKeyInfo into a certificate. Its signature no longer fits, which nobody checks here.
func exchangeKey(t *testing.T, der, spki []byte) []byte {
	t.Helper()
	outer, _, err := tlv.Parse(der)
	if err != nil {
		t.Fatal(err)
	}
	parts, err := outer.Children()
	if err != nil {
		t.Fatal(err)
	}
	fields, err := parts[0].Children()
	if err != nil {
		t.Fatal(err)
	}
	var tbs [][]byte
	for i, f := range fields {
		if i == 6 {
			tbs = append(tbs, spki)
			continue
		}
		tbs = append(tbs, f.Raw)
	}
	return tlv.Encode(0x30, tlv.Encode(0x30, tbs...), parts[1].Raw, parts[2].Raw)
}

func TestSamePublic(t *testing.T) {
	a, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	b, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	p, err := ecc.FromPublic(&a.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	if !hsm.SamePublic(&a.PublicKey, p) || !hsm.SamePublic(p, &a.PublicKey) || hsm.SamePublic(&a.PublicKey, &b.PublicKey) || hsm.SamePublic(nil, nil) || hsm.SamePublic(&a.PublicKey, nil) {
		t.Error("SamePublic is wrong")
	}
}

func FuzzReadCertificate(f *testing.F) {
	ec, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	f.Add(selfSigned(f, ec, ec.Public()))
	f.Fuzz(func(t *testing.T, der []byte) {
		if c, err := hsm.ReadCertificate(der); err == nil && (c.Public == nil || len(c.Serial) == 0) {
			t.Fatal("a certificate without what it should have")
		}
	})
}
