package inspect

import (
	"fmt"
	"slices"
	"strings"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
)

// judgeProfile says whether the card is of the type that the caller expects: the
// form, code and issuer of the zone, the day of issue where the card states one,
// the data groups that every card of the type has, and chip authentication. Who
// names no type expects none. Nothing of this proves anything about the chip; it
// keeps a good card of another kind from passing for the one that was asked for.
func (c *content) judgeProfile(v *Verdict, files []lds.File, p *passive, o Options) {
	want := o.Profile
	if want == nil {
		v.set(CheckProfile, NotPerformed, false, because("no card type was expected", "không yêu cầu loại thẻ nào"))
		return
	}
	var other, unknown expectations
	if c.zone == nil {
		unknown.add("DG1 was not read", "không đọc được DG1")
	} else {
		c.otherZone(want, &other)
	}
	if c.national != nil {
		if d, err := cardprofile.ParseDate(c.national.DateOfIssue); err == nil && !want.IssuedOn(d) {
			other.add("it was issued on "+d.String()+", when cards of that type were not", "thẻ được cấp ngày "+d.DMY()+", ngoài thời gian cấp loại thẻ này")
		}
	}
	if p.sod == nil {
		unknown.add("EF.SOD, which lists the data groups, was not read", "không đọc được EF.SOD, nơi liệt kê các nhóm dữ liệu")
	} else {
		otherGroups(want, p.groups(), &other)
	}
	if b, ok := findFile(files, "EF.DG14"); ok && len(want.ChipAuth) > 0 && !want.AnyIssuer {
		if infos, _, err := lds.ParseDG14(b); err == nil && !infos.OffersChipAuthentication() {
			other.add("DG14 offers no chip authentication", "DG14 không có xác thực chip")
		}
	}
	switch {
	case len(other.en) > 0:
		v.set(CheckProfile, Failed, true, because(
			"the card is not of the expected type "+want.ID+": "+join(other.en), "thẻ không thuộc loại "+want.ID+" như yêu cầu: "+join(other.vi)))
	case len(unknown.en) > 0:
		v.set(CheckProfile, NotPerformed, true, because(
			"it is not known whether the card is of type "+want.ID+": "+join(unknown.en), "chưa biết thẻ có thuộc loại "+want.ID+" hay không: "+join(unknown.vi)))
	default:
		v.set(CheckProfile, Passed, true, because("the card is of the expected type "+want.ID, "thẻ thuộc loại "+want.ID+" như yêu cầu"))
	}
}

// expectations are reasons in both languages.
type expectations struct{ en, vi []string }

func (e *expectations) add(en, vi string) { e.en, e.vi = append(e.en, en), append(e.vi, vi) }

// otherZone holds the zone against the profile. Where documents of any issuer are
// of the type, the second letter of the code is the issuer's own (Doc 9303-4
// to -6 (8th ed.), 4.2.2), and the state is not compared.
func (c *content) otherZone(want *cardprofile.Profile, other *expectations) {
	if got := c.zone.Type.String(); got != want.Document.MRZ {
		other.add(fmt.Sprintf("the MRZ in DG1 is of form %s, not %s", got, want.Document.MRZ),
			fmt.Sprintf("MRZ trong DG1 có dạng %s, không phải %s", got, want.Document.MRZ))
	}
	code, expected := c.zone.DocumentCode, want.Document.Code
	if want.AnyIssuer {
		if sameKind(code, expected) {
			code = expected
		}
	} else if c.zone.IssuingState != want.IssuingState {
		other.add(fmt.Sprintf("DG1 names %s as its issuer, not %s", c.zone.IssuingState, want.IssuingState),
			fmt.Sprintf("DG1 ghi bên cấp là %s, không phải %s", c.zone.IssuingState, want.IssuingState))
	}
	if code != expected {
		other.add(fmt.Sprintf("the document code in DG1 is %s, not %s", code, expected),
			fmt.Sprintf("mã loại giấy tờ trong DG1 là %s, không phải %s", code, expected))
	}
}

// officialCards are the first letters of a document code that all stand for an
// official travel document of card or TD2 size (Doc 9303-5 (8th ed.), 4.2.2.1; Doc 9303-6, 4.2.2.1).
const officialCards = "ACI"

func sameKind(got, want string) bool {
	if got == "" || want == "" {
		return got == want
	}
	return got[0] == want[0] || strings.IndexByte(officialCards, got[0]) >= 0 && strings.IndexByte(officialCards, want[0]) >= 0
}

// otherGroups are the data groups that every card of the type has and that
// EF.SOD does not list.
func otherGroups(want *cardprofile.Profile, signed []int, other *expectations) {
	for _, dg := range want.DataGroups {
		if !dg.Optional && !slices.Contains(signed, dg.Number) {
			other.add(fmt.Sprintf("EF.SOD has no DG%d", dg.Number), fmt.Sprintf("EF.SOD không có DG%d", dg.Number))
		}
	}
}
