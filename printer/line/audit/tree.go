package audit

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	flog "github.com/transparency-dev/formats/log"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/api"
	"github.com/transparency-dev/tessera/api/layout"
	"golang.org/x/mod/sumdb/note"
)

// Bounds of the files that are read.
const (
	maxCheckpoint = 64 << 10
	maxBundle     = layout.EntryBundleWidth * (2 + maxEntry)
	maxTile       = layout.TileWidth * 32
	// maxLog is more lines than a line can write in a hundred years.
	maxLog = 1 << 40
)

// Checkpoint is one state of the log.
type Checkpoint struct {
	Origin string
	Size   uint64
	Root   []byte // RFC 6962, 2.1
	// Note is the checkpoint as it was signed.
	Note string
	// Signed: its signature was verified with a key.
	Signed bool
}

// Errors of a checkpoint.
var (
	errCheckpoint = errors.New("not a checkpoint")
	errSignature  = errors.New("the checkpoint is not signed by the log's key")
)

// readCheckpointNote reads a checkpoint; v may be nil, and then nothing is known of
// who signed it.
func readCheckpointNote(text []byte, v note.Verifier) (Checkpoint, error) {
	if len(text) > maxCheckpoint {
		return Checkpoint{}, errCheckpoint
	}
	var n *note.Note
	var err error
	if v != nil {
		n, err = note.Open(text, note.VerifierList(v))
		if err != nil {
			err = errSignature
		}
	} else {
		var un *note.UnverifiedNoteError
		if _, err = note.Open(text, note.VerifierList()); errors.As(err, &un) {
			n, err = un.Note, nil
		} else {
			err = errCheckpoint
		}
	}
	if err != nil {
		return Checkpoint{}, err
	}
	var c flog.Checkpoint
	rest, err := c.Unmarshal([]byte(n.Text))
	if err != nil || len(rest) != 0 || len(c.Hash) != rfc6962.DefaultHasher.Size() || c.Size > maxLog {
		return Checkpoint{}, errCheckpoint
	}
	return Checkpoint{Origin: c.Origin, Size: c.Size, Root: c.Hash, Note: string(text), Signed: v != nil}, nil
}

// folder is the log's folder, read only.
type folder string

// read reads a file of the log that has at most limit bytes.
func (d folder) read(name string, limit int64) ([]byte, error) {
	f, err := os.Open(filepath.Join(string(d), filepath.FromSlash(name)))
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(b)) > limit {
		err = fmt.Errorf("%s is larger than a file of a log can be", name)
	}
	return b, err
}

// checkpoint is the text of the newest checkpoint.
func (d folder) checkpoint() ([]byte, error) { return d.read(layout.CheckpointPath, maxCheckpoint) }

// partial reads what a tree of size leaves has at a place: a file that is not full yet
// goes away once it is, so either will do.
func (d folder) partial(path func(p uint8) string, p uint8, limit int64) ([]byte, error) {
	b, err := d.read(path(p), limit)
	if p != 0 && errors.Is(err, fs.ErrNotExist) {
		return d.read(path(0), limit)
	}
	return b, err
}

// bundle reads the index-th bundle of entries of a log of size entries: 256 of them, or
// what is left. More than that are given back too, fewer are as well: the caller counts.
func (d folder) bundle(index, size uint64) ([][]byte, error) {
	p := layout.PartialTileSize(0, index, size)
	b, err := d.partial(func(p uint8) string { return layout.EntriesPath(index, p) }, p, maxBundle)
	if err != nil {
		return nil, err
	}
	var bundle api.EntryBundle
	if err := bundle.UnmarshalText(b); err != nil {
		return nil, errors.New("a bundle of entries cannot be taken apart")
	}
	return bundle.Entries, nil
}

// tile reads the hashes of a tile.
func (d folder) tile(level, index, size uint64) ([][]byte, error) {
	p := layout.PartialTileSize(level, index, size)
	b, err := d.partial(func(p uint8) string { return layout.TilePath(level, index, p) }, p, maxTile)
	if err != nil {
		return nil, err
	}
	var tile api.HashTile
	if err := tile.UnmarshalText(b); err != nil {
		return nil, errors.New("a tile cannot be taken apart")
	}
	return tile.Nodes, nil
}

// inBundle is how many entries the index-th bundle of a log of size entries has.
func inBundle(index, size uint64) int {
	if p := layout.PartialTileSize(0, index, size); p != 0 {
		return int(p)
	}
	return layout.EntryBundleWidth
}

// ReadCheckpoint reads a checkpoint without asking who signed it: its Signed is false.
func ReadCheckpoint(text []byte) (Checkpoint, error) { return readCheckpointNote(text, nil) }
