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
	"github.com/chipid-toolkit/chipid/apdu/cvc"
	"github.com/chipid-toolkit/chipid/apdu/domain"
	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/apdu/pace"
	"github.com/chipid-toolkit/chipid/apdu/sm"
	"github.com/chipid-toolkit/chipid/apdu/ta"
	"github.com/chipid-toolkit/chipid/cardprofile/applet"
)

// protocols are the chip's halves; nil where the chip has no such thing.
type protocols struct {
	bac  *bac.Chip
	pace *pace.Chip
	ca   *ca.Chip
	aa   *aa.Chip
	ta   *ta.Chip
}

// owner is what the protocols ask of the chip; its functions are nil where they
// are made only to see whether they can be.
type owner struct {
	admit   func(pace.Reference) apdu.Status
	outcome func(ref pace.Reference, ok bool) apdu.Status
	trusted func(*cvc.Store) error // trust points or current date have changed
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
	if p.ta != nil {
		p.ta.Reset()
	}
}

// newProtocols sets up the protocols of a personalized chip; before that it has
// none. What could fail has been checked when the data came in.
func (c *Chip) newProtocols() protocols {
	if !c.st.Applet.personalized() {
		return protocols{}
	}
	p, err := buildProtocols(&c.st.Applet, c.keys, owner{c.admitPassword, c.attempted, c.trusted})
	if err != nil {
		return protocols{}
	}
	return p
}

// buildProtocols makes the chip's halves from what personalization left.
func buildProtocols(a *appletState, k *keyring, o owner) (p protocols, err error) {
	if a.Mechanisms&applet.MechanismBAC != 0 {
		p.bac = bac.NewChip(bac.NewPassword(a.MRZ))
	}
	if a.hasPACE() {
		if p.pace, err = buildPACE(a, k, o); err != nil {
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
	if a.Trust != nil {
		if p.ta, err = a.Trust.build(o); err != nil {
			return p, err
		}
	}
	return p, nil
}

func buildPACE(a *appletState, k *keyring, o owner) (*pace.Chip, error) {
	cfg := pace.ChipConfig{Passwords: a.passwords(), Admit: o.admit, Outcome: o.outcome}
	if a.Trust != nil {
		store, err := a.Trust.store()
		if err != nil {
			return nil, err
		}
		cfg.CARs = names(store)
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
		params := pace.Params{OID: oid, ParameterID: set.Parameter}
		standard := set.Parameter
		if set.Explicit != nil {
			standard = *set.Explicit
			if params.Domain, err = domain.Standard(standard); err != nil {
				return nil, err
			}
		}
		if proto.Mapping == pace.ChipAuthentication {
			if cfg.StaticKey, err = camKey(standard, k); err != nil {
				return nil, err
			}
		}
		cfg.Offers = append(cfg.Offers, params)
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
		if key.ec != nil && key.ec.Curve() == d.Curve() {
			return key.ec, nil
		}
	}
	return nil, errors.New("no static key for chip authentication mapping")
}

// buildCA offers each key for its protocols.
func buildCA(a *appletState, k *keyring) (*ca.Chip, error) {
	var cfg ca.ChipConfig
	for i, e := range a.CA {
		entry := ca.ChipKey{ID: e.ID, Private: k.ca[i].key}
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

// accessCommand answers BAC and PACE outside secure messaging; handled is false
// for commands of neither.
func (c *Chip) accessCommand(cmd apdu.Command) (r apdu.Response, session *sm.Chip, handled bool) {
	p := &c.v.proto
	if p.pace != nil && p.pace.Wants(cmd) {
		c.paceWork(cmd)
		r, session = p.pace.Handle(cmd)
		if session != nil {
			c.v.opened = p.pace.Reference()
			c.identifyByPACE()
		}
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
		c.identifyByMRZ()
		c.attempted(0, true)
	case attempt && r.SW == apdu.ErrAuthFailed:
		if sw := c.attempted(0, false); sw != apdu.OK {
			r.SW = sw
		}
	}
	return r, session
}
