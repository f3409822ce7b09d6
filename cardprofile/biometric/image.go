package biometric

import (
	"bytes"
	"encoding/binary"
	"errors"
)

// ImageFormat is what an image's first bytes say it is.
type ImageFormat int

// The formats of biometric images. JP2 is a JPEG 2000 file, J2K its bare
// codestream. A portrait is one of the first three, Doc 9303-9 (8th ed.).
const (
	Unknown ImageFormat = iota
	JPEG
	JP2
	J2K
	JPEGLS // ISO/IEC 14495-1
	PNG    // ISO/IEC 15948
	WSQ    // wavelet scalar quantization, fingerprints
	PGM    // portable grey map, binary
	PPM    // portable pixel map, binary
)

var imageNames = []struct{ name, mime, extension string }{
	Unknown: {"unknown", "application/octet-stream", ".bin"},
	JPEG:    {"jpeg", "image/jpeg", ".jpg"},
	JP2:     {"jp2", "image/jp2", ".jp2"},
	J2K:     {"j2k", "image/jp2", ".j2k"},
	JPEGLS:  {"jpeg-ls", "image/jls", ".jls"},
	PNG:     {"png", "image/png", ".png"},
	WSQ:     {"wsq", "image/x-wsq", ".wsq"},
	PGM:     {"pgm", "image/x-portable-graymap", ".pgm"},
	PPM:     {"ppm", "image/x-portable-pixmap", ".ppm"},
}

func (f ImageFormat) known() ImageFormat {
	if f < 0 || int(f) >= len(imageNames) {
		return Unknown
	}
	return f
}

// String is the name used in profiles and messages.
func (f ImageFormat) String() string { return imageNames[f.known()].name }

// MIME is the media type.
func (f ImageFormat) MIME() string { return imageNames[f.known()].mime }

// Extension is the usual end of the file's name, with its dot.
func (f ImageFormat) Extension() string { return imageNames[f.known()].extension }

// portrait tells whether a travel document may hold a face in this format.
func (f ImageFormat) portrait() bool { return f == JPEG || f == JP2 || f == J2K }

var (
	jpegMagic = []byte{0xFF, 0xD8, 0xFF}
	jp2Magic  = []byte{0, 0, 0, 0x0C, 'j', 'P', ' ', ' ', 0x0D, 0x0A, 0x87, 0x0A} // ISO/IEC 15444-1, I.5.1
	j2kMagic  = []byte{0xFF, 0x4F, 0xFF, 0x51}                                    // SOC and SIZ, A.4
	pngMagic  = []byte{0x89, 'P', 'N', 'G', 0x0D, 0x0A, 0x1A, 0x0A}
	wsqMagic  = []byte{0xFF, 0xA0, 0xFF} // start of image and the next marker
)

// Sniff tells the format from the first bytes; of JPEG and JPEG-LS, which begin
// alike, from the frame header.
func Sniff(b []byte) ImageFormat {
	switch {
	case bytes.HasPrefix(b, jpegMagic):
		if marker, _, _, _, err := jpegFrame(b); err == nil && marker == frameLS {
			return JPEGLS
		}
		return JPEG
	case bytes.HasPrefix(b, jp2Magic):
		return JP2
	case bytes.HasPrefix(b, j2kMagic):
		return J2K
	case bytes.HasPrefix(b, pngMagic):
		return PNG
	case bytes.HasPrefix(b, wsqMagic):
		return WSQ
	case len(b) > 2 && b[0] == 'P' && space(b[2]):
		switch b[1] {
		case '5':
			return PGM
		case '6':
			return PPM
		}
	}
	return Unknown
}

func space(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

// ErrImage is for bytes that are no image of a known format, or one whose header
// is damaged.
var ErrImage = errors.New("biometric: not an image of a known format")

// Size reads width and height in pixels, and the number of colour components,
// from the header of an image; nothing is decoded.
func Size(b []byte) (width, height, components int, err error) {
	switch Sniff(b) {
	case JPEG, JPEGLS:
		_, w, h, n, err := jpegFrame(b)
		return w, h, n, err
	case JP2:
		return jp2Size(b)
	case J2K:
		return sizMarker(b[2:])
	case PNG:
		return pngSize(b)
	case WSQ:
		return wsqSize(b)
	case PGM, PPM:
		return netpbmSize(b)
	}
	return 0, 0, 0, ErrImage
}

const frameLS = 0xF7 // SOF55, the frame header of JPEG-LS

// jpegFrame walks the markers to the frame header, ISO/IEC 10918-1, B.2.2.
func jpegFrame(b []byte) (marker byte, w, h, n int, err error) {
	for i := 2; i+4 <= len(b); {
		if b[i] != 0xFF {
			break
		}
		m := b[i+1]
		if m == 0xFF { // fill byte
			i++
			continue
		}
		if m == 0x01 || m >= 0xD0 && m <= 0xD8 { // no length
			i += 2
			continue
		}
		n := int(binary.BigEndian.Uint16(b[i+2:]))
		if n < 2 || i+2+n > len(b) || m == 0xD9 || m == 0xDA {
			break
		}
		frame := m >= 0xC0 && m <= 0xCF && m != 0xC4 && m != 0xC8 && m != 0xCC || m == frameLS
		if frame {
			if n < 8 {
				break
			}
			h, w := int(binary.BigEndian.Uint16(b[i+5:])), int(binary.BigEndian.Uint16(b[i+7:]))
			w, h, n, err := checked(w, h, int(b[i+9]))
			return m, w, h, n, err
		}
		i += 2 + n
	}
	return 0, 0, 0, 0, ErrImage
}

// sizMarker reads the SIZ segment of a codestream, ISO/IEC 15444-1, A.5.1.
func sizMarker(b []byte) (int, int, int, error) {
	if len(b) < 40 {
		return 0, 0, 0, ErrImage
	}
	x, y := binary.BigEndian.Uint32(b[6:]), binary.BigEndian.Uint32(b[10:])
	ox, oy := binary.BigEndian.Uint32(b[14:]), binary.BigEndian.Uint32(b[18:])
	if x > maxSide || y > maxSide || ox >= x || oy >= y {
		return 0, 0, 0, ErrImage
	}
	return checked(int(x-ox), int(y-oy), int(binary.BigEndian.Uint16(b[38:])))
}

// maxSide bounds an image's sides: the face record counts pixels in 16 bits.
const maxSide = 0xFFFF

func checked(w, h, components int) (int, int, int, error) {
	if w <= 0 || h <= 0 || components <= 0 {
		return 0, 0, 0, ErrImage
	}
	return w, h, components, nil
}
