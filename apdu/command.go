package apdu

import (
	"errors"
	"fmt"
)

// Limits of the two length forms (ISO/IEC 7816-4:2020, 5.1).
const (
	MaxShortData    = 255   // largest command data field of a short APDU, in bytes
	MaxShortNe      = 256   // largest expected response data of a short APDU, in bytes
	MaxExtendedData = 65535 // largest command data field of an extended APDU, in bytes
	MaxExtendedNe   = 65536 // largest expected response data of an extended APDU, in bytes
)

// Class bits of the first interindustry range (ISO/IEC 7816-4:2020, 5.4.1).
const (
	ClassChaining byte = 0x10 // not the last command of a chain
	ClassSM       byte = 0x0C // secure messaging, header authenticated
)

// ErrEncoding says that a command cannot be written as a C-APDU, or that bytes
// are not one.
var ErrEncoding = errors.New("apdu: malformed APDU")

// Command is a C-APDU (ISO/IEC 7816-4:2020, 5.1).
type Command struct {
	CLA, INS, P1, P2 byte
	// Data is the command data field, at most 65,535 bytes.
	Data []byte
	// Ne is the number of response bytes expected: 0 for none, 256 for as
	// many as a short response holds, 65,536 for as many as an extended
	// response holds.
	Ne int
}

// IsExtended reports whether c needs extended length fields.
func (c Command) IsExtended() bool {
	return len(c.Data) > MaxShortData || c.Ne > MaxShortNe
}

// Case is the command case of ISO/IEC 7816-3: 1 neither data nor response,
// 2 response only, 3 data only, 4 both.
func (c Command) Case() int {
	switch {
	case len(c.Data) == 0 && c.Ne == 0:
		return 1
	case len(c.Data) == 0:
		return 2
	case c.Ne == 0:
		return 3
	default:
		return 4
	}
}

// Encode gives the bytes of c, in the short form where everything fits it and
// in the extended form otherwise (ISO/IEC 7816-4:2020, 5.2).
func (c Command) Encode() ([]byte, error) {
	if len(c.Data) > MaxExtendedData {
		return nil, fmt.Errorf("%w: %d bytes of data, at most %d", ErrEncoding, len(c.Data), MaxExtendedData)
	}
	if c.Ne < 0 || c.Ne > MaxExtendedNe {
		return nil, fmt.Errorf("%w: Ne %d is out of range", ErrEncoding, c.Ne)
	}
	b := make([]byte, 0, 4+3+len(c.Data)+3)
	b = append(b, c.CLA, c.INS, c.P1, c.P2)
	if !c.IsExtended() {
		if len(c.Data) > 0 {
			b = append(b, byte(len(c.Data)))
			b = append(b, c.Data...)
		}
		if c.Ne > 0 {
			b = append(b, byte(c.Ne)) // 256 is written 00
		}
		return b, nil
	}
	b = append(b, 0)
	if len(c.Data) > 0 {
		b = append(b, byte(len(c.Data)>>8), byte(len(c.Data)))
		b = append(b, c.Data...)
	}
	if c.Ne > 0 {
		b = append(b, byte(c.Ne>>8), byte(c.Ne)) // 65,536 is written 0000
	}
	return b, nil
}

// ParseCommand reads one C-APDU, short or extended. It is the chip's side of
// [Command.Encode]; the data field is not copied.
func ParseCommand(b []byte) (Command, error) {
	if len(b) < 4 {
		return Command{}, fmt.Errorf("%w: %d bytes, a header has 4", ErrEncoding, len(b))
	}
	c := Command{CLA: b[0], INS: b[1], P1: b[2], P2: b[3]}
	body := b[4:]
	switch {
	case len(body) == 0:
		return c, nil
	case len(body) == 1:
		c.Ne = shortNe(body[0])
		return c, nil
	case body[0] != 0:
		return parseShortBody(c, body)
	case len(body) == 3:
		c.Ne = extendedNe(body[1], body[2])
		return c, nil
	default:
		return parseExtendedBody(c, body)
	}
}

func parseShortBody(c Command, body []byte) (Command, error) {
	lc := int(body[0])
	rest := body[1:]
	switch len(rest) {
	case lc:
	case lc + 1:
		c.Ne = shortNe(rest[lc])
	default:
		return Command{}, fmt.Errorf("%w: Lc %d, %d bytes follow", ErrEncoding, lc, len(rest))
	}
	c.Data = rest[:lc:lc]
	return c, nil
}

func parseExtendedBody(c Command, body []byte) (Command, error) {
	if len(body) < 3 {
		return Command{}, fmt.Errorf("%w: extended length field cut short", ErrEncoding)
	}
	lc := int(body[1])<<8 | int(body[2])
	rest := body[3:]
	switch {
	case lc == 0:
		return Command{}, fmt.Errorf("%w: extended Lc is zero", ErrEncoding)
	case len(rest) == lc:
	case len(rest) == lc+2:
		c.Ne = extendedNe(rest[lc], rest[lc+1])
	default:
		return Command{}, fmt.Errorf("%w: Lc %d, %d bytes follow", ErrEncoding, lc, len(rest))
	}
	c.Data = rest[:lc:lc]
	return c, nil
}

func shortNe(b byte) int {
	if b == 0 {
		return MaxShortNe
	}
	return int(b)
}

func extendedNe(hi, lo byte) int {
	if hi == 0 && lo == 0 {
		return MaxExtendedNe
	}
	return int(hi)<<8 | int(lo)
}
