package keyflags

import (
	"context"

	"github.com/spf13/pflag"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/hsm"
	"github.com/chipid-toolkit/chipid/hsm/pkcs11"
)

// Flags say which token to open.
type Flags struct {
	Module    string // path of the PKCS#11 module
	Token     string // label
	Serial    string // optional
	PINSource string // "file:PATH", "env:NAME", "prompt"; empty: prompt
}

// Help describes the flags, for a verb's long help.
const Help = `The token is named by the path of its PKCS#11 module (--module) and its label
(--token). The PIN is read from a file, an environment variable or, without
--pin-source, from the terminal; it is never an argument, since arguments stand
in every process list.`

// Register adds --module, --token, --token-serial and --pin-source.
func (f *Flags) Register(fs *pflag.FlagSet) {
	fs.StringVar(&f.Module, "module", "", "path of the PKCS#11 module, such as /usr/lib/softhsm/libsofthsm2.so")
	fs.StringVar(&f.Token, "token", "", "label of the token")
	fs.StringVar(&f.Serial, "token-serial", "", "serial number of the token, when two have the label")
	fs.StringVar(&f.PINSource, "pin-source", "", "where the PIN comes from: file:PATH, env:NAME or prompt (default prompt)")
}

// Open opens the token. ask asks a person for the PIN; nil when there is nobody to ask (see [Terminal]).
// A flag that is missing or wrong is a *cardprofile.InputError; everything else matches hsm.Err.
func (f *Flags) Open(ctx context.Context, ask Ask) (hsm.Keyring, error) {
	if f.Module == "" {
		return nil, &cardprofile.InputError{Field: "--module", Problem: "is not given", Fix: "name the PKCS#11 module of the token"}
	}
	if f.Token == "" {
		return nil, &cardprofile.InputError{Field: "--token", Problem: "is not given", Fix: "name the token's label"}
	}
	source, err := pinSource(f.PINSource, f.Token, ask)
	if err != nil {
		return nil, &cardprofile.InputError{Field: "--pin-source", Problem: err.Error(), Fix: "give file:PATH or env:NAME, or run at a terminal"}
	}
	return pkcs11.Open(ctx, pkcs11.Config{Module: f.Module, Token: f.Token, Serial: f.Serial, PIN: source})
}

// problem is an error without the "hsm:" of a failure: it is the input that is wrong.
type problem string

func (p problem) Error() string { return string(p) }

func pinSource(text, token string, ask Ask) (hsm.PINSource, error) {
	if text == "" {
		text = "prompt"
	}
	if text == "prompt" && ask == nil {
		return nil, problem("there is no terminal to ask for the PIN on")
	}
	source, err := hsm.ParsePINSource(text, ask.forToken(token))
	if err != nil {
		return nil, problem("is neither file:PATH nor env:NAME nor prompt")
	}
	return source, nil
}
