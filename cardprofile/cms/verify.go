package cms

import (
	"bytes"
	"crypto"
	"errors"
	"fmt"
)

// Verify checks one signer of the object with a public key: the message digest over
// the content, the content type, and the signature over the signed attributes as
// they came (RFC 5652, 5.4 and 5.6). The algorithms are those that the signer names.
//
// An error that wraps ErrUnsupported says that the check could not be made; any
// other that it failed.
func (sd *SignedData) Verify(si *SignerInfo, pub crypto.PublicKey) (Verified, error) {
	if sd.Content == nil {
		return Verified{}, errors.New("cms: the object holds no content")
	}
	if pub == nil {
		return Verified{}, fmt.Errorf("cms: no usable key: %w", ErrUnsupported)
	}
	digest, err := si.DigestAlgorithm.Digest()
	if err != nil {
		return Verified{}, err
	}
	signed := sd.Content
	if si.SignedAttrs != nil {
		if si.MessageDigest == nil || si.ContentType == "" {
			return Verified{}, errors.New("cms: the signed attributes lack messageDigest or contentType")
		}
		if si.ContentType != sd.ContentType {
			return Verified{}, fmt.Errorf("cms: the signed content type is %s, the object says %s", si.ContentType, sd.ContentType)
		}
		h := digest.New()
		h.Write(sd.Content)
		if !bytes.Equal(h.Sum(nil), si.MessageDigest) {
			return Verified{}, fmt.Errorf("cms: %w", ErrContent)
		}
		signed = si.SignedAttrs
	}
	deviations, err := si.SignatureAlgorithm.VerifySignature(pub, digest, signed, si.Signature)
	if err != nil {
		return Verified{}, err
	}
	return Verified{
		contentType: sd.ContentType,
		content:     bytes.Clone(sd.Content), // what is done to sd later changes nothing
		signingTime: si.SigningTime,
		deviations:  deviations,
		ok:          true,
	}, nil
}
