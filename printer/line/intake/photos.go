package intake

import (
	"archive/zip"
	"fmt"
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
	zip *zip.ReadCloser
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
	if err := f.Close(); err != nil {
		return nil, err
	}
	z, err := zip.OpenReader(path)
	if err != nil {
		return nil, &cardprofile.InputError{File: path, Problem: "the zip is damaged or is none", Fix: "pack the photos again"}
	}
	if len(z.File) > maxPhotos {
		_ = z.Close()
		return nil, &cardprofile.InputError{File: path, Problem: fmt.Sprintf("more than %d files in the zip", maxPhotos), Fix: "unpack it and name the folder"}
	}
	// What one file unfolds to is bounded where it is read, and paths are looked up,
	// never followed.
	return &Photos{Portraits: citizen.PortraitsIn(&z.Reader), zip: z}, nil
}

// Close lets go of them.
func (p *Photos) Close() error {
	if p.zip != nil {
		return p.zip.Close()
	}
	return p.Portraits.Close()
}
