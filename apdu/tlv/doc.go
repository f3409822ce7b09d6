// Package tlv reads and writes BER-TLV data objects as chips use them
// (ISO/IEC 7816-4, 5.2.2; the subset of ISO/IEC 8825-1 with definite lengths).
//
// What lives here: the structure tag, length, value; navigation; a dump for
// people. What may not: the meaning of any tag, ASN.1 types, and indefinite
// lengths, which belong to the readers of CMS objects.
//
// Input is hostile: every length is checked against the bytes present before
// it is used, the number of objects of one level and the depth of a dump are
// bounded, and values are sub-slices of the input, never copies of a declared
// size. Non-minimal lengths are read (chips send them) and can be asked for
// with [Node.Minimal]; writing is always minimal.
package tlv
