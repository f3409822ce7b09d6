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
	// ErrSuspended: the PIN or PUK has one try left and is suspended; it is
	// accepted in a session that the CAN has opened. ErrBlocked: there is no try
	// left. ErrDeactivated: the PIN is not in use. They come with ErrDenied.
	ErrSuspended   = errors.New("pace: the password is suspended, the CAN resumes it")
	ErrBlocked     = errors.New("pace: the password is blocked")
	ErrDeactivated = errors.New("pace: the password is deactivated")
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

// DeniedError is a refusal by the chip. It matches ErrDenied and the apdu.Status,
// and ErrSuspended, ErrBlocked or ErrDeactivated where the status says so of a PIN
// or PUK (TR-03110-3 v2.21, B.14.1 and B.14.2).
type DeniedError struct {
	SW       apdu.Status
	Password Reference
	// Tried: the chip has compared the password, and a try is gone. Otherwise it
	// refused the password before it was shown any.
	Tried bool
}

func (e *DeniedError) Error() string {
	text := fmt.Sprintf("%v: %v", ErrDenied, e.SW)
	if state := e.state(); state != nil {
		text = fmt.Sprintf("%v: the %v: %v", ErrDenied, e.Password, e.SW)
		switch {
		case state == ErrSuspended:
			text += "; it is suspended, the CAN resumes it"
		case state == ErrBlocked && e.Password == ReferencePIN:
			text += "; it is blocked, the PUK unblocks it"
		case state == ErrBlocked:
			text += "; it is blocked"
		case state == ErrDeactivated:
			text += "; it is deactivated"
		}
	}
	return text
}

// Unwrap gives ErrDenied, the status, and what it says of the password.
func (e *DeniedError) Unwrap() []error {
	if state := e.state(); state != nil {
		return []error{ErrDenied, e.SW, state}
	}
	return []error{ErrDenied, e.SW}
}

// state is what the status says of a password that has states.
func (e *DeniedError) state() error {
	n, counted := e.Tries()
	switch {
	case counted && n == 0:
		return ErrBlocked
	case e.Password != ReferencePIN && e.Password != ReferencePUK:
		return nil
	case counted && n == 1, e.SW == apdu.ErrConditions && !e.Tried:
		return ErrSuspended
	case e.SW == apdu.ErrDataInvalidated, e.SW == warnDeactivated:
		return ErrDeactivated
	}
	return nil
}

// warnDeactivated is the warning of MSE:Set AT for a deactivated password.
const warnDeactivated apdu.Status = 0x6283

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
func refusal(ref Reference, sw apdu.Status, last bool) error {
	denied := &DeniedError{SW: sw, Password: ref, Tried: last}
	switch {
	case sw&0xFF00 == 0x6300, sw&0xFF00 == 0x9100, sw == apdu.ErrAuthBlocked:
		return denied
	case last:
		switch sw {
		case apdu.ErrSecurityStatus, apdu.ErrDataInvalidated, apdu.ErrConditions, apdu.ErrSMWrong, apdu.ErrWrongData:
			return denied
		}
	case hasStates(ref) && unusable(sw):
		return denied
	}
	return fmt.Errorf("pace: %s: %w", apdu.InstructionName(insGeneralAuthenticate), sw)
}

// hasStates reports the passwords that can be suspended, blocked and deactivated
// (TR-03110-2 v2.21, 2.4.1).
func hasStates(ref Reference) bool { return ref == ReferencePIN || ref == ReferencePUK }

// unusable reports a status that speaks of the state of such a password; some chips
// say 6982 for any (TR-03110-3 v2.21, B.14.2, note).
func unusable(sw apdu.Status) bool {
	switch sw {
	case apdu.ErrSecurityStatus, apdu.ErrAuthBlocked, apdu.ErrDataInvalidated, apdu.ErrConditions, warnDeactivated:
		return true
	}
	return false
}
