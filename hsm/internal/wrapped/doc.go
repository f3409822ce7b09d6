// Package wrapped is the form that a wrapped data key has in every keyring: a byte for
// the version, the nonce, and AES-256-GCM's output with its tag. It holds no key and
// does no encryption.
package wrapped
