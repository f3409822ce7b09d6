package inspect

import (
	"context"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/emrtd"
)

// witness is the plain channel, and sees the answers that tell of quirks which
// the protocols and the channel themselves know how to meet.
type witness struct {
	*apdu.Channel
	note     func(*emrtd.Quirk)
	decided  func(what, why string)
	declared func() bool // the chip has stated its buffers
}

// Send implements [apdu.Sender].
func (w *witness) Send(ctx context.Context, c apdu.Command) (apdu.Response, error) {
	before, refused := w.Stats(), w.Refused()
	r, err := w.Channel.Send(ctx, c)
	after := w.Stats()
	if refused != w.Refused() {
		w.learned()
	}
	if err != nil {
		return r, err
	}
	extended := after.Extended > before.Extended
	var q *emrtd.Quirk
	switch {
	case c.INS == 0x82 && c.Ne < apdu.MaxShortNe:
		q = emrtd.QuirkIn(emrtd.RemedyMaximumLe, emrtd.ActMutualAuthenticate, r.SW, false)
	case c.INS == 0x88 && extended && !w.declared():
		q = emrtd.QuirkIn(emrtd.RemedyExtendedSignature, emrtd.ActSignExtended, r.SW, false)
	case c.IsExtended() && !extended && w.Refused() == apdu.LengthsUnknown && w.Lengths() == apdu.LengthsShort:
		w.decided("short APDUs in pieces", "the chip says that it takes short APDUs only")
	}
	if q != nil {
		w.note(q)
	}
	return r, nil
}

// learned says what the channel has just found out about the chip.
func (w *witness) learned() {
	switch {
	case w.Refused() == apdu.LengthsShort:
		w.decided("extended length", "the chip refuses short APDUs in pieces, though it says that it takes nothing else")
	case !w.declared():
		w.note(emrtd.QuirkIn(emrtd.RemedyShortAPDUs, emrtd.ActSendExtended, apdu.ErrWrongLength, false))
	default:
		w.decided("short APDUs in pieces", "the chip refuses extended length, though it states buffers for it")
	}
}
