package manifest

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"go.mozilla.org/pkcs7"

	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/cms/envelope"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/hsm"
	"github.com/chipid-toolkit/chipid/hsm/soft"
)

// supplier signs lists with a library that is not ours.
type supplier struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
}

func newSupplier(t testing.TB) supplier {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "Chips"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return supplier{key, cert}
}

func (s supplier) anchor(t testing.TB) *pki.Certificate {
	t.Helper()
	c, err := pki.ParseCertificate(s.cert.Raw)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (s supplier) sign(t testing.TB, text string) []byte {
	t.Helper()
	sd, err := pkcs7.NewSignedData([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	sd.SetDigestAlgorithm(pkcs7.OIDDigestAlgorithmSHA256)
	if err := sd.AddSigner(s.cert, s.key, pkcs7.SignerInfoConfig{}); err != nil {
		t.Fatal(err)
	}
	der, err := sd.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return der
}

const text = "serial,reel\r\n0a0b0c,1\r\n\"0A0B0D\",1\r\n\r\n0a0b0c,2\r\n"

func TestRead(t *testing.T) {
	ctx, now := context.Background(), time.Now()
	s, other := newSupplier(t), newSupplier(t)
	der := s.sign(t, text)
	l, err := Read(ctx, der, s.anchor(t), nil, now)
	if err != nil || !slices.Equal(l.Serials, []string{"0A0B0C", "0A0B0D", "0A0B0C"}) {
		t.Fatalf("%+v, %v", l, err)
	}
	wants := func(what string, data []byte, by supplier, at time.Time, want error) {
		t.Helper()
		if l, err := Read(ctx, data, by.anchor(t), nil, at); !errors.Is(err, want) || l != nil && want != ErrFormat {
			t.Errorf("%s: %v, %v", what, l, err)
		}
	}
	wants("another supplier", der, other, now, ErrSigner)
	wants("expired", der, s, now.Add(2*time.Hour), ErrSigner)
	wants("a changed number", bytes.Replace(der, []byte("0a0b0c,1"), []byte("0a0b0f,1"), 1), s, now, ErrSigner)
	wants("unsigned", []byte(text), s, now, ErrUnsigned)
	wants("no list", s.sign(t, "serial\nxyz\n"), s, now, ErrFormat)
	wants("empty", s.sign(t, "serial\n"), s, now, ErrFormat)
	wants("a long line", s.sign(t, "0a,"+strings.Repeat("x", 300)), s, now, ErrFormat)
	wants("a long number", s.sign(t, strings.Repeat("0a", 33)), s, now, ErrFormat)
}

// TestEncrypted: signed, then encrypted to a key of the keyring.
func TestEncrypted(t *testing.T) {
	ctx, now := context.Background(), time.Now()
	s := newSupplier(t)
	ring, err := soft.Open(ctx, soft.Config{}, soft.ForTesting(t))
	if err != nil {
		t.Fatal(err)
	}
	defer ring.Close()
	ref, _, err := ring.Generate(ctx, hsm.KeySpec{Label: "intake", Curve: "P-256", Agreement: true})
	if err != nil {
		t.Fatal(err)
	}
	key, err := ring.Agreement(ctx, ref)
	if err != nil {
		t.Fatal(err)
	}
	wrap := func(plain []byte) []byte {
		var b bytes.Buffer
		w, err := envelope.Seal(&b, envelope.Recipient{ID: []byte{0x30, 0x00}, Key: key.Public()})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(plain); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	sealed := wrap(s.sign(t, text))
	if l, err := Read(ctx, sealed, s.anchor(t), key, now); err != nil || len(l.Serials) != 3 {
		t.Errorf("%+v, %v", l, err)
	}
	if _, err := Read(ctx, sealed, s.anchor(t), nil, now); !errors.Is(err, ErrEncrypted) {
		t.Errorf("no key: %v", err)
	}
	if _, err := Read(ctx, wrap([]byte(text)), s.anchor(t), key, now); !errors.Is(err, ErrUnsigned) {
		t.Errorf("encrypted and unsigned: %v", err)
	}
	if _, err := Read(ctx, wrap(sealed), s.anchor(t), key, now); !errors.Is(err, ErrFormat) {
		t.Errorf("twice encrypted: %v", err)
	}
	sealed[len(sealed)/2] ^= 1
	if _, err := Read(ctx, sealed, s.anchor(t), key, now); err == nil {
		t.Error("a changed envelope is read")
	}
}

func FuzzSerials(f *testing.F) {
	f.Add([]byte(text))
	f.Add([]byte("\xEF\xBB\xBFserial;x\n00\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		list, err := serials(b)
		if err != nil {
			return
		}
		again, err := serials([]byte(strings.Join(list, "\n")))
		if err != nil || !slices.Equal(list, again) {
			t.Errorf("%v, then %v, %v", list, again, err)
		}
	})
}

func FuzzRead(f *testing.F) {
	s := newSupplier(f)
	other := newSupplier(f)
	f.Add(other.sign(f, text))
	f.Add(append([]byte{0x30, 0x80}, cms.MarshalOID("1.2.840.113549.1.7.3")...))
	anchor := s.anchor(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := Read(context.Background(), b, anchor, nil, time.Now()); err == nil {
			t.Error("read without the supplier's signature")
		}
	})
}
