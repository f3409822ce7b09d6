package pki

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/cert"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/crl"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/signed"
)

// ErrUsed is returned by the second Issue of a Prepared, whatever came of the first.
var ErrUsed = errors.New("pki: this object has been signed, or it was tried, and it is signed at most once")

// Prepared is a certificate, CRL, master list or deviation list of which everything
// is decided and checked and nothing is signed. The conformance rules of its kind
// have seen it, byte for byte as it will be but for the signature's value. It signs
// at most once and may be used from many goroutines.
type Prepared struct {
	kind    lint.Kind
	message []byte // what is signed, in DER
	signing *cms.Signing
	notes   []lint.Finding
	finish  func(signature []byte) []byte
	// check reads the finished object back and verifies it.
	check func(der []byte) error
	used  atomic.Bool
}

// prepared puts the rules to an object; the first breach of a mandatory one is the
// error. No rule looks at the signature's value, so any stands in for it.
func (p *Prepared) prepared() (*Prepared, error) {
	der := p.finish([]byte{0})
	var findings []lint.Finding
	switch p.kind {
	case lint.CRL:
		findings = crl.Lint(der)
	case lint.MasterList, lint.DeviationList:
		findings = signed.Lint(der, p.kind)
	default:
		_, findings = cert.Lint(der, p.kind)
	}
	for _, f := range findings {
		if f.Severity == lint.Error {
			return nil, fmt.Errorf("pki: the %s would not keep to its profile: %s: %s: %s (%s, %s)", p.kind, f.Where, f.Title.EN, f.Text, f.Rule, f.Citation)
		}
	}
	p.notes = findings
	return p, nil
}

// Kind is what is to be signed.
func (p *Prepared) Kind() lint.Kind { return p.kind }

// Message is what the key will sign, in DER: its digest can stand in a plan, or in a
// store, before it does.
func (p *Prepared) Message() []byte { return slices.Clone(p.message) }

// Notes are the conformance rules that recommend something else; what breaks a
// mandatory one is never prepared.
func (p *Prepared) Notes() []lint.Finding { return slices.Clone(p.notes) }

// Issue signs and returns the object in DER. It is read back and its signature
// verified before anybody gets it.
//
// A context that has ended, and a key that is not the issuer's, are found before
// signing and leave the object unsigned. Once signing has begun it is used up,
// whether that succeeds or not.
func (p *Prepared) Issue(ctx context.Context, key crypto.Signer) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("pki: issue %s: %w", p.kind, err)
	}
	if err := p.signing.Match(key); err != nil {
		return nil, fmt.Errorf("pki: issue %s: %w", p.kind, err)
	}
	if !p.used.CompareAndSwap(false, true) {
		return nil, ErrUsed
	}
	signature, err := p.signing.Sign(key, p.message)
	if err != nil {
		return nil, fmt.Errorf("pki: issue %s: %w", p.kind, err)
	}
	der := p.finish(signature)
	if err := p.check(der); err != nil {
		return nil, fmt.Errorf("pki: the %s made is wrong: %w", p.kind, err)
	}
	return der, nil
}

// IssueCertificate is Issue for a certificate, read.
func (p *Prepared) IssueCertificate(ctx context.Context, key crypto.Signer) (*Certificate, error) {
	der, err := p.Issue(ctx, key)
	if err != nil {
		return nil, err
	}
	return ParseCertificate(der)
}
