package printer

import (
	"context"
	"fmt"
)

func init() {
	for _, scheme := range []string{"ipp", "ipps"} {
		register(scheme, func(_ context.Context, rest string, o Options) (Printer, error) {
			return openIPP(scheme, rest, o)
		})
	}
}

// IPP is the driver of printers that speak the Internet Printing Protocol (RFC
// 8010 and 8011) and take PWG raster on media of the size of a card. Its address
// is "ipp://HOST/ipp/print", or "ipps://HOST/ipp/print" over TLS.
//
// Such a printer takes blanks from its own hopper, one for each job, carries none
// to a chip encoder, and puts all of them into one output. So MoveTo answers
// ErrStation; both sides are one job where the printer turns cards itself; and a
// card that is rejected after printing is taken out by a person (ErrHand). Where
// a person lays cards into the printer, the address is
// "manual:DIR?print=ipp://HOST/ipp/print".
//
// A document is sent once. If the connection is cut in the middle of it, if the
// printer gives the job up, or if it does not know the job any more, the print
// ends with ErrAborted or ErrLost and the card can only be rejected. A stop that
// a person can end (no ribbon, a jam, an open cover) suspends the operation, and
// Resume follows the same job on.
type IPP struct {
	*desk
	press *ippPress
}

func openIPP(scheme, rest string, o Options) (*IPP, error) {
	c, err := newIPPClient(scheme, rest, o)
	if err != nil {
		return nil, err
	}
	p := newIPPPress(c, o)
	return &IPP{newDesk(c.uri, p, o), p}, nil
}

// Report is what a network printer says of itself, for people.
type Report struct {
	Printer   string   `json:"printer"`
	Model     string   `json:"model,omitempty"`
	Info      string   `json:"info,omitempty"`
	State     string   `json:"state"` // idle, processing, stopped
	Reasons   []string `json:"reasons,omitempty"`
	Accepting bool     `json:"accepting"`
	Queued    int      `json:"queued"`
	Media     string   `json:"media,omitempty"`
	Supplies  []Supply `json:"supplies,omitempty"`
	// Fault is what keeps it from printing.
	Fault string `json:"fault,omitempty"`
}

// Reporter is a printer that tells about itself.
type Reporter interface {
	Report(ctx context.Context) (Report, error)
}

// Report implements Reporter.
func (p *IPP) Report(ctx context.Context) (Report, error) { return p.press.report(ctx) }

func (p *ippPress) report(ctx context.Context) (Report, error) {
	a, err := p.c.about(ctx)
	if err != nil {
		return Report{}, err
	}
	states := map[int]string{3: "idle", 4: "processing", 5: "stopped"}
	r := Report{
		Printer: p.c.uri, Model: a.Model, Info: a.Info, State: states[a.State], Reasons: a.Reasons, Accepting: a.Accepting, Queued: a.Queued, Supplies: a.Supplies,
	}
	if a.mediaErr == nil {
		r.Media = a.media.name
		if r.Media == "" {
			r.Media = fmt.Sprintf("%.2f × %.2f mm", float64(a.media.x)/100, float64(a.media.y)/100)
		}
	}
	if _, err := a.capabilities(); err != nil {
		r.Fault = err.Error()
	} else if err := a.fault(); err != nil {
		r.Fault = err.Error()
	}
	return r, nil
}
