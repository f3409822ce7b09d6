package main

import "github.com/spf13/cobra"

// addVerbs hangs every verb into the command.
func addVerbs(root *cobra.Command, env *env) {
	root.AddCommand(
		newDemoCmd(env),
		newReadersCmd(env),
		newEmulateCmd(env),
		newKeysCmd(env),
		newPKICmd(env),
		newTrustCmd(env),
		newCardCmd(env),
		newBatchCmd(env),
		newStockCmd(env),
		newLineCmd(env),
		newConsoleCmd(env),
		newFileCmd(env),
		newPackCmd(env),
		newPrintCmd(env),
		newSignCmd(env),
	)
}
