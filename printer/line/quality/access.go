package quality

import (
	"context"
	"errors"
	"fmt"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/bac"
	"github.com/chipid-toolkit/chipid/apdu/emrtd"
	"github.com/chipid-toolkit/chipid/apdu/sm"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/inspect"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
)

// guarded are the files of the application that are not for everybody, with who
// may read them.
func (x *chipCheck) guarded() []cardprofile.File {
	var list []cardprofile.File
	for _, f := range x.p.Files {
		if f.Where != cardprofile.WhereMF && f.Read != cardprofile.ReadAlways {
			list = append(list, f)
		}
	}
	for _, dg := range x.p.DataGroups {
		id, ok := lds.DataGroup(dg.Number)
		if ok && dg.Read != cardprofile.ReadAlways {
			list = append(list, cardprofile.File{Name: id.Name, FID: id.FID, SFI: id.SFI, Read: dg.Read})
		}
	}
	return list
}

// closed tries to read every guarded file, and to write every file, with nothing
// but the application selected (Doc 9303-11 (8th ed.), 4.2).
func (x *chipCheck) closed(ctx context.Context) error {
	if len(passwordsOf(x.p)) == 0 {
		return nil
	}
	ch, err := x.enter(ctx)
	if err != nil || ch == nil {
		return err
	}
	for _, f := range x.guarded() {
		given, err := reads(ctx, ch, f)
		if err != nil {
			return err
		}
		if given {
			x.r.add(ChipOpen, f.Name)
		}
	}
	return x.writes(ctx, ch, "")
}

// enter powers the chip on and selects the application; nil if the chip does
// not let it be selected.
func (x *chipCheck) enter(ctx context.Context) (apdu.Sender, error) {
	if err := x.power(ctx); err != nil {
		return nil, err
	}
	ch := apdu.NewChannel(x.t)
	err := emrtd.SelectApplication(ctx, ch)
	var status apdu.Status
	if errors.As(err, &status) {
		x.r.add(ChipSilent, "select")
		return nil, nil
	}
	return ch, err
}

// reads reports whether the chip gives the beginning of a file, by its short
// identifier or after SELECT.
func reads(ctx context.Context, s apdu.Sender, f cardprofile.File) (bool, error) {
	const some = 8
	if f.SFI != 0 {
		r, err := s.Send(ctx, emrtd.ReadBinarySFICommand(f.SFI, 0, some))
		if err != nil || len(r.Data) > 0 {
			return len(r.Data) > 0, err
		}
	}
	r, err := s.Send(ctx, emrtd.SelectFileCommand(f.FID))
	if err != nil || r.SW != apdu.OK && !r.SW.Warning() {
		return false, err
	}
	r, err = s.Send(ctx, emrtd.ReadBinaryCommand(0, some))
	return len(r.Data) > 0, err
}

// Instructions that write a transparent file or a data object (ISO/IEC 7816-4).
const (
	insUpdateBinary = 0xD6
	insEraseBinary  = 0x0E
	insPutData      = 0xDA
)

// writes tries to write the first byte of every file, the one that is there. A
// chip that takes it is as it was.
func (x *chipCheck) writes(ctx context.Context, s apdu.Sender, under string) error {
	refused := func(name string, c apdu.Command) (goOn bool, err error) {
		r, err := s.Send(ctx, c)
		if errors.Is(err, sm.ErrUnprotected) {
			return false, nil // the chip ended the session over it: that is a no
		}
		if err != nil {
			return false, fmt.Errorf("quality: %s: %w", name, err)
		}
		if r.SW == apdu.OK || r.SW.Warning() {
			x.r.add(ChipUnlocked, under+name)
		}
		return true, nil
	}
	for _, f := range x.guarded() {
		if f.SFI == 0 {
			continue
		}
		tag := byte(0)
		if file, ok := lds.FileByName(f.Name); ok {
			tag = byte(file.Tag)
		}
		if goOn, err := refused("UPDATE BINARY "+f.Name, apdu.Command{INS: insUpdateBinary, P1: 0x80 | f.SFI, Data: []byte{tag}}); err != nil || !goOn {
			return err
		}
	}
	_, err := refused("PUT DATA", apdu.Command{INS: insPutData, P1: 0x01, P2: 0x01, Data: []byte{0x00}})
	return err
}

// passwords opens the chip in each way that the profile has, and tries none that
// it has not. The last session looks at what stays closed inside.
func (x *chipCheck) passwords(ctx context.Context) error {
	if err := x.basicAccess(ctx); err != nil || len(x.p.Access.PACE) == 0 {
		return err
	}
	list := passwordsOf(x.p)
	for i, name := range list {
		if i == 0 && len(list) > 1 {
			continue // the inspection has used it
		}
		access, err := x.access(name)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrChecker, err)
		}
		if err := x.power(ctx); err != nil {
			return err
		}
		s, by, err := inspect.Open(ctx, x.t, access, x.options())
		if err != nil {
			if code, ok := refused(err); ok {
				x.r.add(code, name)
				continue
			}
			return err
		}
		if by != "pace" {
			x.r.add(ChipDowngrade, by)
		}
		if err := x.inside(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// inside tries, with access, what access does not allow.
func (x *chipCheck) inside(ctx context.Context, s apdu.Sender) error {
	for _, f := range x.guarded() {
		if f.Read != cardprofile.ReadEAC {
			continue
		}
		given, err := reads(ctx, s, f)
		if errors.Is(err, sm.ErrUnprotected) {
			return nil
		}
		if err != nil {
			return err
		}
		if given {
			x.r.add(ChipOpen, f.Name)
		}
	}
	return x.writes(ctx, s, "with access: ")
}

// basicAccess holds BAC to the profile: with the right key it opens a chip that
// has it, and no other.
func (x *chipCheck) basicAccess(ctx context.Context) error {
	ch, err := x.enter(ctx)
	if err != nil || ch == nil {
		return err
	}
	_, err = bac.Run(ctx, ch, bac.NewPassword(x.plan.MRZ.KeyInfo()))
	_, isRefusal := refused(err)
	switch {
	case err != nil && !isRefusal:
		return err
	case x.p.Access.BAC && err != nil:
		x.r.add(ChipAccess, "bac")
	case !x.p.Access.BAC && err == nil:
		x.r.add(ChipDowngrade, "bac")
	}
	return nil
}
