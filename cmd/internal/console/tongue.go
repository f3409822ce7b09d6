package console

import (
	"net/http"
	"strings"

	"github.com/chipid-toolkit/chipid/printer/line/card"
	"github.com/chipid-toolkit/chipid/printer/line/store"
)

// tongue is the language of a page: "vi" or "en".
type tongue string

// languageCookie keeps the language that a person chose.
const languageCookie = "chipid-language"

// text finds the language of a request: chosen, else the browser's.
func text(r *http.Request) tongue {
	if c, err := r.Cookie(languageCookie); err == nil && (c.Value == "vi" || c.Value == "en") {
		return tongue(c.Value)
	}
	for _, l := range strings.Split(r.Header.Get("Accept-Language"), ",") {
		l = strings.ToLower(strings.TrimSpace(l))
		switch {
		case strings.HasPrefix(l, "vi"):
			return "vi"
		case strings.HasPrefix(l, "en"):
			return "en"
		}
	}
	return "en"
}

func (t tongue) tr(en, vi string) string {
	if t == "vi" {
		return vi
	}
	return en
}

// T is tr for templates.
func (t tongue) T(en, vi string) string { return t.tr(en, vi) }

// Lang is the language of the page.
func (t tongue) Lang() string { return string(t) }

// State names the state of a card.
func (t tongue) State(s card.State) string { return t.tr(string(s), vietnameseStates[s]) }

var vietnameseStates = map[card.State]string{
	card.Drawn: "đã lấy phôi", card.Probed: "đã thử chip", card.Untouched: "phôi nguyên", card.KeysMade: "đã tạo khóa", card.Signing: "đang ký",
	card.Signed: "đã ký", card.Writing: "đang ghi", card.Locked: "đã khóa chip", card.Printing: "đang in", card.Printed: "đã in", card.Checked: "đã kiểm tra",
	card.Good: "đạt", card.Sample: "thẻ mẫu", card.RejectPending: "hỏng, chờ xác nhận", card.RejectConfirmed: "hỏng, đã xác nhận", card.Destroyed: "đã tiêu hủy",
	card.Packed: "đã đóng gói", card.HandedOver: "đã bàn giao", card.Returned: "bị trả về", card.Lost: "thất lạc",
}

// Account names a place of the ledger.
func (t tongue) Account(a card.Account) string {
	if t == "vi" {
		if v, ok := vietnameseAccounts[a]; ok {
			return v
		}
	}
	return string(a)
}

var vietnameseAccounts = map[card.Account]string{
	card.Supplier: "nhà cung cấp", card.Stock: "kho phôi", card.InWork: "đang làm", card.GoodBin: "khay đạt", card.Samples: "thẻ mẫu", card.RejectedOpen: "hỏng, chưa xác nhận",
	card.RejectedBin: "thùng khóa", card.Shredded: "đã tiêu hủy", card.Boxes: "trong hộp", card.Offices: "đã bàn giao", card.ReturnedBin: "bị trả về", card.Missing: "thất lạc",
}

// StationName names the state of a station.
func (t tongue) StationName(s store.StationState) string {
	switch s {
	case store.StationIdle:
		return t.tr("idle", "rảnh")
	case store.StationWorking:
		return t.tr("working", "đang làm")
	case store.StationHalted:
		return t.tr("HALTED", "ĐANG DỪNG")
	case store.StationDrained:
		return t.tr("drained", "đã nghỉ")
	case store.StationLost:
		return t.tr("LOST", "MẤT LIÊN LẠC")
	}
	return string(s)
}

// BatchName names the state of a batch.
func (t tongue) BatchName(s string) string {
	switch s {
	case store.BatchOpen:
		return t.tr("open", "đang mở")
	case store.BatchPaused:
		return t.tr("PAUSED", "TẠM DỪNG")
	case store.BatchClosed:
		return t.tr("closed", "đã đóng")
	}
	return s
}

// Role names a role.
func (t tongue) Role(r store.Role) string {
	switch r {
	case store.RoleOperator:
		return t.tr("operator", "vận hành")
	case store.RoleSupervisor:
		return t.tr("supervisor", "giám sát")
	case store.RoleAuditor:
		return t.tr("auditor", "kiểm toán")
	}
	return string(r)
}

// Action names a decision of two people.
func (t tongue) Action(a string) string {
	switch a {
	case store.ActionConfirm:
		return t.tr("reject is in the locked bin: card", "thẻ hỏng nằm trong thùng khóa: thẻ")
	case store.ActionDestroy:
		return t.tr("destroyed: card", "đã tiêu hủy: thẻ")
	case store.ActionGiveUp:
		return t.tr("not to be found: card", "không tìm thấy: thẻ")
	case store.ActionClose:
		return t.tr("close batch", "đóng đợt")
	case store.ActionErase:
		return t.tr("erase the personal data of batch", "xóa dữ liệu cá nhân của đợt")
	}
	return a
}
