package aa

import (
	"crypto"
	"fmt"

	"github.com/chipid-toolkit/chipid/apdu/ecc"
)

// checkECDSA judges a hash (Doc 9303-11 (8th ed.), 6.1.2.3). note says that it
// is longer than the key.
func checkECDSA(c *ecc.Curve, h crypto.Hash) (note string, err error) {
	switch h {
	case crypto.SHA224, crypto.SHA256, crypto.SHA384, crypto.SHA512:
	default:
		return "", fmt.Errorf("%w: %v with ECDSA", ErrHash, h)
	}
	if h.Size()*8 > c.N().BitLen() {
		return "hash longer than the ECDSA key (Doc 9303-11 (8th ed.), 6.1.2.3)", nil
	}
	return "", nil
}

// verifyECDSA checks a plain signature r || s (TR-03111 v2.1, 5.2.1) of the
// challenge. A DER signature has another length and is refused.
func verifyECDSA(pub *ecc.PublicKey, h crypto.Hash, challenge, signature []byte) (string, error) {
	note, err := checkECDSA(pub.Curve, h)
	if err != nil {
		return "", err
	}
	if want := 2 * pub.Curve.ScalarLen(); len(signature) != want {
		return "", fmt.Errorf("%w: %d bytes, r || s has %d", ErrLength, len(signature), want)
	}
	if !ecc.VerifyRaw(pub, hashOf(h, challenge), signature) {
		return "", ErrSignature
	}
	return note, nil
}
