package biometric

import (
	"encoding/binary"
	"fmt"
	"log/slog"
	"slices"

	"github.com/chipid-toolkit/chipid/cardprofile"
)

// IrisHeader is the iris record header of ISO/IEC 19794-6:2005, 6.5: what all
// images of the record share.
type IrisHeader struct {
	Device        uint16
	Properties    uint16 // bits 0-1 horizontal, 2-3 vertical orientation, then scan type, occlusion, filling, boundary
	Diameter      uint16 // expected, pixels
	Format        uint16 // 2 raw grey, 4 raw RGB, 6/8 JPEG, 10/12 JPEG-LS, 14/16 JPEG 2000
	Width, Height int    // of raw images
	Depth         byte   // bits per colour
	Transform     byte   // to polar coordinates
	DeviceID      [16]byte
}

// IrisRecord is one image, with the eye of the feature it stands in.
type IrisRecord struct {
	Eye         byte // 0 undefined, 1 right, 2 left
	Number      uint16
	Quality     byte   // 0 to 100; 254 not set
	Rotation    uint16 // 65536 to the circle; FFFF undefined
	Uncertainty uint16
	Image       []byte
}

// Lengths of the headers of the record, of an eye and of an image.
const (
	irisRecordHeader  = 45
	irisFeatureHeader = 3
	irisImageHeader   = 11
	irisUndefined     = 0xFFFF
)

// Format prints no pixels whatever the verb.
func (f IrisRecord) Format(s fmt.State, _ rune) { printSize(s, "iris", 0, 0) }

// LogValue says what it is and nothing else.
func (f IrisRecord) LogValue() slog.Value { return sizeValue("iris", 0, 0) }

// irisFormats are the formats of the codes that are not raw.
var irisFormats = map[uint16][]ImageFormat{6: {JPEG}, 8: {JPEG}, 10: {JPEGLS}, 12: {JPEGLS}, 14: {JP2, J2K}, 16: {JP2, J2K}}

// ParseIrisRecord reads an iris image record. Lengths that do not add up are
// deviations as long as the images can be told apart; images are parts of b.
func ParseIrisRecord(b []byte) (IrisHeader, []IrisRecord, []cardprofile.Deviation, error) {
	r := newNotes(IrisModality)
	var h IrisHeader
	if len(b) > maxRecord {
		return h, nil, nil, fmt.Errorf("%w: larger than %d bytes", ErrRecord, maxRecord)
	}
	if len(b) < irisRecordHeader || string(b[:4]) != "IIR\x00" {
		return h, nil, nil, fmt.Errorf("%w: not ISO/IEC 19794-6", ErrFormat)
	}
	if string(b[4:8]) != "010\x00" {
		r.note("version", "the iris record is of another version than 010")
	}
	be := binary.BigEndian
	if int64(be.Uint32(b[8:])) != int64(len(b)) {
		r.note("length", "the iris record does not have the length it states")
	}
	eyes := int(b[14])
	h = IrisHeader{
		Device: be.Uint16(b[12:]), Properties: be.Uint16(b[17:]), Diameter: be.Uint16(b[19:]), Format: be.Uint16(b[21:]),
		Width: int(be.Uint16(b[23:])), Height: int(be.Uint16(b[25:])), Depth: b[27], Transform: b[28], DeviceID: [16]byte(b[29:45]),
	}
	head := int(be.Uint16(b[15:]))
	if head != irisRecordHeader {
		r.note("header", "the iris record states another header length than 45")
	}
	if eyes == 0 || eyes > 2 {
		return h, nil, r.devs, fmt.Errorf("%w: %d eyes", ErrRecord, eyes)
	}
	var out []IrisRecord
	rest := b[irisRecordHeader:]
	for range eyes {
		if len(rest) < irisFeatureHeader {
			return h, out, r.devs, fmt.Errorf("%w: it ends inside a header", ErrRecord)
		}
		eye, count := rest[0], int(be.Uint16(rest[1:]))
		rest = rest[irisFeatureHeader:]
		if eye > 2 {
			r.note("eye", "an eye that is neither right nor left")
		}
		if count == 0 || len(out)+count > maxImages {
			return h, out, r.devs, fmt.Errorf("%w: %d images of an eye", ErrRecord, count)
		}
		for range count {
			if len(rest) < irisImageHeader {
				return h, out, r.devs, fmt.Errorf("%w: it ends inside a header", ErrRecord)
			}
			n := int64(be.Uint32(rest[7:])) + irisImageHeader
			if n > int64(len(rest)) {
				return h, out, r.devs, fmt.Errorf("%w: an image is longer than the record", ErrRecord)
			}
			f := IrisRecord{Eye: eye, Number: be.Uint16(rest), Quality: rest[2], Rotation: be.Uint16(rest[3:]), Uncertainty: be.Uint16(rest[5:]), Image: rest[irisImageHeader:n:n]}
			judgeIris(r, h, f)
			out, rest = append(out, f), rest[n:]
		}
	}
	if len(rest) > 0 {
		r.note("trailing", "bytes after the last image")
	}
	return h, out, r.devs, nil
}

func judgeIris(r *notes, h IrisHeader, f IrisRecord) {
	if f.Quality > 100 && f.Quality < 254 {
		r.note("quality", "a quality above 100")
	}
	want, coded := irisFormats[h.Format]
	switch {
	case h.Format == 2 || h.Format == 4:
		planes := 1
		if h.Format == 4 {
			planes = 3
		}
		if h.Width*h.Height*planes*int(h.Depth) > 8*len(f.Image) {
			r.note("image", "fewer pixels than the size of the image needs")
		}
	case !coded:
		r.note("datatype", "an unknown image format")
	case !slices.Contains(want, Sniff(f.Image)):
		r.note("datatype", "the image is not of the format that the record states")
	default:
		if w, height, _, err := Size(f.Image); err != nil {
			r.note("image", "the header of the image is damaged")
		} else if h.Width != 0 && h.Height != 0 && (w != h.Width || height != h.Height) {
			r.note("size", "the image is not of the size that the record states")
		}
	}
}

// EncodeIrisRecord writes an iris image record; images of one eye must stand
// together.
func EncodeIrisRecord(h IrisHeader, images ...IrisRecord) ([]byte, error) {
	if len(images) == 0 || len(images) > maxImages {
		return nil, fmt.Errorf("%w: %d images", ErrBuild, len(images))
	}
	if h.Width < 0 || h.Width > maxSide || h.Height < 0 || h.Height > maxSide {
		return nil, fmt.Errorf("%w: an image that does not fit it", ErrBuild)
	}
	var eyes []byte
	counts := map[byte]int{}
	for i, f := range images {
		probe := newNotes(IrisModality)
		judgeIris(probe, h, f)
		if len(probe.devs) > 0 {
			return nil, fmt.Errorf("%w: %s", ErrBuild, probe.devs[0].Text)
		}
		if i == 0 || images[i-1].Eye != f.Eye {
			eyes = append(eyes, f.Eye)
		}
		counts[f.Eye]++
	}
	if len(eyes) > 2 || len(eyes) != len(counts) || slices.Max(eyes) > 2 {
		return nil, fmt.Errorf("%w: images of one eye must stand together, and there are two of them", ErrBuild)
	}
	be := binary.BigEndian
	out := append(make([]byte, 0, 512), "IIR\x00010\x00\x00\x00\x00\x00"...)
	out = append(be.AppendUint16(out, h.Device), byte(len(eyes)))
	for _, v := range []uint16{irisRecordHeader, h.Properties, h.Diameter, h.Format, uint16(h.Width), uint16(h.Height)} {
		out = be.AppendUint16(out, v)
	}
	out = append(append(out, h.Depth, h.Transform), h.DeviceID[:]...)
	for i, f := range images {
		if i == 0 || images[i-1].Eye != f.Eye {
			out = be.AppendUint16(append(out, f.Eye), uint16(counts[f.Eye]))
		}
		out = append(be.AppendUint16(out, f.Number), f.Quality)
		out = be.AppendUint16(be.AppendUint16(out, f.Rotation), f.Uncertainty)
		out = append(be.AppendUint32(out, uint32(len(f.Image))), f.Image...)
	}
	if len(out) > maxRecord {
		return nil, fmt.Errorf("%w: larger than %d bytes", ErrBuild, maxRecord)
	}
	be.PutUint32(out[8:], uint32(len(out)))
	return out, nil
}

func (f *IrisRecord) iris(h IrisHeader) Iris {
	out := Iris{Encoding: ISO19794, Eye: int(f.Eye), Image: f.Image, Width: h.Width, Height: h.Height, Depth: int(h.Depth), Record: f}
	if _, coded := irisFormats[h.Format]; coded {
		out.ImageFormat = Sniff(f.Image)
		out.Width, out.Height = measured(f.Image, h.Width, h.Height)
	}
	if f.Quality <= 100 {
		out.Qualities = []Quality{{Score: int(f.Quality)}}
	}
	return out
}

func irisRecords(irises []Iris) (IrisHeader, []IrisRecord, error) {
	first := irises[0]
	w, height, components, err := Size(first.Image)
	if err != nil {
		return IrisHeader{}, nil, err
	}
	h := IrisHeader{Width: w, Height: height, Depth: 8}
	for code, formats := range irisFormats {
		colour := code%4 == 0 // 8, 12 and 16
		if slices.Contains(formats, Sniff(first.Image)) && colour == (components > 1) {
			h.Format = code
		}
	}
	if h.Format == 0 {
		return h, nil, fmt.Errorf("%w: an image format that the encoding has no code for", ErrBuild)
	}
	var out []IrisRecord
	numbers := map[int]uint16{}
	for _, f := range irises {
		if f.Eye < 0 || f.Eye > 2 {
			return h, nil, fmt.Errorf("%w: an eye that is neither right nor left", ErrBuild)
		}
		numbers[f.Eye]++
		r := IrisRecord{Eye: byte(f.Eye), Number: numbers[f.Eye], Quality: 254, Rotation: irisUndefined, Uncertainty: irisUndefined, Image: f.Image}
		if len(f.Qualities) > 0 && f.Qualities[0].Score >= 0 {
			r.Quality = byte(f.Qualities[0].Score)
		}
		out = append(out, r)
	}
	return h, out, nil
}
