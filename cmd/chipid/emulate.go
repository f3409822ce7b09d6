package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/vpcd"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/applet"
	"github.com/chipid-toolkit/chipid/testcards/chip"
)

// defaultVPCD is the first virtual reader of a stock pcscd.
const defaultVPCD = "127.0.0.1:35963"

// emulatedApplet is the driver whose blanks this program can be.
const emulatedApplet = "chipid-gp"

type emulateFlags struct {
	profile, applet, state, fault, quirk, master string
	vpcd                                         []string
	count, link                                  int
	json                                         bool
	specimen                                     specimenFlags
}

func newEmulateCmd(env *env) *cobra.Command {
	var f emulateFlags
	cmd := &cobra.Command{
		Use:   "emulate",
		Short: "Be a virtual chip in a virtual reader of pcscd",
		Long: `emulate serves a virtual chip, blank or issued, to pcscd through its virtual
reader driver (package vsmartcard-vpcd). It runs until it is interrupted.

The driver opens its port on every network interface: keep it off any network.

With --state the chip lives in FILE (mode 0600, it holds the chip's keys) and
outlives this program; FILE is made when it is not there. Without it a blank is
made that nobody can find again. A blank has the published test keys 40..4F,
unless --master names a file with a hexadecimal AES key from which the card's
keys are diversified (GlobalPlatform KDF3).

--specimen DIR is a finished identity card of Utopia instead, with fingerprints
and irises that it gives to its country's terminals alone. In DIR, which must be
empty or missing, it leaves what an inspection needs: trust, a trust store;
can.txt and mrz.txt; cvca.cvcert, the authority that the chip trusts. If
--terminal-key names a key in a token, terminal.cvcert holds the certificates of
a terminal with this key, for --terminal-cert. With --state the chip is made once
and comes back from FILE, with what certificates have taught it.

--vpcd may be given several times, one chip each; --count N takes N readers on
successive ports from the first. With several chips, FILE becomes FILE.1, FILE.2
and so on.

Faults (--fault):
` + chip.FaultGrammar + `

Quirks (--quirk):
` + chip.QuirkGrammar + `

Example:
  chipid emulate --profile vn-cccd-2021 --state card.json
  chipid emulate --applet chipid-gp --count 2 --link 848 --fault pull@40+2000
  chipid emulate --specimen utopia --terminal-key pkcs11:object=terminal --module SO --token checkpoint --pin-source file:pin

Exit statuses:
` + exitHelp(exitOK, exitFault, exitUsage, exitHSM),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd.Context(), env) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.profile, "profile", "", "a blank of the kind that this profile's cards are made of")
	flags.StringVar(&f.applet, "applet", "", "a blank for this applet driver ("+emulatedApplet+")")
	flags.StringArrayVar(&f.vpcd, "vpcd", nil, "HOST:PORT of the virtual reader (default "+defaultVPCD+")")
	flags.IntVar(&f.count, "count", 1, "number of chips, on successive ports")
	flags.StringVar(&f.state, "state", "", "file that keeps the chip")
	flags.StringVar(&f.master, "master", "", "file with the hexadecimal AES key that a blank's keys are diversified from")
	flags.IntVar(&f.link, "link", 0, "model a contactless link of 106, 212, 424 or 848 kbit/s")
	flags.StringVar(&f.fault, "fault", "", "what goes wrong, see above")
	flags.StringVar(&f.quirk, "quirk", "", "habits of chips in the field, see above")
	f.specimen.register(flags)
	flags.BoolVar(&f.json, "json", false, "print what is served as JSON, one line a chip, on stdout")
	return cmd
}

// served is one chip and where it is.
type served struct {
	chip *chip.Chip
	addr string
}

func (f *emulateFlags) run(ctx context.Context, env *env) error {
	list, done, err := f.open(ctx, env)
	if err != nil {
		return err
	}
	defer done()
	for _, s := range list {
		if err := f.announce(env, s); err != nil {
			return err
		}
	}
	g, ctx := errgroup.WithContext(ctx)
	for _, s := range list {
		g.Go(func() error { return serve(ctx, env, s) })
	}
	if err := g.Wait(); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	for _, s := range list {
		env.talk(env.tr("%s: chip %X, %d exchanges, %s", "%s: chip %X, %d lượt trao đổi, %s"), s.addr, s.chip.Serial(), s.chip.Exchanges(), s.chip.Describe())
	}
	return nil
}

// open makes the chips before anything is served: a wrong flag shows at once.
func (f *emulateFlags) open(ctx context.Context, env *env) ([]served, func(), error) {
	options, err := f.options(env)
	if err != nil {
		return nil, nil, err
	}
	addresses, err := f.addresses()
	if err != nil {
		return nil, nil, err
	}
	pool := chip.NewPool(2048, min(len(addresses), 4))
	options.RSA = pool.Take
	list := make([]served, len(addresses))
	for i, addr := range addresses {
		o := options
		if f.fault != "" { // each chip has its own faults: they remember
			if o.Faults, err = chip.ParseFaults(f.fault); err != nil {
				pool.Close()
				return nil, nil, usageError{err: fmt.Errorf("--fault: %w", err), hint: "chipid emulate --help"}
			}
		}
		if f.state != "" && len(addresses) > 1 {
			o.State = f.state + "." + strconv.Itoa(i+1)
		}
		c, err := f.openChip(ctx, env, o)
		if err != nil {
			pool.Close()
			return nil, nil, err
		}
		list[i] = served{chip: c, addr: addr}
	}
	return list, pool.Close, nil
}

// openChip brings a chip back from its file, or makes a blank, or a specimen.
func (f *emulateFlags) openChip(ctx context.Context, env *env, o chip.Options) (*chip.Chip, error) {
	if o.State != "" {
		if _, err := os.Stat(o.State); err == nil {
			c, err := chip.Open(o)
			if err != nil {
				return nil, usageError{err: err}
			}
			return c, nil
		} else if !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("emulate: %w", err)
		}
	}
	if f.specimen.dir != "" {
		return f.specimen.make(ctx, env, o)
	}
	return chip.NewBlank(o)
}

func (f *emulateFlags) options(env *env) (chip.Options, error) {
	o := chip.Options{State: f.state}
	if err := f.checkSpecimen(); err != nil {
		return o, err
	}
	if f.profile != "" && f.applet != "" {
		return o, usagef("--profile and --applet exclude each other")
	}
	driver := f.applet
	if f.profile != "" {
		p, err := cardprofile.Load(f.profile)
		if err != nil {
			return o, err
		}
		driver = p.Chip.Driver
		if p.Chip.MaxCommand > 0 && p.Chip.MaxResponse > 0 {
			o.Model = chip.Model{MaxCommand: p.Chip.MaxCommand, MaxResponse: p.Chip.MaxResponse}
		}
	}
	if driver != "" && driver != emulatedApplet {
		if _, err := applet.ByName(driver); err != nil {
			return o, usageError{err: err}
		}
		return o, usagef("there is no virtual blank for applet %q; %s has one", driver, emulatedApplet)
	}
	var err error
	if o.Link, err = chip.ParseLink(f.link); err != nil {
		return o, usageError{err: fmt.Errorf("--link: %w", err)}
	}
	if f.quirk != "" {
		if o.Quirks, err = chip.ParseQuirks(f.quirk); err != nil {
			return o, usageError{err: fmt.Errorf("--quirk: %w", err), hint: "chipid emulate --help"}
		}
	}
	if f.master != "" {
		o.Master, err = readSecret(env, f.master)
	}
	return o, err
}

// addresses are the readers, one a chip.
func (f *emulateFlags) addresses() ([]string, error) {
	list := f.vpcd
	if len(list) == 0 {
		list = []string{defaultVPCD}
	}
	if f.count < 1 || f.count > 64 {
		return nil, usagef("--count: from 1 to 64")
	}
	for _, a := range list {
		if _, _, err := splitAddress(a); err != nil {
			return nil, err
		}
	}
	if f.count == 1 {
		return list, nil
	}
	if len(list) > 1 {
		return nil, usagef("--count takes one --vpcd to begin with")
	}
	host, port, err := splitAddress(list[0])
	if err != nil {
		return nil, err
	}
	var out []string
	for i := range f.count {
		if port+i > 0xFFFF {
			return nil, usagef("--count: there is no port %d", port+i)
		}
		out = append(out, net.JoinHostPort(host, strconv.Itoa(port+i)))
	}
	return out, nil
}

func splitAddress(addr string) (host string, port int, err error) {
	host, text, err := net.SplitHostPort(addr)
	if err == nil {
		port, err = strconv.Atoi(text)
	}
	if err != nil || host == "" || port < 1 || port > 0xFFFF {
		return "", 0, usagef("--vpcd: %q is not HOST:PORT", addr)
	}
	return host, port, nil
}

func (f *emulateFlags) announce(env *env, s served) error {
	env.talk(env.tr("serving chip %X (%s) to the virtual reader at %s; it waits there for pcscd, Ctrl-C ends it", "phục vụ chíp %X (%s) cho đầu đọc ảo tại %s; chờ pcscd tại đó, Ctrl-C để kết thúc"),
		s.chip.Serial(), s.chip.Describe(), s.addr)
	if !f.json {
		return nil
	}
	return json.NewEncoder(env.Stdout).Encode(struct {
		Schema string `json:"schema"`
		VPCD   string `json:"vpcd"`
		Serial string `json:"serial"`
		State  string `json:"state"`
		ATR    string `json:"atr"`
	}{"chipid.emulate/1", s.addr, fmt.Sprintf("%X", s.chip.Serial()), s.chip.Describe(), fmt.Sprintf("%X", s.chip.ATR())})
}

// serve keeps one chip in its reader until ctx ends. A chip that a fault pulls
// comes back after its time, or not at all.
func serve(ctx context.Context, env *env, s served) error {
	for {
		err := vpcd.Serve(ctx, s.addr, s.chip)
		if err == nil || ctx.Err() != nil {
			return nil
		}
		if !errors.Is(err, apdu.ErrCardGone) {
			return fmt.Errorf("%s: %w", s.addr, err)
		}
		back, returns := s.chip.Away()
		if !returns {
			env.talk(env.tr("%s: card pulled at exchange %d", "%s: thẻ bị rút ở lượt trao đổi %d"), s.addr, s.chip.Exchanges())
			return nil
		}
		env.talk(env.tr("%s: card pulled at exchange %d, back in %v", "%s: thẻ bị rút ở lượt trao đổi %d, trở lại sau %v"), s.addr, s.chip.Exchanges(), back.Round(time.Millisecond))
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(back):
		}
		if _, err := s.chip.Reset(ctx); err != nil {
			return fmt.Errorf("%s: %w", s.addr, err)
		}
	}
}
