// Package aa is Active Authentication (Doc 9303-11 (8th ed.), 6.1): the chip
// signs a challenge with a key that it does not give away.
//
// terminal.go is [Run], chip.go the other half for virtual chips, schedule.go
// names what both share; iso9796.go has the RSA signature with message
// recovery, ecdsa.go the plain ECDSA signature.
//
// A verified signature shows that this chip holds the key of DG15. It makes the
// chip genuine only if passive authentication has covered DG15, and DG14 where
// the hash of an ECDSA signature comes from there.
//
// What may not live here: reading DG14 and DG15, and the verdict.
package aa
