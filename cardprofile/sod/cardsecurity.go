package sod

import (
	"crypto"
	"errors"
	"fmt"

	"github.com/chipid-toolkit/chipid/apdu/pace"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
)

// CardSecurity is an EF.CardSecurity as read (Doc 9303-10 (8th ed.), 3.11.4).
// Nothing in it is verified; VerifyCardSecurity does that.
type CardSecurity struct {
	Raw        []byte
	Signed     *cms.SignedData    // the CMS object
	Infos      *lds.SecurityInfos // the SecurityInfos inside it
	Deviations []cardprofile.Deviation
}

// ParseCardSecurity reads an EF.CardSecurity. Zero bytes after the end, which chips
// pad files with, are a deviation; others are an error.
func ParseCardSecurity(b []byte) (*CardSecurity, error) {
	if len(b) > cms.MaxSize {
		return nil, fmt.Errorf("sod: EF.CardSecurity: %d bytes are more than is read", len(b))
	}
	n, rest, err := tlv.Parse(b)
	if err != nil {
		return nil, fmt.Errorf("sod: EF.CardSecurity: %w", err)
	}
	c := &CardSecurity{Raw: b}
	for _, x := range rest {
		if x != 0 {
			return nil, fmt.Errorf("sod: %d bytes follow EF.CardSecurity", len(rest))
		}
	}
	if len(rest) > 0 {
		c.Deviations = append(c.Deviations, cardprofile.Deviation{
			Where: lds.NameCardSecurity, Rule: "cardsecurity.padding", Text: fmt.Sprintf("%d zero bytes follow the object", len(rest)),
		})
	}
	if c.Signed, err = cms.Parse(n.Raw); err != nil {
		return nil, fmt.Errorf("sod: EF.CardSecurity: %w", err)
	}
	if c.Signed.ContentType != cms.OIDSecurityObject {
		return nil, fmt.Errorf("sod: EF.CardSecurity: the content is of type %s, a security object's is %s", c.Signed.ContentType, cms.OIDSecurityObject)
	}
	infos, devs, err := lds.ParseSecurityInfos(c.Signed.Content)
	if err != nil {
		return nil, fmt.Errorf("sod: EF.CardSecurity: %w", err)
	}
	c.Infos = infos
	for _, d := range devs {
		d.Where = lds.NameCardSecurity
		c.Deviations = append(c.Deviations, d)
	}
	return c, nil
}

// CardSecurityResult is the facts about one EF.CardSecurity.
type CardSecurityResult struct {
	*pki.Result
	signed *lds.SecurityInfos // parsed from trusted content, nil without
}

// VerifyCardSecurity checks signature, chain, validity and revocation of an
// EF.CardSecurity; see pki.VerifyDocument. It never returns nil. The signer need
// not be that of EF.SOD, and trust in one says nothing about the other. The ids
// of the checks are those of EF.SOD's.
func VerifyCardSecurity(c *CardSecurity, store *pki.Store, o pki.VerifyOptions) *CardSecurityResult {
	o.ContentType, o.Where = cms.OIDSecurityObject, lds.NameCardSecurity
	r := &CardSecurityResult{Result: pki.VerifyDocument(c.Signed, store, o)}
	r.Deviations = append(r.Deviations, c.Deviations...)
	if t, ok := r.Trusted(); ok {
		// Parsed again from what was verified, so that nothing done to c in between counts.
		if infos, _, err := lds.ParseSecurityInfos(t.Content()); err == nil {
			r.signed = infos
		}
	}
	return r
}

// Infos are the SecurityInfos that a trusted signer signed; ok is false where
// there is none. EF.CardAccess is to be held against them (lds.MatchCardAccess).
func (r *CardSecurityResult) Infos() (infos *lds.SecurityInfos, ok bool) {
	return r.signed, r.signed != nil
}

// ErrNoMappingKey says that EF.CardSecurity holds no key for chip authentication
// mapping under the identifier of the PACE parameters.
var ErrNoMappingKey = errors.New("sod: EF.CardSecurity holds no key for these PACE parameters")

// mappingKey finds the chip's static key for PACE with chip authentication
// mapping: the one whose key identifier is that of the domain parameters (Doc
// 9303-11 (8th ed.), 9.2.1).
func mappingKey(infos *lds.SecurityInfos, parameterID int) (crypto.PublicKey, error) {
	if parameterID == pace.NoParameterID { // and NoID is no identifier
		return nil, ErrNoMappingKey
	}
	var found crypto.PublicKey
	for _, k := range infos.ChipAuthKeys {
		if k.KeyID != parameterID || k.Public == nil {
			continue
		}
		if found != nil {
			return nil, fmt.Errorf("%w: there are two", ErrNoMappingKey)
		}
		found = k.Public
	}
	if found == nil {
		return nil, ErrNoMappingKey
	}
	return found, nil
}

// CheckCAM is the check pace.cam: does the chip own the static key of chip
// authentication mapping, and did a trusted signer sign that key (Doc 9303-11 (8th
// ed.), 4.4.3.5.2)? parameterID is that of the PACE run that gave the claim.
//
// It passes only where EF.CardSecurity itself is trusted. Trust in EF.SOD would not
// do: whoever copies a document can put an EF.CardSecurity of his own beside it.
func (r *CardSecurityResult) CheckCAM(c *CardSecurity, claim *pace.CAM, parameterID int) pki.Check {
	check := func(o pki.Outcome, format string, args ...any) pki.Check {
		return pki.Check{ID: "pace.cam", Outcome: o, Reason: fmt.Sprintf(format, args...)}
	}
	if claim == nil {
		return check(pki.NotPerformed, "the chip was not opened with PACE-CAM")
	}
	infos := c.Infos
	if r.signed != nil {
		infos = r.signed
	}
	key, err := mappingKey(infos, parameterID)
	if err != nil {
		return check(pki.Failed, "%v", err)
	}
	if err := claim.Verify(key); err != nil {
		return check(pki.Failed, "the chip did not prove that it holds the private key of EF.CardSecurity: %v", err)
	}
	if r.signed != nil {
		return check(pki.Passed, "PACE-CAM: the chip holds the private key of EF.CardSecurity, which %s signed", r.Signer)
	}
	for _, x := range r.Checks() {
		if x.Outcome == pki.Failed {
			return check(pki.Failed, "the chip holds the key of its EF.CardSecurity, but that is not authentic: %s", x.Reason)
		}
	}
	for _, x := range []pki.Check{r.Signature, r.Chain} {
		if x.Outcome != pki.Passed {
			return check(pki.NotPerformed, "the chip holds the key of its EF.CardSecurity, but passive authentication does not cover that: %s", x.Reason)
		}
	}
	return check(pki.NotPerformed, "the chip holds the key of its EF.CardSecurity, but passive authentication does not cover that")
}
