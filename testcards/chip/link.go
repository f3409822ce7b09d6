package chip

import (
	"fmt"
	"time"
)

// Link models the air between reader and chip: ISO/IEC 14443 type A at one bit
// rate, frames of 256 bytes, blocks of ISO/IEC 14443-4. The chip's own
// computing time is not part of it. The zero value takes no time.
type Link struct {
	// Rate is the bit rate in kbit/s: 106, 212, 424 or 848.
	Rate int
}

// ParseLink reads a bit rate in kbit/s: 106, 212, 424, 848; 0 is no model.
func ParseLink(rate int) (Link, error) {
	switch rate {
	case 0, 106, 212, 424, 848:
		return Link{Rate: rate}, nil
	}
	return Link{}, fmt.Errorf("a contactless link has 106, 212, 424 or 848 kbit/s, not %d", rate)
}

const (
	carrier     = 13.56e6 // Hz; the bit rates are carrier/128, /64, /32, /16
	frameBytes  = 256     // largest frame either side takes
	blockBytes  = 3       // prologue of one byte, check bytes CRC_A
	bitsPerByte = 9       // eight and parity
	frameBits   = 2       // start and end of communication

	// What passes between two frames: the frame delay time after the
	// reader's (at least 1,236 carrier periods and rarely less than this)
	// and the reader's turn-around.
	turnaround = 150 * time.Microsecond

	// Within this time a chip has to answer or ask for more: (256 × 16 / 13.56 MHz)
	// × 2^8, for a frame waiting time integer of 8.
	frameWaiting = 77328 * time.Microsecond
)

// Duration is how long an exchange takes on the air: so many bytes of C-APDU
// and R-APDU, cut into blocks, each block but the last of a chain acknowledged.
func (l Link) Duration(command, response int) time.Duration {
	if l.Rate == 0 {
		return 0
	}
	etu := time.Duration(float64(time.Second) * l.divisor() / carrier)
	return l.direction(command, etu) + l.direction(response, etu)
}

// Extensions is what the waiting-time extensions of a chip that works for so long
// take: it asks for one as often as its frame waiting time passes.
func (l Link) Extensions(work time.Duration) time.Duration {
	if l.Rate == 0 {
		return 0
	}
	etu := time.Duration(float64(time.Second) * l.divisor() / carrier)
	// S(WTX) with one byte of information, from the chip and back to it.
	one := 2*time.Duration((blockBytes+1)*bitsPerByte+frameBits)*etu + 2*turnaround
	return (work / frameWaiting) * one
}

// divisor is the carrier periods of one bit.
func (l Link) divisor() float64 {
	switch l.Rate {
	case 212:
		return 64
	case 424:
		return 32
	case 848:
		return 16
	default:
		return 128
	}
}

func (l Link) direction(n int, etu time.Duration) time.Duration {
	payload := frameBytes - blockBytes
	blocks := max((n+payload-1)/payload, 1)
	bits := (n+blocks*blockBytes)*bitsPerByte + blocks*frameBits
	bits += (blocks - 1) * (blockBytes*bitsPerByte + frameBits) // acknowledgements
	return time.Duration(bits)*etu + time.Duration(2*blocks-1)*turnaround
}
