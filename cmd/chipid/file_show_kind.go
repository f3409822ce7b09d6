package main

import (
	"bytes"
	"fmt"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/biometric"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
)

// Kinds of what is not a file by itself.
const (
	kindTLV     = "TLV"
	kindUnknown = "unknown"
)

// plausible reports whether the bytes are one or more data objects to their end,
// padding apart. A file that only begins like one, as any text does whose first
// letter is a tag, is not; where the name says what it should be, or the outermost
// length is open, the parsers are to say what is wrong.
func (s *shown) plausible() bool {
	if s.name != "" {
		return true
	}
	rest := s.data
	for n := 0; len(rest) > 0 && n < maxTree; n++ {
		if padding(rest) {
			return n > 0
		}
		_, after, err := tlv.Parse(rest)
		if err != nil {
			return false
		}
		rest = after
	}
	return true
}

func padding(b []byte) bool {
	return len(bytes.Trim(b, "\x00")) == 0 || len(bytes.Trim(b, "\xFF")) == 0
}

// decode goes by the file's name, then by its outer tag.
func (s *shown) decode() error {
	if biometric.Sniff(s.data) != biometric.Unknown {
		return s.image()
	}
	if ok, err := s.biometricRecord(); ok {
		return err
	}
	switch s.name {
	case lds.NameATRInfo:
		return s.atrInfo()
	case lds.NameDIR:
		return s.dir()
	case lds.NameSOD:
		return s.sod()
	}
	if id, ok := lds.FileByName(s.name); ok && id.LDS2 != "" {
		s.Kind = id.Name // a tree, with the names of its objects
		return nil
	}
	tag, _, _, err := tlv.Header(s.data)
	if err != nil {
		// Signed objects of some States have indefinite lengths.
		switch {
		case bytes.HasPrefix(s.data, []byte{0x30, 0x80}):
			return s.sequence()
		case bytes.HasPrefix(s.data, []byte{0x77, 0x80}):
			return s.sod()
		}
		return s.misfit()
	}
	if !s.plausible() && !(tag == 0x30 || tag == 0x77) {
		return nil
	}
	return s.byTag(tag)
}

func (s *shown) byTag(tag tlv.Tag) error {
	switch tag {
	case 0x60:
		return s.com()
	case 0x61:
		if node, _, err := tlv.Parse(s.data); err == nil {
			if _, isDIR := node.First(0x4F); isDIR {
				return s.dir()
			}
		}
		return s.dg1()
	case 0x75, 0x63, 0x76:
		return s.biometrics(tag)
	case 0x65:
		return s.images("EF.DG5", lds.ParseDG5)
	case 0x67:
		if node, _, err := tlv.Parse(s.data); err == nil {
			if _, isRequest := node.First(0x7F21); isRequest {
				return s.cvc()
			}
		}
		return s.images("EF.DG7", lds.ParseDG7)
	case 0x66:
		return s.reserved()
	case 0x68, 0x69, 0x6A:
		return s.features(tag)
	case 0x6B, 0x6C:
		return s.details(tag)
	case 0x6D:
		return s.dg13()
	case 0x6E:
		return s.securityInfos("EF.DG14", lds.ParseDG14)
	case 0x6F:
		return s.dg15()
	case 0x70:
		return s.dg16()
	case 0x77:
		return s.sod()
	case 0x31:
		return s.securityInfos(lds.NameCardAccess, lds.ParseSecurityInfos)
	case 0x30:
		return s.sequence()
	case 0x7F21:
		return s.cvc()
	case 0x42:
		return s.cvca()
	case 0x47, 0x7F66:
		return s.atrInfo()
	}
	return s.misfit()
}

// misfit complains when the name says that the file is one of a chip's and the
// bytes do not.
func (s *shown) misfit() error {
	if s.name != "" && s.Kind == "" {
		s.Kind = s.name
		return fmt.Errorf("%s: the content is not that of this file", s.name)
	}
	return nil
}

// compareName notes a name that says another file of a chip than the bytes do.
func (s *shown) compareName() {
	if _, known := lds.FileByName(s.Kind); known && s.name != "" && s.name != s.Kind && s.Error == "" {
		s.Deviations = append(s.Deviations, cardprofile.Deviation{Where: s.name, Rule: "file.name", Text: "the content is that of " + s.Kind})
	}
}

// almost says of bytes that begin like a file of a chip what keeps them from being
// one.
func (s *shown) almost() string {
	tag, head, length, err := tlv.Header(s.data)
	id, known := lds.FileByTag(tag)
	if err != nil || !known {
		return ""
	}
	if have := len(s.data) - head; have != length {
		return fmt.Sprintf(" (as %s it would have %d bytes after its tag and length, and %d are there)", id.Name, length, have)
	}
	return ""
}

// objectName names the objects of a tree.
func (s *shown) objectName(t tlv.Tag) string {
	if id, ok := lds.FileByName(s.Kind); ok && id.LDS2 != "" {
		if name := id.ObjectName(t); name != "" {
			return name
		}
	}
	return universal[t]
}

// titles say for people what a file is.
var titles = map[string]struct{ en, vi string }{
	lds.NameCOM: {"what the chip holds", "danh mục dữ liệu trên chip"}, "EF.DG1": {"machine readable zone", "dòng MRZ"},
	"EF.DG2": {"face", "khuôn mặt"}, "EF.DG3": {"fingerprints", "vân tay"}, "EF.DG4": {"irises", "mống mắt"},
	"EF.DG5": {"displayed portrait", "ảnh chân dung in trên giấy tờ"}, "EF.DG6": {"reserved", "dành cho tương lai"},
	"EF.DG7": {"displayed signature or usual mark", "chữ ký hoặc dấu thường dùng"}, "EF.DG8": {"data features", "đặc điểm dữ liệu"},
	"EF.DG9": {"structure features", "đặc điểm cấu trúc"}, "EF.DG10": {"substance features", "đặc điểm vật liệu"},
	"EF.DG11": {"further personal details", "thông tin cá nhân bổ sung"}, "EF.DG12": {"further details of the document", "thông tin bổ sung của giấy tờ"},
	"EF.DG13": {"national data", "dữ liệu quốc gia"}, "EF.DG14": {"security options", "tùy chọn bảo mật"},
	"EF.DG15": {"active authentication key", "khóa xác thực chủ động"}, "EF.DG16": {"persons to notify", "người cần báo tin"},
	lds.NameSOD: {"document security object", "đối tượng bảo mật của giấy tờ"}, lds.NameCardAccess: {"access protocols", "giao thức truy cập"},
	lds.NameCardSecurity: {"signed security information", "thông tin bảo mật đã ký"}, lds.NameATRInfo: {"capabilities of the chip", "khả năng của chip"},
	lds.NameDIR: {"applications of the chip", "các ứng dụng trên chip"}, "EF.CVCA": {"terminal authorities that the chip trusts", "cơ quan cấp quyền thiết bị đọc mà chip tin cậy"},
	"EF.Certificates": {"certificates of record signers (LDS2)", "chứng thư của bên ký bản ghi (LDS2)"}, "EF.EntryRecords": {"entry records (LDS2)", "bản ghi nhập cảnh (LDS2)"},
	"EF.ExitRecords": {"exit records (LDS2)", "bản ghi xuất cảnh (LDS2)"}, "EF.VisaRecords": {"visa records (LDS2)", "bản ghi thị thực (LDS2)"},
}

func (s *shown) title() string {
	t := titles[s.Kind]
	return s.tr(t.en, t.vi)
}
