package biometric

import (
	"encoding/binary"
	"fmt"
	"log/slog"
	"slices"

	"github.com/chipid-toolkit/chipid/cardprofile"
)

// Lengths of ISO/IEC 19794-5:2005, 5.4 to 5.7.
const (
	recordHeader  = 14
	faceHeader    = 20
	featurePoint  = 8
	imageHeader   = 12
	maxFaces      = 16
	dataJPEG      = 0
	dataJPEG2000  = 1
	fullFrontal   = 1
	sourceUnknown = 0
)

// FaceRecord is one facial image of ISO/IEC 19794-5:2005 and what the record says
// about it. Numbers mean what the tables of 5.5 to 5.7 say; 0 is unspecified.
type FaceRecord struct {
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
func (f FaceRecord) Format(s fmt.State, _ rune) { printSize(s, "face", f.Width, f.Height) }

// LogValue names the size and nothing else.
func (f FaceRecord) LogValue() slog.Value { return sizeValue("face", f.Width, f.Height) }

// face is what the record says in the words of both encodings.
func (f *FaceRecord) face() Face {
	out := Face{
		Encoding: ISO19794, Image: f.Image, ImageFormat: Sniff(f.Image), Record: f,
		Gender: oldWord(genders19794, f.Gender), EyeColour: oldWord(eyeColours19794, f.EyeColour), HairColour: oldWord(hairColours19794, f.HairColour),
	}
	out.Width, out.Height = measured(f.Image, f.Width, f.Height)
	if f.Properties&1 != 0 { // bit 0: features are specified, 5.5.7
		out.Properties = Flags{}
		for i, name := range oldProperties {
			out.Properties[name] = f.Properties>>(i+1)&1 != 0
		}
	}
	return out
}

// record is the face as a record for a document: full frontal, size and data
// type taken from the image itself.
func (f Face) record() (FaceRecord, error) {
	format := Sniff(f.Image)
	w, h, components, err := Size(f.Image)
	if err != nil {
		return FaceRecord{}, err
	}
	if !format.portrait() || w > maxSide || h > maxSide {
		return FaceRecord{}, fmt.Errorf("%w: a face must be JPEG or JPEG 2000", ErrImage)
	}
	r := FaceRecord{ImageType: fullFrontal, Width: w, Height: h, ColourSpace: 1, SourceType: sourceUnknown, Image: f.Image}
	if components == 1 {
		r.ColourSpace = 3
	}
	if format != JPEG {
		r.DataType = dataJPEG2000
	}
	if r.Gender, err = oldCodeOf(genders19794, f.Gender, "gender"); err != nil {
		return r, err
	}
	if r.EyeColour, err = oldCodeOf(eyeColours19794, f.EyeColour, "eye colour"); err != nil {
		return r, err
	}
	if r.HairColour, err = oldCodeOf(hairColours19794, f.HairColour, "hair colour"); err != nil {
		return r, err
	}
	for name, set := range f.Properties {
		i := slices.Index(oldProperties, name)
		if i < 0 {
			return r, fmt.Errorf("%w: property %q: the encoding has no bit for it", ErrBuild, name)
		}
		r.Properties |= 1
		if set {
			r.Properties |= 1 << (i + 1)
		}
	}
	return r, nil
}

// EncodeFaceRecords writes a face record around one or more images.
func EncodeFaceRecords(faces ...FaceRecord) ([]byte, error) {
	if len(faces) == 0 || len(faces) > maxFaces {
		return nil, fmt.Errorf("%w: %d images", ErrBuild, len(faces))
	}
	out := make([]byte, recordHeader)
	copy(out, "FAC\x00010\x00")
	for _, f := range faces {
		if len(f.Image) == 0 || len(f.Points) > 0xFFFF || f.Width < 0 || f.Width > maxSide || f.Height < 0 || f.Height > maxSide {
			return nil, fmt.Errorf("%w: an image that does not fit it", ErrBuild)
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
		return nil, fmt.Errorf("%w: larger than %d bytes", ErrBuild, maxRecord)
	}
	binary.BigEndian.PutUint32(out[8:], uint32(len(out)))
	binary.BigEndian.PutUint16(out[12:], uint16(len(faces)))
	return out, nil
}

// ParseFaceRecords reads a face record. Lengths that do not add up and images that are
// not what the record says are deviations as long as an image can be told apart;
// images are parts of b, not copies.
func ParseFaceRecords(b []byte) ([]FaceRecord, []cardprofile.Deviation, error) {
	r := &faceReader{newNotes(FaceModality)}
	if len(b) > maxRecord {
		return nil, nil, fmt.Errorf("%w: larger than %d bytes", ErrRecord, maxRecord)
	}
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
	var faces []FaceRecord
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

type faceReader struct{ *notes }

func (r *faceReader) face(b []byte, last bool) (f FaceRecord, rest []byte, err error) {
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
func (r *faceReader) judge(f FaceRecord) {
	format := Sniff(f.Image)
	switch {
	case !format.portrait():
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
