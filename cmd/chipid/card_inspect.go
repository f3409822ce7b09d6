package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/chipid-toolkit/chipid/cardprofile/inspect"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
)

func newCardInspectCmd(env *env) *cobra.Command {
	var (
		f                 accessFlags
		trust, out, rules string
		asJSON            bool
	)
	cmd := &cobra.Command{
		Use:   "inspect",
		Short: "Inspect a chip and say what is proven about it",
		Long: `inspect opens the chip in a reader, reads it under secure messaging, verifies
what is signed down to the trust store, and asks the chip to prove that it is the
original. The verdict says of each check whether it passed, failed, was not
performed or is not supported, and why. * marks those that are required.

` + accessHelp + `
` + terminalHelp + `
With --out the files read are written as EF.COM.bin, EF.DG1.bin, …, mode 0600.

Exit statuses:
` + exitHelp(exitOK, exitFault, exitUsage, exitNoCard, exitDenied, exitFailed, exitInconclusive, exitHSM),
		Example: `  chipid card inspect --can - --trust trust < can.txt
  chipid card inspect --reader 0 --qr @qr.txt --trust trust --json
  chipid card inspect --mrz @mrz.txt --trust trust --terminal-cert chain.cvcert \
    --terminal-key pkcs11:object=terminal --module SO --token checkpoint --pin-source file:pin`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runCardInspect(cmd.Context(), env, f, trust, out, rules, asJSON)
		},
	}
	f.register(cmd)
	cmd.Flags().StringVar(&trust, "trust", "", "trust store (chipid trust import makes one)")
	cmd.Flags().StringVar(&out, "out", "", "folder for the files as read")
	registerPolicy(cmd, &rules)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the verdict as JSON")
	_ = cmd.MarkFlagRequired("trust")
	return cmd
}

func runCardInspect(ctx context.Context, env *env, f accessFlags, trust, out, rules string, asJSON bool) error {
	store, err := pki.Open(trust)
	if err != nil {
		return err
	}
	p, err := loadPolicy(rules)
	if err != nil {
		return err
	}
	card, err := f.open(ctx, env, out)
	if err != nil {
		return err
	}
	defer card.Close()
	card.options.Policy = p
	v, err := inspect.Inspect(ctx, card, card.access, store, card.options)
	card.bar.close()
	err = brokenOff(ctx, v, err)
	if out != "" && len(v.Files()) > 0 {
		if werr := lds.WriteDir(out, v.Files()); err == nil {
			err = werr
		}
	}
	if !asJSON && exitStatus(err) == exitDenied {
		// A mistyped key says nothing about the chip.
		return err
	}
	if perr := env.showVerdict(v, asJSON); err == nil {
		err = perr
	}
	if err != nil {
		return err
	}
	return verdictError(v)
}

// brokenOff gives an inspection that was not carried through the exit status of
// its verdict, unless there is a status of its own for the reason: access denied,
// a card that has left, a key of the wrong kind.
func brokenOff(ctx context.Context, v *inspect.Verdict, err error) error {
	if err == nil || ctx.Err() != nil || exitStatus(err) != exitFault || v.Outcome == inspect.ResultPassed {
		return err
	}
	return exitError{status: verdictStatus(v), err: err}
}

// showVerdict prints a verdict for a program or a person.
func (e *env) showVerdict(v *inspect.Verdict, asJSON bool) error {
	if !asJSON {
		e.printVerdict(v)
		return nil
	}
	b, err := v.JSON()
	if err != nil {
		return err
	}
	_, err = e.Stdout.Write(b)
	return err
}
