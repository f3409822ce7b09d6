package quality

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	_ "image/jpeg" // what cameras write
	_ "image/png"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/chipid-toolkit/chipid/printer"
	"github.com/chipid-toolkit/chipid/printer/line/quality/sight"
)

// ErrPicture is a file that is no picture, or one out of bounds.
var ErrPicture = errors.New("quality: the camera's file is no picture that can be read")

// ErrNoPicture: the camera gave none in time.
var ErrNoPicture = errors.New("quality: the camera gave no picture")

// maxPicture bounds a picture's file.
const maxPicture = 64 << 20

// ReadPicture decodes a PNG or JPEG. Its header is bounded before a pixel of it is
// decoded.
func ReadPicture(r io.Reader) (image.Image, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxPicture+1))
	if err != nil {
		return nil, err
	}
	if len(b) > maxPicture {
		return nil, fmt.Errorf("%w: larger than %d MiB", ErrPicture, maxPicture>>20)
	}
	size, _, err := image.DecodeConfig(bytes.NewReader(b))
	if err != nil {
		return nil, fmt.Errorf("%w: neither PNG nor JPEG", ErrPicture)
	}
	if size.Width < sight.MinSide || size.Height < sight.MinSide || size.Width > sight.MaxSide || size.Height > sight.MaxSide || size.Width*size.Height > sight.MaxArea {
		return nil, fmt.Errorf("%w: %d × %d pixels are out of bounds", ErrPicture, size.Width, size.Height)
	}
	img, _, err := image.Decode(bytes.NewReader(b))
	if err != nil {
		return nil, fmt.Errorf("%w: it is damaged", ErrPicture)
	}
	return img, nil
}

// Folder is a camera that leaves its pictures in a folder.
//
// For each picture it is asked by a file front.want or back.want, made after any
// older picture of that side was removed. It takes the picture, writes it under
// another name, and renames it to front.png, front.jpg, back.png or back.jpg. The
// picture is removed as soon as it is read: it is personal data.
type Folder struct {
	Dir string
	// Wait is how long a picture may take; 0 is 10 seconds.
	Wait time.Duration
}

// Picture implements Camera.
func (f Folder) Picture(ctx context.Context, side printer.Side) (_ image.Image, err error) {
	name := "front"
	if side == printer.Back {
		name = "back"
	}
	pictures := []string{filepath.Join(f.Dir, name+".png"), filepath.Join(f.Dir, name+".jpg")}
	for _, p := range pictures {
		if err := os.Remove(p); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("quality: an old picture cannot be removed: %w", err)
		}
	}
	want := filepath.Join(f.Dir, name+".want")
	if err := os.WriteFile(want, nil, 0o600); err != nil {
		return nil, fmt.Errorf("quality: the camera cannot be asked: %w", err)
	}
	defer func() { _ = os.Remove(want) }()
	wait := f.Wait
	if wait == 0 {
		wait = 10 * time.Second
	}
	ctx, stop := context.WithTimeout(ctx, wait)
	defer stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		for _, p := range pictures {
			img, err := take(p)
			if !errors.Is(err, os.ErrNotExist) {
				return img, err
			}
		}
		select {
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.DeadlineExceeded) {
				return nil, fmt.Errorf("%w within %s", ErrNoPicture, wait)
			}
			return nil, ctx.Err()
		case <-tick.C:
		}
	}
}

// take reads a picture and removes its file, whatever it is.
func take(path string) (img image.Image, err error) {
	about, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	defer func() {
		if rerr := os.Remove(path); err == nil && rerr != nil {
			img, err = nil, fmt.Errorf("quality: a picture cannot be removed: %w", rerr)
		}
	}()
	if !about.Mode().IsRegular() {
		return nil, fmt.Errorf("%w: not a file", ErrPicture)
	}
	in, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	img, err = ReadPicture(in)
	return img, errors.Join(err, in.Close())
}
