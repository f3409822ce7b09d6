package quality

import (
	"context"
	"errors"
	"fmt"
	"image"
	"math"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/issue"
	"github.com/chipid-toolkit/chipid/cardprofile/mrz"
	"github.com/chipid-toolkit/chipid/printer"
	"github.com/chipid-toolkit/chipid/printer/face"
	"github.com/chipid-toolkit/chipid/printer/line/quality/sight"
	"github.com/chipid-toolkit/chipid/printer/line/station"
)

const (
	// leastLikeness is the correlation under which a portrait is another one.
	// Drawn faces of the same pose reach 0.8 of each other.
	leastLikeness = 0.85
	// noLikeness is the correlation under which there is no portrait at all.
	noLikeness = 0.35
	// leastPanel is the share of its deviation under which a colour is faint.
	leastPanel = 0.6
	// besideCode is how far off a code is looked for, millimetres.
	besideCode = 3.0
)

// PrintOf judges one side's picture alone. Nothing of an empty report's silence
// says that text was read: what is compared is portrait, zone and code.
func (c *Checker) PrintOf(plan *issue.Plan, side printer.Side, img image.Image, r *Report) error {
	if plan == nil || plan.Profile == nil || plan.Profile.Faces == nil || plan.MRZ == nil {
		return fmt.Errorf("%w: the plan has no layout of the print", ErrChecker)
	}
	x := &printCheck{plan: plan, tolerance: c.Tolerance, r: r, where: side.String()}
	if x.tolerance.Shift == 0 {
		x.tolerance = Default
	}
	pic, err := sight.Find(img)
	switch {
	case errors.Is(err, sight.ErrNoCard), errors.Is(err, sight.ErrSize):
		r.add(PrintUnseen, x.where)
		return nil
	case err != nil:
		return err
	}
	if pic.Bare() {
		r.add(PrintBlank, x.where)
		return nil
	}
	own, other := plan.Profile.Faces.Front, plan.Profile.Faces.Back
	if side == printer.Back {
		own, other = other, own
	}
	judged := &printCheck{plan: plan, tolerance: x.tolerance, r: &Report{}, where: x.where}
	if err := judged.side(pic, own); err != nil {
		return err
	}
	if len(judged.r.Findings) > 0 {
		// What is bad in its own place may be good in another.
		turned := pic.Turned()
		for _, o := range []struct {
			pic *sight.Picture
			f   cardprofile.Face
		}{{turned, own}, {pic, other}, {turned, other}} {
			ok, err := x.shows(o.pic, o.f)
			if err != nil {
				return err
			}
			if ok {
				r.add(PrintSide, x.where)
				return nil
			}
		}
	}
	for _, f := range judged.r.Findings {
		r.add(f.Code, f.Where)
	}
	return nil
}

func (c *Checker) print(ctx context.Context, w *station.Work, r *Report) error {
	for _, side := range []printer.Side{printer.Front, printer.Back} {
		img, err := c.Camera.Picture(ctx, side)
		if err != nil {
			return err
		}
		if err := c.PrintOf(w.Plan, side, img, r); err != nil {
			return err
		}
	}
	return nil
}

// printCheck holds one picture against the plan.
type printCheck struct {
	plan      *issue.Plan
	tolerance Tolerance
	r         *Report
	where     string
}

// side judges everything personal that the layout has on a face.
func (x *printCheck) side(pic *sight.Picture, f cardprofile.Face) error {
	for _, e := range f.Elements {
		switch e.Kind {
		case cardprofile.KindPhoto:
			l, err := x.likeness(pic, e)
			if err != nil {
				return err
			}
			if l.Alike < leastLikeness {
				x.r.add(PrintPortrait, x.where)
			} else {
				x.shift(l.X, l.Y)
			}
			for _, p := range l.Panels {
				if l.Alike >= noLikeness && p < leastPanel {
					x.r.add(PrintColour, x.where)
				}
			}
		case cardprofile.KindMRZ:
			x.zone(pic, e)
		case cardprofile.KindQR:
			switch text, ok := pic.Code(e.X, e.Y, e.W, e.H, besideCode); {
			case !ok:
				x.r.add(PrintQRUnfit, x.where)
			case text != x.plan.QR:
				x.r.add(PrintQR, x.where)
			}
		}
	}
	return nil
}

// shows reports whether a face's portrait or zone is on the picture, the planned one.
func (x *printCheck) shows(pic *sight.Picture, f cardprofile.Face) (bool, error) {
	for _, e := range f.Elements {
		switch e.Kind {
		case cardprofile.KindPhoto:
			l, err := x.likeness(pic, e)
			if err != nil || l.Alike >= leastLikeness {
				return err == nil, err
			}
		case cardprofile.KindMRZ:
			if z := pic.Zone(e.X, e.Y+e.H/2); z != nil && z.Whole() && x.planned(z) {
				return true, nil
			}
		}
	}
	return false, nil
}

func (x *printCheck) planned(z *sight.Zone) bool {
	for i, l := range z.Lines {
		if i >= len(x.plan.MRZ.Lines) || l != x.plan.MRZ.Lines[i] {
			return false
		}
	}
	return len(x.plan.MRZ.Lines) == len(z.Lines)
}

func (x *printCheck) zone(pic *sight.Picture, e cardprofile.Element) {
	z := pic.Zone(e.X, e.Y+e.H/2)
	if z == nil {
		x.r.add(PrintMRZUnfit, x.where)
		return
	}
	if z.Dirty {
		x.r.add(PrintSmudge, x.where)
	}
	x.shift(z.X, z.Y)
	switch {
	case !z.Whole():
		x.r.add(PrintMRZUnfit, x.where)
	case !x.planned(z):
		x.r.add(PrintMRZ, x.where)
	}
	if z.Whole() {
		// A zone that contradicts itself was misprinted or misread.
		if _, deviations, err := mrz.Parse(z.Lines[0] + z.Lines[1] + z.Lines[2]); !x.planned(z) && (err != nil || len(deviations) > 0) {
			x.r.add(PrintMRZ, x.where+", check digits")
		}
	}
}

func (x *printCheck) shift(dx, dy float64) {
	if math.Max(math.Abs(dx), math.Abs(dy)) > x.tolerance.Shift {
		x.r.add(PrintShift, x.where)
	}
}

func (x *printCheck) likeness(pic *sight.Picture, e cardprofile.Element) (sight.Likeness, error) {
	img, err := face.DecodePortrait(x.plan.Portrait)
	if err != nil {
		return sight.Likeness{}, fmt.Errorf("%w: the planned portrait: %w", ErrChecker, err)
	}
	// The part of the picture that has the place's proportions, its head kept, is
	// what a face shows.
	b := img.Bounds()
	w := min(b.Dx(), int(float64(b.Dy())*e.W/e.H))
	h := min(b.Dy(), int(float64(b.Dx())*e.H/e.W))
	at := image.Pt(b.Min.X+(b.Dx()-w)/2, b.Min.Y+(b.Dy()-h)/3)
	return pic.Likeness(e.X, e.Y, e.W, e.H, img, image.Rectangle{Min: at, Max: at.Add(image.Pt(w, h))}), nil
}
