package audit

import (
	"crypto"

	flog "github.com/transparency-dev/formats/log"
	"golang.org/x/mod/sumdb/note"
)

// SignCheckpoint signs a checkpoint as a thief of the key would.
func SignCheckpoint(origin string, size uint64, root []byte, key crypto.Signer) ([]byte, error) {
	s, err := newSigner(origin, key)
	if err != nil {
		return nil, err
	}
	return note.Sign(&note.Note{Text: string(flog.Checkpoint{Origin: origin, Size: size, Hash: root}.Marshal())}, s)
}

// Decode and Encode are the form of a line.
var (
	Decode             = decode
	Encode             = encode
	ReadCheckpointNote = readCheckpointNote
)
