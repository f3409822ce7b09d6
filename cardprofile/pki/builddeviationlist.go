package pki

import (
	"fmt"
	"strings"
	"time"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// DefectEntry is what an entry of a deviation list is made of: the conditions and
// descriptions of Defect, and the documents named one by one.
type DefectEntry struct {
	Defect
	// DocumentNumbers are as in the MRZ, without fillers; none for all that the
	// conditions leave.
	DocumentNumbers []string
}

// PrepareDeviationList decides and checks everything about a deviation list (Doc
// 9303-3 (8th ed.), 7; Doc 9303-12 (8th ed.), 10). A certificate digest in an entry is
// taken as one by the hash of the list's own signature. Of a description Type, Text
// and one of Group, Field and Extension count, and NationalUse, which is one element
// in DER.
func PrepareDeviationList(entries []DefectEntry, o ListOptions) (*Prepared, error) {
	if err := o.check(deviationLists, OIDDeviationListSigner); err != nil {
		return nil, err
	}
	signing, err := cms.ChooseSigning(o.Signer.PublicKey, o.Sign)
	if err != nil {
		return nil, err
	}
	if len(entries) == 0 || len(entries) > maxDefects {
		return nil, badOption("entries", fmt.Sprintf("are none, or more than %d", maxDefects), "")
	}
	byDigest := false
	var parts [][]byte
	for i, e := range entries {
		der, err := e.marshal(signing)
		if err != nil {
			err.Field = fmt.Sprintf("entry %d: %s", i+1, err.Field)
			return nil, err
		}
		byDigest = byDigest || e.CertificateDigest != nil
		parts = append(parts, der)
	}
	sortDER(parts)
	body := [][]byte{{0x02, 0x01, 0x00}}
	if byDigest {
		digest, err := cms.MarshalDigest(signing.Hash)
		if err != nil {
			return nil, err
		}
		body = append(body, digest)
	}
	content := tlv.Encode(0x30, append(body, tlv.Encode(0x31, parts...))...)
	return o.prepare(lint.DeviationList, cms.OIDDeviationList, content, func(der []byte) error {
		l, err := ParseDeviationList(der)
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

// first is the first deviation as an error, nil when there is none.
func first(devs []cardprofile.Deviation) error {
	if len(devs) == 0 {
		return nil
	}
	return fmt.Errorf("%s", devs[0])
}

func badEntry(field, problem, fix string) *cardprofile.InputError {
	return &cardprofile.InputError{Field: field, Problem: problem, Fix: fix}
}

// marshal writes one Deviation. The module has IMPLICIT tags, but a tagged CHOICE or
// ANY is explicit (X.680, 31.2.7).
func (e DefectEntry) marshal(signing *cms.Signing) ([]byte, *cardprofile.InputError) {
	var documents [][]byte
	if t := e.DocumentType; t != "" {
		if !upperLetters(t, 1, 2) {
			return nil, badEntry("document type", "is not one or two capitals", "give it as in the MRZ, P for every passport")
		}
		// SIZE(2): a code of one letter is filled as in the MRZ.
		documents = append(documents, tlv.Encode(0x80, []byte(t+strings.Repeat("<", 2-len(t)))))
	}
	signer, bad := e.marshalSigner(signing)
	if bad != nil {
		return nil, bad
	}
	if signer != nil {
		documents = append(documents, signer)
	}
	if !e.IssuedFrom.IsZero() || !e.IssuedTo.IsZero() {
		if e.IssuedFrom.IsZero() || e.IssuedTo.IsZero() || e.IssuedTo.Before(e.IssuedFrom) {
			return nil, badEntry("issuing date", "has one end only, or ends before it begins", "give the first and the last day")
		}
		generalized := func(t time.Time) []byte { return tlv.Encode(0x18, []byte(t.UTC().Format("20060102150405Z"))) }
		documents = append(documents, tlv.Encode(0xa4, generalized(e.IssuedFrom), generalized(e.IssuedTo)))
	}
	if len(e.DocumentNumbers) > 0 {
		numbers := make([][]byte, len(e.DocumentNumbers))
		for i, n := range e.DocumentNumbers {
			if n == "" || len(n) > maxNumberLength || strings.ContainsFunc(n, func(r rune) bool { return (r < '0' || r > '9') && (r < 'A' || r > 'Z') }) {
				// The number itself is personal data and stays out of the message.
				return nil, badEntry(fmt.Sprintf("document number %d", i+1), "is not capitals and digits", "give it as in the MRZ, without fillers")
			}
			numbers[i] = tlv.Encode(tlv.Tag(tagPrintable), []byte(n))
		}
		sortDER(numbers)
		documents = append(documents, tlv.Encode(0xa5, numbers...))
	}
	if len(e.Descriptions) == 0 || len(e.Descriptions) > maxDescriptions {
		return nil, badEntry("descriptions", fmt.Sprintf("are none, or more than %d", maxDescriptions), "say what is wrong with the documents")
	}
	var descriptions [][]byte
	for _, x := range e.Descriptions {
		der, bad := x.marshal()
		if bad != nil {
			return nil, bad
		}
		descriptions = append(descriptions, der)
	}
	sortDER(descriptions)
	return tlv.Encode(0x30, tlv.Encode(0x30, documents...), tlv.Encode(0x31, descriptions...)), nil
}

// marshalSigner writes DocumentSignerIdentifier, nil for any signer.
func (e DefectEntry) marshalSigner(signing *cms.Signing) ([]byte, *cardprofile.InputError) {
	named := 0
	var out []byte
	if e.Issuer != nil || e.Serial != nil {
		if e.Issuer == nil || e.Serial == nil || e.Serial.Sign() <= 0 {
			return nil, badEntry("document signer", "has an issuer or a serial number alone", "give both")
		}
		named, out = named+1, tlv.Encode(0xa1, e.Issuer.Raw, marshalInteger(e.Serial))
	}
	if e.SubjectKeyID != nil {
		named, out = named+1, tlv.Encode(0x82, e.SubjectKeyID)
	}
	if e.CertificateDigest != nil {
		if len(e.CertificateDigest) != signing.Hash.Size() {
			return nil, badEntry("document signer", "has a certificate digest that is not one by "+signing.Hash.String(), "hash the certificate with the hash of the list's signature")
		}
		named, out = named+1, tlv.Encode(0x83, e.CertificateDigest)
	}
	if named > 1 {
		return nil, badEntry("document signer", "is named in more than one way", "use issuer and serial number, key identifier or digest")
	}
	return out, nil
}

func (x DefectDescription) marshal() ([]byte, *cardprofile.InputError) {
	if _, ok := defectTexts[x.Type]; !ok {
		return nil, badEntry("deviation type", x.Type+" is not one of Doc 9303-12, 10.2", "see the constants of package pki")
	}
	var parts [][]byte
	if x.Text != "" {
		if !inPrintableString(x.Text) {
			return nil, badEntry("description", "holds a character that is not in PrintableString", "use letters, digits, space and '()+,-./:=?")
		}
		parts = append(parts, tlv.Encode(tlv.Tag(tagPrintable), []byte(x.Text)))
	}
	parts = append(parts, cms.MarshalOID(x.Type))
	parameters, bad := x.marshalParameters()
	if bad != nil {
		return nil, bad
	}
	if parameters != nil {
		parts = append(parts, tlv.Encode(0xa0, parameters))
	}
	if x.NationalUse != nil {
		if _, rest, err := tlv.Parse(x.NationalUse); err != nil || len(rest) != 0 {
			return nil, badEntry("national use", "is not one element in DER", "")
		}
		parts = append(parts, tlv.Encode(0xa1, x.NationalUse))
	}
	return tlv.Encode(0x30, parts...), nil
}

// marshalParameters writes what a type of deviation can be told beside it (Doc
// 9303-12 (8th ed.), 10.2).
func (x DefectDescription) marshalParameters() ([]byte, *cardprofile.InputError) {
	integer := func(v int) []byte { return []byte{0x02, 0x01, byte(v)} }
	bad := badEntry("parameters", "do not belong to a deviation of type "+x.Type, "a data group goes with its encoding and hash, a field with the MRZ or a certificate")
	switch x.Type {
	case DefectDGMalformed, DefectDGHashWrong:
		switch {
		case x.Field > 0 || x.Extension != "":
			return nil, bad
		case x.Group == 0:
			return nil, nil
		case x.Group >= 1 && x.Group <= 16, x.Group == GroupSOD, x.Group == GroupCOM:
			return integer(x.Group), nil
		}
		return nil, badEntry("data group", "is not 1 to 16, 20 for EF.SOD or 21 for EF.COM", "")
	case DefectMRZWrongData, DefectMRZCheckDigit, DefectDSEncoding, DefectCSCAEncoding:
		mrz := x.Type == DefectMRZWrongData || x.Type == DefectMRZCheckDigit
		switch {
		case x.Group != 0 || mrz && x.Extension != "" || x.Extension != "" && x.Field > 0:
			return nil, bad
		case x.Extension != "":
			return cms.MarshalOID(x.Extension), nil
		case x.Field > 0 && x.Field <= 9:
			return integer(x.Field), nil
		case x.Field <= 0:
			return nil, nil
		}
		return nil, badEntry("field", "is not 1 to 9", "")
	}
	if x.Group != 0 || x.Field > 0 || x.Extension != "" {
		return nil, bad
	}
	return nil, nil
}

// inPrintableString says whether a text fits PrintableString (X.680, 41.4).
func inPrintableString(s string) bool {
	return len(s) <= 64<<10 && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && !strings.ContainsRune(" '()+,-./:=?", r)
	})
}
