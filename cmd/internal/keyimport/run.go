package keyimport

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/hsm"
)

// Errors of a ceremony.
var (
	// ErrPlan: what would be done is not what was reviewed.
	ErrPlan = errors.New("keyimport: this is not the plan that was reviewed")
	// ErrCombined: every component is right by its check value, and the key is not: a component of another set, or a wrong check value.
	ErrCombined = errors.New("keyimport: the components do not make the key")
	// ErrNobody: a component is to be typed, and there is no terminal.
	ErrNobody = errors.New("keyimport: there is no terminal")
)

// ComponentError names the custodian whose component is wrong. It holds check values only.
type ComponentError struct {
	Custodian string
	Problem   string
}

func (e *ComponentError) Error() string {
	return fmt.Sprintf("keyimport: component of %s: %s", e.Custodian, e.Problem)
}

// Ask asks one custodian for the component, 32 or 64 hexadecimal digits, without showing it. The caller wipes what it gets.
type Ask func(ctx context.Context, custodian string) (mac.Key, error)

// Plan is an import with everything decided.
type Plan struct {
	Spec    *Spec
	present []Component
	wrapped hsm.WrappedKey
}

// Prepare decides who takes part: those named, or all where nobody is. With a threshold exactly so many.
func (s *Spec) Prepare(custodians []string) (*Plan, error) {
	p := &Plan{Spec: s}
	if s.Wrapped != nil {
		if len(custodians) != 0 {
			return nil, s.bad("wrapped", "needs no custodians", "leave --custodian out")
		}
		var err error
		if p.wrapped, err = s.readWrapped(); err != nil {
			return nil, err
		}
		return p, nil
	}
	for _, c := range s.Components {
		if len(custodians) == 0 || slices.Contains(custodians, c.Custodian) {
			p.present = append(p.present, c)
		}
	}
	want := len(s.Components)
	if s.Threshold != 0 {
		want = s.Threshold
		if len(custodians) == 0 {
			p.present = p.present[:want]
		}
	}
	for _, n := range custodians {
		if !slices.ContainsFunc(s.Components, func(c Component) bool { return c.Custodian == n }) {
			return nil, s.bad("components", "name no custodian "+n, "name one of the file's custodians")
		}
	}
	if len(p.present) != want {
		return nil, s.bad("components", fmt.Sprintf("need %d custodians, %d take part", want, len(p.present)), "name exactly so many")
	}
	return p, nil
}

// Write writes the plan as people review it: the same file and custodians give the same text.
func (p *Plan) Write(w io.Writer) error {
	var b bytes.Buffer
	s := p.Spec
	line := func(name, value string) { fmt.Fprintf(&b, "%-22s %s\n", name, value) }
	fmt.Fprintf(&b, "PLAN: %s\n\n", s.Title)
	line("ceremony file SHA-256", fmt.Sprintf("%x", s.digest()))
	line("key", fmt.Sprintf("%s, %s, %s", s.Label, s.algorithm(), duties[s.Use]))
	if s.ID != "" {
		line("key id", strings.ToLower(s.ID))
	}
	line("check value", fmt.Sprintf("%s (%s)", strings.ToUpper(s.KCV), s.Method))
	switch {
	case s.Wrapped != nil:
		p.planWrapped(line)
	case s.Threshold == 0:
		line("made of", fmt.Sprintf("%d components, all needed (XOR)", len(s.Components)))
	default:
		line("made of", fmt.Sprintf("%d shares of %d", s.Threshold, len(s.Components)))
	}
	for _, c := range p.present {
		how := "typed"
		if c.File != "" {
			how = "from file " + c.File
		}
		share := ""
		if c.Share != 0 {
			share = fmt.Sprintf("share %d, ", c.Share)
		}
		line("custodian", fmt.Sprintf("%s: %scheck value %s, %s", c.Custodian, share, strings.ToUpper(c.KCV), how))
	}
	_, err := w.Write(b.Bytes())
	return err
}

// Matches holds the plan to a written one.
func (p *Plan) Matches(written []byte) error {
	var b bytes.Buffer
	if err := p.Write(&b); err != nil {
		return err
	}
	if !bytes.Equal(b.Bytes(), written) {
		return ErrPlan
	}
	return nil
}

// duties say what the key will do.
var duties = map[string]string{
	"card-master": "card master key: derives card keys and nothing else",
	tdesMaster:    "card master key: derives card keys by EMV CPS v1.1 and nothing else",
	"transport":   "transport key: unwraps keys that come in and nothing else",
}

// Run takes the components, one custodian after the other, and imports the key they make. Nothing is imported unless every component and the
// key have their check values. ask is nil where nobody can be asked. A wrapped key is unwrapped and checked in the token.
func (p *Plan) Run(ctx context.Context, ring hsm.Keyring, ask Ask) (hsm.KeyRef, error) {
	s := p.Spec
	if s.Wrapped != nil {
		spec, err := s.secret()
		if err != nil {
			return "", err
		}
		return ring.ImportWrapped(ctx, spec, p.wrapped)
	}
	for _, c := range p.present {
		// Before the first custodian has typed anything.
		if c.File == "" && ask == nil {
			return "", fmt.Errorf("%w: the component of %s is to be typed", ErrNobody, c.Custodian)
		}
	}
	var parts [][]byte
	var at []byte
	defer func() {
		for _, part := range parts {
			clear(part)
		}
	}()
	for _, c := range p.present {
		part, err := p.component(ctx, c, ask)
		if err != nil {
			return "", err
		}
		parts, at = append(parts, part), append(at, byte(c.Share))
	}
	var key []byte
	if s.Threshold == 0 {
		key = xor(parts)
	} else {
		key = interpolate(at, parts)
	}
	defer clear(key)
	got, err := s.check3(key)
	if err != nil {
		return "", err
	}
	if hex.EncodeToString(got) != strings.ToLower(s.KCV) {
		return "", fmt.Errorf("%w: its check value is %X, expected %s", ErrCombined, got, strings.ToUpper(s.KCV))
	}
	spec, err := s.secret()
	if err != nil {
		return "", err
	}
	value := mac.NewKey(key)
	defer value.Wipe()
	return ring.ImportSecret(ctx, spec, value)
}

// tries is how often a custodian may type.
const tries = 3

func (p *Plan) component(ctx context.Context, c Component, ask Ask) ([]byte, error) {
	if c.File != "" {
		text, err := readFile(p.Spec.file(c.File), 1<<10)
		if err != nil {
			return nil, err
		}
		defer clear(text)
		return p.accept(c, text)
	}
	var last error
	for range tries {
		typed, err := ask(ctx, c.Custodian)
		if err != nil {
			return nil, err
		}
		part, err := p.accept(c, typed.Bytes())
		typed.Wipe()
		if err == nil {
			return part, nil
		}
		last = err
	}
	return nil, last
}

// accept reads a component and holds it to its check value.
func (p *Plan) accept(c Component, text []byte) ([]byte, error) {
	digits := make([]byte, 0, len(text))
	for _, b := range text {
		if b != ' ' && b != '\n' && b != '\r' && b != '\t' {
			digits = append(digits, b)
		}
	}
	defer clear(digits)
	part := make([]byte, hex.DecodedLen(len(digits)))
	wrong := func(format string, a ...any) ([]byte, error) {
		clear(part)
		return nil, &ComponentError{c.Custodian, fmt.Sprintf(format, a...)}
	}
	if _, err := hex.Decode(part, digits); err != nil || len(part)*8 != p.Spec.Bits {
		return wrong("is not %d hexadecimal digits", p.Spec.Bits/4)
	}
	got, err := p.Spec.check3(part)
	if err != nil {
		return wrong("has no check value")
	}
	if hex.EncodeToString(got) != strings.ToLower(c.KCV) {
		return wrong("its check value is %X, expected %s", got, strings.ToUpper(c.KCV))
	}
	return part, nil
}

// Witnessed is who was there, and with what.
type Witnessed struct {
	Operator  string
	Witnesses []string
	Token     string
	Tool      string
}

// Transcript writes what happened, with lines for the signatures of custodians and witnesses. It holds no key.
func (p *Plan) Transcript(w io.Writer, ref hsm.KeyRef, began, ended time.Time, who Witnessed) error {
	var plan, b bytes.Buffer
	if err := p.Write(&plan); err != nil {
		return err
	}
	line := func(name, value string) { fmt.Fprintf(&b, "%-22s %s\n", name, value) }
	fmt.Fprintf(&b, "TRANSCRIPT: %s\n\n", p.Spec.Title)
	line("began", began.UTC().Format(time.RFC3339))
	line("ended", ended.UTC().Format(time.RFC3339))
	line("program", who.Tool)
	line("token", who.Token)
	line("plan SHA-256", fmt.Sprintf("%x", sha256.Sum256(plan.Bytes())))
	if p.Spec.Wrapped != nil {
		line("check values", "the key has its own, unwrapped in the token")
	} else {
		line("check values", "every component and the key have theirs")
	}
	line("key in the token", string(ref))
	fmt.Fprintf(&b, "\n%s\nWe were present and saw this happen.\n\n", plan.String())
	names := []string{who.Operator + " (operator)"}
	for _, c := range p.present {
		names = append(names, c.Custodian+" (custodian)")
	}
	for _, n := range append(names, who.Witnesses...) {
		fmt.Fprintf(&b, "%-40s ______________________________\n\n", n)
	}
	_, err := w.Write(b.Bytes())
	return err
}
