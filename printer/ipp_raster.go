package printer

import (
	"bytes"
	"fmt"
	"image"
	"image/draw"
	"math"
	"slices"

	"github.com/chipid-toolkit/chipid/printer/pwg"
)

// document makes the document of one card: a page for each face, front first. It
// also gives the value of the job attribute "sides".
func (a *ippAbout) document(faces []Face) (_ []byte, sides string, err error) {
	sides = "one-sided"
	tumble := slices.Contains(a.sides, "two-sided-short-edge")
	if len(faces) == 2 {
		// A card is read like a page of a book that lies on its side: it is turned
		// about its short edge.
		sides = "two-sided-long-edge"
		if tumble {
			sides = "two-sided-short-edge"
		}
	}
	var b bytes.Buffer
	w := pwg.NewWriter(&b)
	for i, f := range faces {
		h := pwg.Header{
			Space: pwg.SRGB, DPI: [2]int{f.DPI, f.DPI}, Width: hundredths(a.media.x, f.DPI), Height: hundredths(a.media.y, f.DPI),
			Points: [2]int{hundredths(a.media.x, 72), hundredths(a.media.y, 72)}, Name: a.media.name,
			Duplex: len(faces) == 2, Tumble: len(faces) == 2 && tumble, Pages: len(faces), CrossFeed: 1, Feed: 1,
		}
		if a.raster == "sgray_8" {
			h.Space = pwg.SGray
		}
		if i == 1 {
			h.CrossFeed, h.Feed = sheetBack(a.back, tumble)
		}
		img, err := laid(f, h, i == 1 && !tumble)
		if err != nil {
			return nil, "", err
		}
		if err := w.Page(h, img); err != nil {
			return nil, "", err
		}
	}
	if err := w.Flush(); err != nil {
		return nil, "", err
	}
	return b.Bytes(), sides, nil
}

// hundredths turns hundredths of millimetres into pixels.
func hundredths(n, dpi int) int { return int(math.Round(float64(n) * float64(dpi) / 2540)) }

// sheetBack is how the printer wants a back side's pixels (PWG 5102.4, 4.3.3.1,
// tables of pwg-raster-document-sheet-back).
func sheetBack(back string, tumble bool) (crossFeed, feed int) {
	switch {
	case back == "flipped" && tumble:
		return -1, 1
	case back == "flipped":
		return 1, -1
	case back == "manual-tumble" && tumble, back == "rotated" && !tumble:
		return -1, -1
	}
	return 1, 1
}

// laid is a face as it lies on the page: turned a quarter to the left where the
// page stands upright (RFC 8011, 5.2.10, landscape), in the middle, and in the
// order of pixels that the header announces. overhead turns it by half.
func laid(f Face, h pwg.Header, overhead bool) (*image.RGBA, error) {
	flat := f.Flatten()
	size := flat.Bounds().Size()
	source := image.NewRGBA(image.Rectangle{Max: size})
	draw.Draw(source, source.Rect, image.White, image.Point{}, draw.Src)
	draw.Draw(source, source.Rect, flat, flat.Bounds().Min, draw.Over)
	quarter := (size.X > size.Y) != (h.Width > h.Height)
	w, n := size.X, size.Y
	if quarter {
		w, n = n, w
	}
	left, top := (h.Width-w)/2, (h.Height-n)/2
	if limit := hundredths(idTolerance, f.DPI) + 1; left > limit || top > limit || left < -limit || top < -limit {
		return nil, fmt.Errorf("%w: it does not have the size of a card", ErrFace)
	}
	page := image.NewRGBA(image.Rect(0, 0, h.Width, h.Height))
	mirrorX, mirrorY := (h.CrossFeed < 0) != overhead, (h.Feed < 0) != overhead
	for y := range h.Height {
		for x := range h.Width {
			px, py := x, y
			if mirrorX {
				px = h.Width - 1 - x
			}
			if mirrorY {
				py = h.Height - 1 - y
			}
			// Where the page is larger than the card the outermost pixels go on: a
			// card that lies a little off shows no white edge.
			sx, sy := min(max(px-left, 0), w-1), min(max(py-top, 0), n-1)
			if quarter { // the face's top comes to the left
				sx, sy = size.X-1-sy, sx
			}
			copy(page.Pix[y*page.Stride+4*x:][:4], source.Pix[sy*source.Stride+4*sx:][:4])
		}
	}
	return page, nil
}
