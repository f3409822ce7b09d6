package policy

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"strings"
	"sync"

	"github.com/chipid-toolkit/chipid/cardprofile"
)

// Effect is what a rule makes of something. The order is one of severity.
type Effect int

// The effects. None says that no rule speaks to it.
const (
	None         Effect = iota
	Accept              // it counts for nothing
	Inconclusive        // the verdict cannot be passed
	Fail                // the verdict is failed
)

var effectNames = [...]string{"none", "accept", "inconclusive", "fail"}

// String is the effect as the file and the verdict spell it.
func (e Effect) String() string {
	if e < 0 || int(e) >= len(effectNames) {
		return "none"
	}
	return effectNames[e]
}

// MarshalText writes the name.
func (e Effect) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// UnmarshalText reads the name; an unknown one is an error.
func (e *Effect) UnmarshalText(b []byte) error {
	for i, name := range effectNames {
		if name == string(b) {
			*e = Effect(i)
			return nil
		}
	}
	return fmt.Errorf("policy: no such effect %q", b)
}

// The words of `authority`.
const (
	// AuthorityBeside: what an authority answers on line is a check beside the others.
	AuthorityBeside = "beside"
	// AuthorityForAnchor: where the authority confirms this very document, a missing
	// trust anchor no longer keeps the verdict from passing. The trust is still "none".
	AuthorityForAnchor = "for-missing-anchor"
)

// rule is one rule as the file has it. All conditions that stand there must hold.
type rule struct {
	ID        string   `yaml:"id"`
	Why       string   `yaml:"why"`
	WhyVI     string   `yaml:"why_vi"`
	Countries []string `yaml:"countries"` // of the CSCA, two letters; none: all
	Signed    span     `yaml:"signed"`    // when the document was signed
	Inspected span     `yaml:"inspected"` // the day of the inspection

	WeakDigests  string      `yaml:"weak_digests"`
	Deviations   []deviation `yaml:"deviations"`
	Require      []string    `yaml:"require"` // ids of checks
	Pinned       string      `yaml:"pinned"`
	KnownDefects string      `yaml:"known_defects"`
	Authority    string      `yaml:"authority"`
}

// span is a range of days, both included; a zero end is open.
type span struct {
	From  string `yaml:"from"`
	Until string `yaml:"until"`

	from, until cardprofile.Date
}

func (s span) empty() bool { return s.from.IsZero() && s.until.IsZero() }

func (s span) holds(d cardprofile.Date) bool {
	if s.empty() {
		return true
	}
	return !d.IsZero() && (s.from.IsZero() || !d.Before(s.from)) && (s.until.IsZero() || !d.After(s.until))
}

// deviation says what counts of those whose rule is in the list: "sod.version", or
// "x509.*" for all that begin so.
type deviation struct {
	Rules  []string `yaml:"rules"`
	Where  string   `yaml:"where"` // "" for everywhere
	Effect string   `yaml:"effect"`
}

func (d deviation) matches(x cardprofile.Deviation) bool {
	if d.Where != "" && d.Where != x.Where {
		return false
	}
	for _, r := range d.Rules {
		if head, ok := strings.CutSuffix(r, "*"); ok && strings.HasPrefix(x.Rule, head) || r == x.Rule {
			return true
		}
	}
	return false
}

// Policy is a policy that was read. The zero value has no rules; Default is the one
// that counts where none is given.
type Policy struct {
	name, version string
	text          []byte
	rules         []rule
}

// Name is the policy's own name.
func (p *Policy) Name() string { return p.name }

// Version is what its author says of which one it is; may be empty.
func (p *Policy) Version() string { return p.version }

// Text is the file as it was read.
func (p *Policy) Text() []byte { return append([]byte(nil), p.text...) }

// Digest is the SHA-256 of the file in hexadecimal.
func (p *Policy) Digest() string {
	sum := sha256.Sum256(p.text)
	return hex.EncodeToString(sum[:])
}

//go:embed default.yaml
var defaultText []byte

var defaultPolicy = sync.OnceValues(func() (*Policy, error) { return Parse(defaultText, "the default policy") })

// Default is the embedded policy.
func Default() *Policy {
	p, err := defaultPolicy()
	if err != nil {
		// A test reads the embedded file; without rules nothing would be judged.
		panic(err)
	}
	return p
}
