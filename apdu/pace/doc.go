// Package pace is Password Authenticated Connection Establishment (Doc 9303-11
// (8th ed.), 4.4; BSI TR-03110-2 and -3): terminal and chip prove to each other
// that they know a short password and agree on strong session keys.
//
// All mappings are here: generic, integrated, and chip authentication mapping,
// over curves and over prime fields, with 3DES and AES. terminal.go is [Run],
// chip.go the other half for virtual chips; schedule.go and mapping files hold
// the cryptography that both share.
//
// What may not live here: reading EF.CardAccess (lds turns it into [Params]),
// the choice between offered parameters, the try counter of a password (the
// chip's owner keeps it), and the judgement of chip authentication mapping,
// which waits for passive authentication: see [CAM].
package pace
