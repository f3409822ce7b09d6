package hsm

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"github.com/chipid-toolkit/chipid/apdu/mac"
)

// PINSource gives the PIN when a token is logged in to, which may happen again after a token was restarted.
type PINSource interface {
	// PIN returns the PIN's bytes. The caller wipes them.
	PIN(ctx context.Context) (mac.Key, error)
	// A source that has a method Refused() is told when the token did not take the PIN.
	// String names the source, never the PIN: "file:/etc/chipid/pin".
	String() string
}

// maxPIN bounds a PIN file.
const maxPIN = 256

// ParsePINSource reads "file:PATH", "env:NAME" or "prompt". The prompt is asked through ask, which may be nil when there is nobody to ask.
// It is asked once, until the token refuses the answer. A PIN itself is never taken.
func ParsePINSource(s string, ask func(ctx context.Context) (mac.Key, error)) (PINSource, error) {
	fault := func(detail string) (PINSource, error) {
		return nil, &Fault{Doing: "choose PIN source", Kind: ErrPINSource, Detail: detail}
	}
	switch kind, value, _ := strings.Cut(s, ":"); {
	case kind == "file" && value != "":
		return filePIN(value), nil
	case kind == "env" && value != "":
		return envPIN(value), nil
	case s == "prompt":
		if ask == nil {
			return fault("there is no terminal to ask on; give file:PATH or env:NAME")
		}
		return &promptPIN{ask: ask}, nil
	}
	// The text is not repeated: somebody may have typed the PIN itself.
	return fault("it must be file:PATH, env:NAME or prompt")
}

type filePIN string

func (f filePIN) String() string { return "file:" + string(f) }

func (f filePIN) PIN(context.Context) (mac.Key, error) {
	fault := func(detail string, cause error) (mac.Key, error) {
		return mac.Key{}, &Fault{Doing: fmt.Sprintf("read PIN from %s", f), Kind: ErrPINSource, Detail: detail, Cause: cause}
	}
	file, err := os.Open(string(f))
	if err != nil {
		return fault("", err)
	}
	defer file.Close()
	raw, err := io.ReadAll(io.LimitReader(file, maxPIN+2))
	if err != nil {
		return fault("", err)
	}
	defer clear(raw)
	pin := bytes.TrimRight(raw, "\r\n")
	switch {
	case len(pin) == 0:
		return fault("the file is empty", nil)
	case len(pin) > maxPIN, bytes.ContainsAny(pin, "\r\n\x00"):
		return fault("the file must hold the PIN alone, on one line", nil)
	}
	return mac.NewKey(pin), nil
}

type envPIN string

func (e envPIN) String() string { return "env:" + string(e) }

func (e envPIN) PIN(context.Context) (mac.Key, error) {
	v := os.Getenv(string(e))
	if v == "" || len(v) > maxPIN {
		return mac.Key{}, &Fault{Doing: fmt.Sprintf("read PIN from %s", e), Kind: ErrPINSource, Detail: "the environment variable is not set, or not a PIN"}
	}
	return mac.NewKey([]byte(v)), nil
}

// promptPIN keeps the answer, so that a token that was restarted in the middle of the day can be logged in to again without anybody there.
type promptPIN struct {
	ask func(ctx context.Context) (mac.Key, error)
	mu  sync.Mutex
	got mac.Key
}

func (p *promptPIN) String() string { return "prompt" }

func (p *promptPIN) PIN(ctx context.Context) (mac.Key, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.got.Len() == 0 {
		pin, err := p.ask(ctx)
		if err != nil {
			return mac.Key{}, &Fault{Doing: "ask for the PIN", Kind: ErrPINSource, Cause: err}
		}
		if pin.Len() == 0 || pin.Len() > maxPIN {
			return mac.Key{}, &Fault{Doing: "ask for the PIN", Kind: ErrPINSource, Detail: "none was given"}
		}
		p.got = pin
	}
	return mac.NewKey(p.got.Bytes()), nil
}

// Refused forgets the answer.
func (p *promptPIN) Refused() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.got.Wipe()
}

// FixedPIN gives a PIN that the program itself made, such as that of a demonstration's private token.
func FixedPIN(pin mac.Key) PINSource { return fixedPIN{pin} }

type fixedPIN struct{ pin mac.Key }

func (fixedPIN) String() string                         { return "program" }
func (f fixedPIN) PIN(context.Context) (mac.Key, error) { return mac.NewKey(f.pin.Bytes()), nil }
