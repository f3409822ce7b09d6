package chip

import (
	"crypto"
	"encoding/asn1"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/aa"
	"github.com/chipid-toolkit/chipid/apdu/bac"
	"github.com/chipid-toolkit/chipid/apdu/ca"
	"github.com/chipid-toolkit/chipid/apdu/domain"
	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/apdu/pace"
	"github.com/chipid-toolkit/chipid/apdu/sm"
	"github.com/chipid-toolkit/chipid/cardprofile/applet"
)

// protocols are the chip's halves; nil where the chip has no such thing.
type protocols struct {
	bac  *bac.Chip
	pace *pace.Chip
	ca   *ca.Chip
	aa   *aa.Chip
}

func (p *protocols) reset() {
	if p.bac != nil {
		p.bac.Reset()
	}
	if p.pace != nil {
		p.pace.Reset()
	}
	if p.ca != nil {
		p.ca.Reset()
	}
}

// newProtocols sets up the protocols of a personalized chip; before that it has
// none. What could fail has been checked when the data came in.
func (c *Chip) newProtocols() protocols {
	if !c.st.Applet.personalized() {
		return protocols{}
	}
	p, err := buildProtocols(&c.st.Applet, c.keys, c.admitPassword, c.attempted)
	if err != nil {
		return protocols{}
	}
	return p
}

// buildProtocols makes the chip's halves from what personalization left.
func buildProtocols(a *appletState, k *keyring, admit func(pace.Reference) apdu.Status, outcome func(pace.Reference, bool) apdu.Status) (p protocols, err error) {
	if a.Mechanisms&applet.MechanismBAC != 0 {
		p.bac = bac.NewChip(bac.NewPassword(a.MRZ))
	}
	if a.Mechanisms&(applet.MechanismPACEMRZ|applet.MechanismPACECAN) != 0 {
		if p.pace, err = buildPACE(a, k, admit, outcome); err != nil {
			return p, err
		}
	}
	if len(a.CA) > 0 {
		if p.ca, err = buildCA(a, k); err != nil {
			return p, err
		}
	}
	if a.AA != nil {
		cfg := aa.ChipConfig{Hash: hashes[a.AA.Hash], Key: k.aa.rsa}
		if k.aa.rsa == nil {
			cfg.Key = k.aa.ec
		}
		if p.aa, err = aa.NewChip(cfg); err != nil {
			return p, err
		}
	}
	return p, nil
}

func buildPACE(a *appletState, k *keyring, admit func(pace.Reference) apdu.Status, outcome func(pace.Reference, bool) apdu.Status) (*pace.Chip, error) {
	cfg := pace.ChipConfig{Admit: admit, Outcome: outcome}
	if a.Mechanisms&applet.MechanismPACEMRZ != 0 {
		cfg.Passwords = append(cfg.Passwords, pace.MRZ(a.MRZ))
	}
	if a.Mechanisms&applet.MechanismPACECAN != 0 {
		cfg.Passwords = append(cfg.Passwords, pace.CAN(a.CAN))
	}
	for _, set := range a.PACE {
		oid, err := parseOID(set.Protocol)
		if err != nil {
			return nil, err
		}
		proto, err := pace.ParseOID(oid)
		if err != nil {
			return nil, err
		}
		if proto.Mapping == pace.ChipAuthentication {
			if cfg.StaticKey, err = camKey(set.Parameter, k); err != nil {
				return nil, err
			}
		}
		cfg.Offers = append(cfg.Offers, pace.Params{OID: oid, ParameterID: set.Parameter})
	}
	return pace.NewChip(cfg)
}

// camKey is the chip authentication key on the curve of the PACE parameters,
// which chip authentication mapping uses (Doc 9303-11 (8th ed.), 4.4.3.3.3).
func camKey(parameter int, k *keyring) (*ecc.PrivateKey, error) {
	d, err := domain.Standard(parameter)
	if err != nil {
		return nil, err
	}
	for _, key := range k.ca {
		if key.Curve() == d.Curve() {
			return key, nil
		}
	}
	return nil, errors.New("no static key for chip authentication mapping")
}

// buildCA offers each key for its protocols.
func buildCA(a *appletState, k *keyring) (*ca.Chip, error) {
	var cfg ca.ChipConfig
	for i, e := range a.CA {
		key, err := domain.OfECC(k.ca[i])
		if err != nil {
			return nil, err
		}
		entry := ca.ChipKey{ID: e.ID, Private: key}
		for _, p := range e.Protocols {
			oid, err := parseOID(p)
			if err != nil {
				return nil, err
			}
			entry.Protocols = append(entry.Protocols, oid)
		}
		cfg.Keys = append(cfg.Keys, entry)
	}
	return ca.NewChip(cfg)
}

var hashes = map[byte]crypto.Hash{
	applet.HashSHA1: crypto.SHA1, applet.HashSHA224: crypto.SHA224, applet.HashSHA256: crypto.SHA256,
	applet.HashSHA384: crypto.SHA384, applet.HashSHA512: crypto.SHA512,
}

func parseOID(s string) (asn1.ObjectIdentifier, error) {
	var oid asn1.ObjectIdentifier
	for part := range strings.SplitSeq(s, ".") {
		n, err := strconv.Atoi(part)
		if err != nil || n < 0 {
			return nil, fmt.Errorf("malformed object identifier")
		}
		oid = append(oid, n)
	}
	return oid, nil
}

// admitPassword judges a password that a terminal selects for PACE, and makes
// the chip slow if attempts have failed before.
func (c *Chip) admitPassword(ref pace.Reference) apdu.Status {
	c.slow()
	a := &c.st.Applet
	if ref != pace.ReferenceCAN || a.CANTries == 0 {
		return apdu.OK
	}
	switch left := a.CANTries - a.CANFailed; {
	case left <= 0:
		return apdu.ErrAuthBlocked
	case left < a.CANTries:
		return triesLeft(left)
	}
	return apdu.OK
}

func triesLeft(n int) apdu.Status { return 0x63C0 | apdu.Status(n&0x0F) }

// attempted counts an attempt at a password (0: BAC), before its answer goes
// out, and gives the status of a failed one. The CAN's counter starts anew with
// any success: who knows the MRZ has the card in hand.
func (c *Chip) attempted(ref pace.Reference, ok bool) apdu.Status {
	old := &c.st.Applet
	if ok && old.Failures == 0 && old.CANFailed == 0 {
		return apdu.OK
	}
	err := c.update(func(s *state) error {
		a := &s.Applet
		switch {
		case ok:
			a.Failures, a.CANFailed = 0, 0
		case ref == pace.ReferenceCAN:
			a.CANFailed++
			a.Failures++
		default:
			a.Failures++
		}
		return nil
	})
	switch a := &c.st.Applet; {
	case err != nil:
		return apdu.ErrMemory
	case ok || ref != pace.ReferenceCAN || a.CANTries == 0:
		return apdu.OK // 6300, the protocol's own
	default:
		return triesLeft(max(a.CANTries-a.CANFailed, 0))
	}
}

// slow makes an attempt wait: the longer, the more have failed before it.
func (c *Chip) slow() {
	if n := c.st.Applet.Failures; n > 0 && c.retry > 0 {
		c.owed += c.retry << min(n-1, maxDoublings)
	}
}

// accessCommand answers BAC and PACE outside secure messaging; handled is false
// for commands of neither.
func (c *Chip) accessCommand(cmd apdu.Command) (r apdu.Response, session *sm.Chip, handled bool) {
	p := &c.v.proto
	if p.pace != nil && p.pace.Wants(cmd) {
		r, session = p.pace.Handle(cmd)
		return r, session, true
	}
	if p.pace != nil {
		p.pace.Reset() // another command ends a run under way
	}
	if p.bac != nil && p.bac.Wants(cmd) {
		if c.v.dir != dirApp {
			// The application is selected first (Doc 9303-11 (8th ed.), 4.2).
			return refuse(apdu.ErrConditions), nil, true
		}
		r, session = c.basicAccess(cmd)
		return r, session, true
	}
	if p.bac != nil {
		p.bac.Reset()
	}
	return apdu.Response{}, nil, false
}

func (c *Chip) basicAccess(cmd apdu.Command) (apdu.Response, *sm.Chip) {
	attempt := cmd.INS == 0x82
	if attempt {
		c.slow()
	}
	r, session := c.v.proto.bac.Handle(cmd)
	switch {
	case session != nil:
		c.attempted(0, true)
	case attempt && r.SW == apdu.ErrAuthFailed:
		if sw := c.attempted(0, false); sw != apdu.OK {
			r.SW = sw
		}
	}
	return r, session
}
