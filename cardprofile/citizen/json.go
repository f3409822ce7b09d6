package citizen

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/chipid-toolkit/chipid/cardprofile"
)

// maxRecordFile bounds a record file.
const maxRecordFile = 1 << 20

// ParseRecord reads one record in JSON: an object of texts by field name, dates
// as dd/mm/yyyy or yyyy-mm-dd, sex as on a card, and for a card without end
// either date_of_expiry in those words or no_expiry true. name is the file's name
// in errors, all of which are *cardprofile.InputError.
func ParseRecord(text []byte, name string) (*Record, error) {
	fail := func(field, problem, fix string) error {
		return &cardprofile.InputError{File: name, Field: field, Line: lineOfKey(text, field), Problem: problem, Fix: fix}
	}
	if len(text) > maxRecordFile {
		return nil, fail("", "larger than a record can be", "name a record file")
	}
	text = bytes.TrimPrefix(text, []byte("\xEF\xBB\xBF"))
	dec := json.NewDecoder(bytes.NewReader(text))
	var fields map[string]any
	if err := dec.Decode(&fields); err != nil {
		in := &cardprofile.InputError{File: name, Problem: "not a JSON object", Fix: "write { \"number\": \"…\", \"full_name\": \"…\", … }"}
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			in.Line = 1 + bytes.Count(text[:min(int(syntax.Offset), len(text))], []byte{'\n'})
		}
		return nil, in
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, fail("", "more than one value", "write one record a file")
	}
	rec := new(Record)
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		v := fields[key]
		if key == "no_expiry" {
			on, ok := v.(bool)
			if !ok {
				return nil, fail(key, "not true or false", "write true or leave it out")
			}
			rec.NoExpiry = rec.NoExpiry || on
			continue
		}
		i, ok := columnByHeader(key)
		if !ok {
			return nil, fail(printableHeader(key), "unknown field", "use the fields "+strings.Join(Columns(), ", "))
		}
		s, ok := v.(string)
		if !ok {
			return nil, fail(columns[i].name, "not a text", "put it in quotation marks")
		}
		if problem, fix := setField(rec, columns[i], s); problem != "" {
			return nil, fail(columns[i].name, problem, fix)
		}
	}
	if rec.NoExpiry && !rec.DateOfExpiry.IsZero() {
		return nil, fail("no_expiry", "a date of expiry is there too", "write one of the two")
	}
	for _, c := range columns {
		if c.required && c.get(rec) == "" && c.name != "portrait" {
			return nil, fail(c.name, "missing", "add it")
		}
	}
	return rec, nil
}

// lineOfKey finds the line of a key; 0 when there is none.
func lineOfKey(text []byte, key string) int {
	i := -1
	if key != "" {
		i = bytes.Index(text, []byte(`"`+key+`"`))
	}
	if i < 0 {
		return 0
	}
	return 1 + bytes.Count(text[:i], []byte{'\n'})
}

// FieldLine finds the line of a field in a record file in JSON, 1-based; 0 when
// the file is none or the field is not in it.
func FieldLine(path, field string) int {
	f, err := os.Open(path)
	if err != nil || strings.EqualFold(filepath.Ext(path), ".csv") {
		return 0
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxRecordFile))
	if err != nil {
		return 0
	}
	return lineOfKey(text, field)
}

// ReadRecordFile reads a record file: JSON, or CSV with one row. The portrait's
// path in it is relative to the file.
func ReadRecordFile(path string) (*Record, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fileError(path, err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxRecordFile+1))
	if err != nil {
		return nil, &cardprofile.InputError{File: path, Problem: "cannot be read", Fix: "name a readable file"}
	}
	if !strings.EqualFold(filepath.Ext(path), ".csv") {
		return ParseRecord(text, path)
	}
	b, err := ReadBatch(bytes.NewReader(text), path)
	switch {
	case err != nil:
		return nil, err
	case len(b.Rejected) > 0:
		return nil, &b.Rejected[0].Reason
	case len(b.Accepted) != 1:
		return nil, &cardprofile.InputError{File: path, Problem: "not exactly one row", Fix: "name a file with one record, or issue a batch"}
	}
	return &b.Accepted[0], nil
}
