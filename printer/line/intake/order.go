package intake

import (
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/citizen"
	"github.com/chipid-toolkit/chipid/printer/line/store"
)

// order is what a row says about its card beside the record.
type order struct {
	kind, lot, office string
	replaces          string // a document number; personal data
	priority          int
	due               time.Time
}

// Names of the columns of an order.
const (
	columnKind     = "kind"
	columnLot      = "lot"
	columnOffice   = "office"
	columnReplaces = "replaces"
	columnPriority = "priority"
	columnDue      = "due"
)

// orders are the columns that a batch file may have beside the record's.
var orders = []citizen.Extra{
	{Name: columnKind, Headers: []string{"Loại cấp", "Hình thức cấp"}},
	{Name: columnLot, Headers: []string{"Lô"}},
	{Name: columnOffice, Headers: []string{"Nơi trả thẻ", "Cơ quan nhận"}},
	{Name: columnReplaces, Headers: []string{"Thay cho số"}},
	{Name: columnPriority, Headers: []string{"Ưu tiên"}},
	{Name: columnDue, Headers: []string{"Hạn trả", "Ngày trả"}},
}

var kinds = map[string]string{
	"": store.KindFirst, "first": store.KindFirst, "cấp mới": store.KindFirst,
	"renewal": store.KindRenewal, "cấp đổi": store.KindRenewal,
	"remake": store.KindRemake, "cấp lại": store.KindRemake,
	"sample": store.KindSample, "mẫu": store.KindSample,
}

// maxPriority is the highest priority; 0 is that of a row that names none.
const maxPriority = 9

// readOrder reads the order's cells; cell gives them by name.
func readOrder(cell func(name string) string) (order, *cardprofile.InputError) {
	// One office is one office, however its letters were typed.
	get := func(name string) string { return norm.NFC.String(strings.TrimSpace(cell(name))) }
	bad := func(field, problem, fix string) (order, *cardprofile.InputError) {
		return order{}, &cardprofile.InputError{Field: field, Problem: problem, Fix: fix}
	}
	var o order
	var ok bool
	if o.kind, ok = kinds[strings.ToLower(get(columnKind))]; !ok {
		return bad(columnKind, "not a kind of issue", "write first, renewal, remake or sample (cấp mới, cấp đổi, cấp lại, mẫu)")
	}
	for _, f := range []struct {
		name string
		at   *string
	}{{columnLot, &o.lot}, {columnOffice, &o.office}} {
		*f.at = get(f.name)
		if len(*f.at) > 60 || strings.ContainsFunc(*f.at, func(r rune) bool { return r < 0x20 || r == 0x7f || r == 0xfffd }) {
			return bad(f.name, "longer than 60 bytes, or holds a character that is no text", "shorten it")
		}
	}
	if v := get(columnPriority); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil || n < 0 || n > maxPriority {
			return bad(columnPriority, "not a priority", "write 0, for no hurry, to 9")
		}
		o.priority = n
	}
	if v := get(columnDue); v != "" {
		d, err := cardprofile.ParseDate(v)
		if err != nil {
			return bad(columnDue, "not a date", "write dd/mm/yyyy")
		}
		o.due = time.Date(d.Year, time.Month(d.Month), d.Day, 0, 0, 0, 0, time.UTC)
	}
	o.replaces = get(columnReplaces)
	switch {
	case len(o.replaces) > 22:
		return bad(columnReplaces, "longer than a document number", "write the number of the card that this one replaces")
	case o.replaces != "" && o.kind != store.KindRenewal && o.kind != store.KindRemake:
		return bad(columnReplaces, "is given for a card that replaces none", "write renewal or remake as its kind, or leave it out")
	}
	return o, nil
}
