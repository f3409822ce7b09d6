package main

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/pflag"

	"github.com/chipid-toolkit/chipid/apdu/cvc"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cmd/internal/keyflags"
	"github.com/chipid-toolkit/chipid/hsm"
	"github.com/chipid-toolkit/chipid/testcards/chip"
	"github.com/chipid-toolkit/chipid/testcards/sample"
)

// specimenFlags ask for a finished card with data that only terminals with
// rights read.
type specimenFlags struct {
	dir, key string
	token    keyflags.Flags
}

func (f *specimenFlags) register(flags *pflag.FlagSet) {
	flags.StringVar(&f.dir, "specimen", "", "folder for what goes with a finished specimen card, see above")
	flags.StringVar(&f.key, "terminal-key", "", "URI of a key in a token: the specimen's country certifies it as a terminal")
	f.token.Register(flags)
}

// checkSpecimen judges the flags before anything is made.
func (f *emulateFlags) checkSpecimen() error {
	s := &f.specimen
	switch {
	case s.dir == "" && (s.key != "" || s.token != (keyflags.Flags{})):
		return usagef("--terminal-key and the flags of its token go with --specimen")
	case s.dir == "":
		return nil
	case f.profile != "" || f.applet != "" || f.master != "":
		return usagef("--specimen is a finished card: --profile, --applet and --master are for blanks")
	case f.count != 1 || len(f.vpcd) > 1:
		return usagef("--specimen is one card, in one reader")
	case s.key == "" && s.token != (keyflags.Flags{}):
		return usagef("--terminal-key: is not given; name the key in the token")
	}
	return nil
}

// make makes the specimen and writes what goes with it.
func (f *specimenFlags) make(ctx context.Context, env *env, o chip.Options) (*chip.Chip, error) {
	if names, err := os.ReadDir(f.dir); err == nil && len(names) > 0 {
		return nil, usagef("--specimen: %s is not empty", f.dir)
	}
	public, err := f.public(ctx, env)
	if err != nil {
		return nil, err
	}
	// What goes with the chip is written before the chip is kept.
	s, err := sample.NewSpecimen(ctx, chip.Options{Model: o.Model}, public, time.Now())
	if errors.Is(err, sample.ErrTerminalKey) {
		return nil, usageError{err: fmt.Errorf("--terminal-key: %w", err)}
	}
	if err != nil {
		return nil, err
	}
	store, err := pki.Create(filepath.Join(f.dir, "trust"), true)
	if err != nil {
		return nil, err
	}
	if _, err := store.Import("csca.cer", s.CSCA, pki.ImportOptions{}); err != nil {
		return nil, err
	}
	files := map[string][]byte{"can.txt": []byte(s.CAN + "\n"), "mrz.txt": []byte(s.MRZ + "\n"), "cvca.cvcert": s.Authority.Raw}
	if len(s.Terminal) > 0 {
		files["terminal.cvcert"] = joinCV(s.Terminal)
	}
	for name, b := range files {
		if err := os.WriteFile(filepath.Join(f.dir, name), b, 0o600); err != nil {
			return nil, err
		}
	}
	return s.Chip.Twin(o)
}

// public is the public half of the terminal's key; nil if none is given.
func (f *specimenFlags) public(ctx context.Context, env *env) (public crypto.PublicKey, err error) {
	if f.key == "" {
		return nil, nil
	}
	err = withKeyring(ctx, env, &f.token, func(k hsm.Keyring) error {
		signer, err := k.Signer(ctx, hsm.KeyRef(f.key))
		if err == nil {
			public = signer.Public()
		}
		return err
	})
	return public, err
}

// joinCV writes certificates one after another.
func joinCV(list []*cvc.Certificate) []byte {
	var b []byte
	for _, c := range list {
		b = append(b, c.Raw...)
	}
	return b
}
