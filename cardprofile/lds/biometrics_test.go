package lds_test

import (
	"bytes"
	"image"
	"image/png"
	"slices"
	"strings"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/biometric"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/testcards/vectors"
)

func pngImage(t testing.TB, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, w, h))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// file39794 is a data group around one data block of another encoder, laid out
// by hand as Doc 9303-10 (8th ed.), 4.5.6 and 4.7.2.1 have it.
func file39794(t testing.TB, tag tlv.Tag, name, header string) []byte {
	t.Helper()
	var v struct {
		Blocks []struct {
			Name string
			Hex  vectors.Hex
		}
	}
	vectors.Load(t, "iso39794.json", &v)
	for _, b := range v.Blocks {
		if b.Name == name {
			var h vectors.Hex
			if err := h.UnmarshalJSON([]byte(`"` + header + `"`)); err != nil {
				t.Fatal(err)
			}
			return tlv.Encode(tag, tlv.Encode(0x7F61, []byte{2, 1, 1}, tlv.Encode(0x7F60, h, tlv.Encode(0x7F2E, tlv.Encode(0xA1, b.Hex)))))
		}
	}
	t.Fatalf("no block %q", name)
	return nil
}

func TestBiometrics39794(t *testing.T) {
	d, devs, err := lds.ParseDG2(file39794(t, 0x75, "face all fields", "A108 87020101 8802002A"))
	if err != nil || len(devs) > 0 {
		t.Fatal(devs, err)
	}
	f, ok := d.Portrait()
	if !ok || f.Encoding != biometric.ISO39794 || f.Gender != "female" || f.Width != 30 || f.Height != 40 || d.Items[0].Type != nil {
		t.Errorf("%v", f)
	}
	d, devs, err = lds.ParseDG3(file39794(t, 0x63, "two fingers", "A10E 810108 820100 87020101 88020028"))
	if err != nil || len(devs) > 0 || len(d.Fingers) != 2 || d.Fingers[0].ImageFormat != biometric.WSQ {
		t.Fatal(devs, err)
	}
	d, devs, err = lds.ParseDG4(file39794(t, 0x76, "two irises", "A10E 810110 820100 87020101 8802002C"))
	if err != nil || len(devs) > 0 || len(d.Irises) != 2 || d.Irises[0].Width != 640 {
		t.Fatal(devs, err)
	}
	// What is said of a header that does not fit; the image is shown all the same.
	for header, rule := range map[string]string{
		"A108 87020101 88020008": "lds.dg2.format", "A104 87020101": "lds.dg2.format", "A10B 810108 87020101 8802002A": "lds.dg2.type",
		"A10C 82020000 87020101 8802002A": "lds.dg2.subtype",
	} {
		d, devs, err := lds.ParseDG2(file39794(t, 0x75, "face mandatory", header))
		if err != nil || !slices.Contains(rules(devs), rule) || len(d.Faces) != 1 {
			t.Errorf("%s: %v %v", header, devs, err)
		}
	}
	_, devs, err = lds.ParseDG3(file39794(t, 0x63, "two fingers", "A10E 810108 820105 87020101 88020028"))
	if err != nil || !slices.Contains(rules(devs), "lds.dg3.subtype") {
		t.Errorf("a thumb in the header, an index in the record: %v %v", devs, err)
	}
	_, devs, err = lds.ParseDG3(file39794(t, 0x63, "two fingers", "A108 87020101 88020028"))
	if err != nil || !slices.Contains(rules(devs), "lds.dg3.subtype") {
		t.Errorf("no sub-type: %v %v", devs, err)
	}
}

// Several templates, both ways, in both encodings.
func TestBiometricGroups(t *testing.T) {
	face, err := biometric.NewFace(portrait(t, 24, 32))
	if err != nil {
		t.Fatal(err)
	}
	right, err := biometric.NewFinger(2, pngImage(t, 30, 40))
	if err != nil {
		t.Fatal(err)
	}
	left := right
	left.Position = 7
	for _, e := range []biometric.Encoding{biometric.ISO19794, biometric.ISO39794} {
		eye, err := biometric.NewIris(1, portrait(t, 64, 48))
		if e == biometric.ISO39794 { // its formats differ
			eye, err = biometric.NewIris(1, pngImage(t, 64, 48))
			eye.Captured = &biometric.DateTime{Year: 2026, Month: 11, Day: 23, Hour: -1, Minute: -1, Second: -1, Millisecond: -1}
		}
		if err != nil {
			t.Fatal(err)
		}
		other := eye
		other.Eye = 2
		for name, c := range map[string]struct {
			make  func() ([]byte, error)
			parse func([]byte) (*lds.Biometrics, []cardprofile.Deviation, error)
			sub   []byte
		}{
			"DG2": {func() ([]byte, error) { return lds.EncodeDG2Faces(e, face, face) }, lds.ParseDG2, []byte{0, 0}},
			"DG3": {func() ([]byte, error) { return lds.EncodeDG3(e, right, left) }, lds.ParseDG3, []byte{0x09, 0x0A}},
			"DG4": {func() ([]byte, error) { return lds.EncodeDG4(e, eye, other) }, lds.ParseDG4, []byte{1, 2}},
		} {
			b, err := c.make()
			if err != nil {
				t.Fatalf("%s %s: %v", name, e, err)
			}
			d, devs, err := c.parse(b)
			if err != nil || len(devs) > 0 || len(d.Items) != 2 || len(d.Faces)+len(d.Fingers)+len(d.Irises) != 2 {
				t.Fatalf("%s %s: %v %v", name, e, devs, err)
			}
			for i, item := range d.Items {
				if item.Subtype != c.sub[i] || item.Encoding() != e || len(item.Header) != 5 {
					t.Errorf("%s %s: %X %s", name, e, item.Subtype, item.Encoding())
				}
			}
			// Stated as one, and with another element beside.
			spoilt := bytes.Replace(b, []byte{2, 1, 2}, []byte{2, 1, 1}, 1)
			if _, devs, err := c.parse(spoilt); err != nil || !slices.Contains(rules(devs), "lds."+strings.ToLower(name)+".count") {
				t.Errorf("%s %s: %v %v", name, e, devs, err)
			}
		}
	}
	for _, f := range []func() ([]byte, error){
		func() ([]byte, error) { return lds.EncodeDG2Faces(biometric.ISO19794) }, func() ([]byte, error) { return lds.EncodeDG3(biometric.ISO19794) },
		func() ([]byte, error) { return lds.EncodeDG4(biometric.ISO19794) }, func() ([]byte, error) { return lds.EncodeDG2As(0, portrait(t, 8, 8)) },
		func() ([]byte, error) {
			return lds.EncodeDG2Faces(biometric.ISO39794, slices.Repeat([]biometric.Face{face}, 10)...)
		},
		func() ([]byte, error) { return lds.EncodeEmptyDG3(nil) }, func() ([]byte, error) { return lds.EncodeEmptyDG4(make([]byte, 65)) },
	} {
		if b, err := f(); err == nil {
			t.Errorf("built %X", b)
		}
	}
}

// Doc 9303-10 (8th ed.), table 50.
func TestEmptyDG3(t *testing.T) {
	b, err := lds.EncodeEmptyDG3([]byte{0xDE, 0xAD})
	if want := []byte{0x63, 0x0A, 0x7F, 0x61, 3, 2, 1, 0, 0x53, 2, 0xDE, 0xAD}; err != nil || !bytes.Equal(b, want) {
		t.Fatalf("%X %v", b, err)
	}
	d, devs, err := lds.ParseDG3(b)
	if err != nil || len(devs) > 0 || len(d.Items) != 0 || !bytes.Equal(d.Padding, []byte{0xDE, 0xAD}) {
		t.Errorf("%v %v", devs, err)
	}
	// Without the recommended content it is still a group.
	if d, devs, err := lds.ParseDG3([]byte{0x63, 6, 0x7F, 0x61, 3, 2, 1, 0}); err != nil || len(devs) > 0 || d.Padding != nil {
		t.Errorf("%v %v", devs, err)
	}
	inside := []byte{0x63, 0x0A, 0x7F, 0x61, 7, 2, 1, 0, 0x53, 2, 0xDE, 0xAD}
	if d, devs, err := lds.ParseDG3(inside); err != nil || !slices.Contains(rules(devs), "lds.dg3.tag") || len(d.Padding) != 2 {
		t.Errorf("%v %v", devs, err)
	}
	if b, err := lds.EncodeEmptyDG4([]byte{1}); err != nil || b[0] != 0x76 {
		t.Errorf("%X %v", b, err)
	}
	if _, devs, err := lds.ParseDG2([]byte{0x75, 6, 0x7F, 0x61, 3, 2, 1, 0}); err != nil || !slices.Contains(rules(devs), "lds.dg2.count") {
		t.Errorf("an empty DG2: %v %v", devs, err)
	}
}

// Whatever stands in the three groups: an error or a value, and no image that is
// not a part of the file.
func FuzzBiometricGroups(f *testing.F) {
	f.Add(file39794(f, 0x75, "face all fields", "A108 87020101 8802002A"))
	f.Add(file39794(f, 0x63, "two fingers", "A10E 810108 820100 87020101 88020028"))
	f.Add(file39794(f, 0x76, "two irises", "A10E 810110 820100 87020101 8802002C"))
	if b, err := lds.EncodeDG2(portrait(f, 8, 8)); err == nil {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, parse := range []func([]byte) (*lds.Biometrics, []cardprofile.Deviation, error){lds.ParseDG2, lds.ParseDG3, lds.ParseDG4} {
			d, _, err := parse(b)
			if err != nil {
				continue
			}
			for _, face := range d.Faces {
				if len(face.Image) > len(b) {
					t.Fatal("an image larger than its file")
				}
			}
		}
	})
}
