package sod

import (
	"errors"
	"fmt"

	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
)

// Signed is an object that a key has signed and that nobody has verified. A token
// that signs wrongly is found here and not on a card: there is no way to the bytes
// but through a verification.
type Signed struct {
	token *Token
	file  []byte
}

// Verify holds the object to everything that was prepared, and its signature to the
// Document Signer's key, and returns the file.
func (s *Signed) Verify() ([]byte, error) {
	object, devs, err := s.token.kind.read(s.file)
	if err != nil {
		return nil, wrong(err)
	}
	if err := s.token.matches(object, devs); err != nil {
		return nil, wrong(err)
	}
	verified, err := object.Verify(object.Signers[0], s.token.signer.PublicKey)
	if err == nil && len(verified.Deviations()) > 0 {
		err = errors.New(verified.Deviations()[0].Text)
	}
	if err != nil {
		return nil, wrong(err)
	}
	return s.file, nil
}

// VerifyTo is Verify by passive authentication up to the CSCA, as a checkpoint does
// it: the signature holds, the signer is anchored in the store, and neither validity
// nor revocation speaks against it; else there is no file.
func (s *Signed) VerifyTo(store *pki.Store, o pki.VerifyOptions) ([]byte, error) {
	object, devs, err := s.token.kind.read(s.file)
	if err != nil {
		return nil, wrong(err)
	}
	if err := s.token.matches(object, devs); err != nil {
		return nil, wrong(err)
	}
	o.ContentType = s.token.kind.contentType.String()
	if err := anchored(object, store, o); err != nil {
		return nil, fmt.Errorf("sod: issue: %w", err)
	}
	return s.file, nil
}

func wrong(err error) error { return fmt.Errorf("sod: issue: the object made is wrong: %w", err) }

// ErrNotAnchored says that a checkpoint with this trust store would not take a
// Document Signer's objects.
var ErrNotAnchored = errors.New("the Document Signer is not anchored in the trust store")

func anchored(object *cms.SignedData, store *pki.Store, o pki.VerifyOptions) error {
	r := pki.VerifyDocument(object, store, o)
	for _, c := range r.Checks() {
		if c.Outcome == pki.Failed {
			return fmt.Errorf("a checkpoint would refuse the object: %s: %s", c.ID, c.Reason)
		}
	}
	if r.Signature.Outcome != pki.Passed || r.Chain.Outcome != pki.Passed || r.Trust != pki.TrustAnchored {
		return fmt.Errorf("%w: %s", ErrNotAnchored, r.Chain.Reason)
	}
	if len(r.Deviations) > 0 { // what we issue has none
		return fmt.Errorf("the object would be read with a deviation: %s", r.Deviations[0])
	}
	return nil
}
