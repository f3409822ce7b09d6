package lineup_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/printer/line/lineup"
)

const head = "keys: keys.yaml\ntrust: trust\nblanks: LOT-1\n"

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "line.yaml")
	text := "process: hall\n" + head + `chip: jcop-lds
dpi: 300
manifest: required
stop-after: 5
stations:
  - name: S1
    reader: Reader 0
    printer: files:out
    feed: printer
    encoder: contact
  - name: Bàn 2
    reader: Reader 1
    blanks: LOT-2
    printer-ca: ca.pem
`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := lineup.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if f.Process != "hall" || f.Keys != filepath.Join(dir, "keys.yaml") || f.Trust != filepath.Join(dir, "trust") || f.DPI != 300 || f.Limit != 5 || f.Manifest != lineup.ManifestRequired || f.Chip != "jcop-lds" || f.Path() != path {
		t.Errorf("%+v", f)
	}
	want := []lineup.Station{
		{Name: "S1", Reader: "Reader 0", Printer: "files:out", Feed: lineup.FeedPrinter, Encoder: lineup.EncoderContact, Blanks: "LOT-1"},
		{Name: "Bàn 2", Reader: "Reader 1", Feed: lineup.FeedHand, Encoder: lineup.EncoderContactless, Blanks: "LOT-2", CA: filepath.Join(dir, "ca.pem")},
	}
	if len(f.Stations) != 2 || f.Stations[0] != want[0] || f.Stations[1] != want[1] {
		t.Errorf("%+v", f.Stations)
	}
}

// Each wrong file has one error, which names line, field and the fix.
func TestParseRefuses(t *testing.T) {
	station := "stations:\n  - name: S1\n    reader: R0\n"
	for name, c := range map[string]struct {
		text, field string
		line        int
		says        string
	}{
		"empty":                  {"", "", 0, "empty"},
		"no YAML":                {"keys: [", "", 1, "YAML"},
		"a list":                 {"- keys\n", "", 1, "YAML"},
		"unknown key":            {head + "colour: red\n" + station, "colour", 4, "unknown key"},
		"unknown of a station":   {head + station + "    colour: red\n", "colour", 7, "unknown key"},
		"key twice":              {head + "keys: k\n" + station, "", 4, "YAML"},
		"wrong type":             {head + "dpi: much\n" + station, "", 4, "YAML"},
		"stations are a word":    {head + "stations: S1\n", "", 4, "YAML"},
		"no keys":                {"trust: t\nblanks: L\n" + station, "keys", 0, "missing"},
		"no trust":               {"keys: k\nblanks: L\n" + station, "trust", 0, "missing"},
		"no blanks":              {"keys: k\ntrust: t\n" + station, "blanks", 4, "missing"},
		"no stations":            {head, "stations", 0, "missing"},
		"empty list":             {head + "stations: []\n", "stations", 0, "missing"},
		"small dpi":              {head + "dpi: 7\n" + station, "dpi", 4, "is not"},
		"another manifest":       {head + "manifest: maybe\n" + station, "manifest", 4, "is not required"},
		"negative stop":          {head + "stop-after: -1\n" + station, "stop-after", 4, "1 to 1000"},
		"station without name":   {head + "stations:\n  - reader: R0\n", "name", 0, "missing"},
		"a path as name":         {head + "stations:\n  - name: ../S1\n    reader: R0\n", "name", 5, "letters"},
		"a line break in a name": {head + "stations:\n  - name: \"S\\n1\"\n    reader: R0\n", "name", 5, "letters"},
		"name twice":             {head + station + "  - name: S1\n    reader: R1\n", "name", 7, "twice"},
		"no reader":              {head + "stations:\n  - name: S1\n", "reader", 5, "missing"},
		"reader twice":           {head + station + "  - name: S2\n    reader: R0\n", "reader", 7, "another station"},
		"fed by no printer":      {head + station + "    feed: printer\n", "feed", 5, "has none"},
		"unknown feed":           {head + station + "    feed: robot\n", "feed", 5, "neither"},
		"unknown encoder":        {head + station + "    encoder: magnetic\n", "encoder", 5, "neither"},
		"too many stations":      {head + "stations:\n" + strings.Repeat("  - name: S\n", 257), "stations", 0, "more than"},
		"an anchor bomb":         {"a: &a [x,x]\nb: &b [*a,*a]\n" + head + station, "", 1, ""},
	} {
		_, err := lineup.Parse([]byte(c.text), "line.yaml")
		var in *cardprofile.InputError
		switch {
		case !errors.As(err, &in):
			t.Errorf("%s: %v", name, err)
		case name == "an anchor bomb":
		case in.File != "line.yaml" || in.Field != c.field || in.Line != c.line || !strings.Contains(err.Error(), c.says):
			t.Errorf("%s: line %d, field %q: %v", name, in.Line, in.Field, err)
		}
	}
}

func TestLoadRefuses(t *testing.T) {
	dir := t.TempDir()
	large := filepath.Join(dir, "large.yaml")
	if err := os.WriteFile(large, make([]byte, 256<<10+1), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, says := range map[string]string{filepath.Join(dir, "none.yaml"): "no such file", dir: "readable", large: "256 KiB"} {
		var in *cardprofile.InputError
		if _, err := lineup.Load(path); !errors.As(err, &in) || in.File != path || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// Whatever the file is, it is refused as input or is a line whose stations are whole.
func FuzzParse(f *testing.F) {
	f.Add([]byte(head + "stations:\n  - name: S1\n    reader: R0\n    printer: files:out\n    feed: printer\n"))
	f.Add([]byte("stations: &s\n  - name: S1\n    <<: *s\n"))
	f.Add([]byte("keys: !!binary x\nstations: {a: b}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 16<<10 {
			return
		}
		l, err := lineup.Parse(text, "line.yaml")
		var in *cardprofile.InputError
		if err != nil {
			if !errors.As(err, &in) || l != nil {
				t.Fatalf("%v, %v", l, err)
			}
			return
		}
		readers := map[string]bool{}
		for _, s := range l.Stations {
			if s.Name == "" || strings.ContainsAny(s.Name, "/\\\n") || s.Reader == "" || readers[s.Reader] || s.Blanks == "" || s.Feed == "" || s.Encoder == "" || s.Feed == lineup.FeedPrinter && s.Printer == "" {
				t.Fatalf("%+v", s)
			}
			readers[s.Reader] = true
		}
	})
}
