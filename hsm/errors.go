package hsm

import (
	"errors"
	"fmt"
)

// Err matches every error of every keyring: errors.Is(err, hsm.Err).
var Err = errors.New("hsm")

// kind is an error that also matches Err.
type kind struct{ text string }

func (k *kind) Error() string        { return k.text }
func (k *kind) Is(target error) bool { return target == Err }

// The kinds of failure. Each matches itself and [Err] through errors.Is.
var (
	ErrModule             error = &kind{"PKCS#11 module cannot be used"}
	ErrUnavailable        error = &kind{"PKCS#11 is not in this build"}
	ErrTokenMissing       error = &kind{"token not found"}
	ErrTokenLost          error = &kind{"token is gone"}
	ErrPINSource          error = &kind{"PIN source cannot be read"}
	ErrPINWrong           error = &kind{"PIN is wrong"}
	ErrPINLocked          error = &kind{"PIN is locked"}
	ErrKeyRef             error = &kind{"not a usable pkcs11: URI"}
	ErrKeyNotFound        error = &kind{"key not found"}
	ErrKeyAmbiguous       error = &kind{"more than one key matches"}
	ErrKeyMismatch        error = &kind{"the key under this name is another one"}
	ErrKeyExists          error = &kind{"a key of this name exists"}
	ErrKeySpec            error = &kind{"no such key can be made"}
	ErrKeyData            error = &kind{"the data cannot be used with the key"}
	ErrKeyUse             error = &kind{"the key is not for this use"}
	ErrMechanism          error = &kind{"the token lacks a mechanism"}
	ErrCertificate        error = &kind{"the certificate does not belong to the key"}
	ErrCertificateMissing error = &kind{"no certificate stored for the key"}
	ErrSessions           error = &kind{"the token has no free session"}
	ErrToken              error = &kind{"the token refused"}
	ErrClosed             error = &kind{"keyring is closed"}
	ErrStopped            error = &kind{"stopped before the token was asked"}
)

// Fault is the error that keyrings return: what was being done, which kind of failure, and what is known beyond it.
// It never holds a PIN, a key or data that was to be signed.
type Fault struct {
	Doing  string // "sign", "open token \"issuer\""
	Kind   error  // one of the Err… values
	Detail string // for people: a mechanism's name, what to install, what to do
	Cause  error  // the module's or the system's own error, if there is one
}

func (f *Fault) Error() string {
	s := fmt.Sprintf("hsm: %s: %v", f.Doing, f.Kind)
	if f.Detail != "" {
		s += ": " + f.Detail
	}
	if f.Cause != nil {
		s += fmt.Sprintf(" (%v)", f.Cause)
	}
	return s
}

// Unwrap makes errors.Is and errors.As see the kind and the cause.
func (f *Fault) Unwrap() []error {
	if f.Cause == nil {
		return []error{f.Kind}
	}
	return []error{f.Kind, f.Cause}
}

// PINStatus is what a token tells about its PIN counter. It is the cause inside a Fault of kind ErrPINWrong or ErrPINLocked:
//
//	var st *hsm.PINStatus
//	if errors.As(err, &st) && st.FinalTry { … }
//
// A keyring never tries a PIN that was refused a second time.
type PINStatus struct {
	CountLow bool // at least one wrong PIN since the last right one
	FinalTry bool // the next wrong PIN locks
	Locked   bool
	Unknown  bool // the token does not tell
}

func (p *PINStatus) Error() string {
	switch {
	case p.Locked:
		return "the PIN is locked; the token's security officer can set a new one"
	case p.FinalTry:
		return "one try is left before the PIN locks"
	case p.CountLow:
		return "at least one wrong PIN was given since the last right one"
	case p.Unknown:
		return "the token does not tell how many tries are left"
	}
	return "tries are left"
}
