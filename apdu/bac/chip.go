package bac

import (
	"bytes"
	"crypto/rand"
	"crypto/subtle"
	"io"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/apdu/sm"
)

// Chip is the chip's side: fed with plain commands, it answers GET CHALLENGE
// and EXTERNAL AUTHENTICATE. A challenge serves one attempt.
type Chip struct {
	pw        Password
	random    io.Reader
	challenge []byte // nil: none is open
}

// NewChip makes a chip with these keys.
func NewChip(pw Password) *Chip { return &Chip{pw: pw, random: rand.Reader} }

// Wants reports whether cmd belongs to BAC.
func (c *Chip) Wants(cmd apdu.Command) bool {
	return (cmd.INS == 0x84 || cmd.INS == 0x82) && cmd.P1 == 0 && cmd.P2 == 0
}

// Reset forgets an open challenge.
func (c *Chip) Reset() { c.challenge = nil }

// Handle answers one plain command. The session is not nil after a successful
// EXTERNAL AUTHENTICATE; it protects everything from the next command on.
func (c *Chip) Handle(cmd apdu.Command) (apdu.Response, *sm.Chip) {
	switch {
	case !c.Wants(cmd):
		return apdu.Response{SW: apdu.ErrINS}, nil
	case cmd.INS == 0x84:
		return c.getChallenge(cmd), nil
	default:
		return c.authenticate(cmd)
	}
}

func (c *Chip) getChallenge(cmd apdu.Command) apdu.Response {
	c.challenge = nil
	if len(cmd.Data) != 0 || cmd.Ne < nonceLen {
		return apdu.Response{SW: apdu.ErrWrongLength}
	}
	b := make([]byte, nonceLen)
	if _, err := io.ReadFull(c.random, b); err != nil {
		return apdu.Response{SW: apdu.ErrExecution}
	}
	c.challenge = b
	return apdu.Response{Data: bytes.Clone(b), SW: apdu.OK}
}

func (c *Chip) authenticate(cmd apdu.Command) (apdu.Response, *sm.Chip) {
	rndIC := c.challenge
	c.challenge = nil // one attempt a challenge: a replayed token finds none
	switch {
	case rndIC == nil:
		return apdu.Response{SW: apdu.ErrConditions}, nil
	case len(cmd.Data) != tokenLen:
		return apdu.Response{SW: apdu.ErrWrongLength}, nil
	}
	// Wrong checksum and wrong challenge look alike from outside.
	plain, err := c.pw.open(cmd.Data)
	if err != nil || subtle.ConstantTimeCompare(plain[nonceLen:2*nonceLen], rndIC) != 1 {
		return apdu.Response{SW: apdu.ErrAuthFailed}, nil
	}
	defer clear(plain)
	rndIFD, kIFD := plain[:nonceLen], plain[2*nonceLen:]
	kIC := make([]byte, materialLen)
	defer clear(kIC)
	if _, err := io.ReadFull(c.random, kIC); err != nil {
		return apdu.Response{SW: apdu.ErrExecution}, nil
	}
	token, err := c.pw.seal(bytes.Join([][]byte{rndIC, rndIFD, kIC}, nil))
	if err != nil {
		return apdu.Response{SW: apdu.ErrExecution}, nil
	}
	enc, macKey, ssc := session(rndIC, rndIFD, kIC, kIFD)
	defer enc.Wipe()
	defer macKey.Wipe()
	s, err := sm.NewChip(mac.TDES, enc, macKey, ssc)
	if err != nil {
		return apdu.Response{SW: apdu.ErrExecution}, nil
	}
	return apdu.Response{Data: token, SW: apdu.OK}, s
}
