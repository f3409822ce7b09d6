package quality_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/asn1"
	"strings"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/ca"
	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/applet"
	"github.com/chipid-toolkit/chipid/cardprofile/issue"
	"github.com/chipid-toolkit/chipid/hsm/soft"
	"github.com/chipid-toolkit/chipid/printer/line/quality"
	"github.com/chipid-toolkit/chipid/testcards/chip"
	"github.com/chipid-toolkit/chipid/testcards/sample"
)

func inspectCard(t *testing.T, c *quality.Checker, tr apdu.Transmitter, b *bureau, plan *issue.Plan, made *issue.Card, keep bool) *quality.Report {
	t.Helper()
	w := work(plan, made)
	if !keep {
		made = nil
	}
	r, err := c.Inspect(context.Background(), tr, w, made)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAGoodChipPasses(t *testing.T) {
	for _, profile := range []string{"vn-cccd-2021", "vn-cancuoc-2024", "icao-td1"} {
		t.Run(profile, func(t *testing.T) {
			b := open(t, profile)
			plan := b.plan(t, 0, 0)
			c, made := b.card(t, plan)
			for _, keep := range []bool{true, false} {
				// Twice: looking at a card must not wear it out.
				for range 2 {
					r := inspectCard(t, b.checker(), c, b, plan, made, keep)
					if p := r.Problem(); p != "" {
						t.Fatalf("made known %v: %s", keep, p)
					}
					if len(r.Digest) != 32 {
						t.Errorf("digest of %d bytes", len(r.Digest))
					}
				}
			}
			if got := c.Describe(); got != "issued" {
				t.Errorf("the chip is %s after the check", got)
			}
		})
	}
}

// After a restart the plan is made anew, and the card must still be the planned one.
func TestAPlanMadeAgainJudgesTheSame(t *testing.T) {
	b := open(t, "vn-cccd-2021")
	c, made := b.card(t, b.plan(t, 1, 1))
	if p := inspectCard(t, b.checker(), c, b, b.plan(t, 1, 1), made, false).Problem(); p != "" {
		t.Fatal(p)
	}
}

// issued is a chip with the files of a card that was made, and other keys or rules.
func (b *bureau) issued(t *testing.T, o chip.Options, plan *issue.Plan, made *issue.Card, change func(*chip.Document)) *chip.Chip {
	t.Helper()
	d := chip.Document{Files: map[string][]byte{}, MRZInfo: plan.MRZ.KeyInfo(), CAN: string(plan.CAN.Bytes()), NoMF: true}
	for _, f := range made.Files {
		d.Files[f.Name] = f.Bytes
	}
	if change != nil {
		change(&d)
	}
	o.RetryDelay = -1
	c, err := chip.NewIssued(o, d)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// otherKeys are chip keys that DG14 and DG15 do not name.
func otherKeys(t *testing.T, d *chip.Document) {
	t.Helper()
	curve, err := ecc.ByName("brainpoolP256r1")
	if err != nil {
		t.Fatal(err)
	}
	key, err := ecc.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p, err := cardprofile.Load("vn-cccd-2021")
	if err != nil {
		t.Fatal(err)
	}
	aa, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	d.ChipAuth = []chip.ChipAuthKey{{Protocols: []asn1.ObjectIdentifier{asn1.ObjectIdentifier(p.ChipAuth[0].Protocol)}, ID: ca.NoKeyID, Key: key}}
	hash, _ := cardprofile.HashByName(p.ActiveAuth.Hash)
	d.ActiveAuth = &chip.ActiveAuthKey{Key: aa, Hash: hash}
}

// takes is a chip that answers 9000 to one instruction.
type takes struct {
	*chip.Chip
	ins byte
}

func (c takes) Transmit(ctx context.Context, b []byte) ([]byte, error) {
	if len(b) > 1 && b[1] == c.ins {
		return []byte{0x90, 0x00}, nil
	}
	return c.Chip.Transmit(ctx, b)
}

func TestFaultsOfTheChipAreFound(t *testing.T) {
	b := open(t, "vn-cccd-2021")
	plan := b.plan(t, 0, 0)
	good, made := b.card(t, plan)
	for _, tt := range []struct {
		name string
		want quality.Code
		chip func(t *testing.T) (apdu.Transmitter, *issue.Card)
	}{
		{"wrong photo on the chip", quality.ChipPortrait, func(t *testing.T) (apdu.Transmitter, *issue.Card) {
			c, m := b.card(t, b.plan(t, 0, 3))
			return c, m
		}},
		{"another person's data groups", quality.ChipAccess, func(t *testing.T) (apdu.Transmitter, *issue.Card) {
			c, m := b.card(t, b.plan(t, 2, 2))
			return c, m
		}},
		{"DG2 swapped after signing", quality.ChipHash, func(t *testing.T) (apdu.Transmitter, *issue.Card) {
			_, other := b.card(t, b.plan(t, 0, 4))
			return b.issued(t, chip.Options{}, plan, made, func(d *chip.Document) {
				for _, f := range other.Files {
					if f.Name == "EF.DG2" {
						d.Files[f.Name] = f.Bytes
					}
				}
			}), made
		}},
		{"DG13 of another person", quality.ChipData, func(t *testing.T) (apdu.Transmitter, *issue.Card) {
			_, other := b.card(t, b.plan(t, 4, 4))
			return b.issued(t, chip.Options{}, plan, made, func(d *chip.Document) {
				for _, f := range other.Files {
					if f.Name == "EF.DG13" {
						d.Files[f.Name] = f.Bytes
					}
				}
			}), made
		}},
		{"wrong keys of chip and active authentication", quality.ChipClone, func(t *testing.T) (apdu.Transmitter, *issue.Card) {
			return b.issued(t, chip.Options{}, plan, made, func(d *chip.Document) { otherKeys(t, d) }), made
		}},
		{"signed by a signer that nobody knows", quality.ChipChain, func(t *testing.T) (apdu.Transmitter, *issue.Card) {
			ring, err := soft.Open(context.Background(), soft.Config{}, soft.Embedded(&bytes.Buffer{}))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = ring.Close() })
			is, err := sample.NewIssuer(context.Background(), ring, b.profile, b.transport, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			other := &bureau{profile: b.profile, issuer: is, transport: b.transport, records: b.records, portraits: b.portraits}
			c, m := other.card(t, plan)
			return c, m
		}},
		{"keys of the blank still open it", quality.ChipOldKeys, func(t *testing.T) (apdu.Transmitter, *issue.Card) {
			return b.issued(t, chip.Options{Master: b.transport}, plan, made, nil), made
		}},
		{"published keys still open it", quality.ChipOldKeys, func(t *testing.T) (apdu.Transmitter, *issue.Card) {
			return b.issued(t, chip.Options{}, plan, made, nil), made
		}},
		{"keys that nobody knows", quality.ChipOtherKeys, func(t *testing.T) (apdu.Transmitter, *issue.Card) {
			return b.issued(t, chip.Options{Master: mac.NewKey(bytes.Repeat([]byte{1}, 16))}, plan, made, nil), made
		}},
		{"UPDATE BINARY is taken", quality.ChipUnlocked, func(*testing.T) (apdu.Transmitter, *issue.Card) { return takes{Chip: good, ins: 0xD6}, made }},
		{"STORE DATA is taken", quality.ChipUnlocked, func(*testing.T) (apdu.Transmitter, *issue.Card) { return takes{Chip: good, ins: 0xE2}, made }},
		{"PUT KEY is taken", quality.ChipUnlocked, func(*testing.T) (apdu.Transmitter, *issue.Card) { return takes{Chip: good, ins: 0xD8}, made }},
		{"another chip of the same person", quality.ChipSerial, func(t *testing.T) (apdu.Transmitter, *issue.Card) {
			c, _ := b.card(t, plan)
			return c, made
		}},
		{"DG1 for everybody", quality.ChipOpen, func(t *testing.T) (apdu.Transmitter, *issue.Card) {
			return b.issued(t, chip.Options{}, plan, made, func(d *chip.Document) {
				d.Rules = map[string]byte{"EF.DG1": applet.ReadAlways}
			}), made
		}},
		{"no access control at all", quality.ChipOpen, func(t *testing.T) (apdu.Transmitter, *issue.Card) {
			return b.issued(t, chip.Options{}, plan, made, func(d *chip.Document) { d.Rules = everybody(d) }), made
		}},
		{"BAC is missing", quality.ChipAccess, func(t *testing.T) (apdu.Transmitter, *issue.Card) {
			return b.issued(t, chip.Options{}, plan, made, func(d *chip.Document) { d.NoBAC = true }), made
		}},
		{"the MRZ does not open PACE", quality.ChipAccess, func(t *testing.T) (apdu.Transmitter, *issue.Card) {
			return b.issued(t, chip.Options{}, plan, made, func(d *chip.Document) { d.MRZInfo = b.plan(t, 3, 3).MRZ.KeyInfo() }), made
		}},
		{"a blank", quality.ChipSilent, func(t *testing.T) (apdu.Transmitter, *issue.Card) {
			c, err := chip.NewBlank(chip.Options{Master: b.transport})
			if err != nil {
				t.Fatal(err)
			}
			return c, made
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tr, m := tt.chip(t)
			for _, keep := range []bool{true, false} {
				r := inspectCard(t, b.checker(), tr, b, plan, m, keep)
				if !r.Has(tt.want) {
					t.Errorf("made known %v: found %q, want %s", keep, r.Problem(), tt.want)
				}
				for _, secret := range []string{b.records[0].FullName, b.records[0].Number, string(plan.CAN.Bytes())} {
					if strings.Contains(r.Problem(), secret) {
						t.Error("the problem holds personal data")
					}
				}
			}
		})
	}
}

func everybody(d *chip.Document) map[string]byte {
	rules := map[string]byte{}
	for name := range d.Files {
		rules[name] = applet.ReadAlways
	}
	return rules
}

// Without what it needs, a checker passes nothing.
func TestACheckerFailsClosed(t *testing.T) {
	b := open(t, "vn-cccd-2021")
	plan := b.plan(t, 0, 0)
	c, made := b.card(t, plan)
	if q, err := (&quality.Checker{}).Check(context.Background(), c, work(plan, made), made); err == nil {
		t.Errorf("%+v without a trust store", q)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if q, err := b.checker().Check(ctx, c, work(plan, made), made); err == nil {
		t.Errorf("%+v of a card that was not looked at", q)
	}
}

func TestEveryCodeHasWords(t *testing.T) {
	for _, c := range quality.Codes() {
		en, vi := c.Words("en"), c.Words("vi")
		if en == "" || vi == "" || en == vi {
			t.Errorf("%s: %q, %q", c, en, vi)
		}
	}
}
