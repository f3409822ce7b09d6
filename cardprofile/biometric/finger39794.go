package biometric

import (
	"fmt"
	"log/slog"
	"slices"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile"
)

// FingerBlock is one representation of ISO/IEC 39794-4:2019. Codes are those of
// its ASN.1 schema; what is nil was not stated.
type FingerBlock struct {
	Position         *int
	Impression       *int // 0 plain contact, 1 rolled contact, 4 latent, 8 swipe, 24 and on contactless, 28 other, 29 unknown
	DataFormat       *int // 0 PGM, 1 WSQ, 2 JPEG 2000 lossy, 3 lossless, 4 PNG
	Image            []byte
	Captured         *DateTime
	Device           *CaptureDevice
	Qualities        []Quality
	Sampling         *SamplingRate
	PositionComputed *bool // by the capture system
	Rotation         *int  // degrees, original rotation
	Upright          *bool // the image was rotated to the vertical
	Lossy            *bool // the image has been lossily compressed
	Segmentation     []byte
	Annotation       []byte
	PAD              []byte
	Comments         []string
	Vendor           []byte
	Extensions       []Extension
}

// SamplingRate is how many samples there are to a unit of length.
type SamplingRate struct {
	Samples int
	Unit    int // 0 inch, 1 centimetre
}

// CaptureDevice says what took the image.
type CaptureDevice struct {
	Model          RegistryID
	Technology     *int
	Certifications []RegistryID
}

// Format prints no pixels whatever the verb.
func (f FingerBlock) Format(s fmt.State, _ rune) { printSize(s, "finger", 0, 0) }

// LogValue says what it is and nothing else.
func (f FingerBlock) LogValue() slog.Value { return sizeValue("finger", 0, 0) }

// base is a code as the base standard has it; this part has no application
// profile that is at hand, so the plain code is written.
func base(to **int, highest int) codec { return choiceCodec{to: to, max: highest} }

func fingerSchema(f *FingerBlock) schema {
	return schema{fields: []field{
		{0, "position", true, base(&f.Position, maxCode)},
		{1, "impression", true, base(&f.Impression, maxCode)},
		{2, "format", true, base(&f.DataFormat, 4)},
		{3, "data", true, octets{&f.Image, false}},
		{4, "captured", false, dateTimeCodec{&f.Captured}},
		{5, "device", false, nested[CaptureDevice]{&f.Device, func(d *CaptureDevice) schema { return deviceSchema(d, maxCode) }}},
		{6, "quality", false, list[Quality]{&f.Qualities, qualitySchema, maxImages}},
		{7, "sampling", false, nested[SamplingRate]{&f.Sampling, func(v *SamplingRate) schema {
			return schema{closed: true, fields: []field{{0, "samples", true, reqInt{&v.Samples, 0, 65535}}, {1, "unit", true, reqInt{&v.Unit, 0, 1}}}}
		}}},
		{8, "position-computed", false, boolCodec{&f.PositionComputed}},
		{9, "rotation", false, optInt(&f.Rotation, 0, 359)},
		{10, "upright", false, boolCodec{&f.Upright}},
		{11, "lossy", false, boolCodec{&f.Lossy}},
		{12, "segmentation", false, octets{&f.Segmentation, true}},
		{13, "annotation", false, octets{&f.Annotation, true}},
		{14, "pad", false, octets{&f.PAD, true}},
		{15, "comment", false, comments{&f.Comments}},
		{16, "vendor", false, octets{&f.Vendor, true}},
	}}
}

// maxCode bounds the codes of tables that grow.
const maxCode = 255

func deviceSchema(d *CaptureDevice, technologies int) schema {
	return schema{fields: []field{
		{0, "model", true, inline{registrySchema(&d.Model), true}},
		{1, "technology", false, base(&d.Technology, technologies)},
		{2, "certification", false, list[RegistryID]{&d.Certifications, registrySchema, maxImages}},
	}}
}

// comments is a SEQUENCE OF VisibleString.
type comments struct{ to *[]string }

func (comments) constructed() bool { return true }

func (c comments) read(r *blockReader, b []byte, path string) {
	nodes, err := tlv.ParseAll(b)
	if err != nil {
		r.note("der", "%s: the encoding is broken", path)
	}
	for i, n := range nodes {
		if i == maxImages {
			r.note("count", "%s: more than %d entries", path, maxImages)
			return
		}
		if n.Tag != tagVisibleString {
			r.note("tag", "%s: an element %s that does not belong there", path, n.Tag)
			continue
		}
		*c.to = append(*c.to, string(n.Value))
	}
}

func (c comments) write() ([]byte, bool, error) {
	var out []byte
	for _, s := range *c.to {
		for i := range len(s) {
			if s[i] < 0x20 || s[i] > 0x7E {
				return nil, false, fmt.Errorf("%w: a comment with other than visible characters", ErrBuild)
			}
		}
		out = append(out, tlv.Encode(tagVisibleString, []byte(s))...)
	}
	return out, *c.to != nil, nil
}

const tagVisibleString tlv.Tag = 0x1A

// fingerFormats are the formats of the codes of imageDataFormat.
var fingerFormats = [][]ImageFormat{{PGM}, {WSQ}, {JP2, J2K}, {JP2, J2K}, {PNG}}

// ParseFingerBlocks reads the content of 7F2E of DG3.
func ParseFingerBlocks(b []byte) ([]FingerBlock, []cardprofile.Deviation, error) {
	out, r, err := readBlocks(FingerModality, b, fingerSchema)
	for _, f := range out {
		r.judgeImage(f.Image, f.DataFormat, fingerFormats)
	}
	spread(out, r.extensions, func(f *FingerBlock) *[]Extension { return &f.Extensions })
	return out, r.devs, err
}

// judgeImage compares a stated format with what the image is.
func (r *notes) judgeImage(image []byte, code *int, formats [][]ImageFormat) {
	format := Sniff(image)
	switch {
	case len(image) == 0:
		r.note("image", "the representation has no image")
	case format == Unknown:
		r.note("image", "the image is of no known format")
	case code != nil && *code >= 0 && *code < len(formats) && !slices.Contains(formats[*code], format):
		r.note("datatype", "the image is not of the format that the block states")
	default:
		if _, _, _, err := Size(image); err != nil {
			r.note("image", "the header of the image is damaged")
		}
	}
}

// EncodeFingerBlocks writes the content of 7F2E. It is strict: images are what
// the blocks say.
func EncodeFingerBlocks(blocks ...FingerBlock) ([]byte, error) {
	if len(blocks) == 0 {
		return nil, fmt.Errorf("%w: no image", ErrBuild)
	}
	for _, f := range blocks {
		probe := newNotes(FingerModality)
		probe.judgeImage(f.Image, f.DataFormat, fingerFormats)
		if len(probe.devs) > 0 {
			return nil, fmt.Errorf("%w: %s", ErrBuild, probe.devs[0].Text)
		}
	}
	return writeBlocks(FingerModality, 2019, fingerSchema, blocks)
}

func (f *FingerBlock) finger() Finger {
	out := Finger{Encoding: ISO39794, Image: f.Image, ImageFormat: Sniff(f.Image), Qualities: f.Qualities, Captured: f.Captured, Block: f}
	if f.Position != nil {
		out.Position = *f.Position
	}
	if f.Impression != nil {
		out.Impression = *f.Impression
	}
	out.Width, out.Height = measured(f.Image, 0, 0)
	if f.Sampling != nil {
		out.PerInch = f.Sampling.Samples
		if f.Sampling.Unit == 1 {
			out.PerInch = (f.Sampling.Samples*254 + 50) / 100
		}
	}
	return out
}

func (f Finger) block() (FingerBlock, error) {
	b := FingerBlock{Position: &f.Position, Impression: &f.Impression, Image: f.Image, Qualities: f.Qualities, Captured: f.Captured}
	if f.PerInch > 0 {
		b.Sampling = &SamplingRate{Samples: f.PerInch}
	}
	format := Sniff(f.Image)
	code := slices.IndexFunc(fingerFormats, func(l []ImageFormat) bool { return slices.Contains(l, format) })
	if code < 0 {
		return b, fmt.Errorf("%w: an image format that the encoding has no code for", ErrBuild)
	}
	if code == 2 && Reversible(f.Image) {
		code = 3
	}
	b.DataFormat = &code
	// Table 7 of 19794-4 and the schema of 39794-4 agree on these alone.
	if !slices.Contains([]int{0, 1, 8}, f.Impression) && f.Encoding == ISO19794 {
		return b, fmt.Errorf("%w: an impression that the encoding has no code for", ErrBuild)
	}
	return b, nil
}
