package intake

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/citizen"
	"github.com/chipid-toolkit/chipid/cardprofile/cms/envelope"
	"github.com/chipid-toolkit/chipid/printer/line/seal"
	"github.com/chipid-toolkit/chipid/printer/line/store"
)

// WriteRejects writes the rejected rows of a batch to a file, in the form of the
// source and with line and reason behind: correct the rows and import them as a batch
// of their own. A query's come as CSV. Those of a file that came encrypted are
// encrypted, to the same key. Only this user can read the file, which
// replaces an older one in one step. It returns how many rows there are.
func (im *Importer) WriteRejects(ctx context.Context, name string, src *Source, path string) (n int64, err error) {
	var b store.Batch
	if err := im.Store.Do(ctx, "rejects", func(tx *store.Tx) (err error) {
		b, err = tx.Batch(ctx, name)
		return err
	}); err != nil {
		return 0, err
	}
	data, err := seal.OpenBatch(ctx, im.Keys, im.Seal, b.Name, b.SealedKey)
	if err != nil {
		return 0, err
	}
	defer data.Close()
	f, err := os.CreateTemp(filepath.Dir(path), ".rejects-*") // made with mode 0600
	if err != nil {
		return 0, &cardprofile.InputError{File: path, Problem: "cannot be written", Fix: "name a file in a folder that you can write to"}
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(f.Name())
		}
	}()
	out, end, err := im.envelope(f, src)
	if err != nil {
		return 0, err
	}
	pages := &rejectPages{ctx: ctx, store: im.Store, batch: b.ID, data: data}
	switch src.Format {
	case JSONL:
		err = writeJSONL(out, pages)
	case XLSX:
		err = writeXLSX(out, src.header, pages.reject)
	default:
		err = writeCSV(out, src.header, pages)
	}
	if err == nil {
		err = end()
	}
	if err == nil {
		err = f.Sync()
	}
	if err != nil {
		return 0, fmt.Errorf("intake: rejects: %w", err)
	}
	if err = f.Close(); err != nil {
		return 0, err
	}
	return pages.n, os.Rename(f.Name(), path)
}

// envelope encrypts what goes to w where the batch came encrypted: to the same key and
// to whom the importer adds. end ends the file.
func (im *Importer) envelope(w io.Writer, src *Source) (out io.Writer, end func() error, err error) {
	buffer := bufio.NewWriterSize(w, 64<<10)
	if !src.Encrypted() {
		return buffer, buffer.Flush, nil
	}
	s, err := envelope.Seal(buffer, append([]envelope.Recipient{*src.recipient}, im.RejectsFor...)...)
	if err != nil {
		return nil, nil, err
	}
	return s, func() error { return errors.Join(s.Close(), buffer.Flush()) }, nil
}

// rejectPages reads the rejects of a batch a page at a time.
type rejectPages struct {
	ctx   context.Context
	store *store.Store
	batch int64
	data  *seal.Batch
	page  []store.Reject
	last  int
	n     int64
}

// next is the next reject with its row as it came.
func (p *rejectPages) next() (store.Reject, []byte, bool, error) {
	if len(p.page) == 0 {
		err := p.store.Do(p.ctx, "rejects", func(tx *store.Tx) (err error) {
			p.page, err = tx.Rejects(p.ctx, p.batch, p.last, piece)
			return err
		})
		if err != nil || len(p.page) == 0 {
			return store.Reject{}, nil, false, err
		}
	}
	r := p.page[0]
	p.page, p.last = p.page[1:], r.Line
	p.n++
	raw, err := openRow(p.data, r)
	return r, raw, err == nil, err
}

func reasonOf(r store.Reject) cardprofile.InputError {
	return cardprofile.InputError{Field: r.Field, Problem: r.Problem, Fix: r.Fix}
}

// reject is next for a file of cells.
func (p *rejectPages) reject() (citizen.Reject, bool, error) {
	r, raw, more, err := p.next()
	if err != nil || !more {
		return citizen.Reject{}, false, err
	}
	cells, err := cellsOf(raw)
	return citizen.Reject{Line: r.Line, Fields: cells, Reason: reasonOf(r)}, true, err
}

func writeCSV(w io.Writer, header []string, p *rejectPages) error {
	if _, err := io.WriteString(w, "\uFEFF"); err != nil { // spreadsheets take UTF-8 for UTF-8 only with it
		return err
	}
	out, err := citizen.NewRejectWriter(w, header)
	if err != nil {
		return err
	}
	for {
		r, more, err := p.reject()
		if err != nil {
			return err
		}
		if !more {
			return out.Flush()
		}
		if err := out.Write(r); err != nil {
			return err
		}
	}
}

// writeJSONL writes the objects as they came, with line and reason behind.
func writeJSONL(w io.Writer, p *rejectPages) error {
	for {
		r, raw, more, err := p.next()
		if err != nil || !more {
			return err
		}
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(raw, &fields); err != nil {
			return seal.ErrSeal
		}
		body := bytes.TrimSuffix(bytes.TrimSpace(raw), []byte("}"))
		if _, old := fields[citizen.ColumnReason]; old || fields[citizen.ColumnLine] != nil {
			delete(fields, citizen.ColumnReason)
			delete(fields, citizen.ColumnLine)
			if body, err = json.Marshal(fields); err != nil {
				return err
			}
			body = bytes.TrimSuffix(body, []byte("}"))
		}
		in := reasonOf(r)
		reason, err := json.Marshal(in.Error())
		if err != nil {
			return err
		}
		comma := ","
		if len(fields) == 0 {
			comma = ""
		}
		if _, err := fmt.Fprintf(w, "%s%s%q:%d,%q:%s}\n", body, comma, citizen.ColumnLine, r.Line, citizen.ColumnReason, reason); err != nil {
			return err
		}
	}
}
