package pki

import (
	"bytes"
	"crypto"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"github.com/chipid-toolkit/chipid/cardprofile/cms"
)

// Deviation types (Doc 9303-3 (8th ed.), 7.3.5; Doc 9303-12 (8th ed.), 10.2).
const (
	DefectCertOrKey         = "2.23.136.1.1.7.1"   // a certificate or key, no further said
	DefectDSSignature       = "2.23.136.1.1.7.1.1" // the signature of the Document Signer certificate is wrong
	DefectDSEncoding        = "2.23.136.1.1.7.1.2" // the Document Signer certificate has a coding error
	DefectCSCAEncoding      = "2.23.136.1.1.7.1.3" // the CSCA certificate has a coding error
	DefectAAKeyCompromised  = "2.23.136.1.1.7.1.4" // the Active Authentication key must not be relied upon
	DefectLDS               = "2.23.136.1.1.7.2"   // the LDS, no further said
	DefectDGMalformed       = "2.23.136.1.1.7.2.1" // the TLV encoding of a data group
	DefectDGHashWrong       = "2.23.136.1.1.7.2.2" // the hash of a data group in EF.SOD
	DefectSODSignatureWrong = "2.23.136.1.1.7.2.3" // the signature of EF.SOD
	DefectCOMInconsistent   = "2.23.136.1.1.7.2.4" // EF.COM against EF.SOD
	DefectMRZ               = "2.23.136.1.1.7.3"   // the MRZ, no further said
	DefectMRZWrongData      = "2.23.136.1.1.7.3.1" // a field of the MRZ holds wrong data
	DefectMRZCheckDigit     = "2.23.136.1.1.7.3.2" // a check digit of the MRZ
	DefectChip              = "2.23.136.1.1.7.4"   // the chip cannot be used
	DefectNationalUse       = "2.23.136.1.1.7.5"   // of the State's own concern
)

// The values of Group that are no data group (Doc 9303-12 (8th ed.), 10.2, Datagroup).
const (
	GroupSOD = 20
	GroupCOM = 21
)

// Defect is one entry of a deviation list: which documents, and what is wrong with
// them. All conditions that are present must hold at once (Doc 9303-12 (8th ed.),
// 10); an entry without any speaks of every document of the State.
type Defect struct {
	DocumentType string // document code of the MRZ without fillers; "" for any
	// The Document Signer, by one of three: issuer and serial number, its
	// subjectKeyIdentifier, or the digest of its certificate.
	Issuer            *Name
	Serial            *big.Int
	SubjectKeyID      []byte
	CertificateDigest []byte
	// IssuedFrom to IssuedTo are the dates of issue, both included; zero for any.
	IssuedFrom, IssuedTo time.Time

	Descriptions []DefectDescription

	digest  crypto.Hash // of CertificateDigest; 0 when it is not known here
	numbers *documentNumbers
}

// DefectDescription is one thing that is wrong.
type DefectDescription struct {
	Type       string // dotted; one of the constants, or one that came later
	Text       string // the issuer's own words, "" when there are none
	Parameters []byte // the DER of the parameters, nil when absent
	// Group is the data group that DefectDGMalformed and DefectDGHashWrong speak
	// of, or GroupSOD or GroupCOM; 0 when none is named.
	Group int
	// Field is the field of the MRZ (Doc 9303-12 (8th ed.), 10.2, MRZField) or of the
	// certificate body (CertificateBodyField), -1 when none is named; Extension is
	// the certificate extension instead.
	Field       int
	Extension   string
	NationalUse []byte // not governed by any specification
}

func (x *DefectDescription) readParameters(n *notes) {
	x.Field = -1
	s := cryptobyte.String(x.Parameters)
	var oid cryptobyte.String
	number := 0
	var ok bool
	switch {
	case s.PeekASN1Tag(asn1.OBJECT_IDENTIFIER):
		if s.ReadASN1(&oid, asn1.OBJECT_IDENTIFIER) && len(s) == 0 {
			x.Extension, ok = cms.OIDString(oid)
		}
	case s.PeekASN1Tag(asn1.INTEGER):
		if ok = s.ReadASN1Integer(&number) && len(s) == 0; ok {
			switch x.Type {
			case DefectDGMalformed, DefectDGHashWrong:
				x.Group = number
			default:
				x.Field = number
			}
		}
	}
	if !ok {
		n.note("deviationlist.parameters", "the parameters of a deviation of type %s cannot be read", x.Type)
	}
}

var defectTexts = map[string]string{
	DefectCertOrKey:         "a certificate or key",
	DefectDSSignature:       "the signature of the Document Signer certificate is wrong",
	DefectDSEncoding:        "the Document Signer certificate has a coding error",
	DefectCSCAEncoding:      "the CSCA certificate has a coding error",
	DefectAAKeyCompromised:  "the Active Authentication key may be compromised",
	DefectLDS:               "the data structure",
	DefectDGMalformed:       "the encoding of %s is corrupted",
	DefectDGHashWrong:       "the hash of %s in EF.SOD is wrong",
	DefectSODSignatureWrong: "the signature of EF.SOD is wrong",
	DefectCOMInconsistent:   "EF.COM and EF.SOD do not agree",
	DefectMRZ:               "the MRZ",
	DefectMRZWrongData:      "a field of the MRZ holds wrong data",
	DefectMRZCheckDigit:     "a check digit of the MRZ is wrong",
	DefectChip:              "the chip cannot be used",
	DefectNationalUse:       "of national use",
}

// String says in words what is wrong, with the issuer's own text behind it.
func (x DefectDescription) String() string {
	text, ok := defectTexts[x.Type]
	if !ok {
		text = "deviation " + x.Type
	}
	if strings.Contains(text, "%s") {
		group := "a data group"
		switch {
		case x.Group == GroupSOD:
			group = "EF.SOD"
		case x.Group == GroupCOM:
			group = "EF.COM"
		case x.Group > 0:
			group = fmt.Sprintf("DG%d", x.Group)
		}
		text = fmt.Sprintf(text, group)
	}
	if x.Text != "" {
		text += " (" + x.Text + ")"
	}
	return text
}

// Covers says whether the description is about what a check of the verdict found:
// the check's id as the verdict spells it, such as "sod.signature" or "dg.hash.2". A
// type that says no more than its area covers every check of that area, since the
// standard gives no finer word for it. DefectAAKeyCompromised covers nothing: it
// takes value from Active Authentication instead of excusing it.
func (x DefectDescription) Covers(check string) bool {
	switch x.Type {
	case DefectSODSignatureWrong:
		return check == "sod.signature"
	case DefectDSSignature, DefectDSEncoding, DefectCSCAEncoding, DefectCertOrKey:
		return check == "sod.chain" || check == "sod.validity" && x.Type != DefectDSSignature
	case DefectDGHashWrong:
		return x.Group > 0 && check == fmt.Sprintf("dg.hash.%d", x.Group)
	case DefectCOMInconsistent:
		return check == "com.match"
	case DefectLDS:
		return check == "com.match" || strings.HasPrefix(check, "dg.hash.")
	case DefectMRZ:
		return check == "mrz.checkdigits" || check == "mrz.match"
	case DefectMRZWrongData:
		return check == "mrz.match"
	case DefectMRZCheckDigit:
		return check == "mrz.checkdigits"
	case DefectChip:
		return slices.Contains([]string{"access", "aa", "ca", "pace.cam", "cardaccess.match"}, check)
	}
	return false
}

// Numbers is how many documents the entry names one by one.
func (d *Defect) Numbers() int { return d.numbers.len() }

// DefectSubject is what is known of a document when a list is asked about it. A
// condition about something that is not known does not hold.
type DefectSubject struct {
	Signer         *Certificate // the Document Signer's
	DocumentCode   string       // as in the MRZ, with or without fillers
	DocumentNumber string       // as in the MRZ, with or without fillers
	IssueDate      time.Time    // zero when not known
}

// applies says whether all conditions of the entry hold. The number is asked last.
func (d *Defect) applies(o DefectSubject) bool {
	if d.DocumentType != "" && !sameDocumentType(d.DocumentType, trimFiller(o.DocumentCode)) {
		return false
	}
	if !d.bySigner(o.Signer) {
		return false
	}
	if !d.IssuedFrom.IsZero() || !d.IssuedTo.IsZero() {
		// Dates of issue have no hour: the last day counts whole.
		if o.IssueDate.IsZero() || o.IssueDate.Before(d.IssuedFrom.Truncate(24*time.Hour)) || !o.IssueDate.Before(d.IssuedTo.Truncate(24*time.Hour).AddDate(0, 0, 1)) {
			return false
		}
	}
	return d.numbers == nil || d.numbers.has(trimFiller(o.DocumentNumber))
}

// sameDocumentType compares a list's code with the MRZ's: one letter, such as P,
// stands for every code that begins with it (Doc 9303-12 (8th ed.), 10.2).
func sameDocumentType(listed, code string) bool {
	return code != "" && (listed == code || len(listed) == 1 && code[:1] == listed)
}

func (d *Defect) bySigner(c *Certificate) bool {
	switch {
	case d.Issuer == nil && d.SubjectKeyID == nil && d.CertificateDigest == nil:
		return true
	case c == nil:
		return false
	case d.Issuer != nil:
		return c.Serial.Cmp(d.Serial) == 0 && c.Issuer.canonical() == d.Issuer.canonical()
	case d.SubjectKeyID != nil:
		return c.SubjectKeyID != nil && bytes.Equal(c.SubjectKeyID, d.SubjectKeyID)
	}
	if d.digest == 0 || !d.digest.Available() {
		return false
	}
	h := d.digest.New()
	h.Write(c.Raw)
	return bytes.Equal(h.Sum(nil), d.CertificateDigest)
}
