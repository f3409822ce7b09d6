package chip_test

import (
	"crypto"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/domain"
	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/apdu/pace"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/inspect"
	"github.com/chipid-toolkit/chipid/testcards/chip"
	"github.com/chipid-toolkit/chipid/testcards/cvca"
	"github.com/chipid-toolkit/chipid/testcards/document"
)

// matrixCase is one chip and what the inspection of it must find. Every case
// goes through the whole reader: access, files, passive authentication, proofs.
type matrixCase struct {
	name    string // also the subtest's
	options document.Options
	byCAN   bool   // else the MRZ opens it
	profile string // expected type of card

	access     string // what the verdict says about access contains this
	ca, aa     string // the same about chip and active authentication; empty: the chip has none
	cam        bool   // opened with chip authentication mapping
	ta         *cvca.PKI
	deviations []string

	// product marks a case of the full product, which runs with
	// CHIPID_MATRIX=all alone. The others hold every protocol with every
	// parameter and cipher.
	product bool
}

// matrixAll runs the full product.
func matrixAll() bool { return os.Getenv("CHIPID_MATRIX") == "all" }

func (m matrixCase) short() matrixCase {
	m.options.Chip.Model = chip.ShortModel
	m.name += "/short"
	return m
}

// variants are the case itself and, for the full product, the same with the
// other password and the other length. Which of them stands for all changes
// from case to case.
func variants(list []matrixCase, m matrixCase) []matrixCase {
	other := m
	other.byCAN = !m.byCAN
	base := len(list)
	all := []matrixCase{m.named(), m.named().short(), other.named(), other.named().short()}
	first := (base / 4) % 4
	for i, v := range all {
		v.product = i != first
		list = append(list, v)
	}
	return list
}

func (m matrixCase) named() matrixCase {
	if m.byCAN {
		m.name += "/CAN"
	} else {
		m.name += "/MRZ"
	}
	return m
}

// inspectWith makes the chip, lets carry bring it to a terminal, and judges what
// the inspection says.
func (m matrixCase) inspectWith(t *testing.T, carry func(*chip.Chip) apdu.Transmitter) *inspect.Verdict {
	t.Helper()
	terminal := m.guard(t)
	d := document.New(t, m.options)
	access := d.ByMRZ(t)
	if m.byCAN {
		access = d.ByCAN(t)
	}
	o := inspect.Options{Today: document.Today, Terminal: terminal}
	if m.profile != "" {
		o.Profile = must(cardprofile.Load(m.profile))
	}
	v, err := inspect.Inspect(t.Context(), carry(d.Chip), access, d.Trust, o)
	if err != nil {
		t.Fatalf("%v; trail %q", err, v.Chip.Trail)
	}
	m.judge(t, v)
	if t.Failed() {
		t.Logf("trail %q", v.Chip.Trail)
	}
	return v
}

func (m matrixCase) judge(t *testing.T, v *inspect.Verdict) {
	t.Helper()
	if v.Outcome != inspect.ResultPassed {
		t.Errorf("outcome %s, want %s", v.Outcome, inspect.ResultPassed)
		for _, c := range v.Checks {
			t.Logf("%s %s: %s", c.ID, c.Outcome, c.Reason)
		}
	}
	says := func(id string, o inspect.Outcome, text string) {
		t.Helper()
		if c, ok := v.Check(id); !ok || c.Outcome != o || !strings.Contains(c.Reason, text) {
			t.Errorf("%s: %v, %q; want %v, %q", id, c.Outcome, c.Reason, o, text)
		}
	}
	says(inspect.CheckAccess, inspect.Passed, m.access)
	for id, text := range map[string]string{inspect.CheckCA: m.ca, inspect.CheckAA: m.aa} {
		if text == "" {
			says(id, inspect.NotSupported, "")
		} else {
			says(id, inspect.Passed, text)
		}
	}
	if m.cam {
		says(inspect.CheckPACECAM, inspect.Passed, "")
	} else {
		says(inspect.CheckPACECAM, inspect.NotPerformed, "")
	}
	if m.byCAN {
		says(inspect.CheckMRZMatch, inspect.NotPerformed, "")
	} else {
		says(inspect.CheckMRZMatch, inspect.Passed, "")
	}
	if m.ta != nil {
		says(inspect.CheckTA, inspect.Passed, "with the right to read DG3, DG4")
		says(inspect.HashCheck(3), inspect.Passed, "")
		says(inspect.HashCheck(4), inspect.Passed, "")
	} else {
		says(inspect.CheckTA, inspect.NotPerformed, "")
	}
	says(inspect.HashCheck(1), inspect.Passed, "")
	says(inspect.HashCheck(2), inspect.Passed, "")
	var found []string
	for _, d := range v.Deviations {
		if d.Where != "chip" { // quirks of silicon, which are not the document's
			found = append(found, d.Text)
		}
	}
	if !slices.Equal(found, m.deviations) {
		t.Errorf("deviations %q, want %q", found, m.deviations)
	}
}

// direct is a chip that a terminal talks to without a reader between.
func direct(c *chip.Chip) apdu.Transmitter { return c }

// The matrix: our terminal against our chip, through everything.
func TestMatrix(t *testing.T) {
	for _, group := range matrix(t) {
		t.Run(group.name, func(t *testing.T) {
			t.Parallel()
			n := 0
			for _, m := range group.cases {
				if m.product && !matrixAll() {
					continue
				}
				n++
				t.Run(m.name, func(t *testing.T) {
					m.inspectWith(t, direct)
					if m.cam {
						m.provesCAM(t)
					}
				})
			}
			if n == 0 {
				t.Error("no cases")
			}
		})
	}
}

// A copy of a chip, which has the files and not the keys, is found out: the
// matrix can fail.
func TestMatrixFindsCopies(t *testing.T) {
	curve := must(ecc.GenerateKey(ecc.P256(), nil))
	group := must(must(domain.Standard(2)).Generator().GenerateKey(nil))
	offer := []pace.Params{gm(mac.AES128, 12)}
	for _, x := range []struct {
		check string
		o     document.Options
		copy  func(*chip.Document)
	}{
		{inspect.CheckCA, document.Options{PACE: offer, CA: []document.ChipAuth{{Parameters: 12, Ciphers: []mac.Cipher{mac.TDES}, ID: 1}}},
			func(d *chip.Document) { d.ChipAuth[0].Key = curve }},
		{inspect.CheckCA, document.Options{PACE: offer, CA: []document.ChipAuth{{Parameters: 2, Ciphers: []mac.Cipher{mac.AES128}, ID: 1}}},
			func(d *chip.Document) { d.ChipAuth[0].DH = group }},
		{inspect.CheckAA, document.Options{PACE: offer, AA: &document.ActiveAuth{Curve: "P-256", Hash: crypto.SHA256}},
			func(d *chip.Document) { d.ActiveAuth.Key = curve }},
		{inspect.CheckAA, document.Options{PACE: offer, AA: &document.ActiveAuth{Bits: 1024, Hash: crypto.SHA256}},
			func(d *chip.Document) { d.ActiveAuth.Key = must(chip.GenerateRSA(1024)) }},
	} {
		x.o.Change = x.copy
		d := document.New(t, x.o)
		v, _ := inspect.Inspect(t.Context(), d.Chip, d.ByMRZ(t), d.Trust, inspect.Options{Today: document.Today})
		if c, _ := v.Check(x.check); c.Outcome != inspect.Failed || v.Outcome != inspect.ResultFailed {
			t.Errorf("%s: %v, the whole %v", x.check, c.Outcome, v.Outcome)
		}
	}
}
