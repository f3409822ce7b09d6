package inspect

import (
	"context"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/emrtd"
)

// witness is the plain channel, and sees the answers that tell of quirks which
// the protocols themselves know how to meet.
type witness struct {
	*apdu.Channel
	note     func(*emrtd.Quirk)
	declared func() bool // the chip has stated its buffers
}

// Send implements [apdu.Sender].
func (w *witness) Send(ctx context.Context, c apdu.Command) (apdu.Response, error) {
	r, err := w.Channel.Send(ctx, c)
	if err != nil {
		return r, err
	}
	var q *emrtd.Quirk
	switch {
	case c.INS == 0x82 && c.Ne < apdu.MaxShortNe:
		q = emrtd.QuirkIn(emrtd.RemedyMaximumLe, emrtd.ActMutualAuthenticate, r.SW, false)
	case c.INS == 0x88 && c.IsExtended() && w.MaxNe() > apdu.MaxShortNe && !w.declared():
		q = emrtd.QuirkIn(emrtd.RemedyExtendedSignature, emrtd.ActSignExtended, r.SW, false)
	}
	if q != nil {
		w.note(q)
	}
	return r, nil
}
