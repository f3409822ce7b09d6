package intake_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/printer/line/seal"
)

// Workbooks as offices make them: dates in cells of dates, shown in any order, counted
// from 1900 or 1904, and numbers in cells of numbers with leading zeros.
func TestCellsOfDatesAndNumbers(t *testing.T) {
	want := cardprofile.Date{Year: 1990, Month: 2, Day: 1}
	for _, c := range []struct {
		name   string
		format string
		epoch  bool
	}{{"day first", "dd/mm/yyyy", false}, {"month first", "mm/dd/yyyy", false}, {"short", "m/d/yy", false}, {"1904", "mm-dd-yy", true}} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			rows := many(t, 2)
			f := excelize.NewFile()
			sheet := f.GetSheetName(0)
			must(t, f.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &c.epoch}))
			dates, err := f.NewStyle(&excelize.Style{CustomNumFmt: &c.format})
			must(t, err)
			digits := "000000000000"
			numbers, err := f.NewStyle(&excelize.Style{CustomNumFmt: &digits})
			must(t, err)
			for i, cells := range rows {
				for j, cell := range cells {
					at, err := excelize.CoordinatesToCellName(j+1, i+1)
					must(t, err)
					switch {
					case i == 1 && j == 2:
						must(t, f.SetCellValue(sheet, at, time.Date(1990, 2, 1, 0, 0, 0, 0, time.UTC)))
						must(t, f.SetCellStyle(sheet, at, at, dates))
					case i == 1 && j == 0:
						must(t, f.SetCellValue(sheet, at, 1090900000))
						must(t, f.SetCellStyle(sheet, at, at, numbers))
					default:
						must(t, f.SetCellStr(sheet, at, cell))
					}
				}
			}
			path := filepath.Join(w.dir, "x.xlsx")
			must(t, f.SaveAs(path))
			b := w.batch("A")
			p, err := w.importFile("A", path, "")
			must(t, err)
			if p.Accepted != 2 {
				t.Fatalf("%+v", p)
			}
			got, requests := w.read("A")
			data, err := seal.OpenBatch(ctx, w.Keys, w.Seal, b.Name, got.SealedKey)
			must(t, err)
			r, _, err := data.Open(seal.Binding{Line: requests[0].Line, Number: requests[0].NumberDigest}, requests[0].Sealed)
			must(t, err)
			if r.DateOfBirth != want || r.Number != "001090900000" {
				t.Errorf("born %v, number right: %t", r.DateOfBirth, r.Number == "001090900000")
			}
		})
	}
}
