package main

import (
	"bytes"
	"encoding/csv"
	"image"
	"image/jpeg"
	"io/fs"
	"testing"

	"github.com/chipid-toolkit/chipid/testcards/people"
)

func TestOnePortraitForEachRow(t *testing.T) {
	rows, err := csv.NewReader(bytes.NewReader(people.CSV())).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	names, err := fs.Glob(people.FS(), "portraits/*.jpg")
	if err != nil || len(names) != len(looks) || len(rows)-1 != len(looks) {
		t.Errorf("%d rows, %d portraits, %d looks: %v", len(rows)-1, len(names), len(looks), err)
	}
}

// What is committed is what this program draws. Other processors may round a
// pixel otherwise, so that the pictures are compared and not their bytes.
func TestCommittedPortraitsAreOurs(t *testing.T) {
	for _, i := range []int{0, 4, 9} {
		b, err := encode(looks[i])
		if err != nil {
			t.Fatal(err)
		}
		committed, err := fs.ReadFile(people.FS(), name(i))
		if err != nil {
			t.Fatal(err)
		}
		a, err := jpeg.Decode(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		c, err := jpeg.Decode(bytes.NewReader(committed))
		if err != nil {
			t.Fatal(err)
		}
		if a.Bounds() != image.Rect(0, 0, width, height) || c.Bounds() != a.Bounds() {
			t.Fatalf("portrait %d is %v, the committed one %v", i+1, a.Bounds(), c.Bounds())
		}
		far := 0
		for y := range height {
			for x := range width {
				r1, g1, b1, _ := a.At(x, y).RGBA()
				r2, g2, b2, _ := c.At(x, y).RGBA()
				for _, d := range []int{int(r1) - int(r2), int(g1) - int(g2), int(b1) - int(b2)} {
					if d > 0x2000 || d < -0x2000 {
						far++
					}
				}
			}
		}
		if far > 100 {
			t.Errorf("portrait %d: %d pixels are another drawing's: run go generate", i+1, far)
		}
	}
}
