package hsmtest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/hsm"
)

// certificates: a certificate is stored beside its own key and no other, signed by the key itself through crypto/x509.
func certificates(t *testing.T, p *Place) {
	k := p.open(t)
	for _, spec := range []hsm.KeySpec{{Label: "ec", Curve: "P-256"}, {Label: "rsa", RSABits: 2048}} {
		ref, _, err := k.Generate(ctx, spec)
		if err != nil {
			t.Fatal(err)
		}
		_, err = k.Certificate(ctx, ref)
		wants(t, "no certificate yet", err, hsm.ErrCertificateMissing)
		first, second := selfSigned(t, k, ref, 1), selfSigned(t, k, ref, 2)
		for _, der := range [][]byte{first, second, second} {
			if err := k.ImportCertificate(ctx, ref, der); err != nil {
				t.Fatal(err)
			}
			got, err := k.Certificate(ctx, ref)
			if err != nil || !bytes.Equal(got, der) {
				t.Fatalf("%s: the certificate is not the one imported last: %v", spec.Label, err)
			}
		}
	}
	ec := hsm.KeyRef("pkcs11:object=ec")
	der, err := k.Certificate(ctx, "pkcs11:object=rsa")
	if err != nil {
		t.Fatal(err)
	}
	wants(t, "certificate of another key", k.ImportCertificate(ctx, ec, der), hsm.ErrCertificate)
	for name, bad := range map[string][]byte{"empty": nil, "not DER": []byte("-----BEGIN"), "cut": der[:len(der)-1], "more": append(bytes.Clone(der), 0), "huge": make([]byte, 1<<20)} {
		wants(t, name, k.ImportCertificate(ctx, ec, bad), hsm.ErrCertificate)
	}
	wants(t, "certificate for no key", k.ImportCertificate(ctx, "pkcs11:object=none", der), hsm.ErrKeyNotFound)
	list, err := k.List(ctx)
	if err != nil || len(list) != 2 || !list[0].HasCertificate || !list[1].HasCertificate {
		t.Errorf("List does not tell of the certificates: %v", err)
	}
	if err := k.Delete(ctx, ec); err != nil {
		t.Fatal(err)
	}
	if _, _, err := k.Generate(ctx, hsm.KeySpec{Label: "ec", ID: list[0].ID, Curve: "P-256"}); err != nil {
		t.Fatal(err)
	}
	_, err = k.Certificate(ctx, ec)
	wants(t, "the certificate went with its key", err, hsm.ErrCertificateMissing)
}

func selfSigned(t *testing.T, k hsm.Keyring, ref hsm.KeyRef, serial int64) []byte {
	t.Helper()
	s, err := k.Signer(ctx, ref)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(serial), Subject: pkix.Name{Country: []string{"VN"}, CommonName: "TEST hsmtest"}, NotBefore: time.Unix(1700000000, 0), NotAfter: time.Unix(1800000000, 0)}
	der, err := x509.CreateCertificate(rand.Reader, c, c, s.Public(), s)
	if err != nil {
		t.Fatal(err)
	}
	got, err := x509.ParseCertificate(der)
	if err == nil {
		err = got.CheckSignature(got.SignatureAlgorithm, got.RawTBSCertificate, got.Signature)
	}
	if err != nil {
		t.Fatalf("crypto/x509 does not take the certificate: %v", err)
	}
	return der
}

// anotherKey: a signer never signs with a key that took the name of its own.
func anotherKey(t *testing.T, p *Place) {
	k := p.open(t)
	for _, spec := range []hsm.KeySpec{{Label: "ec", ID: []byte{1}, Curve: "P-256"}, {Label: "bp", ID: []byte{2}, Curve: "brainpoolP256r1"}, {Label: "rsa", ID: []byte{3}, RSABits: 2048}} {
		ref, _, err := k.Generate(ctx, spec)
		if err != nil {
			t.Fatal(err)
		}
		s, err := k.Signer(ctx, ref)
		if err != nil {
			t.Fatal(err)
		}
		if err := k.Delete(ctx, ref); err != nil {
			t.Fatal(err)
		}
		_, err = s.Sign(rand.Reader, make([]byte, 32), sha256Options)
		wants(t, spec.Label+": deleted", err, hsm.ErrKeyNotFound)
		if _, _, err := k.Generate(ctx, spec); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			sig, err := s.Sign(rand.Reader, make([]byte, 32), sha256Options)
			wants(t, spec.Label+": replaced", err, hsm.ErrKeyMismatch)
			if sig != nil {
				t.Errorf("%s: a signature by another key was returned", spec.Label)
			}
		}
		if s, err = k.Signer(ctx, ref); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Sign(rand.Reader, make([]byte, 32), sha256Options); err != nil {
			t.Errorf("%s: a new signer of the new key: %v", spec.Label, err)
		}
	}
}

// foreignCertificate is of a key that is in no keyring.
func foreignCertificate(t *testing.T) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1)}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}
