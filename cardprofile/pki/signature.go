package pki

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/chipid-toolkit/chipid/cardprofile"
)

// CheckSignatureFrom verifies that issuer's key signed c. It says nothing about
// names, time or trust. The deviations are those of the signature alone.
func (c *Certificate) CheckSignatureFrom(issuer *Certificate) ([]cardprofile.Deviation, error) {
	if issuer.PublicKey == nil {
		return nil, fmt.Errorf("pki: the issuer's key cannot be used: %w", issuer.KeyError)
	}
	return c.SignatureAlgorithm.VerifySignature(issuer.PublicKey, 0, c.RawTBS, c.Signature)
}

// SelfSigned reports whether c is issued by its own subject and signed with its own
// key, which is verified.
func (c *Certificate) SelfSigned() bool {
	if !c.selfIssued() {
		return false
	}
	_, err := c.CheckSignatureFrom(c)
	return err == nil
}

// Fingerprint is the SHA-256 of the whole certificate in hexadecimal, the name
// under which stores and pins know it.
func (c *Certificate) Fingerprint() string { return fingerprint(c.Raw) }

func fingerprint(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// String names the certificate for people.
func (c *Certificate) String() string {
	name := c.Subject.CommonName()
	if rdns := c.Subject.RDNs; name == "" && len(rdns) > 0 && len(rdns[len(rdns)-1]) > 0 {
		name = rdns[len(rdns)-1][0].Value
	}
	return fmt.Sprintf("%s (%s, serial %x)", name, c.Subject.Country(), c.Serial)
}

// identifiedBy says whether the signer identifier of a SignerInfo names c, and with
// which deviation. The issuer's RDNs in another order are the one looseness that
// real documents need; the serial number must be equal.
func (c *Certificate) identifiedBy(id signerID) (match bool, dev *cardprofile.Deviation) {
	if id.subjectKeyID != nil {
		return c.SubjectKeyID != nil && bytes.Equal(c.SubjectKeyID, id.subjectKeyID), nil
	}
	if id.serial == nil || c.Serial.Cmp(id.serial) != 0 {
		return false, nil
	}
	if bytes.Equal(c.Issuer.Raw, id.issuer.Raw) {
		return true, nil
	}
	if c.Issuer.sameRDNs(id.issuer) {
		return true, &cardprofile.Deviation{Where: "CMS", Rule: "cms.sid.order",
			Text: "the signer is named with the issuer's RDNs in another order than in the certificate"}
	}
	return false, nil
}
