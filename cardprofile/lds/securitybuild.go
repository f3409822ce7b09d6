package lds

import (
	"bytes"
	"crypto"
	"encoding/asn1"
	"slices"

	"github.com/chipid-toolkit/chipid/apdu/domain"
	"github.com/chipid-toolkit/chipid/apdu/pace"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
)

// Builder collects the entries of a SecurityInfos SET and writes it in DER. The
// first error is kept until Encode.
type Builder struct {
	items [][]byte
	err   error
}

func (b *Builder) add(v any) *Builder {
	der, err := asn1.Marshal(v)
	if err != nil && b.err == nil {
		b.err = unbuilt("SecurityInfo: %w", err)
	}
	b.items = append(b.items, der)
	return b
}

func (b *Builder) fail(format string, args ...any) *Builder {
	if b.err == nil {
		b.err = unbuilt(format, args...)
	}
	return b
}

type versioned struct {
	Protocol asn1.ObjectIdentifier
	Version  int
}

type versionedID struct {
	Protocol asn1.ObjectIdentifier
	Version  int
	ID       int
}

// PACE adds a PACEInfo of version 2 with standardized domain parameters.
func (b *Builder) PACE(protocol asn1.ObjectIdentifier, parameterID int) *Builder {
	if err := (pace.Params{OID: protocol, ParameterID: parameterID}).Check(); err != nil {
		return b.fail("PACEInfo: %w", err)
	}
	return b.add(versionedID{protocol, 2, parameterID})
}

// ChipAuth adds a ChipAuthenticationInfo of version 1; keyID is NoID for none.
func (b *Builder) ChipAuth(protocol asn1.ObjectIdentifier, keyID int) *Builder {
	if !under(protocol, oidCA, 2) {
		return b.fail("ChipAuthenticationInfo: not a protocol of chip authentication")
	}
	if keyID == NoID {
		return b.add(versioned{protocol, 1})
	}
	return b.add(versionedID{protocol, 1, keyID})
}

// ChipAuthKey adds a ChipAuthenticationPublicKeyInfo with explicit parameters
// (Doc 9303-11 (8th ed.), 9.2.6 and 9.5.2); keyID is NoID for none.
func (b *Builder) ChipAuthKey(pub crypto.PublicKey, keyID int) *Builder {
	key, err := domain.FromPublic(pub)
	if err != nil {
		return b.fail("ChipAuthenticationPublicKeyInfo: %w", err)
	}
	spki, err := key.MarshalSPKI()
	if err != nil {
		return b.fail("ChipAuthenticationPublicKeyInfo: %w", err)
	}
	protocol := oidPKDH
	if key.Point() != nil {
		protocol = oidPKECDH
	}
	raw := asn1.RawValue{FullBytes: spki}
	if keyID == NoID {
		return b.add(struct {
			Protocol asn1.ObjectIdentifier
			Key      asn1.RawValue
		}{protocol, raw})
	}
	return b.add(struct {
		Protocol asn1.ObjectIdentifier
		Key      asn1.RawValue
		ID       int
	}{protocol, raw, keyID})
}

// TerminalAuth adds the TerminalAuthenticationInfo.
func (b *Builder) TerminalAuth(version int) *Builder { return b.add(versioned{oidTA, version}) }

// ActiveAuth adds the ActiveAuthenticationInfo of an ECDSA key; algorithm is one
// of TR-03111 (v2.1), 5.2.1.
func (b *Builder) ActiveAuth(algorithm asn1.ObjectIdentifier) *Builder {
	return b.add(struct {
		Protocol  asn1.ObjectIdentifier
		Version   int
		Algorithm asn1.ObjectIdentifier
	}{oidAA, 1, algorithm})
}

// Raw adds an entry that is already encoded, such as one of EF.CardAccess.
func (b *Builder) Raw(item []byte) *Builder {
	b.items = append(b.items, slices.Clone(item))
	return b
}

// Encode writes the SET, its entries in DER order and each once.
func (b *Builder) Encode() ([]byte, error) {
	if b.err != nil {
		return nil, b.err
	}
	if len(b.items) == 0 || len(b.items) > maxInfos {
		return nil, unbuilt("SecurityInfos: %d entries", len(b.items))
	}
	items := slices.Clone(b.items)
	slices.SortFunc(items, bytes.Compare) // DER SET OF, ISO/IEC 8825-1, 11.6
	items = slices.CompactFunc(items, bytes.Equal)
	return tlv.Encode(0x31, items...), nil
}

// EncodeDG14 puts a SET of SecurityInfos under tag 6E.
func EncodeDG14(set []byte) ([]byte, error) {
	if _, devs, err := parseInfos(set, "DG14"); err != nil || len(devs) > 0 {
		return nil, unbuilt("DG14: the SecurityInfos are not in order")
	}
	return tlv.Encode(0x6E, set), nil
}
