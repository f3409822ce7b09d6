package biometric

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/chipid-toolkit/chipid/cardprofile"
)

// Lengths of ISO/IEC 19794-5:2005, 5.4 to 5.7.
const (
	recordHeader  = 14
	faceHeader    = 20
	featurePoint  = 8
	imageHeader   = 12
	maxFaces      = 16
	maxRecord     = 1 << 20
	dataJPEG      = 0
	dataJPEG2000  = 1
	fullFrontal   = 1
	sourceUnknown = 0
)

// Errors of the face record; both match errors.Is.
var (
	ErrRecord = errors.New("biometric: malformed face record")
	ErrFormat = errors.New("biometric: not a face record of ISO/IEC 19794-5")
)

// Face is one facial image and what the record says about it. Numbers mean what
// the tables of ISO/IEC 19794-5:2005, 5.5 to 5.7 say; 0 is unspecified.
type Face struct {
	Gender          byte
	EyeColour       byte
	HairColour      byte
	Properties      uint32 // 24 bits
	Expression      uint16
	Pose            [3]byte // yaw, pitch, roll
	PoseUncertainty [3]byte
	Points          [][featurePoint]byte // as read
	ImageType       byte                 // 0 basic, 1 full frontal, 2 token frontal
	DataType        byte                 // 0 JPEG, 1 JPEG 2000: what the record claims; see Sniff
	Width, Height   int                  // pixels, as the record claims
	ColourSpace     byte                 // 1 24-bit RGB, 2 YUV422, 3 8-bit grey
	SourceType      byte
	DeviceType      uint16
	Quality         uint16
	Image           []byte
}

// Format prints no pixels whatever the verb.
func (f Face) Format(s fmt.State, _ rune) {
	_, _ = fmt.Fprintf(writerOnly{s}, "[face %dx%d]", f.Width, f.Height)
}

type writerOnly struct{ io.Writer }

// NewFace wraps an image for a document: full frontal, size and data type taken
// from the image itself.
func NewFace(image []byte) (Face, error) {
	format := Sniff(image)
	w, h, components, err := Size(image)
	if err != nil {
		return Face{}, err
	}
	if w > maxSide || h > maxSide {
		return Face{}, ErrImage
	}
	f := Face{ImageType: fullFrontal, Width: w, Height: h, ColourSpace: 1, SourceType: sourceUnknown, Image: image}
	if components == 1 {
		f.ColourSpace = 3
	}
	if format != JPEG {
		f.DataType = dataJPEG2000
	}
	return f, nil
}

// EncodeFaces writes a face record around one or more images.
func EncodeFaces(faces ...Face) ([]byte, error) {
	if len(faces) == 0 || len(faces) > maxFaces {
		return nil, fmt.Errorf("%w: %d images", ErrRecord, len(faces))
	}
	out := make([]byte, recordHeader)
	copy(out, "FAC\x00010\x00")
	for _, f := range faces {
		if len(f.Image) == 0 || len(f.Points) > 0xFFFF || f.Width < 0 || f.Width > maxSide || f.Height < 0 || f.Height > maxSide {
			return nil, fmt.Errorf("%w: an image that does not fit it", ErrRecord)
		}
		n := faceHeader + featurePoint*len(f.Points) + imageHeader + len(f.Image)
		out = binary.BigEndian.AppendUint32(out, uint32(n))
		out = binary.BigEndian.AppendUint16(out, uint16(len(f.Points)))
		out = append(out, f.Gender, f.EyeColour, f.HairColour, byte(f.Properties>>16), byte(f.Properties>>8), byte(f.Properties))
		out = binary.BigEndian.AppendUint16(out, f.Expression)
		out = append(append(out, f.Pose[:]...), f.PoseUncertainty[:]...)
		for _, p := range f.Points {
			out = append(out, p[:]...)
		}
		out = append(out, f.ImageType, f.DataType)
		out = binary.BigEndian.AppendUint16(out, uint16(f.Width))
		out = binary.BigEndian.AppendUint16(out, uint16(f.Height))
		out = append(out, f.ColourSpace, f.SourceType)
		out = binary.BigEndian.AppendUint16(out, f.DeviceType)
		out = binary.BigEndian.AppendUint16(out, f.Quality)
		out = append(out, f.Image...)
	}
	if len(out) > maxRecord {
		return nil, fmt.Errorf("%w: larger than %d bytes", ErrRecord, maxRecord)
	}
	binary.BigEndian.PutUint32(out[8:], uint32(len(out)))
	binary.BigEndian.PutUint16(out[12:], uint16(len(faces)))
	return out, nil
}

// ParseFaces reads a face record. Lengths that do not add up and images that are
// not what the record says are deviations as long as an image can be told apart;
// images are parts of b, not copies.
func ParseFaces(b []byte) ([]Face, []cardprofile.Deviation, error) {
	r := &faceReader{}
	if len(b) < recordHeader || string(b[:4]) != "FAC\x00" {
		return nil, nil, ErrFormat
	}
	if string(b[4:8]) != "010\x00" {
		r.note("version", "the face record is of another version than 010")
	}
	if n := binary.BigEndian.Uint32(b[8:]); int64(n) != int64(len(b)) {
		r.note("length", "the face record does not have the length it states")
	}
	count := int(binary.BigEndian.Uint16(b[12:]))
	if count == 0 || count > maxFaces {
		return nil, r.devs, fmt.Errorf("%w: %d images", ErrRecord, count)
	}
	rest := b[recordHeader:]
	var faces []Face
	for i := 0; i < count; i++ {
		f, after, err := r.face(rest, i == count-1)
		if err != nil {
			return faces, r.devs, err
		}
		faces, rest = append(faces, f), after
	}
	if len(rest) > 0 {
		r.note("trailing", "bytes after the last image")
	}
	return faces, r.devs, nil
}

type faceReader struct{ devs []cardprofile.Deviation }

func (r *faceReader) note(rule, text string) {
	r.devs = append(r.devs, cardprofile.Deviation{Where: "DG2", Rule: "biometric.face." + rule, Text: text})
}

func (r *faceReader) face(b []byte, last bool) (f Face, rest []byte, err error) {
	if len(b) < faceHeader+imageHeader {
		return f, nil, fmt.Errorf("%w: it ends inside a header", ErrRecord)
	}
	n := int64(binary.BigEndian.Uint32(b))
	if n > int64(len(b)) {
		if !last {
			return f, nil, fmt.Errorf("%w: an image is longer than the record", ErrRecord)
		}
		r.note("block", "an image does not have the length it states")
		n = int64(len(b))
	}
	points := int(binary.BigEndian.Uint16(b[4:]))
	head := faceHeader + featurePoint*points
	if n < int64(head+imageHeader) {
		return f, nil, fmt.Errorf("%w: an image ends inside its header", ErrRecord)
	}
	block := b[:n]
	f.Gender, f.EyeColour, f.HairColour = block[6], block[7], block[8]
	f.Properties = uint32(block[9])<<16 | uint32(block[10])<<8 | uint32(block[11])
	f.Expression = binary.BigEndian.Uint16(block[12:])
	copy(f.Pose[:], block[14:17])
	copy(f.PoseUncertainty[:], block[17:20])
	for i := 0; i < points; i++ {
		var p [featurePoint]byte
		copy(p[:], block[faceHeader+featurePoint*i:])
		f.Points = append(f.Points, p)
	}
	h := block[head:]
	f.ImageType, f.DataType = h[0], h[1]
	f.Width, f.Height = int(binary.BigEndian.Uint16(h[2:])), int(binary.BigEndian.Uint16(h[4:]))
	f.ColourSpace, f.SourceType = h[6], h[7]
	f.DeviceType, f.Quality = binary.BigEndian.Uint16(h[8:]), binary.BigEndian.Uint16(h[10:])
	f.Image = h[imageHeader:]
	r.judge(f)
	return f, b[n:], nil
}

// judge compares what the record says with what the image is.
func (r *faceReader) judge(f Face) {
	format := Sniff(f.Image)
	switch {
	case format == Unknown:
		r.note("image", "the image is neither JPEG nor JPEG 2000")
		return
	case (format == JPEG) != (f.DataType == dataJPEG):
		r.note("datatype", "the image is not of the data type that the record states")
	}
	w, h, _, err := Size(f.Image)
	switch {
	case err != nil:
		r.note("image", "the header of the image is damaged")
	case (f.Width != 0 || f.Height != 0) && (w != f.Width || h != f.Height):
		r.note("size", "the image is not of the size that the record states")
	}
}
