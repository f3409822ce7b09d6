package biometric

import (
	"fmt"
	"log/slog"
	"slices"

	"github.com/chipid-toolkit/chipid/cardprofile"
)

// Face is one picture of a face and what its record says about it, whichever
// encoding it came in. Words that are empty, maps that are nil and pointers that
// are nil were not stated.
type Face struct {
	Encoding      Encoding
	Image         []byte      // part of what was read, no copy
	ImageFormat   ImageFormat // as the image itself shows
	Width, Height int         // pixels, as the image's header says; else as the record does
	Gender        string      // unknown, other, male, female
	EyeColour     string
	HairColour    string
	Properties    Flags // glasses, beard, …: faceProperties
	Qualities     []Quality
	Captured      *DateTime

	Record *FaceRecord // the whole record of ISO/IEC 19794-5; nil for the other encoding
	Block  *FaceBlock  // the whole representation of ISO/IEC 39794-5; nil for the other encoding
}

// MIME is the media type of the image.
func (f Face) MIME() string { return f.ImageFormat.MIME() }

// Format prints no pixels whatever the verb.
func (f Face) Format(s fmt.State, _ rune) { printSize(s, "face", f.Width, f.Height) }

// LogValue names the size and nothing else.
func (f Face) LogValue() slog.Value { return sizeValue("face", f.Width, f.Height) }

// NewFace wraps an image for a document: its format and size are read from the
// image itself.
func NewFace(image []byte) (Face, error) {
	f := Face{Image: image, ImageFormat: Sniff(image)}
	w, h, _, err := Size(image)
	if err != nil {
		return Face{}, err
	}
	if !f.ImageFormat.portrait() || w > maxSide || h > maxSide {
		return Face{}, fmt.Errorf("%w: a face must be JPEG or JPEG 2000", ErrImage)
	}
	f.Width, f.Height = w, h
	return f, nil
}

// ParseFaces reads one biometric data block: a face record, which is the content
// of 5F2E, or the content of 7F2E. What is read up to a place that cannot be
// read comes back beside the error.
func ParseFaces(e Encoding, b []byte) ([]Face, []cardprofile.Deviation, error) {
	var out []Face
	switch e {
	case ISO19794:
		records, devs, err := ParseFaceRecords(b)
		for i := range records {
			out = append(out, records[i].face())
		}
		return out, devs, err
	case ISO39794:
		blocks, devs, err := ParseFaceBlocks(b)
		for i := range blocks {
			if blocks[i].Image != nil {
				out = append(out, blocks[i].face())
			}
		}
		return out, devs, err
	}
	return nil, nil, ErrFormat
}

// EncodeFaces writes one biometric data block around the images. What the
// encoding has no way to say is an error.
func EncodeFaces(e Encoding, faces ...Face) ([]byte, error) {
	switch e {
	case ISO19794:
		var records []FaceRecord
		for _, f := range faces {
			r, err := f.record()
			if err != nil {
				return nil, err
			}
			records = append(records, r)
		}
		return EncodeFaceRecords(records...)
	case ISO39794:
		var blocks []FaceBlock
		for i, f := range faces {
			b, err := f.block(i)
			if err != nil {
				return nil, err
			}
			blocks = append(blocks, b)
		}
		return EncodeFaceBlocks(blocks...)
	}
	return nil, fmt.Errorf("%w: no such encoding", ErrBuild)
}

// The words of the codes: the index is the code of ISO/IEC 39794-5, the second
// list that of ISO/IEC 19794-5:2005, 5.5.4 to 5.5.6 (255 is "unknown" there).
var (
	genders          = []string{"unknown", "other", "male", "female"}
	genders19794     = []string{"", "male", "female"}
	eyeColours       = []string{"unknown", "other", "black", "blue", "brown", "grey", "green", "hazel", "multi-coloured", "pink"}
	eyeColours19794  = []string{"", "black", "blue", "brown", "grey", "green", "multi-coloured", "pink"}
	hairColours      = []string{"unknown", "other", "bald", "black", "blonde", "brown", "grey", "white", "red", "known-coloured"}
	hairColours19794 = []string{"", "bald", "black", "blonde", "brown", "grey", "white", "red", "green", "blue"}
	// The last two exist in ISO/IEC 39794-5 alone; bit 10 of the old mask, a
	// medical condition, only there.
	faceProperties = []string{"glasses", "moustache", "beard", "teeth-visible", "pupil-or-iris-not-visible", "mouth-open",
		"left-eye-patch", "right-eye-patch", "dark-glasses", "biometric-absent", "head-coverings"}
	oldProperties = append(slices.Clone(faceProperties[:9]), "distorting-condition")
)

func word(words []string, code *int) string {
	if code == nil || *code < 0 || *code >= len(words) {
		return ""
	}
	return words[*code]
}

func oldWord(words []string, code byte) string {
	switch {
	case code == 0xFF:
		return "unknown"
	case int(code) < len(words):
		return words[code]
	}
	return ""
}

func codeOf(words []string, word, what string) (*int, error) {
	if word == "" {
		return nil, nil
	}
	i := slices.Index(words, word)
	if i < 0 {
		return nil, fmt.Errorf("%w: %s: the encoding has no code for it", ErrBuild, what)
	}
	return &i, nil
}

func oldCodeOf(words []string, word, what string) (byte, error) {
	if word == "unknown" || word == "other" {
		return 0xFF, nil
	}
	i := slices.Index(words, word)
	if i < 0 {
		return 0, fmt.Errorf("%w: %s: the encoding has no code for it", ErrBuild, what)
	}
	return byte(i), nil
}

// measured is the size that the image's own header says, or else the stated one.
func measured(image []byte, w, h int) (int, int) {
	if iw, ih, _, err := Size(image); err == nil {
		return iw, ih
	}
	return w, h
}
