package signed

import (
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/der"
)

// Security is an LDSSecurityObject as it is written (Doc 9303-10 (8th ed.), 4.6.2.3
// and App. D).
type Security struct {
	Version  []byte
	Hash     der.Algorithm
	Groups   []Group
	HasInfo  bool
	LDS      tlv.Node // ldsVersion
	Unicode  tlv.Node // unicodeVersion
	infoGood bool
}

// Group is one DataGroupHash.
type Group struct {
	Number int
	Hash   []byte
}

// Numbers are the data groups that the object covers, as listed.
func (s *Security) Numbers() []int {
	out := make([]int, len(s.Groups))
	for i, g := range s.Groups {
		out[i] = g.Number
	}
	return out
}

// V1 says whether the version is 1, that of LDS 1.8.
func (s *Security) V1() bool { return der.Is(s.Version, 1) }

func readSecurity(content []byte) *Security {
	parts, ok := der.Parts(content, der.Sequence)
	if !ok {
		return nil
	}
	in := der.Cursor{Rest: parts}
	version, one := in.Take(der.Integer)
	hash, two := in.Take(der.Sequence)
	groups, three := in.Take(der.Sequence)
	if !one || !two || !three {
		return nil
	}
	s := &Security{Version: version.Value}
	if s.Hash, ok = der.ReadAlgorithm(hash); !ok {
		return nil
	}
	list, err := groups.Children()
	if err != nil || len(list) > 256 {
		return nil
	}
	for _, g := range list {
		p, ok := der.Parts(g.Raw, der.Sequence)
		if !ok || len(p) != 2 || p[0].Tag != der.Integer || p[1].Tag != der.OctetString || len(p[0].Value) == 0 {
			return nil
		}
		n := -1
		if v := integer(p[0].Value); v.IsInt64() && v.Int64() < 1<<16 && v.Int64() > -1<<16 {
			n = int(v.Int64())
		}
		s.Groups = append(s.Groups, Group{n, p[1].Value})
	}
	if info, present := in.Take(der.Sequence); present {
		s.HasInfo = true
		if p, err := info.Children(); err == nil && len(p) == 2 {
			s.LDS, s.Unicode, s.infoGood = p[0], p[1], true
		}
	}
	if len(in.Rest) > 0 {
		return nil
	}
	return s
}

// digits says whether b is n digits.
func digits(b []byte, n int) bool {
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(b) == n
}
