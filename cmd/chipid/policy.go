package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/chipid-toolkit/chipid/cardprofile/policy"
)

// registerPolicy adds --policy to a verb that ends in a verdict.
func registerPolicy(cmd *cobra.Command, path *string) {
	cmd.Flags().StringVar(path, "policy", "", "policy file: what is made of weaknesses and deviations (default: the one that chipid trust policy prints)")
}

// loadPolicy reads the policy of the flag; nil is the default one.
func loadPolicy(path string) (*policy.Policy, error) {
	if path == "" {
		return nil, nil
	}
	return policy.Load(path)
}

func newTrustPolicyCmd(env *env) *cobra.Command {
	return &cobra.Command{
		Use:   "policy [FILE]",
		Short: "Print the default policy, or check a policy file",
		Long: `policy prints the policy that inspect and verify go by when none is named with
--policy, as a file to begin one's own with. With FILE it reads that policy as
strictly as they do, and says its name and digest.

A policy says what is made of facts: which weaknesses and deviations count, for
which countries and dates, which checks are required, and how far pinned signers,
known defects and an authority's word go. docs/policy.md explains every key.

Exit statuses:
` + exitHelp(exitOK, exitFault, exitUsage),
		Example: `  chipid trust policy > mine.yaml
  chipid trust policy mine.yaml
  chipid file verify files --trust trust --policy mine.yaml`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				_, err := env.Stdout.Write(policy.Default().Text())
				return err
			}
			p, err := policy.Load(args[0])
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(env.Stdout, "%s %s\nSHA-256 %s\n", p.Name(), p.Version(), p.Digest())
			return err
		},
	}
}
