package issue_test

import (
	"context"
	"errors"
	"testing"

	"github.com/chipid-toolkit/chipid/cardprofile/issue"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cardprofile/sod"
	"github.com/chipid-toolkit/chipid/cardprofile/sod/signer"
)

// TestDocuments: a card signed through the pool verifies up to the CSCA; one that no
// signer may sign leaves the blank untouched.
func TestDocuments(t *testing.T) {
	ctx := context.Background()
	is, p := newIssuer(t), plan(t, 0)
	key, err := is.Keyring.Signer(ctx, is.Signer)
	if err != nil {
		t.Fatal(err)
	}
	c := blank(t, is)
	is.Documents = &signer.Pool{Trust: is.trust}
	if _, err := is.Personalize(ctx, c, p, issue.Options{}); !errors.Is(err, issue.ErrAuthority) || !errors.Is(err, signer.ErrNoSigner) {
		t.Fatalf("without a signer: %v", err)
	}
	if err := is.Documents.Add(signer.DocumentSigner{Certificate: is.Certificate, Key: key}); err != nil {
		t.Fatal(err)
	}
	card, err := is.Personalize(ctx, c, p, issue.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range card.Files {
		if f.Name != lds.NameSOD {
			continue
		}
		s, err := sod.Parse(f.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		if r := sod.Verify(s, is.trust, pki.VerifyOptions{}); r.Trust != pki.TrustAnchored {
			t.Error(r.Chain.Reason)
		}
		return
	}
	t.Error("the card has no EF.SOD")
}
