package aa

import (
	"crypto"
	"encoding/asn1"
	"errors"
	"fmt"

	// The hashes of Doc 9303-11 (8th ed.), 6.1.2.
	_ "crypto/sha1"
	_ "crypto/sha256"
	_ "crypto/sha512"
)

const (
	insInternalAuthenticate byte = 0x88
	// challengeLen is the length of RND.IFD in bytes (6.1.2.1).
	challengeLen = 8
)

// Errors of a run.
var (
	// ErrRefused: the chip refuses; it comes with the status.
	ErrRefused = errors.New("aa: chip refuses active authentication")
	// ErrLength: the signature has not the length that the key gives it.
	ErrLength = errors.New("aa: signature of the wrong length")
	// ErrSignature: the signature does not verify.
	ErrSignature = errors.New("aa: wrong signature")
	// ErrKey: a public key of a kind or size that is not for active
	// authentication.
	ErrKey = errors.New("aa: unfit public key")
	// ErrHash: the hash is unknown or not allowed here.
	ErrHash = errors.New("aa: unfit hash algorithm")
)

// Signature algorithms that ActiveAuthenticationInfo may name (Doc 9303-11
// (8th ed.), 9.2.4: those of TR-03111 v2.1, 5.2.1), and those of X9.62, which
// some chips name although their signatures are plain.
var (
	idECDSAPlain = asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 1, 1, 4, 1}
	idECDSAX962  = asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3}
)

// HashOf is the hash of a signature algorithm from ActiveAuthenticationInfo.
// note is not empty if the identifier is one that the standard does not name.
// Unknown ones, and SHA-1 and RIPEMD-160, which the standard forbids here, are
// ErrHash.
func HashOf(signatureAlgorithm asn1.ObjectIdentifier) (h crypto.Hash, note string, err error) {
	plain := []crypto.Hash{2: crypto.SHA224, 3: crypto.SHA256, 4: crypto.SHA384, 5: crypto.SHA512}
	x962 := []crypto.Hash{1: crypto.SHA224, 2: crypto.SHA256, 3: crypto.SHA384, 4: crypto.SHA512}
	if h, ok := lastArc(signatureAlgorithm, idECDSAPlain, plain); ok {
		return h, "", nil
	}
	if h, ok := lastArc(signatureAlgorithm, idECDSAX962, x962); ok {
		return h, "signature algorithm of X9.62 instead of TR-03111 (Doc 9303-11 (8th ed.), 9.2.4)", nil
	}
	return 0, "", fmt.Errorf("%w: %v", ErrHash, signatureAlgorithm)
}

func lastArc(oid, prefix asn1.ObjectIdentifier, hashes []crypto.Hash) (crypto.Hash, bool) {
	if len(oid) != len(prefix)+1 || !oid[:len(prefix)].Equal(prefix) {
		return 0, false
	}
	n := oid[len(prefix)]
	if n < 0 || n >= len(hashes) || hashes[n] == 0 {
		return 0, false
	}
	return hashes[n], true
}
