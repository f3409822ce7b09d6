package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/chipid-toolkit/chipid/apdu/cvc"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/inspect"
	"github.com/chipid-toolkit/chipid/cmd/internal/keyflags"
	"github.com/chipid-toolkit/chipid/hsm"
)

// terminalFlags are what a terminal shows a chip to read DG3 and DG4.
type terminalFlags struct {
	certificates []string
	key          string
	token        keyflags.Flags
}

// terminalHelp stands in the help of each verb that has terminalFlags.
const terminalHelp = `Fingerprints (DG3) and irises (DG4) open to a terminal that the issuing country
has given the right to. Such a terminal shows its chain of CV certificates and
signs with its key, which stays in a PKCS#11 token:
  --terminal-cert FILE   CV certificates, one or several to a file; repeat it for
                         the terminal's own, its document verifier's, and the
                         links of the country's authority (CVCA). The order does
                         not matter
  --terminal-key URI     the terminal's key in the token that --module, --token
                         and --pin-source name
Without them both files are left unread. A chip that refuses the terminal is read
and judged as far as it goes: the check "ta" says why, and is never required.
`

func (f *terminalFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringArrayVar(&f.certificates, "terminal-cert", nil, "file with CV certificates of the terminal; may be repeated")
	flags.StringVar(&f.key, "terminal-key", "", "URI of the terminal's key, such as pkcs11:object=terminal")
	f.token.Register(flags)
}

// open reads the certificates and opens the token; nil where no terminal is
// given. close is always to be called.
func (f *terminalFlags) open(ctx context.Context, env *env) (t *inspect.Terminal, close func() error, err error) {
	nothing := func() error { return nil }
	switch {
	case f.key == "" && len(f.certificates) == 0:
		if f.token != (keyflags.Flags{}) {
			return nil, nothing, usagef("--module, --token and --pin-source name the token of --terminal-key, which is not given")
		}
		return nil, nothing, nil
	case f.key == "":
		return nil, nothing, usagef("--terminal-key: is not given; --terminal-cert needs the key that signs")
	case len(f.certificates) == 0:
		return nil, nothing, usagef("--terminal-cert: is not given; --terminal-key needs its certificates")
	}
	var certificates []*cvc.Certificate
	for _, path := range f.certificates {
		list, err := readCVCertificates("--terminal-cert", path)
		if err != nil {
			return nil, nothing, err
		}
		certificates = append(certificates, list...)
	}
	ring, err := f.token.Open(ctx, env.pinPrompt())
	if err != nil {
		return nil, nothing, err
	}
	key, err := ring.Signer(ctx, hsm.KeyRef(f.key))
	if err != nil {
		return nil, ring.Close, err
	}
	if t, err = inspect.NewTerminal(key, certificates...); err != nil {
		return nil, ring.Close, fmt.Errorf("--terminal-cert: %w", err)
	}
	return t, ring.Close, nil
}

// maxCVFile bounds a file of CV certificates, in bytes.
const maxCVFile = 1 << 20

// readCVCertificates reads the CV certificates of a file, DER one after another.
func readCVCertificates(field, path string) ([]*cvc.Certificate, error) {
	wrong := func(problem, fix string) error {
		return &cardprofile.InputError{File: path, Field: field, Problem: problem, Fix: fix}
	}
	in, err := os.Open(path)
	if err != nil {
		return nil, wrong("cannot be opened", "name a readable file")
	}
	defer in.Close()
	b, err := io.ReadAll(io.LimitReader(in, maxCVFile+1))
	switch {
	case err != nil:
		return nil, wrong("cannot be read", "name a readable file")
	case len(b) > maxCVFile:
		return nil, wrong("is larger than 1 MiB", "name a file of CV certificates")
	}
	list, err := cvc.ParseAll(b)
	if err != nil {
		return nil, wrong(err.Error(), "name a file of CV certificates (DER, tag 7F21), one after another")
	}
	return list, nil
}
