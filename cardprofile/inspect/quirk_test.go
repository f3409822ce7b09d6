package inspect_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/emrtd"
	"github.com/chipid-toolkit/chipid/apdu/pace"
	"github.com/chipid-toolkit/chipid/cardprofile/inspect"
	"github.com/chipid-toolkit/chipid/testcards/chip"
)

// quirky is a document with a master file and a chip with quirks. Its files are
// no document that anybody signed: these tests read.
func quirky(t testing.TB, spec string, d chip.Document) *recorder {
	t.Helper()
	quirks, err := chip.ParseQuirks(spec)
	if err != nil {
		t.Fatal(err)
	}
	if d.Files == nil {
		d.Files = map[string][]byte{}
		for _, f := range card(t).Files {
			if f.Name != "EF.ATR/INFO" && f.Name != "EF.DG3" {
				d.Files[f.Name] = f.Bytes
			}
		}
	}
	d.MRZInfo, d.CAN = "090000000790030263003024", "000000"
	c, err := chip.NewIssued(chip.Options{RetryDelay: -1, Quirks: quirks}, d)
	if err != nil {
		t.Fatal(err)
	}
	return &recorder{Chip: c}
}

// naive is what a terminal without the remedy would send, in plain, and what
// becomes of it.
type naive struct {
	commands []string
	want     apdu.Status
}

const selectLDS1 = "00A4040C07A0000002471001"

// TestQuirks has one chip for each quirk that shows before secure messaging.
// Without the remedy the chip refuses; with it, it is read.
func TestQuirks(t *testing.T) {
	mrz, err := inspect.ByMRZ("090000000,900302,300302")
	if err != nil {
		t.Fatal(err)
	}
	setAT := "0022C1A40F800A04007F00070202040202830102" // as table 5 of Doc 9303-11, 4.4.4.1 without DO 84
	for _, tc := range []struct {
		spec   string
		d      chip.Document
		naive  naive
		access string
		trail  string // empty: a habit that needs no word
	}{
		{"mf.select.refused=6D00", chip.Document{NoMF: true}, naive{[]string{"00A4000C023F00"}, 0x6D00}, "pace", "mf.select.refused"},
		{"mf.select.refused=6985", chip.Document{NoMF: true}, naive{[]string{selectLDS1, "00A4000C023F00"}, 0x6985}, "pace", "mf.select.refused"},
		{"mf.select.refused=6A87", chip.Document{NoMF: true}, naive{[]string{selectLDS1, "00A4000C023F00"}, 0x6A87}, "pace", "mf.select.refused"},
		{"mf.select.implicit=6A86", chip.Document{PACE: []pace.Params{}, Files: map[string][]byte{"EF.COM": {0x60, 0x00}}}, naive{[]string{"00A4000C023F00"}, 0x6A86}, "bac", "mf.select.implicit"},
		{"mf.after.application", chip.Document{}, naive{[]string{selectLDS1, "00B09C0000"}, 0x6882}, "pace", ""},
		{"select.le", chip.Document{}, naive{[]string{selectLDS1 + "00"}, 0x6700}, "pace", ""},
		{"select.fci", chip.Document{}, naive{[]string{selectLDS1}, 0x6A86}, "pace", "select.fci"},
		{"select.fci,select.le", chip.Document{}, naive{[]string{selectLDS1}, 0x6A86}, "pace", "select.fci"},
		{"sfi.refused=6A86", chip.Document{}, naive{[]string{"00B09C0000"}, 0x6A86}, "pace", "sfi.refused"},
		{"sfi.refused=6B00", chip.Document{}, naive{[]string{"00B09C0000"}, 0x6B00}, "pace", "sfi.refused"},
		{"pace.reference", chip.Document{}, naive{[]string{setAT}, 0x6A87}, "pace", ""},
		{"bac.le=6A88", chip.Document{PACE: []pace.Params{}, Files: map[string][]byte{"EF.COM": {0x60, 0x00}}},
			naive{[]string{selectLDS1, "0084000008", "0082000028" + string(bytes.Repeat([]byte("00"), 40)) + "28"}, 0x6A88}, "bac", "bac.le"},
		{"bac.le=6700", chip.Document{PACE: []pace.Params{}, Files: map[string][]byte{"EF.COM": {0x60, 0x00}}},
			naive{[]string{selectLDS1, "0084000008", "0082000028" + string(bytes.Repeat([]byte("00"), 40)) + "28"}, 0x6700}, "bac", "bac.le"},
	} {
		t.Run(tc.spec, func(t *testing.T) {
			c := quirky(t, tc.spec, tc.d)
			var answer []byte
			for _, command := range tc.naive.commands {
				var err error
				if answer, err = c.Transmit(t.Context(), unhex(t, command)); err != nil {
					t.Fatal(err)
				}
			}
			if r, err := apdu.ParseResponse(answer); err != nil || r.SW != tc.naive.want {
				t.Errorf("without the remedy: %04X, %v", uint16(r.SW), err)
			}
			if _, err := c.Reset(t.Context()); err != nil {
				t.Fatal(err)
			}
			reading, err := inspect.Read(t.Context(), c, mrz, inspect.Options{})
			if err != nil || reading.Chip.Access != tc.access || len(reading.Files) == 0 {
				t.Fatalf("with the remedy: %d files by %s, %v", len(reading.Files), reading.Chip.Access, err)
			}
			wantTrail(t, reading.Chip.Trail, tc.trail)
		})
	}
}

func wantTrail(t *testing.T, trail []string, id string) {
	t.Helper()
	said := slices.ContainsFunc(trail, func(s string) bool { return bytes.HasSuffix([]byte(s), []byte("("+id+")")) })
	if id != "" && !said {
		t.Errorf("the trail does not name %s: %q", id, trail)
	}
}

// TestReadingQuirks has one chip for each quirk of reading under secure
// messaging. The virtual chip keeps to its limit: what is read without regard
// to it does not come in, and the whole card is inspected all the same.
func TestReadingQuirks(t *testing.T) {
	for _, tc := range []struct {
		spec, trail string
		most        int // exchanges
	}{
		{"read.length=231", "", 130},
		{"read.length=192", "", 240},
		{"read.length=160", "", 240},
		{"read.length=192:6700", "read.length", 240},
		{"read.length=160:6700", "read.length", 240},
		{"read.length=160:6A87", "read.length", 240},
		{"read.length=192:naked", "read.extended.naked", 260},
		{"read.past.end=6282", "read.past.end", 60},
		{"read.extended.naked=6700", "read.extended.naked", 180},
		{"read.extended.naked=6F00", "read.extended.naked", 180},
		{"read.buffer.status", "", 60},
		{"read.buffer.status=6700", "read.buffer.status", 60},
	} {
		t.Run(tc.spec, func(t *testing.T) {
			quirks, err := chip.ParseQuirks(tc.spec)
			if err != nil {
				t.Fatal(err)
			}
			// The two bytes of a status word make a difference with these.
			model := chip.Model{MaxCommand: 3043, MaxResponse: 3043}
			stated := disguise{"EF.ATR/INFO": func([]byte) []byte { return model.ATRInfo() }}
			c := &recorder{Chip: twin(t, chip.Options{Quirks: quirks, Model: model, Faults: []chip.Fault{stated}})}
			v, err := look(t, c, inspect.Options{})
			wantPassed(t, v, err)
			wantTrail(t, v.Chip.Trail, tc.trail)
			if len(c.commands) > tc.most {
				t.Errorf("%d exchanges", len(c.commands))
			}
		})
	}
}

// Extended length for a signature from a chip that states no buffers works, and
// is reported.
func TestUndeclaredExtendedLength(t *testing.T) {
	const id = "chip.extended.undeclared"
	c := &recorder{Chip: twin(t, chip.Options{Quirks: []chip.Quirk{{ID: id}}})}
	v, err := look(t, c, inspect.Options{})
	wantPassed(t, v, err)
	wantTrail(t, v.Chip.Trail, id)
	n := 0
	for _, d := range v.Deviations {
		if d.Rule == id && d.Where == "chip" {
			n++
		}
	}
	if n != 1 {
		t.Errorf("reported %d times: %v", n, v.Deviations)
	}
	for _, cmd := range c.commands {
		if cmd[1]&^1 == 0xB0 && len(cmd) > 6 && cmd[4] == 0 {
			t.Fatal("extended length in a read, without stated buffers")
		}
	}
	// A chip that states its buffers is not reported.
	if v, err := look(t, twin(t, chip.Options{}), inspect.Options{}); err != nil || slices.ContainsFunc(v.Chip.Trail, func(s string) bool { return bytes.Contains([]byte(s), []byte(id)) }) {
		t.Errorf("a chip that states its buffers: %v", err)
	}
}

// A hint spares the chip what it is known not to take.
func TestHints(t *testing.T) {
	mrz := byMRZ(t) // of a Vietnamese card
	c := &recorder{Chip: twin(t, chip.Options{})}
	v, err := inspect.Inspect(t.Context(), c, mrz, card(t).Trust, inspect.Options{})
	wantPassed(t, v, err)
	for _, cmd := range c.commands {
		if bytes.HasPrefix(cmd, []byte{0x00, 0xA4, 0x00}) {
			t.Error("SELECT of the master file on a card that is known to refuse it")
		}
	}
	wantTrail(t, v.Chip.Trail, "mf.select.refused")
}

// Every quirk of the table can be given to a virtual chip, and no other.
func TestEveryQuirkCanBeEmulated(t *testing.T) {
	for _, q := range emrtd.Quirks() {
		spec := q.ID
		if spec == "read.length" {
			spec += "=160"
		}
		if list, err := chip.ParseQuirks(spec); err != nil || len(list) != 1 || list[0].ID != q.ID {
			t.Errorf("%s: %v, %v", q.ID, list, err)
		}
	}
	for _, spec := range []string{"", "read", "read.length", "read.length=0", "read.length=160:", "bac.le=6A8", "chip.extended.undeclared=6700", "select.le,"} {
		if list, err := chip.ParseQuirks(spec); err == nil {
			t.Errorf("%q: %v", spec, list)
		}
	}
	if emrtd.QuirkByID("none") != nil {
		t.Error("a quirk that is not in the table")
	}
}
