package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cmd/internal/storeflags"
	"github.com/chipid-toolkit/chipid/printer/line/intake"
	"github.com/chipid-toolkit/chipid/printer/line/store"
)

type batchImport struct {
	db                                        storeflags.Flags
	batch, keys, photos, rejects, from, query string
	rejectsFor                                []string
	json                                      bool
}

// importedJSON is what `batch import --json` prints.
type importedJSON struct {
	Schema   string `json:"schema"`
	Batch    string `json:"batch"`
	Rows     int64  `json:"rows"`
	Accepted int64  `json:"accepted"`
	Rejected int64  `json:"rejected"`
	Rejects  string `json:"rejects,omitempty"` // file
}

func newBatchImportCmd(env *env) *cobra.Command {
	var f batchImport
	cmd := &cobra.Command{
		Use:   "import [FILE]",
		Short: "Take a file of requests into a batch",
		Long: `import takes the rows of a CSV, JSON Lines or XLSX file into a batch, or with --from
and --query the rows of a PostgreSQL query. Photos lie beside the file, in the
folder or the zip of --photos.

The file is read through once before anything is taken in: a damaged one changes
nothing. Rows are then committed in pieces. Whatever interrupts it, the same command
goes on where it was. Rows that cannot become a card are kept, and written to
FILE-rejects in the file's own form with their reasons: correct them there, and
import that file as a batch of its own. Rows = accepted + rejected, always.

A file that ends in .p7m is CMS, encrypted to the certificate of the intake key in the
token (chipid batch certificate); so may be a zip of photos. Its rejects go back
encrypted: to the same key, and to the certificates of --rejects-for.

Beside the columns of a record a file may have: kind (first, renewal, remake,
sample), priority (0 to 9), due, lot, office, replaces.

Example:
  chipid batch import requests.csv --batch A-2026-11 --photos photos.zip --keys keys.yaml
  chipid batch import requests.csv.p7m --batch A-2026-11 --photos photos.zip.p7m --rejects-for office.pem --keys keys.yaml
  chipid batch import --from postgres://reader@office/registry --query "SELECT … ORDER BY id" --batch A-2026-11 --photos photos --keys keys.yaml

Exit statuses:
` + exitHelp(exitOK, exitFault, exitUsage, exitHSM, exitHalted),
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			file := ""
			if len(args) == 1 {
				file = args[0]
			}
			return f.run(cmd.Context(), env, file)
		},
	}
	fs := cmd.Flags()
	f.db.Register(fs)
	fs.StringVar(&f.batch, "batch", "", "the batch that the rows go into")
	fs.StringVar(&f.keys, "keys", "", "the keys file")
	fs.StringVar(&f.photos, "photos", "", "folder or zip with the photos (default the folder of FILE)")
	fs.StringVar(&f.rejects, "rejects", "", "file for rejected rows (default beside FILE)")
	fs.StringArrayVar(&f.rejectsFor, "rejects-for", nil, "certificate that can open the rejects of an encrypted batch too")
	fs.StringVar(&f.from, "from", "", "PostgreSQL database to read from; the password comes from PGPASSWORD or ~/.pgpass")
	fs.StringVar(&f.query, "query", "", "the query whose rows are taken, with ORDER BY")
	fs.BoolVar(&f.json, "json", false, "print the counts as JSON")
	_ = cmd.MarkFlagRequired("batch")
	_ = cmd.MarkFlagRequired("keys")
	return cmd
}

func (f *batchImport) run(ctx context.Context, env *env, file string) error {
	if (file == "") == (f.from == "") || (f.from == "") != (f.query == "") {
		return usagef("name a file, or --from and --query")
	}
	keys, ring, err := lineKeys(ctx, env, f.keys)
	if err != nil {
		return err
	}
	defer ring.Close()
	st, err := f.db.Open(ctx, "")
	if err != nil {
		return err
	}
	defer st.Close()
	im, err := importer(ctx, env, st, keys, ring)
	if err != nil {
		return err
	}
	profile, err := profileOf(ctx, st, f.batch)
	if err != nil {
		return batchError(err, f.batch)
	}
	for _, path := range f.rejectsFor {
		to, err := recipient(env, path)
		if err != nil {
			return err
		}
		im.RejectsFor = append(im.RejectsFor, to)
	}
	files, err := intakeFiles(ctx, keys, ring)
	if err != nil {
		return err
	}
	src, err := openSource(ctx, env, files, file, f.from, f.query)
	if err != nil {
		return batchError(err, f.batch)
	}
	defer src.Close()
	if src.Encrypted() && f.rejects != "" && filepath.Ext(f.rejects) != filepath.Ext(file) {
		return usagef("--rejects: the rejects of an encrypted batch are encrypted: give the file a name that ends in %s", filepath.Ext(file))
	}
	photos, err := files.Photos(ctx, f.photos, file)
	if err != nil {
		return err
	}
	defer photos.Close()
	bar := newProgress(env)
	im.Progress = func(p intake.Progress) {
		if terminal(env.Stderr) || p.Done == p.Total || p.Done%(1<<13) == 0 {
			bar.set(env.tr("imported", "đã nhập"), int(p.Done), int(p.Total))
		}
	}
	done, err := im.Import(ctx, f.batch, profile, src, photos)
	bar.close()
	if errors.Is(err, intake.ErrComplete) {
		env.talk("%s", env.tr("All of this file is in the batch already.", "Tệp này đã được nhập hết vào đợt."))
	} else if err != nil {
		return batchError(err, f.batch)
	}
	j := importedJSON{Schema: "chipid.imported/1", Batch: f.batch, Rows: done.Done, Accepted: done.Accepted, Rejected: done.Rejected}
	if done.Rejected > 0 {
		j.Rejects = f.rejectsFile(file)
		if _, err := im.WriteRejects(ctx, f.batch, src, j.Rejects); err != nil {
			return err
		}
	}
	if f.json {
		return printJSON(env, j)
	}
	fmt.Fprintf(env.Stdout, env.tr("batch %s: %d rows = %d accepted + %d rejected\n", "đợt %s: %d dòng = %d nhận + %d trả lại\n"), j.Batch, j.Rows, j.Accepted, j.Rejected)
	if j.Rejects != "" {
		fmt.Fprintf(env.Stdout, env.tr("rejected rows with reasons: %s\n", "các dòng trả lại kèm lý do: %s\n"), j.Rejects)
	}
	return nil
}

// rejectsFile is where rejected rows go.
func (f *batchImport) rejectsFile(file string) string {
	if f.rejects != "" {
		return f.rejects
	}
	if file == "" {
		return f.batch + "-rejects.csv"
	}
	ext := filepath.Ext(file)
	switch ext {
	case ".p7m", ".cms":
		ext = filepath.Ext(strings.TrimSuffix(file, ext)) + ext
	}
	return strings.TrimSuffix(file, ext) + "-rejects" + ext
}

// openSource reads a file or a query through.
func openSource(ctx context.Context, env *env, files intake.Files, file, from, query string) (*intake.Source, error) {
	seen := func(rows int64) {
		if rows%(1<<17) == 0 {
			env.talk(env.tr("read through: %d rows", "đã đọc qua: %d dòng"), rows)
		}
	}
	if from != "" {
		return intake.OpenQuery(ctx, from, query, seen)
	}
	return files.Open(ctx, file, seen)
}

// profileOf is the profile of a batch.
func profileOf(ctx context.Context, st *store.Store, name string) (*cardprofile.Profile, error) {
	var b store.Batch
	if err := st.Do(ctx, "find batch", func(tx *store.Tx) (err error) {
		b, err = tx.Batch(ctx, name)
		return err
	}); err != nil {
		return nil, err
	}
	return cardprofile.Load(b.Profile)
}
