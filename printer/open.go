package printer

import (
	"context"
	"fmt"
	"log/slog"
	"sort"
	"strings"
	"time"
)

// Options are what an address does not hold. The zero value serves a printer
// that asks for no password and where nobody waits for questions.
type Options struct {
	// Station names the station to people, and the sender of jobs to printers.
	Station string
	// Lang is the language of what a person is asked: "vi", else English.
	Lang string
	// Hand is the person at a desktop station. With nil each step that a person
	// has to do is the fault ErrHand, and Resume is the person's word that it is
	// done: so the line's console asks without more ado.
	Hand Hand
	// Password says where the password of a network printer is: "file:PATH" or
	// "env:NAME". It is sent over TLS alone, or to this machine.
	Password string
	// User goes with the password.
	User string
	// CA is a PEM file with the certificates that a network printer is known by:
	// its own, or that of who issued it. Empty: the system's authorities.
	CA string
	// Timeout is how long a network printer may take for one answer; 0 is
	// DefaultTimeout. The context ends every call besides.
	Timeout time.Duration
	// Log is told what goes on, by card number; nil keeps none.
	Log *slog.Logger
}

// DefaultTimeout is how long a network printer may take for one answer.
const DefaultTimeout = 30 * time.Second

type opener func(ctx context.Context, rest string, o Options) (Printer, error)

var drivers = map[string]opener{}

// register makes a driver known by the scheme of its address.
func register(scheme string, open opener) { drivers[scheme] = open }

// Open opens the printer an address names, SCHEME:REST:
//
//	files:DIR              pictures and a PDF sheet in a folder
//	ipp://HOST/ipp/print   an IPP printer; ipps:// over TLS
//	manual:DIR             a desktop station where a person moves the card
//	virtual:hopper=20      an inline printer that is not there
//
// A scheme nobody drives, or an address a driver cannot read, is
// ErrUnknownDriver. A printer that does not answer now is opened all the same:
// its first operation says ErrOffline.
func Open(ctx context.Context, address string, o Options) (Printer, error) {
	scheme, rest, found := strings.Cut(address, ":")
	open, known := drivers[scheme]
	if !found || !known {
		return nil, fmt.Errorf("%w: the address begins with none of %s", ErrUnknownDriver, strings.Join(Drivers(), ": ")+":")
	}
	return open(ctx, rest, o)
}

// Drivers lists the schemes Open knows, sorted.
func Drivers() []string {
	names := make([]string, 0, len(drivers))
	for name := range drivers {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}
