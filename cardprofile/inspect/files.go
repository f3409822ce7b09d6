package inspect

import (
	"context"
	"slices"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/emrtd"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
)

// Files gives the verdict for files alone: passive authentication. Data groups
// that EF.SOD lists and that are not there are not performed, not failed.
// Required are the checks of EF.SOD, the hashes of the files that are there,
// and the check digits of DG1 if it is.
func Files(files []lds.File, trust *pki.Store, o Options) *Verdict {
	v := &Verdict{files: slices.Clone(files)}
	c := describe(v, files, o)
	if _, ok := findFile(files, "EF.DG1"); !ok {
		v.set(CheckMRZDigits, NotPerformed, false, because("there is no DG1", "không có DG1"))
	}
	p := newPassive(v, files)
	p.verify(trust, o, c)
	for n := 1; n <= 16; n++ {
		name := emrtd.DG(n).Name
		if b, ok := findFile(files, name); ok {
			p.hash(n, lds.File{Name: name, Bytes: b}, nil)
		} else if slices.Contains(p.groups(), n) {
			p.absent(n)
		}
	}
	c.compare(v, files, nil, p.object(), o)
	c.judgeProfile(v, files, p, o)
	v.matchFiles(files)
	p.cardSecurity(files, trust, o, c)
	alone := because("files alone: there is no chip to ask", "chỉ có tệp, không có chip")
	for _, id := range []string{CheckAccess, CheckCA, CheckAA, CheckPACECAM, CheckTA} {
		v.set(id, NotPerformed, false, alone)
	}
	c.judge(v, p, trust, o)
	v.arrange()
	v.settle()
	return v
}

// matchFiles compares EF.CardAccess with DG14 where both are there.
func (v *Verdict) matchFiles(files []lds.File) {
	access, ok1 := findFile(files, lds.NameCardAccess)
	dg14, ok2 := findFile(files, "EF.DG14")
	if !ok1 || !ok2 {
		return
	}
	a, devsA, err1 := lds.ParseSecurityInfos(access)
	b, devsB, err2 := lds.ParseDG14(dg14)
	v.deviate(append(devsA, devsB...)...)
	if err1 != nil || err2 != nil {
		v.set(CheckCardAccess, Failed, false, because("EF.CardAccess or DG14 cannot be read", "EF.CardAccess hoặc DG14 hỏng"))
		v.deviate(cardprofile.Deviation{Where: lds.NameCardAccess, Rule: "cardaccess.match", Text: "EF.CardAccess or DG14 cannot be read"})
		return
	}
	differences, devs := lds.MatchCardAccess(a, b)
	v.deviate(devs...)
	if len(differences) > 0 {
		v.set(CheckCardAccess, Failed, false, because(join(differences), "EF.CardAccess khác với bản đã ký trong DG14"))
		// Not required of files, but nothing else would tell that it was altered.
		v.deviate(cardprofile.Deviation{Where: lds.NameCardAccess, Rule: "cardaccess.match", Text: join(differences)})
		return
	}
	v.set(CheckCardAccess, Passed, false, because("EF.CardAccess is the same as in DG14", "EF.CardAccess khớp với DG14"))
}

// Reading is a chip as read, without a verdict.
type Reading struct {
	Files      []lds.File
	Chip       *Chip
	Deviations []cardprofile.Deviation
}

// Read opens the chip and reads every file that it gives. Nothing is verified.
func Read(ctx context.Context, chip apdu.Transmitter, access Access, o Options) (*Reading, error) {
	x := newInspection(chip, access, nil, o)
	done := func(err error) (*Reading, error) {
		for _, d := range x.deviations {
			x.v.deviate(cardprofile.Deviation{Where: d.where, Rule: d.rule, Text: d.text})
		}
		return &Reading{Files: x.files, Chip: x.chip, Deviations: x.v.Deviations}, err
	}
	if err := x.phase("access", func() error { return x.openFirst(ctx) }); err != nil {
		return done(err)
	}
	err := x.phase("read", func() error {
		if err := x.readIndex(ctx); err != nil {
			return err
		}
		return x.readGroups(ctx, newPassive(&Verdict{}, x.files).groups())
	})
	if err == nil && o.Terminal != nil {
		err = x.readAsTerminal(ctx)
	}
	return done(err)
}
