package pace

import (
	"crypto/sha1"
	"fmt"

	"github.com/chipid-toolkit/chipid/apdu/mac"
)

// Reference says which password is meant (DO 83 of MSE:Set AT; Doc 9303-11
// (8th ed.), 4.4.4.1; TR-03110-3 v2.21, B.14.1).
type Reference byte

// The passwords.
const (
	ReferenceMRZ Reference = 1
	ReferenceCAN Reference = 2
	ReferencePIN Reference = 3
	ReferencePUK Reference = 4
)

// String is "MRZ", "CAN", "PIN" or "PUK".
func (r Reference) String() string {
	switch r {
	case ReferenceMRZ:
		return "MRZ"
	case ReferenceCAN:
		return "CAN"
	case ReferencePIN:
		return "PIN"
	case ReferencePUK:
		return "PUK"
	}
	return fmt.Sprintf("password %d", byte(r))
}

// Password is a password of a chip, encoded for key derivation (Doc 9303-11
// (8th ed.), Table 14). It prints as a secret.
type Password struct {
	ref    Reference
	secret mac.Key
	fixed  mac.Key // key itself, for published examples that give no password
}

// MRZ makes the password of the MRZ information: document number, date of birth
// and date of expiry, each with its check digit.
func MRZ(mrzInfo string) Password {
	h := sha1.Sum([]byte(mrzInfo))
	defer clear(h[:])
	return Password{ref: ReferenceMRZ, secret: mac.NewKey(h[:])}
}

// CAN makes the password of a Card Access Number.
func CAN(s string) Password { return Password{ref: ReferenceCAN, secret: mac.NewKey([]byte(s))} }

// PIN makes the password of the holder's PIN.
func PIN(s string) Password { return Password{ref: ReferencePIN, secret: mac.NewKey([]byte(s))} }

// PUK makes the password of a PIN unblocking key.
func PUK(s string) Password { return Password{ref: ReferencePUK, secret: mac.NewKey([]byte(s))} }

// Reference says which password p is.
func (p Password) Reference() Reference { return p.ref }

// String never shows the password.
func (p Password) String() string { return p.ref.String() + " [secret]" }

// key is the key that encrypts the nonce (Doc 9303-11 (8th ed.), 9.7.3).
func (p Password) key(c mac.Cipher) mac.Key {
	if p.fixed.Len() != 0 {
		return mac.NewKey(p.fixed.Bytes())
	}
	return mac.DeriveICAO(p.secret.Bytes(), mac.CounterPi, c)
}
