package applet

import (
	"context"
	"errors"
	"fmt"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/gp"
)

// IssuedProbe is the optional side of a [Driver], found by type assertion, that
// looks at a chip of its family after issuing, as somebody would who wants to
// write on it.
type IssuedProbe interface {
	// ProbeIssued says which chip it is and what of it stands open. Nothing
	// is sent that a closed chip counts as a failed authentication. blank and
	// card are the keys that the chip came with and those that it should have
	// now; a nil one is not tried.
	ProbeIssued(ctx context.Context, ch apdu.Sender, blank, card KeySource) (IssuedFound, error)
}

// KeySource finds the static keys of a chip by its key diversification data. The
// keys last until the next call.
type KeySource func(ctx context.Context, kdd []byte) (gp.StaticKeys, error)

// IssuedFound is what a look at an issued chip found.
type IssuedFound struct {
	// Serial identifies the chip; nil where it does not tell.
	Serial []byte
	// OldKeys: keys that everybody in the trade may have, the blank's or the
	// published ones, still open the chip.
	OldKeys bool
	// OtherKeys: the keys that should open it do not.
	OtherKeys bool
	// Writable names the commands that would write and were not refused.
	Writable []string
}

// writing are commands that write, as somebody without a secure channel would
// send them. The data are such that a chip that takes them is changed as little as
// can be; it is no good card anyhow.
var writing = []struct {
	name string
	cmd  apdu.Command
}{
	{"STORE DATA", apdu.Command{CLA: 0x80, INS: 0xE2, P1: 0x80, Data: []byte{0x9F, 0x70, 0x00}}},
	{"PUT KEY", apdu.Command{CLA: 0x80, INS: 0xD8, P1: 0x00, P2: 0x81, Data: []byte{0x01}, Ne: apdu.MaxShortNe}},
	{"SET STATUS", apdu.Command{CLA: 0x80, INS: 0xF0, P1: 0x80, P2: CardInitialized}},
}

// ProbeIssued implements [IssuedProbe].
func (chipidGP) ProbeIssued(ctx context.Context, ch apdu.Sender, blank, card KeySource) (IssuedFound, error) {
	var found IssuedFound
	cplc, err := blankCPLC(ctx, ch)
	if err != nil {
		return found, err
	}
	if cplc != nil {
		found.Serial = cplc.Raw[10:18]
	}
	if err := found.write(ctx, ch, "", mustHex(EMRTDAID)); err != nil {
		return found, err
	}
	if err := found.write(ctx, ch, "issuer domain: ", mustHex(ISDAID)); err != nil {
		return found, err
	}
	published := func(context.Context, []byte) (gp.StaticKeys, error) { return gp.DefaultTestKeys(), nil }
	for _, source := range []KeySource{published, blank} {
		if source == nil {
			continue
		}
		opened, err := tryKeys(ctx, ch, source, nil)
		if err != nil {
			return found, err
		}
		found.OldKeys = found.OldKeys || opened
	}
	if card == nil {
		return found, nil
	}
	opened, err := tryKeys(ctx, ch, card, func(s *gp.Channel) error {
		// Even with the right keys: a secured card takes no more.
		err := gp.InstallForPersonalization(ctx, s, emrtdAID)
		if err == nil {
			found.Writable = append(found.Writable, "INSTALL")
		}
		return refusal(err)
	})
	found.OtherKeys = !opened
	return found, err
}

// write sends the commands that write to an application, without a channel.
func (f *IssuedFound) write(ctx context.Context, ch apdu.Sender, where string, aid []byte) error {
	r, err := ch.Send(ctx, apdu.Command{INS: 0xA4, P1: 0x04, Data: aid, Ne: apdu.MaxShortNe})
	if err != nil {
		return fmt.Errorf("applet: issued chip: %w", err)
	}
	if r.SW != apdu.OK {
		return nil
	}
	for _, w := range writing {
		r, err := ch.Send(ctx, w.cmd)
		if err != nil {
			return fmt.Errorf("applet: issued chip: %s: %w", w.name, err)
		}
		if r.SW == apdu.OK || r.SW.Warning() {
			f.Writable = append(f.Writable, where+w.name)
		}
	}
	return nil
}

// tryKeys reports whether keys open the chip. The chip shows its cryptogram first:
// with wrong keys nothing is sent after that, and the chip counts nothing.
func tryKeys(ctx context.Context, ch apdu.Sender, keys KeySource, then func(*gp.Channel) error) (opened bool, err error) {
	if _, err := gp.SelectISD(ctx, ch, mustHex(ISDAID)); err != nil {
		return false, refusal(err)
	}
	h, err := gp.Begin(ctx, ch, gp.Options{})
	if err != nil {
		return false, refusal(err)
	}
	static, err := keys(ctx, h.KDD)
	if err != nil {
		return false, fmt.Errorf("applet: card keys: %w", err)
	}
	secure, err := h.Authenticate(ctx, static)
	if errors.Is(err, gp.ErrCryptogram) {
		return false, nil
	}
	if err != nil {
		return false, refusal(err)
	}
	defer secure.Close()
	if then != nil {
		err = then(secure)
	}
	return true, err
}

// refusal takes a chip's "no" for an answer.
func refusal(err error) error {
	var status apdu.Status
	if errors.As(err, &status) {
		return nil
	}
	return err
}
