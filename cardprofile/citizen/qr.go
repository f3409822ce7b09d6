package citizen

import (
	"errors"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/chipid-toolkit/chipid/cardprofile"
)

// QR is a scanned code of a Vietnamese card. It is unsigned: a hint for the
// access key, never evidence.
type QR struct {
	Record
	// Extra are the fields beyond the seventh, as scanned; their meaning on
	// cards of 2024 is not public.
	Extra []string
}

// ErrQR is for text that is no code of an identity card.
var ErrQR = errors.New("citizen: not the QR code of an identity card")

// ParseQR reads 7 to 11 fields: number, former number, full name, date of birth,
// sex, residence, date of issue. A field that cannot be read is left empty; only
// the number must be there.
func ParseQR(text string) (*QR, error) {
	const maxText = 4096
	if len(text) > maxText || !utf8.ValidString(text) {
		return nil, ErrQR
	}
	f := strings.Split(norm.NFC.String(strings.TrimSpace(strings.TrimPrefix(text, "\uFEFF"))), "|")
	if len(f) < 7 || len(f) > 11 {
		return nil, ErrQR
	}
	for i := range f[:7] {
		f[i] = strings.TrimSpace(f[i])
	}
	if !digitsOnly(f[0]) || len(f[0]) != 12 {
		return nil, ErrQR
	}
	q := &QR{Extra: f[7:]}
	q.Number, q.FormerNumber, q.FullName, q.Residence = f[0], f[1], f[2], f[5]
	q.DateOfBirth = shortDate(f[3])
	q.DateOfIssue = shortDate(f[6])
	switch f[4] {
	case "Nam":
		q.Sex = Male
	case "Nữ":
		q.Sex = Female
	}
	return q, nil
}

func shortDate(s string) cardprofile.Date {
	if d, err := cardprofile.ParseDDMMYYYY(s); err == nil {
		return d
	}
	d, err := cardprofile.ParseDate(s)
	if err != nil {
		return cardprofile.Date{}
	}
	return d
}

func digitsOnly(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
