package biometric

import (
	"fmt"
	"log/slog"

	"github.com/chipid-toolkit/chipid/cardprofile"
)

// Finger is one picture of a finger, several fingers or a palm, and what its
// record says about it, whichever encoding it came in.
type Finger struct {
	Encoding      Encoding
	Position      int // 0 unknown, 1 right thumb … 5 right little, 6 left thumb … 10 left little, 13 to 15 several, 20 and on palms
	Image         []byte
	ImageFormat   ImageFormat // as the image itself shows; Unknown for raw pixels
	Width, Height int         // pixels, as the image's header says; else as the record does
	PerInch       int         // samples per inch, 0 when not stated
	Impression    int         // of its encoding's table; 0 plain contact, 1 rolled contact in both
	Qualities     []Quality
	Captured      *DateTime

	Record *FingerRecord // the whole view of ISO/IEC 19794-4; nil for the other encoding
	Block  *FingerBlock  // the whole representation of ISO/IEC 39794-4; nil for the other encoding
}

// MIME is the media type of the image.
func (f Finger) MIME() string { return f.ImageFormat.MIME() }

// Format prints no pixels whatever the verb.
func (f Finger) Format(s fmt.State, _ rune) { printSize(s, "finger", f.Width, f.Height) }

// LogValue names the size and nothing else.
func (f Finger) LogValue() slog.Value { return sizeValue("finger", f.Width, f.Height) }

// fingerNames are those positions that both encodings share, in words.
var fingerNames = map[int]string{
	0: "unknown", 1: "right thumb", 2: "right index", 3: "right middle", 4: "right ring", 5: "right little",
	6: "left thumb", 7: "left index", 8: "left middle", 9: "left ring", 10: "left little",
	13: "right four fingers", 14: "left four fingers", 15: "both thumbs", 20: "unknown palm", 21: "right full palm", 23: "left full palm",
}

// PositionName is the position in words, or its number.
func (f Finger) PositionName() string {
	if s, ok := fingerNames[f.Position]; ok {
		return s
	}
	return fmt.Sprintf("position %d", f.Position)
}

// Subtype is the position as the header of a template has it: Doc 9303-10 (8th
// ed.), 4.7.3.2.1, table 49. 0 is "no information".
func (f Finger) Subtype() byte {
	switch p := f.Position; {
	case p >= 1 && p <= 5: // right is 1, thumb to little are 1 to 5 in the bits above
		return 1 | byte(p)<<2
	case p >= 6 && p <= 10:
		return 2 | byte(p-5)<<2
	case p == 13:
		return 1
	case p == 14:
		return 2
	case p == 15:
		return 1 << 2
	}
	return 0
}

// NewFinger wraps an image for a document: its format and size are read from the
// image itself; 500 samples per inch is what travel documents have.
func NewFinger(position int, image []byte) (Finger, error) {
	f := Finger{Position: position, Image: image, ImageFormat: Sniff(image), PerInch: 500}
	w, h, _, err := Size(image)
	if err != nil {
		return Finger{}, err
	}
	f.Width, f.Height = w, h
	return f, nil
}

// ParseFingers reads one biometric data block: a finger image record, which is
// the content of 5F2E, or the content of 7F2E. What is read up to a place that
// cannot be read comes back beside the error.
func ParseFingers(e Encoding, b []byte) ([]Finger, []cardprofile.Deviation, error) {
	var out []Finger
	switch e {
	case ISO19794:
		head, views, devs, err := ParseFingerRecord(b)
		for i := range views {
			out = append(out, views[i].finger(head))
		}
		return out, devs, err
	case ISO39794:
		blocks, devs, err := ParseFingerBlocks(b)
		for i := range blocks {
			if blocks[i].Image != nil {
				out = append(out, blocks[i].finger())
			}
		}
		return out, devs, err
	}
	return nil, nil, ErrFormat
}

// EncodeFingers writes one biometric data block around the images. In ISO/IEC
// 19794-4 all of them must be of one format and resolution.
func EncodeFingers(e Encoding, fingers ...Finger) ([]byte, error) {
	if len(fingers) == 0 {
		return nil, fmt.Errorf("%w: no image", ErrBuild)
	}
	switch e {
	case ISO19794:
		head, views, err := fingerRecords(fingers)
		if err != nil {
			return nil, err
		}
		return EncodeFingerRecord(head, views...)
	case ISO39794:
		var blocks []FingerBlock
		for _, f := range fingers {
			b, err := f.block()
			if err != nil {
				return nil, err
			}
			blocks = append(blocks, b)
		}
		return EncodeFingerBlocks(blocks...)
	}
	return nil, fmt.Errorf("%w: no such encoding", ErrBuild)
}
