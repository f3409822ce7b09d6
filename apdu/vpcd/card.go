package vpcd

import (
	"errors"

	"github.com/chipid-toolkit/chipid/apdu"
)

// A Card is a chip that can be put into a virtual reader. Transmit and Reset
// are called one at a time. The context of a call ends when the card is pulled
// or pcscd goes away in the middle of it.
//
// An error of Transmit or Reset is a chip that no longer answers: the card
// leaves the reader, and [Serve] and [Slot.Wait] return the error.
type Card interface {
	apdu.Transmitter
	apdu.Resetter
}

// Bounds of the wire, in bytes.
const (
	// MaxMessage is the largest message that the length field can announce.
	MaxMessage = 0xFFFF
	// MaxATR is the longest answer to reset (ISO/IEC 7816-3:2006, 8.2.1).
	MaxATR = 33
)

// ErrProtocol says that the other side does not speak the wire of the virtual
// reader driver.
var ErrProtocol = errors.New("vpcd: not the wire of a virtual reader")

// ErrNotInserted is returned when there is no card in the slot.
var ErrNotInserted = errors.New("vpcd: no card in the slot")

// ErrOccupied is returned when a card is put into a slot that holds one.
var ErrOccupied = errors.New("vpcd: the slot holds a card already")
