package inspect

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/aa"
	"github.com/chipid-toolkit/chipid/apdu/bac"
	"github.com/chipid-toolkit/chipid/apdu/ca"
	"github.com/chipid-toolkit/chipid/apdu/emrtd"
	"github.com/chipid-toolkit/chipid/apdu/pace"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
)

// Inspect takes a chip and says what is proven about it.
//
// The error says that the inspection could not be carried through: the chip
// refused access (pace.ErrDenied, bac.ErrDenied), it left the field
// (apdu.ErrCardGone), secure messaging broke. The verdict then holds what was
// found out until there; it is never a passed one. trust may be nil: nothing
// is anchored then.
func Inspect(ctx context.Context, chip apdu.Transmitter, access Access, trust *pki.Store, o Options) (*Verdict, error) {
	s := newSession(chip, o)
	v := &Verdict{Chip: s.chip}
	x := &inspection{session: s, v: v, access: access, trust: trust}
	err := x.run(ctx)
	v.files = s.files
	for _, d := range s.deviations {
		v.deviate(cardprofile.Deviation{Where: d.where, Rule: d.rule, Text: d.text})
	}
	if err != nil {
		x.abandon(err)
		v.settle()
		if v.Outcome == ResultPassed {
			v.Outcome = ResultInconclusive
		}
		return v, err
	}
	v.settle()
	return v, nil
}

// inspection is one run of Inspect.
type inspection struct {
	*session
	v      *Verdict
	access Access
	trust  *pki.Store

	dg14   *lds.SecurityInfos
	ca, aa *proof
	// caUnproven: secure messaging has been restarted by chip
	// authentication, and the chip has not answered under its keys yet.
	caUnproven bool
	refused    map[int]error // data groups that the chip did not give
}

func (x *inspection) run(ctx context.Context) error {
	if err := x.phase("access", func() error { return x.open(ctx, x.access) }); err != nil {
		return err
	}
	if err := x.phase("read", func() error { return x.readIndex(ctx) }); err != nil {
		return err
	}
	if err := x.phase("ca", func() error { return x.chipAuthentication(ctx) }); err != nil {
		return err
	}
	index := newPassive(x.v, x.files)
	if err := x.phase("read", func() error { return x.readGroups(ctx, index.groups()) }); err != nil {
		return err
	}
	if err := x.phase("aa", func() error { return x.activeAuthentication(ctx) }); err != nil {
		return err
	}
	return x.phase("passive", func() error { x.judgeAll(); return nil })
}

// readIndex reads what tells about the rest: EF.COM, EF.SOD, DG14.
func (x *inspection) readIndex(ctx context.Context) error {
	for _, f := range []emrtd.File{emrtd.COM, emrtd.SOD, emrtd.DG(14)} {
		b, refused, err := x.read(ctx, f)
		if err != nil {
			return err
		}
		if refused != nil || f.Name != "EF.DG14" {
			continue
		}
		infos, devs, err := lds.ParseDG14(b)
		x.v.deviate(devs...)
		if err != nil {
			x.v.deviate(cardprofile.Deviation{Where: "DG14", Rule: "lds.dg14", Text: err.Error()})
			continue
		}
		x.dg14 = infos
	}
	return nil
}

// chipAuthentication runs the strongest chip authentication that DG14 offers,
// and goes on under its keys (Doc 9303-11 (8th ed.), 6.2).
func (x *inspection) chipAuthentication(ctx context.Context) error {
	if x.dg14 == nil || !x.dg14.OffersChipAuthentication() {
		return nil
	}
	x.ca = &proof{id: CheckCA, group: 14}
	offers := x.dg14.ChipAuthentication()
	if len(offers) == 0 {
		x.ca.unsupported = errors.New("DG14 offers chip authentication of a kind that is not supported")
		return nil
	}
	x.ca.done = "chip authentication (" + caName(offers[0]) + ")"
	x.trail("used %s because DG14 offers it", x.ca.done)
	res, err := ca.Run(ctx, x.sender, offers[0])
	if errors.Is(err, ca.ErrRefused) {
		x.ca.err = err
		return nil
	}
	if err != nil {
		return fmt.Errorf("chip authentication: %w", err)
	}
	// The chip has proven nothing until it answers under the new keys: the
	// next read is the proof.
	x.sender, x.caUnproven = res.Channel, true
	return nil
}

// proveCA judges the first exchange under the keys of chip authentication.
func (x *inspection) proveCA(err error) error {
	if !x.caUnproven {
		return err
	}
	if err != nil && !isTransport(err) {
		return fmt.Errorf("%w: %w", errChipAuth, err)
	}
	x.caUnproven = err != nil
	return err
}

// errChipAuth: the chip could not go on under the keys of chip authentication.
var errChipAuth = errors.New("chip authentication: the chip does not know the private key")

// isTransport tells a chip that is gone from a chip that answers wrongly.
func isTransport(err error) bool {
	for _, t := range []error{apdu.ErrCardGone, apdu.ErrReaderGone, apdu.ErrTimeout, context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, t) {
			return true
		}
	}
	return false
}

// readGroups reads every data group that EF.SOD or EF.COM lists and that is
// not read yet; without either, those that every document has.
func (x *inspection) readGroups(ctx context.Context, signed []int) error {
	wanted := signed
	if b, ok := x.file(lds.NameCOM); ok {
		if com, _, err := lds.ParseCOM(b); err == nil {
			wanted = append(wanted, com.DataGroups()...)
		}
	}
	if len(wanted) == 0 {
		wanted = []int{1, 2}
	}
	slices.Sort(wanted)
	x.refused = map[int]error{}
	for _, n := range slices.Compact(wanted) {
		f := emrtd.DG(n)
		if _, ok := x.file(f.Name); ok || f.Name == "" {
			continue
		}
		// DG3 and DG4 open after terminal authentication only (Doc
		// 9303-11 (8th ed.), 7.1); asking for them costs an exchange and
		// the answer is known.
		if n == 3 || n == 4 {
			x.refused[n] = apdu.ErrSecurityStatus
			continue
		}
		_, refused, err := x.read(ctx, f)
		if err := x.proveCA(err); err != nil {
			return err
		}
		if refused != nil {
			x.refused[n] = refused
		}
	}
	return nil
}

// activeAuthentication asks the chip to sign a fresh challenge (Doc 9303-11 (8th
// ed.), 6.1).
func (x *inspection) activeAuthentication(ctx context.Context) error {
	b, ok := x.file("EF.DG15")
	if !ok {
		return nil
	}
	x.aa = &proof{id: CheckAA, group: 15}
	key, devs, err := lds.ParseDG15(b)
	x.v.deviate(devs...)
	if err != nil {
		x.aa.unsupported = err
		return nil
	}
	p := aa.Params{Public: key.Public}
	if x.dg14 != nil {
		var devs []cardprofile.Deviation
		p.Hash, devs = x.dg14.ActiveAuthHash()
		x.v.deviate(devs...)
	}
	res, err := aa.Run(ctx, x.sender, p)
	switch {
	case err == nil:
		x.aa.done = fmt.Sprintf("active authentication (%v)", res.Hash)
		for _, n := range res.Notes {
			x.v.deviate(cardprofile.Deviation{Where: "DG15", Rule: "aa", Text: n})
		}
	case errors.Is(err, aa.ErrRefused), errors.Is(err, aa.ErrSignature), errors.Is(err, aa.ErrLength):
		x.aa.err = err
	case errors.Is(err, aa.ErrHash), errors.Is(err, aa.ErrKey):
		x.aa.unsupported = err
	default:
		return fmt.Errorf("active authentication: %w", err)
	}
	return nil
}

// judgeAll turns what was read and done into checks.
func (x *inspection) judgeAll() {
	v := x.v
	c := describe(v, x.files, x.o)
	p := newPassive(v, x.files)
	p.verify(x.trust, x.o, c.doc)
	for n := 1; n <= 16; n++ {
		if b, ok := x.file(emrtd.DG(n).Name); ok {
			p.hash(n, lds.File{Name: emrtd.DG(n).Name, Bytes: b})
		} else if slices.Contains(p.groups(), n) {
			p.unread(n, unreadReason(n, x.refused[n]))
		}
	}
	x.judgeAccess(p)
	x.judgeCardAccess()
	c.compare(v, x.files, x.access.seen, p.groups(), x.o)
	if x.caUnproven {
		x.ca.unsupported = errors.New("nothing was read after chip authentication, so the chip has proven nothing")
	}
	if x.ca != nil {
		p.judge(*x.ca, true)
	} else {
		v.set(CheckCA, NotSupported, false, because("the chip offers no chip authentication", "chip không hỗ trợ xác thực chip"))
	}
	if x.aa != nil {
		p.judge(*x.aa, true)
	} else {
		v.set(CheckAA, NotSupported, false, because("the chip has no key for active authentication", "chip không có khóa xác thực chủ động"))
	}
	v.set(CheckPACECAM, NotPerformed, false, because("the chip was not opened with PACE-CAM", "chip không được mở bằng PACE-CAM"))
	v.set(CheckTA, NotPerformed, false, because("no terminal certificate", "không có chứng thư thiết bị đọc"))
	v.arrange()
}

func unreadReason(n int, refused error) reason {
	if n == 3 || n == 4 {
		return because(fmt.Sprintf("DG%d needs terminal authentication", n), fmt.Sprintf("DG%d cần xác thực thiết bị đọc", n))
	}
	if refused == nil {
		return because(fmt.Sprintf("DG%d was not read", n), fmt.Sprintf("không đọc DG%d", n))
	}
	return because(fmt.Sprintf("DG%d was not given: %v", n, refused), fmt.Sprintf("chip không cho đọc DG%d", n))
}

// judgeAccess says how the chip was opened, and whether something stronger was
// passed over: EF.CardAccess can be suppressed by who stands between, DG14 is
// signed (Doc 9303-11 (8th ed.), 4.2).
func (x *inspection) judgeAccess(p *passive) {
	v := x.v
	switch {
	case x.session.access == "pace":
		v.set(CheckAccess, Passed, true, because("opened with "+paceName(x.paceUsed), "mở bằng "+paceName(x.paceUsed)))
	case x.dg14 != nil && x.dg14.OffersPACE():
		v.set(CheckAccess, Failed, true, because(
			"the chip was opened with BAC, but DG14 says that it offers PACE: its EF.CardAccess was withheld",
			"chip được mở bằng BAC nhưng DG14 cho biết chip hỗ trợ PACE: EF.CardAccess đã bị giấu"))
	default:
		v.set(CheckAccess, Passed, true, because("BAC; the chip offers nothing stronger", "mở bằng BAC; chip không hỗ trợ cách mạnh hơn"))
	}
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
		differences, devs := lds.MatchCardAccess(x.cardAccess, x.dg14)
		v.deviate(devs...)
		h, _ := v.Check(HashCheck(14))
		switch {
		case len(differences) > 0:
			v.set(CheckCardAccess, Failed, required, because(join(differences), "EF.CardAccess khác với bản đã ký trong DG14"))
		case h.Outcome != Passed:
			v.set(CheckCardAccess, Outcome(h.Outcome), required, because(
				"EF.CardAccess is the same as DG14, but DG14 is not what was signed", "DG14 không phải là dữ liệu đã ký"))
		default:
			v.set(CheckCardAccess, Passed, required, because("EF.CardAccess is the same as in DG14", "EF.CardAccess khớp với DG14"))
		}
	}
}

// abandon records in the verdict why an inspection was not carried through.
func (x *inspection) abandon(err error) {
	v := x.v
	switch {
	case errors.Is(err, pace.ErrDenied), errors.Is(err, bac.ErrDenied):
		v.set(CheckAccess, Failed, true, because("the chip refused the access key", "chip từ chối khóa truy cập (CAN hoặc MRZ)"))
	case x.session.access == "":
		v.set(CheckAccess, NotPerformed, true, because(err.Error(), "không mở được chip"))
	case errors.Is(err, errChipAuth):
		v.set(CheckCA, Failed, true, because(err.Error(), "chip không giữ khóa bí mật của DG14: có thể là bản sao"))
	default:
		v.set(CheckSODSignature, NotPerformed, true, because("the inspection ended early", "việc kiểm tra bị dừng giữa chừng"))
	}
}
