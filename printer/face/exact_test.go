package face

import (
	"bytes"
	"image"
	"image/color"
	"math/rand/v2"
	"testing"

	"golang.org/x/image/draw"
)

func noise(r *rand.Rand, img *image.RGBA) {
	for i := 0; i < len(img.Pix); i += 4 {
		c := color.RGBAModel.Convert(color.NRGBA{uint8(r.IntN(256)), uint8(r.IntN(256)), uint8(r.IntN(256)), 0xFF}).(color.RGBA)
		img.Pix[i], img.Pix[i+1], img.Pix[i+2], img.Pix[i+3] = c.R, c.G, c.B, c.A
	}
}

// TestLayersAreExact: a layer gives what draw.Over gives, bit for bit, whatever lies in
// it: nothing, glass, and stretches of cover of every length.
func TestLayersAreExact(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 60 {
		whole := image.NewRGBA(image.Rect(0, 0, 90, 20))
		for y := range 20 {
			for x := 0; x < 90; {
				alpha, n := []int{0, 0xFF, 1 + r.IntN(254)}[r.IntN(3)], 1+r.IntN(20)
				for ; n > 0 && x < 90; x, n = x+1, n-1 {
					whole.Set(x, y, color.NRGBA{uint8(r.IntN(256)), uint8(r.IntN(256)), uint8(r.IntN(256)), uint8(alpha)})
				}
			}
		}
		cut := whole.SubImage(image.Rect(r.IntN(5), r.IntN(5), 60+r.IntN(30), 10+r.IntN(10))).(*image.RGBA)
		got, want := image.NewRGBA(whole.Bounds()), image.NewRGBA(whole.Bounds())
		noise(r, want)
		copy(got.Pix, want.Pix)
		draw.Draw(want, cut.Bounds(), cut, cut.Bounds().Min, draw.Over)
		newLayer(cut).over(got)
		if !bytes.Equal(got.Pix, want.Pix) {
			t.Fatal("a layer is not what draw.Over makes of it")
		}
	}
}

// TestPortraitsAreExact: a portrait is scaled as draw.CatmullRom scales it, bit for bit:
// smaller, larger, stretched, a part of it, under every sampling of colours.
func TestPortraitsAreExact(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	for _, ratio := range []image.YCbCrSubsampleRatio{image.YCbCrSubsampleRatio444, image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio420, image.YCbCrSubsampleRatio440, image.YCbCrSubsampleRatio411} {
		src := image.NewYCbCr(image.Rect(0, 0, 97, 131), ratio)
		for _, plane := range [][]byte{src.Y, src.Cb, src.Cr} {
			for i := range plane {
				plane[i] = uint8(r.IntN(256))
			}
		}
		for _, c := range []struct{ part, box image.Rectangle }{
			{src.Bounds(), image.Rect(3, 4, 43, 60)},
			{image.Rect(11, 7, 91, 127), image.Rect(0, 0, 240, 300)},
			{image.Rect(1, 1, 2, 2), image.Rect(10, 10, 30, 31)},
			{image.Rect(5, 3, 95, 9), image.Rect(7, 7, 8, 200)},
		} {
			got, want := image.NewRGBA(image.Rect(0, 0, 240, 300)), image.NewRGBA(image.Rect(0, 0, 240, 300))
			draw.CatmullRom.Scale(want, c.box, src, c.part, draw.Src, nil)
			scaled(got, c.box, src, c.part)
			if !bytes.Equal(got.Pix, want.Pix) {
				t.Errorf("%v: %v into %v is another picture", ratio, c.part, c.box)
			}
		}
	}
}
