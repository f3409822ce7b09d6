// Package pcsc reaches chips in PC/SC readers: pcscd with its libpcsclite on
// Linux, the smart card service on Windows.
//
// A [Card] is one chip in one reader for as long as it lies there. It is an
// apdu.Transmitter, apdu.Resetter and apdu.Limiter. When the card is pulled,
// the reader unplugged or pcscd restarted, the call that notices ends at once
// with apdu.ErrCardGone, apdu.ErrReaderGone or [ErrServiceGone], every later
// call on that Card repeats the error, and the next [Connect] or [WaitForCard]
// of the same process works: each Card has a PC/SC context of its own, nothing
// that broke is used again.
//
// No call outlives its context by more than a moment: what blocks inside the
// PC/SC library is left behind, the Card is then dead, and what it held is
// released when the library returns.
//
// On Windows no cgo is needed. Elsewhere a build without cgo has the same API
// and answers every call with [ErrUnsupported].
//
// What lives here: readers, cards in them, what they can carry. What may not:
// the meaning of any APDU, and starting a pcscd.
package pcsc
