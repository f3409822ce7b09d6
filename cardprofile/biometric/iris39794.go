package biometric

import (
	"fmt"
	"log/slog"
	"slices"

	"github.com/chipid-toolkit/chipid/cardprofile"
)

// IrisBlock is one representation of ISO/IEC 39794-6:2021. Codes are those of its
// ASN.1 schema; what is nil was not stated.
type IrisBlock struct {
	Eye          int  // 0 unknown, 1 right, 2 left
	Kind         *int // 1 uncropped, 2 VGA, 3 cropped, 7 cropped and masked
	Depth        int  // bits, 8 to 24
	DataFormat   *int // 0 PGM, 1 PPM, 2 PNG, 3 JPEG 2000 lossless, 4 lossy
	Horizontal   int  // orientation: 0 undefined, 1 left to right, 2 right to left
	Vertical     int  // orientation: 0 undefined, 1 top to bottom, 2 bottom to top
	Compression  int  // history: 0 undefined, 1 lossless or none, 2 lossy
	Range        *int // camera to iris, millimetres; nil with RangeError
	RangeError   *int // 0 unassigned, 1 failed, 2 overflow
	Captured     *DateTime
	Image        []byte
	Device       *CaptureDevice
	Qualities    []Quality
	Roll         *RollAngle
	Localisation *Localisation
	PAD          []byte
	Extensions   []Extension
}

// RollAngle is how the eye is turned in the picture, and how surely.
type RollAngle struct{ Angle, Uncertainty int }

// Localisation bounds centre and diameter of the iris, in pixels; nil was not
// stated.
type Localisation struct{ CentreXMin, CentreXMax, CentreYMin, CentreYMax, DiameterMin, DiameterMax *int }

// Format prints no pixels whatever the verb.
func (f IrisBlock) Format(s fmt.State, _ rune) { printSize(s, "iris", 0, 0) }

// LogValue says what it is and nothing else.
func (f IrisBlock) LogValue() slog.Value { return sizeValue("iris", 0, 0) }

func irisSchema(f *IrisBlock) schema {
	return schema{fields: []field{
		{0, "eye", true, reqInt{&f.Eye, 0, 2}},
		{1, "kind", true, base(&f.Kind, 7)},
		{2, "depth", true, reqInt{&f.Depth, 8, 24}},
		{3, "format", true, base(&f.DataFormat, 4)},
		{4, "horizontal", true, reqInt{&f.Horizontal, 0, 2}},
		{5, "vertical", true, reqInt{&f.Vertical, 0, 2}},
		{6, "compression", true, reqInt{&f.Compression, 0, 2}},
		{7, "range", true, inline{always: true, of: schema{closed: true, fields: []field{
			{0, "range", false, optInt(&f.Range, 2, 65533)}, {1, "error", false, optInt(&f.RangeError, 0, 2)}}}}},
		{8, "captured", true, dateTimeCodec{&f.Captured}},
		{9, "data", true, octets{&f.Image, false}},
		{10, "device", false, nested[CaptureDevice]{&f.Device, func(d *CaptureDevice) schema { return deviceSchema(d, 1) }}},
		{11, "quality", false, list[Quality]{&f.Qualities, qualitySchema, maxImages}},
		{12, "roll", false, nested[RollAngle]{&f.Roll, func(v *RollAngle) schema {
			return schema{closed: true, fields: []field{{0, "angle", true, reqInt{&v.Angle, -65535, 65535}}, {1, "uncertainty", true, reqInt{&v.Uncertainty, 0, 65535}}}}
		}}},
		{13, "localisation", false, nested[Localisation]{&f.Localisation, func(v *Localisation) schema {
			s := schema{closed: true}
			for i, p := range []**int{&v.CentreXMin, &v.CentreXMax, &v.CentreYMin, &v.CentreYMax, &v.DiameterMin, &v.DiameterMax} {
				s.fields = append(s.fields, field{i, "bound", false, optInt(p, 1, 65535)})
			}
			return s
		}}},
		{14, "pad", false, octets{&f.PAD, true}},
	}}
}

// irisDataFormats are the formats of the codes of imageDataFormat.
var irisDataFormats = [][]ImageFormat{{PGM}, {PPM}, {PNG}, {JP2, J2K}, {JP2, J2K}}

// ParseIrisBlocks reads the content of 7F2E of DG4.
func ParseIrisBlocks(b []byte) ([]IrisBlock, []cardprofile.Deviation, error) {
	out, r, err := readBlocks(IrisModality, b, irisSchema)
	for _, f := range out {
		r.judgeImage(f.Image, f.DataFormat, irisDataFormats)
		if (f.Range == nil) == (f.RangeError == nil) {
			r.note("choice", "the range must be a distance or an error")
		}
	}
	spread(out, r.extensions, func(f *IrisBlock) *[]Extension { return &f.Extensions })
	return out, r.devs, err
}

// EncodeIrisBlocks writes the content of 7F2E. It is strict: images are what the
// blocks say.
func EncodeIrisBlocks(blocks ...IrisBlock) ([]byte, error) {
	if len(blocks) == 0 {
		return nil, fmt.Errorf("%w: no image", ErrBuild)
	}
	for _, f := range blocks {
		probe := newNotes(IrisModality)
		probe.judgeImage(f.Image, f.DataFormat, irisDataFormats)
		if (f.Range == nil) == (f.RangeError == nil) {
			probe.note("choice", "the range must be a distance or an error")
		}
		if len(probe.devs) > 0 {
			return nil, fmt.Errorf("%w: %s", ErrBuild, probe.devs[0].Text)
		}
	}
	return writeBlocks(IrisModality, 2021, irisSchema, blocks)
}

func (f *IrisBlock) iris() Iris {
	out := Iris{Encoding: ISO39794, Eye: f.Eye, Image: f.Image, ImageFormat: Sniff(f.Image), Depth: f.Depth, Qualities: f.Qualities, Captured: f.Captured, Block: f}
	out.Width, out.Height = measured(f.Image, 0, 0)
	return out
}

func (f Iris) block() (IrisBlock, error) {
	if f.Captured == nil {
		return IrisBlock{}, fmt.Errorf("%w: the time of capture is required", ErrBuild)
	}
	kind, unassigned := 1, 0
	b := IrisBlock{
		Eye: f.Eye, Kind: &kind, Depth: f.Depth, Image: f.Image, RangeError: &unassigned, Captured: f.Captured, Qualities: f.Qualities,
	}
	format := Sniff(f.Image)
	code := slices.IndexFunc(irisDataFormats, func(l []ImageFormat) bool { return slices.Contains(l, format) })
	if code < 0 {
		return b, fmt.Errorf("%w: an image format that the encoding has no code for", ErrBuild)
	}
	if code == 3 && !Reversible(f.Image) {
		code = 4
	}
	b.DataFormat = &code
	return b, nil
}
