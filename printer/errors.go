package printer

import "errors"

// Err is the parent of every error below: errors.Is(err, printer.Err) says that
// the printer is the reason, which the command maps to exit status 8.
var Err = errors.New("printer")

type fault struct {
	text      string
	resumable bool
}

func (f *fault) Error() string        { return "printer: " + f.text }
func (f *fault) Is(target error) bool { return target == Err }

// Faults: an operator has to see to the printer; the operation is suspended and
// Resume or Cancel decides about it.
var (
	ErrOffline error = &fault{"offline", true}
	ErrJam     error = &fault{"a card is jammed", true}
	ErrRibbon  error = &fault{"the ribbon is empty or torn", true}
	ErrCover   error = &fault{"the cover is open", true}
	ErrNoCards error = &fault{"the hopper is empty", true}
	ErrBinFull error = &fault{"an output bin is full", true}
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
	ErrFace          error = &fault{text: "the face has no layer, or layers of different size"}
	ErrSuspended     error = &fault{text: "suspended by a fault: resume or cancel"}
	ErrNotSuspended  error = &fault{text: "nothing to resume or cancel"}
	ErrCancelled     error = &fault{text: "an operation on this card was cancelled: it can only be rejected"}
	ErrClosed        error = &fault{text: "closed"}
)

// Resumable reports whether err is a fault after which Resume makes sense.
func Resumable(err error) bool {
	var f *fault
	return errors.As(err, &f) && f.resumable
}
