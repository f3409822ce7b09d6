package openpace

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

//go:embed testdata/*.c testdata/*.h
var sources embed.FS

// ErrUnavailable: this machine lacks a part that the peer needs. The error
// names the Debian package.
var ErrUnavailable = errors.New("openpace: a part is missing")

func missing(what, debian string) error {
	return fmt.Errorf("%w: %s (Debian package %s)", ErrUnavailable, what, debian)
}

// libraries that peer.c is linked with, by their names in pkg-config.
var libraries = []struct{ name, debian string }{
	{"libeac", "libeac-dev"},
	{"libcrypto", "libssl-dev"},
}

// Build compiles the peer into dir and returns the program's path. A compiler
// or library that is not there is ErrUnavailable.
func Build(ctx context.Context, dir string) (program string, err error) {
	for _, tool := range []string{"gcc", "pkg-config"} {
		if _, err := exec.LookPath(tool); err != nil {
			return "", missing("the command "+tool, tool)
		}
	}
	var flags []string
	for _, l := range libraries {
		out, err := exec.CommandContext(ctx, "pkg-config", "--cflags", "--libs", l.name).Output()
		if err != nil {
			return "", missing("the library "+l.name, l.debian)
		}
		flags = append(flags, strings.Fields(string(out))...)
	}
	files, err := writeSources(dir)
	if err != nil {
		return "", err
	}
	program = filepath.Join(dir, "peer")
	args := append([]string{"-std=c11", "-O1", "-Wall", "-Wextra", "-o", program}, files...)
	args = append(args, flags...)
	if out, err := exec.CommandContext(ctx, "gcc", args...).CombinedOutput(); err != nil {
		if strings.Contains(string(out), "stdio.h") {
			return "", missing("the C library's headers", "libc6-dev")
		}
		return "", fmt.Errorf("openpace: gcc: %w\n%s", err, out)
	}
	return program, nil
}

// writeSources writes the files into dir and returns those to compile.
func writeSources(dir string) (files []string, err error) {
	entries, err := sources.ReadDir("testdata")
	if err != nil {
		return nil, fmt.Errorf("openpace: %w", err)
	}
	for _, e := range entries {
		b, err := sources.ReadFile("testdata/" + e.Name())
		if err != nil {
			return nil, fmt.Errorf("openpace: %w", err)
		}
		name := filepath.Join(dir, e.Name())
		if err := os.WriteFile(name, b, 0o600); err != nil {
			return nil, fmt.Errorf("openpace: %w", err)
		}
		if filepath.Ext(name) == ".c" {
			files = append(files, name)
		}
	}
	return files, nil
}
