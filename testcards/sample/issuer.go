package sample

import (
	"context"
	"fmt"
	"time"

	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/issue"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/hsm"
)

// Labels of an issuer's keys in its keyring.
const (
	LabelCSCA      = "demo-csca"
	LabelDS        = "demo-ds"
	LabelTransport = "demo-transport"
	LabelMaster    = "demo-card-master"
)

// cardKeyBits is the length of the card keys.
const cardKeyBits = 128

// Issuer is an issuing authority for tests and demonstrations.
type Issuer struct {
	issue.Authority
	CSCA *pki.Certificate
}

// NewIssuer makes keys and certificates in the keyring: a CSCA and a Document
// Signer with the TEST mark, the master key of cards, and the chip maker's
// transport key, which is the one that came from outside.
func NewIssuer(ctx context.Context, ring hsm.Keyring, p *cardprofile.Profile, transport mac.Key, now time.Time) (*Issuer, error) {
	is := &Issuer{Authority: issue.Authority{Keyring: ring}}
	var err error
	if is.Transport, err = ring.ImportSecret(ctx, hsm.SecretSpec{Label: LabelTransport, Use: hsm.UseCardMaster, Bits: 8 * transport.Len()}, transport); err != nil {
		return nil, err
	}
	if is.Master, err = ring.GenerateSecret(ctx, hsm.SecretSpec{Label: LabelMaster, Use: hsm.UseCardMaster, Bits: cardKeyBits}); err != nil {
		return nil, err
	}
	cscaRef, _, err := ring.Generate(ctx, hsm.KeySpec{Label: LabelCSCA, Curve: "P-256"})
	if err != nil {
		return nil, err
	}
	cscaKey, err := ring.Signer(ctx, cscaRef)
	if err != nil {
		return nil, err
	}
	// Doc 9303-12 (8th ed.), 4.1.2 and 4.1.3: the CSCA key signs for three to
	// five years, a Document Signer's for three months; certificates outlive
	// the documents.
	from := now.UTC().Add(-time.Hour).Truncate(time.Second)
	const documentYears, csca = 25, 5 // identity cards last up to 22 years
	is.CSCA, err = pki.BuildCSCA(pki.CSCAOptions{
		Subject: subject("CSCA of the demonstration", from, from.AddDate(csca, 0, 0), from.AddDate(csca+documentYears, 3, 0)),
		Country: p.Country, State: p.IssuingState, Test: true,
	}, cscaKey)
	if err != nil {
		return nil, fmt.Errorf("CSCA: %w", err)
	}
	if err := ring.ImportCertificate(ctx, cscaRef, is.CSCA.Raw); err != nil {
		return nil, err
	}
	dsRef, dsPub, err := ring.Generate(ctx, hsm.KeySpec{Label: LabelDS, Curve: "P-256"})
	if err != nil {
		return nil, err
	}
	is.Certificate, err = pki.BuildDS(pki.DSOptions{
		Subject:       subject("Document Signer 1", from, from.AddDate(0, 3, 0), from.AddDate(documentYears, 3, 0)),
		DocumentTypes: []string{p.Document.Code},
	}, dsPub, is.CSCA, cscaKey)
	if err != nil {
		return nil, fmt.Errorf("document signer: %w", err)
	}
	is.Signer = dsRef
	return is, ring.ImportCertificate(ctx, dsRef, is.Certificate.Raw)
}

func subject(name string, from, signUntil, validUntil time.Time) pki.Subject {
	return pki.Subject{
		Organization: "chipid", CommonName: name, Email: "pki@example.org", CRLURLs: []string{"http://example.org/test.crl"},
		NotBefore: from, NotAfter: validUntil, PrivateKeyNotAfter: signUntil,
	}
}
