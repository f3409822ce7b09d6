// Package signing holds what a crypto.Signer does around the private key operation, the same for every keyring: which digests and options
// are taken, the PKCS#1 DigestInfo, the PSS salt length, the two forms of an ECDSA signature.
//
// What may not live here: a private key.
package signing
