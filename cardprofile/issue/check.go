package issue

import (
	"bytes"
	"context"
	"crypto"
	"errors"
	"fmt"
	"time"

	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/hsm"
)

// ErrAuthority: the keys and the certificate of an authority do not fit what
// they are for. No chip has been touched.
var ErrAuthority = errors.New("issue: the authority cannot issue cards")

// Check finds what would end a card half made, before a chip is touched: a
// certificate that must not sign documents now or is another key's, master keys
// that are not there, or are one and the same. It asks the token; once before
// the first card is enough.
func (a *Authority) Check(ctx context.Context, now time.Time) error {
	if err := a.checkCertificate(now); err != nil {
		return err
	}
	// A pool has taken no key but that of its certificate.
	if a.Documents == nil {
		key, err := a.Keyring.Signer(ctx, a.Signer)
		if err != nil {
			return fmt.Errorf("issue: key of the Document Signer: %w", err)
		}
		if !samePublic(key.Public(), a.Certificate.PublicKey) {
			return fmt.Errorf("%w: the certificate %s is not that of the Document Signer's key", ErrAuthority, a.Certificate)
		}
	}
	list, err := a.Keyring.List(ctx)
	if err != nil {
		return err
	}
	transport, err := findMaster(list, a.Transport)
	if err != nil {
		return fmt.Errorf("issue: master key of the blanks: %w", err)
	}
	master, err := findMaster(list, a.Master)
	if err != nil {
		return fmt.Errorf("issue: master key of the cards: %w", err)
	}
	if transport.Ref == master.Ref {
		return fmt.Errorf("%w: issued cards would keep the keys they came with: both master keys are the same", ErrAuthority)
	}
	return nil
}

// checkCertificate is the part that needs no token.
func (a *Authority) checkCertificate(now time.Time) error {
	if a.Documents != nil {
		if err := a.Documents.Ready(now); err != nil {
			return fmt.Errorf("%w: %w", ErrAuthority, err)
		}
		return nil
	}
	c := a.Certificate
	if c == nil {
		return fmt.Errorf("%w: there is no Document Signer certificate", ErrAuthority)
	}
	if err := c.MayIssueDocuments(); err != nil {
		return fmt.Errorf("%w: %w", ErrAuthority, err)
	}
	if now.Before(c.NotBefore) || now.After(c.NotAfter) {
		return fmt.Errorf("%w: the certificate %s is not valid on %s", ErrAuthority, c, now.Format(time.DateOnly))
	}
	// Doc 9303-12 (8th ed.), 4.1.1.2: the key's own period is the shorter one.
	if from, to := c.PrivateKeyNotBefore, c.PrivateKeyNotAfter; !from.IsZero() && now.Before(from) || !to.IsZero() && now.After(to) {
		return fmt.Errorf("%w: the key of %s is not to be used on %s", ErrAuthority, c, now.Format(time.DateOnly))
	}
	return nil
}

// findMaster finds the secret key that ref names in a listing.
func findMaster(list []hsm.KeyInfo, ref hsm.KeyRef) (hsm.KeyInfo, error) {
	want, err := ref.Parse()
	if err != nil {
		return hsm.KeyInfo{}, err
	}
	for _, k := range list {
		if k.Kind == hsm.KindSecret && (want.Object == "" || want.Object == k.Label) && (len(want.ID) == 0 || bytes.Equal(want.ID, k.ID)) {
			return k, nil
		}
	}
	return hsm.KeyInfo{}, fmt.Errorf("%w: %s", hsm.ErrKeyNotFound, ref)
}

// samePublic compares keys whatever types hold them.
func samePublic(a, b crypto.PublicKey) bool {
	if p, err := ecc.FromPublic(a); err == nil {
		q, err := ecc.FromPublic(b)
		return err == nil && p.Equal(q)
	}
	k, ok := a.(interface{ Equal(crypto.PublicKey) bool })
	return ok && k.Equal(b)
}
