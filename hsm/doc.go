// Package hsm names keys and the operations that may be done with them, and holds no key.
//
// A key exists as a [KeyRef], an RFC 7512 "pkcs11:" URI. A [Keyring] turns a KeyRef into something that can work: a
// crypto.Signer, the diversified keys of one card, a keyed digest. There are two keyrings:
//
//   - hsm/pkcs11 drives a PKCS#11 token. Keys are made in it and never leave it.
//   - hsm/soft keeps keys in files, for the embedded demonstration and for tests, and says so when it is opened.
//
// Both pass the suite in hsm/hsmtest.
//
// What lives here: key URIs, the Keyring seam and its value types, PIN sources, and the errors that every keyring
// returns (all of them match [Err]; the command maps that to exit status 7).
// What may not live here: a driver, a key value, a PIN that came from a flag or from a key URI.
//
// Of apdu this package and those below it import the leaves ecc and mac alone.
package hsm
