package openpace_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/apdu/pace"
	"github.com/chipid-toolkit/chipid/testcards/openpace"
)

// What is missing is named with its Debian package.
func TestMissingParts(t *testing.T) {
	for _, x := range []struct {
		name, debian string
		hide         func(t *testing.T)
	}{
		{"compiler", "gcc", func(t *testing.T) { t.Setenv("PATH", t.TempDir()) }},
		{"pkg-config", "pkg-config", func(t *testing.T) {
			bin := t.TempDir()
			if err := os.WriteFile(filepath.Join(bin, "gcc"), []byte("#!/bin/sh\n"), 0o755); err != nil {
				t.Fatal(err)
			}
			t.Setenv("PATH", bin)
		}},
		{"library", "libeac-dev", func(t *testing.T) {
			for _, tool := range []string{"gcc", "pkg-config"} {
				if _, err := exec.LookPath(tool); err != nil {
					if os.Getenv("CI") == "true" {
						t.Fatalf("the command %s is missing", tool)
					}
					t.Skipf("the command %s is missing", tool)
				}
			}
			t.Setenv("PKG_CONFIG_LIBDIR", t.TempDir())
			t.Setenv("PKG_CONFIG_PATH", "")
		}},
	} {
		t.Run(x.name, func(t *testing.T) {
			x.hide(t)
			_, err := openpace.Build(context.Background(), t.TempDir())
			if !errors.Is(err, openpace.ErrUnavailable) || !strings.Contains(err.Error(), "Debian package "+x.debian+")") {
				t.Errorf("%v, want %v with %s", err, openpace.ErrUnavailable, x.debian)
			}
		})
	}
}

// Nonsense is refused, and the peer lives on: a bad request is no crash.
func TestPeerRefuses(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	if _, _, err := p.Keys(); !refused(err, "keys") {
		t.Errorf("keys before a run: %v", err)
	}
	s := newSuite(t, pace.Generic, mac.AES128, 12)
	for _, pw := range []openpace.Password{{}, openpace.CAN("\x01")} {
		if _, err := p.RunPACE(context.Background(), apdu.NewChannel(line{}), s.peer(pw)); !refused(err, "pace") {
			t.Errorf("password: %v", err)
		}
	}
	s.runChip(t, p, passwords(t)[1])
}

func refused(err error, step string) bool {
	var no *openpace.RefusedError
	return errors.As(err, &no) && no.Step == step
}
