package pace_test

import (
	"context"
	"encoding/asn1"
	"strconv"
	"strings"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/domain"
	"github.com/chipid-toolkit/chipid/apdu/pace"
	"github.com/chipid-toolkit/chipid/apdu/sm"
)

// transmit is a transmitter made of a function.
type transmit func(command []byte) []byte

func (f transmit) Transmit(_ context.Context, c []byte) ([]byte, error) { return f(c), nil }

// extended is a transmitter with extended length.
type extended struct{ apdu.Transmitter }

func (extended) ATR() []byte      { return nil }
func (extended) MaxCommand() int  { return 65544 }
func (extended) MaxResponse() int { return 65538 }

// card is a virtual chip: PACE, then secure messaging around echo. mangle may
// change the answer to the n-th GENERAL AUTHENTICATE, from 1.
type card struct {
	t       testing.TB
	chip    *pace.Chip
	session *sm.Chip
	steps   int
	before  func(step int, cmd *apdu.Command)
	mangle  func(step int, r *apdu.Response)
}

func (c *card) Transmit(_ context.Context, b []byte) ([]byte, error) {
	cmd, err := apdu.ParseCommand(b)
	if err != nil {
		c.t.Fatalf("%X: %v", b, err)
	}
	if c.session != nil {
		plain, err := c.session.Unwrap(cmd)
		if err != nil {
			return apdu.Response{SW: sm.StatusOf(err)}.Encode(), nil
		}
		r, s := apdu.Response{Data: plain.Data, SW: apdu.OK}, (*sm.Chip)(nil)
		if c.chip.Wants(plain) { // PACE with another password inside
			r, s = c.chip.Handle(plain)
		}
		r, err = c.session.Wrap(r)
		if err != nil {
			c.t.Fatal(err)
		}
		if s != nil {
			c.session = s
		}
		return r.Encode(), nil
	}
	if cmd.INS == 0x86 {
		c.steps++
	}
	if c.before != nil {
		c.before(c.steps, &cmd)
	}
	r, s := c.chip.Handle(cmd)
	if c.mangle != nil {
		c.mangle(c.steps, &r)
	}
	c.session = s
	return r.Encode(), nil
}

func newChip(t testing.TB, cfg pace.ChipConfig) *pace.Chip {
	t.Helper()
	chip, err := pace.NewChip(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return chip
}

func oid(t testing.TB, s string) asn1.ObjectIdentifier {
	t.Helper()
	var o asn1.ObjectIdentifier
	for _, f := range strings.Split(s, ".") {
		n, err := strconv.Atoi(f)
		if err != nil {
			t.Fatal(err)
		}
		o = append(o, n)
	}
	return o
}

func protocolOID(t testing.TB, p pace.Protocol) asn1.ObjectIdentifier {
	t.Helper()
	o, err := p.OID()
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func standard(t testing.TB, id int) *domain.Parameters {
	t.Helper()
	d, err := domain.Standard(id)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
