package biometric_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/chipid-toolkit/chipid/cardprofile/biometric"
)

func jpg(t testing.TB, w, h int, grey bool) []byte {
	t.Helper()
	var img image.Image = image.NewRGBA(image.Rect(0, 0, w, h))
	if grey {
		img = &image.Gray{Pix: make([]byte, w*h), Stride: w, Rect: image.Rect(0, 0, w, h)}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// jp2 is the header of a JPEG 2000 file of this size, ISO/IEC 15444-1, I.5.
func jp2(w, h uint32, components uint16) []byte {
	box := func(kind string, content ...byte) []byte {
		return append(append(binary.BigEndian.AppendUint32(nil, uint32(8+len(content))), kind...), content...)
	}
	ihdr := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, h), w)
	ihdr = append(binary.BigEndian.AppendUint16(ihdr, components), 7, 7, 0, 0)
	out := box("jP  ", 0x0D, 0x0A, 0x87, 0x0A)
	out = append(out, box("ftyp", []byte("jp2 \x00\x00\x00\x00jp2 ")...)...)
	return append(out, box("jp2h", box("ihdr", ihdr...)...)...)
}

// j2k is the SIZ segment of a codestream, ISO/IEC 15444-1, A.5.1.
func j2k(w, h uint32, components uint16) []byte {
	b := []byte{0xFF, 0x4F, 0xFF, 0x51, 0, 47, 0, 0}
	for _, v := range []uint32{w, h, 0, 0, w, h, 0, 0} {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	return append(binary.BigEndian.AppendUint16(b, components), 7, 1, 1)
}

// jpegLS is a frame header of ISO/IEC 14495-1.
func jpegLS(w, h uint16, components byte) []byte {
	b := []byte{0xFF, 0xD8, 0xFF, 0xE8, 0, 4, 'h', 'i', 0xFF, 0xF7, 0, 11, 8}
	b = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(b, h), w)
	return append(b, components, 1, 0x11, 0)
}

// wsq is a comment and a frame header.
func wsq(w, h uint16) []byte {
	b := []byte{0xFF, 0xA0, 0xFF, 0xA8, 0, 4, 'h', 'i', 0xFF, 0xA2, 0, 17, 0, 255}
	b = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(b, h), w)
	return append(b, make([]byte, 9)...)
}

func picturePNG(t testing.TB, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewRGBA(image.Rect(0, 0, w, h))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestReversible: the wavelet of the COD segment.
func TestReversible(t *testing.T) {
	code := func(wavelet byte) []byte {
		b := j2k(30, 40, 1)
		b = append(b, make([]byte, 51-len(b))...) // SIZ is 47 bytes after its marker
		return append(b, 0xFF, 0x52, 0, 12, 0, 0, 0, 1, 0, 5, 4, 4, 0, wavelet)
	}
	file := append(jp2(30, 40, 1), append([]byte{0, 0, 0, 0, 'j', 'p', '2', 'c'}, code(1)...)...)
	for name, c := range map[string]struct {
		image []byte
		want  bool
	}{"5-3": {code(1), true}, "9-7": {code(0), false}, "cut": {code(1)[:60], false}, "in a file": {file, true}, "no codestream": {jp2(30, 40, 1), false}, "JPEG": {jpg(t, 8, 8, true), false}} {
		if biometric.Reversible(c.image) != c.want {
			t.Errorf("%s: %v", name, !c.want)
		}
	}
}

func TestSniffAndSize(t *testing.T) {
	for _, c := range []struct {
		name       string
		image      []byte
		format     biometric.ImageFormat
		components int
	}{
		{"JPEG", jpg(t, 30, 40, false), biometric.JPEG, 3}, {"grey JPEG", jpg(t, 30, 40, true), biometric.JPEG, 1},
		{"JP2", jp2(30, 40, 3), biometric.JP2, 3}, {"codestream", j2k(30, 40, 3), biometric.J2K, 3},
		{"JPEG-LS", jpegLS(30, 40, 1), biometric.JPEGLS, 1}, {"PNG", picturePNG(t, 30, 40), biometric.PNG, 4}, {"WSQ", wsq(30, 40), biometric.WSQ, 1},
		{"PGM", []byte("P5\n# scanner\n30 40\n255\n"), biometric.PGM, 1}, {"PPM", []byte("P6 30\t40 255 "), biometric.PPM, 3},
	} {
		w, h, n, err := biometric.Size(c.image)
		if biometric.Sniff(c.image) != c.format || err != nil || w != 30 || h != 40 || n != c.components {
			t.Errorf("%s: %v %dx%dx%d %v", c.name, biometric.Sniff(c.image), w, h, n, err)
		}
		for i := 0; i < len(c.image); i++ { // cut anywhere: an error, or the same size
			if w, h, _, err := biometric.Size(c.image[:i]); err == nil && (w != 30 || h != 40) {
				t.Errorf("%s cut at %d: %dx%d", c.name, i, w, h)
			}
		}
	}
	for _, b := range [][]byte{nil, []byte("GIF89a"), []byte("\x89PNG\r\n\x1a\n"), []byte("P5 30"), []byte("P6 999999999999 4 "), wsq(0, 4), jp2(0, 40, 3), jp2(1<<20, 40, 3), j2k(30, 1<<30, 3)} {
		if _, _, _, err := biometric.Size(b); err == nil {
			t.Errorf("a size of %q", b)
		}
	}
}

func TestFaceRecordLayout(t *testing.T) {
	img := jpg(t, 30, 40, false)
	f, err := biometric.NewFace(img)
	if err != nil {
		t.Fatal(err)
	}
	b, err := biometric.EncodeFaces(biometric.ISO19794, f)
	if err != nil {
		t.Fatal(err)
	}
	// ISO/IEC 19794-5:2005, 5: 14 bytes of record header, 20 of facial
	// information, 12 of image information, then the image.
	if len(b) != 46+len(img) || string(b[:8]) != "FAC\x00010\x00" || binary.BigEndian.Uint32(b[8:]) != uint32(len(b)) || binary.BigEndian.Uint16(b[12:]) != 1 ||
		binary.BigEndian.Uint32(b[14:]) != uint32(len(b)-14) || b[34] != 1 || b[35] != 0 || binary.BigEndian.Uint16(b[36:]) != 30 || binary.BigEndian.Uint16(b[38:]) != 40 || b[40] != 1 {
		t.Errorf("layout %X", b[:46])
	}
	if g, err := biometric.NewFace(jp2(30, 40, 3)); err != nil || g.MIME() != "image/jp2" {
		t.Errorf("JPEG 2000: %v", err)
	}
	for _, s := range []string{fmt.Sprintf("%v", f), fmt.Sprintf("%+v", f), fmt.Sprintf("%x", f)} {
		if s != "[face 30x40]" {
			t.Errorf("printed %.40s", s)
		}
	}
}

func TestFaceRecordProperty(t *testing.T) {
	img := jpg(t, 16, 16, false)
	rapid.Check(t, func(t *rapid.T) {
		var faces []biometric.FaceRecord
		for i := 0; i < rapid.IntRange(1, 4).Draw(t, "n"); i++ {
			f := biometric.FaceRecord{
				Gender: rapid.Byte().Draw(t, "g"), EyeColour: rapid.Byte().Draw(t, "e"), HairColour: rapid.Byte().Draw(t, "h"),
				Properties: rapid.Uint32Range(0, 0xFFFFFF).Draw(t, "p"), Expression: rapid.Uint16().Draw(t, "x"), ImageType: rapid.Byte().Draw(t, "t"),
				Width: 16, Height: 16, ColourSpace: rapid.Byte().Draw(t, "c"), DeviceType: rapid.Uint16().Draw(t, "d"), Quality: rapid.Uint16().Draw(t, "q"), Image: img,
			}
			for j := 0; j < rapid.IntRange(0, 3).Draw(t, "points"); j++ {
				f.Points = append(f.Points, [8]byte{byte(j), 1, 2, 3, 4, 5, 6, 7})
			}
			faces = append(faces, f)
		}
		b, err := biometric.EncodeFaceRecords(faces...)
		if err != nil {
			t.Fatal(err)
		}
		back, devs, err := biometric.ParseFaceRecords(b)
		if err != nil || len(devs) > 0 || !reflect.DeepEqual(back, faces) {
			t.Fatalf("%v %v", devs, err)
		}
	})
}

func TestFaceRecordDeviations(t *testing.T) {
	f, err := biometric.NewFace(jpg(t, 16, 16, false))
	if err != nil {
		t.Fatal(err)
	}
	good, err := biometric.EncodeFaces(biometric.ISO19794, f)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, rule string
		spoil      func(b []byte) []byte
	}{
		{"version", "version", func(b []byte) []byte { b[6] = '1'; return b }},
		{"record length", "length", func(b []byte) []byte { b[11]++; return b }},
		{"block length", "block", func(b []byte) []byte { b[17]++; return b }},
		{"data type", "datatype", func(b []byte) []byte { b[35] = 1; return b }},
		{"size", "size", func(b []byte) []byte { b[37]++; return b }},
		{"image", "image", func(b []byte) []byte { b[46] = 0; return b }},
		{"trailing", "trailing", func(b []byte) []byte { return append(b, 0) }},
	} {
		_, devs, err := biometric.ParseFaceRecords(c.spoil(bytes.Clone(good)))
		found := false
		for _, d := range devs {
			found = found || strings.HasSuffix(d.Rule, "."+c.rule)
		}
		if err != nil || !found {
			t.Errorf("%s: %v %v", c.name, devs, err)
		}
	}
	for name, spoil := range map[string]func(b []byte) []byte{
		"magic":         func(b []byte) []byte { b[0] = 'X'; return b },
		"no images":     func(b []byte) []byte { b[13] = 0; return b },
		"many images":   func(b []byte) []byte { b[12] = 0xFF; return b },
		"second image":  func(b []byte) []byte { b[13] = 2; return b },
		"many points":   func(b []byte) []byte { b[18] = 0xFF; return b },
		"cut in header": func(b []byte) []byte { return b[:40] },
		"block of none": func(b []byte) []byte { copy(b[14:18], []byte{0, 0, 0, 1}); return b },
	} {
		if _, _, err := biometric.ParseFaceRecords(spoil(bytes.Clone(good))); err == nil {
			t.Errorf("%s: read", name)
		}
	}
}

func FuzzParseFaces(f *testing.F) {
	if face, err := biometric.NewFace(jpg(f, 8, 8, false)); err == nil {
		if b, err := biometric.EncodeFaces(biometric.ISO19794, face, face); err == nil {
			f.Add(b)
		}
	}
	f.Add(jp2(8, 8, 3))
	f.Add(j2k(8, 8, 3))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _, _, _ = biometric.Size(b)
		faces, devs, err := biometric.ParseFaceRecords(b)
		if err != nil || len(devs) > 0 {
			return
		}
		again, err := biometric.EncodeFaceRecords(faces...)
		if err != nil || !bytes.Equal(again, b) {
			t.Fatalf("a record without deviations is written differently: %v", err)
		}
	})
}
