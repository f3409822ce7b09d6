package pki

import (
	"crypto"
	"fmt"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
)

// OIDDeviationListSigner is the extended key usage of deviation list signers (Doc
// 9303-12 (8th ed.), 10.2: id-icao-DeviationListSigningKey).
const OIDDeviationListSigner = "2.23.136.1.1.8"

// Bounds on one deviation list. Lists speak of thousands of documents, and the
// largest in circulation names 169,422 of them one by one.
const (
	maxDefects      = 10_000
	maxDescriptions = 256
)

// DeviationList is a list of what an issuing State knows to be wrong with documents
// it has issued (Doc 9303-3 (8th ed.), 7; Doc 9303-12 (8th ed.), 10), as read.
// Nothing in it is verified by reading it; Verify does that.
type DeviationList struct {
	Signed  *cms.SignedData
	Version int // 0
	Defects []Defect
	// Deviations are those of the list itself from its standard.
	Deviations []cardprofile.Deviation
}

// ParseDeviationList reads a deviation list file.
func ParseDeviationList(b []byte) (*DeviationList, error) {
	sd, err := cms.Parse(b)
	if err != nil {
		return nil, err
	}
	if sd.ContentType != cms.OIDDeviationList {
		return nil, fmt.Errorf("pki: the content is of type %s, a deviation list's is %s", sd.ContentType, cms.OIDDeviationList)
	}
	l := &DeviationList{Signed: sd}
	n := &notes{where: "deviation list", list: sd.Deviations}
	if err := l.parse(sd.Content, n); err != nil {
		return nil, err
	}
	l.Deviations = n.list
	return l, nil
}

func (l *DeviationList) parse(content []byte, n *notes) error {
	s := cryptobyte.String(content)
	var body, set cryptobyte.String
	if !s.ReadASN1(&body, asn1.SEQUENCE) || len(s) != 0 || !body.ReadASN1Integer(&l.Version) {
		return malformed("DeviationList")
	}
	if l.Version != 0 {
		n.note("deviationlist.version", "DeviationList version is %d, not 0", l.Version)
	}
	var digest crypto.Hash
	if body.PeekASN1Tag(asn1.SEQUENCE) {
		alg, err := cms.ReadAlgorithm(&body)
		if err != nil {
			return malformed("digestAlgorithm")
		}
		if digest, err = alg.Digest(); err != nil {
			n.note("deviationlist.digest", "the list's digest algorithm %s is not known here, so no certificate digest in it can be compared", alg.OID)
		}
	} else if len(l.Signed.Signers) > 0 {
		// Doc 9303-3 (8th ed.), 7.3.6: the digest of the list's own signature.
		digest, _ = l.Signed.Signers[0].DigestAlgorithm.Digest()
	}
	if !body.ReadASN1(&set, asn1.SET) || len(body) != 0 {
		return malformed("deviations")
	}
	for len(set) > 0 {
		if len(l.Defects) == maxDefects {
			return fmt.Errorf("pki: more than %d entries in a deviation list", maxDefects)
		}
		var one, documents, descriptions cryptobyte.String
		if !set.ReadASN1(&one, asn1.SEQUENCE) || !one.ReadASN1(&documents, asn1.SEQUENCE) ||
			!one.ReadASN1(&descriptions, asn1.SET) || len(one) != 0 {
			return malformed("Deviation")
		}
		d := Defect{digest: digest}
		if err := d.readDocuments(documents, n); err != nil {
			return err
		}
		if err := d.readDescriptions(descriptions, n); err != nil {
			return err
		}
		l.Defects = append(l.Defects, d)
	}
	return nil
}

// readDocuments reads DeviationDocuments. The module has IMPLICIT tags.
func (d *Defect) readDocuments(s cryptobyte.String, n *notes) error {
	var v cryptobyte.String
	var present bool
	if !s.ReadOptionalASN1(&v, &present, asn1.Tag(0).ContextSpecific()) {
		return malformed("documentType")
	}
	if present {
		if len(v) == 0 || len(v) > 8 {
			return malformed("documentType")
		}
		d.DocumentType = trimFiller(decodeText(tagPrintable, v))
		if len(v) != 2 {
			n.note("deviationlist.documenttype", "documentType has %d characters, not 2", len(v))
		}
		if d.DocumentType == "" {
			return malformed("documentType")
		}
	}
	if err := d.readSigner(&s); err != nil {
		return err
	}
	if !s.ReadOptionalASN1(&v, &present, contextTag(4)) {
		return malformed("issuingDate")
	}
	if present {
		for _, t := range []*time.Time{&d.IssuedFrom, &d.IssuedTo} {
			when, _, ok := cms.ReadTime(&v)
			if !ok {
				return malformed("issuingDate")
			}
			*t = when
		}
		if len(v) != 0 {
			return malformed("issuingDate")
		}
	}
	if !s.ReadOptionalASN1(&v, &present, contextTag(5)) || len(s) != 0 {
		return malformed("DeviationDocuments")
	}
	if present {
		numbers, err := readNumbers(v)
		if err != nil {
			return err
		}
		d.numbers = numbers
	}
	return nil
}

// readSigner reads DocumentSignerIdentifier, a CHOICE of three.
func (d *Defect) readSigner(s *cryptobyte.String) error {
	var v, name, serial cryptobyte.String
	switch {
	case s.PeekASN1Tag(contextTag(1)):
		if !s.ReadASN1(&v, contextTag(1)) || !v.ReadASN1Element(&name, asn1.SEQUENCE) ||
			!v.ReadASN1(&serial, asn1.INTEGER) || len(v) != 0 || len(serial) == 0 || len(serial) > 64 {
			return malformed("issuerAndSerialNumber")
		}
		issuer, err := ParseName(name)
		if err != nil {
			return err
		}
		d.Issuer, d.Serial = &issuer, cms.Integer(serial)
	case s.PeekASN1Tag(asn1.Tag(2).ContextSpecific()):
		if !s.ReadASN1(&v, asn1.Tag(2).ContextSpecific()) || len(v) == 0 || len(v) > 128 {
			return malformed("subjectKeyIdentifier")
		}
		d.SubjectKeyID = v
	case s.PeekASN1Tag(asn1.Tag(3).ContextSpecific()):
		if !s.ReadASN1(&v, asn1.Tag(3).ContextSpecific()) || len(v) == 0 || len(v) > 64 {
			return malformed("certificateDigest")
		}
		d.CertificateDigest = v
	}
	return nil
}

func (d *Defect) readDescriptions(set cryptobyte.String, n *notes) error {
	if len(set) == 0 {
		n.note("deviationlist.descriptions.empty", "an entry describes no deviation")
	}
	for len(set) > 0 {
		if len(d.Descriptions) == maxDescriptions {
			return fmt.Errorf("pki: more than %d descriptions in one entry of a deviation list", maxDescriptions)
		}
		var one, text, oid, parameters, national cryptobyte.String
		var tag asn1.Tag
		if !set.ReadASN1(&one, asn1.SEQUENCE) {
			return malformed("DeviationDescription")
		}
		var x DefectDescription
		if !one.PeekASN1Tag(asn1.OBJECT_IDENTIFIER) {
			if !one.ReadAnyASN1(&text, &tag) || len(text) > 64<<10 {
				return malformed("description")
			}
			if byte(tag) != tagPrintable {
				n.note("deviationlist.description.form", "a description is no PrintableString (tag %02x)", byte(tag))
			}
			x.Text = decodeText(byte(tag), text)
		}
		if !one.ReadASN1(&oid, asn1.OBJECT_IDENTIFIER) {
			return malformed("deviationType")
		}
		var ok, present bool
		if x.Type, ok = cms.OIDString(oid); !ok {
			return malformed("deviationType")
		}
		if !one.ReadOptionalASN1(&parameters, &present, contextTag(0)) {
			return malformed("parameters")
		}
		if present {
			x.Parameters = parameters
			x.readParameters(n)
		}
		if !one.ReadOptionalASN1(&national, &present, contextTag(1)) || len(one) != 0 {
			return malformed("DeviationDescription")
		}
		if present {
			x.NationalUse = national
		}
		d.Descriptions = append(d.Descriptions, x)
	}
	return nil
}

// Signer is the certificate of whoever signed the list, nil when it is not in it.
func (l *DeviationList) Signer() *Certificate {
	c, _, err := deviationLists.signerOf(l.Signed)
	if err != nil {
		return nil
	}
	return c
}

// Verify checks the list's signature, and that its signer is a deviation list signer
// that a CSCA issued: one of anchors where any are given, else one that its CMS
// carries, and then the list only vouches for itself.
func (l *DeviationList) Verify(anchors []*Certificate) (*ListSigner, error) {
	return deviationLists.verify(l.Signed, among(anchors), nil)
}
