package citizen

import (
	"encoding/csv"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/chipid-toolkit/chipid/cardprofile"
)

// Batch is a whole batch file in memory. In is always the number of accepted and
// rejected rows together.
type Batch struct {
	File     string
	Header   []string
	In       int
	Accepted []Record
	Rejected []Reject
}

// maxBatch bounds what ReadBatch keeps in memory; larger files are read row by
// row with NewReader.
const maxBatch = 1_000_000

// ReadBatch reads a batch file whole. Rows that cannot be read become rejects; an
// error, always an *cardprofile.InputError, means that the file cannot be used.
func ReadBatch(r io.Reader, name string) (*Batch, error) {
	rd, err := NewReader(r, name)
	if err != nil {
		return nil, err
	}
	b := &Batch{File: name, Header: rd.Header()}
	for {
		rec, rej, err := rd.Read()
		if errors.Is(err, io.EOF) {
			return b, nil
		}
		if err != nil {
			return nil, err
		}
		if b.In++; b.In > maxBatch {
			return nil, &cardprofile.InputError{File: name, Problem: "more than " + strconv.Itoa(maxBatch) + " rows", Fix: "divide the batch"}
		}
		if rec != nil {
			b.Accepted = append(b.Accepted, *rec)
		} else {
			b.Rejected = append(b.Rejected, *rej)
		}
	}
}

// ReadBatchFile reads a batch file from disk.
func ReadBatchFile(path string) (*Batch, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fileError(path, err)
	}
	defer f.Close()
	return ReadBatch(f, path)
}

// Filter asks for every accepted record whether it stays; a reason moves it to
// the rejects. In stays what it was.
func (b *Batch) Filter(judge func(*Record) *cardprofile.InputError) {
	kept := b.Accepted[:0]
	for _, r := range b.Accepted {
		reason := judge(&r)
		if reason == nil {
			kept = append(kept, r)
			continue
		}
		if reason.File == "" {
			reason.File = b.File
		}
		if reason.Line == 0 {
			reason.Line = r.Line
		}
		b.Rejected = append(b.Rejected, Reject{Line: r.Line, Fields: row(&r, b.Header), Reason: *reason})
	}
	clear(b.Accepted[len(kept):])
	b.Accepted = kept
	slices.SortStableFunc(b.Rejected, func(x, y Reject) int { return x.Line - y.Line })
}

// row writes a record into the columns of a file.
func row(r *Record, header []string) []string {
	out := make([]string, len(header))
	for i, h := range header {
		if c, ok := columnByHeader(h); ok {
			out[i] = columns[c].get(r)
		}
	}
	return out
}

// WriteRejects writes rejects in the form of the batch file, with the line and
// the reason behind: correct the rows and read them again.
func WriteRejects(w io.Writer, header []string, rejects []Reject) error {
	rw, err := NewRejectWriter(w, header)
	if err != nil {
		return err
	}
	for _, r := range rejects {
		if err := rw.Write(r); err != nil {
			return err
		}
	}
	return rw.Flush()
}

// RejectWriter writes rejects one after the other, as WriteRejects does.
type RejectWriter struct {
	csv    *csv.Writer
	header []string
}

// NewRejectWriter writes the header.
func NewRejectWriter(w io.Writer, header []string) (*RejectWriter, error) {
	rw := &RejectWriter{csv: csv.NewWriter(w), header: header}
	return rw, rw.csv.Write(append(append([]string(nil), withoutReason(header)...), ColumnLine, ColumnReason))
}

// Write writes one reject.
func (w *RejectWriter) Write(r Reject) error { return w.csv.Write(RejectRow(w.header, r)) }

// Flush ends the file.
func (w *RejectWriter) Flush() error {
	w.csv.Flush()
	return w.csv.Error()
}

// RejectRow is a reject as a row of cells: those of the file without an earlier line
// and reason, then its line and its reason.
func RejectRow(header []string, r Reject) []string {
	cells := make([]string, 0, len(header)+2)
	for i, cell := range r.Fields {
		if i < len(header) && (header[i] == ColumnReason || header[i] == ColumnLine) {
			continue
		}
		cells = append(cells, safe(cell))
	}
	reason := r.Reason
	reason.File, reason.Line = "", 0
	return append(cells, strconv.Itoa(r.Line), safe(reason.Error()))
}

func withoutReason(header []string) []string {
	var out []string
	for _, h := range header {
		if h != ColumnReason && h != ColumnLine {
			out = append(out, h)
		}
	}
	return out
}

// WriteRejectsFile writes rejects to a file that only its owner can read,
// replacing an older one in one step.
func WriteRejectsFile(path string, header []string, rejects []Reject) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".rejects-*") // made with mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(f.Name())
		}
	}()
	if _, err = io.WriteString(f, "\uFEFF"); err != nil { // spreadsheets take UTF-8 for UTF-8 only with it
		return err
	}
	if err = WriteRejects(f, header, rejects); err != nil {
		return err
	}
	if err = f.Sync(); err != nil {
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// isFormula reports whether a spreadsheet would take a cell for a formula, were
// it not for apostrophes in front.
func isFormula(s string) bool {
	s = strings.TrimLeft(s, "'")
	return s != "" && strings.ContainsRune("=+-@\t\r\n", rune(s[0]))
}

// safe keeps a spreadsheet from running a cell; setField takes the apostrophe
// away again.
func safe(s string) string {
	if isFormula(s) {
		return "'" + s
	}
	return s
}

func fileError(path string, err error) *cardprofile.InputError {
	in := &cardprofile.InputError{File: path, Problem: "cannot be opened", Fix: "check the path and the rights"}
	if errors.Is(err, os.ErrNotExist) {
		in.Problem, in.Fix = "no such file", "check the path"
	}
	return in
}
