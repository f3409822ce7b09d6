package main

import (
	"context"
	"crypto"
	"io"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/cardprofile/issue"
	"github.com/chipid-toolkit/chipid/hsm"
	"github.com/chipid-toolkit/chipid/printer/line/station"
)

// issuer tells the meter when personalization begins and ends.
type issuer struct {
	*issue.Authority
	m *meter
}

type meterKey struct{}

func (i issuer) Personalize(ctx context.Context, t apdu.Transmitter, plan *issue.Plan, o issue.Options) (*issue.Card, error) {
	defer i.m.enter(issuing)()
	return i.Authority.Personalize(context.WithValue(ctx, meterKey{}, i.m), t, plan, o)
}

// checker tells the meter when an inspection begins and ends.
type checker struct {
	station.Checker
	m *meter
}

func (c checker) Check(ctx context.Context, t apdu.Transmitter, w *station.Work, made *issue.Card) (station.Quality, error) {
	defer c.m.enter(inspecting)()
	return c.Checker.Check(ctx, t, w, made)
}

// ring tells the meter when the Document Signer signs.
type ring struct{ hsm.Keyring }

func (r ring) Signer(ctx context.Context, ref hsm.KeyRef) (crypto.Signer, error) {
	m, ok := ctx.Value(meterKey{}).(*meter)
	if ok {
		defer m.enter(signing)()
	}
	s, err := r.Keyring.Signer(ctx, ref)
	if err == nil && ok {
		s = signer{s, m}
	}
	return s, err
}

type signer struct {
	crypto.Signer
	m *meter
}

func (s signer) Sign(rand io.Reader, digest []byte, o crypto.SignerOpts) ([]byte, error) {
	defer s.m.enter(signing)()
	return s.Signer.Sign(rand, digest, o)
}
