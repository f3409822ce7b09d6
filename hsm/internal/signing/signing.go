package signing

import (
	"crypto"
	"crypto/rsa"
	"errors"
	"fmt"
	"slices"

	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/hsm"
)

func fault(detail string) error {
	return &hsm.Fault{Doing: "sign", Kind: hsm.ErrKeyData, Detail: detail}
}

// CheckDigest makes sure that digest is what opts says it is, by a hash that Doc 9303-12 (8th ed.), 4.1.6.4 lets an issuer use. Signing
// without a named hash is refused: then nothing tells what is signed.
func CheckDigest(digest []byte, opts crypto.SignerOpts) error {
	if opts == nil {
		return fault("no signing options are given")
	}
	h := opts.HashFunc()
	switch h {
	case crypto.SHA224, crypto.SHA256, crypto.SHA384, crypto.SHA512:
	case 0:
		return fault("the options name no hash")
	default:
		return fault(fmt.Sprintf("hash %d is not used here", uint(h)))
	}
	if len(digest) != h.Size() {
		return fault(fmt.Sprintf("%d bytes are no %v digest", len(digest), h))
	}
	return nil
}

// Truncate keeps the leftmost bytes of a digest that an ECDSA private key operation uses (FIPS 186-5, 6.4.1): tokens differ in whether they
// cut a longer digest themselves. Among the curves of this module only P-521 has an order that is no whole number of bytes, and no digest
// here is as long as that.
func Truncate(c *ecc.Curve, digest []byte) []byte {
	if n := c.ScalarLen(); len(digest) > n {
		return digest[:n]
	}
	return digest
}

// ECDSASignature turns r || s into the ASN.1 form, checking both against the order of the curve.
func ECDSASignature(c *ecc.Curve, raw []byte) ([]byte, error) {
	if len(raw) != 2*c.ScalarLen() {
		return nil, errors.New("wrong length")
	}
	der, err := ecc.RawToASN1(raw)
	if err != nil {
		return nil, err
	}
	// ASN1ToRaw is strict about the range of r and s.
	if _, err := ecc.ASN1ToRaw(c, der); err != nil {
		return nil, err
	}
	return der, nil
}

// digestInfoPrefix is DER of DigestInfo up to the digest (RFC 8017, 9.2, note 1).
var digestInfoPrefix = map[crypto.Hash][]byte{
	crypto.SHA224: {0x30, 0x2d, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x04, 0x05, 0x00, 0x04, 0x1c},
	crypto.SHA256: {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20},
	crypto.SHA384: {0x30, 0x41, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02, 0x05, 0x00, 0x04, 0x30},
	crypto.SHA512: {0x30, 0x51, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03, 0x05, 0x00, 0x04, 0x40},
}

// DigestInfo returns what RSASSA-PKCS1-v1_5 pads and signs.
func DigestInfo(digest []byte, h crypto.Hash) ([]byte, error) {
	prefix, ok := digestInfoPrefix[h]
	if !ok {
		return nil, fault(fmt.Sprintf("hash %d is not used here", uint(h)))
	}
	return slices.Concat(prefix, digest), nil
}

// SaltLength returns the salt length in bytes that PSS options ask for with this key (RFC 8017, 9.1.1).
func SaltLength(pub *rsa.PublicKey, o *rsa.PSSOptions) (int, error) {
	longest := (pub.N.BitLen()-1+7)/8 - 2 - o.HashFunc().Size()
	n := o.SaltLength
	switch n {
	case rsa.PSSSaltLengthAuto:
		n = longest
	case rsa.PSSSaltLengthEqualsHash:
		n = o.HashFunc().Size()
	}
	if n < 0 || n > longest {
		return 0, fault("the PSS salt length does not fit the key")
	}
	return n, nil
}
