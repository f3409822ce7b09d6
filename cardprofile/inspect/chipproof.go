package inspect

import (
	"context"
	"errors"
	"fmt"

	"github.com/chipid-toolkit/chipid/apdu/aa"
	"github.com/chipid-toolkit/chipid/apdu/ca"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
)

// proof is what became of a protocol by which the chip proves that it is the
// original: chip or active authentication.
type proof struct {
	id          string
	group       int    // the data group that holds the key
	done        string // what is done, in words
	proven      bool   // the chip has proven itself; the zero value has not
	err         error  // why the chip did not prove it
	unsupported error  // why it was not tried
}

// judge turns a proof into a check. A chip is called genuine only on a key that
// passive authentication has covered, and only as far as that goes: without an
// anchor the chip is the one that was signed for, whoever signed.
func (p *passive) judge(x proof, required bool) {
	set := func(o Outcome, en, vi string) { p.v.set(x.id, o, required, because(en, vi)) }
	if x.unsupported != nil {
		set(NotSupported, x.unsupported.Error(), fmt.Sprintf("khóa trong DG%d thuộc loại không được hỗ trợ", x.group))
		return
	}
	if x.err != nil {
		set(Failed,
			fmt.Sprintf("the chip did not prove that it holds the private key of DG%d: %v", x.group, x.err),
			fmt.Sprintf("chip không chứng minh được mình giữ khóa bí mật của DG%d: có thể là bản sao", x.group))
		return
	}
	if !x.proven {
		set(NotPerformed, "the chip was not asked to the end, so it has proven nothing", "chưa hoàn tất việc chứng minh nên chip chưa chứng minh được gì")
		return
	}
	switch err := p.covers(x.group); {
	case errors.Is(err, errAltered):
		set(Failed, fmt.Sprintf("%s, but %v", x.done, err), fmt.Sprintf("khóa trong DG%d không phải là khóa đã được ký", x.group))
	case err != nil:
		set(NotPerformed, fmt.Sprintf("%s, but %v", x.done, err), fmt.Sprintf("chip giữ khóa của DG%d nhưng khóa này chưa được xác thực thụ động", x.group))
	case p.anchored():
		set(Passed, x.done+": the chip is the one that was issued, not a copy", fmt.Sprintf("chip giữ khóa bí mật của DG%d: chip gốc, không phải bản sao", x.group))
	default:
		set(Passed, x.done+": the chip holds the key in the signed files; who signed them is another check",
			fmt.Sprintf("chip giữ khóa của DG%d trong dữ liệu đã ký; ai ký là việc của kiểm tra khác", x.group))
	}
}

// errChipAuth: the chip could not go on under the keys of chip authentication.
var errChipAuth = errors.New("chip authentication: the chip does not know the private key")

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
	x.caOffer = offers[0]
	x.ca.done = "chip authentication (" + caName(x.caOffer) + ")"
	x.trail("used %s because it is the strongest that DG14 offers", x.ca.done)
	err := x.runCA(ctx)
	if err != nil {
		_, err = x.again(ctx, err)
	}
	return err
}

// runCA is one run. The chip has proven nothing until it answers under the new
// keys.
func (x *inspection) runCA(ctx context.Context) error {
	x.ca.err = nil
	res, err := ca.Run(ctx, x.sender, x.caOffer)
	switch {
	case err == nil:
		x.sender, x.caChannel = res.Channel, res.Channel
		x.record(Exchange{Protocol: "ca", Challenge: res.TerminalEphemeral})
		x.bindCA(res)
		return nil
	case errors.Is(err, ca.ErrRefused):
		x.ca.err = err
		return nil
	case errors.Is(err, ca.ErrKey), errors.Is(err, ca.ErrProtocol):
		x.ca.unsupported = err
		return nil
	}
	return fmt.Errorf("chip authentication: %w", err)
}

// caProven reports whether the chip has answered under the keys of chip
// authentication, in the session that stands now.
func (x *inspection) caProven() bool { return x.caChannel != nil && x.caChannel.Verified() > 0 }

// caUnproven reports whether secure messaging has been restarted by chip
// authentication and the chip has not answered under its keys yet.
func (x *inspection) caUnproven() bool { return x.caChannel != nil && x.caChannel.Verified() == 0 }

// proveCA asks for an answer under the keys of chip authentication, if reading
// has brought none.
func (x *inspection) proveCA(ctx context.Context) error {
	for x.caUnproven() {
		err := x.reader().SelectApplication(ctx)
		if err == nil || !x.caUnproven() { // a protected refusal proves as much
			return nil
		}
		if _, err = x.again(ctx, err); err != nil {
			return err
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
	for {
		res, err := aa.Run(ctx, x.sender, p)
		switch {
		case err == nil:
			x.record(Exchange{Protocol: "aa", Challenge: res.Challenge, Response: res.Signature, Hash: res.Hash.String(), Proven: true})
			x.aa.done, x.aa.proven = fmt.Sprintf("active authentication (%v)", res.Hash), true
			for _, n := range res.Notes {
				x.v.deviate(cardprofile.Deviation{Where: "DG15", Rule: "aa", Text: n})
			}
			return nil
		case errors.Is(err, aa.ErrRefused), errors.Is(err, aa.ErrSignature), errors.Is(err, aa.ErrLength):
			x.aa.err = err
			return nil
		case errors.Is(err, aa.ErrHash), errors.Is(err, aa.ErrKey):
			x.aa.unsupported = err
			return nil
		}
		// The new session asks anew, with another challenge.
		if _, err = x.again(ctx, err); err != nil {
			return fmt.Errorf("active authentication: %w", err)
		}
	}
}
