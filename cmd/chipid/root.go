package main

import (
	"context"
	"errors"
	"fmt"

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
		return usageError{err: err, hint: cmd.CommandPath() + " --help"}
	})
	root.CompletionOptions.HiddenDefaultCmd = true
	addVerbs(root, env)
	markUsageErrors(root)
	return root
}

// markUsageErrors makes every complaint about arguments a usage error, and a
// bare group ("chipid card") print its help.
func markUsageErrors(cmd *cobra.Command) {
	if args := cmd.Args; args != nil {
		cmd.Args = func(c *cobra.Command, a []string) error {
			if err := args(c, a); err != nil {
				return usageError{err: err, hint: c.CommandPath() + " --help"}
			}
			return nil
		}
	}
	if cmd.RunE == nil && cmd.Run == nil && cmd.HasSubCommands() {
		cmd.Args = cobra.ArbitraryArgs
		cmd.RunE = func(c *cobra.Command, a []string) error {
			if len(a) > 0 {
				return usageError{err: fmt.Errorf("there is no verb %q in %q", a[0], c.CommandPath()), hint: c.CommandPath() + " --help"}
			}
			return c.Help()
		}
	}
	for _, sub := range cmd.Commands() {
		markUsageErrors(sub)
	}
}

// run executes one command line and gives the exit status.
func run(ctx context.Context, env *env, args []string) int {
	root := newRootCmd(env)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	status := exitStatus(err)
	var quiet exitError
	if !errors.As(err, &quiet) || quiet.err != nil {
		env.talk("chipid: %v", err)
	}
	var usage usageError
	if errors.As(err, &usage) && usage.hint != "" {
		env.talk("%s", env.tr("See ", "Xem ")+usage.hint)
	}
	return status
}
