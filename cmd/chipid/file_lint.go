package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/conformance"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

func newFileLintCmd(env *env) *cobra.Command {
	var asJSON, all bool
	var least string
	cmd := &cobra.Command{
		Use:   "lint FILE…",
		Short: "Conformance rules on files, certificates and lists",
		Long: `lint puts the conformance rules of Doc 9303-10, -11 and -12 to files of a chip (EF.COM,
the data groups, EF.SOD, EF.CardAccess, EF.CardSecurity, EF.ATR/INFO, EF.DIR), to
certificates, CRLs, master lists and deviation lists, in DER or PEM. What a file is
shows in its name where that is one of a chip's, else in its bytes; what a certificate
is for, in its extensions. Certificates inside signed objects are judged too.

A directory stands for the files in it, and the rules about objects that lie together
are asked as well: EF.COM against EF.SOD and the files that are there, EF.CardAccess
against DG14 and EF.CardSecurity, a CRL against the CSCA beside it.

A finding is an error where something mandatory is broken, a warning where a
recommendation is, an info otherwise. Nothing is verified: whether a signature is
right, and whom to trust, chipid file verify says. docs/rules.md lists every rule.

Exit statuses:
` + exitHelp(exitOK, exitFault, exitUsage, exitFailed) + `
For lint, 5 is a finding of severity error, 0 that there is none.`,
		Example: `  chipid file lint files
  chipid file lint --json csca.cer list.ml
  chipid file lint --severity error --all list.ml`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			severity, ok := map[string]lint.Severity{"error": lint.Error, "warning": lint.Warning, "info": lint.Info}[least]
			if !ok {
				return usagef("--severity is %q; it is error, warning or info", least)
			}
			var judged []conformance.Judged
			for _, arg := range args {
				j, err := lintArgument(env, arg)
				if err != nil {
					return err
				}
				judged = append(judged, j...)
			}
			report := newLintReport(judged, severity)
			if asJSON {
				if err := printJSON(env, report); err != nil {
					return err
				}
			} else {
				report.print(env, all)
			}
			if report.Errors > 0 {
				return exitError{status: exitFailed}
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the findings as JSON")
	cmd.Flags().BoolVar(&all, "all", false, "print the certificates of a list one by one, not summed up")
	cmd.Flags().StringVar(&least, "severity", "info", "leave out what is less grave: error, warning or info")
	return cmd
}

// maxLintFiles bounds the files of one directory.
const maxLintFiles = 20_000

// lintArgument judges a file, or a directory whose files lie together. In a
// directory, what has no rules is passed over with a word; named by itself it is an
// *cardprofile.InputError.
func lintArgument(env *env, arg string) ([]conformance.Judged, error) {
	if !isDir(arg) {
		inputs, err := lintInputs(arg)
		if err != nil {
			return nil, err
		}
		var out []conformance.Judged
		for _, in := range inputs {
			j := conformance.Object(in)
			if j[0].Kind == "" {
				return nil, &cardprofile.InputError{File: in.Name, Problem: "is no file of a chip, certificate or list that has rules",
					Fix: "name one of the kinds in chipid file lint --help"}
			}
			out = append(out, j...)
		}
		return out, nil
	}
	entries, err := os.ReadDir(arg)
	if err != nil {
		return nil, &cardprofile.InputError{File: arg, Problem: "cannot be read as a directory", Fix: "name a directory of files"}
	}
	if len(entries) > maxLintFiles {
		return nil, &cardprofile.InputError{File: arg, Problem: fmt.Sprintf("holds more than %d files", maxLintFiles), Fix: "name fewer"}
	}
	var inputs []conformance.Input
	for _, e := range entries {
		if !e.Type().IsRegular() {
			continue
		}
		path := filepath.Join(arg, e.Name())
		found, err := lintInputs(path)
		if err != nil {
			env.talk("chipid: %v", err)
			continue
		}
		for _, in := range found {
			if conformance.Recognise(in.Name, in.Bytes) == "" {
				env.talk(env.tr("%s: no rules for it, passed over", "%s: không có quy tắc, bỏ qua"), in.Name)
				continue
			}
			inputs = append(inputs, in)
		}
	}
	if len(inputs) == 0 {
		return nil, &cardprofile.InputError{File: arg, Problem: "holds no file that has rules", Fix: "name a directory of files of a chip, certificates or lists"}
	}
	return conformance.Together(arg, inputs), nil
}

// lintInputs reads one file: DER, or every block of a PEM.
func lintInputs(path string) ([]conformance.Input, error) {
	b, err := readShowFile(path)
	if err != nil {
		return nil, err
	}
	blocks, err := pemBlocks(b)
	if err != nil {
		return nil, &cardprofile.InputError{File: path, Problem: err.Error(), Fix: "check that the PEM is whole"}
	}
	if len(blocks) == 0 {
		return []conformance.Input{{Name: path, Bytes: b}}, nil
	}
	var out []conformance.Input
	for i, block := range blocks {
		name := path
		if i > 0 {
			name = fmt.Sprintf("%s#%d", path, i+1)
		}
		out = append(out, conformance.Input{Name: name, Bytes: block.data})
	}
	return out, nil
}
