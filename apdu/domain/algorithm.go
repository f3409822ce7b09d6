package domain

import (
	"encoding/asn1"
	"fmt"
	"math/big"

	"github.com/chipid-toolkit/chipid/apdu/ecc"
)

// Algorithms of an AlgorithmIdentifier that carries domain parameters (Doc
// 9303-11 (8th ed.), 9.5.1 and 9.5.2; PKCS#3; RFC 3279, 2.3.3 and 2.3.5).
var (
	oidStandardized   = asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 1, 2}
	oidECPublicKey    = asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}
	oidDHPublicNumber = asn1.ObjectIdentifier{1, 2, 840, 10046, 2, 1}
	oidDHKeyAgreement = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 3, 1}
)

// Notes that a reader may want to report: the parameters or the key were
// understood, but not written as Doc 9303 has it.
const (
	NoteX942         = "DH public key in X9.42 form, not PKCS#3 (Doc 9303-11 (8th ed.), 8.5 note 2)"
	NoteNamedCurve   = "named curve instead of explicit domain parameters (Doc 9303-11 (8th ed.), 9.5.2)"
	NotePKCS3        = "DH domain parameters in PKCS#3 form, without the order (Doc 9303-11 (8th ed.), 9.5.2)"
	NoteUnknownOrder = "DH group of unknown order: public keys cannot be fully validated"
)

type algorithmIdentifier struct {
	Algorithm  asn1.ObjectIdentifier
	Parameters asn1.RawValue `asn1:"optional"`
}

type subjectPublicKeyInfo struct {
	Algorithm algorithmIdentifier
	PublicKey asn1.BitString
}

// RFC 3279, 2.3.3.
type x942Parameters struct {
	P, G, Q    *big.Int
	J          *big.Int      `asn1:"optional"`
	Validation asn1.RawValue `asn1:"optional"`
}

// PKCS#3, 9.
type pkcs3Parameters struct {
	P, G   *big.Int
	Length int `asn1:"optional"`
}

// ParseAlgorithm reads an AlgorithmIdentifier with domain parameters, as
// PACEDomainParameterInfo carries it (Doc 9303-11 (8th ed.), 9.2.2): a reference
// to standardized ones, or explicit ones. Explicit curves must be curves known
// here; a group is taken if it is sound in itself. Whether a protocol may use a
// group that is not standardized is the protocol's matter: see
// [Parameters.ID].
func ParseAlgorithm(der []byte) (*Parameters, []string, error) {
	var a algorithmIdentifier
	if err := unmarshal(der, &a); err != nil {
		return nil, nil, err
	}
	return a.domain()
}

func (a algorithmIdentifier) domain() (*Parameters, []string, error) {
	switch {
	case a.Algorithm.Equal(oidStandardized):
		var id int
		if err := unmarshal(a.Parameters.FullBytes, &id); err != nil {
			return nil, nil, err
		}
		p, err := Standard(id)
		return p, nil, err
	case a.Algorithm.Equal(oidECPublicKey):
		c, explicit, err := ecc.ParseParameters(a.Parameters.FullBytes)
		if err != nil {
			return nil, nil, fmt.Errorf("%w: %w", ErrUnknown, err)
		}
		p, err := OfCurve(c)
		if err == nil && !explicit {
			return p, []string{NoteNamedCurve}, nil
		}
		return p, nil, err
	case a.Algorithm.Equal(oidDHPublicNumber):
		var x x942Parameters
		if err := unmarshal(a.Parameters.FullBytes, &x); err != nil {
			return nil, nil, err
		}
		return groupParameters(x.P, x.Q, x.G, nil)
	case a.Algorithm.Equal(oidDHKeyAgreement):
		var x pkcs3Parameters
		if err := unmarshal(a.Parameters.FullBytes, &x); err != nil {
			return nil, nil, err
		}
		return groupParameters(x.P, nil, x.G, []string{NotePKCS3})
	}
	return nil, nil, fmt.Errorf("%w: algorithm %v", ErrUnknown, a.Algorithm)
}

func groupParameters(p, q, g *big.Int, notes []string) (*Parameters, []string, error) {
	group, err := NewGroup(p, q, g)
	if err != nil {
		return nil, nil, err
	}
	params, err := OfGroup(group)
	if err != nil {
		return nil, nil, err
	}
	if params.Order() == nil {
		notes = append(notes, NoteUnknownOrder)
	}
	return params, notes, nil
}

// ParseSPKI reads the SubjectPublicKeyInfo of a Chip Authentication key (Doc
// 9303-11 (8th ed.), 9.2.6), with the notes that a reader may want to report.
func ParseSPKI(der []byte) (*PublicKey, []string, error) {
	var s subjectPublicKeyInfo
	if err := unmarshal(der, &s); err != nil {
		return nil, nil, err
	}
	p, notes, err := s.Algorithm.domain()
	if err != nil {
		return nil, nil, err
	}
	if s.PublicKey.BitLength%8 != 0 {
		return nil, nil, fmt.Errorf("%w: key of %d bits", ErrEncoding, s.PublicKey.BitLength)
	}
	if p.curve != nil {
		k, err := p.ParsePublicKey(s.PublicKey.Bytes)
		return k, notes, err
	}
	var y *big.Int
	if err := unmarshal(s.PublicKey.Bytes, &y); err != nil {
		return nil, nil, err
	}
	// Here PKCS#3 is the rule and X9.42 the exception.
	switch {
	case s.Algorithm.Algorithm.Equal(oidDHKeyAgreement):
		notes = notes[1:]
	case s.Algorithm.Algorithm.Equal(oidDHPublicNumber):
		notes = append([]string{NoteX942}, notes...)
	}
	k, err := p.NewNumber(y)
	return k, notes, err
}

// MarshalSPKI writes the key as Doc 9303-11 (8th ed.), 9.6 and 9.5.2 want it in
// a ChipAuthenticationPublicKeyInfo: explicit curve parameters, or PKCS#3.
func (v *PublicKey) MarshalSPKI() ([]byte, error) {
	if v.point != nil {
		return ecc.MarshalSPKI(v.point, true)
	}
	params, err := asn1.Marshal(pkcs3Parameters{P: v.p.group.p, G: v.p.group.g})
	if err != nil {
		return nil, fmt.Errorf("domain: %w", err)
	}
	y, err := asn1.Marshal(v.y)
	if err != nil {
		return nil, fmt.Errorf("domain: %w", err)
	}
	return asn1.Marshal(subjectPublicKeyInfo{
		Algorithm: algorithmIdentifier{oidDHKeyAgreement, asn1.RawValue{FullBytes: params}},
		PublicKey: asn1.BitString{Bytes: y, BitLength: len(y) * 8},
	})
}

// MarshalAlgorithm writes p as explicit domain parameters of a
// PACEDomainParameterInfo (Doc 9303-11 (8th ed.), 9.5.2).
func (p *Parameters) MarshalAlgorithm() ([]byte, error) {
	a := algorithmIdentifier{Algorithm: oidECPublicKey}
	if p.curve != nil {
		a.Parameters.FullBytes = p.curve.MarshalParameters()
		return asn1.Marshal(a)
	}
	if p.group.q == nil {
		return nil, fmt.Errorf("%w: order unknown", ErrGroup)
	}
	params, err := asn1.Marshal(struct{ P, G, Q *big.Int }{p.group.p, p.group.g, p.group.q})
	if err != nil {
		return nil, fmt.Errorf("domain: %w", err)
	}
	a.Algorithm = oidDHPublicNumber
	a.Parameters.FullBytes = params
	return asn1.Marshal(a)
}

// unmarshal reads exactly one DER value.
func unmarshal(der []byte, v any) error {
	rest, err := asn1.Unmarshal(der, v)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrEncoding, err)
	}
	if len(rest) != 0 {
		return fmt.Errorf("%w: %d bytes too many", ErrEncoding, len(rest))
	}
	return nil
}
