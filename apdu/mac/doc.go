// Package mac holds the symmetric building blocks that several protocols
// share: the type of a secret key, the ciphers of chip protocols, CMAC, the
// retail MAC, ISO/IEC 7816-4 padding, the key derivations of Doc 9303-11 and
// of NIST SP 800-108, and key check values.
//
// What may not live here: any protocol, any APDU, anything that knows a
// session. It is a leaf: it imports nothing of this module.
package mac
