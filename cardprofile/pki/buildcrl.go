package pki

import (
	"bytes"
	"fmt"
	"math/big"
	"slices"
	"time"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// maxCRLPeriod is how long a State may go without a new CRL (Doc 9303-12 (8th ed.),
// 4.2: every 90 days at least).
const maxCRLPeriod = 90 * 24 * time.Hour

// Revocation is one revoked certificate.
type Revocation struct {
	Serial *big.Int
	At     time.Time // UTC, whole seconds
}

// CRLOptions describes a certificate revocation list.
type CRLOptions struct {
	// Previous is the list that this one follows; nil for the first. Whatever it
	// revokes stays revoked, and the number goes up from its number.
	Previous *CRL
	// ThisUpdate to NextUpdate are 90 days at most. UTC, whole seconds.
	ThisUpdate, NextUpdate time.Time
	// Number is cRLNumber; nil is one more than the previous list's, or 1.
	Number *big.Int
	// Revoked are the certificates newly revoked.
	Revoked []Revocation
	// Sign chooses the signature algorithm of the CSCA's key.
	Sign cms.SignOptions
}

// Revocations lists what the CRL revokes, by serial number.
func (l *CRL) Revocations() []Revocation {
	out := make([]Revocation, 0, len(l.revoked))
	for s, at := range l.revoked {
		serial, _ := new(big.Int).SetString(s, 10)
		out = append(out, Revocation{serial, at})
	}
	slices.SortFunc(out, func(a, b Revocation) int { return a.Serial.Cmp(b.Serial) })
	return out
}

// PrepareCRL decides and checks everything about a CRL of the CSCA (Doc 9303-12 (8th
// ed.), 4.2 and Tables 9 and 10): complete, never partitioned, without entry
// extensions, with authorityKeyIdentifier and cRLNumber.
func PrepareCRL(o CRLOptions, csca *Certificate) (*Prepared, error) {
	number, err := checkCRL(o, csca)
	if err != nil {
		return nil, err
	}
	revoked, err := o.all()
	if err != nil {
		return nil, err
	}
	signing, err := cms.ChooseSigning(csca.PublicKey, o.Sign)
	if err != nil {
		return nil, err
	}
	parts := [][]byte{{0x02, 0x01, 0x01}, // v2
		signing.Algorithm, csca.Subject.Raw, marshalTime(o.ThisUpdate), marshalTime(o.NextUpdate)}
	if len(revoked) > 0 { // RFC 5280, 5.1.2.6: absent where nothing is revoked
		entries := make([][]byte, len(revoked))
		for i, r := range revoked {
			entries[i] = tlv.Encode(0x30, marshalInteger(r.Serial), marshalTime(r.At))
		}
		parts = append(parts, tlv.Encode(0x30, entries...))
	}
	parts = append(parts, tlv.Encode(0xa0, tlv.Encode(0x30,
		extensionDER(oidAuthorityKeyID, false, tlv.Encode(0x30, tlv.Encode(0x80, csca.SubjectKeyID))),
		extensionDER(oidCRLNumber, false, marshalInteger(number)))))
	tbs := tlv.Encode(0x30, parts...)
	p := &Prepared{kind: lint.CRL, message: tbs, signing: signing,
		finish: func(signature []byte) []byte {
			return tlv.Encode(0x30, tbs, signing.Algorithm, tlv.Encode(0x03, []byte{0}, signature))
		},
		check: func(der []byte) error {
			l, err := ParseCRL(der)
			if err != nil {
				return err
			}
			if len(l.Deviations) > 0 {
				return fmt.Errorf("pki: %s", l.Deviations[0])
			}
			_, err = l.CheckSignatureFrom(csca)
			return err
		}}
	return p.prepared()
}

// all is what the previous list and the options revoke, each once, by serial.
func (o CRLOptions) all() ([]Revocation, error) {
	var out []Revocation
	if o.Previous != nil {
		out = o.Previous.Revocations()
	}
	known := map[string]bool{}
	for _, r := range out {
		known[r.Serial.String()] = true
	}
	for _, r := range o.Revoked {
		switch {
		case r.Serial == nil || r.Serial.Sign() <= 0 || r.Serial.BitLen() > 159:
			return nil, badOption("revoked", "holds a serial number that is not positive with 20 octets at most", "give serial numbers as chipid file show prints them")
		case r.At.IsZero() || r.At.After(o.ThisUpdate) || r.At.Nanosecond() != 0:
			return nil, badOption("revoked", fmt.Sprintf("serial %x has no date, or one after the list's own", r.Serial), "give the time of the revocation, in whole seconds")
		case known[r.Serial.String()]:
			return nil, badOption("revoked", fmt.Sprintf("serial %x is listed twice, or was revoked by the previous list", r.Serial), "leave it out: what is revoked stays revoked")
		}
		known[r.Serial.String()] = true
		out = append(out, r)
	}
	if len(out) > maxRevoked {
		return nil, badOption("revoked", fmt.Sprintf("holds more than %d certificates", maxRevoked), "")
	}
	slices.SortFunc(out, func(a, b Revocation) int { return a.Serial.Cmp(b.Serial) })
	return out, nil
}

func checkCRL(o CRLOptions, csca *Certificate) (*big.Int, error) {
	switch {
	case !csca.IsCA || csca.PublicKey == nil || csca.SubjectKeyID == nil:
		return nil, badOption("csca", "is not a CSCA certificate with a subject key identifier", "give the CSCA's own certificate")
	case o.ThisUpdate.Nanosecond() != 0 || o.NextUpdate.Nanosecond() != 0 || !o.ThisUpdate.Before(o.NextUpdate):
		return nil, badOption("next update", "is not after this update, in whole seconds", "")
	case o.NextUpdate.Sub(o.ThisUpdate) > maxCRLPeriod:
		return nil, badOption("next update", "is more than 90 days after this update", "Doc 9303-12, 4.2 asks for a list every 90 days at least")
	case o.ThisUpdate.Before(csca.NotBefore) || !csca.PrivateKeyNotAfter.IsZero() && o.ThisUpdate.After(csca.PrivateKeyNotAfter):
		return nil, badOption("this update", "is not within the time that the CSCA's key signs", "the newest CSCA key signs the list")
	}
	number := o.Number
	if p := o.Previous; p != nil {
		switch {
		case p.Issuer.Country() != csca.Subject.Country():
			return nil, badOption("previous", "is the CRL of another country", "give the last list of this CSCA")
		case bytes.Equal(p.AuthorityKeyID, csca.SubjectKeyID):
			if _, err := p.CheckSignatureFrom(csca); err != nil {
				return nil, badOption("previous", "is not signed by the CSCA's key that it names", "give the list as it was published")
			}
		}
		switch {
		case p.Number == nil && number == nil:
			return nil, badOption("previous", "has no number", "give the number of this list")
		case number == nil:
			number = new(big.Int).Add(p.Number, big.NewInt(1))
		case p.Number != nil && number.Cmp(p.Number) <= 0:
			return nil, badOption("number", "is not above that of the previous list, "+p.Number.String(), "leave it out for the next one")
		}
		if !o.ThisUpdate.After(p.ThisUpdate) {
			return nil, badOption("this update", "is not after that of the previous list, "+day(p.ThisUpdate), "")
		}
	}
	if number == nil {
		number = big.NewInt(1)
	}
	if number.Sign() < 0 || number.BitLen() > 159 {
		return nil, badOption("number", "is negative or has more than 20 octets", "")
	}
	return number, nil
}
