package aa

import (
	"crypto"
	"encoding/asn1"
	"fmt"
	"slices"
)

// AlgorithmOf is the plain ECDSA signature algorithm with hash h, as
// ActiveAuthenticationInfo names it (Doc 9303-11 (8th ed.), 9.2.4; TR-03111
// v2.1, 5.2.1). It is the inverse of [HashOf].
func AlgorithmOf(h crypto.Hash) (asn1.ObjectIdentifier, error) {
	for arc := 2; arc <= 5; arc++ {
		oid := append(slices.Clone(idECDSAPlain), arc)
		if have, _, err := HashOf(oid); err == nil && have == h {
			return oid, nil
		}
	}
	return nil, fmt.Errorf("%w: %v", ErrHash, h)
}
