package cardprofile_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chipid-toolkit/chipid/cardprofile"
)

func TestEveryEmbeddedProfileLoads(t *testing.T) {
	ids := cardprofile.List()
	for _, want := range []string{"vn-cccd-2021", "vn-cancuoc-2024", "icao-td1", "icao-td3"} {
		if !strings.Contains(" "+strings.Join(ids, " ")+" ", " "+want+" ") {
			t.Errorf("profile %s is not listed among %v", want, ids)
		}
	}
	for _, id := range ids {
		p, err := cardprofile.Load(id)
		if err != nil {
			t.Errorf("%s: %v", id, err)
			continue
		}
		if p.ID != id {
			t.Errorf("%s: its id is %q", id, p.ID)
		}
	}
}

func TestHomeProfile(t *testing.T) {
	p, err := cardprofile.Load("vn-cccd-2021")
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Access.PACE[0].Protocol.String(); got != "0.4.0.127.0.7.2.2.4.2.2" {
		t.Errorf("PACE protocol %s", got)
	}
	if p.Files[0].FID != 0x011C || p.Files[0].SFI != 0x1C {
		t.Errorf("EF.CardAccess %04X/%02X", p.Files[0].FID, p.Files[0].SFI)
	}
	if aid, ok := p.AID("LDS1"); !ok || aid.String() != "A0000002471001" {
		t.Errorf("AID %v", aid)
	}
	if p.Faces == nil || len(p.Faces.Front.Elements) == 0 || len(p.Faces.Back.Elements) == 0 {
		t.Error("no layout of the card faces")
	}
	if !p.Allows("can") || p.Allows("pin") {
		t.Error("passwords")
	}
	if !p.RuleOn("record.number") {
		t.Error("a rule that the profile does not name must be on")
	}
}

func TestProfileErrorsNameFileLineAndField(t *testing.T) {
	good, err := os.ReadFile("profiles/vn-cccd-2021.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, old, new, field string }{
		{"unknown key", "  bac: true", "  bac: true\n  bacc: true", "bacc"},
		{"wrong type", "  window: 2", "  window: soon", ""},
		{"unknown value", "  mrz: TD1", "  mrz: TD9", "document.mrz"},
		{"out of range", "digits: 6", "digits: 60", "access.can.digits"},
		{"bad OID", "protocol: 0.4.0.127.0.7.2.2.4.2.2", "protocol: 0.4.0", "access.pace[0].protocol"},
		{"bad hex", "aid: A0000002471001", "aid: A00000024710", "applications"},
		{"missing mandatory group", "  - { number: 2, source: face, read: access }\n", "", "data_groups"},
		{"out of order", "number: 13,", "number: 16,", "data_groups[4].number"},
		{"key twice", "id: vn-cccd-2021", "id: vn-cccd-2021\nid: vn-x", ""},
		{"unknown rule", "expiry:\n", "rules: { record.nmae: false }\nexpiry:\n", "rules"},
		{"no place for EF.CVCA", "terminal_authentication:\n", "terminal_authentication:\n  trust_point: true\n", "files"},
		{"trust point of version 2", "terminal_authentication:\n  version: 1", "terminal_authentication:\n  trust_point: true\n  version: 2", "terminal_authentication.version"},
		{"id", "id: vn-cccd-2021", "id: VN CCCD", "id"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := strings.Replace(string(good), c.old, c.new, 1)
			if text == string(good) {
				t.Fatal("the case changes nothing")
			}
			if c.name == "bad hex" {
				text = strings.Replace(text, "A00000024710", "A00000", 1)
			}
			_, err := cardprofile.Parse([]byte(text), "x.yaml")
			var in *cardprofile.InputError
			if !errors.As(err, &in) {
				t.Fatalf("got %v", err)
			}
			if in.File != "x.yaml" || in.Line == 0 || in.Problem == "" || in.Fix == "" {
				t.Errorf("incomplete: %+v", *in)
			}
			if !strings.HasPrefix(in.Field, c.field) {
				t.Errorf("field %q, want %q", in.Field, c.field)
			}
		})
	}
}

func TestErrorLineIsTheLine(t *testing.T) {
	text := "id: x-y\ntitle: { en: T }\ndocument:\n  code: I\n  mrz: TD1\n  nonsense: 1\n"
	_, err := cardprofile.Parse([]byte(text), "x.yaml")
	var in *cardprofile.InputError
	if !errors.As(err, &in) || in.Line != 6 || in.Field != "nonsense" {
		t.Errorf("got %v", err)
	}
}

func TestLoadUnknownAndOwnFile(t *testing.T) {
	var in *cardprofile.InputError
	if _, err := cardprofile.Load("xx-none"); !errors.As(err, &in) || !strings.Contains(in.Fix, "vn-cccd-2021") {
		t.Errorf("unknown profile: %v", err)
	}
	if _, err := cardprofile.Load(filepath.Join(t.TempDir(), "none.yaml")); !errors.As(err, &in) {
		t.Errorf("missing file: %v", err)
	}
	text, err := os.ReadFile("profiles/vn-cccd-2021.yaml")
	if err != nil {
		t.Fatal(err)
	}
	own := filepath.Join(t.TempDir(), "own.yaml")
	if err := os.WriteFile(own, []byte(strings.Replace(string(text), "id: vn-cccd-2021", "id: my-card", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := cardprofile.Load(own)
	if err != nil {
		t.Fatal(err)
	}
	if p.ID != "my-card" || p.Faces == nil {
		t.Errorf("own profile %s with layout %v", p.ID, p.Faces != nil)
	}
}

func TestFacesErrors(t *testing.T) {
	const good = `specimen: { en: SPECIMEN }
styles: { s: { size: 6, colour: "#000000" } }
front:
  elements:
    - { id: a, kind: text, x: 1, y: 1, w: 10, h: 5, field: full_name, style: s }
back:
  elements: []
`
	f, err := cardprofile.ParseFaces([]byte(good), "f.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if s := f.Look(f.Front.Elements[0]); s.Size != 6 || s.Colour != "#000000" {
		t.Errorf("style %+v", s)
	}
	for _, c := range [][2]string{
		{"w: 10", "w: 100"}, {"kind: text", "kind: texte"}, {"#000000", "black"}, {"style: s", "style: none"}, {"specimen: { en: SPECIMEN }", "title: t"}, {"size: 6", "size: 6000"},
		{"id: a,", ""},
	} {
		_, err := cardprofile.ParseFaces([]byte(strings.Replace(good, c[0], c[1], 1)), "f.yaml")
		var in *cardprofile.InputError
		if !errors.As(err, &in) || in.Line == 0 {
			t.Errorf("%s: %v", c[1], err)
		}
	}
}

func FuzzParseProfile(f *testing.F) {
	if text, err := os.ReadFile("profiles/vn-cccd-2021.yaml"); err == nil {
		f.Add(text)
	}
	f.Add([]byte("id: [a"))
	f.Add([]byte("a: &a [*a]"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var in *cardprofile.InputError
		if _, err := cardprofile.Parse(b, "x"); err != nil && !errors.As(err, &in) {
			t.Fatalf("not an InputError: %v", err)
		}
		if _, err := cardprofile.ParseFaces(b, "x"); err != nil && !errors.As(err, &in) {
			t.Fatalf("not an InputError: %v", err)
		}
	})
}
