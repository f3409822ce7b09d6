package main

import (
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/chipid-toolkit/chipid/cardprofile/pki"
)

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
	s.add(0, s.tr("certificates", "chứng thư"), fmt.Sprint(len(m.Certificates)))
	var by []string
	for _, country := range slices.Sorted(maps.Keys(countries)) {
		by = append(by, fmt.Sprintf("%s %d", country, countries[country]))
	}
	s.add(0, s.tr("countries", "nước"), fmt.Sprint(len(countries)))
	const line = 12
	for i := 0; i < len(by); i += line {
		s.add(1, "·", strings.Join(by[i:min(i+line, len(by))], ", "))
	}
	if unread > 0 {
		s.add(0, s.tr("cannot be read", "không đọc được"), fmt.Sprint(unread))
	}
	return s.signed("master list", m.Signed, map[string]any{"certificates": len(m.Certificates), "countries": countries, "unreadable": unread})
}

// shownDefect is one entry of a deviation list.
type shownDefect struct {
	DocumentType string            `json:"document_type,omitempty"`
	Issuer       string            `json:"issuer,omitempty"`
	Serial       string            `json:"serial,omitempty"`
	SKI          string            `json:"subject_key_id,omitempty"`
	Digest       string            `json:"certificate_digest,omitempty"`
	From         *time.Time        `json:"issued_from,omitempty"`
	To           *time.Time        `json:"issued_to,omitempty"`
	Numbers      int               `json:"document_numbers"`
	Descriptions []shownDefectText `json:"descriptions"`
}

type shownDefectText struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

// deviationList shows what a State says is wrong with documents of its own (Doc
// 9303-12 (8th ed.), 10). Numbers of documents are counted, not listed.
func (s *shown) deviationList() error {
	s.Kind = "deviation list"
	l, err := pki.ParseDeviationList(s.data)
	if err != nil {
		return err
	}
	s.Deviations = append(s.Deviations, l.Deviations[len(l.Signed.Deviations):]...)
	out := []shownDefect{}
	for i := range l.Defects {
		d := &l.Defects[i]
		e := shownDefect{DocumentType: d.DocumentType, SKI: hex.EncodeToString(d.SubjectKeyID), Digest: hex.EncodeToString(d.CertificateDigest), Numbers: d.Numbers(), Descriptions: []shownDefectText{}}
		s.add(0, fmt.Sprintf("%s %d", s.tr("defect", "lỗi"), i+1), "")
		add := func(en, vi, value string) {
			if value != "" {
				s.add(1, s.tr(en, vi), value)
			}
		}
		for _, x := range d.Descriptions {
			e.Descriptions = append(e.Descriptions, shownDefectText{x.Type, x.String()})
			add("what is wrong", "nội dung lỗi", x.String()+" ("+x.Type+")")
		}
		add("document type", "loại giấy tờ", e.DocumentType)
		if d.Issuer != nil && d.Serial != nil {
			e.Issuer, e.Serial = d.Issuer.String(), d.Serial.Text(16)
		}
		add("signer's issuer", "bên cấp của bên ký", e.Issuer)
		add("signer's serial", "số sê-ri của bên ký", e.Serial)
		add("signer's key identifier", "mã khóa của bên ký", e.SKI)
		add("digest of the signer's certificate", "giá trị băm chứng thư bên ký", e.Digest)
		if !d.IssuedFrom.IsZero() || !d.IssuedTo.IsZero() {
			e.From, e.To = &d.IssuedFrom, &d.IssuedTo
			add("issued", "cấp trong khoảng", dayText(d.IssuedFrom)+" – "+dayText(d.IssuedTo))
		}
		if e.Numbers > 0 {
			add("documents named", "số giấy tờ được nêu", fmt.Sprint(e.Numbers))
		}
		out = append(out, e)
	}
	return s.signed("deviation list", l.Signed, map[string]any{"version": l.Version, "defects": out})
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
		AKI        string     `json:"authority_key_id,omitempty"`
		Revoked    int        `json:"revoked"`
	}{Issuer: l.Issuer.String(), ThisUpdate: l.ThisUpdate, Algorithm: algorithmName(l.SignatureAlgorithm), AKI: hex.EncodeToString(l.AuthorityKeyID), Revoked: l.Len()}
	s.field(s.tr("issuer", "bên cấp"), out.Issuer)
	s.field(s.tr("this update", "lần này"), dayText(l.ThisUpdate))
	if !l.NextUpdate.IsZero() {
		out.NextUpdate = &l.NextUpdate
		s.field(s.tr("next update", "lần tới"), dayText(l.NextUpdate))
	}
	if l.Number != nil {
		out.Number = l.Number.String()
		s.field(s.tr("number", "số"), out.Number)
	}
	s.field(s.tr("signature", "chữ ký"), out.Algorithm)
	s.field(s.tr("authority key identifier", "mã khóa bên cấp"), out.AKI)
	s.add(0, s.tr("revoked", "đã thu hồi"), fmt.Sprint(out.Revoked))
	s.Content = out
}
