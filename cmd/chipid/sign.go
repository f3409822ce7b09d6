package main

import "github.com/spf13/cobra"

func newSignCmd(env *env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "sign",
		Short: "Sign EF.SOD for lines with software of their own",
		Long: `sign signs EF.SOD with the Document Signers of a keys file for production lines that
make their chips with other software (docs/sign.md).

Exit statuses:
` + exitHelp(exitOK, exitFault, exitUsage, exitHSM),
		Example: `  chipid sign serve --keys keys.yaml --socket /run/chipid/sign.sock --keep 30d`,
	}
	cmd.AddCommand(newSignServeCmd(env))
	return cmd
}
