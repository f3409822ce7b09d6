package emrtd

import (
	"context"
	"errors"
	"fmt"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
)

// Buffers is what a chip states about the APDUs it takes and gives, protection
// included, in bytes: of the whole command, and of what may be expected in the
// response (Doc 9303-10, 3.11.1, table 29). Zero is not stated.
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
	// Known: the third software function table is there, which speaks of
	// lengths.
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

// Lengths is what that says of the APDUs that the chip takes. Buffers that are
// stated are those of extended length.
func (c Capabilities) Lengths() apdu.Lengths {
	switch {
	case c.Extended || c.Buffers.Stated():
		return apdu.LengthsExtended
	case c.Known:
		return apdu.LengthsShort
	}
	return apdu.LengthsUnknown
}

// ErrATR says that bytes are not an answer to reset.
var ErrATR = errors.New("emrtd: not an answer to reset")

// functions reads the software function tables of a card capabilities object:
// one to three bytes, the third being about lengths.
func (c *Capabilities) functions(tables []byte) {
	if len(tables) < 3 {
		return
	}
	c.Known = true
	c.Chaining = tables[2]&0x80 != 0
	c.Extended = tables[2]&0x40 != 0
	c.ExtendedInfo = tables[2]&0x20 != 0
}

// ParseATR reads the card capabilities out of the historical bytes of an ATR. An
// ATR whose historical bytes are proprietary or absent says nothing, and that is
// no error.
func ParseATR(atr []byte) (Capabilities, error) {
	var c Capabilities
	historical, err := historicalBytes(atr)
	if err != nil || len(historical) == 0 {
		return c, err
	}
	objects := historical[1:]
	switch historical[0] {
	case 0x00: // a status indicator of three bytes stands at the end
		if len(objects) < 3 {
			return c, nil
		}
		objects = objects[:len(objects)-3]
	case 0x80:
	default:
		return c, nil
	}
	// COMPACT-TLV: tag and length in a byte.
	for len(objects) > 0 {
		tag, n := objects[0]>>4, int(objects[0]&0x0F)
		if n > len(objects)-1 {
			return c, nil
		}
		if tag == 0x7 {
			c.functions(objects[1 : 1+n])
		}
		objects = objects[1+n:]
	}
	return c, nil
}

// historicalBytes are found behind the interface bytes (ISO/IEC 7816-3:2006,
// 8.2).
func historicalBytes(atr []byte) ([]byte, error) {
	if len(atr) < 2 || len(atr) > 33 {
		return nil, fmt.Errorf("%w: %d bytes", ErrATR, len(atr))
	}
	k := int(atr[1] & 0x0F)
	next := 2
	for y := atr[1] >> 4; y != 0; {
		n := 0
		for bits := y; bits != 0; bits >>= 1 {
			n += int(bits & 1)
		}
		if next+n > len(atr) {
			return nil, fmt.Errorf("%w: interface bytes are cut short", ErrATR)
		}
		next += n
		if y&0x8 == 0 {
			break
		}
		y = atr[next-1] >> 4 // TDi is the last of its group
	}
	if next+k > len(atr) {
		return nil, fmt.Errorf("%w: historical bytes are cut short", ErrATR)
	}
	return atr[next : next+k], nil
}

// Tags of EF.ATR/INFO (Doc 9303-10, table 29).
const (
	tagCapabilities   tlv.Tag = 0x47
	tagExtendedLength tlv.Tag = 0x7F66
	tagInteger        tlv.Tag = 0x02
)

// ParseATRInfo reads the content of EF.ATR/INFO, as far as it is there: objects
// after a damaged one are not seen.
func ParseATRInfo(b []byte) (Capabilities, error) {
	var c Capabilities
	// Some chips begin with a category indicator, as in historical bytes.
	if len(b) > 0 && (b[0] == 0x80 || b[0] == 0x00) {
		b = b[1:]
	}
	if len(b) == 0 {
		return c, nil
	}
	if _, _, _, err := tlv.Header(b); err != nil {
		return c, fmt.Errorf("%w: EF.ATR/INFO: %w", ErrFormat, err)
	}
	if n, ok := tlv.First(b, tagCapabilities); ok {
		c.functions(n.Value)
	}
	if n, ok := tlv.First(b, tagExtendedLength); ok {
		c.Buffers = parseExtendedLength(n.Value)
	}
	return c, nil
}

// parseExtendedLength reads two positive integers: the most bytes of a command,
// and of a response. Sizes below a short APDU's are no use for extended length
// and count as not stated.
func parseExtendedLength(b []byte) Buffers {
	var sizes [2]int
	for i := range sizes {
		n, rest, err := tlv.Parse(b)
		if err != nil || n.Tag != tagInteger {
			return Buffers{}
		}
		if sizes[i] = parseSize(n.Value); sizes[i] < maxShortCommand {
			return Buffers{}
		}
		b = rest
	}
	return Buffers{MaxCommand: sizes[0], MaxResponse: sizes[1]}
}

// parseSize reads a positive integer; what is more than an APDU can have is cut
// to that.
func parseSize(b []byte) int {
	if len(b) == 0 || len(b) > 8 || b[0]&0x80 != 0 && len(b) > 4 {
		return 0
	}
	v := uint64(0)
	for _, x := range b {
		v = v<<8 | uint64(x)
	}
	return int(min(v, maxExtendedCommand))
}

// Sizes of whole APDUs.
const (
	maxShortCommand    = 4 + 1 + 255 + 1
	maxShortResponse   = 256 + 2
	maxExtendedCommand = 4 + 3 + 65535 + 2
)

// Discover finds out what a chip can carry, before access, with the master file
// selected: from the ATR alone if that says that there is no extended length,
// else with one READ BINARY of EF.ATR/INFO. A chip that does not give that file
// has stated nothing; that is no error. An unusable ATR counts as none.
func Discover(ctx context.Context, ch apdu.Sender, atr []byte) (Capabilities, error) {
	fromATR, err := ParseATR(atr)
	if err == nil && fromATR.Known && !fromATR.Extended {
		return fromATR, nil
	}
	if carrierOf(ch).maxResponse <= maxShortResponse {
		return fromATR, nil // the reader could not carry it
	}
	return readATRInfo(ctx, ch, fromATR, ReadBinarySFICommand(ATRInfo.SFI, 0, apdu.MaxShortNe))
}

// readATRInfo reads EF.ATR/INFO with one command; what it does not say stays as
// the ATR has it.
func readATRInfo(ctx context.Context, ch apdu.Sender, fromATR Capabilities, read apdu.Command) (Capabilities, error) {
	r, err := ch.Send(ctx, read)
	if err != nil {
		return fromATR, fmt.Errorf("emrtd: EF.ATR/INFO: %w", err)
	}
	if r.SW != apdu.OK && r.SW != apdu.WarnEOF {
		return fromATR, nil
	}
	c, err := ParseATRInfo(r.Data)
	if err != nil || !c.Known {
		// What it says about buffers stands; the rest may be in the ATR.
		buffers := c.Buffers
		c = fromATR
		c.Buffers = buffers
	}
	return c, nil
}
