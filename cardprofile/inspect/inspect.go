package inspect

import (
	"context"
	"errors"
	"slices"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/bac"
	"github.com/chipid-toolkit/chipid/apdu/ca"
	"github.com/chipid-toolkit/chipid/apdu/emrtd"
	"github.com/chipid-toolkit/chipid/apdu/pace"
	"github.com/chipid-toolkit/chipid/apdu/sm"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
)

// Inspect takes a chip and says what is proven about it.
//
// The error says that the inspection could not be carried through: the chip
// refused access (pace.ErrDenied, bac.ErrDenied), it left the field
// (apdu.ErrCardGone) and did not come back, secure messaging broke. The verdict then holds what was
// found out until there; it is never a passed one. trust may be nil: nothing
// is anchored then.
func Inspect(ctx context.Context, chip apdu.Transmitter, access Access, trust *pki.Store, o Options) (*Verdict, error) {
	x := newInspection(chip, access, trust, o)
	v := x.v
	err := x.run(ctx)
	v.files = x.files
	for _, d := range x.deviations {
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

	dg14    *lds.SecurityInfos
	refused map[string]error // files that the chip did not give, or not whole

	ca, aa    *proof
	ta        *terminalProof
	caOffer   ca.Params
	caChannel *sm.Channel // secure messaging that chip authentication has restarted
	arrived   arrivals
	exchanges []Exchange // what the chip answered to challenges
	caBroken  int        // sessions that ended before the chip had proven itself
}

func newInspection(chip apdu.Transmitter, access Access, trust *pki.Store, o Options) *inspection {
	s := newSession(chip, o)
	return &inspection{session: s, v: &Verdict{Chip: s.chip}, access: access, trust: trust, refused: map[string]error{}}
}

func (x *inspection) run(ctx context.Context) error {
	if err := x.phase("access", func() error { return x.openFirst(ctx) }); err != nil {
		return err
	}
	if err := x.phase("read", func() error { return x.readIndex(ctx) }); err != nil {
		return err
	}
	err := x.proofs(ctx)
	if errors.Is(err, errChipAuth) {
		// The session is over, and that is the chip's own answer: what was
		// read is judged.
		x.ca.err = err
	} else if err != nil {
		return err
	}
	if x.o.OnLine.Authority != nil {
		if err := x.phase("authority", func() error { x.askAuthority(ctx); return nil }); err != nil {
			return err
		}
	}
	return x.phase("passive", func() error { x.judgeAll(); return nil })
}

// proofs lets the chip prove itself while the data groups are read.
func (x *inspection) proofs(ctx context.Context) error {
	if err := x.phase("ca", func() error { return x.chipAuthentication(ctx) }); err != nil {
		return err
	}
	groups := newPassive(x.v, x.files).groups()
	if err := x.phase("read", func() error { return x.readGroups(ctx, groups) }); err != nil {
		return err
	}
	if err := x.phase("ca", func() error { return x.proveCA(ctx) }); err != nil {
		return err
	}
	if err := x.phase("aa", func() error { return x.activeAuthentication(ctx) }); err != nil {
		return err
	}
	return x.terminal(ctx)
}

// terminal authenticates the terminal, if there is one, and reads what opens to
// it. It comes last: all else is read by then.
func (x *inspection) terminal(ctx context.Context) error {
	if x.o.Terminal != nil {
		if err := x.phase("ta", func() error { return x.terminalAuthentication(ctx) }); err != nil {
			return err
		}
		return x.phase("read", func() error { return x.readGuarded(ctx) })
	}
	return x.readGuarded(ctx)
}

// readIndex reads what tells about the rest: EF.COM, EF.SOD, and DG14 if one of
// them lists it.
func (x *inspection) readIndex(ctx context.Context) error {
	for _, f := range []emrtd.File{emrtd.COM, emrtd.SOD} {
		if _, ok := x.file(f.Name); ok {
			continue
		}
		if _, err := x.keep(ctx, f); err != nil {
			return err
		}
	}
	if raw, ok := x.file(lds.NameSOD); ok {
		x.index(raw)
	}
	listed := x.listed(newPassive(x.v, x.files).groups())
	if len(listed) > 0 && !slices.Contains(listed, 14) {
		return nil
	}
	b, err := x.keep(ctx, emrtd.DG(14))
	if err != nil || b == nil {
		return err
	}
	infos, devs, err := lds.ParseDG14(b)
	x.v.deviate(devs...)
	if err != nil {
		x.v.deviate(cardprofile.Deviation{Where: "DG14", Rule: "lds.dg14", Text: err.Error()})
		return nil
	}
	x.dg14 = infos
	return nil
}

// keep reads one file; nil if the chip did not give it, and then it is noted why.
func (x *inspection) keep(ctx context.Context, f emrtd.File) ([]byte, error) {
	b, refused, err := x.read(ctx, f)
	if refused != nil {
		x.refused[f.Name] = refused
	}
	return b, err
}

// listed are the data groups that EF.SOD or EF.COM lists, sorted.
func (x *inspection) listed(signed []int) []int {
	list := slices.Clone(signed)
	if b, ok := x.file(lds.NameCOM); ok {
		if com, _, err := lds.ParseCOM(b); err == nil {
			list = append(list, com.DataGroups()...)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// readGroups reads every data group that EF.SOD or EF.COM lists and that is
// not read yet; without either, those that every document has.
func (x *inspection) readGroups(ctx context.Context, signed []int) error {
	wanted := x.listed(signed)
	if len(wanted) == 0 {
		wanted = []int{1, 2}
	}
	for _, n := range wanted {
		f := emrtd.DG(n)
		if _, ok := x.file(f.Name); ok || f.Name == "" || x.refused[f.Name] != nil {
			continue
		}
		// Asking for what only a terminal with rights is given costs an
		// exchange, and the answer is known.
		if guarded(n) {
			x.refused[f.Name] = errNoTerminal
			continue
		}
		if _, err := x.keep(ctx, f); err != nil {
			return err
		}
	}
	return nil
}

// judgeAll turns what was read and done into checks.
func (x *inspection) judgeAll() {
	v := x.v
	c := describe(v, x.files, x.o)
	p := newPassive(v, x.files)
	if err := x.refused[lds.NameSOD]; isDamage(err) {
		v.set(CheckSODSignature, Failed, true, because("EF.SOD is not whole: "+err.Error(), "EF.SOD không nguyên vẹn"))
	}
	p.verify(x.trust, x.o, c)
	for n := 1; n <= 16; n++ {
		f := emrtd.DG(n)
		if b, ok := x.file(f.Name); ok {
			p.hash(n, lds.File{Name: f.Name, Bytes: b}, x.sum(f.Name))
		} else if refused := x.refused[f.Name]; slices.Contains(p.groups(), n) || isDamage(refused) {
			p.unread(n, refused)
		}
	}
	x.judgeAccess(p)
	x.judgeCardAccess()
	c.compare(v, x.files, x.access.seen, p.object(), x.o)
	c.judgeProfile(v, x.files, p, x.o)
	x.judgeProofs(p)
	x.judgeMapping(p, c)
	x.judgeTerminal()
	c.judge(v, p, x.trust, x.o)
	v.arrange()
}

// abandon records in the verdict why an inspection was not carried through.
func (x *inspection) abandon(err error) {
	v := x.v
	switch {
	case errors.Is(err, pace.ErrDenied), errors.Is(err, bac.ErrDenied):
		// A mistyped key says nothing against the chip.
		v.set(CheckAccess, NotPerformed, true, denial(err))
	case errors.Is(err, ErrNoApplication):
		v.set(CheckAccess, NotPerformed, true, because(
			"there is no travel document application on the chip: it is blank, or another kind of card", "trên chip không có ứng dụng giấy tờ đi lại: chip trắng hoặc loại thẻ khác"))
	case errors.Is(err, ErrDowngrade):
		v.set(CheckAccess, Failed, true, because(err.Error(), "chip chỉ cho mở bằng cách yếu hơn mức mà loại thẻ yêu cầu"))
	case x.session.access == "":
		v.set(CheckAccess, NotPerformed, true, because(err.Error(), "không mở được chip"))
	default:
		v.set(CheckSODSignature, NotPerformed, true, because("the inspection ended early", "việc kiểm tra bị dừng giữa chừng"))
	}
}
