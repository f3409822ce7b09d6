package sim

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/jpeg"
	"io"
	"slices"
	"time"

	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/applet"
	"github.com/chipid-toolkit/chipid/cardprofile/citizen"
	"github.com/chipid-toolkit/chipid/cardprofile/issue"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cardprofile/rule"
	"github.com/chipid-toolkit/chipid/hsm/soft"
	"github.com/chipid-toolkit/chipid/testcards/people"
	"github.com/chipid-toolkit/chipid/testcards/sample"
)

// Plant is what all days share because it takes long to make: an authority with
// its keys, and the plans of some cards.
type Plant struct {
	issuer    *sample.Issuer
	trust     *pki.Store
	plans     []*issue.Plan
	driver    applet.Driver
	transport mac.Key
	ring      io.Closer
}

// founded is when the plant's certificates were made, and opened is when its days
// begin: a clock that is set back a day is still within the certificates.
var (
	founded = time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	opened  = founded.Add(72 * time.Hour)
)

// NewPlant makes one. Its cards are those of the profile vn-cccd-2021 with what
// costs time and proves nothing here taken away: Active Authentication, brainpool
// curves, large portraits.
func NewPlant(ctx context.Context) (_ *Plant, err error) {
	p, err := profile()
	if err != nil {
		return nil, err
	}
	driver, err := applet.ByName(p.Chip.Driver)
	if err != nil {
		return nil, err
	}
	ring, err := soft.Open(ctx, soft.Config{}, soft.Embedded(io.Discard))
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, ring.Close())
		}
	}()
	pl := &Plant{driver: driver, ring: ring, transport: mac.NewKey(bytes.Repeat([]byte{0x5A}, 16))}
	if pl.issuer, err = sample.NewIssuer(ctx, ring, p, pl.transport, founded); err != nil {
		return nil, err
	}
	if pl.trust, err = pl.issuer.Trust(); err != nil {
		return nil, err
	}
	batch, err := citizen.ReadBatch(bytes.NewReader(people.CSV()), people.CSVName)
	if err != nil {
		return nil, err
	}
	var portrait bytes.Buffer
	if err := jpeg.Encode(&portrait, image.NewGray(image.Rect(0, 0, 16, 16)), nil); err != nil {
		return nil, err
	}
	for _, r := range rule.NewChecker(p, cardprofile.DateOf(founded)).Apply(batch, citizen.PortraitsIn(people.FS())) {
		plan, err := issue.NewPlan(p, r.Record, portrait.Bytes())
		if err != nil {
			return nil, err
		}
		pl.plans = append(pl.plans, plan)
	}
	return pl, nil
}

// Close lets go of the keys.
func (p *Plant) Close() error { return p.ring.Close() }

func profile() (*cardprofile.Profile, error) {
	loaded, err := cardprofile.Load("vn-cccd-2021")
	if err != nil {
		return nil, err
	}
	p := *loaded
	p.ActiveAuth, p.TerminalAuth, p.Access.BAC = nil, nil, false
	p.Access.PACE = slices.Clone(p.Access.PACE)
	p.Access.PACE[0].ParameterID = 12 // P-256
	p.ChipAuth = slices.Clone(p.ChipAuth)
	p.ChipAuth[0].Curve = "P-256"
	p.DataGroups = slices.DeleteFunc(slices.Clone(p.DataGroups), func(g cardprofile.DataGroup) bool { return g.Number == 15 || g.Number == 3 })
	return &p, nil
}
