package biometric_test

import (
	"bytes"
	"encoding/binary"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/biometric"
)

// The bytes of a finger image record, ISO/IEC 19794-4:2005, 7.1 and 7.2, laid
// out by hand: one WSQ image of the right index finger, 500 samples to the inch.
func handmadeFinger() []byte {
	img := wsq(300, 400)
	b := []byte("FIR\x00010\x00\x00\x00\x00\x00\x00\x00")                                // 0: format, version, length in 6 bytes
	b = append(b, 0, 0, 0, 31, 1, 1)                                                     // 14: device, acquisition level 31, one image, per inch
	b = append(b, 1, 0xF4, 1, 0xF4, 1, 0xF4, 1, 0xF4, 8, 2, 0, 0)                        // 20: four resolutions, depth, WSQ, reserved
	b = binary.BigEndian.AppendUint32(b, uint32(14+len(img)))                            // 32: length of the view
	b = append(append(b, 2, 1, 1, 87, 0, 300>>8, 300&0xFF, 400>>8, 400&0xFF, 0), img...) // right index, 1 of 1, quality, plain, size
	binary.BigEndian.PutUint32(b[10:], uint32(len(b)))
	return b
}

// The same of ISO/IEC 19794-6:2005: a left eye in JPEG 2000.
func handmadeIris() []byte {
	img := jp2(640, 480, 1)
	b := []byte("IIR\x00010\x00\x00\x00\x00\x00\x00\x00\x01\x00\x2D\x00\x05\x00\xDC\x00\x0E\x02\x80\x01\xE0\x08\x00") // 0 to 28
	b = append(b, "D000000000000007"...)                                                                              // 29: device
	b = append(b, 2, 0, 1)                                                                                            // 45: left, one image
	b = append(b, 0, 1, 60, 0xFF, 0xFF, 0xFF, 0xFF)                                                                   // 48: number, quality, rotation
	b = append(binary.BigEndian.AppendUint32(b, uint32(len(img))), img...)
	binary.BigEndian.PutUint32(b[8:], uint32(len(b)))
	return b
}

func TestFingerRecord(t *testing.T) {
	b := handmadeFinger()
	h, views, devs, err := biometric.ParseFingerRecord(b)
	clean(t, devs, err)
	if h.Level != 31 || h.Units != 1 || h.ImageX != 500 || h.Depth != 8 || h.Compression != 2 || len(views) != 1 {
		t.Errorf("%+v", h)
	}
	if v := views[0]; v.Position != 2 || v.Views != 1 || v.View != 1 || v.Quality != 87 || v.Width != 300 || v.Height != 400 || !bytes.Equal(v.Image, wsq(300, 400)) {
		t.Errorf("%d %d", v.Position, v.Quality)
	}
	neutral, _, _ := biometric.ParseFingers(biometric.ISO19794, b)
	f := neutral[0]
	if f.PerInch != 500 || f.Subtype() != 0x09 || f.MIME() != "image/x-wsq" || f.Qualities[0].Score != 87 {
		t.Errorf("%d %X", f.PerInch, f.Subtype())
	}
	again, err := biometric.EncodeFingers(biometric.ISO19794, f)
	if err != nil || !bytes.Equal(again, b) {
		t.Errorf("written as %X %v", again, err)
	}
	// And through the other encoding, which wants to know whose score it is.
	if _, err := biometric.EncodeFingers(biometric.ISO39794, f); err == nil {
		t.Error("a quality of no named algorithm was written")
	}
	f.Qualities = nil
	other, err := biometric.EncodeFingers(biometric.ISO39794, f)
	if err != nil {
		t.Fatal(err)
	}
	list, devs, err := biometric.ParseFingers(biometric.ISO39794, other)
	clean(t, devs, err)
	if g := list[0]; g.Position != 2 || g.PerInch != 500 || !bytes.Equal(g.Image, f.Image) || g.Width != 300 {
		t.Errorf("%d %d", g.Position, g.PerInch)
	}
}

func TestIrisRecord(t *testing.T) {
	b := handmadeIris()
	h, images, devs, err := biometric.ParseIrisRecord(b)
	clean(t, devs, err)
	if h.Properties != 5 || h.Diameter != 220 || h.Format != 14 || h.Width != 640 || h.Height != 480 || h.Depth != 8 || string(h.DeviceID[:2]) != "D0" {
		t.Errorf("%+v", h)
	}
	if f := images[0]; len(images) != 1 || f.Eye != 2 || f.Number != 1 || f.Quality != 60 || f.Rotation != 0xFFFF || !bytes.Equal(f.Image, jp2(640, 480, 1)) {
		t.Errorf("%d", f.Eye)
	}
	again, err := biometric.EncodeIrisRecord(h, images...)
	if err != nil || !bytes.Equal(again, b) {
		t.Errorf("written as %X %v", again, err)
	}
	neutral, _, _ := biometric.ParseIrises(biometric.ISO19794, b)
	f := neutral[0]
	f.Qualities = nil
	f.Captured = &biometric.DateTime{Year: 2026, Month: -1, Day: -1, Hour: -1, Minute: -1, Second: -1, Millisecond: -1}
	other, err := biometric.EncodeIrises(biometric.ISO39794, f)
	if err != nil {
		t.Fatal(err)
	}
	list, devs, err := biometric.ParseIrises(biometric.ISO39794, other)
	clean(t, devs, err)
	if g := list[0]; g.Eye != 2 || g.Depth != 8 || g.Width != 640 || !bytes.Equal(g.Image, f.Image) || g.Captured.Month != -1 {
		t.Errorf("%d", g.Eye)
	}
}

func TestIrisesOfTwoEyes(t *testing.T) {
	right, err := biometric.NewIris(1, jpg(t, 64, 48, true))
	if err != nil {
		t.Fatal(err)
	}
	left := right
	left.Eye = 2
	b, err := biometric.EncodeIrises(biometric.ISO19794, right, right, left)
	if err != nil {
		t.Fatal(err)
	}
	list, devs, err := biometric.ParseIrises(biometric.ISO19794, b)
	clean(t, devs, err)
	if len(list) != 3 || list[0].Eye != 1 || list[1].Record.Number != 2 || list[2].Eye != 2 {
		t.Errorf("%v", list)
	}
	if _, err := biometric.EncodeIrises(biometric.ISO19794, right, left, right); err == nil {
		t.Error("an eye in two places")
	}
}

func TestRecordDeviations(t *testing.T) {
	finger := func(b []byte) ([]cardprofile.Deviation, error) {
		_, _, devs, err := biometric.ParseFingerRecord(b)
		return devs, err
	}
	iris := func(b []byte) ([]cardprofile.Deviation, error) {
		_, _, devs, err := biometric.ParseIrisRecord(b)
		return devs, err
	}
	for _, c := range []struct {
		name, rule string
		read       func([]byte) ([]cardprofile.Deviation, error)
		good       []byte
		at         int
		to         byte
	}{
		{"finger version", "version", finger, handmadeFinger(), 6, '9'}, {"finger length", "length", finger, handmadeFinger(), 13, 1},
		{"finger long length", "length", finger, handmadeFinger(), 8, 1}, {"finger reserved", "reserved", finger, handmadeFinger(), 31, 1},
		{"view length", "block", finger, handmadeFinger(), 33, 1}, {"view quality", "quality", finger, handmadeFinger(), 39, 101},
		{"view size", "size", finger, handmadeFinger(), 42, 9}, {"compression", "datatype", finger, handmadeFinger(), 29, 4},
		{"unknown compression", "datatype", finger, handmadeFinger(), 29, 6}, {"raw", "image", finger, handmadeFinger(), 29, 0},
		{"iris version", "version", iris, handmadeIris(), 6, '9'}, {"iris length", "length", iris, handmadeIris(), 8, 1},
		{"iris header length", "header", iris, handmadeIris(), 16, 44}, {"iris format", "datatype", iris, handmadeIris(), 22, 6},
		{"unknown format", "datatype", iris, handmadeIris(), 22, 18}, {"raw iris", "image", iris, handmadeIris(), 22, 2},
		{"iris size", "size", iris, handmadeIris(), 24, 1}, {"eye", "eye", iris, handmadeIris(), 45, 3}, {"iris quality", "quality", iris, handmadeIris(), 50, 101},
	} {
		b := bytes.Clone(c.good)
		b[c.at] = c.to
		devs, err := c.read(b)
		found := false
		for _, d := range devs {
			found = found || strings.HasSuffix(d.Rule, "."+c.rule)
		}
		if err != nil || !found {
			t.Errorf("%s: %v %v", c.name, devs, err)
		}
		if devs, err := c.read(append(bytes.Clone(c.good), 0)); err != nil || len(devs) != 2 {
			t.Errorf("%s with a byte behind: %v %v", c.name, devs, err)
		}
		for i := range c.good { // cut anywhere: never silently good
			if devs, err := c.read(c.good[:i]); err == nil && len(devs) == 0 {
				t.Fatalf("%s cut at %d is good", c.name, i)
			}
		}
	}
}

func TestFingerRecordProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := biometric.FingerHeader{
			Device: rapid.Uint16().Draw(t, "device"), Level: rapid.Uint16().Draw(t, "level"), Units: rapid.Byte().Draw(t, "units"),
			ScanX: rapid.Uint16().Draw(t, "x"), ImageY: rapid.Uint16().Draw(t, "y"), Depth: 8, Compression: 2,
		}
		var views []biometric.FingerRecord
		for range rapid.IntRange(1, 4).Draw(t, "n") {
			views = append(views, biometric.FingerRecord{
				Position: rapid.Byte().Draw(t, "p"), Views: rapid.Byte().Draw(t, "of"), View: rapid.Byte().Draw(t, "view"), Quality: rapid.ByteRange(0, 100).Draw(t, "q"),
				Impression: rapid.Byte().Draw(t, "i"), Width: 300, Height: 400, Image: wsq(300, 400),
			})
		}
		b, err := biometric.EncodeFingerRecord(h, views...)
		if err != nil {
			t.Fatal(err)
		}
		h2, back, devs, err := biometric.ParseFingerRecord(b)
		if err != nil || len(devs) > 0 || h2 != h || !reflect.DeepEqual(back, views) {
			t.Fatal(devs, err)
		}
	})
}

// Whatever the bytes are: no panic, and what has no deviations is written the
// same way again.
func FuzzParseFingers(f *testing.F) {
	f.Add(handmadeFinger())
	f.Add(blocks(f)["two fingers"])
	f.Fuzz(func(t *testing.T, b []byte) {
		if h, views, devs, err := biometric.ParseFingerRecord(b); err == nil && len(devs) == 0 {
			again, err := biometric.EncodeFingerRecord(h, views...)
			if err != nil || !bytes.Equal(again, b) {
				for _, v := range views {
					if v.Width == 0 || v.Height == 0 {
						return // raw images of no size cannot be built
					}
				}
				t.Fatalf("a record without deviations is written differently: %v", err)
			}
		}
		if list, devs, err := biometric.ParseFingerBlocks(b); err == nil && len(devs) == 0 {
			again, err := biometric.EncodeFingerBlocks(list...)
			rewritten(t, b, again, err, list[0].Extensions)
		}
		_, _, _ = biometric.ParseFingers(biometric.ISO19794, b)
		_, _, _ = biometric.ParseFingers(biometric.ISO39794, b)
	})
}

func FuzzParseIrises(f *testing.F) {
	f.Add(handmadeIris())
	f.Add(blocks(f)["two irises"])
	f.Fuzz(func(t *testing.T, b []byte) {
		if h, images, devs, err := biometric.ParseIrisRecord(b); err == nil && len(devs) == 0 {
			again, err := biometric.EncodeIrisRecord(h, images...)
			if err == nil && !bytes.Equal(again, b) {
				t.Fatal("a record without deviations is written differently")
			}
		}
		if list, devs, err := biometric.ParseIrisBlocks(b); err == nil && len(devs) == 0 {
			again, err := biometric.EncodeIrisBlocks(list...)
			rewritten(t, b, again, err, list[0].Extensions)
		}
		_, _, _ = biometric.ParseIrises(biometric.ISO19794, b)
		_, _, _ = biometric.ParseIrises(biometric.ISO39794, b)
	})
}

func FuzzParseFaceBlocks(f *testing.F) {
	f.Add(blocks(f)["face all fields"])
	f.Add(blocks(f)["face mandatory"])
	f.Fuzz(func(t *testing.T, b []byte) {
		list, devs, err := biometric.ParseFaceBlocks(b)
		if err != nil || len(devs) > 0 {
			return
		}
		// What is written is the application profile, so only what it reads as
		// again can be compared.
		again, err := biometric.EncodeFaceBlocks(list...)
		if err != nil || len(list[0].Extensions) > 0 {
			return
		}
		back, devs, err := biometric.ParseFaceBlocks(again)
		if err != nil || len(devs) > 0 || !reflect.DeepEqual(back, list) {
			t.Fatalf("a block reads differently the second time: %v %v", devs, err)
		}
	})
}

// rewritten holds a block against what is written from it. The fallback of an
// extension is written as a plain code, and extensions are left out.
func rewritten(t *testing.T, b, again []byte, err error, extensions []biometric.Extension) {
	if err != nil {
		return // building is stricter than reading
	}
	if len(extensions) == 0 && len(again) > len(b) {
		t.Fatalf("a block without deviations is written longer: %d for %d bytes", len(again), len(b))
	}
}
