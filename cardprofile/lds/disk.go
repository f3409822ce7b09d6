package lds

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/chipid-toolkit/chipid/cardprofile"
)

// MaxDiskFile bounds what ReadDir reads of one file, in bytes. The largest data
// group of a real document is a tenth of it.
const MaxDiskFile = 4 << 20

// DiskName is what a file of a chip is called in a directory: "EF.DG1.bin",
// "EF.ATR-INFO.bin".
func DiskName(name string) string { return strings.ReplaceAll(name, "/", "-") + ".bin" }

// FileByDiskName finds the file that a name in a directory means. Case, the
// extension and a missing "EF." do not matter: EF.DG1.bin, dg1, EF_SOD.der.
func FileByDiskName(name string) (FileID, bool) {
	base := name
	switch strings.ToLower(filepath.Ext(base)) {
	case ".bin", ".der", ".dat":
		base = strings.TrimSuffix(base, filepath.Ext(base))
	}
	base = strings.NewReplacer("_", ".", "-", "/").Replace(base)
	return FileByName(base)
}

// WriteDir writes files into dir, which it makes, with mode 0600: they hold
// personal data.
func WriteDir(dir string, files []File) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for _, f := range files {
		if err := os.WriteFile(filepath.Join(dir, DiskName(f.Name)), f.Bytes, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// ReadDir reads the files of a chip out of a directory, in the order of the
// standard; names that mean none are passed over. Bytes are as they lie there. A
// directory that cannot be used, without any such file, or with two that mean the
// same, is an *cardprofile.InputError.
func ReadDir(dir string) ([]File, error) {
	bad := func(problem, fix string) error {
		return &cardprofile.InputError{File: dir, Problem: problem, Fix: fix}
	}
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, bad("there is no such directory", "check the path")
	}
	if err != nil {
		return nil, bad("cannot be read as a directory", "name a directory of EF files")
	}
	found := map[string][]byte{}
	for _, e := range entries {
		id, ok := FileByDiskName(e.Name())
		if !ok || e.IsDir() {
			continue
		}
		if _, twice := found[id.Name]; twice {
			return nil, bad("two files are "+id.Name, "leave one")
		}
		b, err := ReadDiskFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		found[id.Name] = b
	}
	if len(found) == 0 {
		return nil, bad("holds no file of a chip", "name a directory with EF.SOD.bin, EF.DG1.bin, …")
	}
	var files []File
	for _, id := range append(FileIDs(), lds2Files...) {
		if b, ok := found[id.Name]; ok {
			files = append(files, File{Name: id.Name, Bytes: b})
			delete(found, id.Name)
		}
	}
	return files, nil
}

// ReadDiskFile reads one file, at most MaxDiskFile bytes of it. The error is an
// *cardprofile.InputError.
func ReadDiskFile(path string) ([]byte, error) {
	return ReadBounded(path, MaxDiskFile, "name a file of a chip", "read it from the chip again")
}

// ReadBounded reads one file of at most limit bytes that is not empty. fixLarge
// and fixEmpty tell what to do about one that is. The error is an
// *cardprofile.InputError.
func ReadBounded(path string, limit int, fixLarge, fixEmpty string) ([]byte, error) {
	bad := func(problem, fix string) error {
		return &cardprofile.InputError{File: path, Problem: problem, Fix: fix}
	}
	f, err := os.Open(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, bad("there is no such file", "check the path")
	case err != nil:
		return nil, bad("cannot be opened", "name a readable file")
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, int64(limit)+1))
	switch {
	case err != nil:
		return nil, bad("cannot be read", "name a readable file")
	case len(b) > limit:
		return nil, bad(fmt.Sprintf("larger than %d bytes", limit), fixLarge)
	case len(b) == 0:
		return nil, bad("is empty", fixEmpty)
	}
	return slices.Clip(b), nil
}
