// Package cvc is card-verifiable certificates: the certificates with which a
// terminal proves to a chip what it may read (BSI TR-03110-3 v2.21, chapter 2,
// appendices A.7, C and D; TR-03110-4 v2.21, 2.1.3 and 2.2.3).
//
// [Parse] reads a certificate and notes where it leaves the standard; what it
// cannot make sense of is an error. [Template] builds and signs one, strictly,
// with any crypto.Signer. [Request] is what a certificate is asked for with.
// [Key] is a public key that certificates are verified with, [Key.Verify] one
// step of a chain with every rule but time, and [Store] the memory of a chip:
// its trust points and its current date. [FindChain] picks what to send.
//
// Signatures are verified with public keys alone; what is secret stays behind
// crypto.Signer. Certificate extensions are kept as they are: they belong to
// Terminal Authentication version 2, and nobody rejects what he does not know
// (C.3).
//
// Elliptic curve domain parameters must be those of a curve that package ecc
// knows, all of them.
//
// What may not live here: commands to a chip (package ta), files, and the
// custody of keys.
package cvc
