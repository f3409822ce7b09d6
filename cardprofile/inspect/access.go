package inspect

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/chipid-toolkit/chipid/apdu/bac"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/apdu/pace"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/mrz"
)

// Errors of an inspection, beside those of the chip (apdu.Status), of the
// transport and of the protocols.
var (
	// ErrAccessKey: the text given as MRZ, CAN or QR code is none.
	ErrAccessKey = errors.New("inspect: not a usable access key")
	// ErrNeedMRZ: the chip offers BAC alone, which needs the MRZ.
	ErrNeedMRZ = errors.New("inspect: this chip opens with the MRZ only: give the MRZ")
	// ErrDowngrade: what the chip offers is weaker than the profile demands.
	ErrDowngrade = errors.New("inspect: weaker access than allowed")
	// ErrUnsupported: the chip offers only what this version cannot do.
	ErrUnsupported = errors.New("inspect: not supported")
	// ErrNoApplication: the chip holds no travel document, because it is
	// blank or another kind of card.
	ErrNoApplication = errors.New("inspect: no travel document application on the chip: it is blank, or another kind of card")
	// ErrDocument: a file that everything else needs cannot be read.
	ErrDocument = errors.New("inspect: unreadable document")
)

// Access is the key that opens a chip: a CAN or what stands in the MRZ. It is
// personal data, and no verb of fmt prints it.
type Access struct {
	can  mac.Key
	info mac.Key  // MRZ information
	seen *mrz.MRZ // the whole zone as scanned, where it was given
}

// String does not print the key.
func (Access) String() string { return "[secret]" }

// GoString does not print the key.
func (Access) GoString() string { return "[secret]" }

// ByCAN opens with the card access number, 4 to 16 digits (6 on ID cards, Doc
// 9303-5 (8th ed.), 5).
func ByCAN(can string) (Access, error) {
	can = strings.TrimSpace(can)
	if len(can) < 4 || len(can) > 16 || !digits(can) {
		return Access{}, fmt.Errorf("%w: a CAN has digits only, 6 on most cards", ErrAccessKey)
	}
	return Access{can: mac.NewKey([]byte(can))}, nil
}

// ByMRZ opens with the machine readable zone: all its lines, or the part of it
// that the key is made from, in any form that mrz.ParseKeyInfo takes. The whole
// zone is also compared with DG1.
func ByMRZ(text string) (Access, error) {
	info, _, err := mrz.ParseKeyInfo(text)
	if err != nil {
		return Access{}, fmt.Errorf("%w: not a machine readable zone, and not NUMBER,YYMMDD,YYMMDD: %w", ErrAccessKey, err)
	}
	a := Access{info: mac.NewKey([]byte(info))}
	if m, _, err := mrz.Parse(text); err == nil {
		a.seen = m
	}
	return a, nil
}

// ByQR opens with the QR code of a Vietnamese card, whose first field is the
// 12-digit number: the CAN is its last 6 digits. The code is unsigned and a
// hint for the key alone.
func ByQR(text string) (Access, error) {
	fields := strings.Split(strings.TrimSpace(strings.TrimPrefix(text, "\uFEFF")), "|")
	number := strings.TrimSpace(fields[0])
	if len(fields) < 7 || len(fields) > 11 || len(number) != 12 || !digits(number) {
		return Access{}, fmt.Errorf("%w: the QR code of the card has 7 to 11 fields, the first a 12-digit number", ErrAccessKey)
	}
	return ByCAN(number[6:])
}

func digits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

func (a Access) pacePassword() (pw pace.Password, name string, err error) {
	switch {
	case a.can.Len() > 0:
		return pace.CAN(string(a.can.Bytes())), "CAN", nil
	case a.info.Len() > 0:
		return pace.MRZ(string(a.info.Bytes())), "MRZ", nil
	default:
		return pw, "", fmt.Errorf("%w: none given", ErrAccessKey)
	}
}

func (a Access) bacPassword() (bac.Password, error) {
	if a.info.Len() == 0 {
		return bac.Password{}, ErrNeedMRZ
	}
	return bac.NewPassword(string(a.info.Bytes())), nil
}

// Options of an inspection. The zero value inspects any ICAO document.
type Options struct {
	// Profile is the type of card that is expected; nil finds it out where
	// it can, and demands nothing of it.
	Profile *cardprofile.Profile
	// Reader names the reader in the verdict.
	Reader string
	// Today is the day on which dates are judged; the zero value is the
	// clock's.
	Today cardprofile.Date
	// Patience is how long one answer of the chip may take; 0 is
	// DefaultPatience.
	Patience time.Duration
	// Progress, if set, is told what is being done. It must not block.
	Progress func(Progress)
}

// Progress is where an inspection stands: a phase ("access", "read", "ca",
// "passive", "aa"), and while a file is read its name and bytes. Total is 0 until it
// is known.
type Progress struct {
	Phase       string
	File        string
	Done, Total int
}
