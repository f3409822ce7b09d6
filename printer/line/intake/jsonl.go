package intake

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/citizen"
)

// maxLine bounds one line of a JSON Lines file, in bytes.
const maxLine = 64 << 10

// jsonRows is a JSON Lines file: an object by line, with the fields of a record and of
// an order as texts.
type jsonRows struct {
	path string
	c    *content
	r    *bufio.Reader
	line int
}

func openJSONL(c *content) (rows, error) {
	return &jsonRows{path: c.path, c: c, r: bufio.NewReaderSize(c, maxLine+2)}, nil
}

func (j *jsonRows) header() []string { return nil }
func (j *jsonRows) close() error     { return j.c.Close() }

func (j *jsonRows) next() (row, error) {
	for {
		text, err := j.r.ReadSlice('\n')
		if errors.Is(err, io.EOF) && len(text) == 0 {
			return row{}, io.EOF
		}
		j.line++
		if errors.Is(err, bufio.ErrBufferFull) || len(text) > maxLine {
			return row{}, &cardprofile.InputError{File: j.path, Line: j.line, Problem: fmt.Sprintf("a line of more than %d bytes", maxLine), Fix: "name a file with a record a line"}
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return row{}, j.c.fault(&cardprofile.InputError{File: j.path, Problem: "cannot be read to its end", Fix: "check the file"})
		}
		if j.line == 1 {
			text = bytes.TrimPrefix(text, []byte("\xEF\xBB\xBF"))
		}
		if text = bytes.TrimSpace(text); len(text) > 0 {
			return j.row(bytes.Clone(text))
		}
	}
}

// row reads one object. What is no object at all means that the file is another.
func (j *jsonRows) row(text []byte) (row, error) {
	var fields map[string]json.RawMessage
	if text[0] != '{' || json.Unmarshal(text, &fields) != nil {
		return row{}, &cardprofile.InputError{File: j.path, Line: j.line, Problem: "not a JSON object on a line of its own", Fix: "write one record a line: {\"number\": …}"}
	}
	r := row{line: j.line, raw: text}
	fail := func(field, problem, fix string) (row, error) {
		r.problem = &cardprofile.InputError{File: j.path, Line: j.line, Field: field, Problem: problem, Fix: fix}
		return r, nil
	}
	if dup := duplicateKey(text); dup {
		return fail("", "a field is there twice", "remove one of them")
	}
	cells := map[string]string{}
	for _, e := range orders {
		v, ok := fields[e.Name]
		if !ok {
			continue
		}
		delete(fields, e.Name)
		var s string
		if json.Unmarshal(v, &s) != nil {
			if e.Name != columnPriority {
				return fail(e.Name, "not a text", "put it in quotation marks")
			}
			s = string(v)
		}
		cells[e.Name] = strings.TrimSpace(s)
	}
	delete(fields, citizen.ColumnReason)
	delete(fields, citizen.ColumnLine)
	record, err := json.Marshal(fields)
	if err != nil {
		return fail("", "cannot be read as a record", "")
	}
	rec, err := citizen.ParseRecord(record, j.path)
	var in *cardprofile.InputError
	switch {
	case errors.As(err, &in):
		in.Line = j.line
		r.problem = in
		return r, nil
	case err != nil:
		return fail("", "cannot be read as a record", "")
	}
	rec.Line = j.line
	r.record = rec
	r.order, r.problem = readOrder(func(name string) string { return cells[name] })
	return r, nil
}

// duplicateKey finds a key of the object that comes twice, of which a map would keep
// one without a word.
func duplicateKey(text []byte) bool {
	d := json.NewDecoder(bytes.NewReader(text))
	seen := map[string]bool{}
	depth, key := 0, false
	for {
		t, err := d.Token()
		if err != nil {
			return false
		}
		switch v := t.(type) {
		case json.Delim:
			if v == '{' || v == '[' {
				depth++
			} else {
				depth--
			}
			key = depth == 1 && (v == '{' || v == '}' || v == ']')
			continue
		case string:
			if depth == 1 && key {
				if seen[v] {
					return true
				}
				seen[v], key = true, false
				continue
			}
		}
		key = depth == 1
	}
}
