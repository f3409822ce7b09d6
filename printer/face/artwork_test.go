package face_test

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/printer/face"
)

// An owner's own layout: artwork under text, and no specimen mark.
func TestArtworkOfTheOwner(t *testing.T) {
	dir := t.TempDir()
	var art bytes.Buffer
	img := image.NewRGBA(image.Rect(0, 0, 40, 25))
	for i := range img.Pix {
		img.Pix[i] = []uint8{0x10, 0x80, 0x40, 0xFF}[i%4]
	}
	if err := png.Encode(&art, img); err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{"art.png": art.Bytes(), "broken.png": art.Bytes()[:40], "text.png": []byte("no picture")} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	layout := func(artwork string) *cardprofile.Profile {
		text := "front: { artwork: " + artwork + ", elements: [] }\nback: { elements: [] }\n"
		f, err := cardprofile.ParseFaces([]byte(text), filepath.Join(dir, "own.faces.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		return &cardprofile.Profile{Faces: f}
	}
	faces, err := face.Render(layout("art.png"), face.Data{})
	if err != nil {
		t.Fatal(err)
	}
	if got := faces.Front.RGBAAt(500, 300); got != (color.RGBA{0x10, 0x80, 0x40, 0xFF}) {
		t.Errorf("the front shows %v", got)
	}
	if got := faces.Back.RGBAAt(500, 300); got != (color.RGBA{0xFF, 0xFF, 0xFF, 0xFF}) {
		t.Errorf("the back shows %v", got)
	}
	for _, bad := range []string{"gone.png", "../art.png", "/etc/hostname", "broken.png", "text.png"} {
		var fe *face.Error
		if _, err := face.Render(layout(bad), face.Data{}); !errors.Is(err, face.ErrArtwork) || !errors.As(err, &fe) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}
