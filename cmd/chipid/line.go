package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"

	"github.com/spf13/cobra"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cmd/internal/storeflags"
	"github.com/chipid-toolkit/chipid/printer/line/office"
	"github.com/chipid-toolkit/chipid/printer/line/queue"
	"github.com/chipid-toolkit/chipid/printer/line/store"
)

func newLineCmd(env *env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "line",
		Short: "Run a production line, look at it, decide about it",
		Long: `line makes the cards of batches at the stations of a line file, and is how people look
at the line and decide about what it cannot decide itself. docs/line.md has the line
file and what to do at each fault.

A reject may be perfect and bear the number of the card that replaces it: nothing is
made again before it was confirmed in the locked bin, by scanning its chip or by two
people. Whoever decides is named with --by; a console asks for passwords.

Example:
  chipid stock receive --batch A-2026-11 --blanks 1000 --by lan
  chipid line run --line line.yaml --batch A-2026-11
  chipid line status --watch
  chipid line confirm 17 --by lan
  chipid line audit --keys keys.yaml

Exit statuses:
` + exitHelp(exitOK, exitFault, exitUsage, exitNoCard, exitFailed, exitInconclusive, exitHSM, exitPrinter, exitHalted),
	}
	cmd.AddCommand(newLineRunCmd(env), newLineStatusCmd(env), newLineAuditCmd(env))
	cmd.AddCommand(lineDecisions(env)...)
	return cmd
}

// deciding is what every decision takes.
type deciding struct {
	db storeflags.Flags
	by string
}

func (d *deciding) register(cmd *cobra.Command) {
	d.db.Register(cmd.Flags())
	cmd.Flags().StringVar(&d.by, "by", "", "who decides (default the name you are logged in with)")
}

// person is who decides.
func (d *deciding) person() string {
	if d.by != "" {
		return d.by
	}
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return os.Getenv("USER")
}

// office opens the store and lets f decide.
func (d *deciding) office(ctx context.Context, f func(*office.Office) error) error {
	st, err := d.db.Open(ctx, "")
	if err != nil {
		return err
	}
	defer st.Close()
	q, err := queue.Open(ctx, st, queue.Config{Process: "office"})
	if err != nil {
		return err
	}
	return decisionError(f(&office.Office{Store: st, Queue: q}))
}

// decisionError says what a person can do about a decision that was refused.
func decisionError(err error) error {
	input := func(fix string) error { return &cardprofile.InputError{Problem: err.Error(), Fix: fix} }
	switch {
	case errors.Is(err, store.ErrSamePerson):
		return input("let somebody else say it, with --by")
	case errors.Is(err, store.ErrNotFound):
		return input("chipid line status lists what there is")
	case errors.Is(err, office.ErrScan), errors.Is(err, office.ErrNotNow), errors.Is(err, office.ErrPerson):
		return input("chipid line status shows the state")
	case errors.Is(err, store.ErrUnbalanced):
		return exitError{exitHalted, err}
	case errors.Is(err, store.ErrState), errors.Is(err, store.ErrTransition):
		return input("look at chipid line status and decide again")
	}
	return err
}

// decided tells what came of a decision about a card.
func decided(env *env, asJSON bool, d office.Decision) error {
	if asJSON {
		return printJSON(env, struct {
			Schema string `json:"schema"`
			Done   bool   `json:"done"`
			Card   int64  `json:"card"`
			State  string `json:"state"`
		}{"chipid.decision/1", d.Done, d.Card.ID, string(d.Card.State)})
	}
	if !d.Done {
		fmt.Fprintf(env.Stdout, env.tr("card %d: noted; a second person has to say the same\n", "thẻ %d: đã ghi; cần người thứ hai xác nhận\n"), d.Card.ID)
		return nil
	}
	fmt.Fprintf(env.Stdout, env.tr("card %d: %s\n", "thẻ %d: %s\n"), d.Card.ID, d.Card.State)
	return nil
}
