package pwg_test

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/chipid-toolkit/chipid/hsm/hsmtest"
	"github.com/chipid-toolkit/chipid/printer/pwg"
)

// picture has lines that repeat, runs of every length up to 300, and noise.
func picture(w, h int, seed uint64) *image.RGBA {
	r := rand.New(rand.NewPCG(seed, 1))
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := 0; y < h; y++ {
		if y > 0 && r.IntN(3) == 0 {
			copy(img.Pix[y*img.Stride:(y+1)*img.Stride], img.Pix[(y-1)*img.Stride:y*img.Stride])
			continue
		}
		for x := 0; x < w; {
			run := 1
			if r.IntN(2) == 0 {
				run += r.IntN(300)
			}
			c := color.RGBA{uint8(r.IntN(4) * 85), uint8(r.IntN(256)), uint8(r.IntN(2) * 255), 0xFF}
			for ; run > 0 && x < w; run-- {
				img.SetRGBA(x, y, c)
				x++
			}
		}
	}
	return img
}

func header(img image.Image, space pwg.Space) pwg.Header {
	return pwg.Header{
		Space: space, DPI: [2]int{300, 300}, Width: img.Bounds().Dx(), Height: img.Bounds().Dy(), Points: [2]int{153, 244}, Name: "om_card_54x86mm",
		Duplex: true, Tumble: true, Pages: 2, CrossFeed: -1, Feed: 1,
	}
}

func write(t testing.TB, space pwg.Space, pages ...image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	w := pwg.NewWriter(&b)
	for _, p := range pages {
		if err := w.Page(header(p, space), p); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	tall := image.NewRGBA(image.Rect(0, 0, 3, 700)) // more equal lines than one count holds
	for _, img := range []*image.RGBA{picture(638, 1011, 1), picture(1, 1, 2), picture(129, 5, 3), picture(128, 5, 4), picture(2, 300, 5), tall} {
		r := pwg.NewReader(bytes.NewReader(write(t, pwg.SRGB, img, img)))
		for page := range 2 {
			h, got, err := r.Next()
			if err != nil {
				t.Fatalf("%v page %d: %v", img.Rect, page, err)
			}
			if want := header(img, pwg.SRGB); h.Space != want.Space || h.Name != want.Name || h.DPI != want.DPI || h.Points != want.Points ||
				!h.Duplex || !h.Tumble || h.Pages != 2 || h.CrossFeed != -1 || h.Feed != 1 || h.Bits != 24 {
				t.Errorf("header %+v", h)
			}
			opaque := image.NewRGBA(img.Rect)
			for i := 0; i < len(img.Pix); i += 4 {
				for j := range 3 {
					opaque.Pix[i+j] = img.Pix[i+j] + (0xFF - img.Pix[i+3])
				}
				opaque.Pix[i+3] = 0xFF
			}
			if !bytes.Equal(got.(*image.RGBA).Pix, opaque.Pix) {
				t.Errorf("%v page %d: other pixels", img.Rect, page)
			}
		}
		if _, _, err := r.Next(); err != io.EOF {
			t.Errorf("after the last page: %v", err)
		}
	}
}

func TestOtherKindsOfPictures(t *testing.T) {
	gray := image.NewNRGBA(image.Rect(5, 5, 25, 8))
	gray.SetNRGBA(6, 6, color.NRGBA{0, 0, 0, 0x80})
	_, got, err := pwg.NewReader(bytes.NewReader(write(t, pwg.SGray, gray))).Next()
	if err != nil {
		t.Fatal(err)
	}
	g := got.(*image.Gray)
	if g.Rect != image.Rect(0, 0, 20, 3) || g.GrayAt(0, 0).Y != 0xFF || g.GrayAt(1, 1).Y != 0x7F {
		t.Errorf("grey page: %v %v", g.Rect, g.Pix)
	}
}

func TestWriterRefuses(t *testing.T) {
	img := picture(20, 10, 1)
	for name, c := range map[string]struct {
		change func(*pwg.Header)
		want   error
	}{
		"a space it does not write": {func(h *pwg.Header) { h.Space = pwg.Black }, pwg.ErrUnsupported},
		"another size":              {func(h *pwg.Header) { h.Width++ }, pwg.ErrImage},
		"no resolution":             {func(h *pwg.Header) { h.DPI[1] = 0 }, pwg.ErrHeader},
		"too large":                 {func(h *pwg.Header) { h.Height = pwg.MaxSide + 1 }, pwg.ErrTooLarge},
	} {
		h := header(img, pwg.SRGB)
		c.change(&h)
		if err := pwg.NewWriter(io.Discard).Page(h, img); !errors.Is(err, c.want) || !errors.Is(err, pwg.Err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// at are offsets in a document of one page: the header begins at 4.
const (
	atWidth, atBits, atPerLine, atOrder, atSpace, atCross = 4 + 372, 4 + 388, 4 + 392, 4 + 396, 4 + 400, 4 + 456
	atPixels                                              = 4 + 1796
)

func TestReaderRefuses(t *testing.T) {
	good := write(t, pwg.SRGB, picture(20, 10, 1))
	for name, c := range map[string]struct {
		change func([]byte) []byte
		want   error
	}{
		"nothing":            {func([]byte) []byte { return nil }, pwg.ErrSync},
		"another sync word":  {func(b []byte) []byte { b[3] = '3'; return b }, pwg.ErrSync},
		"half a header":      {func(b []byte) []byte { return b[:900] }, pwg.ErrTruncated},
		"half the pixels":    {func(b []byte) []byte { return b[:len(b)-9] }, pwg.ErrTruncated},
		"a giant":            {func(b []byte) []byte { b[atWidth] = 0x7F; return b }, pwg.ErrTooLarge},
		"no width":           {func(b []byte) []byte { b[atWidth+3] = 0; return b }, pwg.ErrHeader},
		"planes":             {func(b []byte) []byte { b[atOrder+3] = 2; return b }, pwg.ErrUnsupported},
		"a strange space":    {func(b []byte) []byte { b[atSpace+3] = 6; return b }, pwg.ErrUnsupported},
		"sixteen bits":       {func(b []byte) []byte { b[atBits+3] = 48; return b }, pwg.ErrUnsupported},
		"a wrong line":       {func(b []byte) []byte { b[atPerLine+3]++; return b }, pwg.ErrHeader},
		"a strange feed":     {func(b []byte) []byte { b[atCross+3] = 7; return b }, pwg.ErrHeader},
		"too many lines":     {func(b []byte) []byte { b[atPixels] = 99; return b }, pwg.ErrLine},
		"too long a run":     {func(b []byte) []byte { b[atPixels+1] = 20; return b }, pwg.ErrLine},
		"too long a literal": {func(b []byte) []byte { b[atPixels+1] = 257 - 21; return b }, pwg.ErrLine},
	} {
		if _, _, err := pwg.NewReader(bytes.NewReader(c.change(bytes.Clone(good)))).Next(); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// oracle compiles the program that asks libcups.
func oracle(t *testing.T) string {
	t.Helper()
	cc := hsmtest.Tool(t, "cc", "gcc")
	_, err := os.Stat("/usr/include/cups/raster.h")
	hsmtest.Require(t, "libcups's headers", "libcups2-dev", err != nil)
	bin := filepath.Join(t.TempDir(), "oracle")
	if out, err := exec.Command(cc, "-Wno-deprecated-declarations", "-o", bin, "testdata/oracle.c", "-lcups").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return bin
}

// What is written here, libcups reads to the same header and pixels.
func TestLibcupsReadsWhatIsWritten(t *testing.T) {
	bin := oracle(t)
	for _, space := range []pwg.Space{pwg.SRGB, pwg.SGray} {
		img := picture(638, 1011, 7)
		file := filepath.Join(t.TempDir(), "page.pwg")
		doc := write(t, space, img, img)
		if err := os.WriteFile(file, doc, 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(bin, "read", file).Output()
		if err != nil {
			t.Fatal(err)
		}
		bits, colours := 24, 3
		if space == pwg.SGray {
			bits, colours = 8, 1
		}
		want := []byte{}
		for range 2 {
			want = fmt.Appendf(want, "PwgRaster 300 300 638 1011 %d %d %d om_card_54x86mm 1 1 2 -1 1\n", bits, space, colours)
			for y := range 1011 {
				for x := range 638 {
					c := img.RGBAAt(x, y)
					if space == pwg.SRGB {
						want = append(want, c.R, c.G, c.B)
					} else {
						want = append(want, color.GrayModel.Convert(c).(color.Gray).Y)
					}
				}
			}
		}
		if !bytes.Equal(out, want) {
			t.Errorf("space %d: libcups reads something else: %.120q, want %.120q", space, out, want)
		}
	}
}

// What libcups writes is read here to the pixels that it was given.
func TestWhatLibcupsWritesIsRead(t *testing.T) {
	bin := oracle(t)
	pattern := func(y, i int) byte {
		switch {
		case y%7 < 3:
			return 0x55
		case i%40 < 25:
			return byte(y)
		}
		return byte(i*31 + y*17)
	}
	for _, kind := range []string{"srgb_8", "sgray_8", "black_1", "black_8"} {
		const w, n = 261, 90
		file := filepath.Join(t.TempDir(), kind)
		if out, err := exec.Command(bin, "write", file, kind, fmt.Sprint(w), fmt.Sprint(n)).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v %s", kind, err, out)
		}
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		h, img, err := pwg.NewReader(bytes.NewReader(b)).Next()
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		// two-sided-short-edge with a flipped back
		if !h.Duplex || !h.Tumble || h.CrossFeed != -1 || h.Feed != 1 || h.Name != "om_card_54x86mm" || h.DPI != [2]int{300, 300} {
			t.Errorf("%s: header %+v", kind, h)
		}
		for y := range n {
			for x := range w {
				var want color.RGBA
				switch v := pattern(y, x); kind {
				case "srgb_8":
					want = color.RGBA{pattern(y, 3*x), pattern(y, 3*x+1), pattern(y, 3*x+2), 0xFF}
				case "sgray_8":
					want = color.RGBA{v, v, v, 0xFF}
				case "black_8":
					want = color.RGBA{0xFF - v, 0xFF - v, 0xFF - v, 0xFF}
				case "black_1":
					v = 0xFF * (1 - pattern(y, x/8)>>(7-x%8)&1)
					want = color.RGBA{v, v, v, 0xFF}
				}
				if got := color.RGBAModel.Convert(img.At(x, y)); got != want {
					t.Fatalf("%s: pixel %d,%d is %v, want %v", kind, x, y, got, want)
				}
			}
		}
	}
}

// FuzzReader: whatever is read can be written, and reads the same again.
func FuzzReader(f *testing.F) {
	f.Add(write(f, pwg.SRGB, picture(9, 4, 1)))
	f.Add(write(f, pwg.SGray, picture(40, 3, 2)))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := pwg.NewReader(bytes.NewReader(b))
		for range 3 {
			h, img, err := r.Next()
			if err != nil {
				if err != io.EOF && !errors.Is(err, pwg.Err) {
					t.Fatalf("an error of its own: %v", err)
				}
				return
			}
			if img.Bounds() != image.Rect(0, 0, h.Width, h.Height) {
				t.Fatalf("%v is not %d × %d", img.Bounds(), h.Width, h.Height)
			}
			if h.Space != pwg.SRGB || h.Width*h.Height > 1<<16 {
				continue
			}
			var again bytes.Buffer
			w := pwg.NewWriter(&again)
			if err := errors.Join(w.Page(h, img), w.Flush()); err != nil {
				t.Fatal(err)
			}
			h2, img2, err := pwg.NewReader(&again).Next()
			if err != nil || h2 != h || !bytes.Equal(img2.(*image.RGBA).Pix, img.(*image.RGBA).Pix) {
				t.Fatalf("read again: %v %+v %+v", err, h, h2)
			}
		}
	})
}
