// Package ca is Chip Authentication, version 1 (Doc 9303-11 (8th ed.), 6.2; BSI
// TR-03110-1, 3.4): a key agreement of the terminal's ephemeral key with the
// chip's static one, after which secure messaging runs under new keys.
//
// terminal.go is [Run], chip.go the other half for virtual chips, schedule.go
// what both share.
//
// A successful Run proves nothing yet. The chip is shown to own the static key
// when the first answer under the new keys has a right checksum (see
// sm.Channel.Verified), and it is genuine only if passive authentication has
// covered that key.
//
// What may not live here: reading DG14 (lds turns it into [Params]), Terminal
// Authentication, and the verdict.
package ca
