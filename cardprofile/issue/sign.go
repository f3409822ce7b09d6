package issue

import (
	"context"
	"crypto"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/applet"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/sod"
	"github.com/chipid-toolkit/chipid/cardprofile/sod/signer"
)

// sign prepares EF.SOD, tells the journal what is about to be signed, and
// signs it once. pub are the keys that the chip has made.
func (j *job) sign(ctx context.Context, files []lds.File, pub *applet.PublicKeys) ([]byte, error) {
	hash, err := cardprofile.HashByName(j.plan.Profile.SOD.Digest)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPlan, err)
	}
	var groups, beside []lds.File
	for _, f := range files {
		if id, ok := lds.FileByName(f.Name); ok && id.Number() > 0 {
			groups = append(groups, f)
		} else {
			beside = append(beside, f)
		}
	}
	var attributes []byte
	var issue func(context.Context) ([]byte, error)
	if j.a.Documents != nil {
		prepared, err := j.chosen(ctx, signer.Request{
			Groups: groups, Beside: beside, ChipKeys: madeKeys(pub), Hash: hash,
			LDSVersion: sodVersion(j.plan.Profile), UnicodeVersion: "040000", SigningTime: j.o.Now, NoExpiry: j.plan.Profile.Document.NoExpiry,
		})
		if err != nil {
			return nil, err
		}
		attributes, issue = prepared.Attributes(), prepared.Issue
	} else {
		token, attrs, err := sod.Prepare(groups, sod.Options{
			Signer: j.a.Certificate, Hash: hash,
			LDSVersion: sodVersion(j.plan.Profile), UnicodeVersion: "040000", SigningTime: j.o.Now,
		})
		if err != nil {
			return nil, err
		}
		attributes, issue = attrs, func(ctx context.Context) ([]byte, error) {
			key, err := j.a.Keyring.Signer(ctx, j.a.Signer)
			if err != nil {
				return nil, err
			}
			return token.Issue(ctx, key)
		}
	}
	digest := sha256.Sum256(attributes)
	j.digest = digest[:]
	if err := j.reach(ctx, StepSigning); err != nil {
		return nil, err
	}
	object, err := issue(ctx)
	if err != nil {
		return nil, err
	}
	return object, j.reach(ctx, StepSigned)
}

// chosen is the document with its signer, whose use is counted before the journal is
// told: what the journal knows is signed by no other. Another is chosen where one is
// used up meanwhile.
func (j *job) chosen(ctx context.Context, r signer.Request) (*signer.Job, error) {
	for {
		prepared, err := j.a.Documents.Prepare(r)
		if errors.Is(err, signer.ErrNoSigner) {
			return nil, fmt.Errorf("%w: %w", ErrAuthority, err)
		}
		if err != nil {
			return nil, err
		}
		if err = prepared.Take(ctx); err == nil {
			return prepared, nil
		}
		if !errors.Is(err, signer.ErrLimit) {
			return nil, err
		}
	}
}

// madeKeys are the chip's keys; never nil, since a chip without keys has no DG14 and
// DG15 with some.
func madeKeys(pub *applet.PublicKeys) []crypto.PublicKey {
	keys := append([]crypto.PublicKey{}, pub.ChipAuth...)
	if pub.ActiveAuth != nil {
		keys = append(keys, pub.ActiveAuth)
	}
	return keys
}
