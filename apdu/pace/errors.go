package pace

import (
	"errors"
	"fmt"

	"github.com/chipid-toolkit/chipid/apdu"
)

// Errors of a run.
var (
	// ErrDenied: the chip refuses the password; see [DeniedError].
	ErrDenied = errors.New("pace: chip denies the password")
	// ErrToken: the chip accepts, but its own token does not prove that it
	// knows the password.
	ErrToken = errors.New("pace: chip does not prove knowledge of the password")
	// ErrFormat: an answer is malformed or incomplete.
	ErrFormat = errors.New("pace: malformed answer")
	// ErrPublicKey: an ephemeral key of the chip is invalid, or our own.
	ErrPublicKey = errors.New("pace: invalid ephemeral key")
	// ErrProtocol: no PACE protocol, or one that does not exist.
	ErrProtocol = errors.New("pace: unknown protocol")
	// ErrDomain: domain parameters unknown, unfit, or not to be trusted.
	ErrDomain = errors.New("pace: unfit domain parameters")
	// ErrMapping: the nonce maps to no usable generator.
	ErrMapping = errors.New("pace: no generator from this nonce")
	// ErrCAM: chip authentication data missing, malformed, or wrong.
	ErrCAM = errors.New("pace: chip authentication mapping fails")
)

// DeniedError is a refusal by the chip. It matches ErrDenied and the apdu.Status.
type DeniedError struct {
	SW apdu.Status
}

func (e *DeniedError) Error() string { return fmt.Sprintf("%v: %v", ErrDenied, e.SW) }

// Unwrap gives ErrDenied and the status.
func (e *DeniedError) Unwrap() []error { return []error{ErrDenied, e.SW} }

// Tries is how many tries the chip says are left; ok is false if it does not
// say. A blocked password has 0.
func (e *DeniedError) Tries() (n int, ok bool) {
	if e.SW == apdu.ErrAuthBlocked {
		return 0, true
	}
	return e.SW.Tries()
}

// refusal turns a status of GENERAL AUTHENTICATE into an error. A refused token
// means the password; in an earlier step only a status that speaks of
// authentication does. Chips also say 91xx here, from another standard.
func refusal(sw apdu.Status, last bool) error {
	switch {
	case sw&0xFF00 == 0x6300, sw&0xFF00 == 0x9100, sw == apdu.ErrAuthBlocked:
		return &DeniedError{SW: sw}
	case last:
		switch sw {
		case apdu.ErrSecurityStatus, apdu.ErrDataInvalidated, apdu.ErrConditions, apdu.ErrSMWrong, apdu.ErrWrongData:
			return &DeniedError{SW: sw}
		}
	}
	return fmt.Errorf("pace: %s: %w", apdu.InstructionName(insGeneralAuthenticate), sw)
}
