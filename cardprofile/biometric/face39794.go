package biometric

import (
	"fmt"
	"log/slog"
	"math"
	"slices"

	"github.com/chipid-toolkit/chipid/cardprofile"
)

// FaceBlock is one representation of ISO/IEC 39794-5:2019. Codes are those of its
// ASN.1 schema; what is nil was not stated.
type FaceBlock struct {
	ID    int    // representationId
	Image []byte // representationData2D

	// What is known of the picture: ImageInformation2DBlock.
	DataFormat      *int // nil: a format of a later edition
	Kind            *int // 0 MRTD, 1 general purpose
	Processing      Flags
	LossyAttempts   *int
	CameraDistance  *int // millimetres
	SensorDiagonal  *int
	FocalLength     *int
	Size            *ImageSize
	Measurements    *FaceMeasurements
	ColourSpace     *int
	ColourReference []byte // ReferenceColourMappingBlock, as read

	Spectrum   Flags // CaptureDeviceSpectral2DBlock
	Technology *int  // captureDeviceTechnologyId2D

	Captured       *DateTime
	Qualities      []Quality
	PAD            []byte // PADDataBlock, as read
	Session        *int
	DerivedFrom    *int
	Model          *RegistryID // of the capture device
	Certifications []RegistryID

	Gender, EyeColour, HairColour *int
	Height                        *int // of the person, millimetres
	Properties, Expression        Flags
	Pose                          *Pose
	Landmarks                     []Landmark

	Extensions []Extension // fields of later editions
}

// ImageSize is in pixels.
type ImageSize struct{ Width, Height int }

// FaceMeasurements are in pixels; nil was not measured.
type FaceMeasurements struct{ HeadWidth, EyeDistance, EyeToMouth, HeadLength *int }

// Pose is how the head is turned.
type Pose struct{ Yaw, Pitch, Roll *Angle }

// Angle is in degrees, -180 to 180, with its uncertainty.
type Angle struct {
	Degrees     int
	Uncertainty *int
}

// Format prints no pixels whatever the verb.
func (f FaceBlock) Format(s fmt.State, _ rune) { printSize(s, "face", f.width(), f.height()) }

// LogValue names the size and nothing else.
func (f FaceBlock) LogValue() slog.Value { return sizeValue("face", f.width(), f.height()) }

func (f FaceBlock) width() int {
	if f.Size == nil {
		return 0
	}
	return f.Size.Width
}

func (f FaceBlock) height() int {
	if f.Size == nil {
		return 0
	}
	return f.Size.Height
}

// Codes of imageDataFormat.
const (
	faceFormatJPEG     = 2
	faceFormatLossy    = 3 // JPEG 2000
	faceFormatLossless = 4
	maxFaceFormat      = 7
)

var (
	processing = []string{"rotated", "cropped", "down-sampled", "white-balance-adjusted", "multiply-compressed", "interpolated", "contrast-stretched",
		"pose-corrected", "multi-view-image", "age-progressed", "super-resolution-processed", "normalised"}
	expressions = []string{"neutral", "smile", "raised-eyebrows", "eyes-looking-away", "squinting", "frowning"}
	spectra     = []string{"white-light", "near-infrared", "thermal"}
)

// apCode is a code as the application profile for eMRTDs has it: in the
// extension block alone. Readers take the plain code of the base standard too.
func apCode(to **int, highest int) codec { return choiceCodec{to: to, max: highest, fallback: true} }

func faceSchema(f *FaceBlock) schema {
	return schema{fields: []field{
		{0, "id", true, reqInt{&f.ID, 0, math.MaxInt32}},
		// imageRepresentation is a choice of base [0], itself a choice with the
		// 2D image [0] and, outside the application profile, a 3D shape [1].
		{1, "image", true, inline{always: true, of: schema{fields: []field{{0, "base", false, inline{of: schema{fields: []field{
			{0, "2d", false, inline{of: picture2D(f)}}}}}}}}}},
		{2, "captured", false, dateTimeCodec{&f.Captured}},
		{3, "quality", false, list[Quality]{&f.Qualities, qualitySchema, maxImages}},
		{4, "pad", false, octets{&f.PAD, true}},
		{5, "session", false, optInt(&f.Session, 0, math.MaxInt32)},
		{6, "derived-from", false, optInt(&f.DerivedFrom, 0, math.MaxInt32)},
		{7, "device", false, inline{of: schema{fields: []field{
			{0, "model", false, nested[RegistryID]{&f.Model, registrySchema}},
			{1, "certification", false, list[RegistryID]{&f.Certifications, registrySchema, maxImages}}}}}},
		{8, "person", false, inline{of: schema{fields: []field{
			{0, "gender", false, apCode(&f.Gender, 3)}, {1, "eye-colour", false, apCode(&f.EyeColour, 9)}, {2, "hair-colour", false, apCode(&f.HairColour, 9)},
			{3, "height", false, optInt(&f.Height, 1, 65535)},
			{4, "properties", false, flagCodec{&f.Properties, faceProperties}}, {5, "expression", false, flagCodec{&f.Expression, expressions}},
			{6, "pose", false, nested[Pose]{&f.Pose, poseSchema}}}}}},
		{9, "landmark", false, list[Landmark]{&f.Landmarks, landmarkSchema, maxLandmarks}},
	}}
}

func picture2D(f *FaceBlock) schema {
	return schema{fields: []field{
		{0, "data", true, octets{&f.Image, false}},
		{1, "information", true, inline{always: true, of: schema{fields: []field{
			{0, "format", true, choiceCodec{to: &f.DataFormat, max: maxFaceFormat, open: true}},
			{1, "kind", false, apCode(&f.Kind, 1)},
			{2, "processing", false, flagCodec{&f.Processing, processing}},
			{3, "lossy-attempts", false, apCode(&f.LossyAttempts, 3)},
			{4, "camera-distance", false, optInt(&f.CameraDistance, 0, 50000)},
			{5, "sensor-diagonal", false, optInt(&f.SensorDiagonal, 0, 2000)},
			{6, "focal-length", false, optInt(&f.FocalLength, 0, 2000)},
			{7, "size", false, nested[ImageSize]{&f.Size, func(v *ImageSize) schema {
				return schema{closed: true, fields: []field{{0, "width", true, reqInt{&v.Width, 0, 65535}}, {1, "height", true, reqInt{&v.Height, 0, 65535}}}}
			}}},
			{8, "measurements", false, nested[FaceMeasurements]{&f.Measurements, func(v *FaceMeasurements) schema {
				var s schema
				for i, p := range []**int{&v.HeadWidth, &v.EyeDistance, &v.EyeToMouth, &v.HeadLength} {
					s.fields = append(s.fields, field{i, "measurement", false, optInt(p, 0, math.MaxInt32)})
				}
				return s
			}}},
			{9, "colour-space", false, apCode(&f.ColourSpace, 6)},
			{10, "colour-reference", false, octets{&f.ColourReference, true}}}}}},
		{2, "device", false, inline{of: schema{fields: []field{
			{0, "spectrum", false, flagCodec{&f.Spectrum, spectra}}, {1, "technology", false, apCode(&f.Technology, 6)}}}}},
	}}
}

func poseSchema(p *Pose) schema {
	angle := func(to **Angle) codec {
		return nested[Angle]{to, func(a *Angle) schema {
			return schema{fields: []field{{0, "value", true, reqInt{&a.Degrees, -180, 180}}, {1, "uncertainty", false, optInt(&a.Uncertainty, 0, 180)}}}
		}}
	}
	return schema{closed: true, fields: []field{{0, "yaw", false, angle(&p.Yaw)}, {1, "pitch", false, angle(&p.Pitch)}, {2, "roll", false, angle(&p.Roll)}}}
}

// ParseFaceBlocks reads the content of 7F2E of DG2. A representation without a 2D
// image comes back without Image, and says so in the deviations.
func ParseFaceBlocks(b []byte) ([]FaceBlock, []cardprofile.Deviation, error) {
	out, r, err := readBlocks(FaceModality, b, faceSchema)
	for i := range out {
		r.judgeFace(&out[i])
	}
	spread(out, r.extensions, func(f *FaceBlock) *[]Extension { return &f.Extensions })
	return out, r.devs, err
}

// spread hands the extensions to the first block: they are rare, and which
// block each was in stands in its path.
func spread[T any](out []T, extensions []Extension, of func(*T) *[]Extension) {
	if len(out) > 0 {
		*of(&out[0]) = extensions
	}
}

// judgeFace compares what the block says with what the image is.
func (r *blockReader) judgeFace(f *FaceBlock) {
	format := Sniff(f.Image)
	switch {
	case f.Image == nil:
		r.note("image", "the representation has no 2D image")
		return
	case format == Unknown:
		r.note("image", "the image is of no known format")
		return
	case f.DataFormat != nil && !faceFormatFits(*f.DataFormat, format):
		r.note("datatype", "the image is not of the format that the block states")
	}
	w, h, _, err := Size(f.Image)
	switch {
	case err != nil:
		r.note("image", "the header of the image is damaged")
	case f.Size != nil && (w != f.Size.Width || h != f.Size.Height):
		r.note("size", "the image is not of the size that the block states")
	}
}

func faceFormatFits(code int, format ImageFormat) bool {
	want, known := map[int][]ImageFormat{faceFormatJPEG: {JPEG}, faceFormatLossy: {JP2, J2K}, faceFormatLossless: {JP2, J2K}, 5: {PNG}, 6: {PGM}, 7: {PPM}}[code]
	return !known || slices.Contains(want, format)
}

// EncodeFaceBlocks writes the content of 7F2E as the application profile for
// eMRTDs has it. It is strict: one representation, a JPEG or JPEG 2000 image
// that is what the block says, no gender "unknown".
func EncodeFaceBlocks(faces ...FaceBlock) ([]byte, error) {
	if len(faces) != 1 { // RepresentationBlocks ::= SEQUENCE SIZE (1) OF …
		return nil, fmt.Errorf("%w: the application profile has one image in a block, not %d", ErrBuild, len(faces))
	}
	f := faces[0]
	format := Sniff(f.Image)
	w, h, _, err := Size(f.Image)
	switch {
	case err != nil:
		return nil, err
	case !format.portrait():
		return nil, fmt.Errorf("%w: a face must be JPEG or JPEG 2000", ErrBuild)
	case f.DataFormat == nil || *f.DataFormat < faceFormatJPEG || *f.DataFormat > faceFormatLossless || !faceFormatFits(*f.DataFormat, format):
		return nil, fmt.Errorf("%w: the image is not of the format that the block states", ErrBuild)
	case f.Size != nil && (f.Size.Width != w || f.Size.Height != h):
		return nil, fmt.Errorf("%w: the image is not of the size that the block states", ErrBuild)
	case f.Kind != nil && *f.Kind != 0:
		return nil, fmt.Errorf("%w: the image kind must be MRTD", ErrBuild)
	case f.Gender != nil && *f.Gender == 0:
		return nil, fmt.Errorf("%w: the application profile has no unknown gender", ErrBuild)
	}
	return writeBlocks(FaceModality, 2019, faceSchema, faces)
}

// face is what the block says in the words of both encodings.
func (f *FaceBlock) face() Face {
	out := Face{
		Encoding: ISO39794, Image: f.Image, ImageFormat: Sniff(f.Image), Block: f, Properties: f.Properties, Qualities: f.Qualities, Captured: f.Captured,
		Gender: word(genders, f.Gender), EyeColour: word(eyeColours, f.EyeColour), HairColour: word(hairColours, f.HairColour),
	}
	out.Width, out.Height = measured(f.Image, f.width(), f.height())
	return out
}

// block is the face as a representation for a document.
func (f Face) block(id int) (FaceBlock, error) {
	w, h, components, err := Size(f.Image)
	if err != nil {
		return FaceBlock{}, err
	}
	kind, format, space := 0, faceFormatJPEG, 2 // 24-bit RGB
	if Sniff(f.Image) != JPEG {
		format = faceFormatLossy
		if Reversible(f.Image) {
			format = faceFormatLossless
		}
	}
	if components == 1 {
		space = 5 // 8-bit grey
	}
	b := FaceBlock{
		ID: id, Image: f.Image, DataFormat: &format, Kind: &kind, Size: &ImageSize{w, h}, ColourSpace: &space,
		Properties: f.Properties, Qualities: f.Qualities, Captured: f.Captured,
	}
	if b.Gender, err = codeOf(genders, f.Gender, "gender"); err != nil {
		return b, err
	}
	if b.EyeColour, err = codeOf(eyeColours, f.EyeColour, "eye colour"); err != nil {
		return b, err
	}
	b.HairColour, err = codeOf(hairColours, f.HairColour, "hair colour")
	return b, err
}
