// Package domain holds domain parameters and the Diffie-Hellman key agreement
// over them, alike for elliptic curves and for prime fields (Doc 9303-11
// (8th ed.), 9.4 to 9.6): the standardized identifiers, explicit parameters as
// EF.CardAccess and DG14 carry them, generators, keys, shared secrets. PACE and
// Chip Authentication are built on it.
//
// Public keys are checked when they are made: on the curve and finite, or in
// the subgroup (RFC 2631, 2.1.5). Curves that arrive in a message are matched
// against those of package ecc and never computed with as they came.
//
// What may not live here: protocols, APDUs, key derivation. It imports the
// leaves ecc and mac alone. Exponentiation in prime fields uses math/big, whose
// time depends on its operands: secrets here are ephemeral, or belong to a
// virtual chip.
package domain
