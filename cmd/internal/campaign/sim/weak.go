package sim

import (
	"context"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/cardprofile/applet"
)

// Weakness is a safeguard that a day goes without, to see that the judge sees it.
type Weakness string

// The weaknesses.
const (
	Sound    Weakness = ""
	Credible Weakness = "credible" // every chip counts as untouched, proven or not
	Unseen   Weakness = "unseen"   // a reject is confirmed though nobody saw it in the bin
	Blind    Weakness = "blind"    // the inspection passes everything
)

func (w *World) weakDriver() applet.Driver {
	if w.day.Weak == Credible {
		return credulous{w.driver}
	}
	return w.driver
}

// credulous takes every chip for a blank.
type credulous struct{ applet.Driver }

func (c credulous) Probe(ctx context.Context, ch apdu.Sender, atr []byte) (applet.Found, error) {
	f, err := c.Driver.Probe(ctx, ch, atr)
	f.Mine, f.State = true, applet.Untouched
	return f, err
}
