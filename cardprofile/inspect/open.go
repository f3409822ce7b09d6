package inspect

import (
	"context"

	"github.com/chipid-toolkit/chipid/apdu"
)

// Open opens the chip as [Inspect] does and reads nothing: the sender is secure
// messaging with the LDS1 application selected, by is "pace" or "bac". Nothing is
// proven about the chip but that it takes the key.
func Open(ctx context.Context, chip apdu.Transmitter, access Access, o Options) (s apdu.Sender, by string, err error) {
	x := newInspection(chip, access, nil, o)
	if err := x.openFirst(ctx); err != nil {
		return nil, "", err
	}
	return x.sender, x.session.access, nil
}
