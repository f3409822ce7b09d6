package inspect

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/ca"
	"github.com/chipid-toolkit/chipid/apdu/cvc"
	"github.com/chipid-toolkit/chipid/apdu/emrtd"
	"github.com/chipid-toolkit/chipid/apdu/pace"
	"github.com/chipid-toolkit/chipid/apdu/sm"
	"github.com/chipid-toolkit/chipid/apdu/ta"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
)

// bindPACE and bindBAC fix how the chip is called in the session that has just
// been opened (TR-03110-1 v2.20, 3.5). What cannot be used leaves it unnamed, and
// terminal authentication is not performed.
func (s *session) bindPACE(res *pace.Result, a Access) {
	s.binding = binding{}
	proto, err := pace.ParseOID(s.paceUsed.OID)
	if err != nil {
		return
	}
	s.binding.chipID, _ = ta.Compress(proto.Curve, res.ChipEphemeral)
	switch {
	case a.pin.Len() > 0: // no chip is called by it
	case a.can.Len() > 0:
		s.binding.staticID = a.can.Bytes()
	default:
		s.binding.staticID, _ = ta.ChipIDOfMRZ(string(a.info.Bytes()))
	}
	if proto.Mapping == pace.ChipAuthentication {
		s.binding.ephemeral, _ = ta.Compress(proto.Curve, res.TerminalEphemeral)
	}
	for _, car := range res.CARs {
		// They are shown to people: what is no name is left out.
		if ref, err := cvc.ParseReference([]byte(car)); err == nil {
			s.binding.references = append(s.binding.references, ref)
		}
	}
}

func (s *session) bindBAC(a Access) {
	s.binding = binding{}
	s.binding.chipID, _ = ta.ChipIDOfMRZ(string(a.info.Bytes()))
}

// bindCA takes the newest key (Doc 9303-11 (8th ed.), 7.1.2).
func (x *inspection) bindCA(res *ca.Result) {
	x.binding.ephemeral = nil
	if proto, err := ca.ParseOID(x.caOffer.OID); err == nil {
		x.binding.ephemeral, _ = ta.Compress(proto.Curve, res.TerminalEphemeral)
	}
}

// terminalAuthentication shows the chip the terminal's certificates. Nothing
// that comes of it concerns what has been read before: only a chip that somebody
// is pretending to be, and the end of ctx, are errors.
func (x *inspection) terminalAuthentication(ctx context.Context) error {
	if x.o.Terminal == nil {
		return nil
	}
	// All but DG3 and DG4 has been read from a chip that has proven itself, or
	// not: a session that breaks from here on does not change that.
	if x.ca != nil && x.caProven() {
		x.ca.proven = true
	}
	x.ta = &terminalProof{}
	file, ok := x.terminalOffer()
	if !ok {
		return nil
	}
	for {
		err := x.runTA(ctx, file)
		if err == nil {
			return nil
		}
		if _, err = x.again(ctx, err); err != nil {
			return x.lost(ctx, err)
		}
	}
}

// terminalOffer finds out whether the chip does terminal authentication in
// version 1, and where it keeps EF.CVCA.
func (x *inspection) terminalOffer() (emrtd.File, bool) {
	file := emrtd.CVCA
	infos := x.cardAccess
	if x.dg14 != nil {
		infos = x.dg14
	}
	known, other := false, 0
	if infos != nil {
		for _, i := range infos.TerminalAuths {
			if i.Version != 1 {
				other = i.Version
				continue
			}
			known = true
			if i.CVCAFile != 0 {
				file.FID, file.SFI = i.CVCAFile, i.CVCAShort
			}
		}
	}
	switch {
	case !known && other != 0:
		x.ta.set(NotSupported, fmt.Sprintf("the chip offers terminal authentication of version %d alone", other),
			fmt.Sprintf("chip chỉ hỗ trợ xác thực thiết bị đọc phiên bản %d", other))
	case !known && len(x.guardedGroups()) == 0:
		x.ta.set(NotSupported, "the chip names no terminal authentication, and lists neither DG3 nor DG4",
			"chip không khai báo xác thực thiết bị đọc và không có DG3, DG4")
	case x.binding.ephemeral == nil:
		x.ta.set(NotPerformed, "terminal authentication wants chip authentication first, which has not taken place",
			"xác thực thiết bị đọc cần xác thực chip trước, nhưng xác thực chip chưa thực hiện được")
	default:
		return file, true
	}
	return file, false
}

// guardedGroups are those of DG3 and DG4 that the chip lists.
func (x *inspection) guardedGroups() []int {
	var list []int
	for _, n := range x.listed(newPassive(&Verdict{}, x.files).groups()) {
		if guarded(n) {
			list = append(list, n)
		}
	}
	return list
}

// runTA is one run in the session that stands. The error is one of the way to
// the chip; what the chip or the signer says is in x.ta.
func (x *inspection) runTA(ctx context.Context, file emrtd.File) error {
	references, err := x.references(ctx, file)
	if err != nil || len(references) == 0 {
		return err
	}
	t := x.o.Terminal
	res, err := ta.Run(ctx, x.sender, ta.Params{
		References: references, Certificates: t.Certificates, Holder: t.Holder, Sign: t.Sign,
		ChipID: x.binding.chipID, StaticID: x.binding.staticID, Ephemeral: x.binding.ephemeral,
		MaxCommand: x.maxCommand(),
	})
	if err != nil {
		return x.refusedTA(ctx, references, err)
	}
	last := res.Chain[len(res.Chain)-1]
	x.ta.holder, x.ta.rights = last.CHR, res.CHAT
	if res.StaticBinding {
		x.v.deviateOnce(cardprofile.Deviation{Where: "chip", Rule: "ta.binding", Text: "terminal authentication after PACE is bound to what stands on the document, not to the chip's ephemeral key"})
	}
	rights := strings.Join(rightNames(res.CHAT), ", ")
	en, vi := "with the right to read "+rights, "có quyền đọc "+rights
	if rights == "" {
		en, vi = "without a right to DG3 or DG4", "không có quyền đọc DG3, DG4"
	}
	x.ta.set(Passed, fmt.Sprintf("the chip accepted terminal %v, %s", last.CHR, en), fmt.Sprintf("chip đã chấp nhận thiết bị đọc %v, %s", last.CHR, vi))
	x.trail("used terminal authentication (%v) as %v because the chip trusts %v", last.PublicKey.Algorithm, last.CHR, res.Chain[0].CAR)
	return nil
}

// maxCommand is the largest C-APDU that the chip says it takes, 0 if it says
// nothing.
func (s *session) maxCommand() int {
	switch {
	case s.caps.Buffers.Stated():
		return s.caps.Buffers.MaxCommand
	case s.caps.Known && !s.caps.Extended:
		return 4 + 1 + apdu.MaxShortData + 1
	}
	return 0
}

// references are the keys that the chip can verify with: from PACE, or from
// EF.CVCA. Without any x.ta says so.
func (x *inspection) references(ctx context.Context, file emrtd.File) ([]cvc.Reference, error) {
	if len(x.binding.references) > 0 {
		return x.binding.references, nil
	}
	b, err := x.reader().Read(ctx, file)
	var status apdu.Status
	switch {
	case errors.As(err, &status), isDamage(err), errors.Is(err, emrtd.ErrTooLarge):
		x.ta.set(NotPerformed, fmt.Sprintf("the chip does not say whom it trusts: EF.CVCA: %v", err), "chip không cho biết tin cậy CVCA nào: không đọc được EF.CVCA")
		return nil, nil
	case err != nil:
		return nil, err
	}
	if _, read := x.file(lds.NameCVCA); !read {
		x.files = append(x.files, lds.File{Name: lds.NameCVCA, Bytes: b})
	}
	references, notes, err := cvc.ParseEFCVCA(b)
	for _, n := range notes {
		x.v.deviateOnce(cardprofile.Deviation{Where: lds.NameCVCA, Rule: "efcvca", Text: n})
	}
	if err != nil {
		x.ta.set(NotPerformed, fmt.Sprintf("the chip does not say whom it trusts: %v", err), "chip không cho biết tin cậy CVCA nào: EF.CVCA hỏng")
	}
	return references, nil
}

// refusedTA sorts the ends of a run. What concerns the way to the chip comes
// back.
func (x *inspection) refusedTA(ctx context.Context, references []cvc.Reference, err error) error {
	certificates := x.o.Terminal.Certificates
	var refused *ta.CertificateError
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &refused):
		x.ta.set(Failed, fmt.Sprintf("the chip refuses the certificate of %v%s: %v", refused.Holder, validity(certificates, refused.Holder), refused.SW),
			fmt.Sprintf("chip từ chối chứng thư của %v%s", refused.Holder, validity(certificates, refused.Holder)))
	case errors.Is(err, ta.ErrKeyRefused), errors.Is(err, ta.ErrChallenge), errors.Is(err, ta.ErrDenied):
		x.ta.set(Failed, err.Error(), "chip từ chối xác thực thiết bị đọc")
	case errors.Is(err, ta.ErrChain):
		x.ta.set(NotPerformed, fmt.Sprintf("no certificates lead from %s, which the chip trusts, to this terminal", joinReferences(references)),
			fmt.Sprintf("không có chuỗi chứng thư từ %s (CVCA mà chip tin cậy) đến thiết bị đọc này", joinReferences(references)))
	case errors.Is(err, ta.ErrSigner):
		x.ta.set(NotPerformed, err.Error(), "khóa của thiết bị đọc không ký được")
	case errors.Is(err, ta.ErrBinding):
		x.ta.set(NotPerformed, err.Error(), "phiên làm việc không đủ dữ liệu cho xác thực thiết bị đọc")
	default:
		return err
	}
	return nil
}

func joinReferences(list []cvc.Reference) string {
	var names []string
	for _, r := range list {
		names = append(names, r.String())
	}
	return strings.Join(names, ", ")
}

// repeatTA authenticates the terminal again in a session opened anew, if it was
// in the one before.
func (x *inspection) repeatTA(ctx context.Context) error {
	if x.ta == nil || !x.ta.done {
		return nil
	}
	x.ta.done = false
	file, _ := x.terminalOffer()
	err := x.runTA(ctx, file)
	if err != nil {
		x.ta.done = true // for the next attempt
	}
	return err
}

// lost is the end of the way to the chip while DG3 and DG4 are concerned: what
// was read before counts. Somebody in between, a chip that is another one, and
// the end of ctx are errors as ever.
func (x *inspection) lost(ctx context.Context, err error) error {
	var gone *linkError
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, sm.ErrMAC), errors.Is(err, sm.ErrFormat), errors.Is(err, errChipAuth), errors.Is(err, ErrOtherChip):
		return err
	case !errors.As(err, &gone) && !errors.Is(err, sm.ErrUnprotected):
		return err
	}
	if x.ta.outcome != Passed {
		x.ta.set(NotPerformed, fmt.Sprintf("the chip was lost during terminal authentication: %v", err), "mất liên lạc với chip khi đang xác thực thiết bị đọc")
	}
	x.ta.done = false
	x.trail("gave up DG3 and DG4 because of: %v", err)
	return nil
}

// readGuarded reads DG3 and DG4, as far as they are listed and the terminal may.
func (x *inspection) readGuarded(ctx context.Context) error {
	for _, n := range x.guardedGroups() {
		f := emrtd.DG(n)
		if _, read := x.file(f.Name); read {
			continue
		}
		switch {
		case x.ta == nil || !x.ta.done:
			x.refused[f.Name] = errNoTerminal
		case !x.ta.rights.Has(rightOf(n)):
			x.refused[f.Name] = errNoRight
		default:
			delete(x.refused, f.Name)
			if _, err := x.keep(ctx, f); err != nil {
				x.refused[f.Name] = err
				if err := x.lost(ctx, err); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// readAsTerminal is chip and terminal authentication for a reading without a
// verdict: a terminal that was given wants DG3 and DG4.
func (x *inspection) readAsTerminal(ctx context.Context) error {
	if err := x.phase("ca", func() error { return x.chipAuthentication(ctx) }); err != nil {
		return err
	}
	if err := x.phase("ca", func() error { return x.proveCA(ctx) }); err != nil {
		return err
	}
	if err := x.terminal(ctx); err != nil {
		return err
	}
	if x.ta.outcome != Passed {
		x.trail("DG3 and DG4 were not read because %s", x.ta.why.en)
	}
	return nil
}

// judgeTerminal says what became of terminal authentication. It is never
// required: it proves the terminal, not the document.
func (x *inspection) judgeTerminal() {
	if x.ta == nil {
		x.v.set(CheckTA, NotPerformed, false, because("no terminal certificate", "không có chứng thư thiết bị đọc"))
		return
	}
	x.v.set(CheckTA, x.ta.outcome, false, x.ta.why)
}

// deviateOnce notes a deviation that may be met again in a session opened anew.
func (v *Verdict) deviateOnce(d cardprofile.Deviation) {
	for _, known := range v.Deviations {
		if known == d {
			return
		}
	}
	v.deviate(d)
}
