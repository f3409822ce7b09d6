// Package chip is a virtual chip: a contactless smart card of GlobalPlatform
// kind with an eMRTD applet, in software. It is an [apdu.Transmitter],
// [apdu.Resetter] and [apdu.Limiter], and nothing above apdu can tell it from
// plastic.
//
// A chip starts blank ([NewBlank]): an issuer security domain that speaks
// SCP03, and an applet that waits for its personalization as docs/chip-dgi.md
// lays it down. Once that is finished and the card is secured, it answers as a
// document does, and no command writes to it ever again. [NewIssued] makes a
// document at once, for tests of readers. [Open] brings a chip back from its
// state file.
//
// The files: chip.go and dispatch.go take a command and find who answers it;
// select.go and read.go are the file system, access.go and emrtd.go the
// protocols; domain.go and content.go are the issuer security domain,
// personalize.go and generate.go what STORE DATA does; state.go is what outlives
// a power cut; fault.go and fault_hostile.go what can be made to go wrong;
// terminalauth.go and trustpoint.go who may read DG3 and DG4, and who says so;
// quirk.go habits of chips in the field; link.go how long the air takes;
// issued.go a short cut to a finished document.
//
// What may not live here: a terminal's half of any protocol, and cryptography:
// every protocol comes from its own package below apdu.
package chip
