package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/chipid-toolkit/chipid/printer"
	"github.com/chipid-toolkit/chipid/printer/face"
)

// printerFlags say which printer, and how it is spoken to.
type printerFlags struct {
	address string
	options printer.Options
}

func (p *printerFlags) register(fs *pflag.FlagSet) {
	fs.StringVar(&p.address, "printer", "", "files:DIR, ipp://HOST/ipp/print, ipps://…, manual:DIR or virtual:")
	fs.StringVar(&p.options.User, "printer-user", "", "user at a network printer")
	fs.StringVar(&p.options.Password, "printer-password", "", "where that user's password is: file:PATH or env:NAME; goes over TLS alone")
	fs.StringVar(&p.options.CA, "printer-ca", "", "PEM file with the certificates that a printer with TLS is known by")
}

func (p *printerFlags) open(ctx context.Context, env *env) (printer.Printer, error) {
	if p.address == "" {
		return nil, usagef("--printer is missing: name a printer, such as files:DIR or ipp://HOST/ipp/print")
	}
	p.options.Lang, p.options.Hand = env.Lang, printer.HandFunc(env.hand)
	out, err := printer.Open(ctx, p.address, p.options)
	if errors.Is(err, printer.ErrUnknownDriver) {
		return nil, usageError{err: fmt.Errorf("--printer: %w", err)}
	}
	return out, err
}

// hand asks the person at the terminal to move the card.
func (e *env) hand(ctx context.Context, s printer.Step) error {
	fmt.Fprintf(e.Stderr, "%s. %s ", s.Say(e.Lang), e.tr("Enter when it is done, x and Enter if it cannot be:", "Nhấn Enter khi xong, hoặc x rồi Enter nếu không làm được:"))
	answer, err := e.answer(ctx)
	switch {
	case err != nil:
		return err
	case strings.TrimSpace(answer) != "":
		return errors.New("it cannot be done")
	}
	return nil
}

// answer reads a line byte by byte: what comes after it is for the next question.
func (e *env) answer(ctx context.Context) (string, error) {
	type said struct {
		text string
		err  error
	}
	done := make(chan said, 1)
	go func() {
		var text []byte
		for b := []byte{0}; len(text) < 80; {
			if _, err := io.ReadFull(e.Stdin, b); err != nil {
				done <- said{err: errors.New("nobody answers")}
				return
			}
			if b[0] == '\n' {
				break
			}
			text = append(text, b[0])
		}
		done <- said{text: string(text)}
	}()
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case s := <-done:
		return s.text, s.err
	}
}

func newPrintSendCmd(env *env) *cobra.Command {
	var job printJob
	var to printerFlags
	var dry bool
	cmd := &cobra.Command{
		Use:   "send",
		Short: "Print one card",
		Long: `send prints both faces of a card and delivers it. A printer that fails is asked
to reject the card; a card whose print was begun and did not end well is never
printed again.

--printer names the printer:

  files:DIR              a folder: NNNN-front.png, NNNN-back.png, and a PDF sheet
                         at true size; cards are numbered on from those there
  ipp://HOST/ipp/print   a printer that speaks IPP and takes PWG raster on media
                         of the size of a card; ipps:// over TLS
  manual:DIR             a desktop printer: you are asked to carry the card, and
                         print the pictures in DIR
  manual:DIR?print=ipp://HOST/ipp/print
                         you carry the card, the printer prints by itself

Without --dpi the printer's own resolution is taken. --dry-run asks the printer
whether it would take the card, and prints nothing.

Example:
  chipid print send --profile vn-cccd-2021 --record citizen.json --printer files:out
  chipid print send --record citizen.json --printer ipps://cards.local/ipp/print --printer-ca printer.pem --dry-run

Exit statuses:
` + exitHelp(exitOK, exitFault, exitUsage, exitPrinter),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := to.open(cmd.Context(), env)
			if err != nil {
				return err
			}
			err = func() error {
				if !cmd.Flags().Changed("dpi") {
					if err := job.resolution(cmd.Context(), p); err != nil {
						return err
					}
				}
				f, err := job.faces(env)
				if err != nil {
					return err
				}
				if dry {
					return validate(cmd.Context(), p, f)
				}
				return printCard(cmd.Context(), p, f)
			}()
			if err := errors.Join(err, p.Close()); err != nil {
				return err
			}
			return printResult{Printer: p.Name(), DPI: job.dpi, DryRun: dry}.show(env, job.json)
		},
	}
	job.register(cmd.Flags())
	to.register(cmd.Flags())
	cmd.Flags().BoolVar(&dry, "dry-run", false, "ask the printer, print nothing")
	return cmd
}

// resolution takes the printer's: the usual one if it has that.
func (j *printJob) resolution(ctx context.Context, p printer.Printer) error {
	c, err := printer.CapabilitiesOf(ctx, p)
	if err != nil {
		return err
	}
	usable := slices.DeleteFunc(slices.Clone(c.DPI), func(dpi int) bool { return dpi < face.MinDPI || dpi > face.MaxDPI })
	switch {
	case len(c.DPI) == 0, slices.Contains(usable, j.dpi):
	case len(usable) == 0:
		return printer.ErrDPI
	default:
		j.dpi = slices.Min(usable)
	}
	return nil
}

// validate asks whether the card would be printed.
func validate(ctx context.Context, p printer.Printer, f *face.Faces) error {
	front, back := f.Face(printer.Front), f.Face(printer.Back)
	if v, ok := p.(printer.Validator); ok {
		return v.Validate(ctx, front, back)
	}
	c, err := printer.CapabilitiesOf(ctx, p)
	return errors.Join(err, c.Fits(front), c.Fits(back))
}

// printerStatus is what the verb status prints.
type printerStatus struct {
	Schema       string                `json:"schema"`
	Name         string                `json:"name"`
	Report       *printer.Report       `json:"report,omitempty"`
	Capabilities *printer.Capabilities `json:"capabilities,omitempty"`
	Status       printer.Status        `json:"status"`
	Station      string                `json:"station"`
	Stations     []string              `json:"chip_stations,omitempty"`
}

func newPrintStatusCmd(env *env) *cobra.Command {
	var to printerFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Ask a printer what it is, what it can do and what it lacks",
		Long: `status asks a printer about itself, moves nothing and prints nothing. A printer
that could not print a card now ends it with status 8, after all that it said.

Example:
  chipid print status --printer ipp://cards.local/ipp/print

Exit statuses:
` + exitHelp(exitOK, exitFault, exitUsage, exitPrinter),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := to.open(cmd.Context(), env)
			if err != nil {
				return err
			}
			s := printerStatus{Schema: "chipid.printer/1", Name: p.Name()}
			now, err := p.Status(cmd.Context())
			if err != nil {
				return err
			}
			s.Status, s.Station = now, now.Station.String()
			if r, ok := p.(printer.Reporter); ok {
				report, err := r.Report(cmd.Context())
				if err != nil {
					return err
				}
				s.Report = &report
			}
			// A printer that cannot print cards has none; its report says why.
			c, fault := printer.CapabilitiesOf(cmd.Context(), p)
			if fault == nil {
				s.Capabilities = &c
				for _, at := range c.Stations {
					s.Stations = append(s.Stations, at.String())
				}
			}
			if s.Report != nil && s.Report.Fault != "" && fault == nil {
				fault = exitError{status: exitPrinter}
			}
			if asJSON {
				err = printJSON(env, s)
			} else {
				s.show(env)
			}
			return errors.Join(err, fault)
		},
	}
	to.register(cmd.Flags())
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func (s printerStatus) show(env *env) {
	line := func(label, text string) {
		if text != "" {
			fmt.Fprintf(env.Stdout, "%-14s %s\n", label, text)
		}
	}
	line(env.tr("printer", "máy in"), s.Name)
	if r := s.Report; r != nil {
		line(env.tr("model", "kiểu máy"), r.Model)
		line(env.tr("state", "trạng thái"), strings.TrimSpace(r.State+" "+strings.Join(r.Reasons, " ")))
		line(env.tr("waiting jobs", "lệnh chờ"), fmt.Sprint(r.Queued))
		line(env.tr("cards", "khổ thẻ"), r.Media)
		for _, supply := range r.Supplies {
			level := env.tr("unknown", "không rõ")
			if supply.Level >= 0 {
				level = fmt.Sprintf("%d %%", supply.Level)
			}
			line(env.tr("supply", "vật tư"), supply.Name+": "+level)
		}
		line(env.tr("fault", "lỗi"), r.Fault)
	}
	if c := s.Capabilities; c != nil {
		var can []string
		for name, has := range map[string]bool{
			env.tr("colour", "màu"): c.Colour, env.tr("black", "đen"): c.Black, "UV": c.UV, env.tr("turns the card", "lật thẻ"): c.Flip,
			env.tr("both sides at once", "in hai mặt một lần"): c.Together,
		} {
			if has {
				can = append(can, name)
			}
		}
		slices.Sort(can)
		line(env.tr("can", "khả năng"), strings.Join(can, ", "))
		if len(c.DPI) > 0 {
			line("dpi", strings.Trim(fmt.Sprint(c.DPI), "[]"))
		}
		line(env.tr("chip stations", "đầu đọc chip"), strings.Join(s.Stations, ", "))
	}
}
