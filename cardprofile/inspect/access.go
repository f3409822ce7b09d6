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
	"github.com/chipid-toolkit/chipid/cardprofile/policy"
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

// Access is the key that opens a chip: a CAN, what stands in the MRZ, or the
// holder's PIN or PUK. It is personal data, and no verb of fmt prints it.
type Access struct {
	can  mac.Key
	pin  mac.Key
	puk  mac.Key
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

// ByPIN opens with the holder's PIN, on cards that have one (TR-03110-2 v2.21,
// 2.2.2: electronic identity cards; Doc 9303 knows MRZ and CAN alone). A chip counts
// wrong PINs. [Access.WithCAN] adds the CAN, which a suspended PIN needs.
func ByPIN(pin string) (Access, error) {
	key, err := secret("PIN", pin)
	return Access{pin: key}, err
}

// ByPUK opens with the PIN unblocking key, on cards that have one. It says that the
// PUK is right; chips give nothing to read for it (TR-03110-2 v2.21, 2.4.1).
func ByPUK(puk string) (Access, error) {
	key, err := secret("PUK", puk)
	return Access{puk: key}, err
}

// secret is a PIN or PUK as it goes into key derivation: characters of ISO/IEC
// 8859-1 (Doc 9303-11 (8th ed.), Table 14), here those that are ASCII too.
func secret(name, text string) (mac.Key, error) {
	text = strings.TrimSpace(text)
	if len(text) < 4 || len(text) > 64 || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return mac.Key{}, fmt.Errorf("%w: a %s has 4 to 64 letters or digits", ErrAccessKey, name)
	}
	return mac.NewKey([]byte(text)), nil
}

// WithCAN adds the card access number to a PIN or PUK. It is used only where the
// chip has suspended that: then the CAN is shown first.
func (a Access) WithCAN(can string) (Access, error) {
	b, err := ByCAN(can)
	a.can = b.can
	return a, err
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

// pacePassword is the password of PACE; a CAN beside a PIN or PUK is not it.
func (a Access) pacePassword() (pace.Password, error) {
	switch {
	case a.pin.Len() > 0:
		return pace.PIN(string(a.pin.Bytes())), nil
	case a.puk.Len() > 0:
		return pace.PUK(string(a.puk.Bytes())), nil
	case a.can.Len() > 0:
		return pace.CAN(string(a.can.Bytes())), nil
	case a.info.Len() > 0:
		return pace.MRZ(string(a.info.Bytes())), nil
	}
	return pace.Password{}, fmt.Errorf("%w: none given", ErrAccessKey)
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
	// Terminal shows the chip certificates, and is given DG3 and DG4 as far as
	// they allow; nil leaves these unread.
	Terminal *Terminal
	// Today is the day on which dates are judged; the zero value is the
	// clock's.
	Today cardprofile.Date
	// Policy says what is made of the facts; nil is policy.Default.
	Policy *policy.Policy
	// OnLine is an authority that is asked about the document; the zero value
	// asks nobody. Files alone are not asked about.
	OnLine OnLine
	// Patience is how long one answer of the chip may take; 0 is
	// DefaultPatience.
	Patience time.Duration
	// Progress, if set, is told what is being done. It must not block.
	Progress func(Progress)
}

// Progress is where an inspection stands: a phase ("access", "read", "ca",
// "passive", "aa", "ta"), and while a file is read its name and bytes. Total is 0 until it
// is known.
type Progress struct {
	Phase       string
	File        string
	Done, Total int
}
