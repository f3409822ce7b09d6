package issue_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/apdu/cvc"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/inspect"
	"github.com/chipid-toolkit/chipid/cardprofile/issue"
	"github.com/chipid-toolkit/chipid/testcards/cvca"
)

// A card of a profile with a trust point gets the issuer's CVCA, and takes a
// terminal that comes with certificates from there.
func TestTrustPoint(t *testing.T) {
	ctx := context.Background()
	is, pl := newIssuer(t), plan(t, 0)
	p := *pl.Profile
	p.TerminalAuth = &cardprofile.TerminalAuth{Version: 1, InCardAccess: true, TrustPoint: true}
	p.Files = append(slices.Clone(p.Files), cardprofile.File{Name: "EF.CVCA", FID: 0x011A, SFI: 0x1A, Where: cardprofile.WhereApplication, Read: cardprofile.ReadAccess})
	pl.Profile = &p
	day, err := cvc.DateOf(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	chain, err := cvca.NewChain(cvca.PKI{Algorithm: cvc.ECDSASHA256}, day, nil)
	if err != nil {
		t.Fatal(err)
	}
	past, err := day.AddDays(-400)
	if err != nil {
		t.Fatal(err)
	}
	old, err := chain.Issue(nil, cvca.Spec{CHR: "UTCVCA00000", Role: cvc.RoleCVCA, From: past, To: past})
	if err != nil {
		t.Fatal(err)
	}
	c := blank(t, is)
	for name, points := range map[string][]*cvc.Certificate{
		"none": nil, "expired": {old.Certificate}, "a verifier's": {chain.DV.Certificate},
		"three": {chain.Root.Certificate, chain.Root.Certificate, chain.Root.Certificate},
	} {
		is.CVCA = points
		if _, err := is.Personalize(ctx, c, pl, issue.Options{}); !errors.Is(err, issue.ErrAuthority) || c.Exchanges() != 0 {
			t.Errorf("%s: %v after %d exchanges", name, err, c.Exchanges())
		}
	}
	is.CVCA = []*cvc.Certificate{chain.Root.Certificate}
	if _, err := is.Personalize(ctx, c, pl, issue.Options{}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Reset(ctx); err != nil {
		t.Fatal(err)
	}
	access, err := inspect.ByCAN(string(pl.CAN.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	terminal, err := inspect.NewTerminal(chain.Terminal.Signer, chain.Certificates()...)
	if err != nil {
		t.Fatal(err)
	}
	v, err := inspect.Inspect(ctx, c, access, is.trust, inspect.Options{Terminal: terminal})
	if err != nil || v.Outcome != inspect.ResultPassed || len(v.Deviations) > 0 {
		t.Fatalf("%v %s %v", err, v.Outcome, v.Deviations)
	}
	if check, _ := v.Check(inspect.CheckTA); check.Outcome != inspect.Passed {
		t.Errorf("ta %v: %s", check.Outcome, check.Reason)
	}
}
