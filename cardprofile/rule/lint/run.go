package lint

import (
	"fmt"
	"time"
)

// maxFindings bounds what one rule says about one object: a hostile file must not
// fill the screen.
const maxFindings = 32

// SeventhEdition is the day from which objects are held to the profiles of the
// seventh edition of Doc 9303, of 2015, which the eighth kept.
var SeventhEdition = time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC)

// Report notes a departure: where in the object, and what it is. The text holds no
// personal data.
type Report func(where, format string, args ...any)

// Rule is one rule about objects of type V.
type Rule[V any] struct {
	About
	Check func(v V, report Report)
}

// Set is the rules about objects of type V, in the order in which they are asked.
type Set[V any] []Rule[V]

// Abouts describes the rules of the set.
func (s Set[V]) Abouts() []About {
	out := make([]About, len(s))
	for i, r := range s {
		out[i] = r.About
	}
	return out
}

// Run puts to v the rules that apply to its kind. issued is when the object was
// made, zero when that is not known: see About.Earlier.
func (s Set[V]) Run(kind Kind, v V, issued time.Time) []Finding {
	var out []Finding
	for _, r := range s {
		if !r.AppliesTo(kind) {
			continue
		}
		severity, suffix := r.Severity, ""
		if r.Earlier && !issued.IsZero() && issued.Before(SeventhEdition) {
			severity, suffix = Info, " (the profile of the sixth edition, App. C, did not ask for it)"
		}
		count := 0
		r.Check(v, func(where, format string, args ...any) {
			if count++; count > maxFindings {
				return
			}
			text := fmt.Sprintf(format, args...) + suffix
			if count == maxFindings {
				where, text = "", "there are more of the kind"
			}
			out = append(out, Finding{Rule: r.ID, Severity: severity, Where: where, Text: text, Title: r.Title, Citation: r.Citation})
		})
	}
	return out
}
