package pace

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"io"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/domain"
	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/apdu/sm"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
)

// ChipConfig is what a chip can do.
type ChipConfig struct {
	// Offers are the entries of EF.CardAccess, without CHAT.
	Offers []Params
	// Passwords are those that the chip has, one of a kind.
	Passwords []Password
	// CARs are named to a terminal that sends a CHAT, the most recent first; at
	// most two are sent.
	CARs []string
	// StaticKey is the Chip Authentication key for chip authentication mapping,
	// on the curve of the offer. Nil without such an offer.
	StaticKey *ecc.PrivateKey
	// Admit is asked when a terminal selects a password: apdu.OK or a warning
	// 63Cx lets it go on, anything else is the answer. Nil admits always.
	Admit func(Reference) apdu.Status
	// Outcome is told how an attempt ended, and gives the status of a failed
	// one: 6300, 63Cx or 6983, as the owner's try counter stands. Nil answers
	// 6300.
	Outcome func(ref Reference, ok bool) apdu.Status
}

// Chip is the chip's side, a state machine fed with plain commands. Every
// error ends the run: the terminal starts again with MSE:Set AT and gets a new
// nonce.
type Chip struct {
	cfg    ChipConfig
	offers []offer
	random io.Reader

	step    step
	partial []byte // data of a GENERAL AUTHENTICATE sent in pieces
	offer   offer
	pw      Password
	chat    []byte
	nonce   []byte
	mapKey  *domain.Key
	gen     domain.Generator
	peer    *domain.PublicKey
	keys    keys

	// Of the last successful run.
	ephemeral, terminal *domain.PublicKey
	last                Protocol
}

// offer is one entry, resolved.
type offer struct {
	Params
	proto  Protocol
	domain *domain.Parameters
}

// step is what the chip waits for.
type step int

const (
	stepIdle step = iota
	stepNonce
	stepMap
	stepAgree
	stepToken
)

// NewChip makes a chip. An offer that the standard does not allow, an unknown
// password kind, or a static key that does not fit is an error.
func NewChip(cfg ChipConfig) (*Chip, error) {
	c := &Chip{cfg: cfg, random: rand.Reader}
	for _, p := range cfg.Offers {
		proto, d, err := p.resolve()
		if err != nil {
			return nil, err
		}
		if proto.Mapping == ChipAuthentication && (cfg.StaticKey == nil || cfg.StaticKey.Curve() != d.Curve()) {
			return nil, fmt.Errorf("%w: no static key on %v", ErrCAM, d)
		}
		c.offers = append(c.offers, offer{p, proto, d})
	}
	if len(c.offers) == 0 {
		return nil, fmt.Errorf("%w: nothing is offered", ErrProtocol)
	}
	return c, nil
}

// Wants reports whether cmd belongs to PACE: MSE:Set AT for mutual
// authentication, or GENERAL AUTHENTICATE while a run is open.
func (c *Chip) Wants(cmd apdu.Command) bool {
	return isSetAT(cmd) || cmd.INS == insGeneralAuthenticate && c.step != stepIdle
}

func isSetAT(cmd apdu.Command) bool {
	return cmd.INS == insMSE && cmd.P1 == mseSetATp1 && cmd.P2 == mseSetATp2
}

// Reset ends an open run.
func (c *Chip) Reset() {
	c.step = stepIdle
	clear(c.nonce)
	c.nonce, c.partial, c.peer = nil, nil, nil
	if c.mapKey != nil {
		c.mapKey.Wipe()
		c.mapKey = nil
	}
	c.gen = domain.Generator{}
	c.keys.wipe()
	c.keys = keys{}
}

// Reference is the password of the open or the last run.
func (c *Chip) Reference() Reference { return c.pw.ref }

// CHAT is the value of DO 7F4C that the terminal of the open or the last run
// sent, or nil.
func (c *Chip) CHAT() []byte { return c.chat }

// Ephemeral is the chip's ephemeral public key of the last successful run, to
// which Terminal Authentication refers, or nil.
func (c *Chip) Ephemeral() []byte {
	if c.ephemeral == nil {
		return nil
	}
	return c.ephemeral.Bytes()
}

// TerminalEphemeral is the terminal's ephemeral public key of the last
// successful run, or nil. Terminal Authentication refers to it after chip
// authentication mapping.
func (c *Chip) TerminalEphemeral() []byte {
	if c.terminal == nil {
		return nil
	}
	return c.terminal.Bytes()
}

// Protocol is that of the last successful run.
func (c *Chip) Protocol() Protocol { return c.last }

// SetCARs replaces ChipConfig.CARs: trust points move with link certificates.
func (c *Chip) SetCARs(cars []string) { c.cfg.CARs = cars }

// Handle answers one plain command. The session is not nil after the last step
// of a successful run; it protects everything from the next command on.
func (c *Chip) Handle(cmd apdu.Command) (apdu.Response, *sm.Chip) {
	switch {
	case isSetAT(cmd):
		c.Reset()
		return apdu.Response{SW: c.setAT(cmd)}, nil
	case cmd.INS != insGeneralAuthenticate:
		return apdu.Response{SW: apdu.ErrINS}, nil
	case cmd.P1 != 0 || cmd.P2 != 0:
		return c.fail(apdu.ErrWrongP1P2), nil
	case c.step == stepIdle:
		return apdu.Response{SW: apdu.ErrConditions}, nil
	}
	data, complete := c.gather(cmd)
	if !complete {
		return apdu.Response{SW: apdu.OK}, nil
	}
	// The chain ends with the token and no sooner (4.4.4.3).
	chained := cmd.CLA&apdu.ClassChaining != 0
	if chained != (c.step != stepToken) {
		return c.fail(apdu.ErrConditions), nil
	}
	m, err := parseDynamic(data)
	if err != nil {
		return c.fail(apdu.ErrWrongData), nil
	}
	var body []byte
	var sw apdu.Status
	var session *sm.Chip
	switch c.step {
	case stepNonce:
		body, sw = c.sendNonce()
	case stepMap:
		body, sw = c.mapNonce(m)
	case stepAgree:
		body, sw = c.agree(m)
	case stepToken:
		body, session, sw = c.authenticate(m)
	}
	if sw != apdu.OK {
		return c.fail(sw), nil
	}
	return apdu.Response{Data: tlv.Encode(tagDynamic, body), SW: apdu.OK}, session
}

func (c *Chip) fail(sw apdu.Status) apdu.Response {
	c.Reset()
	return apdu.Response{SW: sw}
}

// maxGather bounds a command in pieces, in bytes: a point or number of 4,096
// bits and its headers need far less.
const maxGather = 2048

// gather joins a data field that came in pieces of 255 bytes under command
// chaining (ISO/IEC 7816-4:2020, 5.3.3). PACE uses the chaining bit for its
// steps too, so the length of DO 7C tells a piece from a step.
func (c *Chip) gather(cmd apdu.Command) (data []byte, complete bool) {
	data = append(c.partial, cmd.Data...)
	c.partial = nil
	if cmd.CLA&apdu.ClassChaining == 0 || len(cmd.Data) != apdu.MaxShortData || len(data) > maxGather {
		return data, true
	}
	if _, h, l, err := tlv.Header(data); err == nil && h+l > len(data) && h+l <= maxGather {
		c.partial = bytes.Clone(data)
		return nil, false
	}
	return data, true
}

// setAT is MSE:Set AT (Doc 9303-11 (8th ed.), 4.4.4.1). Objects with other tags
// are ignored, as note 2 there asks.
func (c *Chip) setAT(cmd apdu.Command) apdu.Status {
	nodes, err := tlv.ParseAll(cmd.Data)
	if err != nil {
		return apdu.ErrWrongData
	}
	var mechanism, password, parameters, chat []byte
	for _, n := range nodes {
		switch n.Tag {
		case tagMechanism:
			mechanism = n.Value
		case tagPassword:
			password = n.Value
		case tagDomain:
			parameters = n.Value
		case tagCHAT:
			chat = bytes.Clone(n.Value)
		}
	}
	if mechanism == nil || len(password) != 1 || parameters != nil && len(parameters) != 1 {
		return apdu.ErrWrongData
	}
	o, sw := c.find(mechanism, parameters)
	if sw != apdu.OK {
		return sw
	}
	pw, ok := c.password(Reference(password[0]))
	if !ok {
		return apdu.ErrNotFound
	}
	if c.cfg.Admit != nil {
		sw = c.cfg.Admit(pw.ref)
	}
	// A warning with tries left is an answer that lets the run go on.
	if n, warns := sw.Tries(); sw != apdu.OK && !(warns && n > 0) {
		return sw
	}
	c.offer, c.pw, c.chat, c.step = o, pw, chat, stepNonce
	return sw
}

// find picks the offer by identifier and, where given, parameter identifier.
// Without one it must not be ambiguous.
func (c *Chip) find(mechanism, parameters []byte) (offer, apdu.Status) {
	var found []offer
	known := false
	for _, o := range c.offers {
		v, err := oidValue(o.OID)
		if err != nil || !bytes.Equal(v, mechanism) {
			continue
		}
		known = true
		if parameters == nil || o.ParameterID == int(parameters[0]) {
			found = append(found, o)
		}
	}
	switch {
	case !known:
		return offer{}, apdu.ErrWrongData
	case len(found) != 1:
		return offer{}, apdu.ErrNotFound
	}
	return found[0], apdu.OK
}

func (c *Chip) password(ref Reference) (Password, bool) {
	for _, p := range c.cfg.Passwords {
		if p.ref == ref {
			return p, true
		}
	}
	return Password{}, false
}

// sendNonce draws and encrypts the nonce s.
func (c *Chip) sendNonce() ([]byte, apdu.Status) {
	n, _ := nonceLens(c.offer.proto.Cipher)
	c.nonce = make([]byte, n)
	if _, err := io.ReadFull(c.random, c.nonce); err != nil {
		return nil, apdu.ErrExecution
	}
	k := c.pw.key(c.offer.proto.Cipher)
	defer k.Wipe()
	z, err := cbc(c.offer.proto.Cipher, k.Bytes(), c.nonce, true)
	if err != nil {
		return nil, apdu.ErrExecution
	}
	c.step = stepMap
	return tlv.Encode(tagNonce, z), apdu.OK
}

// mapNonce answers the mapping data.
func (c *Chip) mapNonce(m map[tlv.Tag][]byte) ([]byte, apdu.Status) {
	v, ok := m[tagMapTerminal]
	if !ok {
		return nil, apdu.ErrWrongData
	}
	var answer []byte
	var err error
	if c.offer.proto.Mapping == Integrated {
		c.gen, err = integratedMap(c.offer.domain, c.offer.proto.Cipher, c.nonce, v)
	} else {
		answer, err = c.mapGeneric(v)
	}
	if err != nil {
		return nil, apdu.ErrWrongData
	}
	c.step = stepAgree
	return tlv.Encode(tagMapChip, answer), apdu.OK
}

func (c *Chip) mapGeneric(v []byte) ([]byte, error) {
	peer, err := c.offer.domain.ParsePublicKey(v)
	if err != nil {
		return nil, err
	}
	if c.mapKey, err = c.offer.domain.Generator().GenerateKey(c.random); err != nil {
		return nil, err
	}
	h, err := c.mapKey.Agree(peer)
	if err != nil {
		return nil, err
	}
	if c.gen, err = genericMap(c.offer.domain, c.nonce, h); err != nil {
		return nil, err
	}
	return c.mapKey.Public().Bytes(), nil
}

// agree answers the terminal's ephemeral key.
func (c *Chip) agree(m map[tlv.Tag][]byte) ([]byte, apdu.Status) {
	v, ok := m[tagKeyTerminal]
	if !ok {
		return nil, apdu.ErrWrongData
	}
	peer, err := c.offer.domain.ParsePublicKey(v)
	if err != nil {
		return nil, apdu.ErrWrongData
	}
	own, err := c.gen.GenerateKey(c.random)
	if err != nil {
		return nil, apdu.ErrExecution
	}
	defer own.Wipe()
	if peer.Equal(own.Public()) {
		return nil, apdu.ErrWrongData
	}
	shared, err := own.Agree(peer)
	if err != nil {
		return nil, apdu.ErrWrongData
	}
	c.keys = deriveKeys(c.offer.proto.Cipher, shared)
	c.peer, c.ephemeral, c.terminal, c.step = peer, own.Public(), nil, stepToken
	return tlv.Encode(tagKeyChip, own.Public().Bytes()), apdu.OK
}

// authenticate judges the terminal's token and answers the chip's.
func (c *Chip) authenticate(m map[tlv.Tag][]byte) ([]byte, *sm.Chip, apdu.Status) {
	v, ok := m[tagTokenIFD]
	if !ok {
		return nil, nil, apdu.ErrWrongData
	}
	proto := c.offer.proto
	expected, err := c.keys.token(proto.Cipher, c.offer.OID, c.ephemeral)
	if err != nil {
		return nil, nil, apdu.ErrExecution
	}
	if !equalTokens(v, expected) {
		c.ephemeral = nil
		if c.cfg.Outcome != nil {
			if sw := c.cfg.Outcome(c.pw.ref, false); sw != apdu.OK {
				return nil, nil, sw
			}
		}
		return nil, nil, apdu.ErrAuthFailed
	}
	token, err := c.keys.token(proto.Cipher, c.offer.OID, c.peer)
	if err != nil {
		return nil, nil, apdu.ErrExecution
	}
	body := tlv.Encode(tagTokenIC, token)
	if c.chat != nil {
		for i, car := range c.cfg.CARs[:min(2, len(c.cfg.CARs))] {
			body = append(body, tlv.Encode(tagCAR+tlv.Tag(i), []byte(car))...)
		}
	}
	if proto.Mapping == ChipAuthentication {
		sealed, err := sealCAM(proto.Cipher, c.keys, c.cfg.StaticKey, c.mapKey)
		if err != nil {
			return nil, nil, apdu.ErrExecution
		}
		body = append(body, tlv.Encode(tagEncryptedCAM, sealed)...)
	}
	session, err := sm.NewChip(proto.Cipher, c.keys.enc, c.keys.mac, nil)
	if err != nil {
		return nil, nil, apdu.ErrExecution
	}
	if c.cfg.Outcome != nil {
		c.cfg.Outcome(c.pw.ref, true)
	}
	c.terminal, c.last = c.peer, proto
	c.Reset()
	return body, session, apdu.OK
}
