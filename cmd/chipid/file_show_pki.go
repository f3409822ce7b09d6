package main

import (
	"crypto"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cardprofile/sod"
)

// sequence tells apart what begins with 30: a certificate, a CMS object or a CRL.
func (s *shown) sequence() error {
	if s.name == lds.NameSOD {
		return s.sod()
	}
	sd, err := cms.Parse(s.data)
	if err == nil {
		switch sd.ContentType {
		case cms.OIDLDSSecurityObject:
			return s.sod()
		case cms.OIDMasterList:
			return s.masterList()
		case cms.OIDSecurityObject:
			return s.cardSecurity(sd)
		}
		return s.signed("CMS SignedData", sd, nil)
	}
	if c, err := pki.ParseCertificate(s.data); err == nil {
		s.Kind = "X.509 certificate"
		s.Deviations = append(s.Deviations, c.Deviations...)
		s.Content = describeCertificate(c)
		s.certificateRows(0, c)
		return nil
	}
	if l, err := pki.ParseCRL(s.data); err == nil {
		s.crl(l)
		return nil
	}
	return s.misfit(nil)
}

type shownCertificate struct {
	Subject   string    `json:"subject"`
	Issuer    string    `json:"issuer"`
	Serial    string    `json:"serial"`
	NotBefore time.Time `json:"not_before"`
	NotAfter  time.Time `json:"not_after"`
	Key       string    `json:"key"`
	Explicit  bool      `json:"explicit_curve,omitempty"`
	Algorithm string    `json:"signature_algorithm"`
	CA        bool      `json:"ca"`
	SKI       string    `json:"subject_key_id,omitempty"`
	AKI       string    `json:"authority_key_id,omitempty"`
	Test      bool      `json:"test"`
}

func describeCertificate(c *pki.Certificate) shownCertificate {
	key := "cannot be used"
	if c.PublicKey != nil {
		key = describeKey(c.PublicKey)
	}
	serial := ""
	if c.Serial != nil {
		serial = c.Serial.Text(16)
	}
	return shownCertificate{c.Subject.String(), c.Issuer.String(), serial, c.NotBefore, c.NotAfter, key, c.ExplicitCurve, algorithmName(c.SignatureAlgorithm), c.IsCA,
		hex.EncodeToString(c.SubjectKeyID), hex.EncodeToString(c.AuthorityKeyID), c.TestMark}
}

func (s *shown) certificateRows(depth int, c *pki.Certificate) {
	d := describeCertificate(c)
	e := s.env
	s.add(depth, e.tr("subject", "chủ thể"), d.Subject)
	s.add(depth, e.tr("issuer", "bên cấp"), d.Issuer)
	s.add(depth, e.tr("serial", "số sê-ri"), d.Serial)
	s.add(depth, e.tr("valid", "hiệu lực"), dayText(d.NotBefore)+" – "+dayText(d.NotAfter))
	s.add(depth, e.tr("key", "khóa"), d.Key+map[bool]string{true: ", explicit parameters"}[d.Explicit])
	s.add(depth, e.tr("signature", "chữ ký"), d.Algorithm)
	s.add(depth, "CA", yesNo(e, d.CA))
	if d.SKI != "" {
		s.add(depth, "subject key id", d.SKI)
	}
	if d.AKI != "" {
		s.add(depth, "authority key id", d.AKI)
	}
	if d.Test {
		s.add(depth, "TEST", e.tr("proves nothing about real documents", "không chứng minh điều gì về giấy tờ thật"))
	}
}

// algorithmNames are the signature and digest algorithms that documents use
// (Doc 9303-12 (8th ed.), 4.1.6; RFC 4055, RFC 5758, BSI TR-03111).
var algorithmNames = map[string]string{
	"1.2.840.113549.1.1.1": "RSA", "1.2.840.113549.1.1.5": "RSA with SHA-1", "1.2.840.113549.1.1.10": "RSA-PSS", "1.2.840.113549.1.1.11": "RSA with SHA-256",
	"1.2.840.113549.1.1.12": "RSA with SHA-384", "1.2.840.113549.1.1.13": "RSA with SHA-512", "1.2.840.113549.1.1.14": "RSA with SHA-224",
	"1.2.840.10045.4.1": "ECDSA with SHA-1", "1.2.840.10045.4.3.1": "ECDSA with SHA-224", "1.2.840.10045.4.3.2": "ECDSA with SHA-256",
	"1.2.840.10045.4.3.3": "ECDSA with SHA-384", "1.2.840.10045.4.3.4": "ECDSA with SHA-512",
	"1.3.14.3.2.26": "SHA-1", "2.16.840.1.101.3.4.2.1": "SHA-256", "2.16.840.1.101.3.4.2.2": "SHA-384", "2.16.840.1.101.3.4.2.3": "SHA-512", "2.16.840.1.101.3.4.2.4": "SHA-224",
}

func algorithmName(a cms.Algorithm) string {
	if n, ok := algorithmNames[a.OID]; ok {
		return n
	}
	return a.OID
}

func (s *shown) sod() error {
	o, err := sod.Parse(s.data)
	s.Kind = lds.NameSOD
	if err != nil {
		return err
	}
	s.Deviations = append(s.Deviations, o.Deviations...)
	groups := map[string]string{}
	s.add(0, s.env.tr("security object", "đối tượng bảo mật"), fmt.Sprintf("V%d, %s", o.Object.Version, hashName(o.Object.Hash)))
	if o.Object.LDSVersion != "" {
		s.add(0, s.env.tr("LDS version", "phiên bản LDS"), o.Object.LDSVersion+", Unicode "+o.Object.UnicodeVersion)
	}
	for _, g := range o.Object.Groups {
		h := hex.EncodeToString(g.Hash)
		groups[fmt.Sprintf("DG%d", g.Number)] = h
		s.add(1, fmt.Sprintf("DG%d", g.Number), h)
	}
	return s.signed(lds.NameSOD, o.Signed, map[string]any{
		"version": o.Object.Version, "hash": hashName(o.Object.Hash), "lds_version": o.Object.LDSVersion, "unicode_version": o.Object.UnicodeVersion, "data_groups": groups,
	})
}

func hashName(h crypto.Hash) string {
	if h == 0 {
		return "?"
	}
	return h.String()
}

type shownSigner struct {
	Digest      string     `json:"digest_algorithm"`
	Signature   string     `json:"signature_algorithm"`
	SigningTime *time.Time `json:"signing_time,omitempty"`
}

// signed shows what any signed object has: signers and certificates. Nothing is
// verified by it.
func (s *shown) signed(kind string, sd *cms.SignedData, content any) error {
	s.Kind = kind
	s.Deviations = append(s.Deviations, sd.Deviations...)
	out := struct {
		ContentType  string             `json:"content_type"`
		Content      any                `json:"content,omitempty"`
		Signers      []shownSigner      `json:"signers"`
		Certificates []shownCertificate `json:"certificates"`
	}{sd.ContentType, content, []shownSigner{}, []shownCertificate{}}
	for _, si := range sd.Signers {
		g := shownSigner{Digest: algorithmName(si.DigestAlgorithm), Signature: algorithmName(si.SignatureAlgorithm)}
		text := g.Signature + ", " + g.Digest
		if !si.SigningTime.IsZero() {
			g.SigningTime = &si.SigningTime
			text += ", " + si.SigningTime.Format(time.RFC3339)
		}
		out.Signers = append(out.Signers, g)
		s.add(0, s.env.tr("signer (not verified)", "bên ký (chưa kiểm tra)"), text)
	}
	const most = 16 // a master list's own certificates are not the list
	for i, der := range sd.Certificates {
		if i == most {
			s.add(0, s.env.tr("certificates", "chứng thư"), fmt.Sprintf("… %d", len(sd.Certificates)))
			break
		}
		c, err := pki.ParseCertificate(der)
		if err != nil {
			s.add(0, s.env.tr("certificate", "chứng thư"), s.env.tr("cannot be read", "không đọc được"))
			continue
		}
		s.Deviations = append(s.Deviations, c.Deviations...)
		out.Certificates = append(out.Certificates, describeCertificate(c))
		s.add(0, s.env.tr("certificate", "chứng thư"), "")
		s.certificateRows(1, c)
	}
	s.Content = out
	return nil
}

func (s *shown) cardSecurity(sd *cms.SignedData) error {
	infos, devs, err := lds.ParseSecurityInfos(sd.Content)
	if err != nil {
		s.Kind = lds.NameCardSecurity
		return err
	}
	for _, d := range devs {
		d.Where = lds.NameCardSecurity
		s.Deviations = append(s.Deviations, d)
	}
	list := describeInfos(infos)
	s.infoRows(list)
	return s.signed(lds.NameCardSecurity, sd, list)
}

func (s *shown) masterList() error {
	s.Kind = "master list"
	m, err := pki.ParseMasterList(s.data)
	if err != nil {
		return err
	}
	s.Deviations = append(s.Deviations, m.Deviations[len(m.Signed.Deviations):]...) // signed adds the others
	countries := map[string]int{}
	unread := 0
	for _, der := range m.Certificates {
		c, err := pki.ParseCertificate(der)
		if err != nil {
			unread++
			continue
		}
		countries[strings.ToUpper(c.Subject.Country())]++
	}
	s.add(0, s.env.tr("certificates", "chứng thư"), fmt.Sprint(len(m.Certificates)))
	s.add(0, s.env.tr("countries", "nước"), fmt.Sprint(len(countries)))
	if unread > 0 {
		s.add(0, s.env.tr("cannot be read", "không đọc được"), fmt.Sprint(unread))
	}
	return s.signed("master list", m.Signed, map[string]any{"certificates": len(m.Certificates), "countries": countries, "unreadable": unread})
}

func (s *shown) crl(l *pki.CRL) {
	s.Kind = "CRL"
	s.Deviations = append(s.Deviations, l.Deviations...)
	out := struct {
		Issuer     string     `json:"issuer"`
		ThisUpdate time.Time  `json:"this_update"`
		NextUpdate *time.Time `json:"next_update,omitempty"`
		Number     string     `json:"number,omitempty"`
		Algorithm  string     `json:"signature_algorithm"`
		Revoked    int        `json:"revoked"`
	}{Issuer: l.Issuer.String(), ThisUpdate: l.ThisUpdate, Algorithm: algorithmName(l.SignatureAlgorithm), Revoked: l.Len()}
	s.field(s.env.tr("issuer", "bên cấp"), out.Issuer)
	s.field(s.env.tr("this update", "lần này"), dayText(l.ThisUpdate))
	if !l.NextUpdate.IsZero() {
		out.NextUpdate = &l.NextUpdate
		s.field(s.env.tr("next update", "lần tới"), dayText(l.NextUpdate))
	}
	if l.Number != nil {
		out.Number = l.Number.String()
		s.field(s.env.tr("number", "số"), out.Number)
	}
	s.field(s.env.tr("signature", "chữ ký"), out.Algorithm)
	s.add(0, s.env.tr("revoked", "đã thu hồi"), fmt.Sprint(out.Revoked))
	s.Content = out
}

// cvc shows the body of a card-verifiable certificate (BSI TR-03110-3 (v2.2),
// App. C).
func (s *shown) cvc() error {
	s.Kind = "CV certificate"
	cert, _, err := tlv.Parse(s.data)
	if err != nil {
		return err
	}
	body, ok := cert.First(0x7F4E)
	if !ok {
		return fmt.Errorf("a CV certificate without its body")
	}
	out := map[string]string{}
	for _, f := range []struct {
		key   string
		path  []tlv.Tag
		label string
		show  func([]byte) string
	}{
		{"car", []tlv.Tag{0x42}, s.env.tr("authority", "bên cấp"), latin},
		{"chr", []tlv.Tag{0x5F20}, s.env.tr("holder", "chủ thể"), latin},
		{"role", []tlv.Tag{0x7F4C, 0x06}, s.env.tr("role", "vai trò"), hexText},
		{"rights", []tlv.Tag{0x7F4C, 0x53}, s.env.tr("rights", "quyền"), hexText},
		{"effective", []tlv.Tag{0x5F25}, s.env.tr("effective", "hiệu lực từ"), cvcDate},
		{"expiry", []tlv.Tag{0x5F24}, s.env.tr("expiry", "hết hạn"), cvcDate},
		{"key_algorithm", []tlv.Tag{0x7F49, 0x06}, s.env.tr("key algorithm", "thuật toán khóa"), hexText},
	} {
		if n, ok := body.Path(f.path...); ok {
			out[f.key] = clean(f.show(n.Value))
			s.add(0, f.label, out[f.key])
		}
	}
	s.Content = out
	return nil
}

// latin reads ISO 8859-1, which the references are written in.
func latin(b []byte) string {
	r := make([]rune, len(b))
	for i, c := range b {
		r[i] = rune(c)
	}
	return string(r)
}

func hexText(b []byte) string { return strings.ToUpper(hex.EncodeToString(b)) }

// cvcDate reads six digits, one a byte: YYMMDD after 2000.
func cvcDate(b []byte) string {
	if len(b) != 6 {
		return "?"
	}
	for _, c := range b {
		if c > 9 {
			return "?"
		}
	}
	return fmt.Sprintf("20%d%d-%d%d-%d%d", b[0], b[1], b[2], b[3], b[4], b[5])
}
