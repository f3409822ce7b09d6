package openpace

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
)

// Session is secure messaging under the keys of the peer's last run, either
// side of it. Counter, encryption and checksum are libeac's; the data objects
// (Doc 9303-11 (8th ed.), 9.8.4) are put together here, for commands and
// answers that carry data under an even instruction.
type Session struct {
	p     *Peer
	block int
	ch    apdu.Sender // of a terminal
}

func (p *Peer) newSession(c mac.Cipher, ch apdu.Sender) (*Session, error) {
	if _, err := p.ask("session"); err != nil {
		return nil, err
	}
	return &Session{p, c.BlockSize(), ch}, nil
}

// ErrChecksum: a message of secure messaging has a wrong checksum, or none.
var ErrChecksum = errors.New("openpace: checksum")

const (
	tagCryptogram tlv.Tag = 0x87
	tagLe         tlv.Tag = 0x97
	tagStatus     tlv.Tag = 0x99
	tagChecksum   tlv.Tag = 0x8E
)

// cryptogram is DO 87, or nothing for no data.
func (s *Session) cryptogram(plain []byte) ([]byte, error) {
	if len(plain) == 0 {
		return nil, nil
	}
	b, err := s.p.ask("encrypt", octets(plain))
	if err != nil {
		return nil, err
	}
	return tlv.Encode(tagCryptogram, []byte{1}, b), nil
}

// open checks the last object, the checksum over prefix and all others, and
// decrypts DO 87. It returns the object in the middle too.
func (s *Session) open(prefix, data []byte, middle tlv.Tag) (plain, value []byte, err error) {
	nodes, err := tlv.ParseAll(data)
	if err != nil {
		return nil, nil, err
	}
	if len(nodes) == 0 || nodes[len(nodes)-1].Tag != tagChecksum {
		return nil, nil, fmt.Errorf("%w: none in %d bytes", ErrChecksum, len(data))
	}
	last := nodes[len(nodes)-1]
	want, err := s.p.ask("checksum", octets(append(bytes.Clone(prefix), data[:len(data)-len(last.Raw)]...)))
	if err != nil {
		return nil, nil, err
	}
	if !bytes.Equal(want, last.Value) {
		return nil, nil, fmt.Errorf("%w: libeac computes another", ErrChecksum)
	}
	for _, n := range nodes {
		switch {
		case n.Tag == tagCryptogram && len(n.Value) > 1:
			if plain, err = s.p.ask("decrypt", octets(n.Value[1:])); err != nil {
				return nil, nil, err
			}
		case n.Tag == middle:
			value = n.Value
		}
	}
	return plain, value, nil
}

// Send protects a command and opens the answer, as a terminal. The command has
// data and expects some.
func (s *Session) Send(ctx context.Context, c apdu.Command) (apdu.Response, error) {
	if _, err := s.p.ask("count"); err != nil {
		return apdu.Response{}, err
	}
	body, err := s.cryptogram(c.Data)
	if err != nil {
		return apdu.Response{}, err
	}
	body = append(body, tlv.Encode(tagLe, []byte{0})...)
	c.CLA |= apdu.ClassSM
	sum, err := s.p.ask("checksum", octets(append(s.header(c), body...)))
	if err != nil {
		return apdu.Response{}, err
	}
	c.Data, c.Ne = append(body, tlv.Encode(tagChecksum, sum)...), apdu.MaxShortNe
	r, err := s.ch.Send(ctx, c)
	if err != nil {
		return apdu.Response{}, err
	}
	if err := r.Err(); err != nil {
		return apdu.Response{}, err
	}
	if _, err := s.p.ask("count"); err != nil {
		return apdu.Response{}, err
	}
	plain, sw, err := s.open(nil, r.Data, tagStatus)
	if err != nil {
		return apdu.Response{}, err
	}
	if len(sw) != 2 {
		return apdu.Response{}, fmt.Errorf("openpace: status of %d bytes", len(sw))
	}
	return apdu.Response{Data: plain, SW: apdu.Status(sw[0])<<8 | apdu.Status(sw[1])}, nil
}

func (s *Session) header(c apdu.Command) []byte {
	return mac.Pad80([]byte{c.CLA, c.INS, c.P1, c.P2}, s.block)
}

// echo answers a protected command with its own data, as a chip.
func (s *Session) echo(c apdu.Command) (apdu.Response, error) {
	if _, err := s.p.ask("count"); err != nil {
		return apdu.Response{}, err
	}
	plain, _, err := s.open(s.header(c), c.Data, tagLe)
	if err != nil {
		return apdu.Response{}, err
	}
	if _, err := s.p.ask("count"); err != nil {
		return apdu.Response{}, err
	}
	body, err := s.cryptogram(plain)
	if err != nil {
		return apdu.Response{}, err
	}
	body = append(body, tlv.Encode(tagStatus, []byte{0x90, 0x00})...)
	sum, err := s.p.ask("checksum", octets(body))
	if err != nil {
		return apdu.Response{}, err
	}
	return apdu.Response{Data: append(body, tlv.Encode(tagChecksum, sum)...), SW: apdu.OK}, nil
}
