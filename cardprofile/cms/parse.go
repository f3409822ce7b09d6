package cms

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Bounds on what one object may hold; the largest list in circulation carries
// about a thousand certificates in its content, and a handful beside it.
const (
	maxSigners      = 16
	maxCertificates = 4096
	maxAttributes   = 64
)

func tagContext(n uint8) asn1.Tag { return asn1.Tag(n).Constructed().ContextSpecific() }

// Parse reads a ContentInfo with SignedData (RFC 5652, 3 and 5.1) in DER or BER.
// Bytes after it are an error.
func Parse(b []byte) (*SignedData, error) {
	if len(b) > MaxSize {
		return nil, fmt.Errorf("cms: %d bytes are more than is read, %d", len(b), MaxSize)
	}
	der, used, changed, err := normalize(b, 0)
	if err != nil {
		return nil, err
	}
	if used != len(b) {
		return nil, fmt.Errorf("cms: %d bytes follow the object", len(b)-used)
	}
	sd := &SignedData{Raw: b, DER: der}
	n := &notes{where: "CMS"}
	if changed {
		n.note("cms.ber", "BER with indefinite lengths or constructed strings, where DER is required (Doc 9303-10, 4.6.2.2)")
	}
	if err := sd.parse(n); err != nil {
		return nil, err
	}
	sd.Deviations = n.list
	return sd, nil
}

func (sd *SignedData) parse(n *notes) error {
	malformed := func(what string) error { return fmt.Errorf("cms: %s is malformed", what) }
	s := cryptobyte.String(sd.DER)
	var info, oid, wrap, body cryptobyte.String
	if !s.ReadASN1(&info, asn1.SEQUENCE) || !info.ReadASN1(&oid, asn1.OBJECT_IDENTIFIER) {
		return malformed("ContentInfo")
	}
	if id, ok := OIDString(oid); !ok || id != OIDSignedData {
		return errors.New("cms: not a SignedData object")
	}
	if !info.ReadASN1(&wrap, tagContext(0)) || len(info) != 0 || !wrap.ReadASN1(&body, asn1.SEQUENCE) || len(wrap) != 0 {
		return malformed("ContentInfo")
	}
	if !body.ReadASN1Integer(&sd.Version) {
		return malformed("SignedData version")
	}
	var err error
	if sd.DigestAlgorithms, err = readAlgorithmSet(&body); err != nil {
		return err
	}
	if err := sd.readContent(&body); err != nil {
		return err
	}
	if sd.Certificates, err = readOptionalSet(&body, tagContext(0)); err != nil {
		return malformed("certificates")
	}
	certificates := sd.Certificates[:0:0]
	for _, c := range sd.Certificates {
		if c[0] == 0x30 {
			certificates = append(certificates, c)
		} else {
			n.note("cms.certificates.other", fmt.Sprintf("an entry of certificates is no X.509 certificate (tag %02x)", c[0]))
		}
	}
	sd.Certificates = certificates
	if sd.CRLs, err = readOptionalSet(&body, tagContext(1)); err != nil {
		return malformed("crls")
	}
	if len(sd.CRLs) > 0 {
		n.note("cms.crls", "crls is present, which Doc 9303-10, 4.6.2.2 says not to use")
	}
	var signers cryptobyte.String
	if !body.ReadASN1(&signers, asn1.SET) || len(body) != 0 {
		return malformed("signerInfos")
	}
	for len(signers) > 0 {
		if len(sd.Signers) == maxSigners {
			return fmt.Errorf("cms: more than %d signers", maxSigners)
		}
		si, err := readSignerInfo(&signers, n)
		if err != nil {
			return err
		}
		sd.Signers = append(sd.Signers, si)
	}
	sd.compare(n)
	return nil
}

// compare holds the fields that no signature covers to what the signed ones say.
func (sd *SignedData) compare(n *notes) {
	// RFC 5652, 5.1: version is 3 whenever the content is not id-data.
	if sd.Version != 3 {
		n.note("cms.version", fmt.Sprintf("SignedData version is %d, not 3", sd.Version))
	}
	if len(sd.Signers) != 1 {
		n.note("cms.signers", fmt.Sprintf("%d signers, where Doc 9303-10, 4.6.2.2 recommends one", len(sd.Signers)))
	}
	for _, si := range sd.Signers {
		found := false
		for _, a := range sd.DigestAlgorithms {
			found = found || bytes.Equal(a.Raw, si.DigestAlgorithm.Raw)
		}
		if !found {
			text := "digestAlgorithms does not hold the signer's digest algorithm as the signer gives it:"
			for _, a := range sd.DigestAlgorithms {
				text += " " + hex.EncodeToString(a.Raw)
			}
			n.note("cms.digestalgorithms", text)
		}
	}
	if len(sd.DigestAlgorithms) > len(sd.Signers) {
		text := "digestAlgorithms names more algorithms than there are signers:"
		for _, a := range sd.DigestAlgorithms {
			text += " " + a.String()
		}
		n.note("cms.digestalgorithms.extra", text)
	}
}

func readAlgorithmSet(s *cryptobyte.String) ([]Algorithm, error) {
	var set cryptobyte.String
	if !s.ReadASN1(&set, asn1.SET) {
		return nil, errors.New("cms: digestAlgorithms is malformed")
	}
	var out []Algorithm
	for len(set) > 0 {
		if len(out) == maxSigners {
			return nil, errors.New("cms: too many digest algorithms")
		}
		a, err := ReadAlgorithm(&set)
		if err != nil {
			return nil, errors.New("cms: digestAlgorithms is malformed")
		}
		out = append(out, a)
	}
	return out, nil
}

func (sd *SignedData) readContent(s *cryptobyte.String) error {
	malformed := errors.New("cms: encapContentInfo is malformed")
	var info, oid, wrap, content cryptobyte.String
	var present bool
	if !s.ReadASN1(&info, asn1.SEQUENCE) || !info.ReadASN1(&oid, asn1.OBJECT_IDENTIFIER) ||
		!info.ReadOptionalASN1(&wrap, &present, tagContext(0)) || len(info) != 0 {
		return malformed
	}
	var ok bool
	if sd.ContentType, ok = OIDString(oid); !ok {
		return malformed
	}
	if present {
		if !wrap.ReadASN1(&content, asn1.OCTET_STRING) || len(wrap) != 0 {
			return malformed
		}
		sd.Content = content
	}
	return nil
}

func readOptionalSet(s *cryptobyte.String, tag asn1.Tag) ([][]byte, error) {
	var set cryptobyte.String
	var present bool
	if !s.ReadOptionalASN1(&set, &present, tag) {
		return nil, errEncoding
	}
	var out [][]byte
	for len(set) > 0 {
		var e cryptobyte.String
		var t asn1.Tag
		if len(out) == maxCertificates || !set.ReadAnyASN1Element(&e, &t) {
			return nil, errEncoding
		}
		out = append(out, e)
	}
	return out, nil
}

func readSignerInfo(s *cryptobyte.String, n *notes) (*SignerInfo, error) {
	malformed := func(what string) error { return fmt.Errorf("cms: signerInfo %s is malformed", what) }
	si := &SignerInfo{}
	var body cryptobyte.String
	if !s.ReadASN1(&body, asn1.SEQUENCE) || !body.ReadASN1Integer(&si.Version) {
		return nil, malformed("version")
	}
	if err := si.readIdentifier(&body, n); err != nil {
		return nil, err
	}
	var err error
	if si.DigestAlgorithm, err = ReadAlgorithm(&body); err != nil {
		return nil, malformed("digestAlgorithm")
	}
	if body.PeekASN1Tag(tagContext(0)) {
		var attrs cryptobyte.String
		if !body.ReadASN1Element(&attrs, tagContext(0)) {
			return nil, malformed("signedAttrs")
		}
		// RFC 5652, 5.4: signed as a SET OF, sent with the tag [0]. The bytes are
		// those that came, with that one octet changed.
		si.SignedAttrs = bytes.Clone(attrs)
		si.SignedAttrs[0] = 0x31
		if err := si.readAttributes(n); err != nil {
			return nil, err
		}
	} else {
		n.note("cms.signedattrs", "the signer has no signed attributes, which Doc 9303-10, 4.6.2.2 requires")
	}
	if si.SignatureAlgorithm, err = ReadAlgorithm(&body); err != nil {
		return nil, malformed("signatureAlgorithm")
	}
	var sig cryptobyte.String
	if !body.ReadASN1(&sig, asn1.OCTET_STRING) {
		return nil, malformed("signature")
	}
	si.Signature = sig
	if body.PeekASN1Tag(tagContext(1)) {
		var unsigned cryptobyte.String
		if !body.ReadASN1(&unsigned, tagContext(1)) {
			return nil, malformed("unsignedAttrs")
		}
		// Nothing covers them: their bytes stand in the deviation, so that a change shows.
		n.note("cms.unsignedattrs", "unsigned attributes are present: "+hex.EncodeToString(unsigned[:min(len(unsigned), 512)]))
	}
	if len(body) != 0 {
		return nil, malformed("end")
	}
	return si, nil
}

// readIdentifier reads version's companion sid (RFC 5652, 5.3).
func (si *SignerInfo) readIdentifier(body *cryptobyte.String, n *notes) error {
	malformed := errors.New("cms: signer identifier is malformed")
	want := 1
	if body.PeekASN1Tag(asn1.Tag(0).ContextSpecific()) {
		var ski cryptobyte.String
		if !body.ReadASN1(&ski, asn1.Tag(0).ContextSpecific()) || len(ski) == 0 {
			return malformed
		}
		si.SubjectKeyID, want = ski, 3
	} else {
		var sid, name, serial cryptobyte.String
		if !body.ReadASN1(&sid, asn1.SEQUENCE) || !sid.ReadASN1Element(&name, asn1.SEQUENCE) ||
			!sid.ReadASN1(&serial, asn1.INTEGER) || len(sid) != 0 || len(serial) == 0 {
			return malformed
		}
		si.Issuer, si.Serial = name, Integer(serial)
	}
	if si.Version != want {
		n.note("cms.signer.version", fmt.Sprintf("SignerInfo version is %d, not %d", si.Version, want))
	}
	return nil
}

// Integer reads the content octets of an INTEGER, which may be negative or padded.
func Integer(content []byte) *big.Int {
	v := new(big.Int).SetBytes(content)
	if len(content) > 0 && content[0]&0x80 != 0 {
		v.Sub(v, new(big.Int).Lsh(big.NewInt(1), uint(8*len(content))))
	}
	return v
}

func (si *SignerInfo) readAttributes(n *notes) error {
	malformed := errors.New("cms: signed attributes are malformed")
	s := cryptobyte.String(si.SignedAttrs)
	var set cryptobyte.String
	if !s.ReadASN1(&set, asn1.SET) {
		return malformed
	}
	seen := map[string]bool{}
	var previous []byte
	sorted := true
	for len(set) > 0 {
		var raw, attr, oid, values cryptobyte.String
		if len(seen) == maxAttributes || !set.ReadASN1Element(&raw, asn1.SEQUENCE) {
			return malformed
		}
		sorted = sorted && bytes.Compare(previous, raw) <= 0
		previous = raw
		if !raw.ReadASN1(&attr, asn1.SEQUENCE) || !attr.ReadASN1(&oid, asn1.OBJECT_IDENTIFIER) ||
			!attr.ReadASN1(&values, asn1.SET) || len(attr) != 0 {
			return malformed
		}
		id, ok := OIDString(oid)
		if !ok {
			return malformed
		}
		// RFC 5652, 5.3: each attribute at most once.
		if seen[id] {
			return fmt.Errorf("cms: signed attribute %s occurs twice", id)
		}
		seen[id] = true
		if err := si.readAttribute(id, values, n); err != nil {
			return err
		}
	}
	if !sorted {
		n.note("cms.signedattrs.order", "the signed attributes are not in the order of DER")
	}
	return nil
}

func (si *SignerInfo) readAttribute(id string, values cryptobyte.String, n *notes) error {
	malformed := fmt.Errorf("cms: signed attribute %s is malformed", id)
	var v cryptobyte.String
	switch id {
	case oidAttrContentType:
		if !values.ReadASN1(&v, asn1.OBJECT_IDENTIFIER) || len(values) != 0 {
			return malformed
		}
		var ok bool
		if si.ContentType, ok = OIDString(v); !ok {
			return malformed
		}
	case oidAttrMessageDigest:
		if !values.ReadASN1(&v, asn1.OCTET_STRING) || len(values) != 0 {
			return malformed
		}
		si.MessageDigest = v
	case oidAttrSigningTime:
		t, exact, ok := ReadTime(&values)
		if !ok || len(values) != 0 {
			n.note("cms.signingtime", "signingTime is not a readable time")
			return nil
		}
		if !exact {
			n.note("cms.signingtime", "signingTime is not written as RFC 5652, 11.3 wants")
		}
		si.SigningTime = t
	}
	return nil
}

// ReadTime reads a UTCTime or GeneralizedTime from the front of s. exact says that
// it is written as RFC 5280, 4.1.2.5 wants: seconds, Zulu, no fraction, and the
// form of its year. Local forms with an offset, without seconds or with a
// fraction are read too.
func ReadTime(s *cryptobyte.String) (t time.Time, exact, ok bool) {
	var v cryptobyte.String
	var tag asn1.Tag
	if !s.ReadAnyASN1(&v, &tag) || len(v) > 32 {
		return time.Time{}, false, false
	}
	return ParseTime(byte(tag), v)
}

// ParseTime is ReadTime on the tag and content of a time.
func ParseTime(tag byte, content []byte) (t time.Time, exact, ok bool) {
	text := string(content)
	var layouts []string
	switch tag {
	case 0x17:
		layouts = []string{"060102150405Z", "0601021504Z", "060102150405-0700", "0601021504-0700"}
	case 0x18:
		layouts = []string{"20060102150405Z", "20060102150405.999999999Z", "200601021504Z", "20060102150405-0700", "20060102150405"}
	default:
		return time.Time{}, false, false
	}
	for i, l := range layouts {
		v, err := time.Parse(l, text)
		if err != nil {
			continue
		}
		v = v.UTC()
		if tag == 0x17 && v.Year() >= 2050 { // RFC 5280, 4.1.2.5.1; time.Parse turns at 69
			v = v.AddDate(-100, 0, 0)
		}
		exact = i == 0 && v.Format(l) == text && (tag == 0x17) == (v.Year() < 2050)
		return v, exact, true
	}
	return time.Time{}, false, false
}
