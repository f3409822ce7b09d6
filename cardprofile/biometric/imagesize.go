package biometric

import (
	"bytes"
	"encoding/binary"
)

// Headers of the formats, as far as the size goes.

// maxBoxes bounds the walk through a JPEG 2000 file.
const maxBoxes = 64

// boxes walks the boxes of a JPEG 2000 file, ISO/IEC 15444-1, I.4, until visit
// is satisfied; jp2h is gone into.
func boxes(b []byte, visit func(kind string, content []byte) (done bool)) bool {
	for i, n := 0, 0; i+8 <= len(b) && n < maxBoxes; n++ {
		size, kind := int64(binary.BigEndian.Uint32(b[i:])), string(b[i+4:i+8])
		head := 8
		switch size {
		case 1: // extended length
			if i+16 > len(b) {
				return false
			}
			size, head = int64(binary.BigEndian.Uint64(b[i+8:])), 16
		case 0: // to the end
			size = int64(len(b) - i)
		}
		if size < int64(head) || size > int64(len(b)-i) {
			return false
		}
		if kind == "jp2h" { // a superbox: go in
			i += head
			continue
		}
		if visit(kind, b[i+head:i+int(size)]) {
			return true
		}
		i += int(size)
	}
	return false
}

// jp2Size reads the image header box, ISO/IEC 15444-1, I.5.3.1.
func jp2Size(b []byte) (w, h, components int, err error) {
	err = ErrImage
	boxes(b, func(kind string, p []byte) bool {
		if kind != "ihdr" {
			return false
		}
		if len(p) >= 14 {
			w, h, components, err = sized(binary.BigEndian.Uint32(p[4:]), binary.BigEndian.Uint32(p), int(binary.BigEndian.Uint16(p[8:])))
		}
		return true
	})
	return w, h, components, err
}

// Reversible tells whether a JPEG 2000 image was transformed by the reversible
// wavelet, and so can be lossless: the COD segment of its codestream, ISO/IEC
// 15444-1, A.6.1. False also when it cannot be found.
func Reversible(b []byte) bool {
	switch Sniff(b) {
	case JP2:
		var code []byte
		boxes(b, func(kind string, p []byte) bool {
			code = p
			return kind == "jp2c"
		})
		b = code
	case J2K:
	default:
		return false
	}
	if !bytes.HasPrefix(b, j2kMagic) {
		return false
	}
	for i := 2; i+4 <= len(b); {
		m, n := binary.BigEndian.Uint16(b[i:]), int(binary.BigEndian.Uint16(b[i+2:]))
		if m < 0xFF00 || n < 2 || i+2+n > len(b) || m == 0xFF90 { // first tile-part
			return false
		}
		if m == 0xFF52 { // COD: style, progression, layers, component transform, levels, block sizes, style, wavelet
			return n >= 12 && b[i+13] == 1
		}
		i += 2 + n
	}
	return false
}

// pngSize reads IHDR, ISO/IEC 15948, 11.2.2.
func pngSize(b []byte) (int, int, int, error) {
	if len(b) < 29 || string(b[12:16]) != "IHDR" {
		return 0, 0, 0, ErrImage
	}
	components, ok := map[byte]int{0: 1, 2: 3, 3: 3, 4: 2, 6: 4}[b[25]]
	if !ok {
		return 0, 0, 0, ErrImage
	}
	return sized(binary.BigEndian.Uint32(b[16:]), binary.BigEndian.Uint32(b[20:]), components)
}

// wsqSize walks the segments to the frame header, marker FFA2: two bytes for
// black and white, then height and width.
func wsqSize(b []byte) (int, int, int, error) {
	for i := 2; i+4 <= len(b); {
		m, n := binary.BigEndian.Uint16(b[i:]), int(binary.BigEndian.Uint16(b[i+2:]))
		if m < 0xFFA2 || m > 0xFFA8 || n < 2 || i+2+n > len(b) {
			break
		}
		if m == 0xFFA2 {
			if n < 8 {
				break
			}
			return checked(int(binary.BigEndian.Uint16(b[i+8:])), int(binary.BigEndian.Uint16(b[i+6:])), 1)
		}
		i += 2 + n
	}
	return 0, 0, 0, ErrImage
}

// netpbmSize reads the two numbers after the magic; comments run to the end of
// their line.
func netpbmSize(b []byte) (int, int, int, error) {
	components := 1
	if b[1] == '6' {
		components = 3
	}
	var sides [2]uint32
	i := 2
	for k := range sides {
		for i < len(b) && (space(b[i]) || b[i] == '#') {
			if b[i] == '#' {
				for i < len(b) && b[i] != '\n' {
					i++
				}
				continue
			}
			i++
		}
		for start := i; i < len(b) && b[i] >= '0' && b[i] <= '9'; i++ {
			if i-start > 8 {
				return 0, 0, 0, ErrImage
			}
			sides[k] = sides[k]*10 + uint32(b[i]-'0')
		}
	}
	if i >= len(b) { // the second number may go on
		return 0, 0, 0, ErrImage
	}
	return sized(sides[0], sides[1], components)
}

func sized(w, h uint32, components int) (int, int, int, error) {
	if w > maxSide || h > maxSide {
		return 0, 0, 0, ErrImage
	}
	return checked(int(w), int(h), components)
}
