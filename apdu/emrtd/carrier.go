package emrtd

import (
	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/apdu/sm"
)

// carrier is what lies between us and the chip: what the reader can carry, and
// what protection takes of it.
type carrier struct {
	maxCommand  int // whole APDUs, in bytes
	maxResponse int
	protected   bool
	cipher      mac.Cipher // if protected
}

// carrierOf looks through the senders down to the one that knows the reader.
func carrierOf(s apdu.Sender) carrier {
	c := carrier{maxCommand: maxShortCommand, maxResponse: maxShortResponse}
	for range 8 { // a chain of senders is short; a ring is no chain
		if p, ok := s.(interface{ Cipher() mac.Cipher }); ok && !c.protected {
			c.protected, c.cipher = true, p.Cipher()
		}
		if l, ok := s.(interface {
			MaxCommand() int
			MaxResponse() int
		}); ok {
			c.maxCommand, c.maxResponse = l.MaxCommand(), l.MaxResponse()
			return c
		}
		inner, ok := s.(interface{ Inner() apdu.Sender })
		if !ok {
			break
		}
		s = inner.Inner()
	}
	if !c.protected {
		c.protected, c.cipher = true, mac.AES128
	}
	return c
}

// overheadOfRead is more than a protected READ BINARY needs beside its header:
// the objects of offset, expected length and checksum.
const overheadOfRead = 64

// capacity is how many bytes of a file one answer can bring.
func (r *Reader) capacity() int {
	n := r.shortCapacity()
	if r.extended() {
		n = max(n, r.carried(r.largestResponse()))
	}
	if r.learned.Chunk > 0 {
		n = min(n, r.learned.Chunk)
	}
	return n
}

// largestResponse is the largest R-APDU that reader and chip carry, in bytes.
//
// Doc 9303-10 (8th ed.), table 29 states for the chip "bytes expected in the
// response APDU", and what a command expects (Ne) is the data field alone (table
// 4 there). So the number is taken as the data field, and the status word comes
// on top. A chip that means the whole R-APDU gives less than it is asked for, or
// refuses: then the two bytes are given up, and the session goes on.
func (r *Reader) largestResponse() int {
	chip := r.o.Chip.MaxResponse
	if !r.learned.StatusCounts {
		chip += statusLen
	}
	return min(r.carrier.maxResponse, chip)
}

// statusLen is the length of a status word.
const statusLen = 2

// shortCapacity is how many bytes of a file a short answer can bring: 256, or
// 231 under 3DES, or 223 under AES.
func (r *Reader) shortCapacity() int { return r.carried(maxShortResponse) }

// carried is how many bytes of a file an R-APDU of response bytes can bring.
func (r *Reader) carried(response int) int {
	// 65,536 is written 0000, which some chips take for nothing.
	n := min(response-2, apdu.MaxExtendedNe-1)
	if r.carrier.protected {
		n = min(n, sm.MaxResponseData(r.carrier.cipher, response))
	}
	return n
}

// expect is the Ne of a command whose answer is to bring n bytes. A number that
// fits a short command while the protected answer does not fit a short response
// asks for one byte more than a short command can, and so makes it extended.
func (r *Reader) expect(n int) int {
	if n > r.shortCapacity() {
		return max(n, apdu.MaxShortNe+1)
	}
	return n
}

// extended reports whether reads may use extended length fields: only if the
// chip has stated its buffers (Doc 9303-10, 3.6.4.2), and only if chip and reader
// carry an answer that is worth it.
func (r *Reader) extended() bool {
	return !r.learned.NoExtended && r.o.Chip.Stated() &&
		r.carried(r.largestResponse()) > apdu.MaxShortNe &&
		min(r.carrier.maxCommand, r.o.Chip.MaxCommand) >= overheadOfRead
}
