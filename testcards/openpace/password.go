package openpace

import (
	"fmt"

	"github.com/chipid-toolkit/chipid/apdu/pace"
)

// Password is a password as libeac takes it.
type Password struct {
	ref   pace.Reference
	value []byte
}

// String never shows the password.
func (p Password) String() string { return p.ref.String() + " [secret]" }

// CAN makes the password of a Card Access Number.
func CAN(s string) Password { return Password{pace.ReferenceCAN, []byte(s)} }

// PIN makes the password of the holder's PIN.
func PIN(s string) Password { return Password{pace.ReferencePIN, []byte(s)} }

// PUK makes the password of a PIN unblocking key.
func PUK(s string) Password { return Password{pace.ReferencePUK, []byte(s)} }

// libeac takes a whole MRZ of a TD1 document, both lines, and picks the three
// fields with their check digits at fixed places (Doc 9303-5 (8th ed.), 4.2.2).
const (
	mrzNumber, mrzNumberLen = 5, 10
	mrzBirth, mrzExpiry     = 30, 38
	mrzDateLen              = 7
	mrzInfoLen              = mrzNumberLen + 2*mrzDateLen
)

// MRZ makes the password of the MRZ information: document number, date of birth
// and date of expiry, each with its check digit. It must have 24 characters:
// libeac has no place for a longer document number (see Limits).
func MRZ(mrzInfo string) (Password, error) {
	if len(mrzInfo) != mrzInfoLen {
		return Password{}, fmt.Errorf("openpace: MRZ information of %d characters, libeac takes %d", len(mrzInfo), mrzInfoLen)
	}
	lines := make([]byte, 2*30)
	for i := range lines {
		lines[i] = '<'
	}
	copy(lines[mrzNumber:], mrzInfo[:mrzNumberLen])
	copy(lines[mrzBirth:], mrzInfo[mrzNumberLen:mrzNumberLen+mrzDateLen])
	copy(lines[mrzExpiry:], mrzInfo[mrzNumberLen+mrzDateLen:])
	return Password{pace.ReferenceMRZ, lines}, nil
}
