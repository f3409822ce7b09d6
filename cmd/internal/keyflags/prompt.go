package keyflags

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/chipid-toolkit/chipid/apdu/mac"
)

// Ask asks a person for the PIN of the token.
type Ask func(ctx context.Context, token string) (mac.Key, error)

func (a Ask) forToken(token string) func(context.Context) (mac.Key, error) {
	if a == nil {
		return nil
	}
	return func(ctx context.Context) (mac.Key, error) { return a(ctx, token) }
}

// Terminal asks at the terminal that in is, without showing what is typed; the question goes to out. format holds one %s for the token's
// label. It is nil when in is no terminal.
func Terminal(in io.Reader, out io.Writer, format string) Ask {
	f, ok := in.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return nil
	}
	return func(ctx context.Context, token string) (mac.Key, error) {
		fd := int(f.Fd())
		before, err := term.GetState(fd)
		if err != nil {
			return mac.Key{}, err
		}
		fmt.Fprintf(out, format, printable(token))
		type answer struct {
			pin []byte
			err error
		}
		got := make(chan answer, 1)
		// Reading from a terminal cannot be interrupted, so it is left behind when the program is to end.
		go func() {
			pin, err := term.ReadPassword(fd)
			got <- answer{pin, err}
		}()
		defer fmt.Fprintln(out)
		select {
		case <-ctx.Done():
			_ = term.Restore(fd, before)
			return mac.Key{}, ctx.Err()
		case a := <-got:
			defer clear(a.pin)
			if a.err != nil {
				return mac.Key{}, a.err
			}
			return mac.NewKey(a.pin), nil
		}
	}
}

// printable keeps a label from steering the terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7F {
			return '?'
		}
		return r
	}, s)
}
