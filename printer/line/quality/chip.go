package quality

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash"
	"slices"
	"strings"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/bac"
	"github.com/chipid-toolkit/chipid/apdu/pace"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/applet"
	"github.com/chipid-toolkit/chipid/cardprofile/citizen"
	"github.com/chipid-toolkit/chipid/cardprofile/inspect"
	"github.com/chipid-toolkit/chipid/cardprofile/issue"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
)

// chipCheck is the look at one chip.
type chipCheck struct {
	c     *Checker
	t     apdu.Transmitter
	plan  *issue.Plan
	p     *cardprofile.Profile
	made  *issue.Card // nil after a restart
	bound string      // serial in upper-case hexadecimal, empty if not known
	r     *Report
	said  hash.Hash
}

// run looks at the chip from all sides. An error is one of the way to the chip:
// nothing that the chip itself says is one.
func (x *chipCheck) run(ctx context.Context) error {
	v, err := x.inspect(ctx)
	if err != nil || v == nil {
		return err
	}
	if err := x.closed(ctx); err != nil {
		return err
	}
	if err := x.passwords(ctx); err != nil {
		return err
	}
	serial, err := x.locked(ctx)
	if err != nil {
		return err
	}
	x.serial(serial)
	x.files(v.Files(), serial)
	return nil
}

// power brings the chip back to the state after power-on, where the reader can.
func (x *chipCheck) power(ctx context.Context) error {
	if r, ok := x.t.(apdu.Resetter); ok {
		if _, err := r.Reset(ctx); err != nil {
			return fmt.Errorf("quality: reset: %w", err)
		}
	}
	return nil
}

// options are those of a checkpoint that expects this type of card.
func (x *chipCheck) options() inspect.Options {
	return inspect.Options{Profile: x.p, Policy: x.c.Policy, Today: x.c.today()}
}

// access is the key of one of the profile's passwords.
func (x *chipCheck) access(password string) (inspect.Access, error) {
	if password == "can" {
		return inspect.ByCAN(string(x.plan.CAN.Bytes()))
	}
	return inspect.ByMRZ(x.plan.MRZ.Text())
}

// passwordsOf are those of the profile that open it without a holder.
func passwordsOf(p *cardprofile.Profile) []string {
	var list []string
	for _, name := range []string{"can", "mrz"} {
		if p.Allows(name) {
			list = append(list, name)
		}
	}
	return list
}

// inspect is the checkpoint's own inspection. A nil verdict without an error
// means that the chip does not let anybody in.
func (x *chipCheck) inspect(ctx context.Context) (*inspect.Verdict, error) {
	first := "mrz"
	if list := passwordsOf(x.p); len(list) > 0 && len(x.p.Access.PACE) > 0 {
		first = list[0]
	}
	access, err := x.access(first)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrChecker, err)
	}
	if err := x.power(ctx); err != nil {
		return nil, err
	}
	v, err := inspect.Inspect(ctx, x.t, access, x.c.Trust, x.options())
	if err != nil {
		if code, ok := refused(err); ok {
			x.r.add(code, first)
			return nil, nil
		}
		return nil, err
	}
	if want := len(x.p.Access.PACE) > 0; want != (v.Chip.Access == "pace") {
		x.r.add(ChipDowngrade, v.Chip.Access)
	}
	x.judge(v)
	return v, nil
}

// refused tells what the chip's refusal to be inspected means; ok is false for an
// error that is not the chip's.
func refused(err error) (code Code, ok bool) {
	var status apdu.Status
	switch {
	case errors.Is(err, inspect.ErrNoApplication):
		return ChipSilent, true
	case errors.Is(err, inspect.ErrDowngrade), errors.Is(err, inspect.ErrNeedMRZ):
		return ChipDowngrade, true
	case errors.Is(err, pace.ErrDenied), errors.Is(err, bac.ErrDenied), errors.Is(err, inspect.ErrUnsupported):
		return ChipAccess, true
	case errors.Is(err, apdu.ErrCardGone), errors.Is(err, apdu.ErrReaderGone), errors.Is(err, apdu.ErrTimeout), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return "", false
	case errors.Is(err, inspect.ErrDocument), errors.As(err, &status):
		return ChipInspection, true
	}
	return "", false
}

// codes are what checks of the verdict that do not pass are called here.
var codes = map[string]Code{
	inspect.CheckAccess:       ChipAccess,
	inspect.CheckSODSignature: ChipSignature,
	inspect.CheckSODChain:     ChipChain, inspect.CheckSODValidity: ChipChain, inspect.CheckSODRevocation: ChipChain,
	inspect.CheckCA: ChipClone, inspect.CheckAA: ChipClone, inspect.CheckPACECAM: ChipClone,
}

// judge is stricter than a checkpoint: what a card of the profile can prove, it
// must prove, and nothing may be failed.
func (x *chipCheck) judge(v *inspect.Verdict) {
	must := map[string]bool{inspect.CheckSODSignature: true, inspect.CheckSODChain: true, inspect.CheckSODValidity: true}
	must[inspect.CheckCA] = len(x.p.ChipAuth) > 0
	must[inspect.CheckAA] = x.p.ActiveAuth != nil
	for _, dg := range x.p.DataGroups {
		if !dg.Optional && dg.Read == cardprofile.ReadAccess {
			must[inspect.HashCheck(dg.Number)] = true
		}
	}
	seen := map[string]bool{}
	for _, c := range v.Checks {
		fmt.Fprintf(x.said, "%s=%s\n", c.ID, c.Outcome)
		seen[c.ID] = true
		if c.Outcome == inspect.Passed || c.Outcome != inspect.Failed && !c.Required && !must[c.ID] {
			continue
		}
		x.r.add(codeOf(c.ID), c.ID)
	}
	for id, wanted := range must {
		if wanted && !seen[id] {
			x.r.add(codeOf(id), id)
		}
	}
	if v.Outcome != inspect.ResultPassed && len(x.r.Findings) == 0 {
		x.r.add(ChipInspection, string(v.Outcome))
	}
}

func codeOf(check string) Code {
	if strings.HasPrefix(check, "dg.hash.") {
		return ChipHash
	}
	if c, ok := codes[check]; ok {
		return c
	}
	return ChipInspection
}

// serial holds the chip against the one that was bound to the card.
func (x *chipCheck) serial(told []byte) {
	got := fmt.Sprintf("%X", told)
	if x.made != nil && len(told) > 0 && !bytes.Equal(x.made.Serial, told) {
		x.r.add(ChipSerial, "made")
	}
	if x.bound != "" && len(told) > 0 && got != x.bound {
		x.r.add(ChipSerial, "bound")
	}
}

// files holds everything that was read against the plan, and against what was
// written if that is still known.
func (x *chipCheck) files(read []lds.File, told []byte) {
	at := func(name string) []byte {
		i := slices.IndexFunc(read, func(f lds.File) bool { return f.Name == name })
		if i < 0 {
			return nil
		}
		fmt.Fprintf(x.said, "%s %d\n", name, len(read[i].Bytes))
		return read[i].Bytes
	}
	for _, dg := range x.p.DataGroups {
		id, ok := lds.DataGroup(dg.Number)
		if !ok {
			continue
		}
		want, ok := x.plan.Group(dg.Number)
		if !ok && dg.Source == "vn-dg13" {
			serial := x.bound
			if serial == "" {
				serial = fmt.Sprintf("%X", told)
			}
			var err error
			want, err = lds.EncodeVietnamDG13(citizen.DG13(x.plan.Record, serial))
			ok = err == nil
		}
		if ok && !bytes.Equal(at(id.Name), want) {
			x.r.add(differs(dg.Source), id.Name)
		}
	}
	if sod := at(lds.NameSOD); sod != nil {
		_, _ = x.said.Write(sod)
	}
	if x.made == nil {
		return
	}
	for _, f := range x.made.Files {
		got := at(f.Name)
		if got == nil && x.unread(f.Name) {
			continue
		}
		if !bytes.Equal(got, f.Bytes) {
			x.r.add(differs(""), f.Name)
		}
	}
}

// unread reports files that a checkpoint without rights does not read, or need not.
func (x *chipCheck) unread(name string) bool {
	id, ok := lds.FileByName(name)
	if !ok || name == lds.NameATRInfo || name == lds.NameCVCA {
		return true
	}
	dg, ok := x.p.DG(id.Number())
	return ok && dg.Read == cardprofile.ReadEAC
}

func differs(source string) Code {
	if source == "face" {
		return ChipPortrait
	}
	return ChipData
}

// locked looks at the chip as somebody who wants to write on it, and tells its
// serial.
func (x *chipCheck) locked(ctx context.Context) ([]byte, error) {
	driver, err := applet.ByName(x.p.Chip.Driver)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrChecker, err)
	}
	probe, ok := driver.(applet.IssuedProbe)
	if !ok {
		return nil, nil
	}
	if err := x.power(ctx); err != nil {
		return nil, err
	}
	var blank, card applet.KeySource
	if a := x.c.Authority; a != nil {
		b, i := a.BlankKeys(), a.IssuedKeys()
		defer func() { _, _ = b.Close(), i.Close() }()
		blank, card = b.Of, i.Of
	}
	found, err := probe.ProbeIssued(ctx, apdu.NewChannel(x.t), blank, card)
	if err != nil {
		return nil, err
	}
	if found.OldKeys {
		x.r.add(ChipOldKeys, "")
	}
	if found.OtherKeys {
		x.r.add(ChipOtherKeys, "")
	}
	for _, w := range found.Writable {
		x.r.add(ChipUnlocked, w)
	}
	return found.Serial, nil
}
