package face_test

import (
	"bytes"
	"errors"
	"image"
	"image/jpeg"
	"io/fs"
	"testing"

	"pgregory.net/rapid"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/printer/face"
	"github.com/chipid-toolkit/chipid/testcards/people"
)

// Whatever the text and the box: what is set stays inside the box and at or
// above the smallest size, or it is an error.
func TestTextStaysInItsBox(t *testing.T) {
	syllable := rapid.SampledFrom([]string{"Nguyễn", "Ẩn", "ở", "đường", "Thuận,", "phường", "Ưng", "1234/56/78", "y", "Quỳnh", "(", "—"})
	rapid.Check(t, func(t *rapid.T) {
		text := ""
		for _, s := range rapid.SliceOfN(syllable, 1, 60).Draw(t, "words") {
			text += s + " "
		}
		s := cardprofile.Style{
			Font:    rapid.SampledFrom(face.Fonts()).Draw(t, "font"),
			Size:    rapid.Float64Range(4, 14).Draw(t, "size"),
			MinSize: rapid.Float64Range(3, 6).Draw(t, "min"),
			Leading: rapid.Float64Range(1, 1.6).Draw(t, "leading"),
			Fit:     rapid.SampledFrom([]cardprofile.Fit{"", "wrap", "shrink", "wrap-shrink"}).Draw(t, "fit"),
		}
		w, h := rapid.Float64Range(0, 80).Draw(t, "w"), rapid.Float64Range(0, 20).Draw(t, "h")
		width, height, lines, err := face.Arrange(text, s, w, h)
		if err != nil {
			if !errors.Is(err, face.ErrNoRoom) {
				t.Fatal(err)
			}
			return
		}
		const slack = 0.011
		if width > w+slack || height > h+slack || lines < 1 {
			t.Fatalf("%d lines take %.3f × %.3f of %.3f × %.3f mm", lines, width, height, w, h)
		}
		if lines > 1 && (s.Fit == "" || s.Fit == "shrink") {
			t.Fatalf("%d lines without wrapping", lines)
		}
	})
}

func TestTextIsWrappedBeforeItShrinks(t *testing.T) {
	s := cardprofile.Style{Size: 8, MinSize: 4, Fit: cardprofile.FitWrapShrink}
	_, high, lines, err := face.Arrange("Số 12 phố Ví Dụ, Phường Mẫu Hai, Quận Giả Định", s, 40, 10)
	if err != nil || lines != 2 || high < 6.8 {
		t.Errorf("%d lines, %.2f mm high: %v", lines, high, err)
	}
	// one line only fits when made smaller
	_, high, lines, err = face.Arrange("Số 12 phố Ví Dụ, Phường Mẫu Hai", s, 40, 3.6)
	if err != nil || lines != 1 || high > 3.6 {
		t.Errorf("%d lines, %.2f mm high: %v", lines, high, err)
	}
}

func TestPortraitsAreBounded(t *testing.T) {
	var small bytes.Buffer
	if err := jpeg.Encode(&small, image.NewGray(image.Rect(0, 0, 8, 8)), nil); err != nil {
		t.Fatal(err)
	}
	// the frame header's size, blown up: nothing may be allocated for it
	huge := bytes.Clone(small.Bytes())
	sof := bytes.Index(huge, []byte{0xFF, 0xC0})
	copy(huge[sof+5:], []byte{0xFF, 0xFF, 0xFF, 0xFF})
	for name, b := range map[string][]byte{
		"not a JPEG": []byte("GIF89a..............."), "JPEG 2000": {0, 0, 0, 12, 'j', 'P', ' ', ' '}, "cut off": small.Bytes()[:small.Len()/2],
		"huge": huge, "a header alone": {0xFF, 0xD8, 0xFF}, "too many bytes": append(bytes.Clone(small.Bytes()), make([]byte, 2<<20)...),
	} {
		if img, err := face.DecodePortrait(b); img != nil || !errors.Is(err, face.ErrPortrait) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := face.DecodePortrait(nil); !errors.Is(err, face.ErrNoPortrait) {
		t.Errorf("nothing: %v", err)
	}
	if _, err := face.DecodePortrait(small.Bytes()); err != nil {
		t.Error(err)
	}
}

func FuzzDecodePortrait(f *testing.F) {
	b, err := fs.ReadFile(people.FS(), "portraits/01.jpg")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add(b[:200])
	f.Add([]byte{0xFF, 0xD8, 0xFF, 0xE0})
	f.Fuzz(func(t *testing.T, b []byte) {
		img, err := face.DecodePortrait(b)
		if (img == nil) == (err == nil) {
			t.Fatalf("a picture and an error, or neither: %v", err)
		}
	})
}
