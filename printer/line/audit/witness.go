package audit

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/mod/sumdb/note"
)

// readWitness reads the copy of a checkpoint that is kept elsewhere; false if there is
// none yet.
func readWitness(path string, v note.Verifier) (Checkpoint, bool, error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return Checkpoint{}, false, nil
	}
	if err != nil {
		return Checkpoint{}, false, fmt.Errorf("audit: %w", err)
	}
	defer func() { _ = f.Close() }()
	text, err := io.ReadAll(io.LimitReader(f, maxCheckpoint+1))
	if err != nil {
		return Checkpoint{}, false, fmt.Errorf("audit: %w", err)
	}
	c, err := readCheckpointNote(text, v)
	if err != nil {
		return Checkpoint{}, true, fmt.Errorf("audit: %s: %w", path, err)
	}
	return c, true, nil
}

// writeWitness writes the copy anew: whole, or as it was.
func writeWitness(path string, c Checkpoint) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".checkpoint-*")
	if err != nil {
		return fmt.Errorf("audit: the witness's copy: %w", err)
	}
	_, err = f.WriteString(c.Note)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return fmt.Errorf("audit: the witness's copy: %w", err)
	}
	return nil
}
