package pki

import (
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
)

// maxListed bounds the certificates of one master list; the world has about a
// thousand CSCA certificates.
const maxListed = 20_000

// MasterList is a CSCA master list as read (Doc 9303-12 (8th ed.), 9). Nothing in
// it is verified by reading it; Verify does that.
type MasterList struct {
	Signed       *cms.SignedData
	Version      int      // 0
	Certificates [][]byte // each in DER as it came, in the order of the list
	Deviations   []cardprofile.Deviation
}

// ParseMasterList reads a master list file. The certificates in it are cut apart,
// not parsed.
func ParseMasterList(b []byte) (*MasterList, error) {
	sd, err := cms.Parse(b)
	if err != nil {
		return nil, err
	}
	if sd.ContentType != cms.OIDMasterList {
		return nil, fmt.Errorf("pki: the content is of type %s, a master list's is %s", sd.ContentType, cms.OIDMasterList)
	}
	m := &MasterList{Signed: sd, Deviations: sd.Deviations}
	s := cryptobyte.String(sd.Content)
	var body, set cryptobyte.String
	if !s.ReadASN1(&body, asn1.SEQUENCE) || len(s) != 0 || !body.ReadASN1Integer(&m.Version) ||
		!body.ReadASN1(&set, asn1.SET) || len(body) != 0 {
		return nil, malformed("CscaMasterList")
	}
	if m.Version != 0 {
		m.Deviations = append(m.Deviations, cardprofile.Deviation{Where: "master list", Rule: "masterlist.version",
			Text: fmt.Sprintf("CscaMasterList version is %d, not 0", m.Version)})
	}
	for len(set) > 0 {
		var c cryptobyte.String
		if len(m.Certificates) == maxListed {
			return nil, fmt.Errorf("pki: more than %d certificates in a master list", maxListed)
		}
		if !set.ReadASN1Element(&c, asn1.SEQUENCE) {
			return nil, malformed("certList")
		}
		m.Certificates = append(m.Certificates, c)
	}
	return m, nil
}

// Verify checks the list's signature, and that its signer is a master list signer
// that a CSCA issued: one of anchors where any are given, else one that the list or
// its CMS carries, and then the list only vouches for itself.
func (m *MasterList) Verify(anchors []*Certificate) (*ListSigner, error) {
	return masterLists.verify(m.Signed, among(anchors), m.Certificates)
}
