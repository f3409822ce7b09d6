package main

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cmd/internal/keyflags"
	"github.com/chipid-toolkit/chipid/hsm"
)

func newKeysImportSecretCmd(env *env) *cobra.Command {
	var flags keyflags.Flags
	var label, id string
	cmd := &cobra.Command{
		Use:   "import-secret --label LABEL FILE",
		Short: "Bring a whole card master key into the token, for tests",
		Long: `import-secret puts a card master key that lies whole in a file into the token, and
prints the URI that names it. FILE holds it in hexadecimal, 32 or 64 digits; "-" reads
one line from stdin. Inside, it is sensitive and not extractable, as any other; that it
was once outside shows in "keys list". Destroy the file: whoever has it can open every
blank.

It is for tests and demonstrations: nobody should hold such a key alone. What the maker
of real blanks hands over comes in by "keys import", in components or wrapped. The keys
that cards leave with are made in the token: see "keys create".

Example:
  chipid keys import-secret --module SO --token issuer --pin-source file:pin --label transport - < transport.hex

Exit statuses:
` + exitHelp(exitOK, exitFault, exitUsage, exitHSM),
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			keyID, err := hex.DecodeString(id)
			if err != nil {
				return usagef("--id: not an even number of hexadecimal digits; write each byte as two digits")
			}
			if args[0] == "-" && flags.PINSource == "" {
				return usagef("--pin-source: is needed where the key comes from stdin")
			}
			value, err := readSecret(env, args[0])
			if err != nil {
				return err
			}
			defer value.Wipe()
			spec := hsm.SecretSpec{Label: label, ID: keyID, Use: hsm.UseCardMaster, Bits: 8 * value.Len()}
			var fault *hsm.Fault
			if errors.As(spec.Check(), &fault) {
				return usagef("--label: %s", fault.Detail)
			}
			return withKeyring(cmd.Context(), env, &flags, func(k hsm.Keyring) error {
				ref, err := k.ImportSecret(cmd.Context(), spec, value)
				if err != nil {
					return err
				}
				_, err = fmt.Fprintln(env.Stdout, ref)
				return err
			})
		},
	}
	flags.Register(cmd.Flags())
	cmd.Flags().StringVar(&label, "label", "", "label of the new key, unique in the token")
	cmd.Flags().StringVar(&id, "id", "", "id of the new key in hexadecimal (default 16 random bytes)")
	return cmd
}

// maxSecretFile bounds a file with one key in hexadecimal.
const maxSecretFile = 1 << 10

// readSecret reads an AES key of 16, 24 or 32 bytes in hexadecimal from a file, or
// from stdin for "-". The error never shows what it read.
func readSecret(env *env, path string) (mac.Key, error) {
	wrong := func(problem, fix string) (mac.Key, error) {
		return mac.Key{}, &cardprofile.InputError{File: path, Problem: problem, Fix: fix}
	}
	in := env.Stdin
	if path != "-" {
		f, err := os.Open(path)
		if errors.Is(err, os.ErrNotExist) {
			return wrong("there is no such file", "check the path")
		}
		if err != nil {
			return wrong("cannot be read", "name a readable file")
		}
		defer f.Close()
		in = f
	}
	text, err := bufio.NewReaderSize(io.LimitReader(in, maxSecretFile), maxSecretFile).ReadSlice('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return wrong("cannot be read", "name a readable file")
	}
	defer clear(text)
	b := make([]byte, hex.DecodedLen(len(text)))
	defer clear(b)
	n, err := hex.Decode(b, bytes.TrimSpace(text))
	if err != nil || n != 16 && n != 24 && n != 32 {
		return wrong("holds no AES key", "write it as 32, 48 or 64 hexadecimal digits")
	}
	return mac.NewKey(b[:n]), nil
}
