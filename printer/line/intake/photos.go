package intake

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/citizen"
)

// Bounds on a zip of photos. A zip keeps the names of all its files in memory; larger
// batches have their photos in a folder.
const maxPhotos = 200_000

// Photos is where the portraits of a batch are.
type Photos struct {
	*citizen.Portraits
	under io.Closer // nil for a folder
}

// OpenPhotos opens the folder or the zip with the portraits; "" is the folder of the
// batch file.
func OpenPhotos(path, batchFile string) (*Photos, error) {
	if path == "" {
		p, err := citizen.OpenPortraits(batchFile)
		return &Photos{Portraits: p}, err
	}
	if !strings.EqualFold(filepath.Ext(path), ".zip") {
		p, err := citizen.OpenPortraits(filepath.Join(path, "x"))
		return &Photos{Portraits: p}, err
	}
	f, err := openFile(path)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil {
		var p *Photos
		if p, err = photosIn(path, f, info.Size()); err == nil {
			p.under = f
			return p, nil
		}
	}
	return nil, errors.Join(err, f.Close())
}

// photosIn opens a zip of portraits. What one file unfolds to is bounded where it is
// read, and paths are looked up, never followed.
func photosIn(path string, r io.ReaderAt, size int64) (*Photos, error) {
	z, err := openZip(r, size, maxPhotos)
	switch {
	case errors.Is(err, errEntries):
		return nil, &cardprofile.InputError{File: path, Problem: fmt.Sprintf("more than %d files in the zip", maxPhotos), Fix: "unpack it and name the folder"}
	case err != nil:
		return nil, &cardprofile.InputError{File: path, Problem: "the zip is damaged or is none", Fix: "pack the photos again"}
	}
	return &Photos{Portraits: citizen.PortraitsIn(z)}, nil
}

// Close lets go of them.
func (p *Photos) Close() error {
	if p.under != nil {
		return p.under.Close()
	}
	return p.Portraits.Close()
}
