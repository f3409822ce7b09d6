package policy

import (
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"

	"github.com/chipid-toolkit/chipid/cardprofile"
)

const schema = "chipid.policy/1"

// Bounds on one file.
const (
	maxFile  = 256 << 10
	maxRules = 512
	maxList  = 256
)

// file is the YAML of a policy.
type file struct {
	Schema  string `yaml:"schema"`
	Name    string `yaml:"name"`
	Version string `yaml:"version"`
	Rules   []rule `yaml:"rules"`
}

// Load reads a policy file. Every error is a *cardprofile.InputError.
func Load(path string) (*Policy, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, &cardprofile.InputError{File: path, Problem: "the policy cannot be opened", Fix: "name a policy file; chipid trust policy prints one to begin with"}
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, &cardprofile.InputError{File: path, Problem: "the policy cannot be read", Fix: "name a policy file"}
	}
	return Parse(text, path)
}

var (
	ruleID    = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{0,63}$`)
	checkID   = regexp.MustCompile(`^[a-z0-9]+(\.[a-z0-9]+){0,3}$`)
	ruleName  = regexp.MustCompile(`^[a-z0-9]+([.-][a-z0-9]+)*(\.\*|\*)?$`)
	country   = regexp.MustCompile(`^[A-Z]{2}$`)
	plainText = regexp.MustCompile(`^[^\x00-\x1f\x7f]{0,256}$`)
)

// Parse reads a policy. shown names the file in errors, each of which is a
// *cardprofile.InputError with line, field and fix. A file that says anything that
// is not understood is refused as a whole: a policy that is half read would be
// another policy.
func Parse(text []byte, shown string) (*Policy, error) {
	if len(text) > maxFile {
		return nil, &cardprofile.InputError{File: shown, Problem: fmt.Sprintf("larger than %d bytes", maxFile), Fix: "name a policy file"}
	}
	var f file
	if err := cardprofile.DecodeYAML(text, shown, &f); err != nil {
		return nil, err
	}
	r := &reader{text: text, shown: shown}
	r.check(f)
	if r.err != nil {
		return nil, r.err
	}
	return &Policy{name: f.Name, version: f.Version, text: append([]byte(nil), text...), rules: f.Rules}, nil
}

// reader finds the first problem of a file.
type reader struct {
	text  []byte
	shown string
	err   *cardprofile.InputError
}

func (r *reader) fail(at, problem, fix string) {
	if r.err == nil {
		r.err = &cardprofile.InputError{File: r.shown, Line: cardprofile.YAMLLine(r.text, at), Field: strings.TrimPrefix(at, "$."), Problem: problem, Fix: fix}
	}
}

func (r *reader) oneOf(at, value string, allowed ...string) {
	for _, a := range allowed {
		if value == a {
			return
		}
	}
	r.fail(at, strconv.Quote(value)+" is not known here", "use one of "+strings.Join(allowed, ", "))
}

func (r *reader) check(f file) {
	r.oneOf("$.schema", f.Schema, schema)
	if f.Name == "" || !plainText.MatchString(f.Name) {
		r.fail("$.name", "the policy has no name of at most 256 characters", "give it the name that verdicts shall say")
	}
	if !plainText.MatchString(f.Version) {
		r.fail("$.version", "not one line of text", "shorten it")
	}
	if len(f.Rules) > maxRules {
		r.fail("$.rules", fmt.Sprintf("more than %d rules", maxRules), "join rules that do the same")
		return
	}
	seen := map[string]bool{}
	for i := range f.Rules {
		x := &f.Rules[i]
		at := fmt.Sprintf("$.rules[%d]", i)
		if !ruleID.MatchString(x.ID) {
			r.fail(at+".id", "a rule has an id of small letters, digits, dots and hyphens", "give it one; the verdict names it")
		}
		if seen[x.ID] {
			r.fail(at+".id", strconv.Quote(x.ID)+" occurs twice", "give each rule an id of its own")
		}
		seen[x.ID] = true
		r.rule(at, x)
	}
}

func (r *reader) rule(at string, x *rule) {
	for field, text := range map[string]string{"why": x.Why, "why_vi": x.WhyVI} {
		if !plainText.MatchString(text) {
			r.fail(at+"."+field, "not one line of at most 256 characters", "shorten it")
		}
	}
	if len(x.Countries) > maxList || len(x.Deviations) > maxList || len(x.Require) > maxList {
		r.fail(at, fmt.Sprintf("a list of more than %d", maxList), "split the rule")
		return
	}
	for i, c := range x.Countries {
		if !country.MatchString(c) {
			r.fail(fmt.Sprintf("%s.countries[%d]", at, i), strconv.Quote(c)+" is no country", "write the two capital letters that the CSCA's certificate has, such as VN")
		}
	}
	r.span(at+".signed", &x.Signed)
	r.span(at+".inspected", &x.Inspected)
	effects := []string{"accept", "inconclusive", "fail"}
	speaks := len(x.Require) > 0 || len(x.Deviations) > 0
	for _, e := range []struct {
		field, value string
		allowed      []string
	}{
		{"weak_digests", x.WeakDigests, effects}, {"pinned", x.Pinned, effects}, {"known_defects", x.KnownDefects, effects},
		{"authority", x.Authority, []string{AuthorityBeside, AuthorityForAnchor}},
	} {
		if e.value != "" {
			r.oneOf(at+"."+e.field, e.value, e.allowed...)
			speaks = true
		}
	}
	for i, d := range x.Deviations {
		here := fmt.Sprintf("%s.deviations[%d]", at, i)
		r.oneOf(here+".effect", d.Effect, effects...)
		if len(d.Rules) == 0 || len(d.Rules) > maxList {
			r.fail(here+".rules", "names no deviation", "list their rules as verdicts have them, such as x509.serial.negative or x509.*")
		}
		for j, name := range d.Rules {
			if name != "*" && !ruleName.MatchString(name) {
				r.fail(fmt.Sprintf("%s.rules[%d]", here, j), strconv.Quote(name)+" is no rule of a deviation", "write it as verdicts have it; a * may stand at the end")
			}
		}
		if !plainText.MatchString(d.Where) {
			r.fail(here+".where", "not one line of text", "write it as verdicts have it, such as EF.SOD or DG2")
		}
	}
	for i, id := range x.Require {
		if !checkID.MatchString(id) {
			r.fail(fmt.Sprintf("%s.require[%d]", at, i), strconv.Quote(id)+" is no check", "write the id of a check, such as sod.revocation")
		}
	}
	if !speaks {
		r.fail(at, "the rule says nothing", "give it one of weak_digests, deviations, require, pinned, known_defects, authority")
	}
}

// span reads the ends of a range of days.
func (r *reader) span(at string, s *span) {
	for _, end := range []struct {
		field, text string
		to          *cardprofile.Date
	}{{"from", s.From, &s.from}, {"until", s.Until, &s.until}} {
		if end.text == "" {
			continue
		}
		d, err := cardprofile.ParseDate(end.text)
		if err != nil || !d.Valid() {
			r.fail(at+"."+end.field, strconv.Quote(end.text)+" is no date", "write it as 2026-12-31")
			continue
		}
		*end.to = d
	}
	if !s.from.IsZero() && !s.until.IsZero() && s.until.Before(s.from) {
		r.fail(at, "ends before it begins", "exchange the dates")
	}
}
