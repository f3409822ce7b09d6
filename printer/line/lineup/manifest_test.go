package lineup_test

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/printer/line/lineup"
	"github.com/chipid-toolkit/chipid/printer/line/store"
)

// A line that wants a manifest does not start on a lot without one, before a reader is opened; with one it goes on to the reader.
func TestManifestRequired(t *testing.T) {
	ctx := context.Background()
	s, err := store.Open(ctx, "sqlite:"+filepath.Join(t.TempDir(), "line.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	f, err := lineup.Parse([]byte(head+"manifest: required\nstations:\n  - name: S1\n    reader: no such reader\n"), "line.yaml")
	if err != nil {
		t.Fatal(err)
	}
	start := func(f *lineup.File) string {
		t.Helper()
		_, _, err := f.Build(ctx, "", lineup.Parts{Store: s})
		if err == nil {
			t.Fatal("a line without a reader")
		}
		var in *cardprofile.InputError
		if !errors.As(err, &in) {
			return "reader" // no PC/SC service here
		}
		return in.Field
	}
	if got := start(f); got != "blanks" {
		t.Errorf("without a manifest it stops at %q", got)
	}
	free, err := lineup.Parse([]byte(head+"stations:\n  - name: S1\n    reader: no such reader\n"), "line.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if got := start(free); got != "reader" {
		t.Errorf("where none is required it stops at %q", got)
	}
	if err := s.Do(ctx, "add", func(tx *store.Tx) error {
		return tx.AddManifest(ctx, store.Manifest{Digest: bytes.Repeat([]byte{1}, 32), Signer: make([]byte, 32), Lot: "LOT-1", By: "anna"}, []string{"01"})
	}); err != nil {
		t.Fatal(err)
	}
	if got := start(f); got != "reader" {
		t.Errorf("with its manifest it stops at %q", got)
	}
}
