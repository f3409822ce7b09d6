package printer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

func init() {
	register("manual", func(_ context.Context, rest string, o Options) (Printer, error) { return openManual(rest, o) })
}

// Manual is a desktop station where a person moves the card: from the stock to
// the chip reader, into the printer and into the boxes. Its addresses are
//
//	manual:DIR                               the person prints the pictures in DIR
//	manual:DIR?print=ipp://HOST/ipp/print    an IPP printer prints
//
// Every step is asked of Options.Hand, or without one is the fault ErrHand that
// waits for Resume. DIR holds station.json, written before each step, so that a
// station that starts again knows that there may be a card, and where; words.log,
// each thing that a person said was done; and while a card is being printed its
// pictures. After a crash in the middle of a print or a flip the card can only be
// rejected; every other step is asked again, and asking twice does no harm.
type Manual struct {
	*desk
	ipp *ippPress // nil where the person prints
}

const (
	manualState = "station.json"
	manualWords = "words.log"
	maxPlace    = 1 << 12
)

func openManual(rest string, o Options) (*Manual, error) {
	dir, query, _ := strings.Cut(rest, "?")
	if dir == "" {
		return nil, fmt.Errorf("%w: the address names no directory: manual:DIR", ErrUnknownDriver)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, offline(err)
	}
	o.Hand = recorded(dir, o.Hand)
	m := &Manual{}
	var p press
	name := "manual:" + dir
	if query == "" {
		p = &folderPress{dir: dir, person: func(s Step) func(context.Context) error { return m.person(s) }}
	} else {
		scheme, address, found := strings.Cut(strings.TrimPrefix(query, "print="), ":")
		if !strings.HasPrefix(query, "print=") || !found || scheme != "ipp" && scheme != "ipps" {
			return nil, fmt.Errorf("%w: a manual station has the option print=ipp://… alone", ErrUnknownDriver)
		}
		c, err := newIPPClient(scheme, address, o)
		if err != nil {
			return nil, err
		}
		m.ipp = newIPPPress(c, o)
		p, name = m.ipp, name+" "+c.uri
	}
	m.desk = newDesk(name, p, o)
	m.carried = true
	m.keep = func(at place) error { return keepPlace(dir, at) }
	if o.Hand == nil {
		m.said = func(s Step) error { return word(dir, s, nil) }
	}
	return m, m.restore(dir)
}

// restore takes up the card that an earlier run left.
func (m *Manual) restore(dir string) error {
	f, err := os.Open(filepath.Join(dir, manualState))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return offline(err)
	}
	defer f.Close()
	b := make([]byte, maxPlace)
	n, err := f.Read(b)
	if err != nil {
		return offline(err)
	}
	var at place
	d := json.NewDecoder(bytes.NewReader(b[:n]))
	d.DisallowUnknownFields()
	if err := d.Decode(&at); err != nil || at.Station < StationNone || at.Station > StationContactless || at.Side != Front && at.Side != Back {
		return fmt.Errorf("%w: %s is damaged: look whether a card lies in the station, reject it, and remove the file", ErrUnfit, filepath.Join(dir, manualState))
	}
	if !at.Inside {
		return nil
	}
	m.card, m.printed, m.unsure = at.Card, at.Printed, at.Spoiled
	m.station, m.side, m.spoiled = at.Station, at.Side, at.Spoiled
	m.sent = true
	return nil
}

// Close lets the station go, with no picture left behind.
func (m *Manual) Close() error {
	if err := m.desk.Close(); err != nil {
		return err
	}
	if p, ok := m.press.(*folderPress); ok {
		return p.abandon(context.Background())
	}
	return nil
}

// keepPlace writes the file anew: it is whole or as it was, also after a power
// cut.
func keepPlace(dir string, at place) error {
	b, err := json.Marshal(at)
	if err != nil {
		return err
	}
	temporary := filepath.Join(dir, manualState+".part")
	f, err := os.OpenFile(temporary, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return offline(err)
	}
	_, err = f.Write(append(b, '\n'))
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(temporary, filepath.Join(dir, manualState))
	}
	if err != nil {
		return offline(err)
	}
	return nil
}

// recorded is a Hand whose every word is written down.
func recorded(dir string, h Hand) Hand {
	if h == nil {
		return nil
	}
	return HandFunc(func(ctx context.Context, s Step) error {
		err := h.Do(ctx, s)
		return errors.Join(err, word(dir, s, err))
	})
}

// word appends what a person said. It holds no personal data.
func word(dir string, s Step, said error) error {
	line := struct {
		At   time.Time `json:"at"`
		Step Op        `json:"step"`
		To   string    `json:"to,omitempty"`
		Card int64     `json:"card,omitempty"`
		Said string    `json:"said"`
	}{At: time.Now().UTC(), Step: s.Op, Card: s.Card, Said: "done"}
	if s.Op == OpMove {
		line.To = s.To.String()
	}
	var f *fault
	switch {
	case said == nil:
	case errors.As(said, &f):
		line.Said = f.text
	default:
		line.Said = "not done"
	}
	b, err := json.Marshal(line)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(filepath.Join(dir, manualWords), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return offline(err)
	}
	_, err = file.Write(append(b, '\n'))
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return offline(err)
	}
	return nil
}

// Report implements Reporter where an IPP printer prints.
func (m *Manual) Report(ctx context.Context) (Report, error) {
	if m.ipp == nil {
		return Report{Printer: m.name, State: "idle", Accepting: true}, nil
	}
	return m.ipp.report(ctx)
}

// folderPress is a person who prints a picture with whatever program the printer
// came with.
type folderPress struct {
	dir string
	// person asks for a step, once.
	person func(Step) func(context.Context) error
	step   func(context.Context) error // suspended
}

func (p *folderPress) capabilities(context.Context) (Capabilities, error) {
	return Capabilities{Flip: true, Colour: true, Black: true, Hands: []Op{OpPrint}}, nil
}

func (p *folderPress) ready(context.Context) error {
	if info, err := os.Stat(p.dir); err != nil || !info.IsDir() {
		return offline(errors.New("the directory is gone"))
	}
	return nil
}

func (p *folderPress) validate(ctx context.Context, _ []Face) error { return p.ready(ctx) }

// print lays the picture ready and asks; a picture does not outlive its print.
func (p *folderPress) print(ctx context.Context, faces []Face) error {
	f := faces[0]
	file := filepath.Join(p.dir, f.Side.String()+".png")
	if p.step == nil {
		var b bytes.Buffer
		if err := WritePNG(&b, f.Flatten(), f.DPI); err != nil {
			return err
		}
		if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
			return offline(err)
		}
		p.step = p.person(Step{Op: OpPrint, Side: f.Side, File: file})
	}
	err := p.step(ctx)
	if Resumable(err) {
		return err
	}
	p.step = nil
	if rerr := os.Remove(file); err == nil && rerr != nil && !errors.Is(rerr, fs.ErrNotExist) {
		return fmt.Errorf("%w: %w", ErrLost, rerr)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrLost, err)
	}
	return nil
}

func (p *folderPress) abandon(context.Context) error {
	p.step = nil
	for _, s := range []Side{Front, Back} {
		if err := os.Remove(filepath.Join(p.dir, s.String()+".png")); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return offline(err)
		}
	}
	return nil
}

func (p *folderPress) trace(context.Context, int64) (Trace, error) { return TraceUnknown, nil }
