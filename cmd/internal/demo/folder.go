package demo

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
)

// summarySchema marks a folder as one that a demo has left.
const summarySchema = "chipid.demo/1"

const summaryFile = "summary.json"

// folder is what a demo leaves. Files with personal data, though of nobody
// real, get the mode of personal data.
type folder struct{ dir string }

// openFolder makes the folder, or empties one that an earlier demo left. Any
// other folder with something in it is not touched.
func openFolder(dir string) (*folder, error) {
	unusable := &cardprofile.InputError{File: dir, Field: "--out", Problem: "is not a folder that can be written to", Fix: "name a new folder"}
	names, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, unusable
	case len(names) > 0:
		b, err := os.ReadFile(filepath.Join(dir, summaryFile))
		var s Summary
		if err != nil || json.Unmarshal(b, &s) != nil || s.Schema != summarySchema {
			return nil, &cardprofile.InputError{File: dir, Field: "--out", Problem: "the folder is not empty, and no demo has left it", Fix: "name a new folder"}
		}
		for _, old := range []string{"trust", "cards", "cards.pdf", "rejects.csv", summaryFile} {
			if err := os.RemoveAll(filepath.Join(dir, old)); err != nil {
				return nil, err
			}
		}
	}
	f := &folder{dir: dir}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, unusable
	}
	// The mark is there from the first moment, so that an interrupted demo
	// can be started again.
	if err := f.json(summaryFile, Summary{Schema: summarySchema}); errors.Is(err, fs.ErrPermission) {
		return nil, unusable
	} else if err != nil {
		return nil, err
	}
	return f, nil
}

func (f *folder) path(parts ...string) string {
	return filepath.Join(append([]string{f.dir}, parts...)...)
}

// write writes one file beside its place and moves it there.
func (f *folder) write(b []byte, parts ...string) error {
	target := f.path(parts...)
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(target+".part", b, 0o600); err != nil {
		return err
	}
	return os.Rename(target+".part", target)
}

func (f *folder) json(name string, v any) error {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return f.write(append(b, '\n'), name)
}

// files writes the files of a chip under the names that `card read` uses.
func (f *folder) files(list []lds.File, parts ...string) error {
	for _, file := range list {
		name := lds.DiskName(file.Name)
		if err := f.write(file.Bytes, append(append([]string(nil), parts...), name)...); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}
