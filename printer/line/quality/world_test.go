package quality_test

import (
	"bytes"
	"context"
	"crypto/rsa"
	"fmt"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/citizen"
	"github.com/chipid-toolkit/chipid/cardprofile/issue"
	"github.com/chipid-toolkit/chipid/cardprofile/mrz"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/hsm/soft"
	"github.com/chipid-toolkit/chipid/printer/line/quality"
	"github.com/chipid-toolkit/chipid/printer/line/station"
	"github.com/chipid-toolkit/chipid/testcards/chip"
	"github.com/chipid-toolkit/chipid/testcards/people"
	"github.com/chipid-toolkit/chipid/testcards/sample"
)

// bureau is an authority, its plans, and a trust store, made once.
type bureau struct {
	profile   *cardprofile.Profile
	issuer    *sample.Issuer
	trust     *pki.Store
	transport mac.Key
	records   []citizen.Record
	portraits [][]byte
}

var theKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return chip.GenerateRSA(2048) })

func rsaKey(int) (*rsa.PrivateKey, error) { return theKey() }

var bureaus sync.Map

func open(tb testing.TB, profile string) *bureau {
	tb.Helper()
	make := sync.OnceValues(func() (*bureau, error) { return newBureau(profile) })
	f, _ := bureaus.LoadOrStore(profile, make)
	b, err := f.(func() (*bureau, error))()
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func newBureau(profile string) (*bureau, error) {
	ctx := context.Background()
	p, err := cardprofile.Load(profile)
	if err != nil {
		return nil, err
	}
	ring, err := soft.Open(ctx, soft.Config{}, soft.Embedded(io.Discard))
	if err != nil {
		return nil, err
	}
	b := &bureau{profile: p, transport: mac.NewKey(bytes.Repeat([]byte{0x5A}, 16))}
	if b.issuer, err = sample.NewIssuer(ctx, ring, p, b.transport, time.Now()); err != nil {
		return nil, err
	}
	if b.trust, err = b.issuer.Trust(); err != nil {
		return nil, err
	}
	batch, err := citizen.ReadBatch(bytes.NewReader(people.CSV()), people.CSVName)
	if err != nil {
		return nil, err
	}
	portraits := citizen.PortraitsIn(people.FS())
	for i, r := range batch.Accepted {
		portrait, err := portraits.Load(r)
		if err != nil {
			continue // the record that is wrong on purpose
		}
		if p.ID != "vn-cccd-2021" { // whose issue has ended
			r.DateOfIssue = cardprofile.DateOf(time.Now())
		}
		if p.Document.MRZRule != "vn-12" {
			r.DocumentNumber, r.NationalityCode = fmt.Sprintf("D2314%04d", i), p.IssuingState
			r.Surname, r.GivenNames = mrz.SplitVietnamese(r.FullName)
		}
		if _, err := issue.NewPlan(p, r, portrait); err != nil {
			continue
		}
		b.records, b.portraits = append(b.records, r), append(b.portraits, portrait)
	}
	if len(b.records) < 6 {
		return nil, fmt.Errorf("%d people for %s", len(b.records), profile)
	}
	return b, nil
}

// plan is the card of person n with the portrait of person face.
func (b *bureau) plan(tb testing.TB, n, face int) *issue.Plan {
	tb.Helper()
	p, err := issue.NewPlan(b.profile, b.records[n], b.portraits[face])
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// card makes a chip into a card.
func (b *bureau) card(tb testing.TB, plan *issue.Plan) (*chip.Chip, *issue.Card) {
	tb.Helper()
	c, err := chip.NewBlank(chip.Options{Master: b.transport, RSA: rsaKey, RetryDelay: -1})
	if err != nil {
		tb.Fatal(err)
	}
	made, err := b.issuer.Personalize(context.Background(), c, plan, issue.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := c.Reset(context.Background()); err != nil {
		tb.Fatal(err)
	}
	return c, made
}

func (b *bureau) checker() *quality.Checker {
	return &quality.Checker{Trust: b.trust, Authority: &b.issuer.Authority}
}

// work is a card's plan as a station has it, its chip bound.
func work(plan *issue.Plan, made *issue.Card) *station.Work {
	return &station.Work{Plan: plan, Serial: fmt.Sprintf("%X", made.Serial)}
}
