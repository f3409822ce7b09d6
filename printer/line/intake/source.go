package intake

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/citizen"
)

// Formats of batch files.
const (
	CSV   = "csv"
	JSONL = "jsonl"
	XLSX  = "xlsx"
	Query = "query"
)

// row is one row of a file: a record and its order, or what is wrong with it.
type row struct {
	line    int
	record  *citizen.Record
	order   order
	problem *cardprofile.InputError
	raw     []byte // the row as it came, in JSON: personal data
}

// rows reads a file row by row, io.EOF at the end. Any other error means that the file
// is damaged, and is an *cardprofile.InputError.
type rows interface {
	next() (row, error)
	header() []string
	close() error
}

// Source is a batch file that has been read through once.
type Source struct {
	Name   string // for people
	Format string
	Rows   int64  // how many rows it has
	Digest []byte // SHA-256 of the file

	open func(ctx context.Context) (rows, error)
}

// maxRows bounds a batch.
const maxRows = 20_000_000

// OpenFile reads a batch file through: CSV, JSON Lines or XLSX, by its extension. An
// error, always an *cardprofile.InputError, says where the file is damaged; nothing
// has been taken in then. seen, if set, is told how many rows have been read so far.
func OpenFile(ctx context.Context, path string, seen func(rows int64)) (*Source, error) {
	s := &Source{Name: path}
	switch strings.ToLower(filepath.Ext(path)) {
	case ".csv", ".txt", ".tsv":
		s.Format, s.open = CSV, func(context.Context) (rows, error) { return openCSV(path) }
	case ".jsonl", ".ndjson":
		s.Format, s.open = JSONL, func(context.Context) (rows, error) { return openJSONL(path) }
	case ".xlsx":
		s.Format, s.open = XLSX, func(context.Context) (rows, error) { return openXLSX(path) }
	default:
		return nil, &cardprofile.InputError{File: path, Problem: "not a batch file by its name", Fix: "name a .csv, .jsonl or .xlsx file"}
	}
	digest, err := digestFile(path)
	if err != nil {
		return nil, err
	}
	s.Digest = digest
	return s, s.survey(ctx, seen)
}

// survey reads the whole file once.
func (s *Source) survey(ctx context.Context, seen func(int64)) error {
	r, err := s.open(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = r.close() }()
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		switch _, err := r.next(); {
		case errors.Is(err, io.EOF):
			if s.Rows == 0 {
				return &cardprofile.InputError{File: s.Name, Problem: "there is no row in it", Fix: "name a file with records"}
			}
			return nil
		case err != nil:
			return err
		}
		if s.Rows++; s.Rows > maxRows {
			return &cardprofile.InputError{File: s.Name, Problem: fmt.Sprintf("more than %d rows", maxRows), Fix: "divide the batch"}
		}
		if seen != nil {
			seen(s.Rows)
		}
	}
}

func digestFile(path string) ([]byte, error) {
	f, err := openFile(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return nil, &cardprofile.InputError{File: path, Problem: "cannot be read to its end", Fix: "check the file"}
	}
	return h.Sum(nil), nil
}

func openFile(path string) (*os.File, error) {
	f, err := os.Open(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, &cardprofile.InputError{File: path, Problem: "no such file", Fix: "check the path"}
	case err != nil:
		return nil, &cardprofile.InputError{File: path, Problem: "cannot be opened", Fix: "check the path and the rights"}
	}
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		_ = f.Close()
		return nil, &cardprofile.InputError{File: path, Problem: "is no file", Fix: "name a batch file"}
	}
	return f, nil
}

// tableRow makes a row of cells.
func tableRow(t *citizen.Table, cells []string, line int) (row, error) {
	raw, err := json.Marshal(cells)
	if err != nil {
		return row{}, err
	}
	r := row{line: line, raw: raw}
	if r.record, r.problem = t.Record(cells, line); r.problem != nil {
		r.record = nil
		return r, nil
	}
	r.order, r.problem = readOrder(func(name string) string { return t.Extra(cells, name) })
	return r, nil
}

// csvRows is a CSV file.
type csvRows struct {
	f *os.File
	r *citizen.Reader
}

func openCSV(path string) (rows, error) {
	f, err := openFile(path)
	if err != nil {
		return nil, err
	}
	r, err := citizen.NewReader(f, path, orders...)
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return &csvRows{f, r}, nil
}

func (c *csvRows) next() (row, error) {
	cells, line, err := c.r.ReadRow()
	if err != nil {
		return row{}, err
	}
	return tableRow(c.r.Table(), cells, line)
}

func (c *csvRows) header() []string { return c.r.Header() }
func (c *csvRows) close() error     { return c.f.Close() }
