// Package bac is Basic Access Control (Doc 9303-11 (8th ed.), 4.3): terminal and
// chip prove to each other that they know the MRZ, and agree on 3DES session
// keys.
//
// terminal.go is [Run], chip.go the other half for virtual chips, schedule.go
// the cryptography that both share.
//
// What may not live here: reading an MRZ (cardprofile/mrz builds the string
// that [NewPassword] takes), and the decision whether BAC may be used at all.
package bac
