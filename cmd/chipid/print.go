package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/printer"
	"github.com/chipid-toolkit/chipid/printer/face"
)

func newPrintCmd(env *env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "print",
		Short: "Draw card faces, to look at or to print",
		Long: `print draws the two faces of a card as its profile lays them out: portrait,
text, QR code and machine readable zone. The layouts that come with chipid
carry SPECIMEN / MẪU across both faces and imitate no security feature.

A record file is JSON, or CSV with one row; the portrait that it names is looked
for beside it. The record must pass the same rules as for chipid card issue. Faces are personal data: files are made with mode 0600.

Example:
  chipid print preview --profile vn-cccd-2021 --record citizen.json --out preview
  chipid print send    --profile vn-cccd-2021 --record citizen.json --printer files:out
  chipid print status  --printer ipp://cards.local/ipp/print

Exit statuses:
` + exitHelp(exitOK, exitFault, exitUsage, exitPrinter),
	}
	cmd.AddCommand(newPrintPreviewCmd(env), newPrintSendCmd(env), newPrintStatusCmd(env))
	return cmd
}

// printJob is what both verbs are asked for.
type printJob struct {
	profile, record string
	dpi             int
	json            bool
}

func (j *printJob) register(fs *pflag.FlagSet) {
	fs.StringVar(&j.profile, "profile", "vn-cccd-2021", "card profile: an id, or a file")
	fs.StringVar(&j.record, "record", "", "record of the holder: JSON, or CSV with one row")
	fs.IntVar(&j.dpi, "dpi", face.DefaultDPI, fmt.Sprintf("dots per inch, %d to %d", face.MinDPI, face.MaxDPI))
	fs.BoolVar(&j.json, "json", false, "print JSON")
}

// faces draws the card of a record that could be issued.
func (j *printJob) faces(env *env) (*face.Faces, error) {
	if j.record == "" {
		return nil, usagef("--record is missing: name the record's file")
	}
	p, err := cardprofile.Load(j.profile)
	if err != nil {
		return nil, err
	}
	renderer, err := face.New(p, j.dpi)
	if err != nil {
		return nil, j.explain(err)
	}
	plan, warnings, err := planRecord(env, p, j.record)
	if err != nil {
		return nil, err
	}
	env.warn(warnings)
	data, err := face.Of(p, plan.Record, plan.Portrait)
	if err != nil {
		return nil, j.explain(err)
	}
	f, err := renderer.Render(data)
	if err != nil {
		return nil, j.explain(err)
	}
	return f, nil
}

// explain says in which file an error of drawing is to be put right.
func (j *printJob) explain(err error) error {
	var input *cardprofile.InputError
	var drawing *face.Error
	switch {
	case errors.As(err, &input):
		named := *input
		if named.File == "" {
			named.File = j.record
		}
		return &named
	case errors.As(err, &drawing) && drawing.Field != "":
		return &cardprofile.InputError{File: j.record, Field: drawing.Field, Problem: drawing.Err.Error(), Fix: "shorten it, or give it more room in the layout " + drawing.Layout}
	case errors.Is(err, face.ErrQRRoom):
		return &cardprofile.InputError{File: j.record, Field: "QR code", Problem: face.ErrQRRoom.Error(), Fix: "shorten the texts that it holds"}
	case errors.As(err, &drawing):
		return &cardprofile.InputError{File: drawing.Layout, Field: drawing.Side.String() + "." + drawing.Element, Problem: drawing.Err.Error(), Fix: "correct the element, or the record that it shows"}
	case errors.Is(err, face.ErrDPI):
		return usagef("--dpi: %w", err)
	case errors.Is(err, face.ErrNoLayout):
		return usagef("--profile: %w: name one that has faces", err)
	case errors.Is(err, face.ErrPortrait), errors.Is(err, face.ErrNoPortrait):
		return &cardprofile.InputError{File: j.record, Field: "portrait", Problem: err.Error(), Fix: "name a JPEG"}
	}
	return &cardprofile.InputError{File: j.record, Problem: err.Error(), Fix: "correct the record"}
}

// printResult is what the verbs print.
type printResult struct {
	Schema  string   `json:"schema"`
	Printer string   `json:"printer,omitempty"`
	DPI     int      `json:"dpi"`
	DryRun  bool     `json:"dry_run,omitempty"`
	Files   []string `json:"files,omitempty"`
}

func (r printResult) show(env *env, asJSON bool) error {
	if asJSON {
		r.Schema = "chipid.print/1"
		return printJSON(env, r)
	}
	for _, f := range r.Files {
		fmt.Fprintln(env.Stdout, f)
	}
	switch {
	case r.DryRun:
		fmt.Fprintf(env.Stdout, "%s: %s\n", r.Printer, env.tr("would print the card; nothing was printed", "sẽ in được thẻ này; chưa in gì"))
	case r.Printer != "":
		fmt.Fprintf(env.Stdout, "%s: %s\n", r.Printer, env.tr("one card printed and delivered", "đã in và trả ra một thẻ"))
	}
	return nil
}

func newPrintPreviewCmd(env *env) *cobra.Command {
	var job printJob
	var out string
	var rounded bool
	cmd := &cobra.Command{
		Use:   "preview",
		Short: "Draw card faces to PNG and PDF",
		Long: `preview draws a card into a folder: front.png, back.png, and card.pdf with both
at their true size. It prints the files' names.

Example:
  chipid print preview --profile vn-cccd-2021 --record citizen.json --out preview

Exit statuses:
` + exitHelp(exitOK, exitFault, exitUsage),
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			f, err := job.faces(env)
			if err != nil {
				return err
			}
			files, err := writePreview(out, f, rounded)
			if err != nil {
				return err
			}
			return printResult{DPI: f.DPI, Files: files}.show(env, job.json)
		},
	}
	job.register(cmd.Flags())
	cmd.Flags().StringVar(&out, "out", "preview", "folder to write to")
	cmd.Flags().BoolVar(&rounded, "rounded", false, "cut the pictures' corners as the card's are")
	return cmd
}

func writePreview(dir string, f *face.Faces, rounded bool) ([]string, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, usagef("--out: %w: name a folder that can be written to", err)
	}
	var written []string
	write := func(name string, to func(*os.File) error) error {
		path := filepath.Join(dir, name)
		file, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
		if err != nil {
			return usagef("--out: %w: name a folder that can be written to", err)
		}
		// a file of that name may be there, with another mode
		if err := errors.Join(file.Chmod(0o600), to(file), file.Close()); err != nil {
			return err
		}
		written = append(written, path)
		return nil
	}
	for _, side := range []printer.Side{printer.Front, printer.Back} {
		var img image.Image = f.Face(side).Colour
		if rounded {
			img = f.Rounded(side)
		}
		if err := write(side.String()+".png", func(file *os.File) error { return printer.WritePNG(file, img, f.DPI) }); err != nil {
			return nil, err
		}
	}
	err := write("card.pdf", func(file *os.File) error { return face.WritePDF(file, []*face.Faces{f}) })
	return written, err
}

// printCard carries one card through the printer. Whatever goes wrong, the card
// does not stay inside and is not delivered.
func printCard(ctx context.Context, p printer.Printer, f *face.Faces) error {
	if err := p.Feed(ctx); err != nil {
		return giveUp(p, err)
	}
	for _, step := range []func() error{
		func() error { return p.Print(ctx, f.Face(printer.Front)) },
		func() error { return p.Flip(ctx) },
		func() error { return p.Print(ctx, f.Face(printer.Back)) },
		func() error { return p.Eject(ctx) },
	} {
		if err := step(); err != nil {
			return giveUp(p, err)
		}
	}
	return nil
}

// giveUp rejects what is in the printer. It works on after an interruption, for
// which the context of the job is of no use any more.
func giveUp(p printer.Printer, why error) error {
	ctx := context.Background()
	if printer.Resumable(why) {
		why = errors.Join(why, p.Cancel(ctx))
	}
	s, err := p.Status(ctx)
	if err == nil && s.Station != printer.StationNone {
		err = p.Reject(ctx)
	}
	return errors.Join(why, err)
}
