package infos

import (
	"encoding/asn1"
	"slices"
	"time"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// Set is SecurityInfos as they are read, and their bytes.
type Set struct {
	Raw        []byte
	Infos      *lds.SecurityInfos // nil when they cannot be read
	deviations []cardprofile.Deviation
}

// Rule is a rule about SecurityInfos.
type Rule = lint.Rule[*Set]

// Rules are all rules about SecurityInfos.
func Rules() lint.Set[*Set] { return slices.Clone(rules) }

// Files that hold SecurityInfos.
var (
	all    = []lint.Kind{lint.CardAccess, lint.DG(14), lint.CardSecurity}
	signed = []lint.Kind{lint.DG(14), lint.CardSecurity}
)

func only(k ...lint.Kind) []lint.Kind { return k }

// Lint puts the rules for this file to a SET of SecurityInfos. What cannot be read
// as one breaks securityinfos.structure, and no other rule is asked.
func Lint(raw []byte, kind lint.Kind) []lint.Finding {
	s := &Set{Raw: raw}
	var err error
	if s.Infos, s.deviations, err = lds.ParseSecurityInfos(raw); err != nil {
		return lint.Set[*Set]{structure}.Run(kind, s, time.Time{})
	}
	return rules.Run(kind, s, time.Time{})
}

// Arcs of the protocols (Doc 9303-11 (8th ed.), 9.2.3 to 9.2.9).
var (
	oidTA   = asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 2, 2, 2}
	oidPACE = asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 2, 2, 4}
)

// Mappings of PACE: the arc behind id-PACE.
const (
	mappingDHGM   = 1
	mappingECDHGM = 2
	mappingDHIM   = 3
	mappingECDHIM = 4
	mappingCAM    = 6
)

// mapping is the arc behind id-PACE, 0 for none.
func mapping(oid asn1.ObjectIdentifier) int {
	if len(oid) <= len(oidPACE) || !oid[:len(oidPACE)].Equal(oidPACE) {
		return 0
	}
	return oid[len(oidPACE)]
}

// standard says whether an identifier names standardized domain parameters (Doc
// 9303-11 (8th ed.), 9.5.1).
func standard(id int) bool { return id >= 0 && id <= 2 || id >= 8 && id <= 18 }

// reserved says whether an identifier is kept for future use.
func reserved(id int) bool { return id >= 3 && id <= 7 || id >= 19 && id <= 31 }

// explicitFor says whether explicit domain parameters with this identifier are given.
func (s *Set) explicitFor(id int) bool {
	for _, d := range s.Infos.PACEDomains {
		if d.ParameterID == id || id == lds.NoID || d.ParameterID == lds.NoID {
			return true
		}
	}
	return false
}

// same says whether a key and an info belong together by their keyIds. With one key
// alone either may leave it out (Doc 9303-11 (8th ed.), 9.2.5 and 9.2.6).
func (s *Set) same(key, info int) bool {
	return key == info || len(s.Infos.ChipAuthKeys) == 1 && (key == lds.NoID || info == lds.NoID)
}
