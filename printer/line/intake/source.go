package intake

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/citizen"
	"github.com/chipid-toolkit/chipid/cardprofile/cms/envelope"
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
	Digest []byte // SHA-256 of the file, or of a query with its rows

	open   func(ctx context.Context) (rows, error)
	header []string     // of the columns, once read through
	close  func() error // nil: nothing is held
	// Of a file: where it is, what the system said of it, and whom it was encrypted to.
	path      string
	stat      os.FileInfo
	recipient *envelope.Recipient
}

// maxRows bounds a batch.
const maxRows = 20_000_000

// OpenFile is [Files.Open] of a file that comes in clear.
func OpenFile(ctx context.Context, path string, seen func(rows int64)) (*Source, error) {
	return Files{}.Open(ctx, path, seen)
}

// Close lets go of what the source holds between two readings.
func (s *Source) Close() error {
	if s.close == nil {
		return nil
	}
	return s.close()
}

// survey reads the whole file once.
func (s *Source) survey(ctx context.Context, seen func(int64)) error {
	r, err := s.open(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = r.close() }()
	s.header = r.header()
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

func digestFile(path string) (os.FileInfo, []byte, error) {
	f, err := openFile(path)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	h := sha256.New()
	if err == nil {
		_, err = io.Copy(h, f)
	}
	if err != nil {
		return nil, nil, &cardprofile.InputError{File: path, Problem: "cannot be read to its end", Fix: "check the file"}
	}
	return info, h.Sum(nil), nil
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
	c *content
	r *citizen.Reader
}

func openCSV(c *content) (rows, error) {
	r, err := citizen.NewReader(c, c.path, orders...)
	if err != nil {
		return nil, err
	}
	return &csvRows{c, r}, nil
}

func (c *csvRows) next() (row, error) {
	cells, line, err := c.r.ReadRow()
	if err != nil {
		return row{}, c.c.fault(err)
	}
	return tableRow(c.r.Table(), cells, line)
}

func (c *csvRows) header() []string { return c.r.Header() }
func (c *csvRows) close() error     { return c.c.Close() }
