package issue_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/cardprofile/issue"
	"github.com/chipid-toolkit/chipid/cardprofile/pki/pkitest"
	"github.com/chipid-toolkit/chipid/hsm"
)

// TestCheck: what would end a card half made shows before a chip is touched.
func TestCheck(t *testing.T) {
	ctx, now := context.Background(), time.Now()
	good := newIssuer(t)
	if err := good.Check(ctx, now); err != nil {
		t.Fatal(err)
	}
	other := pkitest.NewAuthority(t, pkitest.Options{})
	for name, c := range map[string]struct {
		spoil func(a *issue.Authority)
		now   time.Time
		want  error
	}{
		"no certificate":           {func(a *issue.Authority) { a.Certificate = nil }, now, issue.ErrAuthority},
		"a CSCA's certificate":     {func(a *issue.Authority) { a.Certificate = other.CSCA }, now, issue.ErrAuthority},
		"another key's":            {func(a *issue.Authority) { a.Certificate = other.DS }, now, issue.ErrAuthority},
		"before its time":          {func(*issue.Authority) {}, good.Certificate.NotBefore.Add(-time.Hour), issue.ErrAuthority},
		"the key's time is over":   {func(*issue.Authority) {}, good.Certificate.PrivateKeyNotAfter.Add(time.Hour), issue.ErrAuthority},
		"no master key":            {func(a *issue.Authority) { a.Master = "pkcs11:object=none" }, now, hsm.ErrKeyNotFound},
		"no transport key":         {func(a *issue.Authority) { a.Transport = "pkcs11:object=none" }, now, hsm.ErrKeyNotFound},
		"the keys they came with":  {func(a *issue.Authority) { a.Master = a.Transport }, now, issue.ErrAuthority},
		"the same by another name": {func(a *issue.Authority) { a.Master = "pkcs11:object=transport" }, now, issue.ErrAuthority},
	} {
		t.Run(name, func(t *testing.T) {
			a := good.Authority
			c.spoil(&a)
			if err := a.Check(ctx, c.now); !errors.Is(err, c.want) {
				t.Fatalf("got %v", err)
			}
		})
	}
}

// TestAWrongCertificateLeavesTheBlankAlone: also without Check.
func TestAWrongCertificateLeavesTheBlankAlone(t *testing.T) {
	ctx := context.Background()
	is, p := newIssuer(t), plan(t, 0)
	c := blank(t, is)
	wrong := is.Authority
	wrong.Certificate = pkitest.NewAuthority(t, pkitest.Options{}).CSCA
	if _, err := wrong.Personalize(ctx, c, p, issue.Options{}); !errors.Is(err, issue.ErrAuthority) {
		t.Fatalf("got %v", err)
	}
	if _, err := is.Personalize(ctx, c, p, issue.Options{}); err != nil {
		t.Fatalf("the blank is no blank any more: %v", err)
	}
}
