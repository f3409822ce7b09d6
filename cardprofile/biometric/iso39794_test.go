package biometric_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/biometric"
	"github.com/chipid-toolkit/chipid/testcards/vectors"
)

// blocks are data blocks that another encoder made from values written by hand.
func blocks(t testing.TB) map[string][]byte {
	var f struct {
		Blocks []struct {
			Name, Modality string
			Hex            vectors.Hex
		}
	}
	vectors.Load(t, "iso39794.json", &f)
	out := map[string][]byte{}
	for _, b := range f.Blocks {
		out[b.Name] = tlv.Encode(0xA1, b.Hex) // as 7F2E holds it
	}
	if len(out) != 4 {
		t.Fatal("the vectors are not all there")
	}
	return out
}

func clean(t *testing.T, devs []cardprofile.Deviation, err error) {
	t.Helper()
	if err != nil || len(devs) > 0 {
		t.Fatal(devs, err)
	}
}

func TestFaceBlockMandatory(t *testing.T) {
	b := blocks(t)["face mandatory"]
	faces, devs, err := biometric.ParseFaceBlocks(b)
	clean(t, devs, err)
	if len(faces) != 1 || *faces[0].DataFormat != 3 || faces[0].Kind != nil || !bytes.Equal(faces[0].Image, jp2(30, 40, 3)) {
		t.Errorf("%d", len(faces))
	}
	again, err := biometric.EncodeFaceBlocks(faces...)
	if err != nil || !bytes.Equal(again, b) {
		t.Errorf("written as\n%X\nwant\n%X\n%v", again, b, err)
	}
	neutral, _, _ := biometric.ParseFaces(biometric.ISO39794, b)
	if f := neutral[0]; f.Encoding != biometric.ISO39794 || f.Width != 30 || f.Height != 40 || f.MIME() != "image/jp2" || f.Gender != "" || f.Properties != nil || f.Record != nil {
		t.Errorf("%#v", f.MIME())
	}
}

func TestFaceBlockAllFields(t *testing.T) {
	b := blocks(t)["face all fields"]
	faces, devs, err := biometric.ParseFaceBlocks(b)
	clean(t, devs, err)
	want := biometric.FaceBlock{
		Image: jp2(30, 40, 3), DataFormat: new(3), Kind: new(0), LossyAttempts: new(1), CameraDistance: new(3000), SensorDiagonal: new(43), FocalLength: new(55),
		Processing: biometric.Flags{"rotated": false, "cropped": true, "down-sampled": false, "white-balance-adjusted": false, "multiply-compressed": false,
			"interpolated": false, "contrast-stretched": false, "pose-corrected": false, "multi-view-image": false, "age-progressed": false,
			"super-resolution-processed": false, "normalised": false},
		Size: &biometric.ImageSize{Width: 30, Height: 40}, Measurements: &biometric.FaceMeasurements{HeadWidth: new(300), EyeDistance: new(150), EyeToMouth: new(180), HeadLength: new(500)},
		ColourSpace: new(2), ColourReference: []byte{0x80, 2, 'A', 'B'},
		Spectrum: biometric.Flags{"white-light": true, "near-infrared": false, "thermal": false}, Technology: new(2),
		Captured:  &biometric.DateTime{Year: 2024, Month: 1, Day: 20, Hour: 13, Minute: 23, Second: 9, Millisecond: 908},
		Qualities: []biometric.Quality{{Algorithm: biometric.RegistryID{Organization: 1, ID: 1}, Score: 99}, {Algorithm: biometric.RegistryID{Organization: 1, ID: 2}, Score: -1}},
		PAD:       []byte{0xA0, 5, 0xA1, 3, 0x80, 1, 0, 0x85, 1, 5, 0x87, 1, 'P'}, Session: new(9), DerivedFrom: new(0),
		Model: &biometric.RegistryID{Organization: 1, ID: 1}, Certifications: []biometric.RegistryID{{Organization: 2, ID: 2}},
		Gender: new(3), EyeColour: new(3), HairColour: new(5), Height: new(1786),
		Properties: biometric.Flags{"glasses": true, "moustache": false, "beard": false, "teeth-visible": false, "pupil-or-iris-not-visible": false, "mouth-open": false,
			"left-eye-patch": false, "right-eye-patch": false, "dark-glasses": false, "biometric-absent": false, "head-coverings": false},
		Expression: biometric.Flags{"neutral": true, "smile": false, "raised-eyebrows": false, "eyes-looking-away": false, "squinting": false, "frowning": false},
		Pose: &biometric.Pose{Yaw: &biometric.Angle{Degrees: -2, Uncertainty: new(1)}, Pitch: &biometric.Angle{Degrees: 130, Uncertainty: new(180)},
			Roll: &biometric.Angle{Degrees: -180, Uncertainty: new(2)}},
		Landmarks: []biometric.Landmark{{Scheme: "mpeg4", Code: 10, X: 90, Y: 22, Z: -1}, {Scheme: "point-id", Code: 37, X: 1, Y: 300, Z: 65535}},
	}
	got, exp := reflect.ValueOf(faces[0]), reflect.ValueOf(want)
	for i := range got.NumField() {
		if !reflect.DeepEqual(got.Field(i).Interface(), exp.Field(i).Interface()) {
			t.Errorf("%s: %#v, want %#v", got.Type().Field(i).Name, got.Field(i).Interface(), exp.Field(i).Interface())
		}
	}
	if n := faces[0].Landmarks[0].Name(); n != "2.11" {
		t.Errorf("landmark %s", n)
	}
	again, err := biometric.EncodeFaceBlocks(faces...)
	if err != nil || !bytes.Equal(again, b) {
		t.Errorf("written as\n%X\nwant\n%X\n%v", again, b, err)
	}
	neutral, _, _ := biometric.ParseFaces(biometric.ISO39794, b)
	if f := neutral[0]; f.Gender != "female" || f.EyeColour != "blue" || f.HairColour != "brown" || !f.Properties["glasses"] || f.Captured.Year != 2024 {
		t.Errorf("%s %s %s", f.Gender, f.EyeColour, f.HairColour)
	}
}

func TestFingerBlocks(t *testing.T) {
	b := blocks(t)["two fingers"]
	list, devs, err := biometric.ParseFingerBlocks(b)
	clean(t, devs, err)
	again, err := biometric.EncodeFingerBlocks(list...)
	if err != nil || !bytes.Equal(again, b) {
		t.Errorf("written as\n%X\nwant\n%X\n%v", again, b, err)
	}
	f := list[0]
	if *f.Position != 7 || *f.DataFormat != 1 || f.Captured.Month != 2 || f.Captured.Day != -1 || f.Device.Model.ID != 300 || *f.Device.Technology != 3 ||
		f.Sampling.Samples != 500 || *f.PositionComputed || *f.Rotation != 359 || !*f.Upright || !*f.Lossy || strings.Join(f.Comments, "|") != "one|two" {
		t.Errorf("%+v", *f.Captured)
	}
	neutral, _, _ := biometric.ParseFingers(biometric.ISO39794, b)
	if f := neutral[0]; f.Position != 7 || f.Subtype() != 0x0A || f.Width != 300 || f.Height != 400 || f.PerInch != 500 || f.ImageFormat != biometric.WSQ || f.PositionName() != "left index" {
		t.Errorf("%d %X %s", f.Position, f.Subtype(), f.ImageFormat)
	}
	if f := neutral[1]; f.Subtype() != 0x05 || f.Impression != 29 || f.ImageFormat != biometric.PNG {
		t.Errorf("%X %d", f.Subtype(), f.Impression)
	}
}

func TestIrisBlocks(t *testing.T) {
	b := blocks(t)["two irises"]
	list, devs, err := biometric.ParseIrisBlocks(b)
	clean(t, devs, err)
	again, err := biometric.EncodeIrisBlocks(list...)
	if err != nil || !bytes.Equal(again, b) {
		t.Errorf("written as\n%X\nwant\n%X\n%v", again, b, err)
	}
	f := list[0]
	if f.Eye != 2 || *f.Kind != 2 || *f.Range != 300 || f.RangeError != nil || f.Compression != 2 || f.Roll.Angle != -5 || *f.Localisation.CentreXMin != 319 || f.Localisation.CentreYMin != nil {
		t.Errorf("%d", f.Eye)
	}
	if list[1].Range != nil || *list[1].RangeError != 1 {
		t.Error("ranging error")
	}
	neutral, _, _ := biometric.ParseIrises(biometric.ISO39794, b)
	if f := neutral[0]; f.EyeName() != "left" || f.Subtype() != 2 || f.Width != 640 || f.Height != 480 || f.Depth != 8 {
		t.Errorf("%v", f)
	}
}

// What the base standard and later editions do otherwise is read all the same;
// each case is one change to a good block.
func TestBlockDeviations(t *testing.T) {
	all, least := blocks(t)["face all fields"], blocks(t)["face mandatory"]
	swap := func(b []byte, from, to string) []byte {
		f, err := hexBytes(from)
		if err != nil {
			t.Fatal(err)
		}
		g, err := hexBytes(to)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Count(b, f) != 1 || len(f) != len(g) {
			t.Fatalf("%s stands there %d times", from, bytes.Count(b, f))
		}
		return bytes.Replace(b, f, g, 1)
	}
	for _, c := range []struct {
		name string
		b    []byte
		rule string // "" for none
	}{
		{"a later field", swap(all, "850109 860100", "8B0109 860100"), "order"},
		{"a value of a later edition", swap(least, "A003800103", "A003810103"), "form"},
		{"a code out of its table", swap(least, "A003800103", "A003800109"), "range"},
		{"another image format", swap(least, "A003800103", "A003800102"), "datatype"},
		{"an old version", swap(least, "80010381 0207E3", "80010281 0207E3"), "range"},
		{"a size that is not the image's", swap(all, "A706 80011E", "A706 80011F"), "size"},
		{"a truth value of BER", swap(all, "8101FF 820100", "810101 820100"), "der"},
		{"a wrong kind of landmark", swap(all, "A007A005A10380010A", "A007A205A10380010A"), "landmark"},
		{"a field twice", swap(all, "850109 860100", "850109 850100"), "order"},
		{"a universal tag", swap(all, "850109 860100", "020109 860100"), "tag"},
	} {
		faces, devs, err := biometric.ParseFaceBlocks(c.b)
		found := c.rule == "" && len(devs) == 0
		for _, d := range devs {
			found = found || d.Rule == "biometric.face."+c.rule
		}
		if err != nil || !found || len(faces) != 1 || faces[0].Image == nil {
			t.Errorf("%s: %v %v", c.name, devs, err)
		}
	}
}

// put wraps content as a DER element, for blocks that are made by hand here.
func put(tag tlv.Tag, parts ...[]byte) []byte { return tlv.Encode(tag, parts...) }

func handmade(information, after, more []byte) []byte {
	picture := put(0xA1, put(0xA0, put(0xA0, put(0x80, jp2(30, 40, 3)), put(0xA1, information))))
	block := append(put(0xA0, put(0x80, []byte{3}), put(0x81, []byte{7, 0xE3})), put(0xA1, put(0x30, put(0x80, []byte{0}), picture, after))...)
	return put(0xA1, put(0x65, block, more))
}

func TestBlockVariants(t *testing.T) {
	format := put(0xA0, put(0x80, []byte{3}))
	plain := append(bytes.Clone(format), put(0xA1, put(0x80, []byte{0}))...) // kind as the base standard writes it
	person := put(0xA8, put(0xA0, put(0x80, []byte{2})))                     // gender likewise
	t.Run("base standard", func(t *testing.T) {
		faces, devs, err := biometric.ParseFaces(biometric.ISO39794, handmade(plain, person, nil))
		clean(t, devs, err)
		if *faces[0].Block.Kind != 0 || faces[0].Gender != "male" {
			t.Error(faces[0].Gender)
		}
	})
	t.Run("extensions are kept", func(t *testing.T) {
		later := append(bytes.Clone(format), put(0xAC, put(0x80, []byte{1}))...)
		faces, devs, err := biometric.ParseFaceBlocks(handmade(later, put(0x8A, []byte{5}), put(0x82, []byte{6})))
		clean(t, devs, err)
		var got []string
		for _, x := range faces[0].Extensions {
			got = append(got, fmt.Sprintf("%s=%X", x.Path, x.Raw))
		}
		if want := "block.representation.image.base.2d.information.12=AC03800101|block.representation.10=8A0105|block.2=820106"; strings.Join(got, "|") != want {
			t.Errorf("%s", strings.Join(got, "|"))
		}
	})
	t.Run("a format of a later edition", func(t *testing.T) {
		faces, devs, err := biometric.ParseFaces(biometric.ISO39794, handmade(put(0xA0, put(0xA1)), nil, nil))
		if err != nil || len(devs) != 1 || devs[0].Rule != "biometric.face.extension" || faces[0].Block.DataFormat != nil || faces[0].MIME() != "image/jp2" {
			t.Error(devs, err)
		}
	})
	t.Run("a bare code", func(t *testing.T) {
		faces, devs, err := biometric.ParseFaceBlocks(handmade(put(0x80, []byte{3}), nil, nil))
		if err != nil || len(devs) != 1 || devs[0].Rule != "biometric.face.form" || *faces[0].DataFormat != 3 {
			t.Error(devs, err)
		}
	})
	t.Run("no envelope", func(t *testing.T) {
		b := handmade(format, nil, nil)
		n, _, _ := tlv.Parse(b)
		faces, devs, err := biometric.ParseFaces(biometric.ISO39794, n.Value)
		if err != nil || len(faces) != 1 || len(devs) != 1 || devs[0].Rule != "biometric.face.envelope" {
			t.Error(devs, err)
		}
	})
	t.Run("a 3D shape alone", func(t *testing.T) {
		block := append(put(0xA0, put(0x80, []byte{3}), put(0x81, []byte{7, 0xE3})), put(0xA1, put(0x30, put(0x80, []byte{0}), put(0xA1, put(0xA0, put(0xA1)))))...)
		faces, devs, err := biometric.ParseFaces(biometric.ISO39794, put(0xA1, put(0x65, block)))
		if err != nil || len(faces) != 0 || len(devs) == 0 {
			t.Error(devs, err)
		}
	})
	for name, b := range map[string][]byte{
		"nothing": nil, "another part": put(0xA1, put(0x64)), "no version": put(0xA1, put(0x65, put(0xA1, put(0x30)))),
		"no representation": put(0xA1, put(0x65, put(0xA0, put(0x80, []byte{3}), put(0x81, []byte{7, 0xE3})))), "cut": handmade(format, nil, nil)[:40],
	} {
		if _, _, err := biometric.ParseFaces(biometric.ISO39794, b); err == nil {
			t.Errorf("%s: read", name)
		}
	}
}

func TestBuildBlocksStrictly(t *testing.T) {
	good, err := biometric.NewFace(jpg(t, 16, 16, false))
	if err != nil {
		t.Fatal(err)
	}
	made, err := biometric.EncodeFaces(biometric.ISO39794, good)
	if err != nil {
		t.Fatal(err)
	}
	parsed, _, _ := biometric.ParseFaceBlocks(made)
	for name, spoil := range map[string]func(f *biometric.FaceBlock){
		"format": func(f *biometric.FaceBlock) { f.DataFormat = new(3) }, "no format": func(f *biometric.FaceBlock) { f.DataFormat = nil },
		"size": func(f *biometric.FaceBlock) { f.Size = &biometric.ImageSize{Width: 1, Height: 1} }, "kind": func(f *biometric.FaceBlock) { f.Kind = new(1) },
		"gender": func(f *biometric.FaceBlock) { f.Gender = new(0) }, "image": func(f *biometric.FaceBlock) { f.Image = []byte("text") },
		"png": func(f *biometric.FaceBlock) { f.Image = picturePNG(t, 16, 16) }, "range": func(f *biometric.FaceBlock) { f.CameraDistance = new(50001) },
		"flag": func(f *biometric.FaceBlock) { f.Properties = biometric.Flags{"hat": true} }, "landmark": func(f *biometric.FaceBlock) { f.Landmarks = []biometric.Landmark{{}} },
		"angle": func(f *biometric.FaceBlock) { f.Pose = &biometric.Pose{Yaw: &biometric.Angle{Degrees: 181}} },
	} {
		f := parsed[0]
		spoil(&f)
		if _, err := biometric.EncodeFaceBlocks(f); err == nil {
			t.Errorf("%s: built", name)
		}
	}
	if _, err := biometric.EncodeFaceBlocks(parsed[0], parsed[0]); err == nil {
		t.Error("two representations in one block")
	}
	eye, _ := biometric.NewIris(1, picturePNG(t, 64, 48))
	if _, err := biometric.EncodeIrises(biometric.ISO39794, eye); err == nil {
		t.Error("an iris without its required time of capture")
	}
}

// One neutral face goes through both encodings and comes back the same.
func TestNeutralFaces(t *testing.T) {
	img := jpg(t, 16, 24, true)
	rapid.Check(t, func(t *rapid.T) {
		f, err := biometric.NewFace(img)
		if err != nil {
			t.Fatal(err)
		}
		f.Gender = rapid.SampledFrom([]string{"", "male", "female"}).Draw(t, "gender")
		f.EyeColour = rapid.SampledFrom([]string{"", "black", "blue", "brown", "grey", "green", "multi-coloured", "pink", "unknown"}).Draw(t, "eye")
		f.HairColour = rapid.SampledFrom([]string{"", "bald", "black", "blonde", "brown", "grey", "white", "red", "unknown"}).Draw(t, "hair")
		for _, e := range []biometric.Encoding{biometric.ISO19794, biometric.ISO39794} {
			b, err := biometric.EncodeFaces(e, f)
			if err != nil {
				t.Fatal(err)
			}
			list, devs, err := biometric.ParseFaces(e, b)
			if err != nil || len(devs) > 0 || len(list) != 1 {
				t.Fatal(devs, err)
			}
			g := list[0]
			if g.Encoding != e || (g.Record != nil) != (e == biometric.ISO19794) || (g.Block != nil) != (e == biometric.ISO39794) {
				t.Fatal("not the encoding asked for")
			}
			if !bytes.Equal(g.Image, img) || g.Width != 16 || g.Height != 24 || g.Gender != f.Gender || g.EyeColour != f.EyeColour || g.HairColour != f.HairColour {
				t.Fatalf("%s: %s %s %s", e, g.Gender, g.EyeColour, g.HairColour)
			}
		}
	})
	f, _ := biometric.NewFace(img)
	f.EyeColour = "hazel"
	if _, err := biometric.EncodeFaces(biometric.ISO19794, f); err == nil {
		t.Error("a colour that the old encoding has no code for")
	}
}

// OpenSSL reads what is written, down to the last element.
func TestOpenSSLReadsTheBlocks(t *testing.T) {
	tool, err := exec.LookPath("openssl")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("openssl is not installed")
		}
		t.Skip("openssl is not installed: the check of the DER needs it")
	}
	face, _ := biometric.NewFace(jpg(t, 16, 16, false))
	face.Gender, face.Captured = "female", &biometric.DateTime{Year: 2026, Month: 11, Day: -1, Hour: -1, Minute: -1, Second: -1, Millisecond: -1}
	finger, _ := biometric.NewFinger(2, wsq(300, 400))
	eye, _ := biometric.NewIris(1, picturePNG(t, 64, 48))
	eye.Captured = face.Captured
	for name, c := range map[string]struct {
		make func() ([]byte, error)
		want []string
	}{
		"face":   {func() ([]byte, error) { return biometric.EncodeFaces(biometric.ISO39794, face) }, []string{"appl [ 5 ]", "l=   2 prim: cont [ 1 ]"}},
		"finger": {func() ([]byte, error) { return biometric.EncodeFingers(biometric.ISO39794, finger) }, []string{"appl [ 4 ]"}},
		"iris":   {func() ([]byte, error) { return biometric.EncodeIrises(biometric.ISO39794, eye) }, []string{"appl [ 6 ]"}},
	} {
		b, err := c.make()
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(tool, "asn1parse", "-inform", "DER", "-in", path).CombinedOutput()
		if err != nil {
			t.Errorf("%s: %s", name, out)
		}
		for _, want := range append(c.want, "cont [ 1 ]", "SEQUENCE") {
			if !strings.Contains(string(out), want) {
				t.Errorf("%s: no %q in\n%s", name, want, out)
			}
		}
	}
}

func TestNothingPrintsPixels(t *testing.T) {
	face, _ := biometric.NewFace(jpg(t, 16, 16, false))
	finger, _ := biometric.NewFinger(2, wsq(300, 400))
	eye, _ := biometric.NewIris(1, picturePNG(t, 64, 48))
	for _, v := range []any{face, finger, eye, &face, &finger, &eye, biometric.FaceBlock{Image: face.Image}, biometric.FingerRecord{Image: face.Image}, biometric.IrisBlock{Image: face.Image}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%x", "%s"} {
			if s := fmt.Sprintf(verb, v); len(s) > 30 {
				t.Errorf("%s of %T prints %.60s", verb, v, s)
			}
		}
		var b bytes.Buffer
		slog.New(slog.NewJSONHandler(&b, nil)).Info("x", "v", v)
		if b.Len() > 200 {
			t.Errorf("%T in a log: %d bytes", v, b.Len())
		}
	}
}

func hexBytes(s string) (vectors.Hex, error) {
	var h vectors.Hex
	err := h.UnmarshalJSON([]byte(`"` + s + `"`))
	return h, err
}
