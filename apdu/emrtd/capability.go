package emrtd

import (
	"context"

	"github.com/chipid-toolkit/chipid/apdu"
)

// Buffers is what a chip states about the APDUs it takes and gives, in bytes of
// whole APDUs, protection and status word included (Doc 9303-10, 3.11.1, table
// 29). Zero is not stated.
type Buffers struct {
	MaxCommand  int
	MaxResponse int
}

// Stated reports whether both sizes are stated, as Doc 9303-10, 3.6.4.2 wants
// it before extended length is used.
func (b Buffers) Stated() bool { return b.MaxCommand > 0 && b.MaxResponse > 0 }

// Capabilities is what ATR or EF.ATR/INFO say about a chip (ISO/IEC
// 7816-4:2020, 12.1.1.9; Doc 9303-10, table 29).
type Capabilities struct {
	// Known: the chip has said anything at all about lengths.
	Known bool
	// Chaining: command chaining is supported.
	Chaining bool
	// Extended: extended Lc and Le fields are supported.
	Extended bool
	// ExtendedInfo: the buffer sizes are in EF.ATR/INFO.
	ExtendedInfo bool
	// Buffers is only ever stated in EF.ATR/INFO.
	Buffers Buffers
}

// ParseATR reads the card capabilities out of the historical bytes of an ATR.
func ParseATR(atr []byte) (Capabilities, error) { return Capabilities{}, ErrFormat }

// ParseATRInfo reads the content of EF.ATR/INFO.
func ParseATRInfo(b []byte) (Capabilities, error) { return Capabilities{}, ErrFormat }

// Discover finds out what a chip can carry, before access, with the master file
// selected: from the ATR alone if that says that there is no extended length,
// else with one READ BINARY of EF.ATR/INFO. A chip without that file has stated
// nothing; that is no error.
func Discover(ctx context.Context, ch apdu.Sender, atr []byte) (Capabilities, error) {
	return Capabilities{}, nil
}
