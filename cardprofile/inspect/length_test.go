package inspect_test

import (
	"context"
	"crypto"
	"slices"
	"strings"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/pace"
	"github.com/chipid-toolkit/chipid/cardprofile/inspect"
	"github.com/chipid-toolkit/chipid/testcards/chip"
	"github.com/chipid-toolkit/chipid/testcards/document"
)

// carrier is a reader with limits and an ATR of its own, whatever the chip has in
// it, and keeps what passes.
type carrier struct {
	*chip.Chip
	most     int // bytes of a C-APDU and an R-APDU; 0 carries everything
	atr      []byte
	commands [][]byte
	answers  []apdu.Status
}

func (c *carrier) ATR() []byte {
	if c.atr != nil {
		return c.atr
	}
	return c.Chip.ATR()
}

func (c *carrier) MaxCommand() int {
	if c.most > 0 {
		return c.most
	}
	return 7 + apdu.MaxExtendedData + 2
}

func (c *carrier) MaxResponse() int {
	if c.most > 0 {
		return c.most
	}
	return apdu.MaxExtendedNe + 2
}

func (c *carrier) Reset(ctx context.Context) ([]byte, error) {
	_, err := c.Chip.Reset(ctx)
	return c.ATR(), err
}

func (c *carrier) Transmit(ctx context.Context, command []byte) ([]byte, error) {
	answer, err := c.Chip.Transmit(ctx, command)
	c.commands = append(c.commands, slices.Clone(command))
	var sw apdu.Status
	if r, perr := apdu.ParseResponse(answer); err == nil && perr == nil {
		sw = r.SW
	}
	c.answers = append(c.answers, sw)
	return answer, err
}

// extended counts the commands with extended length fields, and how many of them
// came after one had been refused in plain.
func (c *carrier) extended() (all, after int) {
	refused := false
	for i, cmd := range c.commands {
		if len(cmd) > 6 && cmd[4] == 0 {
			all++
			if refused {
				after++
			}
			refused = refused || c.answers[i] == apdu.ErrWrongLength
		}
	}
	return all, after
}

// dhGM2048 is id-PACE-DH-GM-AES-CBC-CMAC-128 in the group of 2,048 bits with a
// subgroup of 256 bits.
var dhGM2048 = pace.Params{OID: []int{0, 4, 0, 127, 0, 7, 2, 2, 4, 1, 2}, ParameterID: 2}

// ecdhGM is id-PACE-ECDH-GM-AES-CBC-CMAC-128 on brainpoolP256r1.
var ecdhGM = pace.Params{OID: []int{0, 4, 0, 127, 0, 7, 2, 2, 4, 2, 2}, ParameterID: 13}

// atrShort has card capabilities without extended length.
var atrShort = []byte{0x3B, 0x86, 0x80, 0x01, 0x80, 0x73, 0x84, 0x01, 0x00, 0x00}

// Keys that need long commands and long answers work wherever the chip can, and a
// chip is not sent again what it has refused.
func TestLongKeys(t *testing.T) {
	rsa2048 := &document.ActiveAuth{Bits: 2048, Hash: crypto.SHA256}
	for name, offer := range map[string]pace.Params{"ECDH": ecdhGM, "DH-2048": dhGM2048} {
		dh := name == "DH-2048"
		for _, tc := range []struct {
			name   string
			model  chip.Model
			quirk  string
			most   int
			atr    []byte
			trail  string
			silent string // what the trail must not say
			// extended commands beside reads, with ECDH and with DH; -1: any
			ecdh, dh int
		}{
			{name: "buffers stated", ecdh: 1, dh: 3, silent: "chip."},
			{name: "a reader with short APDUs", model: chip.ShortModel, most: 261, silent: "extended length"},
			{name: "short APDUs, said", model: chip.ShortModel, silent: "extended length"},
			{name: "short APDUs, not said", quirk: "chip.short.undeclared", trail: "chip.short.undeclared", silent: "used extended length", ecdh: 1, dh: 1},
			{name: "extended length, not said", quirk: "chip.extended.undeclared", trail: "chip.extended.undeclared", silent: "in pieces", ecdh: 1, dh: 3},
			{name: "extended length, denied", quirk: "chip.extended.undeclared", atr: atrShort, trail: "chip.extended.undeclared", ecdh: 1, dh: 3},
		} {
			t.Run(name+", "+tc.name, func(t *testing.T) {
				o := document.Options{PACE: []pace.Params{offer}, AA: rsa2048, Chip: chip.Options{Model: tc.model}}
				if tc.quirk != "" {
					quirks, err := chip.ParseQuirks(tc.quirk)
					if err != nil {
						t.Fatal(err)
					}
					o.Chip.Quirks = quirks
				}
				d := document.New(t, o)
				c := &carrier{Chip: d.Chip, most: tc.most, atr: tc.atr}
				v, err := inspect.Inspect(t.Context(), c, d.ByCAN(t), d.Trust, inspect.Options{Today: document.Today})
				if err != nil || v.Outcome != inspect.ResultPassed || outcome(v, inspect.CheckAA) != inspect.Passed || v.Chip.Access != "pace" {
					t.Fatalf("%s by %s, aa %v, %v: %q", v.Outcome, v.Chip.Access, outcome(v, inspect.CheckAA), err, v.Chip.Trail)
				}
				want := tc.ecdh
				if dh {
					want = tc.dh
				}
				reads := 0
				for _, cmd := range c.commands {
					if len(cmd) > 6 && cmd[4] == 0 && cmd[1]&^1 == 0xB0 {
						reads++
					}
				}
				if all, after := c.extended(); all-reads != want || after != 0 {
					t.Errorf("%d extended commands beside reads, want %d; %d after one was refused", all-reads, want, after)
				}
				trail := strings.Join(v.Chip.Trail, "\n")
				if !strings.Contains(trail, tc.trail) || tc.silent != "" && strings.Contains(trail, tc.silent) {
					t.Errorf("the trail: %s", trail)
				}
				for _, line := range v.Chip.Trail {
					if strings.HasPrefix(line, "used ") && !strings.Contains(line, " because ") {
						t.Errorf("no reason: %s", line)
					}
				}
			})
		}
	}
}

// A long answer under secure messaging comes by GET RESPONSE where nothing else
// carries it, and in the pieces that the chip makes.
func TestGetResponseUnderSecureMessaging(t *testing.T) {
	d := document.New(t, document.Options{PACE: []pace.Params{ecdhGM}, AA: &document.ActiveAuth{Bits: 3072, Hash: crypto.SHA256}, Chip: chip.Options{Model: chip.ShortModel}})
	c := &carrier{Chip: d.Chip}
	v, err := inspect.Inspect(t.Context(), c, d.ByCAN(t), d.Trust, inspect.Options{Today: document.Today})
	if err != nil || v.Outcome != inspect.ResultPassed || outcome(v, inspect.CheckAA) != inspect.Passed {
		t.Fatalf("%s, aa %v, %v", v.Outcome, outcome(v, inspect.CheckAA), err)
	}
	n := 0
	for _, cmd := range c.commands {
		if cmd[1] == 0xC0 {
			n++
		}
	}
	if n != 2 {
		t.Errorf("%d GET RESPONSE", n)
	}
}
