package quality

import (
	"fmt"
	"slices"
	"strings"
)

// Code names what is wrong with a card. Codes are in journals and reports: they
// change by addition.
type Code string

// Problems of the chip.
const (
	ChipSilent     Code = "chip.silent"     // no travel document on the chip
	ChipAccess     Code = "chip.access"     // a planned password or protocol does not open it
	ChipDowngrade  Code = "chip.downgrade"  // it opens in a way that the profile forbids
	ChipOpen       Code = "chip.open"       // a file can be read without the access it wants
	ChipUnlocked   Code = "chip.unlocked"   // it takes commands that write
	ChipOldKeys    Code = "chip.keys.old"   // keys of the blank, or published ones, still open it
	ChipOtherKeys  Code = "chip.keys.other" // the issuer's own keys do not open it
	ChipSerial     Code = "chip.serial"     // it is another chip than the one bound to the card
	ChipData       Code = "chip.data"       // a file differs from the plan
	ChipPortrait   Code = "chip.portrait"   // DG2 differs from the plan
	ChipHash       Code = "chip.hash"       // a data group is not what EF.SOD signs
	ChipSignature  Code = "chip.signature"  // EF.SOD is not signed well
	ChipChain      Code = "chip.chain"      // the signer is not one that a checkpoint trusts
	ChipClone      Code = "chip.clone"      // chip or active authentication fails
	ChipInspection Code = "chip.inspection" // another check of the checkpoint does not pass
)

// Problems of the print.
const (
	PrintUnseen   Code = "print.unseen"   // no card found in the picture
	PrintShift    Code = "print.shift"    // the print is displaced on the card
	PrintColour   Code = "print.colour"   // a colour panel is missing or faint
	PrintPortrait Code = "print.portrait" // the picture is not the planned one
	PrintBlank    Code = "print.blank"    // nothing is printed on a side
	PrintSide     Code = "print.side"     // the other side's print, or upside down
	PrintSmudge   Code = "print.smudge"   // dirt on the zone
	PrintMRZ      Code = "print.mrz"      // the zone can be read, and says something else
	PrintMRZUnfit Code = "print.mrz.unreadable"
	PrintQR       Code = "print.qr" // the code can be read, and says something else
	PrintQRUnfit  Code = "print.qr.unreadable"
)

// words are the problems in English and Vietnamese.
var words = map[Code][2]string{
	ChipSilent:     {"there is no travel document on the chip", "trên chip không có dữ liệu thẻ"},
	ChipAccess:     {"the chip does not open with a planned password", "chip không mở được bằng một mật khẩu đã định"},
	ChipDowngrade:  {"the chip opens in a way that its profile forbids", "chip mở được bằng cách mà loại thẻ không cho phép"},
	ChipOpen:       {"a file can be read without access", "đọc được tệp khi chưa có quyền truy cập"},
	ChipUnlocked:   {"the chip still takes commands that write", "chip vẫn nhận lệnh ghi"},
	ChipOldKeys:    {"old keys still open the chip", "khóa cũ vẫn mở được chip"},
	ChipOtherKeys:  {"the issuer's keys do not open the chip", "khóa của cơ quan cấp không mở được chip"},
	ChipSerial:     {"it is another chip than the one bound to the card", "không phải chip đã gắn với thẻ này"},
	ChipData:       {"a file on the chip differs from the plan", "một tệp trên chip khác với dữ liệu đã định"},
	ChipPortrait:   {"the portrait on the chip is not the planned one", "ảnh trên chip không phải ảnh đã định"},
	ChipHash:       {"a data group is not what was signed", "một nhóm dữ liệu không khớp với bản đã ký"},
	ChipSignature:  {"the security object is not signed well", "chữ ký của EF.SOD không đúng"},
	ChipChain:      {"checkpoints do not trust the signer", "điểm kiểm tra không tin cậy bên ký"},
	ChipClone:      {"the chip cannot prove that it is the original", "chip không chứng minh được là chip gốc"},
	ChipInspection: {"a check of the checkpoint does not pass", "một mục kiểm tra tại điểm kiểm tra không đạt"},
	PrintUnseen:    {"the camera sees no card", "máy ảnh không thấy thẻ"},
	PrintShift:     {"the print is displaced", "bản in bị lệch"},
	PrintColour:    {"a colour panel is missing", "thiếu một lớp màu của ruy băng"},
	PrintPortrait:  {"the printed portrait is not the planned one", "ảnh in không phải ảnh đã định"},
	PrintBlank:     {"nothing is printed on a side", "một mặt thẻ chưa được in"},
	PrintSide:      {"the print is on the wrong side or upside down", "in nhầm mặt thẻ hoặc in ngược"},
	PrintSmudge:    {"the printed MRZ is smudged", "vùng MRZ in bị nhòe hoặc bẩn"},
	PrintMRZ:       {"the printed MRZ is not the planned one", "MRZ in không đúng như đã định"},
	PrintMRZUnfit:  {"the printed MRZ cannot be read", "không đọc được MRZ in"},
	PrintQR:        {"the printed QR code is not the planned one", "mã QR in không đúng như đã định"},
	PrintQRUnfit:   {"the printed QR code cannot be read", "không đọc được mã QR in"},
}

// Words are the problem in "vi", or in English.
func (c Code) Words(lang string) string {
	w, ok := words[c]
	switch {
	case !ok:
		return string(c)
	case lang == "vi":
		return w[1]
	}
	return w[0]
}

// Codes lists every code, sorted.
func Codes() []Code {
	all := make([]Code, 0, len(words))
	for c := range words {
		all = append(all, c)
	}
	slices.Sort(all)
	return all
}

// Finding is one problem of one card. Where is what of the card it concerns: a
// file, a protocol, an element of the layout; never what stands there.
type Finding struct {
	Code  Code   `json:"code"`
	Where string `json:"where,omitempty"`
}

// String is the finding as journals have it: code, place, and words in English.
func (f Finding) String() string {
	if f.Where == "" {
		return fmt.Sprintf("%s: %s", f.Code, f.Code.Words("en"))
	}
	return fmt.Sprintf("%s (%s): %s", f.Code, f.Where, f.Code.Words("en"))
}

// Report is everything that was found wrong with one card; empty for a good one.
type Report struct {
	Findings []Finding
	Digest   []byte // SHA-256 of what the checks said, without personal data
}

func (r *Report) add(c Code, where string) {
	f := Finding{c, where}
	if !slices.Contains(r.Findings, f) {
		r.Findings = append(r.Findings, f)
	}
}

// Has reports whether a problem was found.
func (r *Report) Has(c Code) bool {
	return slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Code == c })
}

// maxProblem bounds what a journal keeps of one card.
const maxProblem = 400

// Problem is the report in one line, the first problems whole; empty for a good
// card.
func (r *Report) Problem() string {
	var b strings.Builder
	for i, f := range r.Findings {
		s := f.String()
		if i > 0 {
			if b.Len()+len(s) > maxProblem {
				fmt.Fprintf(&b, "; and %d more", len(r.Findings)-i)
				break
			}
			b.WriteString("; ")
		}
		b.WriteString(s)
	}
	return b.String()
}
