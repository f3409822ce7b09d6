package main

import (
	"crypto"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"fmt"
	"time"

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
		case cms.OIDDeviationList:
			return s.deviationList()
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
	return s.misfit()
}

// algorithmNames are the signature and digest algorithms that documents use
// (Doc 9303-12 (8th ed.), 4.1.6; RFC 4055, RFC 5758, BSI TR-03111).
var algorithmNames = map[string]string{
	"1.2.840.113549.1.1.1": "RSA", "1.2.840.113549.1.1.5": "RSA with SHA-1", "1.2.840.113549.1.1.10": "RSA-PSS", "1.2.840.113549.1.1.11": "RSA with SHA-256",
	"1.2.840.113549.1.1.12": "RSA with SHA-384", "1.2.840.113549.1.1.13": "RSA with SHA-512", "1.2.840.113549.1.1.14": "RSA with SHA-224",
	"1.2.840.10045.4.1": "ECDSA with SHA-1", "1.2.840.10045.4.3.1": "ECDSA with SHA-224", "1.2.840.10045.4.3.2": "ECDSA with SHA-256",
	"1.2.840.10045.4.3.3": "ECDSA with SHA-384", "1.2.840.10045.4.3.4": "ECDSA with SHA-512",
	// BSI TR-03111 (v2.1), 5.2.1: signatures as r and s side by side.
	"0.4.0.127.0.7.1.1.4.1.1": "plain ECDSA with SHA-1", "0.4.0.127.0.7.1.1.4.1.2": "plain ECDSA with SHA-224", "0.4.0.127.0.7.1.1.4.1.3": "plain ECDSA with SHA-256",
	"0.4.0.127.0.7.1.1.4.1.4": "plain ECDSA with SHA-384", "0.4.0.127.0.7.1.1.4.1.5": "plain ECDSA with SHA-512",
	"1.3.14.3.2.26": "SHA-1", "2.16.840.1.101.3.4.2.1": "SHA-256", "2.16.840.1.101.3.4.2.2": "SHA-384", "2.16.840.1.101.3.4.2.3": "SHA-512", "2.16.840.1.101.3.4.2.4": "SHA-224",
}

func algorithmName(a cms.Algorithm) string {
	if n, ok := algorithmNames[a.OID]; ok {
		return n
	}
	return a.OID
}

// algorithmText is algorithmName with what RSASSA-PSS-params add to it (RFC 4055,
// 3.1).
func algorithmText(a cms.Algorithm) string {
	name := algorithmName(a)
	var p struct {
		Hash pkix.AlgorithmIdentifier `asn1:"explicit,optional,tag:0"`
		MGF  asn1.RawValue            `asn1:"explicit,optional,tag:1"`
		Salt int                      `asn1:"explicit,optional,tag:2,default:20"`
	}
	if a.OID != "1.2.840.113549.1.1.10" {
		return name
	}
	if rest, err := asn1.Unmarshal(a.Params, &p); err != nil || len(rest) > 0 {
		return name
	}
	hash := "SHA-1"
	if len(p.Hash.Algorithm) > 0 {
		hash = algorithmName(cms.Algorithm{OID: p.Hash.Algorithm.String()})
	}
	return fmt.Sprintf("%s with %s, salt %d", name, hash, p.Salt)
}

func (s *shown) sod() error {
	o, err := sod.Parse(s.data)
	s.Kind = lds.NameSOD
	if err != nil {
		return err
	}
	s.Deviations = append(s.Deviations, o.Deviations...)
	groups := map[string]string{}
	s.add(0, s.tr("security object", "đối tượng bảo mật"), fmt.Sprintf(s.tr("V%d, hashes %s of %d bytes", "V%d, giá trị băm %s dài %d byte"), o.Object.Version, hashName(o.Object.Hash), o.Object.Hash.Size()))
	if o.Object.LDSVersion != "" {
		s.add(0, s.tr("LDS version", "phiên bản LDS"), o.Object.LDSVersion+", Unicode "+o.Object.UnicodeVersion)
	} else {
		s.add(0, s.tr("LDS version", "phiên bản LDS"), s.tr("not named, as before LDS 1.8", "không ghi, như trước LDS 1.8"))
	}
	s.add(0, s.tr("data groups", "nhóm dữ liệu"), fmt.Sprint(len(o.Object.Groups)))
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
	Issuer      string     `json:"issuer,omitempty"` // with Serial, or KeyID alone
	Serial      string     `json:"serial,omitempty"`
	KeyID       string     `json:"subject_key_id,omitempty"`
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
		s.add(0, s.tr("signer (not verified)", "bên ký (chưa kiểm tra)"), algorithmText(si.SignatureAlgorithm)+", "+g.Digest)
		if si.SubjectKeyID != nil {
			g.KeyID = hex.EncodeToString(si.SubjectKeyID)
			s.add(1, s.tr("subject key identifier", "mã khóa chủ thể"), g.KeyID)
		} else if name, err := pki.ParseName(si.Issuer); err == nil && si.Serial != nil {
			g.Issuer, g.Serial = name.String(), si.Serial.Text(16)
			s.add(1, s.tr("issuer", "bên cấp"), g.Issuer)
			s.add(1, s.tr("serial", "số sê-ri"), g.Serial)
		}
		if !si.SigningTime.IsZero() {
			g.SigningTime = &si.SigningTime
			s.add(1, s.tr("signed at", "ký lúc"), si.SigningTime.Format(time.RFC3339))
		}
		out.Signers = append(out.Signers, g)
	}
	const most = 16 // a master list's own certificates are not the list
	for i, der := range sd.Certificates {
		if i == most {
			s.add(0, s.tr("certificates", "chứng thư"), fmt.Sprintf("… %d", len(sd.Certificates)))
			break
		}
		c, err := pki.ParseCertificate(der)
		if err != nil {
			s.add(0, s.tr("certificate", "chứng thư"), s.tr("cannot be read", "không đọc được"))
			continue
		}
		s.Deviations = append(s.Deviations, c.Deviations...)
		out.Certificates = append(out.Certificates, describeCertificate(c))
		s.add(0, s.tr("certificate", "chứng thư"), "")
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
