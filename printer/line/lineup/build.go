package lineup

import (
	"context"
	"errors"
	"fmt"

	"github.com/chipid-toolkit/chipid/apdu/pcsc"
	"github.com/chipid-toolkit/chipid/cardprofile/applet"
	"github.com/chipid-toolkit/chipid/printer"
	"github.com/chipid-toolkit/chipid/printer/line/station"
	"github.com/chipid-toolkit/chipid/printer/line/store"
)

// Parts is what all stations of a line have in common.
type Parts struct {
	Store  *store.Store
	Issuer station.Issuer
	// Checker gives each station an inspection of its own.
	Checker func(Station) station.Checker
	Driver  applet.Driver
	// Printer are the options that printers are opened with; the station's name is
	// added.
	Printer printer.Options
	// Say tells a person at a station what to do.
	Say func(station string, what Ask)
	// Stop, when it is closed, ends the waiting for hands.
	Stop <-chan struct{}
}

// Build opens the readers and printers of the file's stations, all or only the one
// of that name, and puts the stations together. Close closes their printers; it is not
// nil when the error is.
func (f *File) Build(ctx context.Context, only string, p Parts) (list []*station.Station, closeAll func() error, err error) {
	closeAll = func() error {
		var errs []error
		for _, s := range list {
			if cerr := s.Printer.Close(); cerr != nil {
				errs = append(errs, fmt.Errorf("station %s: %w", s.Name, cerr))
			}
		}
		return errors.Join(errs...)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, closeAll())
			list, closeAll = nil, nil
		}
	}()
	for _, spec := range f.Stations {
		if only != "" && spec.Name != only {
			continue
		}
		s, err := f.build(ctx, spec, p)
		if err != nil {
			return list, closeAll, err
		}
		list = append(list, s)
	}
	if len(list) == 0 {
		return nil, closeAll, f.At(Station{}, "station", "there is none called "+only, "name one of the line file")
	}
	return list, closeAll, nil
}

func (f *File) build(ctx context.Context, spec Station, p Parts) (*station.Station, error) {
	name, err := pcsc.Find(ctx, spec.Reader)
	switch {
	case errors.Is(err, pcsc.ErrNoReader):
		return nil, errors.Join(f.At(spec, "reader", "of "+spec.Name+" is not there: "+spec.Reader, "plug it in, or correct its name; chipid readers lists them"), err)
	case errors.Is(err, pcsc.ErrAmbiguous):
		return nil, f.At(spec, "reader", "of "+spec.Name+" fits more than one: "+spec.Reader, "give the whole name; chipid readers lists them")
	case err != nil:
		return nil, err
	}
	reader := &Reader{Name: name}
	var out printer.Printer
	if spec.Printer != "" {
		o := p.Printer
		o.Station, o.Password, o.User, o.CA = spec.Name, spec.Password, spec.User, spec.CA
		if out, err = printer.Open(ctx, spec.Printer, o); err != nil {
			return nil, errors.Join(f.At(spec, "printer", "of "+spec.Name+" cannot be opened", "correct its address"), err)
		}
	}
	s := &station.Station{Name: spec.Name, Store: p.Store, Blanks: spec.Blanks, Limit: f.Limit, Issuer: p.Issuer, Encoder: reader, Driver: p.Driver, Checker: p.Checker(spec), Chip: printer.StationContactless}
	if spec.Encoder == EncoderContact {
		s.Chip = printer.StationContact
	}
	s.Printer = out
	if spec.Feed == FeedHand {
		s.Printer = &Desk{Reader: reader, Faces: out, Stop: p.Stop, Say: func(a Ask) { p.Say(spec.Name, a) }}
	}
	return s, nil
}
