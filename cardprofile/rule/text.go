package rule

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/chipid-toolkit/chipid/cardprofile"
)

// text: free texts are NFC and have nothing that print, QR code or chip would
// trip over.
var text = Record{
	ID:       "record.text",
	Title:    cardprofile.Text{VI: "Nội dung văn bản", EN: "Texts"},
	Citation: "ISO/IEC 10646, NFC",
	check: func(s *subject) {
		r := s.rec
		for _, f := range []struct{ field, value string }{
			{"nationality", r.Nationality}, {"ethnicity", r.Ethnicity}, {"religion", r.Religion},
			{"place_of_origin", r.PlaceOfOrigin}, {"residence", r.Residence}, {"features", r.Features},
		} {
			switch {
			case !norm.NFC.IsNormalString(f.value):
				s.reject(f.field, "không ở dạng Unicode NFC", "not in Unicode form NFC")
			case strings.ContainsFunc(f.value, func(c rune) bool {
				return unicode.IsControl(c) || unicode.Is(unicode.Cf, c) || unicode.Is(unicode.Co, c) || c == unicode.ReplacementChar
			}):
				s.reject(f.field, "có ký tự điều khiển hoặc ký tự không hiển thị", "a control character or one that cannot be seen")
			case strings.Contains(f.value, "|"):
				s.warn(f.field, "có dấu gạch đứng, mã QR sẽ thay bằng khoảng trắng", "a bar in it, which the QR code replaces by a space")
			}
		}
	},
}
