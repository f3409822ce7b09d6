package chip

import (
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"time"

	"github.com/chipid-toolkit/chipid/apdu/ca"
	"github.com/chipid-toolkit/chipid/apdu/cvc"
	"github.com/chipid-toolkit/chipid/apdu/domain"
	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/apdu/pace"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/applet"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
)

// Document is what an issued chip holds. Nothing in it is checked against
// anything else: a reader's test may want a document that is wrong.
type Document struct {
	// Files are the contents by name, "EF.COM", "EF.DG1", "EF.CardAccess" and
	// so on. Without an EF.ATR/INFO the chip states its buffers in one of its
	// own, unless NoATRInfo says otherwise.
	Files     map[string][]byte
	NoATRInfo bool

	// MRZInfo is the MRZ information of Doc 9303-11 (8th ed.), 4.3.2; CAN the
	// card access number. Empty: no such password.
	MRZInfo, CAN string
	// CANTries is how often in a row the CAN may be wrong; 0 has no limit.
	CANTries int
	// PIN and PUK are the holder's passwords of PACE, empty if the chip has
	// none, and how often in a row they may be wrong. With one try left they are
	// suspended until the CAN resumes them; 0 has no limit.
	PIN, PUK           string
	PINTries, PUKTries int
	// NoBAC: PACE alone. Plain: no access control at all.
	NoBAC, Plain bool
	// PACE are the parameter sets; nil means those of EF.CardAccess.
	PACE []pace.Params
	// NoMF: no master file, SELECT of it answers 6D00, and its files stand in
	// the application, as on Vietnam's card.
	NoMF bool
	// Rules override who may read a file: applet.ReadAlways and so on.
	Rules map[string]byte

	ChipAuth   []ChipAuthKey
	ActiveAuth *ActiveAuthKey
	// TerminalAuth is nil for a chip without terminal authentication.
	TerminalAuth *TerminalAuth
}

// TerminalAuth is what a chip needs to judge terminals.
type TerminalAuth struct {
	// CVCA are one or two self-signed certificates: the trust points.
	CVCA []*cvc.Certificate
	// Date is the current date; the zero date is 23 November 2026.
	Date cvc.Date
	// File and Short are the identifiers of EF.CVCA, zero for the standard's.
	// Short counts with File alone.
	File  uint16
	Short byte
	// StaticBinding: the chip is called by its document number or CAN after
	// PACE too, as chips of some states want it (TR-03110-1 v2.20, 3.5).
	StaticBinding bool
}

// issuedOn is the day on which chips of NewIssued were personalized.
const issuedOn = "261123"

// ChipAuthKey is a chip authentication key and the protocols it serves.
type ChipAuthKey struct {
	Protocols []asn1.ObjectIdentifier
	ID        int // ca.NoKeyID: none
	Key       *ecc.PrivateKey
	DH        *domain.Key // instead of Key, in a prime field
}

// ActiveAuthKey is the active authentication key: an *rsa.PrivateKey or an
// *ecc.PrivateKey.
type ActiveAuthKey struct {
	Key  crypto.PrivateKey
	Hash crypto.Hash
}

// NewIssued makes a chip that has been personalized and secured already, for
// tests of readers. The keys that were its initial ones count as replaced.
func NewIssued(o Options, d Document) (*Chip, error) {
	st, err := blankState(o)
	if err != nil {
		return nil, err
	}
	st.Card, st.Keys.Initial = applet.CardSecured, false
	a := &st.Applet
	a.LifeCycle, a.Progress, a.Configured = applet.AppletPersonalized, applet.ProgressFinalized, true
	a.MRZ, a.CAN, a.CANTries, a.Date = d.MRZInfo, d.CAN, d.CANTries, issuedOn
	a.PIN, a.PUK, a.PINTries, a.PUKTries = d.PIN, d.PUK, d.PINTries, d.PUKTries
	if d.NoMF {
		a.Flags |= applet.FlagNoMF
	}
	if err := a.addFiles(d, st.Model); err != nil {
		return nil, err
	}
	if err := a.addAccess(d); err != nil {
		return nil, err
	}
	if err := a.addKeys(d); err != nil {
		return nil, err
	}
	if err := a.addTrust(d.TerminalAuth); err != nil {
		return nil, err
	}
	if err := st.check(); err != nil {
		return nil, fmt.Errorf("chip: %w", err)
	}
	return start(st, o)
}

func (a *appletState) addFiles(d Document, m Model) error {
	contents := make(map[string][]byte, len(d.Files)+1)
	for name, b := range d.Files {
		id, ok := lds.FileByName(name)
		if !ok {
			return fmt.Errorf("chip: no file is called %q", name)
		}
		contents[id.Name] = b
	}
	if _, ok := contents[lds.NameATRInfo]; !ok && !d.NoATRInfo {
		contents[lds.NameATRInfo] = m.atrInfo(d.TerminalAuth != nil)
	}
	for _, id := range lds.FileIDs() {
		b, ok := contents[id.Name]
		if !ok {
			continue
		}
		f := file{Dir: dirApp, FID: id.FID, SFI: id.SFI, Rule: d.rule(id), Size: len(b), Content: clone(b)}
		if id.MF && !d.NoMF {
			f.Dir = dirMF
		}
		if a.find(f.Dir, f.FID) >= 0 {
			return fmt.Errorf("chip: no place for %s", id.Name)
		}
		if a.findSFI(f.Dir, f.SFI) >= 0 {
			f.SFI = 0 // EF.ATR/INFO beside DG1, where there is no master file
		}
		a.Files = append(a.Files, f)
	}
	return nil
}

func (d Document) rule(id lds.FileID) byte {
	if r, ok := d.Rules[id.Name]; ok {
		return r
	}
	switch {
	case d.Plain, id.Name == lds.NameCardAccess, id.Name == lds.NameATRInfo, id.Name == lds.NameDIR:
		return applet.ReadAlways
	case id.Number() == 3, id.Number() == 4:
		return applet.ReadTerminal
	}
	return applet.ReadAccess
}

func (a *appletState) addAccess(d Document) error {
	if d.Plain {
		return nil
	}
	sets := d.PACE
	if sets == nil {
		for name, b := range d.Files {
			if id, ok := lds.FileByName(name); ok && id.Name == lds.NameCardAccess {
				sets = paceInfos(b)
			}
		}
	}
	for _, p := range sets {
		set := paceSet{Protocol: p.OID.String(), Parameter: p.ParameterID}
		if p.Domain != nil {
			id, ok := p.Domain.ID()
			if !ok {
				return errors.New("chip: explicit PACE parameters that are none of the standardized ones")
			}
			set.Explicit = &id
		}
		a.PACE = append(a.PACE, set)
	}
	if d.MRZInfo != "" {
		if !d.NoBAC {
			a.Mechanisms |= applet.MechanismBAC
		}
		if len(sets) > 0 {
			a.Mechanisms |= applet.MechanismPACEMRZ
		}
	}
	if d.CAN != "" && len(sets) > 0 {
		a.Mechanisms |= applet.MechanismPACECAN
	}
	if a.Mechanisms == 0 {
		return errors.New("chip: no access mechanism, and the document is not plain")
	}
	return nil
}

// paceInfos finds the PACEInfos of EF.CardAccess (Doc 9303-11 (8th ed.), 9.2.1)
// and the explicit parameters that belong to them. What it cannot read or use is
// left out.
func paceInfos(b []byte) []pace.Params {
	infos, _, err := lds.ParseSecurityInfos(b)
	if err != nil {
		return nil
	}
	return infos.PACE()
}

func (a *appletState) addKeys(d Document) error {
	for _, k := range d.ChipAuth {
		entry := caKey{ID: k.ID}
		switch {
		case k.Key != nil && k.DH == nil:
			entry.Curve, entry.Scalar = k.Key.Curve().Name(), k.Key.Bytes()
		case k.Key == nil && k.DH != nil && k.DH.Parameters().Group() != nil:
			g := k.DH.Parameters().Group()
			entry.Group, entry.Scalar = &group{P: g.P().Bytes(), G: g.G().Bytes()}, k.DH.Scalar().Bytes()
			if q := g.Q(); q != nil {
				entry.Group.Q = q.Bytes()
			}
		default:
			return errors.New("chip: a chip authentication key is on a curve or in a group")
		}
		for _, oid := range k.Protocols {
			if _, err := ca.ParseOID(oid); err != nil {
				return fmt.Errorf("chip: %w", err)
			}
			entry.Protocols = append(entry.Protocols, oid.String())
		}
		a.CA = append(a.CA, entry)
	}
	if d.ActiveAuth == nil {
		return nil
	}
	entry := &aaKey{}
	for number, h := range hashes {
		if h == d.ActiveAuth.Hash {
			entry.Hash = number
		}
	}
	switch k := d.ActiveAuth.Key.(type) {
	case *rsa.PrivateKey:
		entry.RSA = x509.MarshalPKCS1PrivateKey(k)
	case *ecc.PrivateKey:
		entry.Curve, entry.Scalar = k.Curve().Name(), k.Bytes()
	default:
		return errors.New("chip: active authentication wants an RSA key or a curve's")
	}
	a.AA = entry
	return nil
}

func (a *appletState) addTrust(t *TerminalAuth) error {
	if t == nil {
		return nil
	}
	date, place := t.Date, placeOfCVCA()
	if date.IsZero() {
		var err error
		if date, err = cvc.NewDate(2026, time.November, 23); err != nil {
			return err
		}
	}
	if t.File != 0 {
		place.FID, place.SFI = t.File, t.Short
	}
	if err := a.setTrust(date, place, t.StaticBinding, t.CVCA); err != nil {
		return fmt.Errorf("chip: trust points: %w", err)
	}
	return nil
}

// ATRInfo is the EF.ATR/INFO that states the model's buffers (Doc 9303-10 (8th
// ed.), 3.11.1).
func (m Model) ATRInfo() []byte { return m.atrInfo(false) }

func (m Model) atrInfo(chaining bool) []byte {
	c := m.capabilities(chaining)
	out := tlv.Encode(0x47, c[:])
	if m.ShortOnly {
		return out
	}
	return append(out, tlv.Encode(0x7F66, integer(m.MaxCommand), integer(m.MaxResponse))...)
}

// integer is a positive INTEGER of two or more bytes.
func integer(n int) []byte {
	b := []byte{byte(n >> 8), byte(n)}
	if n > 0x7FFF {
		b = append([]byte{byte(n >> 16)}, b...)
	}
	return tlv.Encode(0x02, b)
}
