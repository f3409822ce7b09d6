// Package ecc holds the elliptic curves of chip documents: the NIST curves
// P-192 to P-521 and brainpoolP192r1 to P512r1, keys on them, ECDSA in both
// encodings, ECDH, the point operations that PACE needs, and public keys with
// named or explicit domain parameters.
//
// What may not live here: protocols, certificates, RSA, and any curve that
// arrives in a message. Explicit parameters are only ever matched, in every
// parameter, against the curves known here (see [Match]); none is computed
// with as it came. brainpoolP160r1 is left out: it is not among the
// standardized domain parameters (Doc 9303-11 (8th ed.), 9.5.1).
//
// # Time
//
// P-224, P-256, P-384 and P-521 run on the standard library throughout:
// crypto/ecdsa, crypto/ecdh, and crypto/elliptic where points are wanted.
// P-192 and the brainpool curves run on internal/weierstrass. There:
//
//   - multiplication by a secret scalar (ECDH, PACE's mapping, key generation)
//     takes the same time for every scalar of a length: fixed windows, complete
//     formulas, tables read whole;
//   - ECDSA's arithmetic modulo the order is in the same constant-time field,
//     the inverse of the secret number by Fermat's power, so nothing is blinded;
//   - the secret number is made as RFC 6979 says with 32 random bytes as
//     additional input (its 3.6): hedged against a bad source and against
//     faults. Candidates above the order are rejected, which shows only that
//     there was one;
//   - whether a result is infinity, and the length of a scalar, are not secret.
//
// Verification, checks of points, decompression and everything that reads
// encodings handle public data and are not constant-time. Public coordinates
// are big.Int; secret scalars and shared secrets never are, except that a
// scalar for P-224 to P-521 longer than the order is reduced by the standard
// library with one, and that ECDH on P-224, for which crypto/ecdh has nothing,
// passes the result through one.
package ecc
