package intake

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/citizen"
)

// Bounds on a workbook, in bytes. A sheet is read as it unfolds; what many rows share
// is kept in memory.
const (
	maxWorkbook     = 512 << 20
	maxUnfolded     = 4 << 30
	maxShared       = 64 << 20
	maxWorkbookPart = 1000
)

// Bounds on a workbook that comes encrypted: it is held in memory, since it may not lie
// on the disk in clear.
const (
	maxWorkbookHeld  = 32 << 20
	maxUnfoldedHeld  = 128 << 20
	maxWorkbookRatio = 200 // of what it unfolds to over what it has
)

// xlsxRows is the first sheet of a workbook.
type xlsxRows struct {
	path  string
	c     *content
	f     *excelize.File
	rows  *excelize.Rows // cells as they are shown
	raw   *excelize.Rows // cells as they are stored
	table *citizen.Table
	dates map[int]bool // columns of dates
	epoch bool         // days are counted from 1904
	tmp   string
	line  int
}

func openXLSX(c *content, encrypted bool) (_ rows, err error) {
	path := c.path
	x := &xlsxRows{path: path, c: c}
	defer func() {
		if err != nil {
			_ = x.letGo()
		}
	}()
	damaged := func(problem string) error {
		return &cardprofile.InputError{File: path, Problem: problem, Fix: "open it in a spreadsheet program and save it as .xlsx again"}
	}
	if encrypted {
		b, err := readAtMost(c, maxWorkbookHeld, "an encrypted workbook")
		if err != nil {
			return nil, err
		}
		if err := checkWorkbook(path, bytes.NewReader(b), int64(len(b)), maxWorkbookHeld, maxUnfoldedHeld); err != nil {
			return nil, err
		}
		x.f, err = excelize.OpenReader(bytes.NewReader(b), excelize.Options{UnzipSizeLimit: maxUnfoldedHeld, UnzipXMLSizeLimit: maxUnfoldedHeld})
		if err != nil {
			return nil, damaged("the workbook is damaged or is none")
		}
	} else {
		info, err := c.f.Stat()
		if err != nil {
			return nil, damaged("the workbook cannot be read")
		}
		if err := checkWorkbook(path, c.f, info.Size(), maxWorkbook, maxUnfolded); err != nil {
			return nil, err
		}
		// Large sheets unfold into a folder of this user alone, which goes with the reader.
		if x.tmp, err = os.MkdirTemp("", "chipid-workbook-*"); err != nil {
			return nil, err
		}
		x.f, err = excelize.OpenFile(path, excelize.Options{UnzipSizeLimit: maxUnfolded, UnzipXMLSizeLimit: 16 << 20, TmpDir: x.tmp})
		if err != nil {
			return nil, damaged("the workbook is damaged or is none")
		}
	}
	sheets := x.f.GetSheetList()
	if len(sheets) == 0 {
		return nil, damaged("the workbook has no sheet")
	}
	if x.rows, err = x.f.Rows(sheets[0]); err != nil {
		return nil, damaged("the first sheet cannot be read")
	}
	if x.raw, err = x.f.Rows(sheets[0]); err != nil {
		return nil, damaged("the first sheet cannot be read")
	}
	if props, err := x.f.GetWorkbookProps(); err == nil && props.Date1904 != nil {
		x.epoch = *props.Date1904
	}
	header, line, err := x.cells()
	if errors.Is(err, io.EOF) {
		return nil, &cardprofile.InputError{File: path, Line: 1, Problem: "the first sheet is empty", Fix: "begin it with a row of column names"}
	}
	if err != nil {
		return nil, err
	}
	if x.table, err = citizen.NewTable(path, line, header, orders...); err != nil {
		return nil, err
	}
	x.dates = map[int]bool{}
	for i := range header {
		switch x.table.Name(i) {
		case "date_of_birth", "date_of_issue", "date_of_expiry", columnDue:
			x.dates[i] = true
		}
	}
	return x, nil
}

// checkWorkbook looks at the container before anything unfolds.
func checkWorkbook(path string, r io.ReaderAt, size, most int64, unfolded uint64) error {
	bad := func(problem, fix string) error {
		return &cardprofile.InputError{File: path, Problem: problem, Fix: fix}
	}
	if size > most {
		return bad(fmt.Sprintf("a workbook of more than %d MB", most>>20), "save it as CSV")
	}
	z, err := openZip(r, size, maxWorkbookPart)
	switch {
	case errors.Is(err, errEntries):
		return bad(fmt.Sprintf("a workbook of more than %d parts", maxWorkbookPart), "save the sheet as CSV")
	case err != nil:
		return bad("the workbook is damaged or is none", "open it in a spreadsheet program and save it as .xlsx again")
	}
	var total uint64
	for _, p := range z.File {
		total += p.UncompressedSize64
		if p.UncompressedSize64 > unfolded || total > unfolded || total > uint64(size)*maxWorkbookRatio+(1<<20) { //nolint:gosec // sizes are not negative
			return bad("the workbook unfolds to far more than it holds", "save the sheet as CSV")
		}
		if strings.HasSuffix(strings.ToLower(p.Name), "sharedstrings.xml") && p.UncompressedSize64 > maxShared {
			return bad(fmt.Sprintf("the texts of the workbook are more than %d MB", maxShared>>20), "save the sheet as CSV")
		}
	}
	return nil
}

// cells reads the next row that is not blank, with its number.
func (x *xlsxRows) cells() ([]string, int, error) {
	for x.rows.Next() {
		x.line++
		cells, err := x.rows.Columns()
		var stored []string
		if err == nil && x.raw.Next() {
			stored, err = x.raw.Columns(excelize.Options{RawCellValue: true})
		}
		if err != nil {
			return nil, 0, &cardprofile.InputError{File: x.path, Line: x.line, Problem: "the row cannot be read", Fix: "open the workbook in a spreadsheet program and save it again"}
		}
		size := 0
		for _, c := range cells {
			size += len(c)
		}
		if size > maxLine {
			return nil, 0, &cardprofile.InputError{File: x.path, Line: x.line, Problem: fmt.Sprintf("a row of more than %d bytes", maxLine), Fix: "name a workbook with records"}
		}
		x.meant(cells, stored)
		for _, c := range cells {
			if strings.TrimSpace(c) != "" {
				return cells, x.line, nil
			}
		}
	}
	if err := x.rows.Error(); err != nil {
		return nil, 0, &cardprofile.InputError{File: x.path, Line: x.line + 1, Problem: "the sheet is damaged", Fix: "open the workbook in a spreadsheet program and save it again"}
	}
	return nil, 0, io.EOF
}

// lastDay is 31 December 9999 as a workbook counts days.
const lastDay = 2958465

// meant puts into cells what their owner meant where a spreadsheet shows something
// else: a day, which is shown in whatever order its format has, and a long number,
// which is shown with an exponent.
func (x *xlsxRows) meant(cells, stored []string) {
	for i := range cells {
		if i >= len(stored) || stored[i] == cells[i] {
			continue
		}
		v, err := strconv.ParseFloat(stored[i], 64)
		if err != nil {
			continue
		}
		switch {
		case x.dates[i] && v >= 1 && v <= lastDay && v == math.Trunc(v):
			if day, err := excelize.ExcelDateToTime(v, x.epoch); err == nil {
				cells[i] = day.Format("02/01/2006")
			}
		case strings.ContainsAny(cells[i], "eE") && !strings.ContainsAny(stored[i], "eE.-"):
			cells[i] = stored[i]
		}
	}
}

func (x *xlsxRows) next() (row, error) {
	cells, line, err := x.cells()
	if err != nil {
		return row{}, err
	}
	// A spreadsheet leaves empty cells at the end of a row out.
	n := len(x.table.Header())
	for len(cells) < n {
		cells = append(cells, "")
	}
	for len(cells) > n && cells[len(cells)-1] == "" {
		cells = cells[:len(cells)-1]
	}
	return tableRow(x.table, cells, line)
}

func (x *xlsxRows) header() []string { return x.table.Header() }

func (x *xlsxRows) close() error { return errors.Join(x.letGo(), x.c.Close()) }

// letGo gives up all but the file.
func (x *xlsxRows) letGo() error {
	var errs []error
	for _, r := range []*excelize.Rows{x.rows, x.raw} {
		if r != nil {
			errs = append(errs, r.Close())
		}
	}
	if x.f != nil {
		errs = append(errs, x.f.Close())
	}
	if x.tmp != "" {
		errs = append(errs, os.RemoveAll(x.tmp))
	}
	return errors.Join(errs...)
}
