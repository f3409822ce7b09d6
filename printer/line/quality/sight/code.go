package sight

import (
	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
)

// Code reads the QR code that lies in a rectangle or at most margin millimetres
// beside it.
func (p *Picture) Code(x, y, w, h, margin float64) (text string, ok bool) {
	defer func() { // the decoder is another's, and pictures are hostile
		if recover() != nil {
			text, ok = "", false
		}
	}()
	for _, scale := range []float64{20, 28, 14, 24, 34, 17} {
		grey := p.piece(x-margin, y-margin, w+2*margin, h+2*margin, scale).grey()
		source := gozxing.NewLuminanceSourceFromImage(grey)
		for _, binarizer := range []gozxing.Binarizer{gozxing.NewHybridBinarizer(source), gozxing.NewGlobalHistgramBinarizer(source)} {
			bitmap, err := gozxing.NewBinaryBitmap(binarizer)
			if err != nil {
				continue
			}
			result, err := qrcode.NewQRCodeReader().Decode(bitmap, map[gozxing.DecodeHintType]any{
				gozxing.DecodeHintType_CHARACTER_SET: "UTF-8", gozxing.DecodeHintType_TRY_HARDER: true,
			})
			if err == nil {
				return result.GetText(), true
			}
		}
	}
	return "", false
}
