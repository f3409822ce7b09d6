package cardprofile

import (
	"crypto"
	"fmt"

	// What HashByName names is there to be used.
	_ "crypto/sha1"
	_ "crypto/sha256"
	_ "crypto/sha512"
)

// HashByName finds the hash that a profile names: SHA-1, SHA-224, SHA-256,
// SHA-384 or SHA-512.
func HashByName(name string) (crypto.Hash, error) {
	for _, h := range []crypto.Hash{crypto.SHA1, crypto.SHA224, crypto.SHA256, crypto.SHA384, crypto.SHA512} {
		if h.String() == name {
			return h, nil
		}
	}
	return 0, fmt.Errorf("no hash is called %q", name)
}
