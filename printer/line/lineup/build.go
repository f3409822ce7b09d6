package lineup

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

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
	required := f.Manifest == ManifestRequired
	if required {
		has, err := listed(ctx, p.Store, spec.Blanks)
		if err != nil {
			return nil, err
		}
		if !has {
			return nil, f.At(spec, "blanks", "of "+spec.Name+" are of a lot without a supplier's manifest: "+spec.Blanks, "import it with chipid stock manifest")
		}
	}
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
		if out, err = f.printer(ctx, spec, p.Printer); err != nil {
			return nil, err
		}
	}
	s := &station.Station{Name: spec.Name, Store: p.Store, Blanks: spec.Blanks, ManifestRequired: required, Limit: f.Limit, Issuer: p.Issuer, Encoder: reader, Driver: p.Driver, Checker: p.Checker(spec), Chip: spec.chip(), Log: p.Printer.Log}
	s.Printer = out
	if spec.Feed == FeedHand {
		s.Printer = &Desk{Reader: reader, Faces: out, Stop: p.Stop, Say: func(a Ask) { p.Say(spec.Name, a) }}
	}
	return s, nil
}

// listed says whether a lot has a manifest.
func listed(ctx context.Context, s *store.Store, lot string) (has bool, err error) {
	err = s.Do(ctx, "manifest", func(tx *store.Tx) (err error) {
		has, err = tx.HasManifest(ctx, lot)
		return err
	})
	return has, err
}

// chip is where a printer has its encoder.
func (s *Station) chip() printer.Station {
	if s.Encoder == EncoderContact {
		return printer.StationContact
	}
	return printer.StationContactless
}

// printer opens a station's printer, and asks whether it can do what the station
// wants of it: before the first card, not in the middle of one.
func (f *File) printer(ctx context.Context, spec Station, o printer.Options) (printer.Printer, error) {
	o.Station, o.Password, o.User, o.CA = spec.Name, spec.Password, spec.User, spec.CA
	out, err := printer.Open(ctx, f.local(spec.Printer), o)
	if err != nil {
		return nil, errors.Join(f.At(spec, "printer", "of "+spec.Name+" cannot be opened", "correct its address; it begins with one of "+strings.Join(printer.Drivers(), ": ")+":"), err)
	}
	can, err := printer.CapabilitiesOf(ctx, out)
	switch {
	case printer.Resumable(err):
		return out, nil // its first operation halts the station
	case err != nil:
		return nil, errors.Join(f.At(spec, "printer", "of "+spec.Name+" does not say what it can do", "see to the printer"), err, out.Close())
	case spec.Feed == FeedPrinter && !can.Reaches(spec.chip()):
		return nil, errors.Join(f.At(spec, "feed", "is the printer's at "+spec.Name+", which carries no card to a "+spec.Encoder+" reader", "set feed: hand"), out.Close())
	case !can.Flip || !can.Colour || !can.Black:
		return nil, errors.Join(f.At(spec, "printer", "of "+spec.Name+" does not print colour and black on both sides", "use one that does"), out.Close())
	}
	return out, nil
}

// local is a printer's address; one that is a folder starts from the line file's.
func (f *File) local(address string) string {
	scheme, rest, ok := strings.Cut(address, ":")
	if dir, query, asked := strings.Cut(rest, "?"); ok && (scheme == "files" || scheme == "manual") && !filepath.IsAbs(dir) {
		rest = filepath.Join(filepath.Dir(f.path), dir)
		if asked {
			rest += "?" + query // a URL is no path, and stays as it is
		}
		return scheme + ":" + rest
	}
	return address
}
