package pki

import (
	"fmt"
	"time"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
)

// Outcome is what came of one check. The zero value is NotPerformed.
type Outcome int

// The four outcomes of the verdict.
const (
	NotPerformed Outcome = iota
	Passed
	Failed
	NotSupported
)

// String is the outcome as the verdict's JSON spells it.
func (o Outcome) String() string {
	switch o {
	case Passed:
		return "passed"
	case Failed:
		return "failed"
	case NotSupported:
		return "not_supported"
	default:
		return "not_performed"
	}
}

// Check is one check of the verdict, with the reason in words an officer can read.
// Reasons name states, certificates and dates, never the holder.
type Check struct {
	ID         string
	Outcome    Outcome
	Reason     string // English
	Vietnamese string // the same reason
}

// set fills outcome and reason. en and vi take the same arguments in the same order.
func (c *Check) set(o Outcome, en, vi string, args ...any) {
	c.Outcome, c.Reason, c.Vietnamese = o, fmt.Sprintf(en, args...), fmt.Sprintf(vi, args...)
}

// Trust is how the signer of a document is trusted. The zero value is TrustNone.
type Trust int

// The three kinds of trust.
const (
	TrustNone     Trust = iota // no way from the signer to anything the store holds
	TrustPinned                // this Document Signer was pinned by the operator: never "authentic"
	TrustAnchored              // a CSCA of the store issued the signer, directly or through link certificates
)

// String is the name the verdict uses.
func (t Trust) String() string {
	switch t {
	case TrustPinned:
		return "pinned"
	case TrustAnchored:
		return "anchored"
	default:
		return "none"
	}
}

// VerifyOptions says what else is known when a document is verified.
type VerifyOptions struct {
	// Now is the time of the inspection; the zero value is the clock's.
	Now time.Time
	// ContentType is the dotted eContentType expected; empty means EF.SOD's,
	// cms.OIDLDSSecurityObject. EF.CardSecurity is cms.OIDSecurityObject.
	ContentType string
	// IssuingState is the issuing State as the MRZ of DG1 has it, with or without
	// fillers; empty leaves the comparison to CompareState.
	IssuingState string
	// DocumentCode is the document code of the MRZ ("I", "P<", "ID"), compared with
	// the signer's documentTypeList; empty leaves that out.
	DocumentCode string
	// IssueDate is the date of issue where the document tells (DG12); it stands in
	// for a signing time that the object lacks. Zero when not known.
	IssueDate time.Time
	// Where names the object in deviations; empty means "EF.SOD".
	Where string
}

// Result holds the facts about one signed object. It decides no policy: a check
// that was not performed stays that, whether it was required or not.
type Result struct {
	Signature  Check // sod.signature: the object is signed with the key of the certificate inside it
	Chain      Check // sod.chain: that certificate is anchored or pinned in the store, and may sign documents
	Validity   Check // sod.validity: signer and CSCA were valid when they signed
	Revocation Check // sod.revocation: the CSCA's CRL does not list the signer

	// RevocationKnown says that the store holds a CRL of this CSCA, which makes the
	// revocation check required by default.
	RevocationKnown bool

	Trust       Trust
	Pin         *Pin         // set when Trust is TrustPinned
	Signer      *Certificate // the certificate that made the signature, nil when none was found
	Anchor      *Certificate // the self-signed CSCA certificate the chain ends in, nil without one
	Links       []*Certificate
	SigningTime time.Time // zero when the object does not tell
	Test        bool      // a certificate of the chain carries the TEST mark, or the store is a test store

	Deviations []cardprofile.Deviation

	// What Trusted hands out, decided once by VerifyDocument: writing into the
	// fields above changes what a result says, not what is trusted.
	trusted Trusted
}

// Checks returns the four checks in the order of the verdict.
func (r *Result) Checks() []Check {
	return []Check{r.Signature, r.Chain, r.Validity, r.Revocation}
}

// Trusted is content whose signature was verified and whose signer is anchored, or
// pinned, and neither outside its validity nor revoked as far as was checked. Only
// (*Result).Trusted makes one; the zero value holds nothing.
type Trusted struct {
	verified cms.Verified
	trust    Trust
}

// Trusted returns the signed content when signature and chain passed and nothing
// failed, and false otherwise. A Document Signer that was pinned counts: ask Trust
// before calling anything authentic.
func (r *Result) Trusted() (Trusted, bool) { return r.trusted, r.trusted.OK() }

// decide makes the Trusted of a result whose checks are done.
func (r *Result) decide(verified cms.Verified) {
	if r.Signature.Outcome != Passed || r.Chain.Outcome != Passed || !verified.OK() || r.Trust == TrustNone {
		return
	}
	for _, c := range r.Checks() {
		if c.Outcome == Failed {
			return
		}
	}
	r.trusted = Trusted{verified: verified, trust: r.Trust}
}

// OK reports whether t holds trusted content.
func (t Trusted) OK() bool { return t.verified.OK() && t.trust != TrustNone }

// Trust says whether the signer is anchored or pinned.
func (t Trusted) Trust() Trust { return t.trust }

// ContentType is the dotted content type that was signed.
func (t Trusted) ContentType() string { return t.verified.ContentType() }

// Content is a copy of the signed content; nil unless OK.
func (t Trusted) Content() []byte { return t.verified.Content() }
