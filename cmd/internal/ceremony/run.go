package ceremony

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/chipid-toolkit/chipid/cardprofile"
)

// ErrPlan says that what would be signed is not what was planned.
var ErrPlan = errors.New("ceremony: this is not the plan that was reviewed")

// Write writes the plan as people review it. The same file, keys and inputs give the
// same text.
func (p *Plan) Write(w io.Writer) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "PLAN: %s\n\n", p.Spec.Title)
	fmt.Fprintf(&b, "ceremony file SHA-256  %x\n", p.Spec.Digest())
	for _, f := range p.Facts {
		fmt.Fprintf(&b, "%-22s %s\n", f.Name, f.Value)
	}
	if len(p.Notes) == 0 {
		fmt.Fprintf(&b, "\nConformance: every rule is kept.\n")
	} else {
		fmt.Fprintf(&b, "\nConformance: no mandatory rule is broken. Recommendations that are not followed:\n")
		for _, n := range p.Notes {
			fmt.Fprintf(&b, "  - %s\n", n)
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

// Matches holds the plan to a written one: ErrPlan unless they are the same.
func (p *Plan) Matches(written []byte) error {
	var b bytes.Buffer
	if err := p.Write(&b); err != nil {
		return err
	}
	if bytes.Equal(b.Bytes(), written) {
		return nil
	}
	now, then := strings.Split(b.String(), "\n"), strings.Split(string(written), "\n")
	for i := range min(len(now), len(then)) {
		if now[i] != then[i] {
			return fmt.Errorf("%w: line %d is %q now", ErrPlan, i+1, now[i])
		}
	}
	return fmt.Errorf("%w: it has %d lines, and %d now", ErrPlan, len(then), len(now))
}

// Witnessed is who was there, and when.
type Witnessed struct {
	Operator  string
	Witnesses []string
	Token     string // label
	Tool      string // version of the program
}

// Run signs the plan once, writes the object to a new file, and returns it.
func (p *Plan) Run(ctx context.Context, out string) ([]byte, error) {
	// Before the key is asked: an object that cannot be kept is not made.
	f, err := os.OpenFile(out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, &cardprofile.InputError{File: out, Field: "--out", Problem: "cannot be created", Fix: "name a new file: what was handed out is never written over"}
	}
	object, err := p.sign(ctx)
	if err == nil {
		_, err = f.Write(object)
	}
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		if object == nil {
			_ = os.Remove(out)
		}
		return object, err
	}
	return object, nil
}

// Transcript writes what happened, with hashes, and lines for the signatures of those
// who saw it. It holds no key and no PIN.
func (p *Plan) Transcript(w io.Writer, object []byte, out string, began, ended time.Time, who Witnessed) error {
	var plan bytes.Buffer
	if err := p.Write(&plan); err != nil {
		return err
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "TRANSCRIPT: %s\n\n", p.Spec.Title)
	line := func(name, value string) { fmt.Fprintf(&b, "%-22s %s\n", name, value) }
	line("began", began.UTC().Format(time.RFC3339))
	line("ended", ended.UTC().Format(time.RFC3339))
	line("program", who.Tool)
	line("token", who.Token)
	line("plan SHA-256", fmt.Sprintf("%x", sha256.Sum256(plan.Bytes())))
	line("signatures made", "1")
	line("object", out)
	line("object bytes", fmt.Sprint(len(object)))
	line("object SHA-256", fmt.Sprintf("%x", sha256.Sum256(object)))
	fmt.Fprintf(&b, "\n%s\n", plan.String())
	fmt.Fprintf(&b, "We were present and saw this happen.\n\n")
	for _, n := range append([]string{who.Operator + " (operator)"}, who.Witnesses...) {
		fmt.Fprintf(&b, "%-40s ______________________________\n\n", n)
	}
	_, err := w.Write(b.Bytes())
	return err
}
