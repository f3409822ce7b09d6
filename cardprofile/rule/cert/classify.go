package cert

import (
	"bytes"
	"strings"

	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// Extended key usages by which signers are told apart (Doc 9303-12 (8th ed.), 7.1.1.3,
// 7.1.2, 7.1.3 and 7.2.1).
const (
	oidMLSigner   = "2.23.136.1.1.3"
	oidDLSigner   = "2.23.136.1.1.8"
	oidLDS2Signer = "2.23.136.1.1.9.8."
	oidVDSSigner  = "2.23.136.1.1.11.1"
	oidSPOCClient = "2.23.136.1.1.10.1"
	oidSPOCServer = "2.23.136.1.1.10.2"
)

// Classify says what a certificate claims to be, by its extensions: a CA by
// keyCertSign, cA or, without any extension, its equal names; a link certificate by
// a name or key of another issuer; signers by their extended key usage; everything
// else is a Document Signer.
func Classify(c *Certificate) lint.Kind {
	for _, id := range c.extendedKeyUsage() {
		switch {
		case id == oidMLSigner:
			return lint.MLSigner
		case id == oidDLSigner:
			return lint.DLSigner
		case id == oidVDSSigner:
			return lint.BarCodeSigner
		case strings.HasPrefix(id, oidLDS2Signer):
			return lint.LDS2Signer
		case id == oidSPOCClient, id == oidSPOCServer, strings.HasPrefix(id, "1.3.6.1.5.5.7.3."):
			return lint.Communication
		}
	}
	usage, hasUsage := c.keyUsage()
	constraints, _ := c.basicConstraints()
	if usage.has(keyCertSign) || constraints.ca || !hasUsage && c.selfIssued() {
		aki, ski := c.authorityKeyID(), c.subjectKeyID()
		if !c.selfIssued() || aki.id != nil && ski != nil && !bytes.Equal(aki.id, ski) {
			return lint.Link
		}
		return lint.CSCA
	}
	return lint.DS
}
