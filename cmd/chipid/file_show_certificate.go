package main

import (
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/chipid-toolkit/chipid/cardprofile/pki"
)

type shownCertificate struct {
	Subject       string     `json:"subject"`
	Issuer        string     `json:"issuer"`
	Serial        string     `json:"serial"`
	NotBefore     time.Time  `json:"not_before"`
	NotAfter      time.Time  `json:"not_after"`
	Key           string     `json:"key"`
	Explicit      bool       `json:"explicit_curve,omitempty"`
	Algorithm     string     `json:"signature_algorithm"`
	CA            bool       `json:"ca"`
	SKI           string     `json:"subject_key_id,omitempty"`
	AKI           string     `json:"authority_key_id,omitempty"`
	Test          bool       `json:"test"`
	Version       int        `json:"version"`
	PathLen       *int       `json:"path_len,omitempty"`
	KeyUsage      []string   `json:"key_usage,omitempty"`
	ExtKeyUsage   []string   `json:"ext_key_usage,omitempty"`
	PrivateFrom   *time.Time `json:"private_key_not_before,omitempty"`
	PrivateTo     *time.Time `json:"private_key_not_after,omitempty"`
	DocumentTypes []string   `json:"document_types,omitempty"`
	States        []string   `json:"states,omitempty"`
	CRLURLs       []string   `json:"crl_urls,omitempty"`
	NameChange    bool       `json:"name_change,omitempty"`
	Extensions    []string   `json:"extensions,omitempty"` // identifiers, "critical" behind where it is
	SHA256        string     `json:"sha256"`               // of the certificate
}

// usageNames are the bits of keyUsage (RFC 5280, 4.2.1.3).
var usageNames = []string{"digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement", "keyCertSign", "cRLSign", "encipherOnly", "decipherOnly"}

// purposeNames are extended key usages of Doc 9303-12 (8th ed.).
var purposeNames = map[string]string{
	pki.OIDMasterListSigner: "master list signing", pki.OIDDeviationListSigner: "deviation list signing",
	"2.23.136.1.1.10.1": "SPOC client", "2.23.136.1.1.10.2": "SPOC server",
}

func describeCertificate(c *pki.Certificate) shownCertificate {
	sum := sha256.Sum256(c.Raw)
	d := shownCertificate{
		Subject: c.Subject.String(), Issuer: c.Issuer.String(), NotBefore: c.NotBefore, NotAfter: c.NotAfter, Key: "cannot be used", Explicit: c.ExplicitCurve,
		Algorithm: algorithmName(c.SignatureAlgorithm), CA: c.IsCA, SKI: hex.EncodeToString(c.SubjectKeyID), AKI: hex.EncodeToString(c.AuthorityKeyID), Test: c.TestMark,
		Version: c.Version, ExtKeyUsage: c.ExtKeyUsage, DocumentTypes: c.DocumentTypes, States: c.States, CRLURLs: c.CRLURLs, NameChange: c.NameChange,
		SHA256: hex.EncodeToString(sum[:]),
	}
	if c.PublicKey != nil {
		d.Key = describeKey(c.PublicKey)
	}
	if c.Serial != nil {
		d.Serial = c.Serial.Text(16)
	}
	if c.PathLen >= 0 {
		d.PathLen = &c.PathLen
	}
	for i, name := range usageNames {
		if c.KeyUsage&(1<<i) != 0 {
			d.KeyUsage = append(d.KeyUsage, name)
		}
	}
	if !c.PrivateKeyNotBefore.IsZero() {
		d.PrivateFrom = &c.PrivateKeyNotBefore
	}
	if !c.PrivateKeyNotAfter.IsZero() {
		d.PrivateTo = &c.PrivateKeyNotAfter
	}
	for _, e := range c.Extensions {
		id := e.ID
		if e.Critical {
			id += " critical"
		}
		d.Extensions = append(d.Extensions, id)
	}
	return d
}

// openDay is a day, or that there is no bound.
func openDay(t time.Time) string {
	if t.IsZero() {
		return "…"
	}
	return dayText(t)
}

func (s *shown) certificateRows(depth int, c *pki.Certificate) {
	d := describeCertificate(c)
	add := func(en, vi, value string) {
		if value != "" {
			s.add(depth, s.tr(en, vi), value)
		}
	}
	add("subject", "chủ thể", d.Subject)
	add("issuer", "bên cấp", d.Issuer)
	add("serial", "số sê-ri", d.Serial)
	add("valid", "hiệu lực", dayText(d.NotBefore)+" – "+dayText(d.NotAfter))
	if d.PrivateFrom != nil || d.PrivateTo != nil {
		add("signs from – to", "được ký từ – đến", openDay(c.PrivateKeyNotBefore)+" – "+openDay(c.PrivateKeyNotAfter))
	}
	key := d.Key
	if k, ok := c.PublicKey.(*rsa.PublicKey); ok {
		key += fmt.Sprintf(", e = %d", k.E)
	}
	if c.KeyError != nil {
		key += ": " + c.KeyError.Error()
	}
	if d.Explicit {
		key += s.tr(", explicit parameters", ", tham số ghi đầy đủ")
	}
	add("key", "khóa", key)
	add("signature", "chữ ký", algorithmText(c.SignatureAlgorithm))
	ca := yesNo(s.env, d.CA)
	if d.PathLen != nil {
		ca += fmt.Sprintf(s.tr(", path length %d", ", độ dài đường dẫn %d"), *d.PathLen)
	}
	add("certificate authority", "là cơ quan chứng thực", ca)
	add("key usage", "mục đích khóa", strings.Join(d.KeyUsage, ", "))
	var purposes []string
	for _, p := range d.ExtKeyUsage {
		if name, ok := purposeNames[p]; ok {
			p += " (" + name + ")"
		}
		purposes = append(purposes, p)
	}
	add("extended key usage", "mục đích mở rộng", strings.Join(purposes, ", "))
	add("document types", "loại giấy tờ", strings.Join(d.DocumentTypes, ", "))
	add("states", "mã nước", strings.Join(d.States, ", "))
	for _, u := range d.CRLURLs {
		add("CRL", "CRL", u)
	}
	if d.NameChange {
		add("name change", "đổi tên", yesNo(s.env, true))
	}
	add("subject key identifier", "mã khóa chủ thể", d.SKI)
	add("authority key identifier", "mã khóa bên cấp", d.AKI)
	add("SHA-256", "SHA-256", d.SHA256)
	if d.Test {
		add("TEST", "TEST", s.tr("proves nothing about real documents", "không chứng minh điều gì về giấy tờ thật"))
	}
}
