// Package ecc holds the elliptic curves of chip documents: the NIST curves
// P-192 to P-521 and brainpoolP192r1 to P512r1, keys on them, ECDSA in both
// encodings, ECDH, the point operations that PACE needs, and public keys with
// named or explicit domain parameters.
//
// What may not live here: protocols, certificates, RSA, and any curve that
// arrives in a message. Explicit parameters are only ever matched, in every
// parameter, against the curves known here (see [Match]); none is computed
// with as it came.
package ecc
