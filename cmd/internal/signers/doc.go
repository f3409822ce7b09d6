// Package signers makes the pool of Document Signers that a keys file names, and follows
// the file: signers that come into it sign, and those that leave it stop, while a line
// runs.
//
// What may not live here: how a signer is chosen, counted and verified (package
// cardprofile/sod/signer), and the keys file's format (package keyflags).
package signers
