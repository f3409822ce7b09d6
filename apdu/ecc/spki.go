package ecc

import (
	"encoding/asn1"
	"fmt"
	"math/big"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
)

var (
	oidECPublicKey = asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}
	oidPrimeField  = asn1.ObjectIdentifier{1, 2, 840, 10045, 1, 1}
)

// MarshalSPKI writes a SubjectPublicKeyInfo: id-ecPublicKey with the curve
// named by its OID, or, explicit, with all domain parameters, the cofactor
// too, and an uncompressed base point, as Doc 9303-12 (8th ed.), 4.1.6.3
// wants it in certificates.
func MarshalSPKI(pub *PublicKey, explicit bool) ([]byte, error) {
	if err := pub.valid(); err != nil {
		return nil, err
	}
	params := encodeOID(pub.Curve.oid)
	if explicit {
		params = pub.Curve.MarshalParameters()
	}
	return tlv.Encode(0x30,
		tlv.Encode(0x30, encodeOID(oidECPublicKey), params),
		tlv.Encode(0x03, []byte{0}, pub.Bytes())), nil
}

// MarshalParameters writes the explicit ECParameters (RFC 3279, 2.3.5;
// TR-03111 v2.1, 5.1): version 1, prime field, curve without seed,
// uncompressed base point, order, cofactor.
func (c *Curve) MarshalParameters() []byte {
	return tlv.Encode(0x30,
		tlv.Encode(0x02, []byte{1}),
		tlv.Encode(0x30, encodeOID(oidPrimeField), derInteger(c.p.Bytes())),
		tlv.Encode(0x30,
			tlv.Encode(0x04, c.a.FillBytes(make([]byte, c.fieldLen))),
			tlv.Encode(0x04, c.b.FillBytes(make([]byte, c.fieldLen)))),
		tlv.Encode(0x04, c.Generator().Bytes()),
		derInteger(c.n.Bytes()),
		tlv.Encode(0x02, []byte{byte(c.H())}))
}

// ParseSPKI reads a SubjectPublicKeyInfo with id-ecPublicKey, its curve named
// or explicit; explicit tells which. Explicit parameters must be those of a
// known curve, all of them (see [Match]). ErrEncoding, ErrUnknownCurve,
// ErrNotOnCurve.
func ParseSPKI(der []byte) (pub *PublicKey, explicit bool, err error) {
	seq, rest, err := tlv.Parse(der)
	if err != nil || len(rest) != 0 || seq.Tag != 0x30 {
		return nil, false, fmt.Errorf("%w: not a SubjectPublicKeyInfo", ErrEncoding)
	}
	parts, err := seq.Children()
	if err != nil || len(parts) != 2 || parts[0].Tag != 0x30 || parts[1].Tag != 0x03 {
		return nil, false, fmt.Errorf("%w: not a SubjectPublicKeyInfo", ErrEncoding)
	}
	alg, err := parts[0].Children()
	if err != nil || len(alg) != 2 || !isOID(alg[0], oidECPublicKey) {
		return nil, false, fmt.Errorf("%w: not an elliptic curve key with parameters", ErrEncoding)
	}
	c, explicit, err := ParseParameters(alg[1].Raw)
	if err != nil {
		return nil, explicit, err
	}
	if bits := parts[1].Value; len(bits) < 2 || bits[0] != 0 {
		return nil, explicit, fmt.Errorf("%w: public key bits", ErrEncoding)
	}
	pub, err = ParsePoint(c, parts[1].Value[1:])
	return pub, explicit, err
}

// ParseParameters reads EcpkParameters: a curve's OID or explicit
// ECParameters of a known curve. Anything else, implicitCA too, is an error.
func ParseParameters(der []byte) (c *Curve, explicit bool, err error) {
	n, rest, err := tlv.Parse(der)
	if err != nil || len(rest) != 0 {
		return nil, false, fmt.Errorf("%w: domain parameters", ErrEncoding)
	}
	switch n.Tag {
	case 0x06:
		c, err := curveByOIDNode(n)
		return c, false, err
	case 0x30:
		q, err := parseExplicit(n)
		if err != nil {
			return nil, true, err
		}
		c, err := Match(q)
		return c, true, err
	}
	return nil, false, fmt.Errorf("%w: domain parameters", ErrEncoding)
}

func curveByOIDNode(n tlv.Node) (*Curve, error) {
	for _, c := range curves {
		if isOID(n, c.oid) {
			return c, nil
		}
	}
	return nil, ErrUnknownCurve
}

func parseExplicit(n tlv.Node) (q Parameters, err error) {
	bad := fmt.Errorf("%w: explicit domain parameters", ErrEncoding)
	f, err := n.Children()
	if err != nil || len(f) < 5 || len(f) > 7 {
		return q, bad
	}
	// Version 1, or 2 and 3 when a seed is given (X9.62; SEC 1, C.2).
	version, ok := parsePositive(f[0], false)
	if !ok || !version.IsInt64() || version.Int64() < 1 || version.Int64() > 3 {
		return q, bad
	}
	field, err := f[1].Children()
	if err != nil || f[1].Tag != 0x30 || len(field) != 2 {
		return q, bad
	}
	if !isOID(field[0], oidPrimeField) {
		return q, ErrUnknownCurve
	}
	if q.P, ok = parsePositive(field[1], false); !ok {
		return q, bad
	}
	ab, err := f[2].Children()
	if err != nil || f[2].Tag != 0x30 || len(ab) < 2 || len(ab) > 3 || // the third: the optional seed
		ab[0].Tag != 0x04 || ab[1].Tag != 0x04 || len(ab[0].Value) > maxInteger || len(ab[1].Value) > maxInteger {
		return q, bad
	}
	q.A, q.B = new(big.Int).SetBytes(ab[0].Value), new(big.Int).SetBytes(ab[1].Value)
	if q.N, ok = parsePositive(f[4], false); !ok {
		return q, bad
	}
	// The cofactor is optional, and so is a hash name after it.
	for _, o := range f[5:] {
		if o.Tag == 0x02 && q.H == nil {
			if q.H, ok = parsePositive(o, false); !ok {
				return q, bad
			}
		} else if o.Tag != 0x30 {
			return q, bad
		}
	}
	if f[3].Tag != 0x04 {
		return q, bad
	}
	q.Gx, q.Gy, err = parseGenerator(f[3].Value, q.P)
	return q, err
}

// parseGenerator reads the base point, which may be compressed: then the
// known curve with this prime says how to expand it, and Match compares.
func parseGenerator(b []byte, p *big.Int) (x, y *big.Int, err error) {
	for _, c := range curves {
		if c.p.Cmp(p) != 0 {
			continue
		}
		g, err := ParsePoint(c, b)
		if err != nil {
			return nil, nil, ErrUnknownCurve
		}
		return g.X, g.Y, nil
	}
	return nil, nil, ErrUnknownCurve
}

func encodeOID(oid asn1.ObjectIdentifier) []byte {
	b, err := asn1.Marshal(oid)
	if err != nil {
		return nil // only the constants of this package come here
	}
	return b
}

func isOID(n tlv.Node, oid asn1.ObjectIdentifier) bool {
	return n.Tag == 0x06 && string(n.Raw) == string(encodeOID(oid))
}
