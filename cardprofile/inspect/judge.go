package inspect

import (
	"errors"
	"fmt"
	"slices"

	"github.com/chipid-toolkit/chipid/apdu/emrtd"
	"github.com/chipid-toolkit/chipid/apdu/pace"
)

// withheld reports whether EF.SOD lists data group n and the chip did not give
// it, or not so that it can be read.
func (x *inspection) withheld(p *passive, n int) bool {
	_, read := x.file(emrtd.DG(n).Name)
	return slices.Contains(p.groups(), n) && !read
}

// judgeAccess says how the chip was opened, and whether something stronger was
// passed over: EF.CardAccess can be suppressed by who stands between, DG14 is
// signed (Doc 9303-11 (8th ed.), 4.2).
func (x *inspection) judgeAccess(p *passive) {
	set := func(o Outcome, en, vi string) { x.v.set(CheckAccess, o, true, because(en, vi)) }
	var signed []pace.Params
	if x.dg14 != nil {
		signed = x.dg14.PACE()
	}
	switch {
	case x.session.access == "pace" && len(signed) > 0 && !sameParams(signed[0], x.paceUsed):
		set(Failed, "opened with "+paceName(x.paceUsed)+", but DG14 says that the chip offers "+paceName(signed[0]),
			"chip được mở bằng PACE yếu hơn mức mà DG14 cho biết chip hỗ trợ")
	case x.session.access == "pace":
		set(Passed, "opened with "+paceName(x.paceUsed), "mở bằng "+paceName(x.paceUsed))
	case x.dg14 != nil && x.dg14.OffersPACE():
		set(Failed, "the chip was opened without PACE, but DG14 says that it offers PACE: its EF.CardAccess was withheld",
			"chip được mở không qua PACE nhưng DG14 cho biết chip hỗ trợ PACE: EF.CardAccess đã bị giấu")
	case x.dg14 == nil && (slices.Contains(p.groups(), 14) || p.sod == nil):
		set(NotPerformed, "the chip was opened without PACE, and DG14, which would say whether it offers PACE, was not read",
			"chip được mở không qua PACE; không đọc được DG14 nên không biết chip có hỗ trợ PACE hay không")
	case x.session.access == plainAccess:
		set(Passed, "the chip has no access control: anybody near it can read it", "chip không có kiểm soát truy cập: ai ở gần cũng đọc được")
		x.v.notePlain()
	default:
		set(Passed, "BAC; the chip offers nothing stronger", "mở bằng BAC; chip không hỗ trợ cách mạnh hơn")
	}
}

// sameParams compares PACE parameters as far as a terminal chooses them.
func sameParams(a, b pace.Params) bool {
	return a.OID.Equal(b.OID) && a.ParameterID == b.ParameterID && (a.Domain == nil) == (b.Domain == nil)
}

// judgeCardAccess compares EF.CardAccess with its signed copy in DG14.
func (x *inspection) judgeCardAccess() {
	v, required := x.v, x.session.access == "pace"
	switch {
	case x.cardAccess == nil:
		v.set(CheckCardAccess, NotSupported, false, because("the chip has no EF.CardAccess", "chip không có EF.CardAccess"))
	case x.dg14 == nil:
		v.set(CheckCardAccess, NotPerformed, required, because(
			"there is no signed copy of EF.CardAccess: DG14 was not read", "không có bản sao đã ký của EF.CardAccess: không đọc được DG14"))
	default:
		x.matchCardAccess(x.dg14, "DG14")
		if h, _ := v.Check(HashCheck(14)); x.proven(CheckCardAccess) && h.Outcome != Passed {
			v.set(CheckCardAccess, h.Outcome, required, because(
				"EF.CardAccess is the same as DG14, but DG14 is not what was signed", "DG14 không phải là dữ liệu đã ký"))
		}
	}
}

// judgeProofs says whether the chip is the original. Where EF.SOD lists the data
// group with the key, a chip that does not give it has proven nothing: a copy
// would keep quiet about the key that it does not have.
func (x *inspection) judgeProofs(p *passive) {
	v := x.v
	_, dg14 := x.file(emrtd.DG(14).Name)
	switch {
	case x.ca != nil:
		x.ca.proven = x.ca.proven || x.caProven()
		p.judge(*x.ca, true)
	case x.withheld(p, 14):
		v.set(CheckCA, NotPerformed, true, because("EF.SOD lists DG14, which the chip did not give", "EF.SOD có DG14 nhưng chip không cho đọc"))
	case dg14 && x.dg14 == nil:
		v.set(CheckCA, NotPerformed, true, because("DG14 cannot be read", "DG14 hỏng, không phân tích được"))
	default:
		v.set(CheckCA, NotSupported, false, because("the chip offers no chip authentication", "chip không hỗ trợ xác thực chip"))
	}
	switch {
	case x.aa != nil:
		p.judge(*x.aa, true)
	case x.withheld(p, 15):
		v.set(CheckAA, NotPerformed, true, because("EF.SOD lists DG15, which the chip did not give", "EF.SOD có DG15 nhưng chip không cho đọc"))
	default:
		v.set(CheckAA, NotSupported, false, because("the chip has no key for active authentication", "chip không có khóa xác thực chủ động"))
	}
}

// unread records a data group that EF.SOD lists, or the chip began to give, and
// that was not read whole. DG1 and DG2 are in every document (Doc 9303-10 (8th
// ed.), 4.1): without them nobody can be compared with anything.
func (p *passive) unread(n int, refused error) {
	required := n <= 2
	why := because(fmt.Sprintf("DG%d was not read", n), fmt.Sprintf("không đọc DG%d", n))
	switch {
	case isDamage(refused):
		p.v.set(HashCheck(n), Failed, true, because(
			fmt.Sprintf("DG%d cannot be what was signed: %v", n, refused), fmt.Sprintf("DG%d không nguyên vẹn, không thể là dữ liệu đã ký", n)))
		return
	case errors.Is(refused, emrtd.ErrTooLarge):
		required = true
		why = because(fmt.Sprintf("DG%d: %v", n, refused), fmt.Sprintf("DG%d khai báo kích thước quá lớn", n))
	case guarded(n) && refused != nil:
		why = unreadGuarded(n, refused)
	case refused != nil:
		why = because(fmt.Sprintf("DG%d was not given: %v", n, refused), fmt.Sprintf("chip không cho đọc DG%d", n))
	}
	p.v.set(HashCheck(n), NotPerformed, required, why)
}

// absent records a data group that EF.SOD lists and that is not among files that
// are judged alone.
func (p *passive) absent(n int) {
	p.v.set(HashCheck(n), NotPerformed, false, because(fmt.Sprintf("DG%d is not among the files", n), fmt.Sprintf("không có tệp DG%d", n)))
}
