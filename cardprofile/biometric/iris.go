package biometric

import (
	"fmt"
	"log/slog"

	"github.com/chipid-toolkit/chipid/cardprofile"
)

// Iris is one picture of an eye and what its record says about it, whichever
// encoding it came in.
type Iris struct {
	Encoding      Encoding
	Eye           int // 0 unknown, 1 right, 2 left
	Image         []byte
	ImageFormat   ImageFormat // as the image itself shows; Unknown for raw pixels
	Width, Height int         // pixels, as the image's header says; else as the record does
	Depth         int         // bits per pixel or colour as stated, 0 when not
	Qualities     []Quality
	Captured      *DateTime

	Record *IrisRecord // the whole image of ISO/IEC 19794-6; nil for the other encoding
	Block  *IrisBlock  // the whole representation of ISO/IEC 39794-6; nil for the other encoding
}

// MIME is the media type of the image.
func (f Iris) MIME() string { return f.ImageFormat.MIME() }

// Format prints no pixels whatever the verb.
func (f Iris) Format(s fmt.State, _ rune) { printSize(s, "iris", f.Width, f.Height) }

// LogValue names the size and nothing else.
func (f Iris) LogValue() slog.Value { return sizeValue("iris", f.Width, f.Height) }

// EyeName is the eye in words.
func (f Iris) EyeName() string {
	if f.Eye == 1 {
		return "right"
	}
	if f.Eye == 2 {
		return "left"
	}
	return "unknown"
}

// Subtype is the eye as the header of a template has it, Doc 9303-10 (8th ed.),
// 4.7.4: 1 right, 2 left.
func (f Iris) Subtype() byte {
	if f.Eye == 1 || f.Eye == 2 {
		return byte(f.Eye)
	}
	return 0
}

// NewIris wraps an image for a document: its format and size are read from the
// image itself. eye is 1 for the right one, 2 for the left.
func NewIris(eye int, image []byte) (Iris, error) {
	f := Iris{Eye: eye, Image: image, ImageFormat: Sniff(image), Depth: 8}
	w, h, _, err := Size(image)
	if err != nil {
		return Iris{}, err
	}
	f.Width, f.Height = w, h
	return f, nil
}

// ParseIrises reads one biometric data block: an iris image record, which is the
// content of 5F2E, or the content of 7F2E. What is read up to a place that
// cannot be read comes back beside the error.
func ParseIrises(e Encoding, b []byte) ([]Iris, []cardprofile.Deviation, error) {
	var out []Iris
	switch e {
	case ISO19794:
		head, images, devs, err := ParseIrisRecord(b)
		for i := range images {
			out = append(out, images[i].iris(head))
		}
		return out, devs, err
	case ISO39794:
		blocks, devs, err := ParseIrisBlocks(b)
		for i := range blocks {
			if blocks[i].Image != nil {
				out = append(out, blocks[i].iris())
			}
		}
		return out, devs, err
	}
	return nil, nil, ErrFormat
}

// EncodeIrises writes one biometric data block around the images. In ISO/IEC
// 19794-6 all of them must be of one format and size.
func EncodeIrises(e Encoding, irises ...Iris) ([]byte, error) {
	if len(irises) == 0 {
		return nil, fmt.Errorf("%w: no image", ErrBuild)
	}
	switch e {
	case ISO19794:
		head, images, err := irisRecords(irises)
		if err != nil {
			return nil, err
		}
		return EncodeIrisRecord(head, images...)
	case ISO39794:
		var blocks []IrisBlock
		for _, f := range irises {
			b, err := f.block()
			if err != nil {
				return nil, err
			}
			blocks = append(blocks, b)
		}
		return EncodeIrisBlocks(blocks...)
	}
	return nil, fmt.Errorf("%w: no such encoding", ErrBuild)
}
