package printer

import "errors"

// Err is the parent of every error below: errors.Is(err, printer.Err) says that
// the printer is the reason, which the command maps to exit status 8.
var Err = errors.New("printer")

type fault struct {
	text      string
	resumable bool
	spoils    bool
}

func (f *fault) Error() string        { return "printer: " + f.text }
func (f *fault) Is(target error) bool { return target == Err }

// Faults: an operator has to see to the printer; the operation is suspended and
// Resume or Cancel decides about it.
var (
	ErrOffline error = &fault{text: "offline", resumable: true}
	ErrJam     error = &fault{text: "a card is jammed", resumable: true}
	ErrRibbon  error = &fault{text: "the ribbon is empty or torn", resumable: true}
	ErrCover   error = &fault{text: "the cover is open", resumable: true}
	ErrNoCards error = &fault{text: "the hopper is empty", resumable: true}
	ErrBinFull error = &fault{text: "an output bin is full", resumable: true}
)

// ErrHand: a person has to carry the card, and says with Resume that it is done.
// The error is a *HandError, which holds what is asked.
var ErrHand error = &fault{text: "a person has to carry the card", resumable: true}

// Endings of a print that leave nobody sure: the card may be printed, wholly, in
// part or not at all. It is never printed again; it can only be rejected.
var (
	ErrLost    error = &fault{text: "the print job is lost: the card may be printed", spoils: true}
	ErrAborted error = &fault{text: "the printer gave the job up: the card may be printed in part", spoils: true}
)

// Refusals: the call does not fit the printer or the moment; nothing happened.
var (
	ErrUnknownDriver error = &fault{text: "no such driver"}
	ErrBusy          error = &fault{text: "busy with another job"}
	ErrNoCard        error = &fault{text: "no card in the printer"}
	ErrCardInside    error = &fault{text: "a card is in the printer"}
	ErrSide          error = &fault{text: "the other side of the card is at the head"}
	ErrStation       error = &fault{text: "this printer has no such station"}
	ErrLayer         error = &fault{text: "this printer has no panel for a layer of the face"}
	ErrDPI           error = &fault{text: "this printer does not have the face's resolution"}
	ErrFlip          error = &fault{text: "this printer cannot turn the card over"}
	ErrPrinted       error = &fault{text: "this side is printed, and cannot be printed over"}
	ErrUnfit         error = &fault{text: "this printer cannot print cards"}
	ErrAccess        error = &fault{text: "the printer refused the user, the password or the certificate"}
	ErrProtocol      error = &fault{text: "the printer's answer is not what the protocol allows"}
	ErrFace          error = &fault{text: "the face has no layer, or layers of different size"}
	ErrSuspended     error = &fault{text: "suspended by a fault: resume or cancel"}
	ErrNotSuspended  error = &fault{text: "nothing to resume or cancel"}
	ErrCancelled     error = &fault{text: "an operation on this card was cancelled: it can only be rejected"}
	ErrClosed        error = &fault{text: "closed"}
)

// Spoils reports whether err is the end of a print that nobody can tell the
// outcome of: the card can only be rejected.
func Spoils(err error) bool {
	var f *fault
	return errors.As(err, &f) && f.spoils
}

// Resumable reports whether err is a fault after which Resume makes sense.
func Resumable(err error) bool {
	var f *fault
	return errors.As(err, &f) && f.resumable
}
