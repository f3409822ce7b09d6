package pwg

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// Err is the parent of every error of this package.
var Err = errors.New("PWG raster")

type failure string

func (f failure) Error() string        { return "pwg: " + string(f) }
func (f failure) Is(target error) bool { return target == Err }

// Errors.
var (
	ErrSync        error = failure("this is no PWG raster")
	ErrHeader      error = failure("the page header is damaged")
	ErrUnsupported error = failure("the page is in a colour space, depth or order that is not read")
	ErrTooLarge    error = failure("the page is too large")
	ErrTruncated   error = failure("the page ends early")
	ErrLine        error = failure("a line holds more pixels than the page is wide")
	ErrImage       error = failure("the picture does not have the size of the page")
)

// Space is a colour space (PWG 5102.4, 4.3.2.2).
type Space uint32

// The spaces that are read; SGray and SRGB are written.
const (
	Black    Space = 3
	SGray    Space = 18
	SRGB     Space = 19
	AdobeRGB Space = 20
)

// Bounds of a page. A card at 1200 dpi has 10.3 million pixels.
const (
	MaxSide   = 1 << 14
	MaxPixels = 1 << 24
)

// Header describes a page. The pixels stand in the order in which the printer
// wants them: CrossFeed and Feed below zero say that a back side comes mirrored
// in that direction, they do not ask for it.
type Header struct {
	Space Space
	// Bits of a pixel: 24, 8 or 1.
	Bits int
	// DPI across and along the feed.
	DPI [2]int
	// Width and Height in pixels.
	Width, Height int
	// Points is the page's size in 1/72 inch.
	Points [2]int
	// Name is the media's self-describing name (PWG 5101.1).
	Name string
	// Duplex: both sides are printed; Tumble: turned about the short edge.
	Duplex, Tumble bool
	// Pages in the document, 0 where it is not known.
	Pages int
	// CrossFeed and Feed are 1 or -1.
	CrossFeed, Feed int
}

const (
	sync = "RaS2"
	// headerSize is the page header's length (PWG 5102.4, 4.3).
	headerSize = 1796
)

// Where the fields of the header stand (PWG 5102.4, Table 3).
const (
	atMediaClass    = 0
	atDuplex        = 272
	atResolution    = 276
	atCopies        = 340
	atPageSize      = 352
	atTumble        = 368
	atWidth         = 372
	atHeight        = 376
	atBitsPerColour = 384
	atBitsPerPixel  = 388
	atBytesPerLine  = 392
	atColourOrder   = 396
	atColourSpace   = 400
	atColours       = 420
	atTotalPages    = 452
	atCrossFeed     = 456
	atFeed          = 460
	atImageBox      = 464 // left, top, right, bottom
	atAlternate     = 480
	atPageSizeName  = 1732
	stringSize      = 64
)

func (h Header) bytesPerLine() int { return (h.Width*h.Bits + 7) / 8 }

func (h Header) colours() int {
	if h.Bits == 24 {
		return 3
	}
	return 1
}

// check says whether pages of this kind are read.
func (h Header) check() error {
	switch {
	case h.Width < 1 || h.Height < 1 || h.DPI[0] < 1 || h.DPI[1] < 1:
		return ErrHeader
	case h.Width > MaxSide || h.Height > MaxSide || h.Width*h.Height > MaxPixels:
		return ErrTooLarge
	}
	switch {
	case (h.Space == SRGB || h.Space == AdobeRGB) && h.Bits == 24, (h.Space == SGray || h.Space == Black) && h.Bits == 8, h.Space == Black && h.Bits == 1:
		return nil
	}
	return ErrUnsupported
}

// marshal writes the header as a page begins with it.
func (h Header) marshal() []byte {
	b := make([]byte, headerSize)
	put := func(at int, v int) { binary.BigEndian.PutUint32(b[at:], uint32(int32(v))) }
	flag := func(at int, v bool) {
		if v {
			put(at, 1)
		}
	}
	copy(b[atMediaClass:], "PwgRaster")
	flag(atDuplex, h.Duplex)
	put(atResolution, h.DPI[0])
	put(atResolution+4, h.DPI[1])
	put(atCopies, 1)
	put(atPageSize, h.Points[0])
	put(atPageSize+4, h.Points[1])
	flag(atTumble, h.Tumble)
	put(atWidth, h.Width)
	put(atHeight, h.Height)
	put(atBitsPerColour, h.Bits/h.colours())
	put(atBitsPerPixel, h.Bits)
	put(atBytesPerLine, h.bytesPerLine())
	put(atColourSpace, int(h.Space))
	put(atColours, h.colours())
	put(atTotalPages, h.Pages)
	put(atCrossFeed, h.CrossFeed)
	put(atFeed, h.Feed)
	put(atImageBox+8, h.Width)
	put(atImageBox+12, h.Height)
	put(atAlternate, 0xFFFFFF)
	name := h.Name
	if len(name) >= stringSize {
		name = name[:stringSize-1]
	}
	copy(b[atPageSizeName:], name)
	return b
}

// parse reads a page header of headerSize bytes.
func parse(b []byte) (Header, error) {
	u := func(at int) uint32 { return binary.BigEndian.Uint32(b[at:]) }
	// n reads a number that no honest page has above a million.
	n := func(at int) int { return int(min(u(at), 1<<20)) }
	name, _, _ := bytes.Cut(b[atPageSizeName:atPageSizeName+stringSize], []byte{0})
	h := Header{
		Space: Space(u(atColourSpace)), Bits: n(atBitsPerPixel), DPI: [2]int{n(atResolution), n(atResolution + 4)},
		Width: n(atWidth), Height: n(atHeight), Points: [2]int{n(atPageSize), n(atPageSize + 4)}, Name: string(name),
		Duplex: u(atDuplex) != 0, Tumble: u(atTumble) != 0, Pages: n(atTotalPages), CrossFeed: 1, Feed: 1,
	}
	// Zero stands for 1 (PWG 5102.4, 4.3.3.1).
	for at, to := range map[int]*int{atCrossFeed: &h.CrossFeed, atFeed: &h.Feed} {
		switch int32(u(at)) {
		case 0, 1:
		case -1:
			*to = -1
		default:
			return h, fmt.Errorf("%w: a transform is neither 1 nor -1", ErrHeader)
		}
	}
	if err := h.check(); err != nil {
		return h, err
	}
	switch {
	case u(atColourOrder) != 0, n(atBitsPerColour) != h.Bits/h.colours():
		return h, ErrUnsupported
	case n(atBytesPerLine) != h.bytesPerLine():
		return h, fmt.Errorf("%w: bytes of a line", ErrHeader)
	}
	return h, nil
}
