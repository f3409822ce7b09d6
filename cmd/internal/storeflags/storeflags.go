package storeflags

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/printer/line/store"
)

// FileName is the store's file where no --db is given.
const FileName = "line.db"

// Environment is the variable that stands in for --db.
const Environment = "CHIPID_DB"

// Flags is --db.
type Flags struct{ DB string }

// Register adds the flag.
func (f *Flags) Register(fs *pflag.FlagSet) {
	fs.StringVar(&f.DB, "db", "", "store of the line: a file, or postgres://USER@HOST/DATABASE for many machines\n(default $"+Environment+", else "+FileName+" beside the batch or line file)")
}

// URL is the store that is meant; beside is the batch or line file, "" for none.
func (f *Flags) URL(beside string) string {
	if f.DB != "" {
		return f.DB
	}
	if v := os.Getenv(Environment); v != "" {
		return v
	}
	return filepath.Join(filepath.Dir(beside), FileName)
}

// Open opens a store that is there. A file that is missing is an
// *cardprofile.InputError: a wrong path must not look like an empty line.
func (f *Flags) Open(ctx context.Context, beside string) (*store.Store, error) {
	url := f.URL(beside)
	if path, ok := file(url); ok {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return nil, &cardprofile.InputError{File: path, Field: "db", Problem: "there is no such store", Fix: "name it with --db, or make it with chipid batch new"}
		}
	}
	return f.open(ctx, url)
}

// Create opens a store, and makes one where there is none.
func (f *Flags) Create(ctx context.Context, beside string) (*store.Store, error) {
	url := f.URL(beside)
	if path, ok := file(url); ok {
		// The store holds personal data, sealed: still nobody else's to read.
		out, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			return nil, &cardprofile.InputError{File: path, Field: "db", Problem: "the store cannot be made there", Fix: "name a file in a folder that you can write to"}
		}
		if err := out.Close(); err != nil {
			return nil, err
		}
	}
	return f.open(ctx, url)
}

func (f *Flags) open(ctx context.Context, url string) (*store.Store, error) {
	s, err := store.Open(ctx, url, store.Options{})
	if errors.Is(err, store.ErrURL) {
		return nil, &cardprofile.InputError{Field: "db", Problem: "is no store", Fix: "name a file, or postgres://USER@HOST/DATABASE"}
	}
	return s, err
}

// file is the path of a store that is a file on disk.
func file(url string) (string, bool) {
	if strings.HasPrefix(url, "postgres://") || strings.HasPrefix(url, "postgresql://") {
		return "", false
	}
	path := strings.TrimPrefix(url, "sqlite:")
	return path, path != ":memory:" && !strings.Contains(path, "://")
}
