package pace

import (
	"encoding/asn1"
	"fmt"
	"math/big"

	"github.com/chipid-toolkit/chipid/apdu/domain"
	"github.com/chipid-toolkit/chipid/apdu/mac"
)

// Mapping is how a nonce becomes a generator (Doc 9303-11 (8th ed.), 4.4.3.3).
type Mapping int

// The mappings, with the number that their object identifiers carry on curves.
const (
	Generic            Mapping = 2
	Integrated         Mapping = 4
	ChipAuthentication Mapping = 6
)

// String is "GM", "IM" or "CAM".
func (m Mapping) String() string {
	switch m {
	case Generic:
		return "GM"
	case Integrated:
		return "IM"
	case ChipAuthentication:
		return "CAM"
	}
	return fmt.Sprintf("Mapping(%d)", int(m))
}

// idPACE is id-PACE (Doc 9303-11 (8th ed.), 9.2.3).
var idPACE = asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 2, 2, 4}

// Protocol is what a PACE object identifier says.
type Protocol struct {
	Curve   bool // elliptic curve, else prime field
	Mapping Mapping
	Cipher  mac.Cipher
}

// ParseOID reads a PACE object identifier (Doc 9303-11 (8th ed.), 9.2.3).
// Others are ErrProtocol.
func ParseOID(oid asn1.ObjectIdentifier) (Protocol, error) {
	if len(oid) != len(idPACE)+2 || !oid[:len(idPACE)].Equal(idPACE) {
		return Protocol{}, fmt.Errorf("%w: %v", ErrProtocol, oid)
	}
	var p Protocol
	switch oid[len(oid)-2] {
	case 1:
		p = Protocol{Mapping: Generic}
	case 2:
		p = Protocol{Curve: true, Mapping: Generic}
	case 3:
		p = Protocol{Mapping: Integrated}
	case 4:
		p = Protocol{Curve: true, Mapping: Integrated}
	case 6:
		p = Protocol{Curve: true, Mapping: ChipAuthentication}
	default:
		return Protocol{}, fmt.Errorf("%w: %v", ErrProtocol, oid)
	}
	c := oid[len(oid)-1]
	if c < 1 || c > 4 || c == 1 && p.Mapping == ChipAuthentication {
		return Protocol{}, fmt.Errorf("%w: %v", ErrProtocol, oid)
	}
	p.Cipher = ciphers[c-1]
	return p, nil
}

// ciphers in the order of the last arc: 3DES, AES-128, -192, -256.
var ciphers = [4]mac.Cipher{mac.TDES, mac.AES128, mac.AES192, mac.AES256}

// OID is the object identifier of p; ErrProtocol where the standard has none
// (chip authentication mapping over prime fields or with 3DES).
func (p Protocol) OID() (asn1.ObjectIdentifier, error) {
	arc := int(p.Mapping)
	if !p.Curve {
		arc--
	}
	for i, c := range ciphers {
		if c != p.Cipher {
			continue
		}
		oid := append(append(asn1.ObjectIdentifier{}, idPACE...), arc, i+1)
		if back, err := ParseOID(oid); err == nil && back == p {
			return oid, nil
		}
	}
	return nil, fmt.Errorf("%w: no identifier for %v", ErrProtocol, p)
}

// String is as in "PACE-ECDH-GM-AES-128".
func (p Protocol) String() string {
	ka := "DH"
	if p.Curve {
		ka = "ECDH"
	}
	return fmt.Sprintf("PACE-%s-%v-%v", ka, p.Mapping, p.Cipher)
}

// Params are the parameters of one run, one entry of EF.CardAccess.
type Params struct {
	// OID is the protocol (PACEInfo).
	OID asn1.ObjectIdentifier
	// ParameterID is the identifier of the domain parameters, -1 if the chip
	// names none. Where it is known it is always sent, although the standard
	// wants it only where it is ambiguous: some chips refuse without.
	ParameterID int
	// Domain are explicit domain parameters; nil means the standardized ones
	// that ParameterID names.
	Domain *domain.Parameters
	// CHAT is the value of the Certificate Holder Authorization Template (DO
	// 7F4C) if the terminal wants to go on to Terminal Authentication, else nil.
	CHAT []byte
}

// NoParameterID says that a chip names no domain parameters.
const NoParameterID = -1

// standardIDs are reserved for standardized domain parameters (Doc 9303-11
// (8th ed.), 9.5.1).
const standardIDs = 32

// resolve decides protocol and domain parameters. Domain parameters that only
// the chip vouches for are refused: bad ones give the password away (Doc
// 9303-11 (8th ed.), 9.2.2).
func (p Params) resolve() (Protocol, *domain.Parameters, error) {
	proto, err := ParseOID(p.OID)
	if err != nil {
		return Protocol{}, nil, err
	}
	if p.ParameterID < NoParameterID || p.ParameterID > 0xFF {
		return Protocol{}, nil, fmt.Errorf("%w: parameter identifier %d", ErrDomain, p.ParameterID)
	}
	d := p.Domain
	if d == nil || p.ParameterID >= 0 && p.ParameterID < standardIDs {
		std, err := domain.Standard(p.ParameterID)
		if err != nil {
			return Protocol{}, nil, fmt.Errorf("%w: %w", ErrDomain, err)
		}
		if d != nil && !d.Equal(std) {
			return Protocol{}, nil, fmt.Errorf("%w: explicit parameters under identifier %d, which is reserved", ErrDomain, p.ParameterID)
		}
		d = std
	}
	if _, known := d.ID(); !known && d.Curve() == nil {
		return Protocol{}, nil, fmt.Errorf("%w: explicit group that is not known to be secure", ErrDomain)
	}
	if (d.Curve() != nil) != proto.Curve {
		return Protocol{}, nil, fmt.Errorf("%w: %v does not fit %v", ErrDomain, d, proto)
	}
	if proto.Mapping == Integrated && proto.Curve && !integrable(d) {
		return Protocol{}, nil, fmt.Errorf("%w: integrated mapping is not defined on %v", ErrDomain, d)
	}
	return proto, d, nil
}

// integrable: the point encoding needs p = 3 mod 4 (Doc 9303-11 (8th ed.), B.1),
// which leaves out P-224.
func integrable(d *domain.Parameters) bool {
	return new(big.Int).And(d.Field(), big.NewInt(3)).Int64() == 3
}

// Check says whether Run could use p: known protocol, known domain parameters,
// and both fit together.
func (p Params) Check() error {
	_, _, err := p.resolve()
	return err
}
