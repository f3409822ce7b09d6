package pki

import (
	"bytes"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"github.com/chipid-toolkit/chipid/cardprofile/cms"
)

// Extension identifiers: RFC 5280, 4.2; Doc 9303-12 (8th ed.), 7.1.1.5 and 7.1.1.6.
const (
	oidSubjectKeyID     = "2.5.29.14"
	oidKeyUsage         = "2.5.29.15"
	oidPrivateKeyUsage  = "2.5.29.16"
	oidSubjectAltName   = "2.5.29.17"
	oidIssuerAltName    = "2.5.29.18"
	oidBasicConstraints = "2.5.29.19"
	oidCRLNumber        = "2.5.29.20"
	oidCRLPoints        = "2.5.29.31"
	oidAuthorityKeyID   = "2.5.29.35"
	oidExtKeyUsage      = "2.5.29.37"
	oidNameChange       = "2.23.136.1.1.6.1"
	oidDocumentTypes    = "2.23.136.1.1.6.2"

	// OIDMasterListSigner is the extended key usage of master list signers.
	OIDMasterListSigner = "2.23.136.1.1.3"

	// OIDTestMark marks certificates made for tests and demonstrations. It lies
	// under 2.999, the arc that ITU-T X.660 keeps for examples, where no issuing
	// State has business; the extension is not critical, so that stock tools read
	// the certificate, and holds the UTF8String "TEST". A Store refuses a
	// certificate that carries it unless the store was created for tests.
	OIDTestMark = "2.999.9303.1"
)

// known are the extensions this package understands, which may be critical.
var known = map[string]bool{
	oidSubjectKeyID: true, oidKeyUsage: true, oidPrivateKeyUsage: true, oidSubjectAltName: true,
	oidIssuerAltName: true, oidBasicConstraints: true, oidCRLPoints: true, oidAuthorityKeyID: true,
	oidExtKeyUsage: true, oidNameChange: true, oidDocumentTypes: true, OIDTestMark: true,
	"2.5.29.32": true, // certificatePolicies: nothing follows from them here
}

// readExtension takes over one extension; what cannot be read is a deviation, and
// the field stays as if the extension were absent.
func (c *Certificate) readExtension(e Extension, n *notes) {
	s := cryptobyte.String(e.Value)
	ok := true
	switch e.ID {
	case oidSubjectKeyID:
		var id cryptobyte.String
		if ok = s.ReadASN1(&id, asn1.OCTET_STRING) && len(s) == 0 && len(id) > 0; ok {
			c.SubjectKeyID = id
		}
	case oidAuthorityKeyID:
		c.AuthorityKeyID, ok = readAuthorityKeyID(s)
	case oidKeyUsage:
		c.KeyUsage, ok = readKeyUsage(s)
		c.HasKeyUsage = ok
	case oidBasicConstraints:
		ok = c.readBasicConstraints(s, n)
	case oidPrivateKeyUsage:
		ok = c.readPrivateKeyUsage(s, n)
	case oidExtKeyUsage:
		c.ExtKeyUsage, ok = readOIDs(s)
	case oidDocumentTypes:
		c.DocumentTypes, ok = readDocumentTypes(s)
	case oidSubjectAltName:
		c.States, ok = readStates(s)
	case oidCRLPoints:
		c.CRLURLs, ok = readCRLPoints(s)
	case oidNameChange:
		c.NameChange = true
	case OIDTestMark:
		c.TestMark = true
	default:
		if e.Critical && !known[e.ID] {
			n.note("x509.extension.critical", "extension %s is critical and not known here", e.ID)
		}
	}
	if !ok {
		n.note("x509.extension.malformed", "extension %s cannot be read", e.ID)
	}
}

func readAuthorityKeyID(s cryptobyte.String) ([]byte, bool) {
	var body, id cryptobyte.String
	var present bool
	if !s.ReadASN1(&body, asn1.SEQUENCE) || len(s) != 0 ||
		!body.ReadOptionalASN1(&id, &present, asn1.Tag(0).ContextSpecific()) {
		return nil, false
	}
	if len(id) == 0 {
		return nil, true
	}
	return id, true
}

func readKeyUsage(s cryptobyte.String) (KeyUsage, bool) {
	var bits cryptobyte.String
	if !s.ReadASN1(&bits, asn1.BIT_STRING) || len(s) != 0 || len(bits) < 1 || len(bits) > 3 {
		return 0, false
	}
	var u KeyUsage
	for i, b := range bits[1:] {
		for j := range 8 {
			if b&(0x80>>j) != 0 {
				u |= 1 << (8*i + j)
			}
		}
	}
	return u, true
}

func (c *Certificate) readBasicConstraints(s cryptobyte.String, n *notes) bool {
	var body, flag cryptobyte.String
	if !s.ReadASN1(&body, asn1.SEQUENCE) || len(s) != 0 {
		return false
	}
	if body.PeekASN1Tag(asn1.BOOLEAN) {
		if !body.ReadASN1(&flag, asn1.BOOLEAN) || len(flag) != 1 {
			return false
		}
		c.IsCA = flag[0] != 0
		if flag[0] != 0xff {
			n.note("x509.boolean", "basicConstraints: cA is coded %02x, where DER has FF for true and leaves false out", flag[0])
		}
	}
	if len(body) > 0 {
		if !body.ReadASN1Integer(&c.PathLen) || len(body) != 0 || c.PathLen < 0 {
			c.PathLen = -1
			return false
		}
	}
	return true
}

// readPrivateKeyUsage reads PrivateKeyUsagePeriod (RFC 3280, 4.2.1.4): two implicit
// GeneralizedTimes, some of which are UTCTimes in practice.
func (c *Certificate) readPrivateKeyUsage(s cryptobyte.String, n *notes) bool {
	var body cryptobyte.String
	if !s.ReadASN1(&body, asn1.SEQUENCE) || len(s) != 0 {
		return false
	}
	for i, to := range []*time.Time{&c.PrivateKeyNotBefore, &c.PrivateKeyNotAfter} {
		var v cryptobyte.String
		var present bool
		if !body.ReadOptionalASN1(&v, &present, asn1.Tag(i).ContextSpecific()) {
			return false
		}
		if !present {
			continue
		}
		t, _, ok := cms.ParseTime(0x18, v)
		if !ok {
			if t, _, ok = cms.ParseTime(0x17, v); !ok {
				return false
			}
			n.note("x509.privatekeyusage.form", "PrivateKeyUsagePeriod is not in GeneralizedTime")
		}
		*to = t
	}
	return len(body) == 0
}

func readOIDs(s cryptobyte.String) ([]string, bool) {
	var body cryptobyte.String
	if !s.ReadASN1(&body, asn1.SEQUENCE) || len(s) != 0 {
		return nil, false
	}
	out := []string{}
	for len(body) > 0 {
		var oid cryptobyte.String
		if len(out) == maxExtensions || !body.ReadASN1(&oid, asn1.OBJECT_IDENTIFIER) {
			return nil, false
		}
		id, ok := cms.OIDString(oid)
		if !ok {
			return nil, false
		}
		out = append(out, id)
	}
	return out, true
}

// readDocumentTypes reads DocumentTypeListSyntax (Doc 9303-12 (8th ed.), 7.1.1.6).
func readDocumentTypes(s cryptobyte.String) ([]string, bool) {
	var body, set cryptobyte.String
	version := 0
	if !s.ReadASN1(&body, asn1.SEQUENCE) || len(s) != 0 || !body.ReadASN1Integer(&version) ||
		!body.ReadASN1(&set, asn1.SET) || len(body) != 0 {
		return nil, false
	}
	out := []string{}
	for len(set) > 0 {
		var v cryptobyte.String
		var tag asn1.Tag
		if len(out) == maxExtensions || !set.ReadAnyASN1(&v, &tag) {
			return nil, false
		}
		out = append(out, decodeText(byte(tag), v))
	}
	return out, true
}

// readStates collects the ICAO codes of the directoryName entries of GeneralNames
// (Doc 9303-12 (8th ed.), 7.1.1.2): localityName, and the stateOrProvinceName that
// makes it unique.
func readStates(s cryptobyte.String) ([]string, bool) {
	var names cryptobyte.String
	if !s.ReadASN1(&names, asn1.SEQUENCE) || len(s) != 0 {
		return nil, false
	}
	var out []string
	for count := 0; len(names) > 0; count++ {
		var v cryptobyte.String
		var tag asn1.Tag
		if count == maxExtensions || !names.ReadAnyASN1(&v, &tag) {
			return nil, false
		}
		if tag != contextTag(4) {
			continue
		}
		name, err := readName(&v)
		if err != nil {
			return out, false
		}
		for _, t := range []string{oidLocality, oidStateOrProvince} {
			if code := name.Get(t); code != "" {
				out = append(out, code)
			}
		}
	}
	return out, true
}

func readCRLPoints(s cryptobyte.String) ([]string, bool) {
	var points cryptobyte.String
	if !s.ReadASN1(&points, asn1.SEQUENCE) || len(s) != 0 {
		return nil, false
	}
	var out []string
	for count := 0; len(points) > 0; count++ {
		var point, name, full cryptobyte.String
		var present bool
		if count == maxExtensions || !points.ReadASN1(&point, asn1.SEQUENCE) ||
			!point.ReadOptionalASN1(&name, &present, contextTag(0)) {
			return nil, false
		}
		if !present || !name.ReadASN1(&full, contextTag(0)) {
			continue
		}
		for len(full) > 0 {
			var v cryptobyte.String
			var tag asn1.Tag
			if len(out) == maxExtensions || !full.ReadAnyASN1(&v, &tag) {
				return nil, false
			}
			if tag == asn1.Tag(6).ContextSpecific() {
				out = append(out, decodeText(tagIA5String, v))
			}
		}
	}
	return out, true
}

// extension returns the content of an extension.
func (c *Certificate) extension(id string) (Extension, bool) {
	for _, e := range c.Extensions {
		if e.ID == id {
			return e, true
		}
	}
	return Extension{}, false
}

// unknownCritical names the first critical extension that is not understood here,
// which RFC 5280, 4.2 makes a reason to reject.
func (c *Certificate) unknownCritical() string {
	for _, e := range c.Extensions {
		if e.Critical && !known[e.ID] {
			return e.ID
		}
	}
	return ""
}

// selfIssued reports issuer and subject with the same bytes.
func (c *Certificate) selfIssued() bool { return bytes.Equal(c.Issuer.Raw, c.Subject.Raw) }
