package issue

import (
	"context"
	"encoding/asn1"
	"fmt"
	"slices"
	"time"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/applet"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
)

// Options of issuing one card.
type Options struct {
	// Journal is told every step; nil keeps none.
	Journal Journal
	// Progress, if set, is told the step that begins, and while files are
	// written the bytes done. It must not block.
	Progress func(step Step, done, total int)
	// Now is the time of signing and personalization; zero is the clock's.
	Now time.Time
}

// Card is a card as it was issued.
type Card struct {
	Serial []byte     // the chip's
	Files  []lds.File // as written, EF.CardAccess first
}

// Personalize makes the plan into a card on the blank chip behind t.
//
// An error before the step [StepKeys] leaves the blank untouched, and a probe can
// prove it; after any later one the chip is no blank any more and must not be
// used again. No chip is partly good: only a nil error means a card.
func (a *Authority) Personalize(ctx context.Context, t apdu.Transmitter, plan *Plan, o Options) (*Card, error) {
	driver, err := applet.ByName(plan.Profile.Chip.Driver)
	if err != nil {
		return nil, err
	}
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	if err := a.checkCertificate(o.Now); err != nil {
		return nil, err
	}
	if a.Documents != nil {
		if err := a.Documents.CanSign(plan.MRZ, o.Now, plan.Profile.Document.NoExpiry); err != nil {
			return nil, fmt.Errorf("issue: %w", err)
		}
	}
	if err := a.checkTrustPoints(plan.Profile, o.Now); err != nil {
		return nil, err
	}
	job := &job{a: a, plan: plan, o: o}
	ch := apdu.NewChannel(t)
	var atr []byte
	if l, ok := t.(apdu.Limiter); ok {
		atr = l.ATR()
	}
	found, err := driver.Probe(ctx, ch, atr)
	if err != nil {
		return nil, err
	}
	if !found.Mine || found.State != applet.Untouched {
		return nil, fmt.Errorf("%w: %s finds it %v", applet.ErrNotBlank, driver.Name(), found.State)
	}
	job.serial = found.Serial
	if err := job.reach(ctx, StepProbed); err != nil {
		return nil, err
	}
	keys := &cardKeys{a: a}
	session, err := driver.Open(ctx, ch, keys)
	if err != nil {
		return nil, closeAfter(keys.Close, err)
	}
	card, err := job.run(ctx, session)
	if err := closeAfter(session.Close, err); err != nil {
		return nil, err
	}
	return card, nil
}

func closeAfter(closer func() error, err error) error {
	if cerr := closer(); err == nil {
		return cerr
	}
	return err
}

// job is one card on its way.
type job struct {
	a      *Authority
	plan   *Plan
	o      Options
	serial []byte
	digest []byte
}

// reach tells the journal that a step has been reached.
func (j *job) reach(ctx context.Context, s Step) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if j.o.Progress != nil {
		j.o.Progress(s, 0, 0)
	}
	if j.o.Journal == nil {
		return nil
	}
	if err := j.o.Journal.Record(ctx, Entry{Step: s, Serial: slices.Clone(j.serial), Digest: slices.Clone(j.digest)}); err != nil {
		return fmt.Errorf("issue: journal: %w", err)
	}
	return nil
}

func (j *job) run(ctx context.Context, s applet.Session) (*Card, error) {
	j.serial = s.Serial()
	keyPlan, err := chipKeys(j.plan.Profile)
	if err != nil {
		return nil, err
	}
	pub, err := s.GenerateKeys(ctx, keyPlan)
	if err != nil {
		return nil, err
	}
	if err := j.reach(ctx, StepKeys); err != nil {
		return nil, err
	}
	files, err := j.files(pub)
	if err != nil {
		return nil, err
	}
	object, err := j.sign(ctx, files, pub)
	if err != nil {
		return nil, err
	}
	files = append(files, lds.File{Name: lds.NameSOD, Bytes: object})
	if err := j.reach(ctx, StepWriting); err != nil {
		return nil, err
	}
	image, err := j.image(files)
	if err != nil {
		return nil, err
	}
	if err := s.Personalize(ctx, image); err != nil {
		return nil, err
	}
	if err := j.reach(ctx, StepLocked); err != nil {
		return nil, err
	}
	return &Card{Serial: j.serial, Files: files}, nil
}

// sodVersion: version 1 of the security object holds the LDS version, version 0
// none (Doc 9303-10 (8th ed.), 4.6.2).
func sodVersion(p *cardprofile.Profile) string {
	if p.SOD.Version == 1 {
		return "0108"
	}
	return "0107"
}

// image is what is written to the chip.
func (j *job) image(files []lds.File) (applet.Image, error) {
	p := j.plan.Profile
	image := applet.Image{
		MRZ: mac.NewKey([]byte(j.plan.MRZ.KeyInfo())), CAN: j.plan.CAN,
		MaxCommand: p.Chip.MaxCommand,
		BAC:        p.Access.BAC, PACEMRZ: p.Allows("mrz") && len(p.Access.PACE) > 0, PACECAN: p.Allows("can"),
		NoMF: !p.Chip.SelectMF && p.Chip.CardAccessIn == cardprofile.WhereApplication, Date: j.o.Now,
	}
	if j.o.Progress != nil {
		image.Progress = func(done, total int) { j.o.Progress(StepWriting, done, total) }
	}
	if trustPoint(p) {
		image.CVCA = j.a.CVCA
		if spec, ok := fileSpec(p, lds.NameCVCA); ok {
			image.CVCAFile = lds.FileID{Name: lds.NameCVCA, FID: spec.FID, SFI: spec.SFI}
		}
	}
	for _, info := range p.Access.PACE {
		image.PACE = append(image.PACE, applet.PACE{Protocol: asn1.ObjectIdentifier(info.Protocol), ParameterID: info.ParameterID})
	}
	for _, f := range files {
		id, ok := lds.FileByName(f.Name)
		if !ok {
			return image, fmt.Errorf("%w: no file %s", ErrPlan, f.Name)
		}
		read, err := readAccess(p, id)
		if err != nil {
			return image, err
		}
		if spec, ok := fileSpec(p, f.Name); ok {
			id.FID, id.SFI, id.MF = spec.FID, spec.SFI, spec.Where == cardprofile.WhereMF
		}
		image.Files = append(image.Files, applet.ImageFile{FileID: id, Read: read, Bytes: f.Bytes})
	}
	return image, nil
}

func fileSpec(p *cardprofile.Profile, name string) (cardprofile.File, bool) {
	for _, f := range p.Files {
		if f.Name == name {
			return f, true
		}
	}
	return cardprofile.File{}, false
}

func readAccess(p *cardprofile.Profile, id lds.FileID) (applet.Read, error) {
	var rule string
	if spec, ok := fileSpec(p, id.Name); ok {
		rule = spec.Read
	} else if dg, ok := p.DG(id.Number()); ok {
		rule = dg.Read
	}
	switch rule {
	case cardprofile.ReadAlways:
		return applet.ReadByAnyone, nil
	case cardprofile.ReadAccess:
		return applet.ReadAfterPACE, nil
	case cardprofile.ReadEAC:
		return applet.ReadWithRights, nil
	default:
		return 0, fmt.Errorf("%w: the profile does not say who may read %s", ErrPlan, id.Name)
	}
}
