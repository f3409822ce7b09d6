package quality

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/issue"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cardprofile/policy"
	"github.com/chipid-toolkit/chipid/printer/line/station"
)

// Checker inspects finished cards.
type Checker struct {
	// Trust is the checkpoint's trust store. Without one nothing is anchored, and
	// no card passes.
	Trust *pki.Store
	// Policy is the checkpoint's; nil is policy.Default.
	Policy *policy.Policy
	// Authority, if set, tries whether the keys of the blank still open the card
	// and whether its own do. Nothing is signed.
	Authority *issue.Authority
	// Camera shows the printed card; nil: the print is not looked at.
	Camera Camera
	// Tolerance is how far the print may be off; the zero value is Default.
	Tolerance Tolerance
	// Now is the day on which dates are judged; nil is the clock's.
	Now func() time.Time
}

// ErrChecker: the checker is not what it needs to be.
var ErrChecker = errors.New("quality: the checker cannot judge cards")

// Check implements station.Checker. An error says that the card could not be
// judged, never that it is good.
func (c *Checker) Check(ctx context.Context, t apdu.Transmitter, w *station.Work, made *issue.Card) (station.Quality, error) {
	r, err := c.Inspect(ctx, t, w, made)
	if err != nil {
		return station.Quality{}, err
	}
	return station.Quality{Digest: r.Digest, Problem: r.Problem(), Authentication: r.Has(ChipClone) || r.Has(ChipOtherKeys)}, nil
}

// Inspect is Check with everything that was found.
func (c *Checker) Inspect(ctx context.Context, t apdu.Transmitter, w *station.Work, made *issue.Card) (*Report, error) {
	if c.Trust == nil {
		return nil, fmt.Errorf("%w: there is no trust store", ErrChecker)
	}
	if w == nil || w.Plan == nil {
		return nil, fmt.Errorf("%w: there is no plan of the card", ErrChecker)
	}
	r := &Report{}
	x := &chipCheck{c: c, t: t, plan: w.Plan, p: w.Plan.Profile, made: made, bound: w.Serial, r: r, said: sha256.New()}
	if err := x.run(ctx); err != nil {
		return nil, err
	}
	if c.Camera != nil {
		if err := c.print(ctx, w, r); err != nil {
			return nil, err
		}
	}
	for _, f := range r.Findings {
		fmt.Fprintf(x.said, "%s %s\n", f.Code, f.Where)
	}
	r.Digest = x.said.Sum(nil)
	return r, nil
}

func (c *Checker) today() cardprofile.Date {
	if c.Now == nil {
		return cardprofile.DateOf(time.Now())
	}
	return cardprofile.DateOf(c.Now())
}
