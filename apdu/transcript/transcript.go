package transcript

import (
	"context"
	"errors"
	"io"

	"github.com/chipid-toolkit/chipid/apdu"
)

// Schema is the name of the format, in the header line of a recording.
const Schema = "chipid.transcript/1"

// Warning is what a recording says about itself.
const Warning = "This transcript holds everything that was read from a chip, personal data included. Keep it private and delete it after use."

// ErrMismatch says that a command differs from the recorded one.
var ErrMismatch = errors.New("transcript: the command differs from the recording")

// ErrEnd says that the recording holds no further exchange.
var ErrEnd = errors.New("transcript: the recording has ended")

// ErrFormat says that a file is not a recording.
var ErrFormat = errors.New("transcript: not a recording")

// Record returns a Transmitter that does what t does and writes every exchange
// to w. It is an apdu.Resetter and an apdu.Limiter if t is. An error of w fails
// the exchange that could not be recorded.
func Record(t apdu.Transmitter, w io.Writer) (apdu.Transmitter, error) {
	return nil, ErrFormat
}

// Create makes the file of a recording, readable by its owner alone, and
// writes [Warning] to warn, which may be nil. The file must not exist.
func Create(path string, warn io.Writer) (io.WriteCloser, error) { return nil, ErrFormat }

// Replay answers for the chip of a recording. It is an apdu.Transmitter, an
// apdu.Resetter and an apdu.Limiter.
type Replay struct {
}

// Load reads a recording.
func Load(r io.Reader) (*Replay, error) { return nil, ErrFormat }

// Transmit gives the recorded answer to command. ErrMismatch, ErrEnd: it is not
// the command of the recording.
func (r *Replay) Transmit(ctx context.Context, command []byte) ([]byte, error) {
	return nil, ErrEnd
}

// Reset plays a recorded reset. In a recording without resets it starts from
// the beginning.
func (r *Replay) Reset(ctx context.Context) ([]byte, error) { return nil, ErrEnd }
