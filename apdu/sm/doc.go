// Package sm is secure messaging (Doc 9303-11 (8th ed.), 9.8; ISO/IEC 7816-4:2020,
// 10): commands and answers encrypted and authenticated under session keys.
//
// [Channel] is the terminal: an apdu.Sender around another. [Chip] is the other
// half, which a virtual chip feeds. Both share one schedule: counter,
// encryption, checksum. [MaxResponseData] and [MaxCommandData] say how many
// plain bytes an APDU of a given size carries under protection.
//
// A session that has seen one error is over, on both sides: an answer without
// protection, a wrong checksum, a lost exchange. What an unprotected answer
// says is never taken for the chip's opinion (an attacker could have written
// it), so its status is not part of the error chain.
//
// What may not live here: how keys are agreed (bac, pace, ca), and which files
// or commands need protection.
package sm
