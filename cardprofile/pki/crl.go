package pki

import (
	"bytes"
	"fmt"
	"math/big"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
)

// Bounds on a CRL; States revoke few certificates.
const (
	MaxCRL     = 8 << 20
	maxRevoked = 200_000
)

// CRL is a certificate revocation list as read (RFC 5280, 5.1; Doc 9303-12 (8th
// ed.), 7.1.4). Nothing in it is verified by reading it.
type CRL struct {
	Raw                []byte
	RawTBS             []byte
	Version            int // 2 for a v2 list
	Issuer             Name
	ThisUpdate         time.Time
	NextUpdate         time.Time // zero when absent
	Number             *big.Int  // cRLNumber; nil when absent
	AuthorityKeyID     []byte
	Extensions         []Extension
	SignatureAlgorithm cms.Algorithm
	Signature          []byte
	Deviations         []cardprofile.Deviation

	revoked map[string]time.Time
}

// Len is the number of certificates listed.
func (l *CRL) Len() int { return len(l.revoked) }

// Revoked says whether the list holds a serial number, and since when.
func (l *CRL) Revoked(serial *big.Int) (time.Time, bool) {
	t, ok := l.revoked[serial.String()]
	return t, ok
}

// ParseCRL reads one CRL in DER; bytes after it are an error.
func ParseCRL(der []byte) (*CRL, error) {
	if len(der) > MaxCRL {
		return nil, fmt.Errorf("pki: a CRL of %d bytes", len(der))
	}
	s := cryptobyte.String(der)
	var body, tbs, outer cryptobyte.String
	if !s.ReadASN1(&body, asn1.SEQUENCE) || !body.ReadASN1Element(&tbs, asn1.SEQUENCE) {
		return nil, malformed("CRL")
	}
	if len(s) != 0 {
		return nil, fmt.Errorf("pki: %d bytes follow the CRL", len(s))
	}
	l := &CRL{Raw: der, RawTBS: tbs, revoked: map[string]time.Time{}}
	n := &notes{where: "CRL"}
	if err := l.parseTBS(tbs, n); err != nil {
		return nil, err
	}
	if !body.ReadASN1Element(&outer, asn1.SEQUENCE) {
		return nil, malformed("CRL")
	}
	if !bytes.Equal(outer, l.SignatureAlgorithm.Raw) {
		n.note("crl.signaturealgorithm", "signatureAlgorithm outside the signed part (%x) is not the one inside", []byte(outer))
	}
	if !body.ReadASN1BitStringAsBytes(&l.Signature) || len(body) != 0 {
		return nil, malformed("CRL signature")
	}
	l.Deviations = n.list
	return l, nil
}

func (l *CRL) parseTBS(tbs cryptobyte.String, n *notes) error {
	var body cryptobyte.String
	if !tbs.ReadASN1(&body, asn1.SEQUENCE) {
		return malformed("tBSCertList")
	}
	version := 0
	if body.PeekASN1Tag(asn1.INTEGER) && !body.ReadASN1Integer(&version) {
		return malformed("CRL version")
	}
	if l.Version = version + 1; l.Version != 2 {
		n.note("crl.version", "CRL version is %d, not 2", l.Version)
	}
	var err error
	if l.SignatureAlgorithm, err = cms.ReadAlgorithm(&body); err != nil {
		return malformed("CRL signature algorithm")
	}
	if l.Issuer, err = readName(&body); err != nil {
		return err
	}
	var ok bool
	if l.ThisUpdate, _, ok = cms.ReadTime(&body); !ok {
		return malformed("thisUpdate")
	}
	if body.PeekASN1Tag(asn1.UTCTime) || body.PeekASN1Tag(asn1.GeneralizedTime) {
		if l.NextUpdate, _, ok = cms.ReadTime(&body); !ok {
			return malformed("nextUpdate")
		}
	} else {
		n.note("crl.nextupdate", "nextUpdate is absent, which Doc 9303-12, Table 9 makes mandatory")
	}
	if body.PeekASN1Tag(asn1.SEQUENCE) {
		if err := l.readRevoked(&body, n); err != nil {
			return err
		}
	}
	var wrap cryptobyte.String
	var present bool
	if !body.ReadOptionalASN1(&wrap, &present, contextTag(0)) || len(body) != 0 {
		return malformed("end of tBSCertList")
	}
	if present {
		if l.Extensions, err = readExtensions(&wrap, n); err != nil || len(wrap) != 0 {
			return malformed("CRL extensions")
		}
	}
	for _, e := range l.Extensions {
		v := cryptobyte.String(e.Value)
		switch e.ID {
		case oidAuthorityKeyID:
			if l.AuthorityKeyID, ok = readAuthorityKeyID(v); !ok {
				n.note("x509.extension.malformed", "extension %s cannot be read", e.ID)
			}
		case oidCRLNumber:
			var content cryptobyte.String
			if v.ReadASN1(&content, asn1.INTEGER) && len(v) == 0 && len(content) > 0 && len(content) <= 64 {
				l.Number = cms.Integer(content)
			} else {
				n.note("x509.extension.malformed", "extension %s cannot be read", e.ID)
			}
		default:
			// RFC 5280, 5.2: a critical extension that is not understood, such as
			// issuingDistributionPoint, narrows the list in a way not known here.
			if e.Critical {
				n.note("crl.extension.critical", "CRL extension %s is critical and not known here", e.ID)
			}
		}
	}
	return nil
}

func (l *CRL) readRevoked(body *cryptobyte.String, n *notes) error {
	var list cryptobyte.String
	if !body.ReadASN1(&list, asn1.SEQUENCE) {
		return malformed("revokedCertificates")
	}
	if len(list) == 0 {
		n.note("crl.revoked.empty", "revokedCertificates is present and empty")
	}
	for count := 0; len(list) > 0; count++ {
		var entry, serial cryptobyte.String
		if count == maxRevoked {
			return fmt.Errorf("pki: more than %d revoked certificates", maxRevoked)
		}
		if !list.ReadASN1(&entry, asn1.SEQUENCE) || !entry.ReadASN1(&serial, asn1.INTEGER) || len(serial) == 0 || len(serial) > 64 {
			return malformed("revokedCertificates")
		}
		t, _, ok := cms.ReadTime(&entry)
		if !ok {
			return malformed("revocationDate")
		}
		// Entry extensions are not used (Doc 9303-12 (8th ed.), Table 10), and no
		// reason code would make a listed certificate good again.
		l.revoked[cms.Integer(serial).String()] = t
	}
	return nil
}

// CheckSignatureFrom verifies that issuer's key signed the list.
func (l *CRL) CheckSignatureFrom(issuer *Certificate) ([]cardprofile.Deviation, error) {
	if issuer.PublicKey == nil {
		return nil, fmt.Errorf("pki: the issuer's key cannot be used: %w", issuer.KeyError)
	}
	return l.SignatureAlgorithm.VerifySignature(issuer.PublicKey, 0, l.RawTBS, l.Signature)
}

// covers says whether the list can speak for certificates at all: a critical
// extension that is not understood keeps it from doing so.
func (l *CRL) covers() bool {
	for _, e := range l.Extensions {
		if e.Critical && e.ID != oidAuthorityKeyID && e.ID != oidCRLNumber {
			return false
		}
	}
	return true
}
