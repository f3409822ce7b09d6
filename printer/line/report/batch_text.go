package report

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/chipid-toolkit/chipid/printer/line/card"
	"github.com/chipid-toolkit/chipid/printer/line/store"
)

// WriteText writes the report for a terminal, in English or, for "vi", in Vietnamese.
func (r *Batch) WriteText(w io.Writer, lang string) error {
	vi := words(lang == "vi")
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	line := func(cells ...any) { fmt.Fprintln(t, strings.TrimRight(fmt.Sprintln(cells...), "\n")) }
	pair := func(name string, value any) { line(name + "\t" + fmt.Sprint(value)) }
	pair(vi.tr("batch", "đợt"), fmt.Sprintf("%s (%s), %s", r.Name, r.Profile, vi.of(batchStates[r.State])))
	pair(vi.tr("records", "hồ sơ"), fmt.Sprintf("%d = %d %s + %d %s", r.Records, r.Accepted, vi.tr("accepted", "được chấp nhận"), r.Rejected, vi.tr("rejected", "bị từ chối")))
	for _, s := range []store.RequestState{store.RequestDone, store.RequestOpen, store.RequestMaking, store.RequestHeld, store.RequestCancelled} {
		if n := r.Requests[string(s)]; n > 0 {
			pair("  "+vi.of(requestStates[s]), n)
		}
	}
	for _, c := range r.Reasons {
		pair("  "+vi.tr("rejected", "từ chối"), fmt.Sprintf("%d × %s", c.Count, c.Reason))
	}
	pair(vi.tr("blanks received", "phôi đã nhận"), r.Received)
	for _, a := range card.Accounts() {
		if n := r.Ledger[a]; a != card.Supplier && n != 0 {
			pair("  "+vi.of(accounts[a]), n)
		}
	}
	for _, c := range r.Spoiled {
		pair("  "+vi.tr("card rejected", "thẻ hỏng"), fmt.Sprintf("%d × %s", c.Count, c.Reason))
	}
	for _, s := range r.Stations {
		pair(vi.tr("station ", "trạm ")+s.Name, fmt.Sprintf(vi.tr("%d drawn, %d good, %d rejected, %d untouched", "%d đã lấy, %d đạt, %d hỏng, %d còn nguyên"), s.Drawn, s.Good, s.Rejected, s.Untouched))
	}
	for _, b := range r.Boxes {
		text := fmt.Sprintf(vi.tr("%d cards, %s", "%d thẻ, %s"), b.Cards, vi.of(boxStates[b.State]))
		if b.Office != "" || b.Lot != "" {
			text += fmt.Sprintf(" (%s %s)", b.Office, b.Lot)
		}
		if b.Receipt != "" {
			text += fmt.Sprintf(", %s %s: %s → %s", vi.tr("receipt", "biên nhận"), b.Receipt, b.HandedBy, b.TakenBy)
		}
		pair(vi.tr("box ", "hộp ")+b.Name, text)
	}
	if r.Audit != nil {
		pair(vi.tr("audit log", "nhật ký kiểm toán"), fmt.Sprintf(vi.tr("%d lines, %d wait, root %s", "%d dòng, %d đang chờ, gốc %s"), r.Audit.Size, r.Waiting, r.Audit.Root))
	} else {
		pair(vi.tr("audit log", "nhật ký kiểm toán"), fmt.Sprintf(vi.tr("none yet, %d lines wait", "chưa có, %d dòng đang chờ"), r.Waiting))
	}
	if len(r.Wrong) == 0 {
		line(vi.tr("everything adds up", "mọi số liệu đều khớp"))
	}
	for _, text := range r.Wrong {
		line(vi.tr("DOES NOT ADD UP: ", "KHÔNG KHỚP: ") + text)
	}
	return t.Flush()
}
