package lineup

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"

	"github.com/goccy/go-yaml"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/printer/face"
)

// File is a line file. Relative paths start from its own folder.
//
//	process: hall-a                # names this process for good; default the host's name
//	keys: keys.yaml                # token, signer, card keys, seal, digest
//	trust: trust                   # what the inspection of finished cards trusts
//	blanks: LOT-2026-11            # the lot that the blanks come from
//	chip: jcop-lds                 # chip operating system of the blanks; default the profile's
//	manifest: required           # default: a lot that has a manifest is held to it
//	dpi: 300
//	stations:
//	  - name: S1
//	    reader: "Reader Name 00 00"
//	    printer: files:out/S1      # default none
//	    feed: printer              # or hand: a person lays each blank into the reader
//	    encoder: contactless       # where the printer's encoder reaches the chip, or contact
type File struct {
	Process  string    `yaml:"process"`
	Keys     string    `yaml:"keys"`
	Trust    string    `yaml:"trust"`
	Blanks   string    `yaml:"blanks"`
	Chip     string    `yaml:"chip"`
	Manifest string    `yaml:"manifest"` // ManifestRequired, or empty
	DPI      int       `yaml:"dpi"`
	Limit    int       `yaml:"stop-after"` // authentications that fail in a row until the lot stops
	Stations []Station `yaml:"stations"`

	path string
	text []byte
}

// Station is one station of a line file.
type Station struct {
	Name    string `yaml:"name"`
	Reader  string `yaml:"reader"`
	Printer string `yaml:"printer"`
	Feed    string `yaml:"feed"`
	Encoder string `yaml:"encoder"`
	Blanks  string `yaml:"blanks"`
	// Of a network printer: see printer.Options. CA is a path.
	User     string `yaml:"printer-user"`
	Password string `yaml:"printer-password"` // file:PATH or env:NAME
	CA       string `yaml:"printer-ca"`
}

// Ways a blank comes to the reader, and encoders of a printer.
const (
	FeedHand           = "hand"
	FeedPrinter        = "printer"
	EncoderContact     = "contact"
	EncoderContactless = "contactless"
)

// ManifestRequired is what manifest says where no blank is taken that no supplier's list vouches for.
const ManifestRequired = "required"

const (
	maxFile     = 256 << 10
	maxStations = 256
)

var stationName = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,39}$`)

// Load reads a line file strictly. Whatever is wrong with it is a
// *cardprofile.InputError with the line.
func Load(path string) (*File, error) {
	input := func(problem, fix string) error {
		return &cardprofile.InputError{File: path, Problem: problem, Fix: fix}
	}
	in, err := os.Open(path)
	if err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return nil, input("there is no such file", "check the path")
		}
		return nil, input("cannot be read", "name a readable file")
	}
	defer func() { _ = in.Close() }()
	text, err := io.ReadAll(io.LimitReader(in, maxFile+1))
	switch {
	case err != nil:
		return nil, input("cannot be read", "name a readable file")
	case len(text) > maxFile:
		return nil, input("larger than 256 KiB", "name a line file")
	}
	return Parse(text, path)
}

// Parse is Load for a file's text.
func Parse(text []byte, path string) (*File, error) {
	f := &File{path: path, text: text}
	if err := f.decode(); err != nil {
		return nil, err
	}
	if err := f.check(); err != nil {
		return nil, err
	}
	paths := []*string{&f.Keys, &f.Trust}
	for i := range f.Stations {
		paths = append(paths, &f.Stations[i].CA)
	}
	for _, p := range paths {
		if *p != "" && !filepath.IsAbs(*p) {
			*p = filepath.Join(filepath.Dir(path), *p)
		}
	}
	return f, nil
}

// decode reads the YAML; a key that the format does not know is an error.
func (f *File) decode() (err error) {
	in := &cardprofile.InputError{File: f.path, Problem: "not valid YAML", Fix: "correct the line"}
	defer func() {
		if r := recover(); r != nil {
			err = in
		}
	}()
	decodeErr := yaml.NewDecoder(bytes.NewReader(f.text), yaml.Strict()).Decode(f)
	if decodeErr == nil {
		return nil
	}
	if errors.Is(decodeErr, io.EOF) {
		in.Problem, in.Fix = "the file is empty", "name a line file"
		return in
	}
	var y yaml.Error
	if errors.As(decodeErr, &y) {
		if t := y.GetToken(); t != nil && t.Position != nil {
			in.Line = t.Position.Line
		}
	}
	var unknown *yaml.UnknownFieldError
	if errors.As(decodeErr, &unknown) {
		in.Problem, in.Fix = "unknown key", "remove it or correct its spelling"
		if unknown.Token != nil {
			in.Field = unknown.Token.Value
		}
	}
	return in
}

func (f *File) check() error {
	at := func(line int, field, problem, fix string) error {
		return &cardprofile.InputError{File: f.path, Line: line, Field: field, Problem: problem, Fix: fix}
	}
	switch {
	case f.Keys == "":
		return at(0, "keys", "is missing", "name the keys file of the line")
	case f.Trust == "":
		return at(0, "trust", "is missing: finished cards are inspected as at a checkpoint", "name a trust store with the CSCA; chipid trust import makes one")
	case f.DPI != 0 && (f.DPI < face.MinDPI || f.DPI > face.MaxDPI):
		return at(f.line("dpi", 1), "dpi", fmt.Sprintf("is not %d to %d", face.MinDPI, face.MaxDPI), "name the printers' resolution")
	case f.Manifest != "" && f.Manifest != ManifestRequired:
		return at(f.line("manifest", 1), "manifest", "is not "+ManifestRequired, "leave it out where a lot may come without a supplier's manifest")
	case f.Limit < 0 || f.Limit > 1000:
		return at(f.line("stop-after", 1), "stop-after", "is not 1 to 1000", "leave it out for 3")
	case len(f.Stations) == 0:
		return at(0, "stations", "are missing", "name one at least")
	case len(f.Stations) > maxStations:
		return at(0, "stations", fmt.Sprintf("are more than %d", maxStations), "divide the line over several processes")
	}
	names, readers := map[string]bool{}, map[string]bool{}
	for i := range f.Stations {
		s := &f.Stations[i]
		here := f.line("name", i+1)
		if s.Blanks == "" {
			s.Blanks = f.Blanks
		}
		switch {
		case !stationName.MatchString(s.Name):
			return at(here, "name", "is missing, or is not letters, digits, blanks and .-_ (40 at most)", "name the station, such as S1")
		case names[s.Name]:
			return at(here, "name", "is there twice: "+s.Name, "name each station once")
		case s.Reader == "":
			return at(here, "reader", "is missing at "+s.Name, "name the PC/SC reader; chipid readers lists them")
		case readers[s.Reader]:
			return at(here, "reader", "is that of another station too: "+s.Reader, "give each station its own reader")
		case s.Blanks == "":
			return at(here, "blanks", "is missing at "+s.Name, "name the lot that the blanks come from")
		}
		names[s.Name], readers[s.Reader] = true, true
		switch s.Feed {
		case "":
			s.Feed = FeedHand
		case FeedHand:
		case FeedPrinter:
			if s.Printer == "" {
				return at(here, "feed", "is the printer's at "+s.Name+", which has none", "name the printer, or feed: hand")
			}
		default:
			return at(here, "feed", "is neither hand nor printer at "+s.Name, "")
		}
		switch s.Encoder {
		case "":
			s.Encoder = EncoderContactless
		case EncoderContact, EncoderContactless:
		default:
			return at(here, "encoder", "is neither contact nor contactless at "+s.Name, "")
		}
	}
	return nil
}

// line finds the n-th line that begins with a key, 0 when there is none.
func (f *File) line(key string, n int) int {
	for i, l := range bytes.Split(f.text, []byte("\n")) {
		l = bytes.TrimLeft(l, " \t-")
		if bytes.HasPrefix(l, []byte(key+":")) {
			if n--; n == 0 {
				return i + 1
			}
		}
	}
	return 0
}

// At is an error about a station of the file, for what shows only when it is opened.
func (f *File) At(s Station, field, problem, fix string) error {
	for i := range f.Stations {
		if f.Stations[i].Name == s.Name {
			return &cardprofile.InputError{File: f.path, Line: f.line("name", i+1), Field: field, Problem: problem, Fix: fix}
		}
	}
	return &cardprofile.InputError{File: f.path, Field: field, Problem: problem, Fix: fix}
}

// Path is where the file is.
func (f *File) Path() string { return f.path }
