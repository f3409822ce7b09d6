package chip_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/gp"
	"github.com/chipid-toolkit/chipid/cardprofile/applet"
	"github.com/chipid-toolkit/chipid/testcards/chip"
)

var freshKeys = &gp.ClearKeys{ENC: newCardKey, MAC: newCardKey, DEK: newCardKey}

// What is locked stays locked: with the card's own keys, in every context, over
// a reset and over a power cut, no command writes, and none of them changes a
// byte of the state beyond counters.
func TestLockIsFinal(t *testing.T) {
	o := quick()
	o.State = filepath.Join(t.TempDir(), "card.json")
	c := must(chip.NewBlank(o))
	if _, err := personalize(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	before := durable(t, o.State)
	for range 2 {
		lockedAtDomain(t, c)
		lockedAtApplet(t, c)
		if !bytes.Equal(before, durable(t, o.State)) {
			t.Error("the state has changed")
		}
		c = must(chip.Open(o))
	}
	reset(t, c)
	if _, err := gp.Open(t.Context(), apdu.NewChannel(c), gp.DefaultTestKeys(), gp.Options{}); err == nil {
		t.Error("the initial keys still open the card")
	}
}

// durable is the state file without its counters.
func durable(t *testing.T, path string) []byte {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(must(os.ReadFile(path)), &m); err != nil {
		t.Fatal(err)
	}
	keys := m["scp03_keys"].(map[string]any)
	delete(keys, "sequence_counter")
	return must(json.Marshal(m))
}

func lockedAtDomain(t *testing.T, c *chip.Chip) {
	t.Helper()
	for _, level := range []gp.Level{gp.LevelCMAC, gp.LevelCMACCDec, gp.LevelCMACCDecRMACREnc} {
		reset(t, c)
		s := secure(t, c, freshKeys, level)
		for ins := range 0x100 {
			if ins == 0xCA || ins == 0xF2 || ins == 0x50 || ins == 0x82 || ins == 0xA4 { // they read, or have been used
				continue
			}
			for _, p := range [][2]byte{{0, 0}, {0x20, 0}, {0x0C, 0}, {0x08, 0}, {0x88, 0}, {0x31, 0x81}, {0, 0x81}, {0x80, 0x01}, {0x80, 0x07}, {0x80, 0x7F}, {0x80, 0xFF}, {0x40, 0x07}, {0x40, 0x0F}, {0x40, 0x80}, {0x60, 0x80}} {
				for _, data := range [][]byte{nil, emrtd, isd, append(append([]byte{0, 0, 7}, emrtd...), 0, 0, 0), unhex("A03006020601010203")} {
					r, err := s.Send(t.Context(), apdu.Command{CLA: 0x80, INS: byte(ins), P1: p[0], P2: p[1], Data: data, Ne: 256})
					if err != nil {
						t.Fatal(err)
					}
					switch r.SW {
					case apdu.ErrConditions, apdu.ErrSecurityStatus, apdu.ErrINS:
					default:
						t.Errorf("level %v: %02X %02X %02X: %04X", level, ins, p[0], p[1], uint16(r.SW))
					}
				}
			}
		}
		// Those that write are refused as such, and not for their form.
		for _, ins := range []byte{0xE2, 0xE4, 0xE6, 0xE8, 0xD8, 0xF0} {
			r, err := s.Send(t.Context(), apdu.Command{CLA: 0x80, INS: ins, P1: 0x80, Data: emrtd})
			want := apdu.ErrConditions
			if level == gp.LevelCMAC {
				want = apdu.ErrSecurityStatus
			}
			if err != nil || r.SW != want {
				t.Errorf("level %v: %02X: %04X %v", level, ins, uint16(r.SW), err)
			}
		}
	}
}

func lockedAtApplet(t *testing.T, c *chip.Chip) {
	t.Helper()
	writes := []byte{0xD6, 0xD7, 0xD0, 0xD1, 0x0E, 0x0F, 0xDA, 0xDB, 0xDC, 0xDD, 0xD2, 0xE0, 0xE2, 0xE4, 0xE6, 0xE8, 0xFE, 0x44, 0x04, 0x46, 0x47, 0x24, 0x2C, 0xD8, 0xF0}
	reset(t, c)
	selectApplication(t, apdu.NewChannel(c))
	try := func(s apdu.Sender, context string) {
		for _, ins := range writes {
			for _, p := range []byte{0x00, 0x81, 0xDE, 0x9C} {
				r, err := s.Send(t.Context(), apdu.Command{INS: ins, P1: p, P2: 0xAD, Data: []byte{1, 2, 3, 4}})
				if err != nil || r.SW != apdu.ErrSecurityStatus {
					t.Errorf("%s: %02X: %04X %v", context, ins, uint16(r.SW), err)
				}
			}
		}
	}
	try(apdu.NewChannel(c), "plain")
	s := open(t, c)
	if _, err := apdu.Do(t.Context(), s, apdu.Command{INS: 0xA4, P1: 2, P2: 0x0C, Data: []byte{1, 1}}); err != nil {
		t.Fatal(err)
	}
	try(s, "under secure messaging, DG1 selected")
	if got, err := read(t.Context(), s, 0x0101, 200); err != nil || !bytes.Equal(got, testFiles()["EF.DG1"]) {
		t.Errorf("DG1 afterwards: %v", err)
	}
}

// The power goes at every exchange of a personalization in turn, before the
// chip sees the command and after it was done. Whatever is then in the state
// file is a chip: untouched, begun, or whole, and never more than was done.
func TestPowerCuts(t *testing.T) {
	blank := must(chip.NewBlank(quick()))
	if _, err := personalize(t.Context(), blank); err != nil {
		t.Fatal(err)
	}
	total := blank.Exchanges()
	seen := map[string]int{}
	for n := 1; n <= total; n++ {
		for _, kind := range []string{"pull@", "cut@"} {
			o := quick()
			o.State = filepath.Join(t.TempDir(), "card.json")
			o.Faults = must(chip.ParseFaults(kind + itoa(n)))
			c := must(chip.NewBlank(o))
			if _, err := personalize(t.Context(), c); !errors.Is(err, apdu.ErrCardGone) {
				t.Fatalf("%s%d: %v", kind, n, err)
			}
			if _, err := c.Transmit(t.Context(), unhex("00A4040C00")); !errors.Is(err, apdu.ErrCardGone) {
				t.Fatalf("%s%d: the chip still answers: %v", kind, n, err)
			}
			o.Faults = nil
			again := must(chip.Open(o))
			seen[again.Describe()]++
			probe, err := must(applet.ByName("chipid-gp")).Probe(t.Context(), apdu.NewChannel(again), again.ATR())
			if err != nil {
				t.Fatal(err)
			}
			untouched := probe.State == applet.Untouched
			if untouched != (again.Describe() == "blank") {
				t.Errorf("%s%d: %s, probed %v", kind, n, again.Describe(), probe.State)
			}
			if again.Describe() == "issued" && (kind != "cut@" || n != total) {
				t.Errorf("%s%d: issued already", kind, n)
			}
		}
	}
	for _, state := range []string{"blank", "personalization begun", "personalized, not secured", "issued"} {
		if seen[state] == 0 {
			t.Errorf("no cut left the chip %s", state)
		}
	}
}

// A chip whose memory cannot be written answers 6581 and stays what it was.
func TestMemoryFailure(t *testing.T) {
	dir := t.TempDir()
	o := quick()
	o.State = filepath.Join(dir, "card.json")
	c := must(chip.NewBlank(o))
	s := secure(t, c, gp.DefaultTestKeys(), gp.LevelCMACCDec)
	if err := gp.InstallForPersonalization(t.Context(), s, emrtd); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(dir, dir+"-gone"); err != nil {
		t.Fatal(err)
	}
	r := store(t, s, 0, 0, gp.DGI{ID: applet.DGIDate, Value: []byte{2, 6, 1, 1, 2, 3}})
	if err := os.Rename(dir+"-gone", dir); err != nil {
		t.Fatal(err)
	}
	if r.SW != apdu.ErrMemory || c.Describe() != "blank" {
		t.Errorf("%04X, chip is %s", uint16(r.SW), c.Describe())
	}
}

// State files that are none, or of no chip, are refused, without a word of what
// is in them.
func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	o := quick()
	o.State = filepath.Join(dir, "card.json")
	must(chip.NewIssued(o, testDocument()))
	if _, err := chip.NewBlank(o); !errors.Is(err, chip.ErrState) {
		t.Errorf("a new chip over an old one: %v", err)
	}
	good := must(os.ReadFile(o.State))
	for name, change := range map[string][2]string{
		"version":      {`"version":1`, `"version":2`},
		"unknown key":  {`"version":1`, `"version":1,"colour":"red"`},
		"wrong type":   {`"card_life_cycle":15`, `"card_life_cycle":"secured"`},
		"key length":   {`"enc":"QEFC`, `"enc":"QEFCQEFC`},
		"curve":        {`brainpoolP256r1`, `brainpoolP257r1`},
		"PACE":         {`"parameter":13`, `"parameter":3`},
		"file too big": {`"size":95`, `"size":94`},
		"cut short":    {`}`, ``},
	} {
		bad := bytes.Replace(good, []byte(change[0]), []byte(change[1]), 1)
		if bytes.Equal(bad, good) {
			t.Fatalf("%s: nothing to change", name)
		}
		path := filepath.Join(dir, "bad.json")
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := chip.Open(chip.Options{State: path})
		if !errors.Is(err, chip.ErrState) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, secret := range []string{"QEFC", testMRZ} {
			if bytes.Contains([]byte(err.Error()), []byte(secret)) {
				t.Errorf("%s: the error tells a secret", name)
			}
		}
	}
	if _, err := chip.Open(chip.Options{State: filepath.Join(dir, "none")}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}
