package chip

import (
	"fmt"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/cvc"
	"github.com/chipid-toolkit/chipid/apdu/pace"
	"github.com/chipid-toolkit/chipid/apdu/ta"
	"github.com/chipid-toolkit/chipid/cardprofile/applet"
)

const insPSO = 0x2A

// trustState is what terminal authentication needs on a chip, and where the chip
// tells its trust points: EF.CVCA is one of its files, written by itself.
type trustState struct {
	FID    uint16 `json:"fid"`    // of EF.CVCA
	Points []byte `json:"points"` // cvc.Store: trust points and current date
	// Static: the chip is called by what stands on the document after PACE too,
	// as chips of some states want it (TR-03110-1 v2.20, 3.5).
	Static bool `json:"static_binding,omitempty"`
}

func (t *trustState) store() (*cvc.Store, error) {
	s := new(cvc.Store)
	if err := s.UnmarshalBinary(t.Points); err != nil {
		return nil, fmt.Errorf("trust points: %w", err)
	}
	return s, nil
}

func (t *trustState) build(o owner) (*ta.Chip, error) {
	store, err := t.store()
	if err != nil {
		return nil, err
	}
	return ta.NewChip(ta.ChipConfig{Store: store, Changed: o.trusted})
}

func names(s *cvc.Store) []string {
	var list []string
	for _, r := range s.References() {
		list = append(list, string(r))
	}
	return list
}

// trusted keeps trust points and current date that a certificate has moved, and
// writes EF.CVCA anew, in one step with it.
func (c *Chip) trusted(s *cvc.Store) error {
	points, err := s.MarshalBinary()
	if err != nil {
		return err
	}
	content, err := cvc.EncodeEFCVCA(s.References()...)
	if err != nil {
		return err
	}
	err = c.update(func(s *state) error {
		a := &s.Applet
		trust := *a.Trust
		trust.Points, a.Trust = points, &trust
		if i := a.find(dirApp, trust.FID); i >= 0 {
			a.Files[i].Content = content
		}
		return nil
	})
	if err == nil && c.v.proto.pace != nil {
		c.v.proto.pace.SetCARs(names(s))
	}
	return err
}

// identifyByMRZ and identifyByPACE fix how terminal authentication calls the
// chip in the session that has just been opened (TR-03110-1 v2.20, 3.5). Chip
// authentication mapping authenticates the chip, and binds at once.
func (c *Chip) identifyByMRZ() {
	if p := &c.v.proto; p.ta != nil {
		p.ta.Reset()
		c.v.chipID, _ = ta.ChipIDOfMRZ(c.st.Applet.MRZ)
	}
}

func (c *Chip) identifyByPACE() {
	p, a := &c.v.proto, &c.st.Applet
	if p.ta == nil {
		return
	}
	p.ta.Reset()
	run := p.pace.Protocol()
	switch {
	case a.Trust.Static && p.pace.Reference() == pace.ReferenceMRZ:
		c.v.chipID, _ = ta.ChipIDOfMRZ(a.MRZ)
	case a.Trust.Static && p.pace.Reference() == pace.ReferenceCAN:
		c.v.chipID = []byte(a.CAN)
	default:
		c.v.chipID, _ = ta.Compress(run.Curve, p.pace.Ephemeral())
	}
	if run.Mapping == pace.ChipAuthentication {
		c.bind(run.Curve, p.pace.TerminalEphemeral())
	}
}

// bindByCA binds to the terminal's key of chip authentication: the newest counts
// (Doc 9303-11 (8th ed.), 7.1.2).
func (c *Chip) bindByCA() {
	if p := &c.v.proto; p.ta != nil {
		p.ta.Reset()
		c.bind(p.ca.OnCurve(), p.ca.TerminalEphemeral())
	}
}

func (c *Chip) bind(curve bool, ephemeral []byte) {
	key, err := ta.Compress(curve, ephemeral)
	if err != nil {
		return // not bound: terminal authentication is refused
	}
	_ = c.v.proto.ta.Bind(ta.Binding{ChipID: c.v.chipID, Ephemeral: key})
}

// chains reports commands that may come in pieces: what terminal authentication
// carries is longer than a short command.
func (c *Chip) chains(cmd apdu.Command) bool {
	return c.v.proto.ta != nil && c.v.session != nil && (cmd.INS == insPSO || cmd.INS == 0x82)
}

func (c *Chip) terminalDone() bool { return c.v.proto.ta != nil && c.v.proto.ta.Done() }

// terminalMayRead reports whether the terminal has authenticated itself and may
// read the file: DG3 and DG4 with their rights, others with any.
func (c *Chip) terminalMayRead(f *file) bool {
	group := 0
	if f.Dir == dirApp && f.FID >= 0x0101 && f.FID <= 0x0110 {
		group = int(f.FID & 0xFF)
	}
	return c.terminalDone() && c.v.proto.ta.MayRead(group)
}

// trustPoints takes the trust points, and makes EF.CVCA: file identifier and
// short one, if not the standard's, and one or two CVCA certificates. The date
// of personalization is the chip's first current date (TR-03110-3 v2.21, 2.6).
func (a *appletState) trustPoints(value []byte) error {
	place, certificates, err := parseTrustPoints(value)
	if err != nil {
		return apdu.ErrWrongData
	}
	if a.Trust != nil || a.Date == "" {
		return apdu.ErrConditions
	}
	digits := []byte(a.Date)
	for i := range digits {
		digits[i] -= '0'
	}
	date, err := cvc.ParseDate(digits)
	if err != nil {
		return apdu.ErrConditions
	}
	for _, c := range certificates {
		if c.Expiration.Before(date) {
			return apdu.ErrWrongData
		}
	}
	return a.setTrust(date, place, false, certificates)
}

func (a *appletState) setTrust(date cvc.Date, place file, static bool, certificates []*cvc.Certificate) error {
	var keys []cvc.Key
	for _, c := range certificates {
		k, err := cvc.Root(c)
		if err != nil {
			return apdu.ErrWrongData
		}
		keys = append(keys, k)
	}
	store, err := cvc.NewStore(date, keys...)
	if err != nil {
		return apdu.ErrWrongData
	}
	points, err := store.MarshalBinary()
	if err != nil {
		return apdu.ErrWrongData
	}
	if place.Content, err = cvc.EncodeEFCVCA(store.References()...); err != nil {
		return apdu.ErrWrongData
	}
	switch {
	case a.find(dirApp, place.FID) >= 0 || place.SFI != 0 && a.findSFI(dirApp, place.SFI) >= 0:
		return apdu.ErrFileExists
	case len(a.Files) == applet.MaxFiles:
		return apdu.ErrNotEnoughSpace
	}
	place.Dir, place.Rule, place.Size = dirApp, applet.ReadAccess, len(place.Content)
	a.Files = append(a.Files, place)
	a.Trust = &trustState{FID: place.FID, Points: points, Static: static}
	return nil
}

// ownFile reports EF.CVCA, which the applet writes itself.
func (a *appletState) ownFile(f *file) bool {
	return a.Trust != nil && f.Dir == dirApp && f.FID == a.Trust.FID
}
