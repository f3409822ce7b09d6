package rule

import (
	"bytes"
	"errors"
	"fmt"
	"image/jpeg"
	"slices"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/biometric"
)

// portrait: there is a picture, of an allowed format and size, that can be
// decoded. JPEG 2000 is judged by its header: its decoder is no part of this.
var portrait = Record{
	ID:       "record.portrait",
	Title:    cardprofile.Text{VI: "Ảnh chân dung", EN: "Portrait"},
	Citation: "Doc 9303-9 (8th ed.), 4.1; ISO/IEC 19794-5:2005, 8 and 9",
	check: func(s *subject) {
		const field = "portrait"
		if s.portraitErr != nil {
			var in *cardprofile.InputError
			if errors.As(s.portraitErr, &in) {
				s.reject(field, "không đọc được tệp ảnh", in.Problem)
			} else {
				s.reject(field, "không đọc được tệp ảnh", "the portrait's file cannot be read")
			}
			return
		}
		limits, b := s.Profile.Portrait, s.portrait
		format := biometric.Sniff(b)
		allowed := format.String()
		if format == biometric.J2K {
			allowed = biometric.JP2.String()
		}
		if !slices.Contains(limits.Formats, allowed) {
			s.reject(field, "không phải ảnh JPEG hoặc JPEG 2000 mà loại thẻ này cho phép", "not an image of a format that this type of card allows")
			return
		}
		if len(b) > limits.MaxBytes || len(b) < limits.MinBytes {
			s.reject(field, fmt.Sprintf("tệp ảnh phải từ %d đến %d byte", limits.MinBytes, limits.MaxBytes),
				fmt.Sprintf("the file must have %d to %d bytes", limits.MinBytes, limits.MaxBytes))
			return
		}
		w, h, _, err := biometric.Size(b)
		if err != nil {
			s.reject(field, "ảnh bị hỏng", "the image is damaged")
			return
		}
		if w < limits.MinWidth || w > limits.MaxWidth || h < limits.MinHeight || h > limits.MaxHeight {
			s.reject(field, fmt.Sprintf("ảnh phải từ %d×%d đến %d×%d điểm ảnh", limits.MinWidth, limits.MinHeight, limits.MaxWidth, limits.MaxHeight),
				fmt.Sprintf("the image must have %d×%d to %d×%d pixels", limits.MinWidth, limits.MinHeight, limits.MaxWidth, limits.MaxHeight))
			return
		}
		if format == biometric.JPEG { // its size is bounded by now
			if _, err := jpeg.Decode(bytes.NewReader(b)); err != nil {
				s.reject(field, "ảnh bị hỏng, không giải mã được", "the image is damaged and cannot be decoded")
			}
		}
	},
}
