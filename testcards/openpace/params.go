package openpace

import (
	"encoding/asn1"
	"fmt"
	"strconv"

	"github.com/chipid-toolkit/chipid/apdu/ca"
	"github.com/chipid-toolkit/chipid/apdu/domain"
	"github.com/chipid-toolkit/chipid/apdu/pace"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
)

// PACE is one run of PACE.
type PACE struct {
	Protocol    pace.Protocol
	ParameterID int
	Password    Password
	// AsIs leaves the integrated mapping to libeac alone; else it gets a nonce
	// of the right length and, over a prime field, the number R(s,t) (see
	// Limits).
	AsIs bool
	// Careless makes a chip that answers a wrong token with its own.
	Careless bool
}

// startPACE begins the run in the peer.
func (p *Peer) startPACE(c PACE) (asn1.ObjectIdentifier, error) {
	oid, err := c.Protocol.OID()
	if err != nil {
		return nil, err
	}
	_, err = p.ask("pace", oid.String(), strconv.Itoa(c.ParameterID), strconv.Itoa(int(c.Password.ref)), octets(c.Password.value))
	return oid, err
}

// mapWith maps the generator: with the other side's data, or in the integrated
// mapping with the terminal's nonce.
func (p *Peer) mapWith(c PACE, data []byte) error {
	verb := "map"
	if c.Protocol.Mapping == pace.Integrated && !c.Protocol.Curve && !c.AsIs {
		verb = "number"
	}
	_, err := p.ask(verb, octets(data))
	return err
}

// CA is one run of Chip Authentication.
type CA struct {
	Protocol    ca.Protocol
	ParameterID int
	// AsIs leaves the shared secret as libeac has it (see Limits).
	AsIs bool
}

// agreeCA is the key agreement with the other side's public key.
func (p *Peer) agreeCA(c CA, public []byte) error {
	args := []string{octets(public)}
	if c.AsIs {
		args = append(args, "raw")
	}
	_, err := p.ask("agree", args...)
	return err
}

// startCA begins the run in the peer, with a static key in the role of the chip.
func (p *Peer) startCA(c CA, static *domain.Key) error {
	oid, err := c.Protocol.OID()
	if err != nil {
		return err
	}
	args := []string{oid.String(), strconv.Itoa(c.ParameterID)}
	if static != nil {
		args = append(args, octets(static.Scalar().Bytes()), octets(static.Public().Bytes()))
	}
	_, err = p.ask("ca", args...)
	return err
}

// Tags of the objects that carry the protocols (Doc 9303-11 (8th ed.), 4.4.4,
// 4.4.5 and 6.2.4).
const (
	tagMechanism tlv.Tag = 0x80
	tagPassword  tlv.Tag = 0x83
	tagReference tlv.Tag = 0x84
	tagKAT       tlv.Tag = 0x91

	tagDynamic     tlv.Tag = 0x7C
	tagNonce       tlv.Tag = 0x80
	tagPublic      tlv.Tag = 0x80 // of Chip Authentication
	tagMapTerminal tlv.Tag = 0x81
	tagMapChip     tlv.Tag = 0x82
	tagKeyTerminal tlv.Tag = 0x83
	tagKeyChip     tlv.Tag = 0x84
	tagTokenIFD    tlv.Tag = 0x85
	tagTokenIC     tlv.Tag = 0x86
)

const (
	insMSE     byte = 0x22
	insGeneral byte = 0x86
)

// value is an object identifier without tag and length.
func value(oid asn1.ObjectIdentifier) ([]byte, error) {
	der, err := asn1.Marshal(oid)
	if err != nil {
		return nil, fmt.Errorf("openpace: %w", err)
	}
	n, _, err := tlv.Parse(der)
	return n.Value, err
}

// dynamic picks an object out of DO 7C.
func dynamic(data []byte, tag tlv.Tag) ([]byte, bool) {
	outer, _, err := tlv.Parse(data)
	if err != nil || outer.Tag != tagDynamic {
		return nil, false
	}
	n, ok := outer.First(tag)
	return n.Value, ok
}
