package applet

import (
	"crypto"
	"crypto/rsa"
	"encoding/asn1"
	"fmt"
	"math/big"

	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
)

// caTemplate is the value of DGIGenerateCA.
func caTemplate(k ChipAuthKey) ([]byte, error) {
	protocol, err := oidValue(k.Protocol)
	if err != nil {
		return nil, err
	}
	curve, err := curveValue(k.Curve)
	if err != nil {
		return nil, err
	}
	value := tlv.Encode(TagProtocol, protocol)
	if k.KeyID >= 0 {
		if k.KeyID > 0xFF {
			return nil, fmt.Errorf("%w: key identifier %d", ErrImage, k.KeyID)
		}
		value = append(value, tlv.Encode(TagKeyID, []byte{byte(k.KeyID)})...)
	}
	return append(value, tlv.Encode(TagCurve, curve)...), nil
}

var hashCodes = map[crypto.Hash]byte{
	crypto.SHA1: HashSHA1, crypto.SHA224: HashSHA224, crypto.SHA256: HashSHA256, crypto.SHA384: HashSHA384, crypto.SHA512: HashSHA512,
}

// aaTemplate is the value of DGIGenerateAA.
func aaTemplate(k ActiveAuthKey) ([]byte, error) {
	hash, ok := hashCodes[k.Hash]
	if !ok {
		return nil, fmt.Errorf("%w: active authentication with %v", ErrImage, k.Hash)
	}
	var value []byte
	if k.Curve == "" {
		value = append(tlv.Encode(TagAlgorithm, []byte{AlgorithmRSA}), tlv.Encode(TagModulusBits, []byte{byte(k.Bits >> 8), byte(k.Bits)})...)
	} else {
		curve, err := curveValue(k.Curve)
		if err != nil {
			return nil, err
		}
		value = append(tlv.Encode(TagAlgorithm, []byte{AlgorithmECDSA}), tlv.Encode(TagCurve, curve)...)
	}
	return append(value, tlv.Encode(TagHash, []byte{hash})...), nil
}

func curveValue(name string) ([]byte, error) {
	c, err := ecc.ByName(name)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrImage, err)
	}
	return oidValue(c.OID())
}

// parsePublicKey reads the answer of a key generation (ISO/IEC 7816-8, 5.3):
// the chip is not trusted with it, so point and modulus are checked.
func parsePublicKey(b []byte) (crypto.PublicKey, error) {
	n, rest, err := tlv.Parse(b)
	if err != nil || len(rest) != 0 || n.Tag != TagPublicKey {
		return nil, fmt.Errorf("%w: answer of a key generation is no public key", ErrChip)
	}
	if curve, ok := n.First(TagCurve); ok {
		return parsePoint(n, curve.Value)
	}
	modulus, hasN := n.First(TagModulus)
	exponent, hasE := n.First(TagExponent)
	if !hasN || !hasE || len(modulus.Value) < 128 || len(modulus.Value) > 512 || len(exponent.Value) == 0 || len(exponent.Value) > 4 {
		return nil, fmt.Errorf("%w: RSA public key without a usable modulus and exponent", ErrChip)
	}
	pub := &rsa.PublicKey{N: new(big.Int).SetBytes(modulus.Value), E: int(new(big.Int).SetBytes(exponent.Value).Int64())}
	if pub.E < 3 || pub.E%2 == 0 || pub.N.Bit(0) == 0 {
		return nil, fmt.Errorf("%w: RSA public key is even or has exponent %d", ErrChip, pub.E)
	}
	return pub, nil
}

func parsePoint(n tlv.Node, curveOID []byte) (crypto.PublicKey, error) {
	var oid asn1.ObjectIdentifier
	if _, err := asn1.Unmarshal(tlv.Encode(0x06, curveOID), &oid); err != nil {
		return nil, fmt.Errorf("%w: curve of the public key", ErrChip)
	}
	curve, err := ecc.ByOID(oid)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrChip, err)
	}
	point, ok := n.First(TagPoint)
	if !ok {
		return nil, fmt.Errorf("%w: public key without a point", ErrChip)
	}
	pub, err := ecc.ParsePoint(curve, point.Value)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrChip, err)
	}
	return pub, nil
}
