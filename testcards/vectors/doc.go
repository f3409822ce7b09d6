// Package vectors holds the published numbers that anchor the protocols, one
// JSON file a source, and loads them for tests.
//
// Each file names its source (document, edition, section, or repository and
// commit) and its errata. One vector has one named outcome. Numbers only: no
// text of a standard, no data of real people.
//
// The files wycheproof_ecdsa_* and wycheproof_ecdh_* are a selection of Project
// Wycheproof's tests of the curves, not the whole: each number was carried over
// by hand, under the test's own number, so that the rest can be looked up. There
// are signatures with wrong encodings, numbers out of range and edges of the
// arithmetic, in DER and plain; and public keys off the curve, of other curves,
// with explicit, compressed and badly encoded parameters. Left out are
// encodings of several thousand bytes, most of the special hashes, of the
// addition chains and of the many tests of one kind, PEM, JWK and bare points,
// and hashes other than the one that the file names. P-256, P-384,
// brainpoolP256r1 and P384r1 have all kinds; P-521 has signatures alone, without
// edges of the arithmetic; brainpoolP224r1, P320r1 and P512r1 plain signatures
// and keys to agree with, none that must be refused; P-224 nothing. The names
// are in our words.
// "why" is the reason that a test of apdu/ecc proves for each invalid one; an
// acceptable one says in "here" what this project does with it. Private keys
// are numbers, without the zero byte of a sign in front; a shared secret stands
// where there is one to reach.
//
// What may not live here: code that computes anything, and vectors of our own
// making presented as published ones.
package vectors
