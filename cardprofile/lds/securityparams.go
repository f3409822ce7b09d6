package lds

import (
	"bytes"
	"crypto"
	"slices"

	"github.com/chipid-toolkit/chipid/apdu/aa"
	"github.com/chipid-toolkit/chipid/apdu/ca"
	"github.com/chipid-toolkit/chipid/apdu/domain"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/apdu/pace"
	"github.com/chipid-toolkit/chipid/cardprofile"
)

// OffersPACE reports whether there is a PACEInfo at all, usable or not. A
// terminal that can use none of them must not quietly do BAC instead.
func (s *SecurityInfos) OffersPACE() bool { return len(s.PACEInfos) > 0 }

// PACE gives the parameters of every PACEInfo that can be used, strongest
// first: by the weaker of cipher and group, then the cipher, then the group,
// then the mapping (chip authentication, generic, integrated), curves before
// prime fields.
func (s *SecurityInfos) PACE() []pace.Params {
	var out []pace.Params
	for _, i := range s.PACEInfos {
		if i.Version != 2 { // Doc 9303-11 (8th ed.), 9.2.1
			continue
		}
		p := pace.Params{OID: i.Protocol, ParameterID: i.ParameterID, Domain: s.explicit(i)}
		if i.ParameterID == NoID {
			p.ParameterID = pace.NoParameterID
		}
		if p.Check() == nil {
			out = append(out, p)
		}
	}
	slices.SortStableFunc(out, func(a, b pace.Params) int { return slices.Compare(paceStrength(b), paceStrength(a)) })
	return out
}

// explicit finds the explicit domain parameters that belong to a PACEInfo: those
// with its identifier, or the only ones when neither has one.
func (s *SecurityInfos) explicit(i PACEInfo) *domain.Parameters {
	for _, d := range s.PACEDomains {
		if d.Domain != nil && under(i.Protocol, d.Protocol, 1) && d.ParameterID == i.ParameterID {
			return d.Domain
		}
	}
	return nil
}

// paceStrength are the terms of the order of PACE, highest first.
func paceStrength(p pace.Params) []int {
	proto, err := pace.ParseOID(p.OID)
	if err != nil {
		return nil
	}
	d := p.Domain
	if d == nil {
		if d, err = domain.Standard(p.ParameterID); err != nil {
			return nil
		}
	}
	cipher, group := cipherBits(proto.Cipher), groupBits(d)
	mapping := map[pace.Mapping]int{pace.ChipAuthentication: 3, pace.Generic: 2, pace.Integrated: 1}[proto.Mapping]
	curve := 0
	if proto.Curve {
		curve = 1
	}
	return []int{min(cipher, group), cipher, group, mapping, curve}
}

// cipherBits and groupBits are security strengths, NIST SP 800-57 part 1 (rev.
// 5), 5.6.1.1.
func cipherBits(c mac.Cipher) int {
	switch c {
	case mac.AES256:
		return 256
	case mac.AES192:
		return 192
	case mac.AES128:
		return 128
	}
	return 80 // two-key 3DES
}

func groupBits(d *domain.Parameters) int {
	if d.Curve() != nil {
		return d.Curve().BitSize() / 2
	}
	if d.Field().BitLen() >= 2048 {
		return 112
	}
	return 80
}

// ChipAuthentication gives the parameters of every chip authentication that can
// be used: protocol and key belong together by their key identifier, or because
// there is one key alone. AES comes before 3DES, then the larger key first.
func (s *SecurityInfos) ChipAuthentication() []ca.Params {
	var out []ca.Params
	for _, i := range s.ChipAuthInfos {
		if i.Version != 1 {
			continue
		}
		for _, k := range s.ChipAuthKeys {
			if k.Public == nil || !fitsKey(i, k) || (k.KeyID != i.KeyID && len(s.ChipAuthKeys) > 1) {
				continue
			}
			id := i.KeyID
			if id == NoID {
				id = k.KeyID
			}
			if id == NoID {
				id = ca.NoKeyID
			}
			out = append(out, ca.Params{OID: i.Protocol, KeyID: id, Public: k.Public})
		}
	}
	slices.SortStableFunc(out, func(a, b ca.Params) int { return caStrength(b) - caStrength(a) })
	return out
}

// fitsKey: an elliptic-curve protocol has a key of that kind.
func fitsKey(i ChipAuthInfo, k ChipAuthKey) bool {
	p, err := ca.ParseOID(i.Protocol)
	pub, err2 := domain.FromPublic(k.Public)
	return err == nil && err2 == nil && p.Curve == (pub.Point() != nil)
}

func caStrength(p ca.Params) int {
	proto, err := ca.ParseOID(p.OID)
	pub, err2 := domain.FromPublic(p.Public)
	if err != nil || err2 != nil {
		return 0
	}
	cipher, group := cipherBits(proto.Cipher), groupBits(pub.Parameters())
	return min(cipher, group)<<20 | cipher<<10 | group
}

// OffersChipAuthentication reports whether a chip authentication protocol or key
// is named, usable or not.
func (s *SecurityInfos) OffersChipAuthentication() bool {
	return len(s.ChipAuthInfos) > 0 || len(s.ChipAuthKeys) > 0
}

// ActiveAuthHash is the hash that an ECDSA key of DG15 signs with, 0 when
// nothing here says so. RSA signatures name theirs themselves.
func (s *SecurityInfos) ActiveAuthHash() (crypto.Hash, []cardprofile.Deviation) {
	n := &notes{where: "DG14"}
	for _, i := range s.ActiveAuths {
		h, remark, err := aa.HashOf(i.Algorithm)
		if err != nil {
			n.add("activeauth.algorithm", "the signature algorithm of active authentication is not one of the standard")
			continue
		}
		if remark != "" {
			n.add("activeauth.algorithm", "%s", remark)
		}
		return h, n.list
	}
	return 0, n.list
}

// MatchCardAccess compares EF.CardAccess, which nothing protects, with the
// signed copy of it in DG14 or EF.CardSecurity, as a terminal must after PACE
// (Doc 9303-11 (8th ed.), 4.2). Differences are about PACE and mean that the
// terminal may have been led to a weaker protocol: the check fails. Every other
// difference is a deviation, and the signed copy counts.
func MatchCardAccess(access, signed *SecurityInfos) (differences []string, devs []cardprofile.Deviation) {
	n := &notes{where: NameCardAccess}
	for _, raw := range paceRaw(access) {
		if !slices.ContainsFunc(paceRaw(signed), func(b []byte) bool { return bytes.Equal(raw, b) }) {
			differences = append(differences, "EF.CardAccess names PACE parameters that the signed copy does not")
			break
		}
	}
	for _, raw := range paceRaw(signed) {
		if !slices.ContainsFunc(paceRaw(access), func(b []byte) bool { return bytes.Equal(raw, b) }) {
			differences = append(differences, "the signed copy names PACE parameters that EF.CardAccess does not")
			break
		}
	}
	paceItems := paceRaw(access)
	for _, raw := range access.Items {
		same := func(b []byte) bool { return bytes.Equal(raw, b) }
		if !slices.ContainsFunc(paceItems, same) && !slices.ContainsFunc(signed.Items, same) {
			n.add("cardaccess.differs", "an entry about something else than PACE is not, or not so, in the signed copy")
		}
	}
	return differences, n.list
}

func paceRaw(s *SecurityInfos) [][]byte {
	var out [][]byte
	for _, i := range s.PACEInfos {
		out = append(out, i.Raw)
	}
	for _, d := range s.PACEDomains {
		out = append(out, d.Raw)
	}
	return out
}
