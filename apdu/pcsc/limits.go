package pcsc

import (
	"encoding/binary"
	"runtime"
	"strings"
)

// Limits is what a reader can carry, in bytes.
type Limits struct {
	MaxCommand  int // whole C-APDU; 261 is a short one
	MaxResponse int // whole R-APDU, status word included; 258 is a short one
	// Stated: the reader or its driver said so. Otherwise it is the careful
	// assumption that only short APDUs pass.
	Stated bool
}

// Extended reports whether extended length APDUs can pass.
func (l Limits) Extended() bool {
	return l.MaxCommand > shortLimits.MaxCommand && l.MaxResponse > shortLimits.MaxResponse
}

// shortLimits is a short APDU: header, Lc, 255 bytes, Le; 256 bytes, SW.
var shortLimits = Limits{MaxCommand: 261, MaxResponse: 258}

// virtualLimits is what was found to pass the virtual reader driver, whose
// messages have a length of two bytes.
var virtualLimits = Limits{MaxCommand: 65000, MaxResponse: 65000, Stated: true}

// libraryLimits is the largest buffer of the PC/SC libraries: header, Lc, Le and
// 65,536 bytes; 65,536 bytes and SW.
var libraryLimits = Limits{MaxCommand: 4 + 3 + 65536 + 2, MaxResponse: 65536 + 2}

func (l Limits) atMost(m Limits) Limits {
	l.MaxCommand = min(l.MaxCommand, m.MaxCommand)
	l.MaxResponse = min(l.MaxResponse, m.MaxResponse)
	return l
}

func (l Limits) override(by Limits) Limits {
	if by.MaxCommand > 0 {
		l.MaxCommand, l.Stated = by.MaxCommand, by.Stated
	}
	if by.MaxResponse > 0 {
		l.MaxResponse, l.Stated = by.MaxResponse, by.Stated
	}
	return l.atMost(libraryLimits)
}

// Where a reader says what it carries.
const (
	featureRequest       = 3400    // PC/SC part 10, 2.2: CM_IOCTL_GET_FEATURE_REQUEST
	featureTLVProperties = 0x12    // PC/SC part 10, 2.6.14: FEATURE_GET_TLV_PROPERTIES
	propertyMaxAPDU      = 0x0A    // PC/SC part 10, 2.6.14: dwMaxAPDUDataSize
	attributeMaxInput    = 0x7A007 // PC/SC part 3: maximum input bytes, here of a CCID message
)

// controlCode makes the platform's control code out of a function number.
func controlCode(function uint32) uint32 {
	if runtime.GOOS == "windows" {
		return 0x310000 | function<<2
	}
	return 0x42000000 + function
}

// findLimits asks the reader what it can carry.
func findLimits(h handle, reader string) Limits {
	if isVirtual(reader) {
		return virtualLimits
	}
	if l, ok := propertyLimits(h); ok {
		return l
	}
	if value, err := h.attribute(attributeMaxInput); err == nil {
		if l, ok := inputLimits(value); ok {
			return l
		}
	}
	return shortLimits
}

// isVirtual knows the readers of the virtual reader driver by the name that it
// is shipped with; the driver of Debian 12 answers no question.
func isVirtual(reader string) bool { return strings.Contains(reader, "Virtual PCD") }

// propertyLimits asks for dwMaxAPDUDataSize.
func propertyLimits(h handle) (Limits, bool) {
	features, err := h.control(controlCode(featureRequest), nil)
	if err != nil {
		return Limits{}, false
	}
	value, ok := find(features, featureTLVProperties)
	if !ok || len(value) != 4 {
		return Limits{}, false
	}
	properties, err := h.control(binary.BigEndian.Uint32(value), nil)
	if err != nil {
		return Limits{}, false
	}
	return apduSizeLimits(properties)
}

// apduSizeLimits reads dwMaxAPDUDataSize (PC/SC part 10, 2.6.14): 0 for short
// APDUs only, else the largest data field, 256 to 65,536 bytes.
func apduSizeLimits(properties []byte) (Limits, bool) {
	value, ok := find(properties, propertyMaxAPDU)
	if !ok || len(value) != 4 {
		return Limits{}, false
	}
	switch n := binary.LittleEndian.Uint32(value); {
	case n == 0:
		l := shortLimits
		l.Stated = true
		return l, true
	case n >= 256 && n <= 65536:
		return Limits{MaxCommand: 4 + 3 + int(n) + 2, MaxResponse: int(n) + 2, Stated: true}, true
	}
	return Limits{}, false // forbidden values say nothing
}

// inputLimits reads the largest message that the reader takes; an answer comes
// in a message of the same kind.
func inputLimits(value []byte) (Limits, bool) {
	if len(value) != 4 {
		return Limits{}, false
	}
	n := binary.NativeEndian.Uint32(value)
	if n < uint32(shortLimits.MaxCommand) || n > uint32(libraryLimits.MaxCommand) {
		return Limits{}, false
	}
	l := Limits{MaxCommand: int(n), MaxResponse: int(n), Stated: true}
	if n <= uint32(shortLimits.MaxCommand) {
		l.MaxResponse = shortLimits.MaxResponse
	}
	return l, true
}

// find looks up a tag in a list of tag, length of one byte, value.
func find(list []byte, tag byte) ([]byte, bool) {
	for len(list) >= 2 {
		n := int(list[1])
		if len(list) < 2+n {
			return nil, false
		}
		if list[0] == tag {
			return list[2 : 2+n], true
		}
		list = list[2+n:]
	}
	return nil, false
}
