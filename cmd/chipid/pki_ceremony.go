package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"runtime/debug"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cmd/internal/ceremony"
	"github.com/chipid-toolkit/chipid/cmd/internal/keyflags"
	"github.com/chipid-toolkit/chipid/hsm"
)

// ceremonyFlags are those of every verb that follows a ceremony's file.
type ceremonyFlags struct {
	token                           keyflags.Flags
	out, plan, transcript, operator string
	witnesses                       []string
	dryRun, json                    bool
}

func (f *ceremonyFlags) register(cmd *cobra.Command) {
	fs := cmd.Flags()
	f.token.Register(fs)
	fs.StringVar(&f.out, "out", "", "file for the object; it must not exist")
	fs.BoolVar(&f.json, "json", false, "print JSON")
	f.registerOwn(fs)
}

// registerOwn adds the flags that verbs with flags of their own do not have.
func (f *ceremonyFlags) registerOwn(fs *pflag.FlagSet) {
	fs.StringVar(&f.plan, "plan", "", "the plan: written by --dry-run; else what is signed must be exactly it")
	fs.StringVar(&f.transcript, "transcript", "", "file for the transcript; it must not exist")
	fs.StringVar(&f.operator, "operator", "", "who runs the ceremony (default the name you are logged in with)")
	fs.StringArrayVar(&f.witnesses, "witness", nil, "who watches; may be repeated")
	fs.BoolVar(&f.dryRun, "dry-run", false, "write the plan and sign nothing")
}

// ceremonies are the verbs that have nothing but a ceremony's file.
var ceremonies = []struct{ kind, short, long string }{
	{ceremony.Link, "Make a CSCA link certificate", "link certifies a CSCA's new key with its old one, so that who trusts the old\ncertificate trusts the new one; where the name changes it says so."},
	{ceremony.CRL, "Make a certificate revocation list", "crl makes the CSCA's list of revoked certificates. What the previous list revokes\nstays revoked, and the number goes up."},
	{ceremony.MasterListSigner, "Make a master list signer's certificate", "masterlist-signer makes the certificate of who signs the State's master list."},
	{ceremony.MasterList, "Make a CSCA master list", "masterlist signs the CSCA certificates that the State trusts."},
	{ceremony.DeviationListSigner, "Make a deviation list signer's certificate", "deviationlist-signer makes the certificate of who signs the State's deviation list."},
	{ceremony.DeviationList, "Make a deviation list", "deviationlist signs what the State knows to be wrong with documents it has issued."},
	{ceremony.CVCA, "Make a CVCA certificate, self-signed or a link", "cvca makes the certificate of a verifying authority: self-signed, or, where issuer is\ngiven, a link certificate from its earlier key."},
	{ceremony.DV, "Make a document verifier's certificate", "dv certifies a document verifier, domestic or foreign, from its request."},
	{ceremony.Terminal, "Make an inspection system's certificate", "terminal certifies an inspection system, from its request."},
	{ceremony.Request, "Make a request for a CV certificate", "request asks an authority for a certificate of a key in the token."},
}

func newPKICeremonyCmds(env *env) []*cobra.Command {
	var cmds []*cobra.Command
	for _, c := range ceremonies {
		var f ceremonyFlags
		cmd := &cobra.Command{
			Use:   c.kind + " CEREMONY.yaml",
			Short: c.short,
			Long: c.long + `

All that it is comes from one reviewed file: docs/ceremony.md has every key of it. First
--dry-run writes the plan: what will be signed, byte for byte by its hash, and the rules
it keeps. With --plan nothing else than that plan is signed. The transcript has the
hashes, and lines for the signatures of those who watched.

Example:
  chipid pki ` + c.kind + ` ceremony.yaml --module SO --token issuer --pin-source prompt --dry-run --plan plan.txt
  chipid pki ` + c.kind + ` ceremony.yaml --module SO --token issuer --pin-source prompt --plan plan.txt \
    --out object.der --transcript transcript.txt --witness "Lan" --witness "Minh"

Exit statuses:
` + exitHelp(exitOK, exitFault, exitUsage, exitHSM),
			Args: cobra.ExactArgs(1),
			RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd.Context(), env, args[0], c.kind) },
		}
		f.register(cmd)
		cmds = append(cmds, cmd)
	}
	return cmds
}

func (f *ceremonyFlags) run(ctx context.Context, env *env, path string, kind string) error {
	spec, err := ceremony.Load(path)
	if err != nil {
		return err
	}
	if spec.Kind != kind {
		return &cardprofile.InputError{File: path, Field: "kind", Problem: "is " + spec.Kind + ", the verb is " + kind, Fix: "run chipid pki " + spec.Kind}
	}
	if f.dryRun == (f.out != "") {
		return usagef("--out names the file for the object, or --dry-run signs nothing: one of them")
	}
	var reviewed []byte
	if f.plan != "" && !f.dryRun {
		if reviewed, err = os.ReadFile(f.plan); err != nil {
			return &cardprofile.InputError{File: f.plan, Field: "--plan", Problem: "cannot be read", Fix: "write it with --dry-run"}
		}
	}
	return withKeyring(ctx, env, &f.token, func(ring hsm.Keyring) error {
		plan, err := spec.Prepare(ctx, ring)
		if err != nil {
			return err
		}
		if f.dryRun {
			return f.writePlan(env, plan)
		}
		if reviewed != nil {
			if err := plan.Matches(reviewed); err != nil {
				return usageError{err: err}
			}
		}
		return f.sign(ctx, env, plan)
	})
}

func (f *ceremonyFlags) writePlan(env *env, plan *ceremony.Plan) error {
	if f.plan != "" {
		if err := newTextFile(f.plan, "--plan", plan.Write); err != nil {
			return err
		}
	}
	if f.json {
		return printJSON(env, newPlanJSON(plan))
	}
	return plan.Write(env.Stdout)
}

func (f *ceremonyFlags) sign(ctx context.Context, env *env, plan *ceremony.Plan) error {
	if f.transcript != "" {
		if _, err := os.Lstat(f.transcript); err == nil {
			return usagef("--transcript: %s exists; name another file", f.transcript)
		}
	}
	began := time.Now()
	object, err := plan.Run(ctx, f.out)
	if err != nil {
		return err
	}
	who := ceremony.Witnessed{Operator: f.operator, Witnesses: f.witnesses, Token: f.token.Token, Tool: version()}
	if who.Operator == "" {
		if u, err := user.Current(); err == nil {
			who.Operator = u.Username
		}
	}
	ended := time.Now()
	write := func(w io.Writer) error { return plan.Transcript(w, object, f.out, began, ended, who) }
	if f.transcript != "" {
		if err := newTextFile(f.transcript, "--transcript", write); err != nil {
			// The object exists: what happened must not be lost with the file.
			return errors.Join(err, write(env.Stderr))
		}
	}
	if f.json {
		j := newPlanJSON(plan)
		j.File = f.out
		return printJSON(env, j)
	}
	return write(env.Stdout)
}

// planJSON is a plan in JSON, and the file of the object once it is made.
type planJSON struct {
	Schema string            `json:"schema"`
	Title  string            `json:"ceremony"`
	Kind   string            `json:"kind"`
	Facts  map[string]string `json:"facts"`
	Notes  []string          `json:"notes"`
	File   string            `json:"file,omitempty"`
}

func newPlanJSON(p *ceremony.Plan) planJSON {
	j := planJSON{Schema: "chipid.ceremony/1", Title: p.Spec.Title, Kind: p.Spec.Kind, Facts: map[string]string{}, Notes: slices.Clone(p.Notes)}
	for _, f := range p.Facts {
		if j.Facts[f.Name] != "" {
			f.Value = j.Facts[f.Name] + "\n" + f.Value
		}
		j.Facts[f.Name] = f.Value
	}
	return j
}

// newTextFile writes a file that must not exist.
func newTextFile(path, field string, write func(io.Writer) error) error {
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return &cardprofile.InputError{File: path, Field: field, Problem: "cannot be created", Fix: "name a new file in a folder that may be written"}
	}
	_, err = f.Write(b.Bytes())
	return errors.Join(err, f.Close())
}

// version is the program's, for transcripts.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "chipid"
	}
	revision := ""
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			revision = " " + s.Value
		}
	}
	return fmt.Sprintf("chipid %s%s, %s", info.Main.Version, revision, info.GoVersion)
}
