package inspect

import (
	"context"
	"errors"

	"github.com/chipid-toolkit/chipid/apdu/emrtd"
	"github.com/chipid-toolkit/chipid/apdu/pace"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cardprofile/sod"
)

// readCardSecurity reads EF.CardSecurity after PACE with chip authentication
// mapping, while the master file is still selected (Doc 9303-11 (8th ed.),
// 4.4.3.5.2). The chip's claim is worth nothing without it.
func (s *session) readCardSecurity(ctx context.Context) error {
	if _, ok := s.file(lds.NameCardSecurity); ok || s.place == placeApplication {
		return nil // the application has EF.SOD under the same identifier
	}
	_, refused, err := s.read(ctx, emrtd.CardSecurity)
	if refused != nil {
		s.trail("EF.CardSecurity was not given: %v", refused)
	}
	return err
}

// judgeMapping judges EF.CardSecurity and the claim of chip authentication
// mapping against it. It is required where nothing else proves the chip, and
// wherever it fails: the chip has said of itself that it holds the key.
func (x *inspection) judgeMapping(p *passive, c *content) {
	v := x.v
	if x.cam == nil {
		v.set(CheckPACECAM, NotPerformed, false, because("the chip was not opened with PACE-CAM", "chip không được mở bằng PACE-CAM"))
		return
	}
	needed := !x.proven(CheckCA) && !x.proven(CheckAA)
	raw, ok := x.file(lds.NameCardSecurity)
	if !ok {
		v.set(CheckPACECAM, NotPerformed, needed, because("EF.CardSecurity was not read", "không đọc được EF.CardSecurity"))
		return
	}
	security, err := sod.ParseCardSecurity(raw)
	if err != nil {
		v.set(CheckPACECAM, Failed, true, because("EF.CardSecurity cannot be read: "+err.Error(), "EF.CardSecurity hỏng, không phân tích được"))
		return
	}
	r := sod.VerifyCardSecurity(security, x.trust, p.options(x.o, c))
	v.Test = v.Test || r.Test
	v.deviate(r.Deviations...)
	cam := r.CheckCAM(security, x.cam, x.paceUsed.ParameterID)
	vi := "chưa xác thực được khóa PACE-CAM trong EF.CardSecurity"
	switch cam.Outcome {
	case pki.Passed:
		vi = "PACE-CAM: chip giữ khóa bí mật của EF.CardSecurity đã ký"
	case pki.Failed:
		vi = "PACE-CAM: chip không chứng minh được mình giữ khóa đã ký trong EF.CardSecurity: có thể là bản sao"
	}
	v.set(CheckPACECAM, Outcome(cam.Outcome), needed || cam.Outcome == pki.Failed, because(cam.Reason, vi))
	if signed, ok := r.Infos(); ok && x.dg14 == nil {
		x.matchCardAccess(signed, "EF.CardSecurity")
	}
}

// proven reports whether a check has passed.
func (x *inspection) proven(id string) bool {
	c, _ := x.v.Check(id)
	return c.Outcome == Passed
}

// matchCardAccess compares EF.CardAccess with a signed copy of it.
func (x *inspection) matchCardAccess(signed *lds.SecurityInfos, where string) {
	if x.cardAccess == nil {
		return
	}
	differences, devs := lds.MatchCardAccess(x.cardAccess, signed)
	x.v.deviate(devs...)
	required := x.session.access == "pace"
	if len(differences) > 0 {
		x.v.set(CheckCardAccess, Failed, required, because(join(differences), "EF.CardAccess khác với bản đã ký trong "+where))
		return
	}
	x.v.set(CheckCardAccess, Passed, required, because("EF.CardAccess is the same as in "+where, "EF.CardAccess khớp với "+where))
}

// errNoClaim: PACE with chip authentication mapping left no claim to judge.
var errNoClaim = errors.New("inspect: PACE-CAM without the chip's claim")

// claimOf is the claim of a run; a run of another mapping has none.
func claimOf(p pace.Params, res *pace.Result) (*pace.CAM, error) {
	proto, err := pace.ParseOID(p.OID)
	if err != nil {
		return nil, err
	}
	if proto.Mapping == pace.ChipAuthentication && res.CAM == nil {
		return nil, errNoClaim
	}
	return res.CAM, nil
}
