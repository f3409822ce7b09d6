package printer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
)

func init() {
	register("files", func(_ context.Context, rest string, _ Options) (Printer, error) { return OpenFiles(rest) })
}

// cardsPerSheet bounds what the driver keeps in memory for the PDF: ten pages.
const cardsPerSheet = 10 * rowsPerPage

// rejectedDir holds what was printed on cards that ended in the locked bin.
const rejectedDir = "rejected"

// files prints into a directory: NNNN-front.png and NNNN-back.png for each
// card, NNNN-front-uv.png where there is a fluorescent layer, and sheet-NNNN.pdf
// for up to forty delivered cards, beginning with that number. Numbers go on
// from what the directory holds. Since faces are personal data, directories are
// created with mode 0700 and files with 0600.
//
// A directory that cannot be written to is ErrOffline.
type files struct {
	machine
	dir    string
	number int       // of the card inside, or of the last one
	faces  [2][]byte // what is printed on it, as PNG
	names  []string  // the files it has so far
	sheet  *Sheet
	first  int // number of the sheet's first card
	// document is the finished sheet while it could not be written.
	document []byte
}

var numberedFile = regexp.MustCompile(`^(?:sheet-)?(\d{4,9})[-.]`)

// OpenFiles opens the driver that prints into dir, which is created where
// it is missing. Its address is "files:DIR".
func OpenFiles(dir string) (Printer, error) {
	if dir == "" {
		return nil, fmt.Errorf("%w: the address names no directory: files:DIR", ErrUnknownDriver)
	}
	p := &files{dir: dir}
	for _, d := range []string{dir, filepath.Join(dir, rejectedDir)} {
		entries, err := os.ReadDir(d)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, offline(err)
		}
		for _, e := range entries {
			if m := numberedFile.FindStringSubmatch(e.Name()); m != nil {
				if n, err := strconv.Atoi(m[1]); err == nil {
					p.number = max(p.number, n)
				}
			}
		}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, offline(err)
	}
	return p, nil
}

// offline is what a directory that does not work looks like to the line. The
// paths are the operator's own and hold nothing of a card.
func offline(err error) error { return fmt.Errorf("%w: %v", ErrOffline, err) }

func (p *files) Name() string { return "files:" + p.dir }

func (p *files) Status(context.Context) (Status, error) { return p.status() }

func (p *files) Feed(ctx context.Context) error {
	return p.run(ctx, p.withoutCard, operation{"feed",
		does(func() error {
			if info, err := os.Stat(p.dir); err != nil || !info.IsDir() {
				return offline(errors.New("the directory is gone"))
			}
			return nil
		}),
		func() {
			p.number++
			p.faces, p.names = [2][]byte{}, nil
			p.fed()
		}})
}

// MoveTo does nothing but remember: there is no way to carry a card along.
func (p *files) MoveTo(ctx context.Context, s Station) error {
	return p.run(ctx, func() error {
		if s != StationHead && s != StationContact && s != StationContactless {
			return ErrStation
		}
		return p.withCard()
	}, operation{"move", does(func() error { return nil }), func() { p.moved(s) }})
}

func (p *files) Print(ctx context.Context, f Face) error {
	var encoded []byte
	base := ""
	return p.run(ctx, func() error {
		if err := p.withCard(); err != nil {
			return err
		}
		if err := f.check(); err != nil {
			return err
		}
		if f.Side != p.side {
			return ErrSide
		}
		base = fmt.Sprintf("%04d-%s", p.number, f.Side)
		return nil
	}, operation{"print", does(func() error {
		var written []string
		undo := func() {
			for _, name := range written {
				_ = os.Remove(filepath.Join(p.dir, name))
			}
		}
		if img := f.Flatten(); img != nil {
			var b bytes.Buffer
			if err := WritePNG(&b, img, f.DPI); err != nil {
				return err
			}
			encoded = b.Bytes()
			if err := p.write(base+".png", encoded); err != nil {
				return err
			}
			written = append(written, base+".png")
		}
		if f.UV != nil {
			var b bytes.Buffer
			if err := WritePNG(&b, f.UV, f.DPI); err != nil {
				undo()
				return err
			}
			if err := p.write(base+"-uv.png", b.Bytes()); err != nil {
				undo()
				return err
			}
			written = append(written, base+"-uv.png")
		}
		p.names = append(p.names, written...)
		return nil
	}), func() {
		p.faces[f.Side] = encoded
		p.moved(StationHead)
	}})
}

// write makes a file that is whole or not there. A side that is printed a second
// time replaces what the first time left.
func (p *files) write(name string, b []byte) error {
	full := filepath.Join(p.dir, name)
	temporary := full + ".part"
	if err := os.WriteFile(temporary, b, 0o600); err != nil {
		_ = os.Remove(temporary)
		return offline(err)
	}
	if err := os.Rename(temporary, full); err != nil {
		_ = os.Remove(temporary)
		return offline(err)
	}
	return nil
}

func (p *files) Flip(ctx context.Context) error {
	return p.run(ctx, p.withCard, operation{"flip", does(func() error { return nil }), p.flipped})
}

func (p *files) Eject(ctx context.Context) error {
	return p.run(ctx, p.withCard, operation{"eject", does(p.collect), func() { p.gone(&p.ejected) }})
}

// collect puts a delivered card on the sheet, and writes a full sheet. It may be
// called again after it failed.
func (p *files) collect() error {
	if p.faces[0] != nil || p.faces[1] != nil {
		if p.sheet == nil {
			p.sheet, p.first = NewSheet(), p.number
		}
		if err := p.sheet.add(p.faces); err != nil {
			return err
		}
		p.faces = [2][]byte{}
	}
	if p.sheet != nil && p.sheet.Len() >= cardsPerSheet {
		return p.writeSheet()
	}
	return nil
}

func (p *files) writeSheet() error {
	if p.sheet == nil {
		return nil
	}
	if p.document == nil { // a document can be made once, and perhaps written later
		var b bytes.Buffer
		if err := p.sheet.Write(&b); err != nil {
			return err
		}
		p.document = b.Bytes()
	}
	if err := p.write(fmt.Sprintf("sheet-%04d.pdf", p.first), p.document); err != nil {
		return err
	}
	p.sheet, p.document = nil, nil
	return nil
}

func (p *files) Reject(ctx context.Context) error {
	return p.run(ctx, p.withAnyCard, operation{"reject", does(func() error {
		if len(p.names) == 0 {
			return nil
		}
		to := filepath.Join(p.dir, rejectedDir)
		if err := os.MkdirAll(to, 0o700); err != nil {
			return offline(err)
		}
		for _, name := range p.names {
			// a name that an interrupted try has moved already is no longer there
			if err := os.Rename(filepath.Join(p.dir, name), filepath.Join(to, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
				return offline(err)
			}
		}
		return nil
	}), func() { p.gone(&p.rejected) }})
}

func (p *files) Resume(ctx context.Context) error { return p.resume(ctx) }
func (p *files) Cancel(ctx context.Context) error { return p.cancel(ctx) }

// Close writes the sheet of the cards delivered since the last one.
func (p *files) Close() error {
	if err := p.shut(); err != nil {
		return err
	}
	return p.writeSheet()
}

// Capabilities implements Capable. A folder holds any picture; it carries no card
// anywhere, and stands for a station without an encoder of its own.
func (p *files) Capabilities(context.Context) (Capabilities, error) {
	return Capabilities{Stations: []Station{StationContact, StationContactless}, Flip: true, Colour: true, Black: true, UV: true}, nil
}
