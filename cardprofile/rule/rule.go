package rule

import (
	"strings"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/citizen"
)

// Outcome is what a rule makes of a record.
type Outcome int

// The outcomes. A rule that accepts has no finding.
const (
	Accept Outcome = iota
	Warn
	Reject
)

// String is accept, warn or reject.
func (o Outcome) String() string {
	switch o {
	case Accept:
		return "accept"
	case Warn:
		return "warn"
	case Reject:
		return "reject"
	}
	return "unknown"
}

// MarshalText is accept, warn or reject.
func (o Outcome) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// Finding is what one rule has to say about one record.
type Finding struct {
	Rule     string           `json:"rule"`
	Outcome  Outcome          `json:"outcome"`
	Field    string           `json:"field,omitempty"`
	Text     cardprofile.Text `json:"text"`
	Citation string           `json:"citation,omitempty"`
}

// Record is one rule about records.
type Record struct {
	ID       string
	Title    cardprofile.Text
	Citation string
	check    func(*subject)
}

// subject is a record while it is judged.
type subject struct {
	*Checker
	rule        *Record
	rec         *citizen.Record
	stated      citizen.Record // before the profile's rule filled in the expiry
	portrait    []byte
	portraitErr error
	findings    []Finding
}

func (s *subject) find(o Outcome, field, vi, en string) {
	s.findings = append(s.findings, Finding{Rule: s.rule.ID, Outcome: o, Field: field, Text: cardprofile.Text{VI: vi, EN: en}, Citation: s.rule.Citation})
}

func (s *subject) reject(field, vi, en string) { s.find(Reject, field, vi, en) }
func (s *subject) warn(field, vi, en string)   { s.find(Warn, field, vi, en) }

// vietnamese reports whether the profile's cards carry the 12-digit number.
func (s *subject) vietnamese() bool { return s.Profile.Document.MRZRule == "vn-12" }

// Records are all rules about records, in the order in which they are asked.
func Records() []Record { return append([]Record(nil), records...) }

var records = []Record{
	required, name, number, numberMatch, formerNumber, text, dates, expiry, zone, portrait, duplicate,
}

// Result is what all rules say about one record.
type Result struct {
	// Record is the record with its date of expiry filled in.
	Record   citizen.Record `json:"-"`
	Portrait []byte         `json:"-"`
	Findings []Finding      `json:"findings"`
}

// Rejected reports whether a rule rejects the record.
func (r *Result) Rejected() bool { return r.outcome() == Reject }

// Warned reports whether a rule warns, and none rejects.
func (r *Result) Warned() bool { return r.outcome() == Warn }

func (r *Result) outcome() Outcome {
	worst := Accept
	for _, f := range r.Findings {
		worst = max(worst, f.Outcome)
	}
	return worst
}

// Reason puts all rejections into one error in the given language, nil when
// there is none.
func (r *Result) Reason(lang string) *cardprofile.InputError {
	var first *Finding
	var texts []string
	for i, f := range r.Findings {
		if f.Outcome != Reject {
			continue
		}
		if first == nil {
			first = &r.Findings[i]
			texts = append(texts, f.Text.In(lang))
			continue
		}
		texts = append(texts, strings.TrimPrefix(f.Field+": ", ": ")+f.Text.In(lang))
	}
	if first == nil {
		return nil
	}
	return &cardprofile.InputError{Line: r.Record.Line, Field: first.Field, Problem: strings.Join(texts, "; ")}
}

// Checker judges the records of one batch. It is for one goroutine at a time.
type Checker struct {
	Profile *cardprofile.Profile
	Today   cardprofile.Date
	// Lang is the language of the reasons given to rejects: "vi" or "en".
	Lang string

	seen map[string]int // number → line, for duplicates inside the batch
}

// NewChecker makes a checker for one batch.
func NewChecker(p *cardprofile.Profile, today cardprofile.Date) *Checker {
	return &Checker{Profile: p, Today: today, Lang: "en", seen: map[string]int{}}
}

// Check asks every rule that the profile has not switched off. portraitErr is
// what loading the portrait came to.
func (c *Checker) Check(r citizen.Record, portrait []byte, portraitErr error) Result {
	s := &subject{Checker: c, stated: r, portrait: portrait, portraitErr: portraitErr}
	// What cannot be filled in is the dates' and the expiry rule's to reject.
	full, err := citizen.Complete(c.Profile, r)
	if err != nil {
		full = r
	}
	s.rec = &full
	for i := range records {
		if s.rule = &records[i]; c.Profile.RuleOn(s.rule.ID) {
			s.rule.check(s)
		}
	}
	return Result{Record: full, Portrait: portrait, Findings: s.findings}
}

// Apply judges a whole batch with its portraits: rejected records move to the
// batch's rejects, and the results of the accepted ones come back in their order.
// Portraits are read one after the other and not kept.
func (c *Checker) Apply(b *citizen.Batch, portraits *citizen.Portraits) []Result {
	var accepted []Result
	b.Filter(func(r *citizen.Record) *cardprofile.InputError {
		image, err := portraits.Load(*r)
		res := c.Check(*r, image, err)
		if reason := res.Reason(c.Lang); reason != nil {
			return reason
		}
		*r = res.Record
		res.Portrait = nil
		accepted = append(accepted, res)
		return nil
	})
	return accepted
}
