package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

// newRootCmd is the command with all of its verbs.
func newRootCmd(env *env) *cobra.Command {
	root := &cobra.Command{
		Use:   "chipid",
		Short: "Issue and inspect chip identity cards",
		Long: `chipid issues chip identity cards and inspects them at a checkpoint. Start with
"chipid demo --embedded": it needs nothing installed.

Exit statuses, the same for every verb:
` + exitHelp(0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetIn(env.Stdin)
	root.SetOut(env.Stdout)
	root.SetErr(env.Stderr)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		// The flags of a verb that does not exist are not what is wrong.
		if cmd.HasSubCommands() && cmd.Flags().NArg() > 0 {
			return noVerb(cmd, cmd.Flags().Arg(0))
		}
		return usageError{err: err, hint: cmd.CommandPath() + " --help"}
	})
	root.CompletionOptions.HiddenDefaultCmd = true
	addVerbs(root, env)
	markUsageErrors(root)
	return root
}

// markUsageErrors makes every complaint about arguments and flags a usage error, and a
// bare group ("chipid card") print its help.
func markUsageErrors(cmd *cobra.Command) {
	if args := cmd.Args; args != nil {
		cmd.Args = func(c *cobra.Command, a []string) error {
			// cobra looks at required flags only later, and its complaint is
			// of no type of its own.
			if err := errors.Join(args(c, a), c.ValidateRequiredFlags(), c.ValidateFlagGroups()); err != nil {
				return usageError{err: err, hint: c.CommandPath() + " --help"}
			}
			return nil
		}
	}
	if cmd.RunE == nil && cmd.Run == nil && cmd.HasSubCommands() {
		cmd.Args = cobra.ArbitraryArgs
		cmd.RunE = func(c *cobra.Command, a []string) error {
			if len(a) > 0 {
				return noVerb(c, a[0])
			}
			return c.Help()
		}
	}
	for _, sub := range cmd.Commands() {
		markUsageErrors(sub)
	}
}

func noVerb(group *cobra.Command, name string) error {
	return usageError{err: fmt.Errorf("there is no verb %q in %q", name, group.CommandPath()), hint: group.CommandPath() + " --help"}
}

// run executes one command line and gives the exit status.
func run(ctx context.Context, env *env, args []string) int {
	inner, out := *env, &output{w: env.Stdout}
	inner.Stdout = out
	root := newRootCmd(&inner)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil && out.err != nil {
		// Nobody has seen what this was run for.
		err = fmt.Errorf("write to stdout: %w", out.err)
	}
	if err == nil {
		return exitOK
	}
	status := exitStatus(err)
	if ctx.Err() != nil && status != exitFailed && status != exitInconclusive {
		// Whatever the signal hit is not what was wrong.
		env.talk("%s", env.tr("chipid: interrupted", "chipid: bị ngắt"))
		status = exitFault
	}
	var quiet exitError
	if !errors.As(err, &quiet) || quiet.err != nil {
		env.talk("chipid: %v", err)
		if advice := env.advice(err); advice != "" {
			env.talk("%s", advice)
		}
	}
	var usage usageError
	if errors.As(err, &usage) && usage.hint != "" {
		env.talk("%s", env.tr("See ", "Xem ")+usage.hint)
	}
	return status
}

// output remembers that it could not be written: a verdict that got lost in a
// full disk is not a success.
type output struct {
	w   io.Writer
	err error
}

func (o *output) Write(b []byte) (int, error) {
	n, err := o.w.Write(b)
	if err != nil && o.err == nil {
		o.err = err
	}
	return n, err
}
