// Package printer is the seam to the machine that prints a card and carries it
// past the chip encoder: the Printer interface, the errors every driver speaks,
// and one driver a file.
//
// What a card looks like is printer/face; when a card is printed is the
// production line's. The chip encoder is no business of a printer: card
// printers put it on the bus as a separate PC/SC reader, and the printer only
// carries the card there.
//
// A new driver is one file here that calls register, and passes
// printer/printertest.
package printer
