package main

import (
	"crypto/rsa"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/hex"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/chipid-toolkit/chipid/apdu/ca"
	"github.com/chipid-toolkit/chipid/apdu/domain"
	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/apdu/pace"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/mrz"
)

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func (s *shown) com() error {
	c, devs, err := lds.ParseCOM(s.data)
	if err := s.keep(lds.NameCOM, devs, err); err != nil {
		return err
	}
	groups := c.DataGroups()
	s.Content = struct {
		*lds.COM
		DataGroups []int `json:"data_groups"`
	}{c, groups}
	lds, unicode := c.LDSVersion, c.UnicodeVersion
	if v, devs, err := c.Versions(); err == nil {
		lds, unicode = fmt.Sprintf("%v (%s)", v.LDS, lds), fmt.Sprintf("%v (%s)", v.Unicode, unicode)
		s.Deviations = append(s.Deviations, devs...)
	}
	s.field(s.tr("LDS version", "phiên bản LDS"), lds)
	s.field(s.tr("Unicode version", "phiên bản Unicode"), unicode)
	s.field(s.tr("data groups", "nhóm dữ liệu"), groupList(groups))
	for _, g := range groups {
		t := titles[fmt.Sprintf("EF.DG%d", g)]
		s.add(1, fmt.Sprintf("DG%d", g), s.tr(t.en, t.vi))
	}
	return nil
}

func groupList(groups []int) string {
	text := make([]string, len(groups))
	for i, g := range groups {
		text[i] = "DG" + strconv.Itoa(g)
	}
	return strings.Join(text, " ")
}

func (s *shown) dg1() error {
	m, devs, err := lds.ParseDG1(s.data)
	if err := s.keep("EF.DG1", devs, err); err != nil {
		return err
	}
	s.Content = m
	s.field(s.tr("format", "khổ"), m.Type.String())
	for _, line := range m.Lines {
		s.add(0, "MRZ", line)
	}
	s.field(s.tr("document code", "loại giấy tờ"), m.DocumentCode)
	s.field(s.tr("issuing state", "nước cấp"), m.IssuingState)
	s.field(s.tr("document number", "số giấy tờ"), m.DocumentNumber)
	if n, ok := m.Is12(); ok {
		s.field(s.tr("12-digit number", "số định danh"), n)
	}
	s.field(s.tr("surname", "họ"), m.Primary)
	s.field(s.tr("given names", "chữ đệm và tên"), m.Secondary)
	s.field(s.tr("nationality", "quốc tịch"), m.Nationality)
	s.field(s.tr("date of birth", "ngày sinh"), zoneDate(m.BirthOn(cardprofile.DateOf(time.Now()))))
	s.field(s.tr("sex", "giới tính"), s.sex(m.Sex))
	s.field(s.tr("date of expiry", "ngày hết hạn"), s.expiry(m))
	s.field(s.tr("optional data", "dữ liệu tùy chọn"), strings.TrimSpace(m.Optional1+" "+m.Optional2))
	return nil
}

func (s *shown) sex(code string) string {
	switch code {
	case "M":
		return s.tr("M, male", "M, nam")
	case "F":
		return s.tr("F, female", "F, nữ")
	}
	return s.tr("not stated", "không ghi")
}

func zoneDate(d cardprofile.Date, err error) string {
	if err != nil || d.IsZero() {
		return "?"
	}
	return d.String()
}

// expiry shows the value that means no expiry as such, where a profile of that
// state says so.
func (s *shown) expiry(m *mrz.MRZ) string {
	noExpiry := ""
	for _, id := range cardprofile.List() {
		if p, err := cardprofile.Load(id); err == nil && p.IssuingState == m.IssuingState && p.Document.NoExpiry != "" {
			noExpiry = p.Document.NoExpiry
		}
	}
	d, never, err := m.ExpiryOn(cardprofile.DateOf(time.Now()), noExpiry)
	if never {
		return "Không thời hạn / no expiry"
	}
	return zoneDate(d, err)
}

// shownInfo is one SecurityInfo.
type shownInfo struct {
	Kind        string `json:"kind"`
	Protocol    string `json:"protocol,omitempty"`
	Name        string `json:"name,omitempty"`
	Version     int    `json:"version,omitempty"`
	ParameterID *int   `json:"parameter_id,omitempty"`
	KeyID       *int   `json:"key_id,omitempty"`
	Key         string `json:"key,omitempty"`
	Algorithm   string `json:"algorithm,omitempty"`
	Raw         string `json:"raw,omitempty"`
}

func (s *shown) securityInfos(kind string, parse func([]byte) (*lds.SecurityInfos, []cardprofile.Deviation, error)) error {
	infos, devs, err := parse(s.data)
	if err := s.keep(kind, devs, err); err != nil {
		return err
	}
	list := describeInfos(infos)
	s.Content = list
	s.infoRows(list)
	return nil
}

// infoKinds are the kinds of SecurityInfo in Vietnamese.
var infoKinds = map[string]string{
	"PACE": "PACE", "PACE domain parameters": "tham số miền PACE", "chip authentication": "xác thực chip",
	"chip authentication key": "khóa xác thực chip", "terminal authentication": "xác thực thiết bị đọc",
	"active authentication": "xác thực chủ động", "copy of EF.DIR": "bản sao EF.DIR", "other": "khác",
}

func (s *shown) infoRows(list []shownInfo) {
	for _, i := range list {
		parts := []string{i.Name}
		if i.Name == "" {
			parts[0] = i.Protocol
		}
		if i.Version > 0 {
			parts = append(parts, fmt.Sprintf("v%d", i.Version))
		}
		if i.ParameterID != nil {
			parts = append(parts, fmt.Sprintf(s.tr("parameters %d", "tham số %d"), *i.ParameterID))
		}
		algorithm := i.Algorithm
		if name, ok := algorithmNames[algorithm]; ok {
			algorithm = name
		}
		parts = append(parts, i.Key, algorithm)
		if i.KeyID != nil {
			parts = append(parts, fmt.Sprintf(s.tr("key %d", "khóa %d"), *i.KeyID))
		}
		s.add(0, s.tr(i.Kind, infoKinds[i.Kind]), strings.Join(strings.Fields(strings.Join(append(parts, i.Raw), " ")), " "))
	}
}

func describeInfos(infos *lds.SecurityInfos) []shownInfo {
	out := []shownInfo{}
	number := func(n int) *int {
		if n == lds.NoID {
			return nil
		}
		return &n
	}
	for _, i := range infos.PACEInfos {
		name := ""
		if p, err := pace.ParseOID(i.Protocol); err == nil {
			name = p.String()
		}
		if d, err := domain.Standard(i.ParameterID); err == nil {
			name += " " + d.String()
		}
		out = append(out, shownInfo{Kind: "PACE", Protocol: i.Protocol.String(), Name: name, Version: i.Version, ParameterID: number(i.ParameterID)})
	}
	for _, i := range infos.PACEDomains {
		info := shownInfo{Kind: "PACE domain parameters", Protocol: i.Protocol.String(), ParameterID: number(i.ParameterID)}
		if i.Domain != nil {
			info.Key = i.Domain.String()
		}
		out = append(out, info)
	}
	for _, i := range infos.ChipAuthInfos {
		name := ""
		if p, err := ca.ParseOID(i.Protocol); err == nil {
			name = fmt.Sprintf("CA-%s-%v", map[bool]string{true: "ECDH", false: "DH"}[p.Curve], p.Cipher)
		}
		out = append(out, shownInfo{Kind: "chip authentication", Protocol: i.Protocol.String(), Name: name, Version: i.Version, KeyID: number(i.KeyID)})
	}
	for _, k := range infos.ChipAuthKeys {
		info := shownInfo{Kind: "chip authentication key", Protocol: k.Protocol.String(), Name: map[string]string{"0.4.0.127.0.7.2.2.1.1": "DH", "0.4.0.127.0.7.2.2.1.2": "ECDH"}[k.Protocol.String()], KeyID: number(k.KeyID), Key: "cannot be used"}
		if k.Public != nil {
			info.Key = describeKey(k.Public)
		}
		out = append(out, info)
	}
	for _, i := range infos.TerminalAuths {
		out = append(out, shownInfo{Kind: "terminal authentication", Name: "TA", Protocol: i.Protocol.String(), Version: i.Version})
	}
	for _, i := range infos.ActiveAuths {
		out = append(out, shownInfo{Kind: "active authentication", Name: "AA", Protocol: asn1.ObjectIdentifier{2, 23, 136, 1, 1, 5}.String(), Version: i.Version, Algorithm: i.Algorithm.String()})
	}
	if infos.EFDIR != nil {
		out = append(out, shownInfo{Kind: "copy of EF.DIR", Raw: hexCut(infos.EFDIR)})
	}
	for _, i := range infos.Others {
		out = append(out, shownInfo{Kind: "other", Protocol: i.Protocol.String(), Raw: hexCut(i.Raw)})
	}
	return out
}

// describeKey names the kind and size of a public key.
func describeKey(pub any) string {
	switch k := pub.(type) {
	case *rsa.PublicKey:
		return fmt.Sprintf("RSA-%d", k.N.BitLen())
	case *ecc.PublicKey:
		return k.Curve.Name()
	case *domain.PublicKey:
		return k.Parameters().String()
	}
	return "unknown"
}

func (s *shown) dg15() error {
	k, devs, err := lds.ParseDG15(s.data)
	if err := s.keep("EF.DG15", devs, err); err != nil {
		return err
	}
	sum := sha256.Sum256(k.SPKI)
	s.Content = struct {
		Key    string `json:"key"`
		SPKI   string `json:"spki"`
		SHA256 string `json:"spki_sha256"`
	}{describeKey(k.Public), hexText(k.SPKI), hex.EncodeToString(sum[:])}
	s.field(s.tr("key", "khóa"), describeKey(k.Public))
	s.field(s.tr("SHA-256 of the key", "SHA-256 của khóa"), hex.EncodeToString(sum[:]))
	return nil
}
