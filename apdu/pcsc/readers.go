package pcsc

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Info is a reader and what lies in it.
type Info struct {
	Index   int    // place in the list, a selector
	Name    string // as the service names it
	Card    bool   // a card is in it
	ATR     []byte // of the card
	Mute    bool   // the card does not answer
	InUse   bool   // a program is connected to the card
	Limits  Limits // what the reader can carry
	Problem error  // why something above could not be found out, or nil
}

// listTimeout bounds a look at all readers.
const listTimeout = 15 * time.Second

// Readers lists the readers by name. No reader at all is an empty list and no
// error; ErrServiceGone: nobody to ask.
func Readers(ctx context.Context) ([]Info, error) {
	infos, err := await(ctx, listTimeout, func() ([]Info, error) { return list(true) }, func([]Info, error) {})
	return infos, explain("pcsc: list readers", err)
}

// list looks at all readers, at their limits too if asked.
func list(limits bool) ([]Info, error) {
	sess, err := machine.establish()
	if err != nil {
		return nil, err
	}
	defer func() { _ = sess.release() }()
	names, err := readerNames(sess)
	if err != nil {
		return nil, err
	}
	infos := make([]Info, len(names))
	for i, name := range names {
		infos[i] = look(sess, name)
		infos[i].Index = i
		if limits {
			infos[i].Limits = lookLimits(sess, name)
		}
	}
	return infos, nil
}

// readerNames is sorted: the order in which readers came up is no order that a
// person could rely on.
func readerNames(sess session) ([]string, error) {
	names, err := sess.listReaders()
	if err != nil {
		return nil, err
	}
	names = slices.Clone(names)
	slices.Sort(names)
	return slices.Compact(names), nil
}

func look(sess session, name string) Info {
	info := Info{Name: name}
	states := []readerState{{reader: name}}
	if err := sess.status(states, 0); err != nil {
		info.Problem = explain("pcsc: look at the reader", err)
		return info
	}
	st := states[0]
	info.Card = st.event&statePresent != 0
	info.Mute = st.event&stateMute != 0
	info.InUse = st.event&(stateInUse|stateExclusive) != 0
	if info.Card {
		info.ATR = append([]byte(nil), st.atr...)
	}
	return info
}

// lookLimits asks a reader without touching its card. A reader that somebody
// holds exclusively cannot be asked.
func lookLimits(sess session, name string) Limits {
	if isVirtual(name) {
		return virtualLimits
	}
	h, err := sess.connect(name, shareDirect, protocolNone)
	if err != nil {
		return shortLimits
	}
	defer func() { _ = h.disconnect(false) }()
	return findLimits(h, name).atMost(libraryLimits)
}

// Find gives the name of the reader that selector means: the whole name, the
// index in [Readers], or a part of the name, in any case, that fits one reader
// only. The empty selector is the only reader there is, or the only one with a
// card in it. Errors: ErrNoReader, ErrAmbiguous, ErrServiceGone.
func Find(ctx context.Context, selector string) (string, error) {
	infos, err := await(ctx, listTimeout, func() ([]Info, error) { return list(false) }, func([]Info, error) {})
	if err != nil {
		return "", explain("pcsc: list readers", err)
	}
	name, err := choose(infos, selector)
	if err != nil {
		return "", fmt.Errorf("pcsc: find reader: %w", err)
	}
	return name, nil
}

func choose(infos []Info, selector string) (string, error) {
	if len(infos) == 0 {
		return "", ErrNoReader
	}
	if selector == "" {
		return chooseOnly(infos)
	}
	for _, i := range infos {
		if i.Name == selector {
			return i.Name, nil
		}
	}
	if n, err := strconv.Atoi(selector); err == nil && strconv.Itoa(n) == selector {
		if n >= 0 && n < len(infos) {
			return infos[n].Name, nil
		}
		return "", fmt.Errorf("%w: there are %d, counted from 0", ErrNoReader, len(infos))
	}
	var fit []string
	for _, i := range infos {
		if strings.Contains(strings.ToLower(i.Name), strings.ToLower(selector)) {
			fit = append(fit, i.Name)
		}
	}
	switch len(fit) {
	case 0:
		return "", fmt.Errorf("%w: none has %q in its name", ErrNoReader, selector)
	case 1:
		return fit[0], nil
	}
	return "", fmt.Errorf("%w: %s", ErrAmbiguous, strings.Join(fit, ", "))
}

func chooseOnly(infos []Info) (string, error) {
	if len(infos) == 1 {
		return infos[0].Name, nil
	}
	var names, occupied []string
	for _, i := range infos {
		names = append(names, i.Name)
		if i.Card {
			occupied = append(occupied, i.Name)
		}
	}
	if len(occupied) == 1 {
		return occupied[0], nil
	}
	if len(occupied) > 1 {
		names = occupied
	}
	return "", fmt.Errorf("%w, name one: %s", ErrAmbiguous, strings.Join(names, ", "))
}

// is reports whether err is the code.
func is(err error, c code) bool {
	var number code
	return errors.As(err, &number) && number == c
}
