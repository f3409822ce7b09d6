package main

import (
	"context"
	"crypto/sha256"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/chipid-toolkit/chipid/cardprofile/inspect"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
)

// readingJSON is what `card read --json` prints.
type readingJSON struct {
	Schema string        `json:"schema"`
	Files  []fileJSON    `json:"files"`
	Chip   *inspect.Chip `json:"chip"`
}

type fileJSON struct {
	Name   string `json:"name"`
	Bytes  int    `json:"bytes"`
	SHA256 string `json:"sha256"`
}

func newFileJSON(f lds.File) fileJSON {
	return fileJSON{f.Name, len(f.Bytes), fmt.Sprintf("%x", sha256.Sum256(f.Bytes))}
}

func newCardReadCmd(env *env) *cobra.Command {
	var (
		f      accessFlags
		out    string
		asJSON bool
	)
	cmd := &cobra.Command{
		Use:   "read",
		Short: "Read the files of a chip, without a verdict",
		Long: `read opens the chip in a reader and reads every file that it gives. Nothing is
verified: card inspect does that.

` + accessHelp + `
` + terminalHelp + `
With --out the files are written as EF.COM.bin, EF.DG1.bin, …, mode 0600: they
are personal data.

Exit statuses:
` + exitHelp(exitOK, exitFault, exitUsage, exitNoCard, exitDenied, exitHSM),
		Example: `  chipid card read --can - --out files < can.txt
  chipid card read --reader 0 --mrz @mrz.txt --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runCardRead(cmd.Context(), env, f, out, asJSON)
		},
	}
	f.register(cmd)
	cmd.Flags().StringVar(&out, "out", "", "folder for the files")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print names, sizes and hashes as JSON")
	return cmd
}

func runCardRead(ctx context.Context, env *env, f accessFlags, out string, asJSON bool) error {
	card, err := f.open(ctx, env, out)
	if err != nil {
		return err
	}
	defer card.Close()
	r, err := inspect.Read(ctx, card, card.access, card.options)
	card.bar.close()
	if err != nil {
		return err
	}
	if out != "" {
		if err := lds.WriteDir(out, r.Files); err != nil {
			return err
		}
	}
	j := readingJSON{Schema: "chipid.read/1", Chip: r.Chip}
	for _, file := range r.Files {
		j.Files = append(j.Files, newFileJSON(file))
	}
	if asJSON {
		return printJSON(env, j)
	}
	t := newTable(env.Stdout)
	for _, file := range j.Files {
		t.row(file.Name, file.Bytes, file.SHA256)
	}
	t.flush()
	env.talk(env.tr("%s: opened with %s, %d exchanges", "%s: mở bằng %s, %d lượt trao đổi"), card.Reader(), r.Chip.Access, r.Chip.APDUs)
	return nil
}
