package applet

import (
	"context"
	"crypto"
	"encoding/asn1"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/cvc"
	"github.com/chipid-toolkit/chipid/apdu/gp"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
)

// Errors of drivers. A status of the chip is wrapped as apdu.Status.
var (
	// ErrUnknownDriver: no driver has this name.
	ErrUnknownDriver = errors.New("applet: no such driver")
	// ErrNotBlank: the chip is not an untouched blank of this driver.
	ErrNotBlank = errors.New("applet: the chip is not an untouched blank")
	// ErrKeys: the chip and the key given for it do not know each other.
	ErrKeys = errors.New("applet: the card keys are wrong for this chip")
	// ErrImage: the image asks for what this chip cannot do.
	ErrImage = errors.New("applet: the chip cannot take this image")
	// ErrChip: the chip answered what it must not.
	ErrChip = errors.New("applet: the chip misbehaves")
)

// State is how far a chip has come.
type State int

// States of a chip. Only Untouched may be drawn again.
const (
	Unknown      State = iota // no answer that proves anything
	Untouched                 // blank, nothing written
	Begun                     // personalization has begun and is not complete
	Personalized              // complete and closed
)

// String names the state.
func (s State) String() string {
	switch s {
	case Untouched:
		return "untouched"
	case Begun:
		return "begun"
	case Personalized:
		return "personalized"
	default:
		return "unknown"
	}
}

// Found is what a probe found out.
type Found struct {
	// Mine says that the chip is of the driver's family.
	Mine bool
	// State is proven by the chip's answers, or Unknown.
	State State
	// Serial identifies the chip, nil where it does not tell before
	// authentication.
	Serial []byte
}

// Driver is a chip operating system.
type Driver interface {
	// Name is what profiles call the driver.
	Name() string
	// Probe changes nothing on the chip.
	Probe(ctx context.Context, ch apdu.Sender, atr []byte) (Found, error)
	// Open authenticates to the chip. It sends nothing that depends on a
	// key before the chip has proven that it knows its own.
	Open(ctx context.Context, ch apdu.Sender, keys Keys) (Session, error)
}

// Session is an authenticated conversation with a blank.
type Session interface {
	// Serial identifies the chip.
	Serial() []byte
	// GenerateKeys makes the keys of the plan on the chip and gives their
	// public halves. From here on the blank is not untouched.
	GenerateKeys(ctx context.Context, plan KeyPlan) (*PublicKeys, error)
	// Personalize writes the image, replaces the card keys and locks: when
	// it returns without error, the chip takes no further writing, ever.
	Personalize(ctx context.Context, image Image) error
	// Close ends the conversation and lets go of the card's keys.
	Close() error
}

// Keys finds the keys of a card.
type Keys interface {
	// Static are the card's present static keys, found by its key
	// diversification data and key version.
	Static(ctx context.Context, kdd []byte, kvn byte) (gp.StaticKeys, error)
	// Replacement names the keys that take their place, for
	// gp.StaticKeys.WrapUnderDEK. It is called after Static.
	Replacement(ctx context.Context) (Replacement, error)
	// Close lets go of the keys.
	Close() error
}

// Replacement names a new key set.
type Replacement struct {
	ENC, MAC, DEK string
	Len           int  // bytes of each key: 16, 24 or 32
	KVN           byte // their key version, 01 to 7F
}

// KeyPlan says which keys a chip makes.
type KeyPlan struct {
	ChipAuth   []ChipAuthKey
	ActiveAuth *ActiveAuthKey
}

// ChipAuthKey is a chip authentication key to be made.
type ChipAuthKey struct {
	Protocol asn1.ObjectIdentifier
	Curve    string // as in apdu/ecc
	KeyID    int    // -1: the key has no identifier
}

// ActiveAuthKey is the active authentication key to be made: RSA with Bits, or
// ECDSA on Curve.
type ActiveAuthKey struct {
	Bits  int
	Curve string
	Hash  crypto.Hash
}

// PublicKeys are the public halves: ChipAuth in the order of the plan.
// ActiveAuth is nil if none was planned.
type PublicKeys struct {
	ChipAuth   []crypto.PublicKey
	ActiveAuth crypto.PublicKey
}

// Read says who may read a file.
type Read int

// Read access of files. The zero value is never.
const (
	ReadByNobody   Read = iota
	ReadByAnyone        // without authentication
	ReadAfterPACE       // after PACE or BAC, under secure messaging
	ReadWithRights      // after terminal authentication with the right for it
)

// ImageFile is one file of an image.
type ImageFile struct {
	lds.FileID
	Read  Read
	Bytes []byte
}

// PACE is one set of PACE parameters.
type PACE struct {
	Protocol    asn1.ObjectIdentifier
	ParameterID int
}

// Image is everything that a card holds beside the keys that it made itself.
type Image struct {
	Files []ImageFile
	PACE  []PACE
	// MRZ is the MRZ information (Doc 9303-11 (8th ed.), 4.3.2): password
	// of BAC and PACE. CAN is the card access number; empty if the card has
	// none.
	MRZ, CAN mac.Key
	BAC      bool
	PACEMRZ  bool
	PACECAN  bool
	// MaxCommand is the largest C-APDU that the chip takes, in bytes, as the card
	// will state it in EF.ATR/INFO; 0: short APDUs alone.
	MaxCommand int
	// NoMF: the card has no master file that can be selected; its files
	// stand in the application.
	NoMF bool
	// Date is the day of personalization.
	Date time.Time
	// CVCA are the trust points of terminal authentication: one or two
	// self-signed CV certificates of the country's verifying authority, nil for
	// a chip without it. CVCAFile is where EF.CVCA stands, the zero FileID for
	// the standard's place; the chip writes the file itself.
	CVCA     []*cvc.Certificate
	CVCAFile lds.FileID
	// Progress, if set, is told the bytes written so far and in all.
	Progress func(done, total int)
}

var drivers = []Driver{chipidGP{}}

// Drivers lists the drivers, ordered by name.
func Drivers() []Driver {
	return slices.SortedFunc(slices.Values(drivers), func(a, b Driver) int {
		if a.Name() < b.Name() {
			return -1
		}
		return 1
	})
}

// ByName finds a driver.
func ByName(name string) (Driver, error) {
	for _, d := range drivers {
		if d.Name() == name {
			return d, nil
		}
	}
	return nil, fmt.Errorf("%w: %q", ErrUnknownDriver, name)
}
