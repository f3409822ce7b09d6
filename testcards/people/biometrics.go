package people

import (
	"encoding/binary"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
)

// Formats and types of CBEFF that DG3 and DG4 name (Doc 9303-10 (8th ed.), 4.7.3
// and 4.7.4).
const (
	ownerSC37   = 0x0101
	formatImage = 0x0007 // ISO/IEC 19794-4, finger image
	formatIris  = 0x0009 // ISO/IEC 19794-6, rectilinear iris image
	typeFinger  = 0x08
	typeIris    = 0x10
)

// template wraps one record as a data group has it.
func template(tag tlv.Tag, kind byte, format uint16, record []byte) []byte {
	header := tlv.Encode(0xA1,
		tlv.Encode(0x80, []byte{1, 1}), tlv.Encode(0x81, []byte{kind}),
		tlv.Encode(0x87, binary.BigEndian.AppendUint16(nil, ownerSC37)), tlv.Encode(0x88, binary.BigEndian.AppendUint16(nil, format)))
	return tlv.Encode(tag, tlv.Encode(0x7F61, tlv.Encode(0x02, []byte{1}), tlv.Encode(0x7F60, header, tlv.Encode(0x5F2E, record))))
}

// pattern is an image of nobody: bytes that count.
func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i + i>>8)
	}
	return b
}

// Fingers is DG3 with one uncompressed image, 500 pixels an inch, of size bytes
// (ISO/IEC 19794-4:2005, 7.1 and 7.2).
func Fingers(size int) []byte {
	const width, general, header = 64, 32, 14
	height := (size + width - 1) / width
	image := pattern(width * height)
	r := append([]byte("FIR\x00010\x00"), 0, 0)
	r = binary.BigEndian.AppendUint32(r, uint32(general+header+len(image)))
	r = append(r, 0, 0, 0, 31, 1, 2)                                           // device, level 31, one finger, pixels per centimetre
	r = append(r, 0, 197, 0, 197, 0, 197, 0, 197, 8, 0, 0, 0)                  // resolutions, depth, uncompressed
	r = binary.BigEndian.AppendUint32(r, uint32(header+len(image)))            // this finger
	r = append(r, 2, 1, 1, 254, 0, 0, width, byte(height>>8), byte(height), 0) // right index, one view, no quality, live plain
	return template(0x63, typeFinger, formatImage, append(r, image...))
}

// Iris is DG4 with one uncompressed image of size bytes (ISO/IEC 19794-6:2005,
// 6.5).
func Iris(size int) []byte {
	const width, record, feature, header = 64, 45, 3, 11
	height := (size + width - 1) / width
	image := pattern(width * height)
	r := []byte("IIR\x00010\x00")
	r = binary.BigEndian.AppendUint32(r, uint32(record+feature+header+len(image)))
	r = append(r, 0, 0, 1, 0, record, 0, 0, 0, 0, 0, 2) // device, one eye, header, properties, diameter, monochrome raw
	r = append(r, 0, width, byte(height>>8), byte(height), 8, 0)
	r = append(r, make([]byte, 16)...)
	r = append(r, 1, 0, 1)               // right eye, one image
	r = append(r, 0, 1, 254, 0, 0, 0, 0) // number, quality, rotation and its uncertainty
	r = binary.BigEndian.AppendUint32(r, uint32(len(image)))
	return template(0x76, typeIris, formatIris, append(r, image...))
}
