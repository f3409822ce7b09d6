package lds

import (
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"math/big"

	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile"
)

var (
	oidRSA = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 1}
	oidEC  = asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}
)

// Bounds of an active authentication key. The upper one keeps a hostile key from
// holding up a terminal.
const (
	minRSABits = 1024
	maxRSABits = 8192
)

// ActiveAuthKey is the content of DG15 (Doc 9303-10 (8th ed.), 4.7.15).
type ActiveAuthKey struct {
	SPKI   []byte           // SubjectPublicKeyInfo as read
	Public crypto.PublicKey // *rsa.PublicKey or *ecc.PublicKey
}

// ParseDG15 reads the key of active authentication. The error is also for a key
// that cannot be used.
func ParseDG15(b []byte) (*ActiveAuthKey, []cardprofile.Deviation, error) {
	n := &notes{where: "DG15"}
	node, err := open(b, 0x6F, n, "dg15")
	if err != nil {
		return nil, n.list, err
	}
	spki, ok := node.First(tagSequence)
	if !ok {
		return nil, n.list, malformed("DG15: no SubjectPublicKeyInfo")
	}
	k := &ActiveAuthKey{SPKI: spki.Raw}
	var info struct {
		Algorithm struct {
			Algorithm  asn1.ObjectIdentifier
			Parameters asn1.RawValue `asn1:"optional"`
		}
		Key asn1.BitString
	}
	if _, err := asn1.Unmarshal(spki.Raw, &info); err != nil {
		return nil, n.list, malformed("DG15: the SubjectPublicKeyInfo cannot be read")
	}
	switch {
	case info.Algorithm.Algorithm.Equal(oidRSA):
		pub, err := rsaKey(info.Key.RightAlign())
		if err != nil {
			return nil, n.list, err
		}
		if len(info.Algorithm.Parameters.FullBytes) == 0 {
			n.add("dg15.null", "the algorithm of an RSA key has no NULL")
		}
		k.Public = pub
	case info.Algorithm.Algorithm.Equal(oidEC):
		pub, explicit, err := ecc.ParseSPKI(spki.Raw)
		if err != nil {
			return nil, n.list, malformed("DG15: the elliptic-curve key cannot be used: %w", err)
		}
		if !explicit {
			n.add("dg15.named", "the curve is named instead of given by its parameters")
		}
		k.Public = pub
	default:
		return nil, n.list, malformed("DG15: the key is neither RSA nor of an elliptic curve")
	}
	return k, n.list, nil
}

func rsaKey(der []byte) (*rsa.PublicKey, error) {
	var k struct{ N, E *big.Int }
	if _, err := asn1.Unmarshal(der, &k); err != nil {
		return nil, malformed("DG15: the RSA key cannot be read")
	}
	if k.N.Sign() <= 0 || k.N.BitLen() < minRSABits || k.N.BitLen() > maxRSABits || k.N.Bit(0) == 0 {
		return nil, malformed("DG15: an RSA modulus of %d bits, or even", k.N.BitLen())
	}
	if !k.E.IsInt64() || k.E.Int64() < 3 || k.E.Int64() > 1<<31-1 || k.E.Bit(0) == 0 {
		return nil, malformed("DG15: the RSA exponent is out of range")
	}
	return &rsa.PublicKey{N: k.N, E: int(k.E.Int64())}, nil
}

// EncodeDG15 writes DG15 for an RSA or an elliptic-curve key, the latter with
// explicit parameters.
func EncodeDG15(pub crypto.PublicKey) ([]byte, error) {
	var spki []byte
	var err error
	switch k := pub.(type) {
	case *rsa.PublicKey:
		spki, err = x509.MarshalPKIXPublicKey(k)
	default:
		var point *ecc.PublicKey
		if point, err = ecc.FromPublic(pub); err == nil {
			spki, err = ecc.MarshalSPKI(point, true)
		}
	}
	if err != nil {
		return nil, unbuilt("DG15: %w", err)
	}
	return tlv.Encode(0x6F, spki), nil
}
