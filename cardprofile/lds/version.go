package lds

import (
	"fmt"

	"github.com/chipid-toolkit/chipid/cardprofile"
)

// LDSVersion is a version of the logical data structure, "aabb" in EF.COM and in
// EF.SOD (Doc 9303-10 (8th ed.), 4.6.1.1).
type LDSVersion struct{ Major, Minor int }

// The versions in use. EF.SOD of 1.7 does not name its version, that of 1.8 does
// (Doc 9303-10 (8th ed.), 4.6.2.1 and App. D).
var (
	LDS17 = LDSVersion{1, 7}
	LDS18 = LDSVersion{1, 8}
)

// ParseLDSVersion reads four digits; 0 is no major version.
func ParseLDSVersion(s string) (LDSVersion, error) {
	if len(s) != 4 || !isDigits([]byte(s)) {
		return LDSVersion{}, malformed("LDS version: not four digits")
	}
	v := LDSVersion{pair(s[0:]), pair(s[2:])}
	if v.Major == 0 {
		return LDSVersion{}, malformed("LDS version: major version 0")
	}
	return v, nil
}

// Encode is the four digits, as in "0107".
func (v LDSVersion) Encode() (string, error) {
	if v.Major < 1 || v.Major > 99 || v.Minor < 0 || v.Minor > 99 {
		return "", unbuilt("LDS version: %d.%d does not fit four digits", v.Major, v.Minor)
	}
	return fmt.Sprintf("%02d%02d", v.Major, v.Minor), nil
}

// String is as in "1.7".
func (v LDSVersion) String() string { return fmt.Sprintf("%d.%d", v.Major, v.Minor) }

// Compare is negative, zero or positive as v is older than o, the same or newer.
func (v LDSVersion) Compare(o LDSVersion) int {
	if v.Major != o.Major {
		return v.Major - o.Major
	}
	return v.Minor - o.Minor
}

// UnicodeVersion is a version of Unicode, "aabbcc" beside the LDS version (Doc
// 9303-10 (8th ed.), 4.6.1.2).
type UnicodeVersion struct{ Major, Minor, Update int }

// ParseUnicodeVersion reads six digits.
func ParseUnicodeVersion(s string) (UnicodeVersion, error) {
	if len(s) != 6 || !isDigits([]byte(s)) {
		return UnicodeVersion{}, malformed("Unicode version: not six digits")
	}
	return UnicodeVersion{pair(s[0:]), pair(s[2:]), pair(s[4:])}, nil
}

// Encode is the six digits, as in "040000".
func (v UnicodeVersion) Encode() (string, error) {
	for _, n := range []int{v.Major, v.Minor, v.Update} {
		if n < 0 || n > 99 {
			return "", unbuilt("Unicode version: %v does not fit six digits", v)
		}
	}
	return fmt.Sprintf("%02d%02d%02d", v.Major, v.Minor, v.Update), nil
}

// String is as in "4.0.0".
func (v UnicodeVersion) String() string { return fmt.Sprintf("%d.%d.%d", v.Major, v.Minor, v.Update) }

func pair(s string) int { return int(s[0]-'0')*10 + int(s[1]-'0') }

// VersionInfo is what EF.COM, and EF.SOD of LDS 1.8, say about their versions.
type VersionInfo struct {
	LDS     LDSVersion
	Unicode UnicodeVersion
}

// ParseVersionInfo reads the two texts as they stand in EF.COM and in
// ldsVersionInfo of EF.SOD. Versions that are not known are deviations of where;
// the error is for texts that are no versions.
func ParseVersionInfo(where, lds, unicode string) (VersionInfo, []cardprofile.Deviation, error) {
	n := &notes{where: where}
	var v VersionInfo
	var err error
	if v.LDS, err = ParseLDSVersion(lds); err != nil {
		return v, nil, fmt.Errorf("%s: %w", where, err)
	}
	if v.Unicode, err = ParseUnicodeVersion(unicode); err != nil {
		return v, nil, fmt.Errorf("%s: %w", where, err)
	}
	if v.LDS != LDS17 && v.LDS != LDS18 {
		n.add("version.lds", "LDS version %v, where 1.7 and 1.8 are in use", v.LDS)
	}
	return v, n.list, nil
}

// Versions reads the two versions of EF.COM.
func (c *COM) Versions() (VersionInfo, []cardprofile.Deviation, error) {
	return ParseVersionInfo("COM", c.LDSVersion, c.UnicodeVersion)
}
