// Package vpcd puts a chip that exists in software into a reader of pcscd: it
// speaks the wire of the virtual reader driver that Debian ships as
// vsmartcard-vpcd.
//
// The driver listens and the card connects; the connection is the card lying
// in the reader, and closing it is the card being pulled. Each message in
// either direction is a length of two bytes, big-endian, and as many bytes. A
// message of one byte from the driver is a control: 00 power off, 01 power on,
// 02 reset, 04 give the ATR, and only the last one is answered. Everything else
// is a C-APDU and is answered with its R-APDU.
//
// [Serve] keeps one card in one reader until its context ends, through restarts
// of pcscd. A [Slot] is a reader into which cards are put and from which they
// are taken.
//
// The driver opens its port on every network interface and asks nobody for a
// password: whoever reaches the port can put a card into the reader. Keep it
// off any network.
//
// What lives here: the wire, and nothing that knows what a card does. What may
// not: APDU parsing beyond the length of a message, pcscd itself (that is
// testcards/pcscd).
package vpcd
