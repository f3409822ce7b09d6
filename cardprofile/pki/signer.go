package pki

import (
	"errors"
	"math/big"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
)

// signerID is the sid of a SignerInfo, read.
type signerID struct {
	issuer       Name
	serial       *big.Int
	subjectKeyID []byte
}

func readSignerID(si *cms.SignerInfo) (signerID, error) {
	if si.SubjectKeyID != nil {
		return signerID{subjectKeyID: si.SubjectKeyID}, nil
	}
	name, err := ParseName(si.Issuer)
	return signerID{issuer: name, serial: si.Serial}, err
}

var (
	errNoSigner   = errors.New("no certificate in the object is the one its signer names")
	errTwoSigners = errors.New("two certificates in the object fit the name its signer gives")
)

// findSigner returns the certificate among candidates that the signer names. Two
// different certificates that both fit are refused, since nothing says which counts.
func findSigner(si *cms.SignerInfo, candidates []*Certificate) (*Certificate, []cardprofile.Deviation, error) {
	id, err := readSignerID(si)
	if err != nil {
		return nil, nil, err
	}
	var found *Certificate
	var devs []cardprofile.Deviation
	for _, c := range candidates {
		ok, dev := c.identifiedBy(id)
		if !ok || found != nil && string(found.Raw) == string(c.Raw) {
			continue
		}
		if found != nil {
			return nil, nil, errTwoSigners
		}
		found = c
		if dev != nil {
			devs = append(devs, *dev)
		}
	}
	if found == nil {
		return nil, nil, errNoSigner
	}
	return found, devs, nil
}
