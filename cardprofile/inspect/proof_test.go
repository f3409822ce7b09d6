package inspect_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/apdu/pace"
	"github.com/chipid-toolkit/chipid/cardprofile/inspect"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/testcards/chip"
	"github.com/chipid-toolkit/chipid/testcards/document"
)

// ecdhCAM is id-PACE-ECDH-CAM-AES-CBC-CMAC-128 on brainpoolP256r1.
var ecdhCAM = pace.Params{OID: []int{0, 4, 0, 127, 0, 7, 2, 2, 4, 6, 2}, ParameterID: 13}

// Chip authentication mapping is judged on the signed key of EF.CardSecurity, and
// a document whose only proof it is needs it.
func TestChipAuthenticationMapping(t *testing.T) {
	for _, tc := range []struct {
		name    string
		options document.Options
		result  inspect.Result
		want    inspect.Outcome
	}{
		{"genuine", document.Options{}, inspect.ResultPassed, inspect.Passed},
		{"copy with another key", document.Options{Change: func(d *chip.Document) {
			key, err := ecc.GenerateKey(ecc.BrainpoolP256r1(), nil)
			if err != nil {
				t.Fatal(err)
			}
			d.ChipAuth[0].Key = key
		}}, inspect.ResultFailed, inspect.Failed},
		{"EF.CardSecurity withheld", document.Options{Change: func(d *chip.Document) { delete(d.Files, lds.NameCardSecurity) }},
			inspect.ResultInconclusive, inspect.NotPerformed},
		{"EF.CardSecurity cut short", document.Options{Change: func(d *chip.Document) { d.Files[lds.NameCardSecurity] = []byte{0x30, 0x03, 0x02, 0x01, 0x00} }},
			inspect.ResultFailed, inspect.Failed},
		{"EF.CardSecurity signed by a stranger", document.Options{CardSecurityBy: document.Authority(t, "CSCA of a stranger, for inspection")},
			inspect.ResultInconclusive, inspect.NotPerformed},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o := tc.options
			o.PACE = []pace.Params{ecdhCAM}
			d := document.New(t, o)
			v, err := inspect.Inspect(t.Context(), d.Chip, d.ByCAN(t), d.Trust, inspect.Options{Today: document.Today})
			if err != nil {
				t.Fatal(err)
			}
			c, _ := v.Check(inspect.CheckPACECAM)
			if v.Outcome != tc.result || c.Outcome != tc.want || !c.Required {
				t.Errorf("%s, want %s; pace.cam %v, required %v: %s", v.Outcome, tc.result, c.Outcome, c.Required, c.Reason)
			}
		})
	}
}

// swapped is a reader from which the card is taken in the middle, and another put
// in its place.
type swapped struct {
	*chip.Chip
	other *chip.Chip
}

func (s *swapped) Reset(ctx context.Context) ([]byte, error) {
	s.Chip = s.other
	return s.Chip.Reset(ctx)
}

// A copy that takes the place of the genuine card in a lost field passes nowhere,
// however much the genuine one has proven before.
func TestSwappedChip(t *testing.T) {
	all, access := clean(t)
	files := map[string][]byte{}
	for _, f := range card(t).Files {
		files[f.Name] = f.Bytes
	}
	info := "090000000790030263003024"
	for n := access + 1; n <= all; n++ {
		clone, err := chip.NewIssued(chip.Options{RetryDelay: -1}, chip.Document{Files: files, CAN: card(t).CAN, MRZInfo: info, NoMF: true})
		if err != nil {
			t.Fatal(err)
		}
		genuine := twin(t, chip.Options{Faults: faults(t, fmt.Sprintf("cut@%d", n))})
		v, err := look(t, &swapped{genuine, clone}, inspect.Options{})
		if v.Outcome != inspect.ResultFailed || outcome(v, inspect.CheckCA) != inspect.Failed || outcome(v, inspect.CheckAA) == inspect.Passed {
			t.Errorf("swapped at %d: %s, ca %v, aa %v, %v", n, v.Outcome, outcome(v, inspect.CheckCA), outcome(v, inspect.CheckAA), err)
		}
	}
}

// What the verdict and its trail say is free of the key.
func TestNothingSaysTheKey(t *testing.T) {
	for _, spec := range []string{"pull@12", "naked@14=6700", "nonce", "mac@15", "truncate=EF.DG1:20"} {
		v, err := look(t, twin(t, chip.Options{Faults: faults(t, spec)}), inspect.Options{})
		said := fmt.Sprint(err, v.Chip.Trail)
		for _, c := range v.Checks {
			said += c.Reason + c.ReasonIn("vi")
		}
		if strings.Contains(said, card(t).CAN) || strings.Contains(said, card(t).MRZ) {
			t.Errorf("%s: %s", spec, said)
		}
	}
}
