package main

import (
	"bytes"
	"flag"
	"fmt"
	"image/jpeg"
	"os"
	"path"
	"path/filepath"
)

// Sizes of a portrait file, bytes: what EF.DG2 of an identity card usually
// holds.
const (
	minBytes = 10_000
	maxBytes = 20_000
)

func main() {
	out := flag.String("out", "portraits", "folder to write the JPEGs to")
	flag.Parse()
	if err := generate(*out); err != nil {
		fmt.Fprintln(os.Stderr, "portraitgen:", err)
		os.Exit(1)
	}
}

func generate(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for i, l := range looks {
		b, err := encode(l)
		if err != nil {
			return fmt.Errorf("portrait %d: %w", i+1, err)
		}
		if err := os.WriteFile(filepath.Join(dir, path.Base(name(i))), b, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// name is portrait i's, counted from 0, in the package's file system.
func name(i int) string { return fmt.Sprintf("portraits/%02d.jpg", i+1) }

// encode takes the best quality that stays below maxBytes.
func encode(l look) ([]byte, error) {
	img := portrait(l)
	for q := 95; q >= 60; q-- {
		var b bytes.Buffer
		if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: q}); err != nil {
			return nil, err
		}
		if b.Len() <= maxBytes {
			if b.Len() < minBytes {
				return nil, fmt.Errorf("%d bytes are fewer than a portrait has", b.Len())
			}
			return b.Bytes(), nil
		}
	}
	return nil, fmt.Errorf("more than %d bytes at every quality", maxBytes)
}
