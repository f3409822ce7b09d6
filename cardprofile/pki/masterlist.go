package pki

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
)

// maxListed bounds the certificates of one master list; the world has about a
// thousand CSCA certificates.
const maxListed = 20_000

// MasterList is a CSCA master list as read (Doc 9303-12 (8th ed.), 9). Nothing in
// it is verified by reading it; Verify does that.
type MasterList struct {
	Signed       *cms.SignedData
	Version      int      // 0
	Certificates [][]byte // each in DER as it came, in the order of the list
	Deviations   []cardprofile.Deviation
}

// ParseMasterList reads a master list file. The certificates in it are cut apart,
// not parsed.
func ParseMasterList(b []byte) (*MasterList, error) {
	sd, err := cms.Parse(b)
	if err != nil {
		return nil, err
	}
	if sd.ContentType != cms.OIDMasterList {
		return nil, fmt.Errorf("pki: the content is of type %s, a master list's is %s", sd.ContentType, cms.OIDMasterList)
	}
	m := &MasterList{Signed: sd, Deviations: sd.Deviations}
	s := cryptobyte.String(sd.Content)
	var body, set cryptobyte.String
	if !s.ReadASN1(&body, asn1.SEQUENCE) || len(s) != 0 || !body.ReadASN1Integer(&m.Version) ||
		!body.ReadASN1(&set, asn1.SET) || len(body) != 0 {
		return nil, malformed("CscaMasterList")
	}
	if m.Version != 0 {
		m.Deviations = append(m.Deviations, cardprofile.Deviation{Where: "master list", Rule: "masterlist.version",
			Text: fmt.Sprintf("CscaMasterList version is %d, not 0", m.Version)})
	}
	for len(set) > 0 {
		var c cryptobyte.String
		if len(m.Certificates) == maxListed {
			return nil, fmt.Errorf("pki: more than %d certificates in a master list", maxListed)
		}
		if !set.ReadASN1Element(&c, asn1.SEQUENCE) {
			return nil, malformed("certList")
		}
		m.Certificates = append(m.Certificates, c)
	}
	return m, nil
}

// ListSigner says who signed a list and how far that goes. Only
// (*MasterList).Verify makes one.
type ListSigner struct {
	signer      *Certificate
	csca        *Certificate
	anchored    bool
	signingTime time.Time
	deviations  []cardprofile.Deviation
}

// Certificate is the list signer's own certificate.
func (s *ListSigner) Certificate() *Certificate { return s.signer }

// CSCA is the certificate that issued the signer: the anchor when Anchored, else
// one out of the list itself.
func (s *ListSigner) CSCA() *Certificate { return s.csca }

// Anchored says that the CSCA is one the caller named. Otherwise the list only
// vouches for itself.
func (s *ListSigner) Anchored() bool { return s.anchored }

// SigningTime is when the list says it was signed; zero when it does not.
func (s *ListSigner) SigningTime() time.Time { return s.signingTime }

// Deviations lists what the check met and tolerated.
func (s *ListSigner) Deviations() []cardprofile.Deviation { return s.deviations }

// Verify checks the list's signature, and that its signer is a master list signer
// that a CSCA issued: one of anchors where any are given, else one that the list or
// its CMS carries.
func (m *MasterList) Verify(anchors []*Certificate) (*ListSigner, error) {
	if len(m.Signed.Signers) == 0 {
		return nil, errors.New("pki: the master list is not signed")
	}
	var inside []*Certificate
	for _, raw := range m.Signed.Certificates {
		if c, err := ParseCertificate(raw); err == nil {
			inside = append(inside, c)
		}
	}
	si := m.Signed.Signers[0]
	if len(m.Signed.Signers) > 1 {
		return nil, errors.New("pki: the master list has more than one signer")
	}
	signer, devs, err := findSigner(si, inside)
	if err != nil {
		return nil, fmt.Errorf("pki: master list: %w", err)
	}
	verified, err := m.Signed.Verify(si, signer.PublicKey)
	if err != nil {
		return nil, fmt.Errorf("pki: master list signature: %w", err)
	}
	s := &ListSigner{signer: signer, signingTime: verified.SigningTime(), deviations: append(devs, verified.Deviations()...)}
	if err := s.mayIssueLists(len(anchors) > 0); err != nil {
		return nil, err
	}
	if s.signingTime.IsZero() {
		s.deviations = append(s.deviations, cardprofile.Deviation{Where: "master list", Rule: "masterlist.signingtime",
			Text: "signingTime is absent, which Doc 9303-12, Table 18 makes mandatory"})
	}
	if len(anchors) > 0 {
		if s.csca = issuerAmong(signer, anchors); s.csca == nil {
			return nil, fmt.Errorf("pki: the master list signer %s was not issued by an anchor that was named", signer)
		}
		s.anchored = true
		return s, nil
	}
	if s.csca = issuerAmong(signer, inside); s.csca == nil {
		s.csca = issuerAmong(signer, m.candidates(signer))
	}
	if s.csca == nil {
		return nil, fmt.Errorf("pki: the CSCA of the master list signer %s is not in the list", signer)
	}
	return s, nil
}

// mayIssueLists asks for the extended key usage of a master list signer (Doc 9303-12
// (8th ed.), 7.1.1.3). Where an anchor is to vouch for the list, that is what tells
// its list signers from its Document Signers, who must not say whom to trust. A CSCA
// that signs by itself, against 5.3, has that power anyway.
func (s *ListSigner) mayIssueLists(strict bool) error {
	note := func(rule, text string) {
		s.deviations = append(s.deviations, cardprofile.Deviation{Where: "master list signer", Rule: rule, Text: text})
	}
	switch {
	case slices.Contains(s.signer.ExtKeyUsage, OIDMasterListSigner):
	case s.signer.mayCertify() && s.signer.IsCA:
		note("masterlist.signer.csca", "the list is signed by a CSCA itself, which Doc 9303-12, 5.3 forbids")
	case strict:
		return fmt.Errorf("pki: %s is no master list signer: its certificate lacks that extended key usage", s.signer)
	default:
		note("masterlist.signer.eku", "the signer's certificate lacks the extended key usage of a master list signer")
	}
	return nil
}

// candidates parses those listed certificates that may have issued c.
func (m *MasterList) candidates(c *Certificate) []*Certificate {
	var out []*Certificate
	for _, raw := range m.Certificates {
		if p, err := ParseCertificate(raw); err == nil && mayIssue(p, c) {
			out = append(out, p)
		}
	}
	return out
}

// mayIssue says whether ca is worth a signature check as issuer of c: its key
// identifier is the one c names, or its name is c's issuer.
func mayIssue(ca, c *Certificate) bool {
	if c.AuthorityKeyID != nil && string(ca.SubjectKeyID) == string(c.AuthorityKeyID) {
		return ca.Subject.Country() == c.Issuer.Country()
	}
	return ca.Subject.canonical() == c.Issuer.canonical()
}

// issuerAmong returns the CA certificate of list whose key signed c, or c itself
// where list holds it and it signed itself.
func issuerAmong(c *Certificate, list []*Certificate) *Certificate {
	for _, ca := range list {
		if !mayIssue(ca, c) || !ca.mayCertify() {
			continue
		}
		if _, err := c.CheckSignatureFrom(ca); err == nil {
			return ca
		}
	}
	return nil
}

// mayCertify says whether a certificate may be used as a CA. Real CSCAs say so with
// basicConstraints, with keyUsage alone, or, from before extensions, not at all; a
// keyUsage without keyCertSign says no.
func (c *Certificate) mayCertify() bool {
	if c.HasKeyUsage {
		return c.KeyUsage&UsageKeyCertSign != 0
	}
	return c.IsCA || len(c.Extensions) == 0
}
