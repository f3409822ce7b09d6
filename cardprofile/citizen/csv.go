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
	name    string
	csv     *csv.Reader
	guard   *guard
	header  []string
	columns []int // index into columns; -1 for a column that is passed over
	in      int
	failed  error
}

// NewReader reads the header. name is the file's name in errors, all of which
// are *cardprofile.InputError.
func NewReader(r io.Reader, name string) (*Reader, error) {
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
	if err := rd.readHeader(header, line); err != nil {
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

func (r *Reader) readHeader(header []string, line int) error {
	if len(header) > maxColumns {
		return &cardprofile.InputError{File: r.name, Line: line, Problem: fmt.Sprintf("more than %d columns", maxColumns), Fix: "name a batch file of citizens"}
	}
	seen := map[int]bool{}
	for _, cell := range header {
		cell = strings.TrimSpace(cell)
		i, ok := columnByHeader(cell)
		switch {
		case ok && seen[i]:
			return &cardprofile.InputError{File: r.name, Line: line, Field: columns[i].name, Problem: "the column is there twice", Fix: "remove one of them"}
		case ok:
			seen[i] = true
		case cell == ColumnReason, cell == ColumnLine, cell == "", isNumbering(cell):
			i = -1
		default:
			return &cardprofile.InputError{File: r.name, Line: line, Field: printableHeader(cell), Problem: "unknown column",
				Fix: "use the columns " + strings.Join(Columns(), ", ") + ", or their Vietnamese names"}
		}
		r.columns = append(r.columns, i)
		r.header = append(r.header, cell)
	}
	for i, c := range columns {
		if c.required && !seen[i] {
			missing := c.name
			if len(c.headers) > 0 {
				missing += " (" + c.headers[0] + ")"
			}
			return &cardprofile.InputError{File: r.name, Line: line, Field: missing, Problem: "the column is missing", Fix: "add it"}
		}
	}
	return nil
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
func (r *Reader) Header() []string { return append([]string(nil), r.header...) }

// Read returns the next row: a record, or the reject that it is. Exactly one of
// the first two is not nil until the error is io.EOF at the end, or an
// *cardprofile.InputError when the file itself is broken.
func (r *Reader) Read() (*Record, *Reject, error) {
	if r.failed != nil {
		return nil, nil, r.failed
	}
	for {
		cells, line, err := r.row()
		if err != nil {
			r.failed = err
			return nil, nil, err
		}
		if blank(cells) {
			continue
		}
		r.in++
		rec, problem := r.record(cells, line)
		if problem != nil {
			return nil, &Reject{Line: line, Fields: append([]string(nil), cells...), Reason: *problem}, nil
		}
		return rec, nil, nil
	}
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

func (r *Reader) record(cells []string, line int) (*Record, *cardprofile.InputError) {
	fail := func(field, problem, fix string) *cardprofile.InputError {
		return &cardprofile.InputError{File: r.name, Line: line, Field: field, Problem: problem, Fix: fix}
	}
	if len(cells) != len(r.columns) {
		return nil, fail("", fmt.Sprintf("%d cells in a table of %d columns", len(cells), len(r.columns)), "give every row as many cells as the header has")
	}
	rec := &Record{Line: line}
	for i, cell := range cells {
		if r.columns[i] < 0 {
			continue
		}
		c := columns[r.columns[i]]
		if problem, fix := setField(rec, c, cell); problem != "" {
			return nil, fail(c.name, problem, fix)
		}
	}
	return rec, nil
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
