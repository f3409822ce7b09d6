package apdu

import (
	"context"
	"errors"
	"fmt"
)

// A Transmitter moves one C-APDU to a chip and brings the R-APDU back, bytes
// as they are. It is a reader, a virtual chip or a replayed transcript. An
// error means that there is no answer; it wraps [ErrCardGone],
// [ErrReaderGone] or [ErrTimeout] where one of them fits.
type Transmitter interface {
	Transmit(ctx context.Context, command []byte) ([]byte, error)
}

// A Resetter can bring its chip back to the state after power-on and give its
// ATR. It is optional, found by type assertion; without it a broken session
// cannot be resumed.
type Resetter interface {
	Reset(ctx context.Context) (atr []byte, err error)
}

// A Limiter knows what chip and reader can carry. It is optional, found by
// type assertion; without it only short APDUs are used.
type Limiter interface {
	// ATR is the answer to reset, or what the reader made of an ATS.
	ATR() []byte
	// MaxCommand is the largest C-APDU in bytes, header and length fields
	// counted; 261 is a short one.
	MaxCommand() int
	// MaxResponse is the largest R-APDU in bytes, status word counted; 258
	// is a short one.
	MaxResponse() int
}

// A Sender is what protocols talk to: a plain [Channel], or secure messaging
// around another Sender. The error says that the exchange failed; the chip's
// own opinion is in Response.SW.
type Sender interface {
	Send(ctx context.Context, c Command) (Response, error)
}

// What a transport says when there is no answer.
var (
	ErrCardGone   = errors.New("card left the reader")
	ErrReaderGone = errors.New("reader is gone")
	ErrTimeout    = errors.New("no answer in time")
)

// Do sends c and requires status 9000. Another status is an error that wraps
// the [Status] and names the instruction.
func Do(ctx context.Context, s Sender, c Command) ([]byte, error) {
	r, err := s.Send(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", InstructionName(c.INS), err)
	}
	if err := r.Err(); err != nil {
		return r.Data, fmt.Errorf("%s: %w", InstructionName(c.INS), err)
	}
	return r.Data, nil
}

// InstructionName is the name of an instruction byte in the class that this
// module uses it in, or "INS xx".
func InstructionName(ins byte) string {
	if name, ok := instructionNames[ins]; ok {
		return name
	}
	return fmt.Sprintf("INS %02X", ins)
}

// Instructions of ISO/IEC 7816-4 and -8, and GlobalPlatform 2.3.1.
var instructionNames = map[byte]string{
	0x22: "MANAGE SECURITY ENVIRONMENT",
	0x2A: "PERFORM SECURITY OPERATION",
	0x46: "GENERATE ASYMMETRIC KEY PAIR",
	0x47: "GENERATE ASYMMETRIC KEY PAIR",
	0x50: "INITIALIZE UPDATE",
	0x82: "EXTERNAL AUTHENTICATE",
	0x84: "GET CHALLENGE",
	0x86: "GENERAL AUTHENTICATE",
	0x88: "INTERNAL AUTHENTICATE",
	0xA4: "SELECT",
	0xB0: "READ BINARY",
	0xB1: "READ BINARY",
	0xC0: "GET RESPONSE",
	0xCA: "GET DATA",
	0xCB: "GET DATA",
	0xD6: "UPDATE BINARY",
	0xD8: "PUT KEY",
	0xDA: "PUT DATA",
	0xDB: "PUT DATA",
	0xE2: "STORE DATA",
	0xE4: "DELETE",
	0xE6: "INSTALL",
	0xF0: "SET STATUS",
	0xF2: "GET STATUS",
}
