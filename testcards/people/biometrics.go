package people

import (
	"bytes"
	"image"
	"image/jpeg"

	"github.com/chipid-toolkit/chipid/cardprofile/biometric"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
)

// Fingers is DG3 with the right index of nobody: a JPEG of noise, of about size
// bytes.
func Fingers(size int) ([]byte, error) {
	picture, err := noise(size)
	if err != nil {
		return nil, err
	}
	finger, err := biometric.NewFinger(2, picture)
	if err != nil {
		return nil, err
	}
	return lds.EncodeDG3(biometric.ISO19794, finger)
}

// Irises is DG4 with the right eye of nobody: a JPEG of noise, of about size
// bytes.
func Irises(size int) ([]byte, error) {
	picture, err := noise(size)
	if err != nil {
		return nil, err
	}
	iris, err := biometric.NewIris(1, picture)
	if err != nil {
		return nil, err
	}
	return lds.EncodeDG4(biometric.ISO19794, iris)
}

// noise is the picture of nothing, the same for every size: what a JPEG cannot
// make smaller than about a byte a pixel.
func noise(size int) ([]byte, error) {
	const width = 64
	pixels := image.NewGray(image.Rect(0, 0, width, max((size+width-1)/width, 1)))
	state := uint32(1)
	for i := range pixels.Pix {
		state = state*1664525 + 1013904223 // Knuth's quick generator
		pixels.Pix[i] = byte(state >> 24)
	}
	var out bytes.Buffer
	err := jpeg.Encode(&out, pixels, &jpeg.Options{Quality: 95})
	return out.Bytes(), err
}
