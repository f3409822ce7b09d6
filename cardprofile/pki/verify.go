package pki

import (
	"fmt"
	"slices"
	"time"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
)

// VerifyDocument says what is proven about a signed object of a chip: EF.SOD, or
// EF.CardSecurity with o.ContentType set. store may be nil: then nothing can be
// anchored. It never returns nil, and no error: what could not be done is a check
// that was not performed, with the reason.
//
// The order is that of Doc 9303-11 (8th ed.), 5.1.1, but for the signature, which is
// checked first, so that a document without a trust anchor still shows whether it
// was altered.
func VerifyDocument(sd *cms.SignedData, store *Store, o VerifyOptions) *Result {
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	if o.ContentType == "" {
		o.ContentType = cms.OIDLDSSecurityObject
	}
	if o.Where == "" {
		o.Where = "EF.SOD"
	}
	v := &verification{sd: sd, store: store, o: o, r: &Result{
		Signature:  Check{ID: "sod.signature"},
		Chain:      Check{ID: "sod.chain"},
		Validity:   Check{ID: "sod.validity"},
		Revocation: Check{ID: "sod.revocation"},
		Test:       store != nil && store.Test(),
	}}
	v.deviate(o.Where, sd.Deviations)
	v.signature()
	v.chain()
	v.validity()
	v.revocation()
	v.bundleAge()
	v.r.decide(v.verified)
	return v.r
}

// verification is one run of VerifyDocument.
type verification struct {
	sd    *cms.SignedData
	store *Store
	o     VerifyOptions
	r     *Result

	verified cms.Verified // by the first signer's key
}

func (v *verification) deviate(where string, list []cardprofile.Deviation) {
	for _, d := range list {
		d.Where = where
		v.r.Deviations = append(v.r.Deviations, d)
	}
}

func (v *verification) note(where, rule, format string, args ...any) {
	v.r.Deviations = append(v.r.Deviations, cardprofile.Deviation{Where: where, Rule: rule, Text: fmt.Sprintf(format, args...)})
}

// signature fills the check sod.signature and finds the signer's certificate.
func (v *verification) signature() {
	c := &v.r.Signature
	if v.sd.ContentType != v.o.ContentType {
		c.set(Failed, "the object is signed content of type %s, not %s", "đối tượng là nội dung ký loại %s, không phải %s", v.sd.ContentType, v.o.ContentType)
		return
	}
	if len(v.sd.Signers) == 0 {
		c.set(Failed, "the object is not signed", "đối tượng không được ký")
		return
	}
	inside := v.certificates()
	// Whoever adds a second signer changes bytes that no signature covers, so each
	// of them must hold; the first one is the document's.
	for i, si := range v.sd.Signers {
		signer, err := v.signerOf(si, inside)
		if err != nil {
			if len(v.sd.Certificates) == 0 {
				c.set(NotPerformed, "the object holds no Document Signer certificate, and the store has none that its signer names",
					"đối tượng không chứa chứng thư ký, và trong kho cũng không có chứng thư mà bên ký nêu")
			} else {
				c.because(err)
			}
			return
		}
		if i == 0 {
			v.r.Signer, v.r.SigningTime = signer, si.SigningTime
		}
		if signer.PublicKey == nil {
			c.because(signer.KeyError)
			c.Reason = "the key of the Document Signer certificate cannot be used: " + c.Reason
			c.Vietnamese = "không dùng được khóa trong chứng thư ký"
			return
		}
		verified, err := v.sd.Verify(si, signer.PublicKey)
		if err != nil {
			c.because(err)
			return
		}
		v.deviate(v.o.Where, verified.Deviations())
		if i == 0 {
			v.verified = verified
		}
	}
	v.deviate("DS certificate", v.r.Signer.Deviations)
	v.further(inside)
	c.set(Passed, "signed with the key of %s", "ký bằng khóa của %s", v.r.Signer)
}

// certificates parses those inside the object; one that cannot be read is noted.
func (v *verification) certificates() []*Certificate {
	var out []*Certificate
	for i, raw := range v.sd.Certificates {
		if i == maxInside {
			v.note(v.o.Where, "cms.certificates.many", "%d certificates in the object, of which %d are read", len(v.sd.Certificates), maxInside)
			break
		}
		c, err := ParseCertificate(raw)
		if err != nil {
			v.note(v.o.Where, "cms.certificates.malformed", "a certificate in the object cannot be read (SHA-256 %s)", fingerprint(raw))
			continue
		}
		out = append(out, c)
	}
	return out
}

// maxInside bounds the certificates of one security object that are read.
const maxInside = 32

// signerOf finds a signer's certificate, in the object or, for one that carries
// none (allowed by Doc 9303-10 (8th ed.), App. D), in the store.
func (v *verification) signerOf(si *cms.SignerInfo, inside []*Certificate) (*Certificate, error) {
	if len(v.sd.Certificates) == 0 {
		v.note(v.o.Where, "sod.certificate.missing", "the object holds no Document Signer certificate")
		if v.store == nil {
			return nil, errNoSigner
		}
		inside = v.store.signers(si)
	}
	signer, devs, err := findSigner(si, inside)
	v.deviate(v.o.Where, devs)
	return signer, err
}

// further names the certificates beside the signer's. They prove nothing and no
// signature covers which ones are there, so each stands with its digest.
func (v *verification) further(inside []*Certificate) {
	for _, c := range inside {
		if string(c.Raw) != string(v.r.Signer.Raw) {
			v.note(v.o.Where, "cms.certificates.further", "a further certificate is in the object: %s, SHA-256 %s", c, c.Fingerprint())
		}
	}
}

// MayIssueDocuments returns an error that says why a certificate must not sign
// documents, nil when it may.
func (c *Certificate) MayIssueDocuments() error {
	if why := c.mayIssueDocuments(); why != nil {
		return fmt.Errorf("pki: %s must not sign documents: %s", c, fmt.Sprintf(why.en, why.args...))
	}
	return nil
}

// mayIssueDocuments says why a certificate must not sign documents, nil when it may
// (Doc 9303-11 (8th ed.), 5.1.1; Doc 9303-12 (8th ed.), Table 6).
func (c *Certificate) mayIssueDocuments() *words {
	switch {
	case c.IsCA || c.HasKeyUsage && c.KeyUsage&UsageKeyCertSign != 0:
		return &words{en: "it is a CA certificate", vi: "đó là chứng thư của CA"}
	case c.HasKeyUsage && c.KeyUsage&UsageDigitalSignature == 0:
		return &words{en: "its key usage does not allow digital signatures", vi: "mục đích dùng khóa không cho phép ký số"}
	case len(c.ExtKeyUsage) > 0:
		return &words{"its extended key usage is for something else (%s)", "mục đích dùng khóa mở rộng là việc khác (%s)", []any{c.ExtKeyUsage[0]}}
	case c.unknownCritical() != "":
		return &words{"it carries the critical extension %s, which is not known here", "nó có phần mở rộng bắt buộc %s mà chương trình không biết", []any{c.unknownCritical()}}
	}
	return nil
}

// documentTypes compares the signer's documentTypeList with the document code. A
// single letter stands for all codes that begin with it (Doc 9303-12 (8th ed.), 7.1.1.6).
func (v *verification) documentTypes() {
	code := trimFiller(v.o.DocumentCode)
	types := v.r.Signer.DocumentTypes
	if code == "" {
		return
	}
	if types == nil {
		v.note("DS certificate", "x509.documenttypes.missing", "documentTypeList is absent, which Doc 9303-12, Table 6 makes mandatory")
		return
	}
	ok := slices.ContainsFunc(types, func(t string) bool {
		t = trimFiller(t)
		return t == code || len(t) == 1 && code[:1] == t
	})
	if !ok {
		v.note("DS certificate", "pki.documenttypes", "the Document Signer may sign documents of type %q, and this one is %q", types, code)
	}
}
