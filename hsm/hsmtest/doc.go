// Package hsmtest is the suite that every keyring passes: hsm/pkcs11 on a SoftHSM2 token that the test makes for itself, and hsm/soft.
//
// A test package calls [Run] with a [Place], which says how to open the keyring there, how to make it vanish, and what it holds apart from
// the others. What is checked: attributes, every signature algorithm against OpenSSL and Go, wrong PINs, missing tokens and keys, many
// goroutines at once, a token that goes away and comes back, a key replaced by another under the same name, card key derivation against
// published numbers.
//
// What may not live here: a keyring. Vectors come in from the caller, because this package lies below testcards.
package hsmtest
