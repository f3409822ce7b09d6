package openpace

import (
	"context"
	"errors"
	"fmt"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/domain"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/apdu/pace"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
)

// Chip is libeac in the role of a chip: an apdu.Transmitter with extended
// length that does one PACE or one Chip Authentication, and after it echoes
// protected commands. What libeac refuses is answered with a status; Refusal
// keeps the reason.
type Chip struct {
	p       *Peer
	pace    *PACE
	ca      *CA
	static  *domain.Key
	session *Session
	pending []byte // the chip's token, until the terminal's is right

	// Refusal is why libeac refused the last step, or nil.
	Refusal *RefusedError
}

// PACEChip makes a chip with one entry in EF.CardAccess and one password.
func (p *Peer) PACEChip(c PACE) *Chip { return &Chip{p: p, pace: &c} }

// CAChip makes a chip with one static key, without key identifier. The key
// exchange is plain, as if no session had come before it.
func (p *Peer) CAChip(c CA, static *domain.Key) *Chip { return &Chip{p: p, ca: &c, static: static} }

// ATR, MaxCommand and MaxResponse make the chip an apdu.Limiter.
func (*Chip) ATR() []byte      { return nil }
func (*Chip) MaxCommand() int  { return 65544 }
func (*Chip) MaxResponse() int { return 65538 }

// Transmit answers one command. An error means that the peer is broken.
func (c *Chip) Transmit(_ context.Context, command []byte) ([]byte, error) {
	cmd, err := apdu.ParseCommand(command)
	if err != nil {
		return nil, err
	}
	r, err := c.handle(cmd)
	var no *RefusedError
	switch {
	case errors.As(err, &no):
		c.Refusal = no
		return apdu.Response{SW: apdu.ErrWrongData}.Encode(), nil
	case errors.Is(err, ErrChecksum):
		return apdu.Response{SW: apdu.ErrSMWrong}.Encode(), nil
	case err != nil:
		return nil, err
	}
	return r.Encode(), nil
}

func (c *Chip) handle(cmd apdu.Command) (apdu.Response, error) {
	set := uint16(cmd.P1)<<8 | uint16(cmd.P2)
	switch {
	case c.session != nil:
		return c.session.echo(cmd)
	case cmd.INS == insMSE && set == 0xC1A4 && c.pace != nil:
		return c.setPACE(cmd.Data)
	case cmd.INS == insMSE && set == 0x41A6 && c.ca != nil && c.ca.Protocol.Cipher == mac.TDES:
		return c.agreeCA(first(cmd.Data, tagKAT), nil)
	case cmd.INS == insMSE && set == 0x41A4 && c.ca != nil:
		return c.setCA(cmd.Data)
	case cmd.INS == insGeneral && c.ca != nil:
		public, _ := dynamic(cmd.Data, tagPublic)
		return c.agreeCA(public, tlv.Encode(tagDynamic))
	case cmd.INS == insGeneral && c.pace != nil:
		return c.general(cmd.Data)
	}
	return apdu.Response{SW: apdu.ErrINS}, nil
}

// first is the value of an object, nil if there is none.
func first(data []byte, tag tlv.Tag) []byte {
	n, _ := tlv.First(data, tag)
	return n.Value
}

func (c *Chip) setPACE(data []byte) (apdu.Response, error) {
	oid, err := c.p.startPACE(*c.pace)
	if err != nil {
		return apdu.Response{}, err
	}
	mechanism, err := value(oid)
	if err != nil {
		return apdu.Response{}, err
	}
	if string(first(data, tagMechanism)) != string(mechanism) ||
		string(first(data, tagReference)) != string([]byte{byte(c.pace.ParameterID)}) {
		return apdu.Response{SW: apdu.ErrWrongData}, nil
	}
	if string(first(data, tagPassword)) != string([]byte{byte(c.pace.Password.ref)}) {
		return apdu.Response{SW: apdu.ErrNotFound}, nil
	}
	return apdu.Response{SW: apdu.OK}, nil
}

// nonceLen is what the integrated mapping wants (Doc 9303-11 (8th ed.),
// 4.4.3.3.2), in bytes.
func nonceLen(c mac.Cipher) int {
	if c == mac.AES192 || c == mac.AES256 {
		return 32
	}
	return 16
}

// general answers a step of PACE by the object it brings.
func (c *Chip) general(data []byte) (apdu.Response, error) {
	if v, ok := dynamic(data, tagMapTerminal); ok {
		return c.mapping(v)
	}
	if v, ok := dynamic(data, tagKeyTerminal); ok {
		return c.key(v)
	}
	if v, ok := dynamic(data, tagTokenIFD); ok {
		return c.token(v)
	}
	if c.pace.Protocol.Mapping == pace.Integrated && !c.pace.AsIs {
		return c.answer(tagNonce, "draw", fmt.Sprint(nonceLen(c.pace.Protocol.Cipher)))
	}
	return c.answer(tagNonce, "nonce")
}

// answer asks the peer for one object and answers it.
func (c *Chip) answer(tag tlv.Tag, verb string, args ...string) (apdu.Response, error) {
	b, err := c.p.ask(verb, args...)
	if err != nil {
		return apdu.Response{}, err
	}
	return apdu.Response{Data: tlv.Encode(tagDynamic, tlv.Encode(tag, b)), SW: apdu.OK}, nil
}

func (c *Chip) mapping(terminal []byte) (apdu.Response, error) {
	if c.pace.Protocol.Mapping == pace.Integrated {
		if err := c.p.mapWith(*c.pace, terminal); err != nil {
			return apdu.Response{}, err
		}
		return apdu.Response{Data: tlv.Encode(tagDynamic, tlv.Encode(tagMapChip)), SW: apdu.OK}, nil
	}
	r, err := c.answer(tagMapChip, "mapping")
	if err != nil {
		return apdu.Response{}, err
	}
	return r, c.p.mapWith(*c.pace, terminal)
}

func (c *Chip) key(terminal []byte) (apdu.Response, error) {
	r, err := c.answer(tagKeyChip, "ephemeral")
	if err != nil {
		return apdu.Response{}, err
	}
	if _, err := c.p.ask("agree", octets(terminal)); err != nil {
		return apdu.Response{}, err
	}
	// The terminal's key is what the chip's token covers.
	token, err := c.p.ask("token", octets(terminal))
	if err != nil {
		return apdu.Response{}, err
	}
	c.pending = token
	return r, nil
}

func (c *Chip) token(terminal []byte) (apdu.Response, error) {
	if _, err := c.p.ask("verify", octets(terminal)); err != nil {
		var no *RefusedError
		if !errors.As(err, &no) {
			return apdu.Response{}, err
		}
		c.Refusal = no
		if !c.pace.Careless {
			return apdu.Response{SW: apdu.ErrAuthFailed}, nil
		}
	}
	session, err := c.p.newSession(c.pace.Protocol.Cipher, nil)
	if err != nil {
		return apdu.Response{}, err
	}
	c.session = session
	return apdu.Response{Data: tlv.Encode(tagDynamic, tlv.Encode(tagTokenIC, c.pending)), SW: apdu.OK}, nil
}

func (c *Chip) setCA(data []byte) (apdu.Response, error) {
	oid, err := c.ca.Protocol.OID()
	if err != nil {
		return apdu.Response{}, err
	}
	mechanism, err := value(oid)
	if err != nil {
		return apdu.Response{}, err
	}
	if string(first(data, tagMechanism)) != string(mechanism) {
		return apdu.Response{SW: apdu.ErrWrongData}, nil
	}
	return apdu.Response{SW: apdu.OK}, nil
}

func (c *Chip) agreeCA(public, answer []byte) (apdu.Response, error) {
	if err := c.p.startCA(*c.ca, c.static); err != nil {
		return apdu.Response{}, err
	}
	if err := c.p.agreeCA(*c.ca, public); err != nil {
		return apdu.Response{}, err
	}
	session, err := c.p.newSession(c.ca.Protocol.Cipher, nil)
	if err != nil {
		return apdu.Response{}, err
	}
	c.session = session
	return apdu.Response{Data: answer, SW: apdu.OK}, nil
}
