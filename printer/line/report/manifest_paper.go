package report

import (
	"fmt"
	"io"
	"strconv"

	"github.com/chipid-toolkit/chipid/printer/line/pack"
	"github.com/chipid-toolkit/chipid/printer/line/store"
)

// WriteManifest writes the manifest of a box as a PDF, in Vietnamese and English, with
// room for the two signatures of a hand-over.
func WriteManifest(w io.Writer, m pack.Manifest) error {
	b := m.Box
	when := b.Opened
	if !b.Sealed.IsZero() {
		when = b.Sealed
	}
	p := NewPaper("Bảng kê hộp thẻ "+b.Name(), "Box manifest "+b.Name(), "chipid pack. Không có tên hay số định danh của chủ thẻ. / No holder's name or number stands on it.", when)
	pairs := [][2]string{
		{"Đợt / Batch", m.Batch}, {"Lô / Lot", dash(b.Lot)}, {"Nơi nhận / Office", dash(b.Office)},
		{"Số thẻ / Cards", strconv.Itoa(len(m.Cards))},
	}
	if b.State == store.BoxOpen {
		p.Text("HỘP CHƯA NIÊM PHONG / THE BOX IS NOT SEALED", true)
	} else {
		pairs = append(pairs, [2]string{"Niêm phong / Sealed", fmt.Sprintf("%s, %s", moment(b.Sealed), b.SealedBy)}, [2]string{"SHA-256", hash(fmt.Sprintf("%x", b.Manifest))})
	}
	if b.State == store.BoxHanded {
		pairs = append(pairs, [2]string{"Bàn giao / Handed over", fmt.Sprintf("%s, %s → %s", moment(b.Handed), b.HandedBy, b.TakenBy)}, [2]string{"Biên nhận / Receipt", b.Receipt})
	}
	p.Pairs(pairs...)
	p.Heading("Thẻ / Cards")
	rows := make([][]string, len(m.Cards))
	for i, l := range m.Cards {
		rows[i] = []string{strconv.Itoa(i + 1), strconv.FormatInt(l.Card, 10), strconv.Itoa(l.Row), l.Serial, ""}
	}
	p.Table([]Column{{Name: "TT / No.", Width: 0.12, Right: true}, {Name: "Số thẻ / Card", Width: 0.18, Right: true}, {Name: "Dòng hồ sơ / Row", Width: 0.2, Right: true},
		{Name: "Chip", Width: 0.32}, {Name: "Kiểm / Seen", Width: 0.18}}, rows)
	p.Sign(fmt.Sprintf("Đã giao nhận hộp %s, %d thẻ. / Box %s with %d cards was handed over.  SHA-256 %s", b.Name(), len(m.Cards), b.Name(), len(m.Cards), hash(fmt.Sprintf("%x", m.Digest()))),
		"Bên giao / For the bureau", "Bên nhận / For the office")
	return p.Write(w)
}

func dash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}
