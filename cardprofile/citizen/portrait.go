package citizen

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/chipid-toolkit/chipid/cardprofile"
)

// maxPortrait bounds what is read of a portrait; the profile's own limit is far
// lower and is a rule's to judge.
const maxPortrait = 8 << 20

// Portraits is a folder of pictures. Names that lead out of it, also by a link,
// are refused.
type Portraits struct {
	fsys  fs.FS
	close func() error
}

// OpenPortraits opens the folder of a batch or record file.
func OpenPortraits(batchFile string) (*Portraits, error) {
	root, err := os.OpenRoot(filepath.Dir(batchFile))
	if err != nil {
		return nil, fileError(filepath.Dir(batchFile), err)
	}
	return &Portraits{fsys: root.FS(), close: root.Close}, nil
}

// PortraitsIn uses a file system that the caller trusts, such as an embedded
// one.
func PortraitsIn(fsys fs.FS) *Portraits {
	return &Portraits{fsys: fsys, close: func() error { return nil }}
}

// Close lets go of the folder.
func (p *Portraits) Close() error { return p.close() }

// Load reads the record's portrait. The error is an *cardprofile.InputError with
// the record's line and is meant to reject the record.
func (p *Portraits) Load(r Record) ([]byte, error) {
	fail := func(problem, fix string) error {
		return &cardprofile.InputError{Line: r.Line, Field: "portrait", Problem: problem, Fix: fix}
	}
	name := filepath.ToSlash(r.Portrait)
	name = strings.TrimPrefix(strings.ReplaceAll(name, `\`, "/"), "./")
	if name == "" {
		return nil, fail("there is no portrait", "name its file")
	}
	if !fs.ValidPath(name) {
		return nil, fail("the path leads out of the folder of the file", "put portraits beside the file")
	}
	f, err := p.fsys.Open(name)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fail("the portrait's file is not there", "put it beside the file, under the name that the record gives")
		}
		return nil, fail("the portrait's file cannot be opened", "check the file; links out of the folder are not followed")
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, fail("the portrait is no file", "name a file")
	}
	b, err := io.ReadAll(io.LimitReader(f, maxPortrait+1))
	switch {
	case err != nil:
		return nil, fail("the portrait's file cannot be read", "check the file")
	case len(b) > maxPortrait:
		return nil, fail("the portrait's file is far too large", "make it smaller")
	case len(b) == 0:
		return nil, fail("the portrait's file is empty", "replace it")
	}
	return b, nil
}
