package pki

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// ListOptions says who signs a list and when.
type ListOptions struct {
	// Signer is the list signer's certificate, CSCA the one that issued it; both go
	// beside the list.
	Signer, CSCA *Certificate
	// SigningTime is in UTC, whole seconds.
	SigningTime time.Time
	// Sign chooses the signature algorithm of the list signer's key.
	Sign cms.SignOptions
}

// PrepareMasterList decides and checks everything about a CSCA master list (Doc
// 9303-12 (8th ed.), 9). certificates are self-signed CSCA and link certificates; the
// CSCA of the signer is added where it is missing, since the list must hold it.
func PrepareMasterList(certificates []*Certificate, o ListOptions) (*Prepared, error) {
	if err := o.check(masterLists, OIDMasterListSigner); err != nil {
		return nil, err
	}
	listed := [][]byte{o.CSCA.Raw}
	for i, c := range certificates {
		field := fmt.Sprintf("certificate %d (%s)", i+1, c)
		switch {
		case !c.mayCertify() || !c.IsCA:
			return nil, badOption(field, "is no CSCA certificate", "list CSCA and link certificates alone")
		case c.TestMark && !o.Signer.TestMark:
			return nil, badOption(field, "carries the TEST mark", "a real master list holds no test authorities")
		}
		if c.SelfSigned() {
			if _, err := c.CheckSignatureFrom(c); err != nil {
				return nil, badOption(field, "is not signed with its own key", "check its fingerprint against its State's")
			}
		}
		if slices.ContainsFunc(listed, func(b []byte) bool { return bytes.Equal(b, c.Raw) }) {
			continue
		}
		listed = append(listed, c.Raw)
	}
	if len(listed) > maxListed {
		return nil, badOption("certificates", fmt.Sprintf("are more than %d", maxListed), "")
	}
	sortDER(listed)
	content := tlv.Encode(0x30, []byte{0x02, 0x01, 0x00}, tlv.Encode(0x31, listed...))
	return o.prepare(lint.MasterList, cms.OIDMasterList, content, func(der []byte) error {
		l, err := ParseMasterList(der)
		if err != nil {
			return err
		}
		s, err := l.Verify([]*Certificate{o.CSCA})
		if err != nil {
			return err
		}
		return first(append(l.Deviations, s.Deviations()...))
	})
}

// prepare lays out a signed list around its content. verify reads it as others will.
func (o ListOptions) prepare(kind lint.Kind, contentType string, content []byte, verify func(der []byte) error) (*Prepared, error) {
	signing, err := cms.ChooseSigning(o.Signer.PublicKey, o.Sign)
	if err != nil {
		return nil, err
	}
	message, finish, err := signedBody{contentType: contentType, content: content, at: o.SigningTime, keyID: o.Signer.SubjectKeyID,
		certificates: [][]byte{o.Signer.Raw, o.CSCA.Raw}}.layOut(signing)
	if err != nil {
		return nil, err
	}
	p := &Prepared{kind: kind, message: message, signing: signing, finish: finish, check: verify}
	return p.prepared()
}

// check holds the signer of a list to what its readers will ask.
func (o ListOptions) check(k listKind, usage string) error {
	switch {
	case o.Signer == nil || o.CSCA == nil:
		return badOption(k.name+" signer", "is missing", "give its certificate and that of its CSCA")
	case !slices.Contains(o.Signer.ExtKeyUsage, usage):
		return badOption(k.name+" signer", "lacks the extended key usage "+usage, "make its certificate with chipid pki for that use")
	case o.Signer.PublicKey == nil || o.Signer.SubjectKeyID == nil:
		return badOption(k.name+" signer", "has no usable key or no key identifier", "")
	case o.SigningTime.IsZero() || o.SigningTime.Nanosecond() != 0:
		return badOption("signing time", "is missing, or not in whole seconds", "")
	case o.SigningTime.Before(o.Signer.NotBefore) || o.SigningTime.After(o.Signer.NotAfter):
		return badOption("signing time", "is not within the validity of the signer, "+day(o.Signer.NotBefore)+" to "+day(o.Signer.NotAfter), "")
	case !o.Signer.PrivateKeyNotAfter.IsZero() && o.SigningTime.After(o.Signer.PrivateKeyNotAfter):
		return badOption("signing time", "is after the signer's key was to sign, "+day(o.Signer.PrivateKeyNotAfter), "make a new list signer")
	}
	if _, err := o.Signer.CheckSignatureFrom(o.CSCA); err != nil {
		return badOption("csca", "did not issue the "+k.name+" signer", "give the CSCA certificate that did")
	}
	return nil
}
