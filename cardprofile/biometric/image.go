package biometric

import (
	"bytes"
	"encoding/binary"
	"errors"
)

// ImageFormat is what an image's first bytes say it is.
type ImageFormat int

// The formats of portraits. JP2 is a JPEG 2000 file, J2K its bare codestream.
const (
	Unknown ImageFormat = iota
	JPEG
	JP2
	J2K
)

// String is the name used in profiles and messages.
func (f ImageFormat) String() string {
	switch f {
	case JPEG:
		return "jpeg"
	case JP2:
		return "jp2"
	case J2K:
		return "j2k"
	}
	return "unknown"
}

// MIME is the media type.
func (f ImageFormat) MIME() string {
	switch f {
	case JPEG:
		return "image/jpeg"
	case JP2, J2K:
		return "image/jp2"
	}
	return "application/octet-stream"
}

// Extension is the usual end of the file's name, with its dot.
func (f ImageFormat) Extension() string {
	switch f {
	case JPEG:
		return ".jpg"
	case JP2:
		return ".jp2"
	case J2K:
		return ".j2k"
	}
	return ".bin"
}

var (
	jpegMagic = []byte{0xFF, 0xD8, 0xFF}
	jp2Magic  = []byte{0, 0, 0, 0x0C, 'j', 'P', ' ', ' ', 0x0D, 0x0A, 0x87, 0x0A} // ISO/IEC 15444-1, I.5.1
	j2kMagic  = []byte{0xFF, 0x4F, 0xFF, 0x51}                                    // SOC and SIZ, A.4
)

// Sniff tells the format from the first bytes.
func Sniff(b []byte) ImageFormat {
	switch {
	case bytes.HasPrefix(b, jpegMagic):
		return JPEG
	case bytes.HasPrefix(b, jp2Magic):
		return JP2
	case bytes.HasPrefix(b, j2kMagic):
		return J2K
	}
	return Unknown
}

// ErrImage is for bytes that are no image of a known format, or one whose header
// is damaged.
var ErrImage = errors.New("biometric: not a JPEG or JPEG 2000 image")

// Size reads width and height in pixels, and the number of colour components,
// from the header of an image; nothing is decoded.
func Size(b []byte) (width, height, components int, err error) {
	switch Sniff(b) {
	case JPEG:
		return jpegSize(b)
	case JP2:
		return jp2Size(b)
	case J2K:
		return sizMarker(b[2:])
	}
	return 0, 0, 0, ErrImage
}

// jpegSize walks the markers to the frame header, ISO/IEC 10918-1, B.2.2.
func jpegSize(b []byte) (int, int, int, error) {
	for i := 2; i+4 <= len(b); {
		if b[i] != 0xFF {
			return 0, 0, 0, ErrImage
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
			return 0, 0, 0, ErrImage
		}
		frame := m >= 0xC0 && m <= 0xCF && m != 0xC4 && m != 0xC8 && m != 0xCC
		if frame {
			if n < 8 {
				return 0, 0, 0, ErrImage
			}
			h, w := int(binary.BigEndian.Uint16(b[i+5:])), int(binary.BigEndian.Uint16(b[i+7:]))
			return checked(w, h, int(b[i+9]))
		}
		i += 2 + n
	}
	return 0, 0, 0, ErrImage
}

// jp2Size walks the boxes to the image header, ISO/IEC 15444-1, I.5.3.1.
func jp2Size(b []byte) (int, int, int, error) {
	const maxBoxes = 64
	for i, boxes := 0, 0; i+8 <= len(b) && boxes < maxBoxes; boxes++ {
		n, kind := int64(binary.BigEndian.Uint32(b[i:])), string(b[i+4:i+8])
		head := 8
		switch {
		case n == 1: // extended length
			if i+16 > len(b) {
				return 0, 0, 0, ErrImage
			}
			n, head = int64(binary.BigEndian.Uint64(b[i+8:])), 16
		case n == 0:
			n = int64(len(b) - i)
		}
		if n < int64(head) || n > int64(len(b)-i) {
			return 0, 0, 0, ErrImage
		}
		switch kind {
		case "jp2h": // a superbox: go in
			i += head
			continue
		case "ihdr":
			if n < int64(head)+14 {
				return 0, 0, 0, ErrImage
			}
			p := b[i+head:]
			h, w := binary.BigEndian.Uint32(p), binary.BigEndian.Uint32(p[4:])
			if h > maxSide || w > maxSide {
				return 0, 0, 0, ErrImage
			}
			return checked(int(w), int(h), int(binary.BigEndian.Uint16(p[8:])))
		}
		i += int(n)
	}
	return 0, 0, 0, ErrImage
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
