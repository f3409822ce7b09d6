package ca

import (
	"encoding/asn1"
	"errors"
	"fmt"

	"github.com/chipid-toolkit/chipid/apdu/domain"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
)

// Commands and data objects (Doc 9303-11 (8th ed.), 6.2.4).
const (
	insMSE                 byte = 0x22
	insGeneralAuthenticate byte = 0x86
	mseP1                  byte = 0x41
	mseKAT                 byte = 0xA6
	mseAT                  byte = 0xA4

	tagMechanism tlv.Tag = 0x80
	tagKeyRef    tlv.Tag = 0x84
	tagEphemeral tlv.Tag = 0x91 // of MSE:Set KAT
	tagDynamic   tlv.Tag = 0x7C
	tagPublicKey tlv.Tag = 0x80 // in DO 7C
)

// Errors of a run.
var (
	// ErrProtocol: no Chip Authentication protocol.
	ErrProtocol = errors.New("ca: unknown protocol")
	// ErrKey: the chip's static key is invalid or does not fit the protocol.
	ErrKey = errors.New("ca: unfit chip authentication key")
	// ErrRefused: the chip refuses; it comes with the status. The session from
	// before goes on.
	ErrRefused = errors.New("ca: chip refuses chip authentication")
)

// idCA is id-CA (Doc 9303-11 (8th ed.), 9.2.7).
var idCA = asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 2, 2, 3}

// Protocol is what a Chip Authentication object identifier says.
type Protocol struct {
	Curve  bool // elliptic curve, else prime field
	Cipher mac.Cipher
}

// ciphers in the order of the last arc.
var ciphers = [4]mac.Cipher{mac.TDES, mac.AES128, mac.AES192, mac.AES256}

// ParseOID reads a Chip Authentication object identifier (Doc 9303-11 (8th ed.),
// 9.2.7). Others are ErrProtocol.
func ParseOID(oid asn1.ObjectIdentifier) (Protocol, error) {
	if len(oid) != len(idCA)+2 || !oid[:len(idCA)].Equal(idCA) {
		return Protocol{}, fmt.Errorf("%w: %v", ErrProtocol, oid)
	}
	ka, c := oid[len(oid)-2], oid[len(oid)-1]
	if ka < 1 || ka > 2 || c < 1 || c > len(ciphers) {
		return Protocol{}, fmt.Errorf("%w: %v", ErrProtocol, oid)
	}
	return Protocol{Curve: ka == 2, Cipher: ciphers[c-1]}, nil
}

// OID is the object identifier of p.
func (p Protocol) OID() (asn1.ObjectIdentifier, error) {
	ka := 1
	if p.Curve {
		ka = 2
	}
	for i, c := range ciphers {
		if c == p.Cipher {
			return append(append(asn1.ObjectIdentifier{}, idCA...), ka, i+1), nil
		}
	}
	return nil, fmt.Errorf("%w: no identifier for %v", ErrProtocol, p)
}

// String is as in "CA-ECDH-AES-128".
func (p Protocol) String() string {
	if p.Curve {
		return "CA-ECDH-" + p.Cipher.String()
	}
	return "CA-DH-" + p.Cipher.String()
}

// fits reports whether a key is of the kind that p wants.
func (p Protocol) fits(d *domain.Parameters) bool { return (d.Curve() != nil) == p.Curve }

// deriveKeys is Doc 9303-11 (8th ed.), 9.7.4.
func deriveKeys(c mac.Cipher, shared *domain.Shared) (enc, macKey mac.Key) {
	k := shared.Secret()
	defer k.Wipe()
	return mac.DeriveICAO(k.Bytes(), mac.CounterENC, c), mac.DeriveICAO(k.Bytes(), mac.CounterMAC, c)
}

// oidValue is an object identifier without tag and length.
func oidValue(oid asn1.ObjectIdentifier) ([]byte, error) {
	der, err := asn1.Marshal(oid)
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrProtocol, oid)
	}
	n, _, err := tlv.Parse(der)
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrProtocol, oid)
	}
	return n.Value, nil
}

// keyReference is DO 84: the identifier as an unsigned integer of as few bytes
// as it needs, or nothing.
func keyReference(id int) ([]byte, error) {
	switch {
	case id == NoKeyID:
		return nil, nil
	case id < 0 || id > 0xFFFF:
		return nil, fmt.Errorf("%w: key identifier %d", ErrKey, id)
	case id > 0xFF:
		return tlv.Encode(tagKeyRef, []byte{byte(id >> 8), byte(id)}), nil
	default:
		return tlv.Encode(tagKeyRef, []byte{byte(id)}), nil
	}
}
