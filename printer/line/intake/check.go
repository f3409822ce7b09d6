package intake

import (
	"context"
	"errors"
	"io"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/rule"
)

// Finding is a row of a file that would not become a card, or of which the rules warn.
type Finding struct {
	Line   int
	Reject bool
	Reason cardprofile.InputError
}

// Check puts the rules to all rows of a source and takes nothing in: no store and no
// token is asked, so cards that exist already are not found. found is told each
// finding in the order of the file.
func Check(ctx context.Context, p *cardprofile.Profile, src *Source, photos *Photos, today cardprofile.Date, lang string, found func(Finding)) (Progress, error) {
	at := Progress{Total: src.Rows}
	r, err := src.open(ctx)
	if err != nil {
		return at, err
	}
	defer func() { _ = r.close() }()
	c := rule.NewChecker(p, today)
	c.Lang = lang
	for {
		if err := ctx.Err(); err != nil {
			return at, err
		}
		one, err := r.next()
		if errors.Is(err, io.EOF) {
			return at, nil
		}
		if err != nil {
			return at, err
		}
		at.Done++
		if one.problem == nil {
			image, loadErr := photos.Load(*one.record)
			res := c.Check(*one.record, image, loadErr)
			if one.problem = res.Reason(lang); one.problem == nil {
				for _, f := range res.Findings {
					found(Finding{Line: one.line, Reason: cardprofile.InputError{Line: one.line, Field: f.Field, Problem: f.Text.In(lang)}})
				}
			}
		}
		if one.problem == nil {
			at.Accepted++
			continue
		}
		at.Rejected++
		found(Finding{Line: one.line, Reject: true, Reason: *one.problem})
	}
}
