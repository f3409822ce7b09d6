package intake

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
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

// xlsxRows is the first sheet of a workbook.
type xlsxRows struct {
	path  string
	f     *excelize.File
	rows  *excelize.Rows
	table *citizen.Table
	tmp   string
	line  int
}

func openXLSX(path string) (_ rows, err error) {
	if err := checkWorkbook(path); err != nil {
		return nil, err
	}
	// Large sheets unfold into a folder of this user alone, which goes with the reader.
	tmp, err := os.MkdirTemp("", "chipid-workbook-*")
	if err != nil {
		return nil, err
	}
	x := &xlsxRows{path: path, tmp: tmp}
	defer func() {
		if err != nil {
			_ = x.close()
		}
	}()
	damaged := func(problem string) error {
		return &cardprofile.InputError{File: path, Problem: problem, Fix: "open it in a spreadsheet program and save it as .xlsx again"}
	}
	x.f, err = excelize.OpenFile(path, excelize.Options{RawCellValue: false, UnzipSizeLimit: maxUnfolded, UnzipXMLSizeLimit: 16 << 20, TmpDir: tmp})
	if err != nil {
		return nil, damaged("the workbook is damaged or is none")
	}
	sheets := x.f.GetSheetList()
	if len(sheets) == 0 {
		return nil, damaged("the workbook has no sheet")
	}
	if x.rows, err = x.f.Rows(sheets[0]); err != nil {
		return nil, damaged("the first sheet cannot be read")
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
	return x, nil
}

// checkWorkbook looks at the container before anything unfolds.
func checkWorkbook(path string) error {
	bad := func(problem, fix string) error {
		return &cardprofile.InputError{File: path, Problem: problem, Fix: fix}
	}
	f, err := openFile(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return bad("cannot be read", "check the file")
	}
	if info.Size() > maxWorkbook {
		return bad(fmt.Sprintf("a workbook of more than %d MB", maxWorkbook>>20), "save it as CSV")
	}
	z, err := zip.NewReader(f, info.Size())
	if err != nil {
		return bad("the workbook is damaged or is none", "open it in a spreadsheet program and save it as .xlsx again")
	}
	if len(z.File) > maxWorkbookPart {
		return bad(fmt.Sprintf("a workbook of more than %d parts", maxWorkbookPart), "save the sheet as CSV")
	}
	var total uint64
	for _, p := range z.File {
		total += p.UncompressedSize64
		if total > maxUnfolded || total > uint64(info.Size())*200+(1<<20) { //nolint:gosec // sizes are not negative
			return bad("the workbook unfolds to far more than it holds", "save the sheet as CSV")
		}
		if strings.HasSuffix(p.Name, "sharedStrings.xml") && p.UncompressedSize64 > maxShared {
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

func (x *xlsxRows) close() error {
	var errs []error
	if x.rows != nil {
		errs = append(errs, x.rows.Close())
	}
	if x.f != nil {
		errs = append(errs, x.f.Close())
	}
	return errors.Join(append(errs, os.RemoveAll(x.tmp))...)
}

// writeXLSX writes rejects as a workbook, row by row.
func writeXLSX(w io.Writer, header []string, next func() (citizen.Reject, bool, error)) error {
	f := excelize.NewFile()
	defer func() { _ = f.Close() }()
	sw, err := f.NewStreamWriter(f.GetSheetName(0))
	if err != nil {
		return err
	}
	put := func(line int, cells []string) error {
		values := make([]any, len(cells))
		for i, c := range cells {
			values[i] = c
		}
		return sw.SetRow("A"+strconv.Itoa(line), values)
	}
	head := citizen.RejectRow(header, citizen.Reject{Fields: header})
	head[len(head)-2], head[len(head)-1] = citizen.ColumnLine, citizen.ColumnReason
	if err := put(1, head); err != nil {
		return err
	}
	for line := 2; ; line++ {
		r, more, err := next()
		if err != nil {
			return err
		}
		if !more {
			break
		}
		if err := put(line, citizen.RejectRow(header, r)); err != nil {
			return err
		}
	}
	if err := sw.Flush(); err != nil {
		return err
	}
	return f.Write(w)
}
