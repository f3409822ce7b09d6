package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/chipid-toolkit/chipid/apdu/pcsc"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/inspect"
)

func newCardCmd(env *env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "card",
		Short: "Issue, read and inspect a chip in a reader",
		Long: `card works on one chip in a PC/SC reader; "chipid readers" lists the readers.

Exit statuses:
` + exitHelp(exitOK, exitFault, exitUsage, exitNoCard, exitDenied, exitFailed, exitInconclusive, exitHSM),
		Example: `  chipid card issue   --profile vn-cccd-2021 --record person.json --keys keys.yaml
  chipid card inspect --can - --trust trust < can.txt`,
	}
	cmd.AddCommand(newCardIssueCmd(env), newCardReadCmd(env), newCardInspectCmd(env))
	return cmd
}

// accessFlags say how a chip is opened. The key is personal data: "-" takes it
// from one line of stdin, "@FILE" from a file.
type accessFlags struct {
	can, mrz, qr, pin string
	profile           string
	reader            string
	terminal          terminalFlags
}

// accessHelp stands in the help of each verb that has accessFlags.
const accessHelp = `The access key is personal data, and arguments stand in every process list. Give
it as "-" (one line from stdin) or "@FILE":
  --can -   the card access number (Vietnamese cards: the last 6 digits of the
            12-digit number)
  --mrz -   the machine readable zone: all its lines, one after the other on one
            line, or NUMBER,YYMMDD,YYMMDD
  --qr -    the text of the QR code on a Vietnamese card
  --pin -   the holder's PIN, on cards that have one; the chip counts wrong ones.
            With --can beside it, a PIN that the chip has suspended is resumed
`

func (f *accessFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.reader, "reader", "", "reader: name, part of it, or number (default: the only one with a card)")
	flags.StringVar(&f.can, "can", "", `card access number: "-" for stdin, "@FILE", or the digits`)
	flags.StringVar(&f.mrz, "mrz", "", `machine readable zone: "-", "@FILE", or the text`)
	flags.StringVar(&f.qr, "qr", "", `QR code: "-", "@FILE", or the text`)
	flags.StringVar(&f.pin, "pin", "", `PIN: "-", "@FILE", or the digits`)
	flags.StringVar(&f.profile, "profile", "", "card type that is expected (default: what the card says)")
	cmd.MarkFlagsMutuallyExclusive("can", "mrz", "qr")
	cmd.MarkFlagsMutuallyExclusive("pin", "mrz", "qr")
	f.terminal.register(cmd)
}

// access makes the key of the flag that is given; a PIN may have a CAN beside it.
func (f *accessFlags) access(ctx context.Context, env *env) (inspect.Access, error) {
	if f.pin == "-" && f.can == "-" {
		return inspect.Access{}, usagef("--pin and --can cannot both be read from stdin: give one of them as @FILE")
	}
	var a inspect.Access
	given := false
	for _, k := range []struct {
		flag, value string
		make        func(string) (inspect.Access, error)
	}{{"--pin", f.pin, inspect.ByPIN}, {"--can", f.can, inspect.ByCAN}, {"--mrz", f.mrz, inspect.ByMRZ}, {"--qr", f.qr, inspect.ByQR}} {
		if k.value == "" {
			continue
		}
		text, err := env.secretArgument(ctx, k.flag, k.value)
		if err != nil {
			return inspect.Access{}, err
		}
		if given {
			a, err = a.WithCAN(text)
		} else {
			a, err = k.make(text)
		}
		if err != nil {
			return inspect.Access{}, usageError{err: fmt.Errorf("%s: %w", k.flag, err)}
		}
		given = true
	}
	if !given {
		return a, usagef("one of --can, --mrz, --qr and --pin is needed to open the chip")
	}
	return a, nil
}

// options are those of an inspection.
func (f *accessFlags) options(bar *progress) (inspect.Options, error) {
	o := inspect.Options{Progress: func(p inspect.Progress) {
		if p.Total > 0 {
			bar.bytes(p.File, p.Done, p.Total)
		}
	}}
	if f.profile != "" {
		p, err := cardprofile.Load(f.profile)
		if err != nil {
			return o, err
		}
		o.Profile = p
	}
	return o, nil
}

// maxSecret bounds an access key from stdin or a file, in bytes.
const maxSecret = 4096

// secretArgument resolves "-" and "@FILE". From a file all lines count, since a
// machine readable zone has two or three; from stdin one.
func (e *env) secretArgument(ctx context.Context, flag, value string) (string, error) {
	switch {
	case value == "-":
		line, err := e.line(ctx)
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return "", usagef("%s: stdin cannot be read", flag)
		}
		if strings.TrimSpace(line) == "" {
			return "", usagef("%s: stdin holds no line", flag)
		}
		return strings.TrimRight(line, "\r\n"), nil
	case strings.HasPrefix(value, "@"):
		name := value[1:]
		f, err := os.Open(name)
		if err != nil {
			return "", &cardprofile.InputError{File: name, Field: flag, Problem: "cannot be opened", Fix: "name a readable file after @"}
		}
		defer f.Close()
		b, err := io.ReadAll(io.LimitReader(f, maxSecret))
		if err != nil {
			return "", &cardprofile.InputError{File: name, Field: flag, Problem: "cannot be read", Fix: "name a readable file after @"}
		}
		return strings.TrimSpace(string(b)), nil
	default:
		return value, nil
	}
}

// line reads one line from stdin. Reading cannot be interrupted, so it is left
// behind when the program is to end.
func (e *env) line(ctx context.Context) (string, error) {
	type answer struct {
		line string
		err  error
	}
	got := make(chan answer, 1)
	go func() {
		line, err := bufio.NewReader(io.LimitReader(e.Stdin, maxSecret)).ReadString('\n')
		got <- answer{line, err}
	}()
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case a := <-got:
		return a.line, a.err
	}
}

// connect opens the card in the reader that the flag means.
func connect(ctx context.Context, reader string) (*pcsc.Card, error) {
	card, err := pcsc.Connect(ctx, reader, pcsc.Options{})
	if reader == "" && errors.Is(err, pcsc.ErrAmbiguous) && noCards(ctx) {
		// With nothing in any of them, a reader's name is not what is missing.
		return nil, fmt.Errorf("pcsc: %w: none of the readers holds a card", pcsc.ErrNoCard)
	}
	return card, err
}

// opened is a card in a reader, and how it is to be read.
type opened struct {
	*pcsc.Card
	access  inspect.Access
	options inspect.Options
	bar     *progress
	release func() error // the token of the terminal's key
}

// Close lets go of the card, and of the terminal's key if there is one.
func (o *opened) Close() error { return errors.Join(o.Card.Close(), o.release()) }

// open makes the key, prepares the folder for files and connects to the card, in
// the order in which mistakes are cheapest. What it gives back is to be closed.
func (f *accessFlags) open(ctx context.Context, env *env, out string) (*opened, error) {
	access, err := f.access(ctx, env)
	if err != nil {
		return nil, err
	}
	if err := prepareOut(out); err != nil {
		return nil, err
	}
	terminal, release, err := f.terminal.open(ctx, env)
	if err != nil {
		return nil, errors.Join(err, release())
	}
	bar := newProgress(env)
	o, err := f.options(bar)
	if err != nil {
		bar.close()
		return nil, errors.Join(err, release())
	}
	card, err := connect(ctx, f.reader)
	if err != nil {
		bar.close()
		return nil, errors.Join(err, release())
	}
	o.Reader, o.Terminal = card.Reader(), terminal
	return &opened{card, access, o, bar, release}, nil
}

func noCards(ctx context.Context) bool {
	readers, err := pcsc.Readers(ctx)
	return err == nil && !slices.ContainsFunc(readers, func(r pcsc.Info) bool { return r.Card })
}

// prepareOut makes the folder for files with personal data before a chip is touched:
// what cannot be written must not be found out when a card is already made.
func prepareOut(dir string) error {
	if dir == "" {
		return nil
	}
	wrong := &cardprofile.InputError{File: dir, Field: "--out", Problem: "is not a folder that can be written to", Fix: "name another"}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return wrong
	}
	probe, err := os.CreateTemp(dir, ".probe-")
	if err != nil {
		return wrong
	}
	_ = probe.Close()
	return os.Remove(probe.Name())
}
