package transcript

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/chipid-toolkit/chipid/apdu"
)

// Schema is the name of the format, in the header line of a recording.
const Schema = "chipid.transcript/1"

// Warning is what a recording says about itself.
const Warning = "This transcript holds everything that was read from a chip, personal data included. Keep it private and delete it after use."

// Errors of recordings. None holds bytes of an exchange.
var (
	// ErrMismatch: the command differs from the recorded one.
	ErrMismatch = errors.New("transcript: the command differs from the recording")
	// ErrEnd: the recording holds no further exchange.
	ErrEnd = errors.New("transcript: the recording has ended")
	// ErrFormat: a file is not a recording.
	ErrFormat = errors.New("transcript: not a recording")
)

// header is the first line.
type header struct {
	Schema      string   `json:"schema"`
	Warning     string   `json:"warning"`
	ATR         hexBytes `json:"atr,omitempty"`
	MaxCommand  int      `json:"max_command,omitempty"`
	MaxResponse int      `json:"max_response,omitempty"`
}

// entry is every other line: an exchange, or a reset, which has no command.
type entry struct {
	N        int      `json:"n"`
	Command  hexBytes `json:"command,omitempty"`
	Response hexBytes `json:"response,omitempty"`
	Reset    bool     `json:"reset,omitempty"`
	ATR      hexBytes `json:"atr,omitempty"`
	// Error is why there was no answer.
	Error failure `json:"error,omitempty"`
	// Microseconds that the chip took.
	Microseconds int64 `json:"us"`
}

// hexBytes are bytes as hexadecimal text.
type hexBytes []byte

func (h hexBytes) MarshalJSON() ([]byte, error) { return json.Marshal(hex.EncodeToString(h)) }

func (h *hexBytes) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return fmt.Errorf("%w: bytes are not text", ErrFormat)
	}
	v, err := hex.DecodeString(s)
	if err != nil {
		return fmt.Errorf("%w: bytes are not hexadecimal", ErrFormat)
	}
	*h = v
	return nil
}

// failure names the errors that a transport has names for.
type failure string

var failures = map[failure]error{
	"card gone":   apdu.ErrCardGone,
	"reader gone": apdu.ErrReaderGone,
	"timeout":     apdu.ErrTimeout,
}

// errOther stands for an error that has no name.
var errOther = errors.New("the exchange failed")

func failureOf(err error) failure {
	for name, e := range failures {
		if errors.Is(err, e) {
			return name
		}
	}
	return "other"
}

func (f failure) err() error {
	if err, ok := failures[f]; ok {
		return err
	}
	return errOther
}
