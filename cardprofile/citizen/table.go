package citizen

import (
	"fmt"
	"strings"

	"github.com/chipid-toolkit/chipid/cardprofile"
)

// Extra is a column of a batch file that is no field of the record, such as the
// priority of its card.
type Extra struct {
	Name    string
	Headers []string // in Vietnamese, as offices write them
}

// Table is the columns of a file of records, however its rows are written.
type Table struct {
	name    string
	header  []string
	columns []int // index into columns; -1 for a column that is passed over
	extras  map[string]int
}

// NewTable reads a header. name is the file's name in errors, all of which are
// *cardprofile.InputError, line the header's.
func NewTable(name string, line int, header []string, extra ...Extra) (*Table, error) {
	t := &Table{name: name, extras: map[string]int{}}
	if err := t.read(header, line, extra); err != nil {
		return nil, err
	}
	return t, nil
}

func (t *Table) read(header []string, line int, extra []Extra) error {
	if len(header) > maxColumns {
		return &cardprofile.InputError{File: t.name, Line: line, Problem: fmt.Sprintf("more than %d columns", maxColumns), Fix: "name a batch file of citizens"}
	}
	seen := map[int]bool{}
	for at, cell := range header {
		cell = strings.TrimSpace(cell)
		i, ok := columnByHeader(cell)
		more := extraByHeader(extra, cell)
		switch {
		case more != "":
			if _, twice := t.extras[more]; twice {
				return &cardprofile.InputError{File: t.name, Line: line, Field: more, Problem: "the column is there twice", Fix: "remove one of them"}
			}
			t.extras[more], i = at, -1
		case ok && seen[i]:
			return &cardprofile.InputError{File: t.name, Line: line, Field: columns[i].name, Problem: "the column is there twice", Fix: "remove one of them"}
		case ok:
			seen[i] = true
		case cell == ColumnReason, cell == ColumnLine, cell == "", isNumbering(cell):
			i = -1
		default:
			return &cardprofile.InputError{File: t.name, Line: line, Field: printableHeader(cell), Problem: "unknown column",
				Fix: "use the columns " + strings.Join(Columns(), ", ") + ", or their Vietnamese names"}
		}
		t.columns = append(t.columns, i)
		t.header = append(t.header, cell)
	}
	for i, c := range columns {
		if c.required && !seen[i] {
			missing := c.name
			if len(c.headers) > 0 {
				missing += " (" + c.headers[0] + ")"
			}
			return &cardprofile.InputError{File: t.name, Line: line, Field: missing, Problem: "the column is missing", Fix: "add it"}
		}
	}
	return nil
}

// extraByHeader finds an extra column, "" for none.
func extraByHeader(extra []Extra, header string) string {
	want := foldHeader(header)
	for _, e := range extra {
		if foldHeader(e.Name) == want {
			return e.Name
		}
		for _, h := range e.Headers {
			if foldHeader(h) == want {
				return e.Name
			}
		}
	}
	return ""
}

// Header are the file's own column names.
func (t *Table) Header() []string { return append([]string(nil), t.header...) }

// Name is the name of the record's field, or of the extra column, that the i-th column
// of the file is; "" for one that is passed over.
func (t *Table) Name(i int) string {
	if i < 0 || i >= len(t.columns) {
		return ""
	}
	if c := t.columns[i]; c >= 0 {
		return columns[c].name
	}
	for name, at := range t.extras {
		if at == i {
			return name
		}
	}
	return ""
}

// Extra is what a row says in an extra column, without spaces at its ends; "" where
// the file has no such column.
func (t *Table) Extra(cells []string, name string) string {
	i, ok := t.extras[name]
	if !ok || i >= len(cells) {
		return ""
	}
	return strings.TrimSpace(strings.TrimPrefix(cells[i], "'"))
}

// Record reads the cells of one row.
func (t *Table) Record(cells []string, line int) (*Record, *cardprofile.InputError) {
	fail := func(field, problem, fix string) *cardprofile.InputError {
		return &cardprofile.InputError{File: t.name, Line: line, Field: field, Problem: problem, Fix: fix}
	}
	if len(cells) != len(t.columns) {
		return nil, fail("", fmt.Sprintf("%d cells in a table of %d columns", len(cells), len(t.columns)), "give every row as many cells as the header has")
	}
	rec := &Record{Line: line}
	for i, cell := range cells {
		if t.columns[i] < 0 {
			continue
		}
		c := columns[t.columns[i]]
		if problem, fix := setField(rec, c, cell); problem != "" {
			return nil, fail(c.name, problem, fix)
		}
	}
	return rec, nil
}
