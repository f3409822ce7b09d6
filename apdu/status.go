package apdu

import "fmt"

// Status is a status word, SW1 SW2. It is an error value: a status that is
// wrapped by others is found with errors.Is(err, apdu.ErrFileNotFound).
type Status uint16

// Status words of ISO/IEC 7816-4:2020, 5.6, and of GlobalPlatform Card
// Specification 2.3.1, 11.1.3.
const (
	OK Status = 0x9000

	WarnNoInfo       Status = 0x6200 // warning, nothing said; GlobalPlatform: logical channel closed
	WarnCorrupt      Status = 0x6281 // part of the data may be corrupted
	WarnEOF          Status = 0x6282 // end of file reached before Ne bytes
	WarnDeactivated  Status = 0x6283 // selected file is deactivated
	WarnTerminated   Status = 0x6285 // selected file is in termination state
	ErrAuthFailed    Status = 0x6300 // authentication failed, no counter told
	ErrExecution     Status = 0x6400 // execution error, state unchanged
	ErrMemory        Status = 0x6581 // memory failure
	ErrWrongLength   Status = 0x6700
	ErrChannel       Status = 0x6881 // logical channel not supported
	ErrSMUnsupported Status = 0x6882 // secure messaging not supported
	ErrLastExpected  Status = 0x6883 // last command of a chain expected
	ErrNoChaining    Status = 0x6884 // chaining not supported

	ErrCommandIncompatible Status = 0x6981 // command incompatible with file structure
	ErrSecurityStatus      Status = 0x6982 // security status not satisfied
	ErrAuthBlocked         Status = 0x6983 // authentication method blocked
	ErrDataInvalidated     Status = 0x6984 // reference data not usable
	ErrConditions          Status = 0x6985 // conditions of use not satisfied
	ErrNoCurrentEF         Status = 0x6986 // command not allowed, no current EF
	ErrSMMissing           Status = 0x6987 // expected secure messaging objects missing
	ErrSMWrong             Status = 0x6988 // incorrect secure messaging objects

	ErrWrongData        Status = 0x6A80 // incorrect parameters in the data field
	ErrFuncNotSupported Status = 0x6A81
	ErrFileNotFound     Status = 0x6A82 // file or application not found
	ErrRecordNotFound   Status = 0x6A83
	ErrNotEnoughSpace   Status = 0x6A84
	ErrWrongP1P2        Status = 0x6A86
	ErrWrongLc          Status = 0x6A87 // Lc inconsistent with P1-P2
	ErrNotFound         Status = 0x6A88 // referenced data or key not found
	ErrFileExists       Status = 0x6A89
	ErrOffset           Status = 0x6B00 // P1-P2 wrong, offset outside the file
	ErrINS              Status = 0x6D00
	ErrCLA              Status = 0x6E00
	ErrUnknown          Status = 0x6F00 // no precise diagnosis
)

var statusText = map[Status]string{
	OK:                     "success",
	WarnNoInfo:             "warning without information",
	WarnCorrupt:            "data may be corrupted",
	WarnEOF:                "end of file reached",
	WarnDeactivated:        "file is deactivated",
	WarnTerminated:         "file is terminated",
	ErrAuthFailed:          "authentication failed",
	ErrExecution:           "execution error",
	ErrMemory:              "memory failure",
	ErrWrongLength:         "wrong length",
	ErrChannel:             "logical channel not supported",
	ErrSMUnsupported:       "secure messaging not supported",
	ErrLastExpected:        "last command of the chain expected",
	ErrNoChaining:          "command chaining not supported",
	ErrCommandIncompatible: "command incompatible with the file",
	ErrSecurityStatus:      "security status not satisfied",
	ErrAuthBlocked:         "authentication method blocked",
	ErrDataInvalidated:     "reference data not usable",
	ErrConditions:          "conditions of use not satisfied",
	ErrNoCurrentEF:         "no current file",
	ErrSMMissing:           "secure messaging objects missing",
	ErrSMWrong:             "secure messaging objects incorrect",
	ErrWrongData:           "incorrect data field",
	ErrFuncNotSupported:    "function not supported",
	ErrFileNotFound:        "file or application not found",
	ErrRecordNotFound:      "record not found",
	ErrNotEnoughSpace:      "not enough memory in the file",
	ErrWrongP1P2:           "incorrect P1-P2",
	ErrWrongLc:             "Lc inconsistent with P1-P2",
	ErrNotFound:            "referenced data not found",
	ErrFileExists:          "file exists already",
	ErrOffset:              "offset outside the file",
	ErrINS:                 "instruction not supported",
	ErrCLA:                 "class not supported",
	ErrUnknown:             "no precise diagnosis",
}

// Error is the status word in words, followed by its hexadecimal form.
func (s Status) Error() string {
	if text, ok := statusText[s]; ok {
		return fmt.Sprintf("chip answered %04X, %s", uint16(s), text)
	}
	if n, ok := s.Tries(); ok {
		return fmt.Sprintf("chip answered %04X, verification failed, %d tries left", uint16(s), n)
	}
	return fmt.Sprintf("chip answered %04X", uint16(s))
}

// Tries is the counter of a status 63Cx: how many tries the chip still allows.
func (s Status) Tries() (n int, ok bool) {
	if s&0xFFF0 != 0x63C0 {
		return 0, false
	}
	return int(s & 0x000F), true
}

// Warning reports whether s is a warning (62xx, 63xx): the command was
// processed, and the data, if any, stands.
func (s Status) Warning() bool { return s>>8 == 0x62 || s>>8 == 0x63 }

// sw1 is the first byte.
func (s Status) sw1() byte { return byte(s >> 8) }

// sw2 is the second byte, 0 meaning 256 where it is a length.
func (s Status) length() int {
	if n := int(s & 0xFF); n != 0 {
		return n
	}
	return MaxShortNe
}
