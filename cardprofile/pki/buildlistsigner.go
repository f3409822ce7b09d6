package pki

import (
	"crypto"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// PrepareMasterListSigner decides and checks everything about the certificate of a
// master list signer under the CSCA (Doc 9303-12 (8th ed.), Table 6 and 7.1.1.3).
func PrepareMasterListSigner(o Subject, pub crypto.PublicKey, csca *Certificate) (*Prepared, error) {
	return prepareListSigner(o, pub, csca, lint.MLSigner, OIDMasterListSigner)
}

// PrepareDeviationListSigner is PrepareMasterListSigner for a deviation list signer.
func PrepareDeviationListSigner(o Subject, pub crypto.PublicKey, csca *Certificate) (*Prepared, error) {
	return prepareListSigner(o, pub, csca, lint.DLSigner, OIDDeviationListSigner)
}

func prepareListSigner(o Subject, pub crypto.PublicKey, csca *Certificate, kind lint.Kind, usage string) (*Prepared, error) {
	if err := checkUnder(&o, csca); err != nil {
		return nil, err
	}
	return prepareSigner(o, pub, csca, kind, extensionDER(oidExtKeyUsage, true, tlv.Encode(0x30, cms.MarshalOID(usage))))
}
