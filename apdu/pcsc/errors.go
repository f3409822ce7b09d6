package pcsc

import (
	"errors"
	"fmt"

	"github.com/chipid-toolkit/chipid/apdu"
)

// kind is an error of this package; all of them match [Err].
type kind string

func (k kind) Error() string        { return string(k) }
func (k kind) Is(target error) bool { return target == Err }

// Err is matched, with errors.Is, by the errors below.
var Err = errors.New("PC/SC")

// What can be wrong with readers and cards, beside apdu.ErrCardGone,
// apdu.ErrReaderGone and apdu.ErrTimeout.
var (
	// ErrServiceGone: the smart card service does not run, or it was stopped
	// or restarted while it was in use.
	ErrServiceGone error = kind("the smart card service is not running")
	// ErrNoReader: there is no reader, or none that the selector names.
	ErrNoReader error = kind("no such reader")
	// ErrAmbiguous: the selector fits several readers.
	ErrAmbiguous error = kind("more than one reader fits")
	// ErrNoCard: there is no card in the reader.
	ErrNoCard error = kind("no card in the reader")
	// ErrCardMute: what lies in the reader does not answer to reset.
	ErrCardMute error = kind("the card does not answer")
	// ErrCardReset: another program has reset the card, whose state is lost.
	ErrCardReset error = kind("the card was reset by another program")
	// ErrInUse: another program holds the reader.
	ErrInUse error = kind("the reader is in use by another program")
	// ErrExchange: the reader could not carry out the exchange; card and
	// reader are still there.
	ErrExchange error = kind("the exchange with the card failed")
	// ErrClosed: the Card has been closed.
	ErrClosed error = kind("the connection to the card is closed")
	// ErrUnsupported: this build has no PC/SC.
	ErrUnsupported error = kind("built without PC/SC: build with cgo and libpcsclite-dev, or for Windows")
)

// code is an answer of the PC/SC library (PC/SC part 5; the values are the
// same everywhere).
type code uint32

const (
	codeInternal           code = 0x80100001
	codeCancelled          code = 0x80100002
	codeInvalidHandle      code = 0x80100003
	codeUnknownReader      code = 0x80100009
	codeTimeout            code = 0x8010000A
	codeSharingViolation   code = 0x8010000B
	codeNoSmartcard        code = 0x8010000C
	codeUnknownCard        code = 0x8010000D
	codeProtocolMismatch   code = 0x8010000F
	codeNotReady           code = 0x80100010
	codeSystemCancelled    code = 0x80100012
	codeCommError          code = 0x80100013
	codeUnknownError       code = 0x80100014
	codeNotTransacted      code = 0x80100016
	codeReaderUnavailable  code = 0x80100017
	codeNoService          code = 0x8010001D
	codeServiceStopped     code = 0x8010001E
	codeUnsupportedFeature code = 0x80100022
	codeNoReaders          code = 0x8010002E
	codeCommDataLost       code = 0x8010002F
	codeUnresponsiveCard   code = 0x80100066
	codeUnpoweredCard      code = 0x80100067
	codeResetCard          code = 0x80100068
	codeRemovedCard        code = 0x80100069
	codeSecurityViolation  code = 0x8010006A

	// Windows reports these instead when the service or the RPC to it dies.
	codeWinInvalidHandle code = 6
	codeWinBrokenPipe    code = 0x6D
	codeWinRPCFailed     code = 0x6BE
)

var codeText = map[code]string{
	codeInternal:           "internal error",
	codeCancelled:          "cancelled",
	codeInvalidHandle:      "invalid handle",
	codeUnknownReader:      "unknown reader",
	codeTimeout:            "timeout",
	codeSharingViolation:   "sharing violation",
	codeNoSmartcard:        "no smart card",
	codeUnknownCard:        "unknown card",
	codeProtocolMismatch:   "protocol mismatch",
	codeNotReady:           "not ready",
	codeSystemCancelled:    "cancelled by the system",
	codeCommError:          "communication with the service failed",
	codeUnknownError:       "unknown error",
	codeNotTransacted:      "not transacted",
	codeReaderUnavailable:  "reader unavailable",
	codeNoService:          "no service",
	codeServiceStopped:     "service stopped",
	codeUnsupportedFeature: "unsupported feature",
	codeNoReaders:          "no readers",
	codeCommDataLost:       "communication data lost",
	codeUnresponsiveCard:   "unresponsive card",
	codeUnpoweredCard:      "unpowered card",
	codeResetCard:          "card was reset",
	codeRemovedCard:        "card was removed",
	codeSecurityViolation:  "access denied by the service",
}

func (c code) Error() string {
	if text, ok := codeText[c]; ok {
		return fmt.Sprintf("PC/SC %08X, %s", uint32(c), text)
	}
	return fmt.Sprintf("PC/SC %08X", uint32(c))
}

// meaning is the error that a code stands for, nil where the code alone does
// not say it.
func (c code) meaning() error {
	switch c {
	case codeRemovedCard:
		return apdu.ErrCardGone
	case codeNoSmartcard:
		return ErrNoCard
	case codeReaderUnavailable:
		return apdu.ErrReaderGone
	case codeUnknownReader, codeNoReaders:
		return ErrNoReader
	case codeNoService, codeServiceStopped, codeCommError, codeInvalidHandle,
		codeWinInvalidHandle, codeWinBrokenPipe, codeWinRPCFailed:
		return ErrServiceGone
	case codeSharingViolation:
		return ErrInUse
	case codeUnresponsiveCard, codeUnpoweredCard:
		return ErrCardMute
	case codeResetCard:
		return ErrCardReset
	case codeNotTransacted, codeCommDataLost:
		return ErrExchange
	}
	return nil
}

// explain puts words around an error of the library.
func explain(doing string, err error) error {
	if err == nil {
		return nil
	}
	var c code
	if errors.As(err, &c) {
		if m := c.meaning(); m != nil {
			return fmt.Errorf("%s: %w (%w)", doing, m, c)
		}
	}
	return fmt.Errorf("%s: %w", doing, err)
}
