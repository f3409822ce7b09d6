package pki

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
)

// ErrListAnchor is wrapped when a list's own signature is right and nothing that
// the operator named stands behind its signer.
var ErrListAnchor = errors.New("no anchor that was named issued the signer")

// ErrListSignature is wrapped when a list is not signed by whom it says, or by one
// who must not sign lists.
var ErrListSignature = errors.New("the signature of the list does not hold")

// listKind is what tells kinds of signed lists apart.
type listKind struct {
	name  string // for people
	rule  string // first part of deviation rules
	usage string // extended key usage of its signers
	table string // where Doc 9303-12 (8th ed.) describes the SignedData
}

var (
	masterLists    = listKind{"master list", "masterlist", OIDMasterListSigner, "Table 18"}
	deviationLists = listKind{"deviation list", "deviationlist", OIDDeviationListSigner, "Table 19"}
)

// ListSigner says who signed a list and how far that goes. Only the Verify methods
// of MasterList and DeviationList make one.
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

// verify checks signature and signer of a list. listed are certificates in its
// content among which its CSCA may be. Without anchor the list vouches for itself.
func (k listKind) verify(sd *cms.SignedData, anchor anchorFunc, listed [][]byte) (*ListSigner, error) {
	signer, devs, err := k.signerOf(sd)
	if err != nil {
		return nil, err
	}
	si := sd.Signers[0]
	verified, err := sd.Verify(si, signer.PublicKey)
	if err != nil {
		return nil, fmt.Errorf("pki: %s: %w: %w", k.name, ErrListSignature, err)
	}
	s := &ListSigner{signer: signer, signingTime: verified.SigningTime(), deviations: append(devs, verified.Deviations()...)}
	if err := s.mayIssueLists(k, anchor != nil); err != nil {
		return nil, err
	}
	s.checkTime(k)
	pool := sync.OnceValue(func() []*Certificate { return append(carried(sd), parseAll(listed)...) })
	if anchor != nil {
		if s.csca = anchor(signer, pool); s.csca == nil {
			return nil, fmt.Errorf("pki: %s signer %s: %w", k.name, signer, ErrListAnchor)
		}
		s.anchored = true
		return s, nil
	}
	if s.csca = ownAnchor(signer, pool); s.csca == nil {
		return nil, fmt.Errorf("pki: %s signer %s: %w, and its CSCA is not in the list", k.name, signer, ErrListAnchor)
	}
	return s, nil
}

// signerOf returns the certificate of the one signer a list has.
func (k listKind) signerOf(sd *cms.SignedData) (*Certificate, []cardprofile.Deviation, error) {
	switch len(sd.Signers) {
	case 0:
		return nil, nil, fmt.Errorf("pki: the %s is not signed", k.name)
	case 1:
	default:
		return nil, nil, fmt.Errorf("pki: the %s has more than one signer", k.name)
	}
	signer, devs, err := findSigner(sd.Signers[0], carried(sd))
	if err != nil {
		return nil, nil, fmt.Errorf("pki: %s: %w", k.name, err)
	}
	return signer, devs, nil
}

// maxCarried bounds the certificates beside a list that are read; its signer and
// a CSCA or two belong there.
const maxCarried = 32

func carried(sd *cms.SignedData) []*Certificate {
	var out []*Certificate
	for _, raw := range sd.Certificates[:min(len(sd.Certificates), maxCarried)] {
		if c, err := ParseCertificate(raw); err == nil {
			out = append(out, c)
		}
	}
	return out
}

// checkTime notes a signing time that is absent or at which the signer was not valid.
func (s *ListSigner) checkTime(k listKind) {
	note := func(rule, format string, args ...any) {
		s.deviations = append(s.deviations, cardprofile.Deviation{Where: k.name, Rule: k.rule + rule, Text: fmt.Sprintf(format, args...)})
	}
	switch t := s.signingTime; {
	case t.IsZero():
		note(".signingtime", "signingTime is absent, which Doc 9303-12, %s makes mandatory", k.table)
	case t.Before(s.signer.NotBefore) || t.After(s.signer.NotAfter):
		note(".signer.validity", "signed on %s, when the signer's certificate was not valid (%s to %s)", day(t), day(s.signer.NotBefore), day(s.signer.NotAfter))
	}
}

// mayIssueLists asks for the extended key usage of a list signer (Doc 9303-12 (8th
// ed.), 7.1.1.3). Where an anchor is to vouch for the list, that is what tells its
// list signers from its Document Signers, who must not say whom to trust. A CSCA
// that signs by itself, against 5.3, has that power anyway.
func (s *ListSigner) mayIssueLists(k listKind, strict bool) error {
	note := func(rule, text string) {
		s.deviations = append(s.deviations, cardprofile.Deviation{Where: k.name + " signer", Rule: k.rule + rule, Text: text})
	}
	switch {
	case slices.Contains(s.signer.ExtKeyUsage, k.usage):
	case s.signer.mayCertify() && s.signer.IsCA:
		note(".signer.csca", "the list is signed by a CSCA itself, which Doc 9303-12, 5.3 and Doc 9303-3, 7.3.2 forbid")
	case strict:
		return fmt.Errorf("pki: %w: %s is no %s signer: its certificate lacks that extended key usage", ErrListSignature, s.signer, k.name)
	default:
		note(".signer.eku", "the signer's certificate lacks the extended key usage of a "+k.name+" signer")
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
