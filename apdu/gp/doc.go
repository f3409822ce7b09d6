// Package gp speaks GlobalPlatform: the secure channel SCP03 from both ends,
// the commands that personalize a card through it (STORE DATA with data
// groupings, PUT KEY, INSTALL, SET STATUS), and those that ask a card what it
// is (GET STATUS, GET DATA).
//
// terminal.go is the terminal's half of SCP03, chip.go the card's, and both
// share schedule.go. Static keys stay where they are: the terminal sees them
// as [StaticKeys], which a token implements.
//
// Supported: SCP03 with 8-byte challenges and cryptograms ("S8"), i = 00, 10,
// 20, 30, 60, 70, AES-128, -192, -256, security levels 01, 03, 11, 13, 33.
// SCP02 is not: it rests on DES. The 16-byte mode of later editions of
// Amendment D is refused with a clear error.
//
// What may not live here: tokens, card profiles, what a data grouping means to
// an applet.
//
// Sources: GPCS = GlobalPlatform Card Specification v2.3.1 (GPC_SPE_034);
// Amd D = Amendment D, Secure Channel Protocol '03', v1.1.1 (GPC_SPE_014);
// Amd A = Amendment A, Confidential Card Content Management.
package gp
