package sample

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/citizen"
	"github.com/chipid-toolkit/chipid/cardprofile/issue"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cardprofile/rule"
	"github.com/chipid-toolkit/chipid/hsm/soft"
	"github.com/chipid-toolkit/chipid/testcards/chip"
	"github.com/chipid-toolkit/chipid/testcards/people"
)

// Card is an issued virtual card.
type Card struct {
	Chip  *chip.Chip // as it lies before a reader, powered on
	CAN   string     // card access number
	MRZ   string     // machine readable zone, its lines joined
	QR    string     // payload of the printed code
	Files []lds.File // as written to the chip
	Trust *pki.Store // a test store with the CSCA that issued it
}

// Issue makes a Vietnamese card for person n of testcards/people, from 0, whose
// record is good.
func Issue(ctx context.Context, n int) (card *Card, err error) {
	p, err := cardprofile.Load("vn-cccd-2021")
	if err != nil {
		return nil, err
	}
	plan, err := planOf(p, n)
	if err != nil {
		return nil, err
	}
	ring, err := soft.Open(ctx, soft.Config{}, soft.Embedded(io.Discard))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, ring.Close()) }()
	key := make([]byte, cardKeyBits/8)
	if _, err := rand.Read(key); err != nil {
		return nil, err
	}
	transport := mac.NewKey(key)
	issuer, err := NewIssuer(ctx, ring, p, transport, time.Now())
	if err != nil {
		return nil, err
	}
	c, err := chip.NewBlank(chip.Options{Master: transport, RetryDelay: -1})
	if err != nil {
		return nil, err
	}
	issued, err := issuer.Personalize(ctx, c, plan, issue.Options{})
	if err != nil {
		return nil, err
	}
	if _, err := c.Reset(ctx); err != nil {
		return nil, err
	}
	trust, err := issuer.Trust()
	return &Card{c, string(plan.CAN.Bytes()), plan.MRZ.Text(), plan.QR, issued.Files, trust}, err
}

// Trust is a test store in memory that anchors the issuer's CSCA.
func (is *Issuer) Trust() (*pki.Store, error) {
	store := pki.NewStore(true)
	_, err := store.Import("csca.cer", is.CSCA.Raw, pki.ImportOptions{})
	return store, err
}

func planOf(p *cardprofile.Profile, n int) (*issue.Plan, error) {
	batch, err := citizen.ReadBatch(bytes.NewReader(people.CSV()), people.CSVName)
	if err != nil {
		return nil, err
	}
	portraits := citizen.PortraitsIn(people.FS())
	rule.NewChecker(p, cardprofile.DateOf(time.Now())).Apply(batch, portraits)
	if n < 0 || n >= len(batch.Accepted) {
		return nil, fmt.Errorf("sample: there are %d people, from 0", len(batch.Accepted))
	}
	portrait, err := portraits.Load(batch.Accepted[n])
	if err != nil {
		return nil, err
	}
	return issue.NewPlan(p, batch.Accepted[n], portrait)
}
