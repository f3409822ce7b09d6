package intake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/cms/envelope"
)

// Files opens batch files and photos, also those that come encrypted: CMS in DER or
// BER, with .p7m or .cms behind the name that the file has inside (requests.csv.p7m).
type Files struct {
	// Intake is the private key that they are encrypted to; nil opens none of them.
	Intake envelope.Agreement
}

// encryptedAs gives the name inside an encrypted file.
func encryptedAs(path string) (inner string, ok bool) {
	switch ext := filepath.Ext(path); strings.ToLower(ext) {
	case ".p7m", ".cms":
		return strings.TrimSuffix(path, ext), true
	}
	return path, false
}

// content is a file's content as it is read, decrypted where it came encrypted.
type content struct {
	path string
	f    *os.File
	r    io.Reader
	// recipient is the key of an encrypted file, as the file names it.
	recipient *envelope.Recipient
	err       error // of the envelope
}

// open opens a file; the caller closes it.
func (x Files) open(ctx context.Context, path string) (*content, error) {
	f, err := openFile(path)
	if err != nil {
		return nil, err
	}
	c := &content{path: path, f: f, r: f}
	if _, encrypted := encryptedAs(path); !encrypted {
		return c, nil
	}
	if x.Intake == nil {
		_ = f.Close()
		return nil, &cardprofile.InputError{File: path, Problem: "is encrypted, and no key that opens it is named", Fix: "name the key as intake in the keys file"}
	}
	o, err := envelope.Open(ctx, f, x.Intake)
	if err != nil {
		_ = f.Close()
		return nil, envelopeError(path, err)
	}
	c.r, c.recipient = o, &o.Recipient
	return c, nil
}

// envelopeError says what to do about an envelope that does not open. Errors of the
// key's own stay what they are.
func envelopeError(path string, err error) error {
	in := &cardprofile.InputError{File: path}
	switch {
	case errors.Is(err, envelope.ErrRecipient):
		in.Problem, in.Fix = "is encrypted to another key", "ask for it encrypted to the intake certificate of this line"
	case errors.Is(err, envelope.ErrUnsupported):
		in.Problem, in.Fix = "is encrypted in a way that is not supported", "encrypt it to the intake certificate with AES: openssl cms -encrypt -binary -aes-256-gcm -outform DER"
	case errors.Is(err, envelope.ErrDamaged):
		in.Problem, in.Fix = "the encrypted file is damaged, or was changed on its way", "ask for it again"
	case errors.Is(err, envelope.ErrFormat):
		in.Problem, in.Fix = "is no encrypted file in DER", "encrypt it with openssl cms -encrypt -binary -aes-256-gcm -outform DER"
	default:
		return err
	}
	return in
}

func (c *content) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) && c.recipient != nil {
		c.err = envelopeError(c.path, err)
	}
	return n, err
}

func (c *content) Close() error { return c.f.Close() }

// fault is the envelope's error where there is one, which the reader above may have
// given words of its own, and otherwise that reader's.
func (c *content) fault(err error) error {
	if c.err != nil {
		return c.err
	}
	return err
}

// Open reads a batch file through: CSV, JSON Lines or XLSX, by its extension. An error
// that the file is to blame for is an *cardprofile.InputError and says where it is
// damaged; nothing has been taken in then. seen, if set, is told how many rows have
// been read so far.
func (x Files) Open(ctx context.Context, path string, seen func(rows int64)) (*Source, error) {
	s := &Source{Name: path, path: path}
	inner, encrypted := encryptedAs(path)
	var read func(*content, bool) (rows, error)
	switch strings.ToLower(filepath.Ext(inner)) {
	case ".csv", ".txt", ".tsv":
		s.Format, read = CSV, func(c *content, _ bool) (rows, error) { return openCSV(c) }
	case ".jsonl", ".ndjson":
		s.Format, read = JSONL, func(c *content, _ bool) (rows, error) { return openJSONL(c) }
	case ".xlsx":
		s.Format, read = XLSX, openXLSX
	default:
		return nil, &cardprofile.InputError{File: path, Problem: "not a batch file by its name", Fix: "name a .csv, .jsonl or .xlsx file, with .p7m behind that if it is encrypted"}
	}
	s.open = func(ctx context.Context) (rows, error) {
		c, err := x.open(ctx, path)
		if err != nil {
			return nil, err
		}
		s.recipient = c.recipient
		r, err := read(c, encrypted)
		if err != nil {
			err = c.fault(err)
			_ = c.Close()
			return nil, err
		}
		return r, nil
	}
	var err error
	if s.stat, s.Digest, err = digestFile(path); err != nil {
		return nil, err
	}
	return s, s.survey(ctx, seen)
}

// Photos opens the folder or the zip with the portraits; "" is the folder of the batch
// file. A zip may come encrypted as a batch file does.
func (x Files) Photos(ctx context.Context, path, batchFile string) (*Photos, error) {
	if _, encrypted := encryptedAs(path); !encrypted {
		return OpenPhotos(path, batchFile)
	}
	c, err := x.open(ctx, path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = c.Close() }()
	s, err := newScratch(c)
	if err != nil {
		return nil, c.fault(err)
	}
	p, err := photosIn(path, s, s.size)
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	p.under = s
	return p, nil
}

// Encrypted says whether the rows came encrypted: so do their rejects go back.
func (s *Source) Encrypted() bool { return s.recipient != nil }

// unchanged is an error where the file is not the one that was read through.
func (s *Source) unchanged() error {
	if s.path == "" {
		return nil
	}
	now, err := os.Stat(s.path)
	if err == nil && os.SameFile(now, s.stat) && now.Size() == s.stat.Size() && now.ModTime().Equal(s.stat.ModTime()) {
		return nil
	}
	return &cardprofile.InputError{File: s.path, Problem: "was changed while it was being taken in", Fix: "put it back as it was: the import goes on there; for another file make a new batch"}
}

// readAtMost reads a content whole.
func readAtMost(c *content, limit int64, what string) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(c, limit+1))
	if err != nil {
		return nil, c.fault(&cardprofile.InputError{File: c.path, Problem: "cannot be read to its end", Fix: "check the file"})
	}
	if int64(len(b)) > limit {
		return nil, &cardprofile.InputError{File: c.path, Problem: fmt.Sprintf("%s of more than %d MB", what, limit>>20), Fix: "send it as CSV"}
	}
	return b, nil
}
