package main

import (
	"github.com/spf13/cobra"

	"github.com/chipid-toolkit/chipid/cardprofile/pki"
)

func newTrustCmd(env *env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "trust",
		Short: "What a checkpoint trusts: CSCA certificates, master lists, CRLs",
		Long: `trust keeps a store of CSCA certificates, in a folder, for --trust of the verbs
that inspect and verify. What is imported there is trusted: take certificates
and lists from where you know they come.

Example:
  chipid trust import --store trust --create csca.cer
  chipid trust list   --store trust

Exit statuses:
` + exitHelp(exitOK, exitFault, exitUsage),
	}
	cmd.AddCommand(newTrustImportCmd(env), newTrustListCmd(env), newTrustPolicyCmd(env))
	return cmd
}

// openTrust opens the store of a flag.
func openTrust(flag, dir string) (*pki.Store, error) {
	if dir == "" {
		return nil, usagef("%s: is not given; name the folder of a trust store", flag)
	}
	return pki.Open(dir)
}
