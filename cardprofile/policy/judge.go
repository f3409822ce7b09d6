package policy

import (
	"slices"
	"strings"

	"github.com/chipid-toolkit/chipid/cardprofile"
)

// Facts are what a policy looks at. Nothing in them depends on a policy.
type Facts struct {
	// Country is the two letters of the CSCA's State, or of the signer's where no
	// CSCA stands behind it; "" when not known: rules for countries do not apply.
	Country string
	// Signed is the day the document was signed, as well as it is known; zero when it
	// is not: rules for a time of signing do not apply.
	Signed cardprofile.Date
	// Inspected is the day of the inspection.
	Inspected cardprofile.Date
	// Pinned: the signer is trusted by a pin.
	Pinned bool
	// Defects are the ids of failed checks that the issuer has published as defects.
	Defects []string
	// Deviations are those of the document.
	Deviations []cardprofile.Deviation
}

// Decision is what one rule made of one thing.
type Decision struct {
	Rule   string `json:"rule"`
	Effect Effect `json:"effect"`
	// About is what was decided on: "deviation cms.sha1 (EF.SOD)", "pinned signer",
	// "known defect: dg.hash.12", "check sod.revocation".
	About string `json:"about"`
	Why   string `json:"why,omitempty"`
	WhyVI string `json:"-"`
}

// Judgement is what a policy makes of a document.
type Judgement struct {
	// Effect is the most severe of the decisions; None without any.
	Effect    Effect
	Decisions []Decision
	// Required are the checks that must be passed beyond those that always must,
	// with the rule that says so.
	Required map[string]string
	// Defects says for each known defect what becomes of it.
	Defects map[string]Effect
	// Authority is one of the words of that key; AuthorityBeside where no rule speaks.
	Authority     string
	AuthorityRule string // the rule that says so, "" where none does
}

// weak are the rules under which deviations report digests that are no longer safe.
var weak = []string{"cms.sha1", "sod.sha1"}

// Judge applies the rules. A nil policy is the default one.
func (p *Policy) Judge(f Facts) Judgement {
	if p == nil {
		p = Default()
	}
	j := Judgement{Required: map[string]string{}, Defects: map[string]Effect{}, Authority: AuthorityBeside}
	var applies []rule
	for _, r := range p.rules {
		if r.applies(f) {
			applies = append(applies, r)
		}
	}
	for _, r := range applies {
		for _, id := range r.Require {
			if j.Required[id] == "" {
				j.Required[id] = r.ID
				j.Decisions = append(j.Decisions, Decision{Rule: r.ID, Effect: None, About: "check " + id, Why: r.Why, WhyVI: r.WhyVI})
			}
		}
	}
	j.deviations(applies, f.Deviations)
	if f.Pinned {
		j.decide(applies, "pinned signer", func(r rule) string { return r.Pinned })
	}
	for _, id := range f.Defects {
		j.Defects[id] = Inconclusive
		if e := j.decide(applies, "known defect: "+id, func(r rule) string { return r.KnownDefects }); e != None {
			j.Defects[id] = e
		}
	}
	for _, r := range applies {
		if r.Authority != "" {
			j.Authority, j.AuthorityRule = r.Authority, r.ID
			break
		}
	}
	return j
}

func (r rule) applies(f Facts) bool {
	return (len(r.Countries) == 0 || slices.Contains(r.Countries, strings.ToUpper(f.Country))) &&
		r.Signed.holds(f.Signed) && r.Inspected.holds(f.Inspected)
}

// decide takes the first rule that speaks.
func (j *Judgement) decide(rules []rule, about string, word func(rule) string) Effect {
	for _, r := range rules {
		e := effect(word(r))
		if e == None {
			continue
		}
		j.Decisions = append(j.Decisions, Decision{Rule: r.ID, Effect: e, About: about, Why: r.Why, WhyVI: r.WhyVI})
		j.Effect = max(j.Effect, e)
		return e
	}
	return None
}

// deviations decides on each kind of deviation at each place once.
func (j *Judgement) deviations(rules []rule, list []cardprofile.Deviation) {
	seen := map[string]bool{}
	for _, d := range list {
		about := "deviation " + d.Rule + " (" + d.Where + ")"
		if seen[about] {
			continue
		}
		seen[about] = true
		j.decide(rules, about, func(r rule) string {
			for _, x := range r.Deviations {
				if x.matches(d) {
					return x.Effect
				}
			}
			if slices.Contains(weak, d.Rule) {
				return r.WeakDigests
			}
			return ""
		})
	}
}

func effect(word string) Effect {
	return Effect(max(slices.Index(effectNames[:], word), 0))
}
