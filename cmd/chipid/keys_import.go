package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/user"
	"time"

	"github.com/spf13/cobra"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cmd/internal/keyflags"
	"github.com/chipid-toolkit/chipid/cmd/internal/keyimport"
	"github.com/chipid-toolkit/chipid/hsm"
)

type keysImport struct {
	flags                      keyflags.Flags
	plan, transcript, operator string
	custodians, witnesses      []string
	dryRun, json               bool
}

func newKeysImportCmd(env *env) *cobra.Command {
	var f keysImport
	cmd := &cobra.Command{
		Use:   "import CEREMONY.yaml",
		Short: "Bring a vendor's card key in: components of custodians, or wrapped",
		Long: `import is the ceremony that brings the card master key of blanks into the token. Its
maker hands it over in components, one to each custodian, with a key check value each.
A reviewed file names custodians and check values and holds no key; docs/keys.md has
every key of it. Each custodian in turn types the component, which is not shown, or
gives it in a file. A wrong component is told by its check value, at once, and whose it
is; the key by its own. Nothing is imported before all are right.

Or the key comes wrapped under a transport key that is in the token already: an AES
key that came in by components (use: transport), or an RSA key pair made there with
"keys create --rsa 3072 --transport". The token unwraps it and it is never outside in
clear; it is held to its check value before it stays. A token that lacks the
mechanism is told so by the mechanism's name, and nothing is unwrapped elsewhere.

--dry-run writes the plan and asks nobody; with --plan nothing else than that plan is
done. The transcript has the check values and hashes, never a key. Where stdin is no
terminal nothing is asked: every component must come from a file.

Example:
  chipid keys import lot-4711.yaml --dry-run --plan plan.txt
  chipid keys import lot-4711.yaml --module SO --token issuer --pin-source file:pin \
    --plan plan.txt --custodian "Lan" --custodian "Minh" --transcript transcript.txt

Exit statuses:
` + exitHelp(exitOK, exitFault, exitUsage, exitHSM),
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd.Context(), env, args[0]) },
	}
	fs := cmd.Flags()
	f.flags.Register(fs)
	fs.StringVar(&f.plan, "plan", "", "the plan: written by --dry-run; else what is done must be exactly it")
	fs.StringVar(&f.transcript, "transcript", "", "file for the transcript; it must not exist")
	fs.StringVar(&f.operator, "operator", "", "who runs the ceremony (default the name you are logged in with)")
	fs.StringArrayVar(&f.custodians, "custodian", nil, "who takes part, where not all need to; may be repeated")
	fs.StringArrayVar(&f.witnesses, "witness", nil, "who watches; may be repeated")
	fs.BoolVar(&f.dryRun, "dry-run", false, "write the plan and import nothing")
	fs.BoolVar(&f.json, "json", false, "print JSON")
	return cmd
}

func (f *keysImport) run(ctx context.Context, env *env, path string) error {
	spec, err := keyimport.Load(path)
	if err != nil {
		return err
	}
	plan, err := spec.Prepare(f.custodians)
	if err != nil {
		return err
	}
	if f.dryRun {
		if f.plan != "" {
			if err := newTextFile(f.plan, "--plan", plan.Write); err != nil {
				return err
			}
		}
		if f.json {
			return printJSON(env, f.result(plan, ""))
		}
		return plan.Write(env.Stdout)
	}
	if f.plan != "" {
		reviewed, err := os.ReadFile(f.plan)
		if err != nil {
			return &cardprofile.InputError{File: f.plan, Field: "--plan", Problem: "cannot be read", Fix: "write it with --dry-run"}
		}
		if err := plan.Matches(reviewed); err != nil {
			return usageError{err: err}
		}
	}
	if f.transcript != "" {
		if _, err := os.Lstat(f.transcript); err == nil {
			return usagef("--transcript: %s exists; name another file", f.transcript)
		}
	}
	var ask keyimport.Ask
	if t := keyflags.Terminal(env.Stdin, env.Stderr, env.tr("Component of %s (not shown): ", "Thành phần khoá của %s (không hiển thị): ")); t != nil {
		ask = keyimport.Ask(t)
	}
	return withKeyring(ctx, env, &f.flags, func(ring hsm.Keyring) error {
		began := time.Now()
		ref, err := plan.Run(ctx, ring, ask)
		var component *keyimport.ComponentError
		if errors.As(err, &component) || errors.Is(err, keyimport.ErrCombined) || errors.Is(err, keyimport.ErrNobody) {
			return usageError{err: err}
		}
		if err != nil {
			return err
		}
		return f.report(env, plan, ref, began)
	})
}

func (f *keysImport) report(env *env, plan *keyimport.Plan, ref hsm.KeyRef, began time.Time) error {
	who := keyimport.Witnessed{Operator: f.operator, Witnesses: f.witnesses, Token: f.flags.Token, Tool: version()}
	if who.Operator == "" {
		if u, err := user.Current(); err == nil {
			who.Operator = u.Username
		}
	}
	ended := time.Now()
	write := func(w io.Writer) error { return plan.Transcript(w, ref, began, ended, who) }
	if f.transcript != "" {
		if err := newTextFile(f.transcript, "--transcript", write); err != nil {
			// The key is in the token: what happened must not be lost with the file.
			return errors.Join(err, write(env.Stderr))
		}
	}
	if f.json {
		return printJSON(env, f.result(plan, ref))
	}
	return write(env.Stdout)
}

// keysImportJSON is a plan, and the key once it is in the token.
type keysImportJSON struct {
	Schema string     `json:"schema"`
	Title  string     `json:"ceremony"`
	Label  string     `json:"label"`
	Bits   int        `json:"bits"`
	KCV    string     `json:"kcv"`
	Key    hsm.KeyRef `json:"key,omitempty"`
}

func (f *keysImport) result(p *keyimport.Plan, ref hsm.KeyRef) keysImportJSON {
	return keysImportJSON{"chipid.key-import/1", p.Spec.Title, p.Spec.Label, p.Spec.Bits, p.Spec.KCV, ref}
}
