package ca

import (
	"bytes"
	"encoding/asn1"
	"fmt"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/domain"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/apdu/sm"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
)

// ChipKey is one static key with the protocols it serves.
type ChipKey struct {
	// ID is the key identifier, NoKeyID for none.
	ID int
	// Private is the key: domain.OfECC, or NewKey of a domain.Generator.
	Private *domain.Key
	// Protocols are the object identifiers of the ChipAuthenticationInfos that
	// name this key.
	Protocols []asn1.ObjectIdentifier
}

// ChipConfig is what a chip can do.
type ChipConfig struct {
	Keys []ChipKey
	// NoSetKAT makes a chip that does 3DES by MSE:Set AT alone (Doc 9303-11
	// (8th ed.), 8.5, note 1).
	NoSetKAT bool
}

// Chip is the chip's side, fed with commands that the current session has
// opened. A new session takes effect after the answer has gone out under the
// old one (Doc 9303-11 (8th ed.), 9.8.2).
type Chip struct {
	cfg      ChipConfig
	selected *selection // by MSE:Set AT, waits for GENERAL AUTHENTICATE
	peer     *domain.PublicKey
}

type selection struct {
	key    *domain.Key
	cipher mac.Cipher
}

// NewChip makes a chip. A protocol that does not fit its key is an error.
func NewChip(cfg ChipConfig) (*Chip, error) {
	for _, k := range cfg.Keys {
		if k.Private == nil {
			return nil, fmt.Errorf("%w: none", ErrKey)
		}
		for _, oid := range k.Protocols {
			p, err := ParseOID(oid)
			if err != nil {
				return nil, err
			}
			if !p.fits(k.Private.Parameters()) {
				return nil, fmt.Errorf("%w: %v for %v", ErrKey, k.Private.Parameters(), p)
			}
		}
	}
	return &Chip{cfg: cfg}, nil
}

// Wants reports whether cmd belongs to Chip Authentication: MSE:Set KAT,
// MSE:Set AT for internal authentication, or GENERAL AUTHENTICATE after it.
func (c *Chip) Wants(cmd apdu.Command) bool {
	return isMSE(cmd) || cmd.INS == insGeneralAuthenticate && c.selected != nil
}

func isMSE(cmd apdu.Command) bool {
	return cmd.INS == insMSE && cmd.P1 == mseP1 && (cmd.P2 == mseKAT || cmd.P2 == mseAT)
}

// Reset forgets a selection.
func (c *Chip) Reset() { c.selected = nil }

// TerminalEphemeral is the terminal's ephemeral public key of the last
// successful run, to which Terminal Authentication refers, or nil.
func (c *Chip) TerminalEphemeral() []byte {
	if c.peer == nil {
		return nil
	}
	return c.peer.Bytes()
}

// OnCurve reports whether the last successful run was on a curve, not in a prime
// field: the two compress their keys in different ways.
func (c *Chip) OnCurve() bool { return c.peer != nil && c.peer.Point() != nil }

// Handle answers one command. The session is not nil after a successful run:
// wrap this answer under the old session, then switch.
func (c *Chip) Handle(cmd apdu.Command) (apdu.Response, *sm.Chip) {
	switch {
	case isMSE(cmd) && cmd.P2 == mseKAT:
		c.selected = nil
		return c.setKAT(cmd)
	case isMSE(cmd):
		c.selected = nil
		return apdu.Response{SW: c.setAT(cmd)}, nil
	case cmd.INS != insGeneralAuthenticate:
		return apdu.Response{SW: apdu.ErrINS}, nil
	default:
		return c.general(cmd)
	}
}

// template reads the objects of MSE; unknown tags are ignored.
func template(data []byte) (m map[tlv.Tag][]byte, ok bool) {
	nodes, err := tlv.ParseAll(data)
	if err != nil {
		return nil, false
	}
	m = make(map[tlv.Tag][]byte, len(nodes))
	for _, n := range nodes {
		m[n.Tag] = n.Value
	}
	return m, true
}

// find picks the key by reference, which is needed where keys are several, and
// the cipher by protocol.
func (c *Chip) find(match func(asn1.ObjectIdentifier) bool, ref []byte) (*selection, apdu.Status) {
	var found []*selection
	known := false
	for _, k := range c.cfg.Keys {
		for _, oid := range k.Protocols {
			if !match(oid) {
				continue
			}
			known = true
			if ref != nil && (k.ID == NoKeyID || !equalReference(ref, k.ID)) {
				continue
			}
			p, err := ParseOID(oid)
			if err != nil {
				continue // NewChip has seen to it
			}
			found = append(found, &selection{k.Private, p.Cipher})
		}
	}
	switch {
	case !known:
		return nil, apdu.ErrWrongData
	case len(found) != 1:
		return nil, apdu.ErrNotFound
	}
	return found[0], apdu.OK
}

// equalReference compares as unsigned integers.
func equalReference(ref []byte, id int) bool {
	if len(ref) == 0 || len(ref) > 4 {
		return false
	}
	n := 0
	for _, b := range ref {
		n = n<<8 | int(b)
	}
	return n == id
}

func (c *Chip) setKAT(cmd apdu.Command) (apdu.Response, *sm.Chip) {
	if c.cfg.NoSetKAT {
		return apdu.Response{SW: apdu.ErrWrongP1P2}, nil
	}
	m, ok := template(cmd.Data)
	if !ok || m[tagEphemeral] == nil {
		return apdu.Response{SW: apdu.ErrWrongData}, nil
	}
	s, sw := c.find(func(oid asn1.ObjectIdentifier) bool {
		p, err := ParseOID(oid)
		return err == nil && p.Cipher == mac.TDES
	}, m[tagKeyRef])
	if sw != apdu.OK {
		return apdu.Response{SW: sw}, nil
	}
	session, sw := c.agree(s, m[tagEphemeral])
	return apdu.Response{SW: sw}, session
}

func (c *Chip) setAT(cmd apdu.Command) apdu.Status {
	m, ok := template(cmd.Data)
	if !ok || m[tagMechanism] == nil {
		return apdu.ErrWrongData
	}
	s, sw := c.find(func(oid asn1.ObjectIdentifier) bool {
		v, err := oidValue(oid)
		return err == nil && bytes.Equal(v, m[tagMechanism])
	}, m[tagKeyRef])
	c.selected = s
	return sw
}

func (c *Chip) general(cmd apdu.Command) (apdu.Response, *sm.Chip) {
	s := c.selected
	c.selected = nil // one agreement a selection
	if s == nil {
		return apdu.Response{SW: apdu.ErrConditions}, nil
	}
	outer, rest, err := tlv.Parse(cmd.Data)
	if err != nil || outer.Tag != tagDynamic || len(rest) != 0 {
		return apdu.Response{SW: apdu.ErrWrongData}, nil
	}
	n, ok := outer.First(tagPublicKey)
	if !ok {
		return apdu.Response{SW: apdu.ErrWrongData}, nil
	}
	session, sw := c.agree(s, n.Value)
	if sw != apdu.OK {
		return apdu.Response{SW: sw}, nil
	}
	return apdu.Response{Data: tlv.Encode(tagDynamic), SW: apdu.OK}, session
}

// agree validates the terminal's key and makes the new session.
func (c *Chip) agree(s *selection, public []byte) (*sm.Chip, apdu.Status) {
	peer, err := s.key.Parameters().ParsePublicKey(public)
	if err != nil {
		return nil, apdu.ErrWrongData
	}
	shared, err := s.key.Agree(peer)
	if err != nil {
		return nil, apdu.ErrWrongData
	}
	enc, macKey := deriveKeys(s.cipher, shared)
	defer enc.Wipe()
	defer macKey.Wipe()
	session, err := sm.NewChip(s.cipher, enc, macKey, nil)
	if err != nil {
		return nil, apdu.ErrExecution
	}
	c.peer = peer
	return session, apdu.OK
}
