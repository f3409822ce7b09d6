package chip

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"

	"github.com/chipid-toolkit/chipid/apdu"
)

// Model is what the chip's silicon and operating system can do, apart from
// what personalization makes of it.
type Model struct {
	// MaxCommand and MaxResponse are the buffers as EF.ATR/INFO states them, in
	// bytes: the largest C-APDU, header and length fields counted, and the
	// largest data field of an answer. Doc 9303-10 (8th ed.), table 29 can be
	// read so that the status word counts too; a chip that gives it on top is
	// right by both readings.
	MaxCommand  int `json:"max_command"`
	MaxResponse int `json:"max_response"`
	// ShortOnly: extended length is refused with 6700.
	ShortOnly bool `json:"short_only,omitempty"`
	// GetResponse: an answer that is longer than Ne is announced with 61xx
	// and fetched with GET RESPONSE. Otherwise such a command is answered
	// with 6700, as contactless chips with extended length do.
	GetResponse bool `json:"get_response,omitempty"`
}

// DefaultModel has extended length and buffers of 2,048 bytes.
var DefaultModel = Model{MaxCommand: 2048, MaxResponse: 2048}

// ShortModel knows short APDUs only.
var ShortModel = Model{MaxCommand: 261, MaxResponse: 256, ShortOnly: true, GetResponse: true}

func (m Model) check() error {
	if m.MaxCommand < 261 || m.MaxCommand > 7+apdu.MaxExtendedData+2 {
		return fmt.Errorf("command buffer of %d bytes", m.MaxCommand)
	}
	if m.MaxResponse < 256 || m.MaxResponse > apdu.MaxExtendedNe {
		return fmt.Errorf("response buffer of %d bytes", m.MaxResponse)
	}
	return nil
}

// atr builds the answer to reset that a contactless reader gives for the chip:
// the historical bytes of its ATS between a fixed frame and the check byte TCK
// (PC/SC part 3 rev. 2.01.09, 3.1.3.2.3.1).
func (m Model) atr(chaining bool) []byte {
	// Card capabilities, ISO/IEC 7816-4:2020, 12.2.2.9, as in EF.ATR/INFO.
	c := m.capabilities(chaining)
	return frameATR([]byte{
		0x80,       // category indicator: compact TLV follows
		0x31, 0x90, // service data: selection by full DF name, EF.ATR/INFO is there and read with READ BINARY
		0x73, c[0], c[1], c[2],
	})
}

// frameATR puts historical bytes into the answer to reset of a contactless
// reader.
func frameATR(historical []byte) []byte {
	atr := append([]byte{0x3B, 0x80 | byte(len(historical)), 0x80, 0x01}, historical...)
	tck := byte(0)
	for _, b := range atr[1:] {
		tck ^= b
	}
	return append(atr, tck)
}

// capabilities are the three software function bytes (Doc 9303-10 (8th ed.),
// table 29). Chaining is claimed where more than GENERAL AUTHENTICATE knows it.
func (m Model) capabilities(chaining bool) [3]byte {
	c := [3]byte{0x84, 0x01, 0x60} // by full name, by short identifier; bytes; extended length, told in EF.ATR/INFO
	if m.ShortOnly {
		c[2] = 0
	}
	if chaining {
		c[2] |= 0x80
	}
	return c
}

// Card production life cycle data: 42 bytes under tag 9F7F (GlobalPlatform
// Card Specification 2.1.1 and Visa's before it).
const (
	cplcLen    = 42
	serialFrom = 10 // fabrication date(2), serial number(4), batch(2)
	serialTo   = 18
)

// SerialLen is the length of a chip's serial in bytes: IC fabrication date,
// serial number and batch of its CPLC.
const SerialLen = serialTo - serialFrom

var errSerial = errors.New("chip: a serial has 8 bytes")

func newCPLC(serial []byte, rnd io.Reader) ([]byte, error) {
	b := make([]byte, cplcLen)
	copy(b, []byte{0x43, 0x49, 0x50, 0x01, 0x44, 0x43, 0x60, 0x01, 0x01, 0x00}) // fabricator, type, operating system, its date and level
	switch len(serial) {
	case 0:
		if _, err := io.ReadFull(rnd, b[serialFrom:serialTo]); err != nil {
			return nil, err
		}
		copy(b[serialFrom:], []byte{0x62, 0x91}) // day 291 of a year ending in 6
	case SerialLen:
		copy(b[serialFrom:], serial)
	default:
		return nil, errSerial
	}
	return b, nil
}

// kdd are the ten bytes of key diversification data: IC type and serial.
func kdd(cplc []byte) []byte {
	return append(append([]byte(nil), cplc[2:4]...), cplc[serialFrom:serialTo]...)
}

func random(rnd io.Reader) io.Reader {
	if rnd == nil {
		return rand.Reader
	}
	return rnd
}
