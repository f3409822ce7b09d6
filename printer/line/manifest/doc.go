// Package manifest reads a supplier's list of the chips in a delivery: CMS SignedData over lines of serial numbers, as it is or encrypted to a
// key of the token.
//
// Nothing is taken from a list whose signature is not the named supplier's. What may not live here: the store of serial numbers
// (printer/line/store) and what a station does with a blank that is not on the list (printer/line/station).
package manifest
