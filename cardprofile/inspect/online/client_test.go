package online_test

import (
	"crypto/tls"
	"crypto/x509"
	"testing"

	"github.com/chipid-toolkit/chipid/cardprofile/inspect"
	"github.com/chipid-toolkit/chipid/cardprofile/inspect/online"
	"github.com/chipid-toolkit/chipid/cardprofile/pki/pkitest"
)

var _ inspect.Authority = (*online.Client)(nil)

func TestNewRefuses(t *testing.T) {
	own := tls.Certificate{Certificate: [][]byte{{0x30, 0}}, PrivateKey: pkitest.Key(t, "P-256")}
	roots := x509.NewCertPool()
	for name, c := range map[string]struct {
		url   string
		own   tls.Certificate
		roots *x509.CertPool
	}{
		"no TLS":             {"http://authority.example", own, roots},
		"no host":            {"https://", own, roots},
		"no URL":             {"://", own, roots},
		"password":           {"https://me:secret@authority.example", own, roots},
		"no certificate":     {"https://authority.example", tls.Certificate{}, roots},
		"no key":             {"https://authority.example", tls.Certificate{Certificate: own.Certificate}, roots},
		"roots of no choice": {"https://authority.example", own, nil},
	} {
		if _, err := online.New(c.url, c.own, c.roots); err == nil {
			t.Errorf("%s: was taken", name)
		}
	}
	if _, err := online.New("https://authority.example/v1", own, roots); err != nil {
		t.Error(err)
	}
}
