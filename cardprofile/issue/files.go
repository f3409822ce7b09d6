package issue

import (
	"encoding/asn1"
	"fmt"
	"slices"

	"github.com/chipid-toolkit/chipid/apdu/aa"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/applet"
	"github.com/chipid-toolkit/chipid/cardprofile/citizen"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
)

// chipKeys are the keys that the profile wants made on the chip.
func chipKeys(p *cardprofile.Profile) (applet.KeyPlan, error) {
	var plan applet.KeyPlan
	for _, k := range p.ChipAuth {
		plan.ChipAuth = append(plan.ChipAuth, applet.ChipAuthKey{Protocol: asn1.ObjectIdentifier(k.Protocol), Curve: k.Curve, KeyID: keyID(k)})
	}
	if k := p.ActiveAuth; k != nil {
		hash, err := cardprofile.HashByName(k.Hash)
		if err != nil {
			return plan, fmt.Errorf("%w: active authentication: %w", ErrPlan, err)
		}
		plan.ActiveAuth = &applet.ActiveAuthKey{Bits: k.Bits, Curve: k.Curve, Hash: hash}
	}
	return plan, nil
}

func keyID(k cardprofile.ChipAuth) int {
	if !k.KeyIDStated {
		return lds.NoID
	}
	return k.KeyID
}

// files are all files of the card but EF.SOD, in the order in which they are
// written: EF.CardAccess, EF.ATR/INFO, EF.COM, the data groups.
func (j *job) files(pub *applet.PublicKeys) ([]lds.File, error) {
	p := j.plan.Profile
	access, err := cardAccess(p)
	if err != nil {
		return nil, err
	}
	var files []lds.File
	if len(access) > 0 {
		files = append(files, lds.File{Name: lds.NameCardAccess, Bytes: access})
	}
	if p.Chip.MaxCommand > 0 && p.Chip.MaxResponse > 0 {
		info, err := lds.EncodeATRInfo(p.Chip.MaxCommand, p.Chip.MaxResponse)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrPlan, err)
		}
		files = append(files, lds.File{Name: lds.NameATRInfo, Bytes: info})
	}
	groups, numbers, err := j.groups(pub)
	if err != nil {
		return nil, err
	}
	com, err := lds.EncodeCOM(p.LDS.Version, p.LDS.Unicode, numbers)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPlan, err)
	}
	return append(append(files, lds.File{Name: lds.NameCOM, Bytes: com}), groups...), nil
}

// groups are the data groups of the card and their numbers, ascending.
func (j *job) groups(pub *applet.PublicKeys) (files []lds.File, numbers []int, err error) {
	p := j.plan.Profile
	for _, dg := range p.DataGroups {
		b, ready := j.plan.groups[dg.Number]
		switch {
		case ready:
		case dg.Source == "vn-dg13":
			b, err = lds.EncodeVietnamDG13(citizen.DG13(j.plan.Record, fmt.Sprintf("%X", j.serial)))
		case dg.Source == "security-infos":
			b, err = securityInfos(p, pub)
		case dg.Source == "aa-key" && pub.ActiveAuth != nil:
			b, err = lds.EncodeDG15(pub.ActiveAuth)
		default:
			continue // optional, and nothing to make it from
		}
		if err != nil {
			return nil, nil, fmt.Errorf("%w: DG%d: %w", ErrPlan, dg.Number, err)
		}
		id, ok := lds.DataGroup(dg.Number)
		if !ok {
			return nil, nil, fmt.Errorf("%w: no data group %d", ErrPlan, dg.Number)
		}
		files = append(files, lds.File{Name: id.Name, Bytes: b})
		numbers = append(numbers, dg.Number)
	}
	slices.Sort(numbers)
	return files, numbers, nil
}

// cardAccess is EF.CardAccess: what a terminal must know before it has access
// (Doc 9303-11 (8th ed.), 9.2.11). It is empty if the profile has no PACE.
func cardAccess(p *cardprofile.Profile) ([]byte, error) {
	if len(p.Access.PACE) == 0 {
		return nil, nil
	}
	b := &lds.Builder{}
	addPACE(b, p)
	for _, k := range p.ChipAuth {
		if k.InCardAccess {
			b.ChipAuth(asn1.ObjectIdentifier(k.Protocol), keyID(k))
		}
	}
	if p.TerminalAuth != nil && p.TerminalAuth.InCardAccess {
		addTerminalAuth(b, p)
	}
	set, err := b.Encode()
	if err != nil {
		return nil, fmt.Errorf("%w: EF.CardAccess: %w", ErrPlan, err)
	}
	return set, nil
}

func addPACE(b *lds.Builder, p *cardprofile.Profile) {
	for _, info := range p.Access.PACE {
		b.PACE(asn1.ObjectIdentifier(info.Protocol), info.ParameterID)
	}
}

// securityInfos is DG14: the signed copy of EF.CardAccess and the chip's public
// keys.
func securityInfos(p *cardprofile.Profile, pub *applet.PublicKeys) ([]byte, error) {
	b := &lds.Builder{}
	addPACE(b, p)
	for i, k := range p.ChipAuth {
		b.ChipAuth(asn1.ObjectIdentifier(k.Protocol), keyID(k))
		b.ChipAuthKey(pub.ChipAuth[i], keyID(k))
	}
	if p.TerminalAuth != nil {
		addTerminalAuth(b, p)
	}
	if k := p.ActiveAuth; k != nil && k.Curve != "" {
		hash, err := cardprofile.HashByName(k.Hash)
		if err != nil {
			return nil, err
		}
		oid, err := aa.AlgorithmOf(hash)
		if err != nil {
			return nil, err
		}
		b.ActiveAuth(oid)
	}
	set, err := b.Encode()
	if err != nil {
		return nil, err
	}
	return lds.EncodeDG14(set)
}
