package ocrb_test

import (
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"os"
	"testing"

	"github.com/chipid-toolkit/chipid/printer/face/ocrb"
)

func TestDump(t *testing.T) {
	for _, r := range ocrb.Characters {
		img := image.NewGray(image.Rect(0, 0, 723, 1100))
		draw.Draw(img, img.Bounds(), image.White, image.Point{}, draw.Src)
		scale := 723 / 2.54
		m := ocrb.Mask(r, 0, 900-50, scale)
		draw.DrawMask(img, m.Bounds(), image.Black, image.Point{}, m, m.Bounds().Min, draw.Over)
		name := string(r)
		if r == '<' {
			name = "lt"
		}
		f, _ := os.Create(fmt.Sprintf("/tmp/probe/own/%s.png", name))
		png.Encode(f, img)
		f.Close()
	}
}
