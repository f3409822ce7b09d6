package sm

import (
	"errors"
	"fmt"

	"github.com/chipid-toolkit/chipid/apdu"
)

// What ends a session. Every error of [Channel.Send] but a cancelled context
// before sending matches ErrClosed at the next call.
var (
	// ErrUnprotected: the answer had no checksum. See [UnprotectedError].
	ErrUnprotected = errors.New("sm: unprotected answer inside secure messaging")
	// ErrMAC: the checksum is wrong.
	ErrMAC = errors.New("sm: wrong checksum")
	// ErrFormat: checksum right or not yet judged, objects missing, doubled,
	// out of order or of a wrong length.
	ErrFormat = errors.New("sm: malformed secure messaging objects")
	// ErrClosed: the session ended before; the cause follows.
	ErrClosed = errors.New("sm: session has ended")
	// ErrCounter: the send sequence counter has run out.
	ErrCounter = errors.New("sm: send sequence counter exhausted")
	// ErrCommand: the command cannot be protected (class or size).
	ErrCommand = errors.New("sm: command cannot be protected")
)

// UnprotectedError is an answer without protection. It matches ErrUnprotected
// and deliberately not its own status: anybody between terminal and chip could
// have sent that, so "file not found" must not pass for the chip's word. SW is
// for people who look for the cause.
type UnprotectedError struct {
	SW apdu.Status
}

func (e *UnprotectedError) Error() string {
	return fmt.Sprintf("%v, status %04X", ErrUnprotected, uint16(e.SW))
}

// Is matches ErrUnprotected.
func (e *UnprotectedError) Is(target error) bool { return target == ErrUnprotected }
