package citizen

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/chipid-toolkit/chipid/cardprofile"
)

// Bounds on a batch file.
const (
	maxRow     = 64 << 10 // bytes of one row, quotes included
	maxColumns = 128
)

// Columns of a rejects file beside those of the record. A batch file may have
// them: they are passed over, so that a corrected rejects file can be read again.
const (
	ColumnReason = "reject_reason"
	ColumnLine   = "reject_line"
)

// Reject is a row that cannot become a card, as it was read, and why.
type Reject struct {
	Line   int      // where the row began
	Fields []string // the row's cells, in the columns of the file
	Reason cardprofile.InputError
}

// Format prints no personal data whatever the verb.
func (r Reject) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(struct{ io.Writer }{f}, "[reject at line %d]", r.Line)
}

// Reader reads a batch file row by row: CSV in UTF-8 with a header line, in
// Vietnamese or with field names; separated by commas, semicolons or tabs.
type Reader struct {
	name   string
	csv    *csv.Reader
	guard  *guard
	table  *Table
	in     int
	failed error
}

// NewReader reads the header. name is the file's name in errors, all of which
// are *cardprofile.InputError. extra are columns beside the record's, which Extra
// gives.
func NewReader(r io.Reader, name string, extra ...Extra) (*Reader, error) {
	g := &guard{r: bufio.NewReaderSize(r, 64<<10)}
	if b, err := g.r.Peek(3); err == nil && bytes.Equal(b, []byte("\xEF\xBB\xBF")) {
		_, _ = g.r.Discard(3)
	} else if len(b) >= 2 && (b[0] == 0xFF && b[1] == 0xFE || b[0] == 0xFE && b[1] == 0xFF) {
		return nil, &cardprofile.InputError{File: name, Line: 1, Problem: "the file is UTF-16", Fix: "save it as CSV in UTF-8"}
	}
	c := csv.NewReader(g)
	c.Comma = separator(g.r)
	c.FieldsPerRecord = -1
	c.ReuseRecord = true
	rd := &Reader{name: name, csv: c, guard: g}
	header, line, err := rd.row()
	if errors.Is(err, io.EOF) {
		return nil, &cardprofile.InputError{File: name, Line: 1, Problem: "the file is empty", Fix: "begin it with a line of column names"}
	}
	if err != nil {
		return nil, err
	}
	if rd.table, err = NewTable(name, line, header, extra...); err != nil {
		return nil, err
	}
	return rd, nil
}

// separator is what parts the header line most often.
func separator(r *bufio.Reader) rune {
	b, _ := r.Peek(4096)
	if i := bytes.IndexByte(b, '\n'); i >= 0 {
		b = b[:i]
	}
	best, most := ',', bytes.Count(b, []byte{','})
	for _, s := range []rune{';', '\t'} {
		if n := bytes.Count(b, []byte(string(s))); n > most {
			best, most = s, n
		}
	}
	return best
}

// isNumbering: the running number that offices put first.
func isNumbering(cell string) bool {
	switch foldHeader(cell) {
	case "stt", "tt", "số thứ tự", "ghi chú":
		return true
	}
	return false
}

// printableHeader keeps an error short when the first line is data, and hides
// digits, which may then be somebody's number.
func printableHeader(s string) string {
	s = strings.Map(func(c rune) rune {
		if c >= '0' && c <= '9' {
			return '*'
		}
		if c < 0x20 || c == 0x7F {
			return -1
		}
		return c
	}, s)
	if r := []rune(s); len(r) > 40 {
		s = string(r[:40]) + "…"
	}
	return s
}

// Header are the file's own column names.
func (r *Reader) Header() []string { return r.table.Header() }

// Table is the file's columns.
func (r *Reader) Table() *Table { return r.table }

// ReadRow returns the cells of the next row that is not blank, and the line it begins
// on; the cells are good until the next call. The error is as that of Read.
func (r *Reader) ReadRow() (cells []string, line int, err error) {
	if r.failed != nil {
		return nil, 0, r.failed
	}
	for {
		if cells, line, err = r.row(); err != nil {
			r.failed = err
			return nil, 0, err
		}
		if !blank(cells) {
			r.in++
			return cells, line, nil
		}
	}
}

// Read returns the next row: a record, or the reject that it is. Exactly one of
// the first two is not nil until the error is io.EOF at the end, or an
// *cardprofile.InputError when the file itself is broken.
func (r *Reader) Read() (*Record, *Reject, error) {
	cells, line, err := r.ReadRow()
	if err != nil {
		return nil, nil, err
	}
	rec, problem := r.table.Record(cells, line)
	if problem != nil {
		return nil, &Reject{Line: line, Fields: append([]string(nil), cells...), Reason: *problem}, nil
	}
	return rec, nil, nil
}

// In is the number of rows read so far, accepted and rejected together.
func (r *Reader) In() int { return r.in }

func blank(cells []string) bool {
	for _, c := range cells {
		if strings.TrimSpace(c) != "" {
			return false
		}
	}
	return true
}

// row reads one row of cells, with the line it begins on.
func (r *Reader) row() ([]string, int, error) {
	r.guard.left = maxRow
	line := r.guard.lines + 1
	cells, err := r.csv.Read()
	if len(cells) > 0 {
		line, _ = r.csv.FieldPos(0)
	}
	var bad *csv.ParseError
	switch {
	case err == nil:
	case errors.Is(err, io.EOF):
		return nil, 0, io.EOF
	case errors.Is(err, errRowSize):
		return nil, 0, &cardprofile.InputError{File: r.name, Line: line, Problem: fmt.Sprintf("a row of more than %d bytes", maxRow), Fix: "look for a quotation mark that is not closed"}
	case errors.As(err, &bad):
		return nil, 0, &cardprofile.InputError{File: r.name, Line: bad.StartLine, Problem: "not CSV: a quotation mark in the wrong place", Fix: "put cells with quotation marks in quotation marks, and double those inside"}
	default:
		return nil, 0, &cardprofile.InputError{File: r.name, Problem: "the file cannot be read to its end", Fix: "check the file"}
	}
	for _, c := range cells {
		if !utf8.ValidString(c) || strings.ContainsRune(c, 0) {
			return nil, 0, &cardprofile.InputError{File: r.name, Line: line, Problem: "not UTF-8", Fix: "save the file as CSV in UTF-8"}
		}
	}
	return cells, line, nil
}

// setField brings a cell into its field: without the apostrophe that keeps a
// spreadsheet from taking it for a formula, in NFC, without spaces at the ends.
func setField(rec *Record, c column, cell string) (problem, fix string) {
	if strings.HasPrefix(cell, "'") && isFormula(cell) {
		cell = cell[1:]
	}
	if !utf8.ValidString(cell) {
		return "not UTF-8", "correct the text"
	}
	v := norm.NFC.String(strings.TrimSpace(cell))
	for _, ch := range v {
		if ch < 0x20 || ch == 0x7F || ch == utf8.RuneError {
			return "a character that is no text", "remove line breaks and control characters"
		}
	}
	if n := utf8.RuneCountInString(v); n > c.max {
		return fmt.Sprintf("%d characters, %d at most", n, c.max), "shorten it"
	}
	return c.set(rec, v)
}

// guard bounds the bytes of one row. It hands out one line at a time, so that
// the CSV reader never draws in more than the row it is reading.
type guard struct {
	r       *bufio.Reader
	pending []byte
	left    int
	lines   int
}

var errRowSize = errors.New("row too long")

func (g *guard) Read(p []byte) (int, error) {
	if g.left <= 0 {
		return 0, errRowSize
	}
	if len(g.pending) == 0 {
		line, err := g.r.ReadSlice('\n') // a longer line comes in pieces
		if len(line) == 0 {
			return 0, err
		}
		g.pending = line
		if line[len(line)-1] == '\n' {
			g.lines++
		}
	}
	n := copy(p[:min(len(p), g.left)], g.pending)
	g.pending = g.pending[n:]
	g.left -= n
	return n, nil
}
