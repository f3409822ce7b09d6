package demo_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/inspect"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cmd/internal/demo"
	"github.com/chipid-toolkit/chipid/hsm/soft"
)

func options(t *testing.T, out string, cards int) demo.Options {
	t.Helper()
	ring, err := soft.Open(context.Background(), soft.Config{}, soft.ForTesting(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ring.Close() })
	return demo.Options{Cards: cards, Out: out, Keyring: ring, Bench: demo.Embedded(), Stations: 2}
}

// TestWhatADemoLeaves runs the main job in this process and looks at the folder
// as a program would.
func TestWhatADemoLeaves(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	s, err := demo.Run(context.Background(), options(t, out, 3))
	if err != nil {
		t.Fatal(err)
	}
	if s.Records != 4 || s.Issued != 3 || s.Rejected != 1 || s.Spoiled != 0 || s.Records != s.Issued+s.Rejected {
		t.Fatalf("%+v", s)
	}
	var onDisk demo.Summary
	read(t, filepath.Join(out, "summary.json"), &onDisk)
	if onDisk.Issued != 3 || len(onDisk.Cards) != 3 {
		t.Fatalf("summary.json: %+v", onDisk)
	}
	trust, err := pki.Open(filepath.Join(out, "trust"))
	if err != nil {
		t.Fatal(err)
	}
	for _, card := range []string{"1", "2", "3"} {
		dir := filepath.Join(out, "cards", card)
		for _, name := range []string{"EF.COM.bin", "EF.SOD.bin", "EF.CardAccess.bin", "EF.DG1.bin", "EF.DG2.bin", "EF.DG13.bin", "EF.DG14.bin", "EF.DG15.bin", "front.png", "back.png", "verdict.json"} {
			info, err := os.Stat(filepath.Join(dir, name))
			if err != nil || info.Size() == 0 {
				t.Errorf("card %s: %s: %v", card, name, err)
				continue
			}
			if info.Mode().Perm() != 0o600 {
				t.Errorf("card %s: %s has mode %v", card, name, info.Mode())
			}
		}
		var v inspect.Verdict
		read(t, filepath.Join(dir, "verdict.json"), &v)
		if v.Outcome != inspect.ResultPassed || !v.Test {
			t.Errorf("card %s: verdict %s", card, v.Outcome)
		}
		files, err := lds.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		if v := inspect.Files(files, trust, inspect.Options{}); v.Outcome != inspect.ResultPassed {
			t.Errorf("card %s: the files alone are %s", card, v.Outcome)
		}
	}
	pdf, err := os.ReadFile(filepath.Join(out, "cards.pdf"))
	if err != nil || !bytes.HasPrefix(pdf, []byte("%PDF-")) {
		t.Errorf("cards.pdf: %v", err)
	}
	rejects, err := os.ReadFile(filepath.Join(out, "rejects.csv"))
	if err != nil || !bytes.Contains(rejects, []byte("reject_reason")) {
		t.Errorf("rejects.csv: %v", err)
	}
	// A folder that a demo left may be used again, any other not.
	if _, err := demo.Run(context.Background(), options(t, out, 1)); err != nil {
		t.Errorf("a second time: %v", err)
	}
}

func read(t *testing.T, name string, v any) {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, v); err != nil {
		t.Fatal(err)
	}
}

func TestAForeignFolderIsNotTouched(t *testing.T) {
	out := t.TempDir()
	if err := os.WriteFile(filepath.Join(out, "thesis.txt"), []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := demo.Run(context.Background(), options(t, out, 1))
	var input *cardprofile.InputError
	if !errors.As(err, &input) {
		t.Fatalf("got %v", err)
	}
	if b, err := os.ReadFile(filepath.Join(out, "thesis.txt")); err != nil || string(b) != "mine" {
		t.Fatal("the file is gone")
	}
}

func TestMoreCardsThanPeople(t *testing.T) {
	_, err := demo.Run(context.Background(), options(t, filepath.Join(t.TempDir(), "out"), 1000))
	var input *cardprofile.InputError
	if !errors.As(err, &input) || input.Field != "--cards" {
		t.Fatalf("got %v", err)
	}
}

func TestAnInterruptedDemoCountsWhatItDid(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	out := filepath.Join(t.TempDir(), "out")
	o := options(t, out, 5)
	o.Stations = 1
	o.Progress = func(p demo.Progress) {
		if p.Done == 2 {
			cancel()
		}
	}
	s, err := demo.Run(ctx, o)
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	if s.Issued != 2 || s.Records != 6 {
		t.Fatalf("%+v", s)
	}
	var onDisk demo.Summary
	read(t, filepath.Join(out, "summary.json"), &onDisk)
	if onDisk.Issued != 2 {
		t.Fatalf("summary.json: %+v", onDisk)
	}
}
