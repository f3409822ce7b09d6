package main

import (
	"bytes"
	"os"

	"github.com/spf13/cobra"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/inspect"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
)

func newFileCmd(env *env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "file",
		Short: "Show, verify and lint the files of a chip",
		Long: `file works on files as they were read from a chip, without the chip.

Exit statuses:
` + exitHelp(exitOK, exitFault, exitUsage, exitFailed, exitInconclusive),
		Example: `  chipid file show files
  chipid file verify files --trust trust
  chipid file lint files`,
	}
	cmd.AddCommand(newFileShowCmd(env), newFileVerifyCmd(env), newFileLintCmd(env))
	return cmd
}

func newFileVerifyCmd(env *env) *cobra.Command {
	var (
		trust, profile, rules string
		asJSON                bool
	)
	cmd := &cobra.Command{
		Use:   "verify DIR|EF.SOD",
		Short: "Passive authentication of files alone",
		Long: `verify checks the files of a chip without the chip: the signature of EF.SOD down
to the trust store, and the hash of each data group that is there. Data groups
that are not there are not performed, not failed. DIR holds the files as card read
writes them (EF.SOD.bin, EF.DG1.bin, …); an EF.SOD may be without its tag 77.

Exit statuses:
` + exitHelp(exitOK, exitFault, exitUsage, exitFailed, exitInconclusive),
		Example: `  chipid file verify files --trust trust
  chipid file verify EF.SOD.bin --trust trust --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			store, err := pki.Open(trust)
			if err != nil {
				return err
			}
			files, err := readFiles(args[0])
			if err != nil {
				return err
			}
			var o inspect.Options
			if profile != "" {
				if o.Profile, err = cardprofile.Load(profile); err != nil {
					return err
				}
			}
			if o.Policy, err = loadPolicy(rules); err != nil {
				return err
			}
			v := inspect.Files(files, store, o)
			if err := env.showVerdict(v, asJSON); err != nil {
				return err
			}
			return verdictError(v)
		},
	}
	cmd.Flags().StringVar(&trust, "trust", "", "trust store (chipid trust import makes one)")
	cmd.Flags().StringVar(&profile, "profile", "", "card type that is expected (default: what the files say)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the verdict as JSON")
	registerPolicy(cmd, &rules)
	_ = cmd.MarkFlagRequired("trust")
	return cmd
}

// readFiles reads a directory of files, or one EF.SOD whatever its name.
func readFiles(path string) ([]lds.File, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return lds.ReadDir(path)
	}
	b, err := lds.ReadDiskFile(path)
	if err != nil {
		return nil, err
	}
	// A damaged EF.SOD is judged; what never was one is the wrong file. Some
	// tools write it without its tag.
	if len(b) == 0 || b[0] != 0x77 {
		if !bytes.Contains(b[:min(len(b), 64)], cms.MarshalOID(cms.OIDSignedData)) {
			return nil, &cardprofile.InputError{File: path, Problem: "is not an EF.SOD (it does not begin with tag 77)",
				Fix: "name an EF.SOD, or a directory with EF.SOD.bin, EF.DG1.bin, … as card read --out writes it"}
		}
	}
	return []lds.File{{Name: lds.NameSOD, Bytes: b}}, nil
}
