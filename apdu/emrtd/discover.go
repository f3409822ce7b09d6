package emrtd

import (
	"context"
	"errors"

	"github.com/chipid-toolkit/chipid/apdu"
)

// DiscoverInApplication is [Discover] for chips without a master file that can be
// selected: their EF.ATR/INFO, if they have one, stands in the application,
// which is selected. There its short identifier belongs to DG1, so it is selected
// by its file identifier.
func DiscoverInApplication(ctx context.Context, ch apdu.Sender, atr []byte) (Capabilities, error) {
	fromATR, err := ParseATR(atr)
	if err == nil && fromATR.Known && !fromATR.Extended || carrierOf(ch).maxResponse <= maxShortResponse {
		return fromATR, nil
	}
	var status apdu.Status
	err = SelectFile(ctx, ch, ATRInfo)
	if errors.As(err, &status) {
		return fromATR, nil
	}
	if err != nil {
		return fromATR, err
	}
	return readATRInfo(ctx, ch, fromATR, ReadBinaryCommand(0, apdu.MaxShortNe))
}
