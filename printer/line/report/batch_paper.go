package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/chipid-toolkit/chipid/printer/line/card"
	"github.com/chipid-toolkit/chipid/printer/line/store"
)

// words are what stands on the paper, English and Vietnamese.
type words bool

func (vi words) tr(en, viet string) string {
	if vi {
		return viet
	}
	return en
}

// accounts are the names of the ledger's accounts.
var accounts = map[card.Account][2]string{
	card.Supplier:     {"received from the supplier", "nhận từ nhà cung cấp"},
	card.Stock:        {"in stock", "tồn kho"},
	card.InWork:       {"in the stations", "đang trong trạm"},
	card.GoodBin:      {"good, not packed", "đạt, chưa đóng hộp"},
	card.Samples:      {"samples", "thẻ mẫu"},
	card.RejectedOpen: {"rejects, not confirmed", "hỏng, chưa xác nhận"},
	card.RejectedBin:  {"rejects in the locked bin", "hỏng, trong thùng khóa"},
	card.Shredded:     {"destroyed", "đã hủy"},
	card.Boxes:        {"packed", "đã đóng hộp"},
	card.Offices:      {"handed over to offices", "đã bàn giao"},
	card.ReturnedBin:  {"returned by offices", "nơi nhận trả lại"},
	card.Missing:      {"lost", "thất lạc"},
	card.SentBack:     {"sent back to the supplier unused", "trả lại nhà cung cấp, chưa dùng"},
}

// AccountName is what people call an account of the ledger, in English or, for "vi", in
// Vietnamese.
func AccountName(a card.Account, lang string) string { return words(lang == "vi").of(accounts[a]) }

var batchStates = map[string][2]string{
	store.BatchOpen: {"open", "đang mở"}, store.BatchPaused: {"paused", "tạm dừng"}, store.BatchClosed: {"closed", "đã đóng"},
}

var boxStates = map[store.BoxState][2]string{
	store.BoxOpen: {"open", "đang mở"}, store.BoxSealed: {"sealed", "đã niêm phong"}, store.BoxHanded: {"handed over", "đã bàn giao"},
}

var requestStates = map[store.RequestState][2]string{
	store.RequestDone: {"with their good card", "đã có thẻ đạt"}, store.RequestOpen: {"open", "chưa làm"}, store.RequestMaking: {"in work", "đang làm"},
	store.RequestHeld: {"held", "tạm giữ"}, store.RequestCancelled: {"cancelled", "đã hủy"},
}

func (vi words) of(pair [2]string) string { return vi.tr(pair[0], pair[1]) }

func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

func number(n int64) string { return strconv.FormatInt(n, 10) }

// WritePDF writes the report as a PDF in English or, for "vi", in Vietnamese.
func (r *Batch) WritePDF(w io.Writer, lang string) error {
	vi := words(lang == "vi")
	p := NewPaper(vi.tr("Batch ", "Báo cáo đợt ")+r.Name, fmt.Sprintf("%s · %s · %s", r.Profile, vi.of(batchStates[r.State]), moment(r.Made)),
		vi.tr("chipid batch report. No holder's data stands on it.", "chipid batch report. Không chứa dữ liệu của chủ thẻ."), r.Made)
	if len(r.Wrong) == 0 {
		p.Text(vi.tr("Everything adds up: every record and every blank is accounted for.", "Mọi số liệu đều khớp: từng hồ sơ và từng phôi thẻ đều được hạch toán."), false)
	} else {
		p.Text(vi.tr("THIS DOES NOT ADD UP: ", "SỐ LIỆU KHÔNG KHỚP: ")+strings.Join(r.Wrong, "; "), true)
	}

	p.Heading(vi.tr("Records", "Hồ sơ"))
	pairs := [][2]string{
		{vi.tr("came in", "đã nhận"), fmt.Sprintf("%d = %d %s + %d %s", r.Records, r.Accepted, vi.tr("accepted", "được chấp nhận"), r.Rejected, vi.tr("rejected", "bị từ chối"))},
	}
	for _, s := range []store.RequestState{store.RequestDone, store.RequestOpen, store.RequestMaking, store.RequestHeld, store.RequestCancelled} {
		if n := r.Requests[string(s)]; n > 0 || s == store.RequestDone {
			pairs = append(pairs, [2]string{vi.of(requestStates[s]), number(n)})
		}
	}
	if n := r.Kinds[store.KindRemake]; n > 0 {
		pairs = append(pairs, [2]string{vi.tr("of them remakes", "trong đó làm lại"), number(n)})
	}
	if r.Closed != nil {
		pairs = append(pairs, [2]string{vi.tr("closed", "đóng lúc"), moment(*r.Closed)})
	}
	if r.Erase != nil {
		pairs = append(pairs, [2]string{vi.tr("personal data erased from", "xóa dữ liệu cá nhân từ"), moment(*r.Erase)})
	}
	if r.Erased {
		pairs = append(pairs, [2]string{vi.tr("personal data", "dữ liệu cá nhân"), vi.tr("erased", "đã xóa")})
	}
	p.Pairs(pairs...)
	reasons(p, vi, vi.tr("Rejected because", "Lý do từ chối"), r.Reasons)

	p.Heading(vi.tr("Blanks", "Phôi thẻ"))
	var rows [][]string
	sum := int64(0)
	for _, a := range card.Accounts() {
		if n := r.Ledger[a]; a != card.Supplier && n != 0 {
			rows, sum = append(rows, []string{vi.of(accounts[a]), number(n)}), sum+n
		}
	}
	rows = append(rows, []string{vi.tr("together", "tổng cộng"), number(sum)}, []string{vi.of(accounts[card.Supplier]), number(r.Received)})
	p.Table([]Column{{Name: vi.tr("where they are", "nơi giữ"), Width: 0.7}, {Name: vi.tr("blanks", "số phôi"), Width: 0.3, Right: true}}, rows)
	reasons(p, vi, vi.tr("Cards rejected because", "Lý do thẻ hỏng"), r.Spoiled)

	if len(r.Stations) > 0 {
		p.Heading(vi.tr("Stations", "Trạm"))
		rows = nil
		for _, s := range r.Stations {
			rows = append(rows, []string{s.Name, number(s.Drawn), number(s.Good), number(s.Rejected), number(s.Untouched)})
		}
		p.Table([]Column{{Name: vi.tr("station", "trạm"), Width: 0.36}, {Name: vi.tr("drawn", "đã lấy"), Width: 0.16, Right: true}, {Name: vi.tr("good", "đạt"), Width: 0.16, Right: true},
			{Name: vi.tr("rejected", "hỏng"), Width: 0.16, Right: true}, {Name: vi.tr("untouched", "còn nguyên"), Width: 0.16, Right: true}}, rows)
	}
	if len(r.Boxes) > 0 {
		p.Heading(vi.tr("Boxes and receipts", "Hộp thẻ và biên nhận"))
		rows = nil
		for _, b := range r.Boxes {
			people := ""
			if b.TakenBy != "" {
				people = b.HandedBy + " → " + b.TakenBy
			}
			rows = append(rows, []string{b.Name, b.Lot, b.Office, number(int64(b.Cards)), vi.of(boxStates[b.State]), b.Receipt, people})
		}
		p.Table([]Column{{Name: vi.tr("box", "hộp"), Width: 0.1}, {Name: vi.tr("lot", "lô"), Width: 0.08}, {Name: vi.tr("office", "nơi nhận"), Width: 0.29},
			{Name: vi.tr("cards", "thẻ"), Width: 0.07, Right: true}, {Name: vi.tr("state", "trạng thái"), Width: 0.15}, {Name: vi.tr("receipt", "biên nhận"), Width: 0.14},
			{Name: vi.tr("from → to", "giao → nhận"), Width: 0.17}}, rows)
	}
	p.Heading(vi.tr("Audit log", "Nhật ký kiểm toán"))
	if r.Audit == nil {
		p.Text(vi.tr("Nothing has been written into an audit log yet.", "Chưa có nhật ký kiểm toán."), true)
	} else {
		p.Pairs([2]string{vi.tr("log", "nhật ký"), r.Audit.Origin}, [2]string{vi.tr("lines under the checkpoint", "số dòng đã ký"), strconv.FormatUint(r.Audit.Size, 10)},
			[2]string{vi.tr("root", "gốc"), hash(r.Audit.Root)}, [2]string{vi.tr("lines that wait", "số dòng đang chờ"), number(r.Waiting)})
	}
	p.Sign(fmt.Sprintf(vi.tr("Batch %s: %d records, %d blanks.", "Đợt %s: %d hồ sơ, %d phôi thẻ."), r.Name, r.Records, r.Received), vi.tr("For the bureau", "Đại diện cơ sở sản xuất"), vi.tr("Second person", "Người thứ hai"))
	return p.Write(w)
}

func reasons(p *Paper, vi words, name string, list []Count) {
	if len(list) == 0 {
		return
	}
	p.pdf.Ln(2)
	var rows [][]string
	for _, c := range list {
		rows = append(rows, []string{c.Reason, number(c.Count)})
	}
	p.Table([]Column{{Name: name, Width: 0.8}, {Name: vi.tr("times", "số lần"), Width: 0.2, Right: true}}, rows)
}
