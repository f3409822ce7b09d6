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
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/biometric"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/mrz"
)

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// keep takes over what a parser said.
func (s *shown) keep(kind string, devs []cardprofile.Deviation, err error) error {
	s.Kind = kind
	s.Deviations = append(s.Deviations, devs...)
	return err
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
	s.field(s.env.tr("LDS version", "phiên bản LDS"), c.LDSVersion)
	s.field(s.env.tr("Unicode version", "phiên bản Unicode"), c.UnicodeVersion)
	s.field(s.env.tr("data groups", "nhóm dữ liệu"), groupList(groups))
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
	s.field(s.env.tr("format", "khổ"), m.Type.String())
	for _, line := range m.Lines {
		s.add(0, "MRZ", line)
	}
	s.field(s.env.tr("document code", "loại giấy tờ"), m.DocumentCode)
	s.field(s.env.tr("issuing state", "nước cấp"), m.IssuingState)
	s.field(s.env.tr("document number", "số giấy tờ"), m.DocumentNumber)
	if n, ok := m.Is12(); ok {
		s.field(s.env.tr("12-digit number", "số định danh"), n)
	}
	s.field(s.env.tr("surname", "họ"), m.Primary)
	s.field(s.env.tr("given names", "chữ đệm và tên"), m.Secondary)
	s.field(s.env.tr("nationality", "quốc tịch"), m.Nationality)
	s.field(s.env.tr("date of birth", "ngày sinh"), zoneDate(m.BirthOn(cardprofile.DateOf(time.Now()))))
	s.field(s.env.tr("sex", "giới tính"), m.Sex)
	s.field(s.env.tr("date of expiry", "ngày hết hạn"), s.expiry(m))
	s.field(s.env.tr("optional data", "dữ liệu tùy chọn"), strings.TrimSpace(m.Optional1+" "+m.Optional2))
	return nil
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

// shownImage is what is said of an image instead of its pixels.
type shownImage struct {
	MIME   string `json:"mime"`
	Bytes  int    `json:"bytes"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
	SHA256 string `json:"sha256"`
}

func describeImage(b []byte) shownImage {
	sum := sha256.Sum256(b)
	w, h, _, _ := biometric.Size(b) // 0 × 0 when the header is damaged
	return shownImage{biometric.Sniff(b).MIME(), len(b), w, h, hex.EncodeToString(sum[:])}
}

func (i shownImage) String() string {
	return fmt.Sprintf("%s, %d × %d, %d bytes", i.MIME, i.Width, i.Height, i.Bytes)
}

func (s *shown) image() error {
	s.Kind = "image"
	i := describeImage(s.data)
	s.Content = i
	s.add(0, s.env.tr("image", "ảnh"), i.String())
	return nil
}

type shownBiometric struct {
	Owner    string       `json:"format_owner"`
	Format   string       `json:"format_type"`
	Encoding string       `json:"encoding"`
	Bytes    int          `json:"bytes"`
	Images   []shownImage `json:"images,omitempty"`
}

func (s *shown) biometrics(tag tlv.Tag) error {
	id, _ := lds.FileByTag(tag)
	parse := map[int]func([]byte) (*lds.Biometrics, []cardprofile.Deviation, error){2: lds.ParseDG2, 3: lds.ParseDG3, 4: lds.ParseDG4}[id.Number()]
	d, devs, err := parse(s.data)
	if err := s.keep(id.Name, devs, err); err != nil {
		return err
	}
	out := []shownBiometric{}
	for _, item := range d.Items {
		b := shownBiometric{fmt.Sprintf("%04X", item.Owner), fmt.Sprintf("%04X", item.Format), "ISO/IEC 19794", len(item.Data), nil}
		if item.Is39794 {
			b.Encoding = "ISO/IEC 39794"
		}
		out = append(out, b)
		s.add(0, s.env.tr("template", "mẫu"), fmt.Sprintf("%s, %s/%s, %d bytes", b.Encoding, b.Owner, b.Format, b.Bytes))
	}
	for _, f := range d.Faces {
		i := describeImage(f.Image)
		s.add(1, s.env.tr("image", "ảnh"), i.String())
		if len(out) > 0 {
			out[0].Images = append(out[0].Images, i)
		}
	}
	s.Content = out
	return nil
}

func (s *shown) details(tag tlv.Tag) error {
	id, _ := lds.FileByTag(tag)
	parse := lds.ParseDG11
	if id.Number() == 12 {
		parse = lds.ParseDG12
	}
	list, devs, err := parse(s.data)
	if err := s.keep(id.Name, devs, err); err != nil {
		return err
	}
	type element struct {
		Name  string   `json:"name"`
		Tag   string   `json:"tag"`
		Texts []string `json:"texts,omitempty"`
		Bytes int      `json:"bytes,omitempty"`
	}
	out := []element{}
	for _, d := range list {
		out = append(out, element{d.Name, d.Tag.String(), d.Texts, len(d.Bytes)})
		value := strings.Join(d.Texts, "; ")
		if d.Texts == nil {
			value = fmt.Sprintf("%d bytes", len(d.Bytes))
		}
		s.add(0, strings.ReplaceAll(d.Name, "_", " "), value)
	}
	s.Content = out
	return nil
}

func (s *shown) dg13() error {
	d, devs, err := lds.ParseVietnamDG13(s.data)
	if err != nil { // another state's DG13: a tree
		s.Kind = "EF.DG13"
		return nil
	}
	_ = s.keep("EF.DG13", devs, nil)
	s.Content = d
	for _, f := range []struct{ en, vi, value string }{
		{"number", "số định danh", d.Number}, {"full name", "họ và tên", d.FullName}, {"date of birth", "ngày sinh", d.DateOfBirth}, {"sex", "giới tính", d.Sex},
		{"nationality", "quốc tịch", d.Nationality}, {"ethnicity", "dân tộc", d.Ethnicity}, {"religion", "tôn giáo", d.Religion},
		{"place of origin", "quê quán", d.Origin}, {"residence", "nơi thường trú", d.Residence}, {"features", "đặc điểm nhân dạng", d.Features},
		{"date of issue", "ngày cấp", d.DateOfIssue}, {"date of expiry", "ngày hết hạn", d.DateOfExpiry}, {"father", "cha", d.Father}, {"mother", "mẹ", d.Mother},
		{"spouse", "vợ/chồng", d.Spouse}, {"former number", "số CMND", d.FormerNumber}, {"chip serial", "số chip", d.ChipSerial},
	} {
		s.field(s.env.tr(f.en, f.vi), f.value)
	}
	if len(d.Missing) > 0 {
		s.field(s.env.tr("fields not there", "trường không có"), strings.Trim(fmt.Sprint(d.Missing), "[]"))
	}
	return nil
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
			parts = append(parts, fmt.Sprintf("parameters %d", *i.ParameterID))
		}
		parts = append(parts, i.Key, i.Algorithm)
		if i.KeyID != nil {
			parts = append(parts, fmt.Sprintf("key %d", *i.KeyID))
		}
		s.add(0, i.Kind, strings.Join(strings.Fields(strings.Join(append(parts, i.Raw), " ")), " "))
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
		info := shownInfo{Kind: "chip authentication key", Protocol: k.Protocol.String(), KeyID: number(k.KeyID), Key: "cannot be used"}
		if k.Public != nil {
			info.Key = describeKey(k.Public)
		}
		out = append(out, info)
	}
	for _, i := range infos.TerminalAuths {
		out = append(out, shownInfo{Kind: "terminal authentication", Protocol: i.Protocol.String(), Version: i.Version})
	}
	for _, i := range infos.ActiveAuths {
		out = append(out, shownInfo{Kind: "active authentication", Protocol: asn1.ObjectIdentifier{2, 23, 136, 1, 1, 5}.String(), Version: i.Version, Algorithm: i.Algorithm.String()})
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
	s.Content = struct {
		Key  string `json:"key"`
		SPKI string `json:"spki"`
	}{describeKey(k.Public), strings.ToUpper(hex.EncodeToString(k.SPKI))}
	s.field(s.env.tr("active authentication key", "khóa xác thực chủ động"), describeKey(k.Public))
	return nil
}

func (s *shown) atrInfo() error {
	a, devs, err := lds.ParseATRInfo(s.data)
	if err := s.keep(lds.NameATRInfo, devs, err); err != nil {
		return err
	}
	s.Content = struct {
		MaxCommand  int  `json:"max_command,omitempty"`
		MaxResponse int  `json:"max_response,omitempty"`
		Extended    bool `json:"extended_length"`
		Chaining    bool `json:"command_chaining"`
	}{a.MaxCommand, a.MaxResponse, a.Extended(), a.Chaining()}
	s.field(s.env.tr("extended length", "độ dài mở rộng"), yesNo(s.env, a.Extended()))
	s.field(s.env.tr("command chaining", "nối chuỗi lệnh"), yesNo(s.env, a.Chaining()))
	if a.MaxCommand > 0 {
		s.field(s.env.tr("largest command", "lệnh lớn nhất"), strconv.Itoa(a.MaxCommand))
		s.field(s.env.tr("largest response", "trả lời lớn nhất"), strconv.Itoa(a.MaxResponse))
	}
	return nil
}

func yesNo(e *env, v bool) string {
	if v {
		return e.tr("yes", "có")
	}
	return e.tr("no", "không")
}

func (s *shown) dir() error {
	d, devs, err := lds.ParseDIR(s.data)
	if err := s.keep(lds.NameDIR, devs, err); err != nil {
		return err
	}
	aids := []string{}
	for _, a := range d.AIDs {
		text := strings.ToUpper(hex.EncodeToString(a))
		aids = append(aids, text)
		s.add(0, s.env.tr("application", "ứng dụng"), text)
	}
	s.Content = struct {
		Applications []string `json:"applications"`
	}{aids}
	return nil
}
