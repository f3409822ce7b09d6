// Package apdu is what is said to a chip: commands, responses and status
// words of ISO/IEC 7816-4, and the seams that everything above is built on.
//
// A [Transmitter] moves one C-APDU to a chip and brings its R-APDU back; it is
// a PC/SC reader, a virtual chip or a replayed transcript, and nothing above
// can tell which. A [Sender] is what protocols talk to: a plain [Channel]
// around a Transmitter, or secure messaging around another Sender.
//
// The error that Send returns says that the exchange failed: the card left the
// field, secure messaging broke, the answer was malformed. What the chip
// thought of a command is its status word, [Response.SW], an error value of its
// own that errors.Is understands.
//
// What lives here: the typed command, the typed status, the plain channel with
// chaining, GET RESPONSE and wrong-Le repair. What may not: any protocol, any
// file of the LDS, any reader, any key.
package apdu
