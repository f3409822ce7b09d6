package inspect_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/apdu/pace"
	"github.com/chipid-toolkit/chipid/cardprofile/inspect"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/testcards/document"
)

// unsigned are files that nobody signs and that no signed file repeats; a verdict
// takes nothing from them.
var unsigned = map[string]bool{"EF.ATR/INFO": true, "EF.DIR": true}

// said is what a change must be seen by: the outcome, and the deviations.
func said(v *inspect.Verdict) (passed bool, deviations map[string]int) {
	deviations = map[string]int{}
	for _, d := range v.Deviations {
		deviations[d.String()]++
	}
	return v.Outcome == inspect.ResultPassed, deviations
}

// TestMutateDocument changes bytes of every file of whole documents by xor 01, 80
// and FF: the verdict is not passed, or a deviation more. CHIPID_MUTATE=all changes
// every position.
func TestMutateDocument(t *testing.T) {
	all := os.Getenv("CHIPID_MUTATE") == "all"
	sample := card(t)
	modern := document.New(t, document.Options{
		PACE: []pace.Params{{OID: []int{0, 4, 0, 127, 0, 7, 2, 2, 4, 2, 2}, ParameterID: 13}},
		CA:   []document.ChipAuth{{Parameters: 13, Ciphers: []mac.Cipher{mac.AES128}, ID: 1}},
	})
	mapped := document.New(t, document.Options{PACE: []pace.Params{ecdhCAM}})
	for _, d := range []struct {
		name  string
		files []lds.File
		trust *pki.Store
		o     inspect.Options
	}{
		{"Vietnam", sample.Files, sample.Trust, inspect.Options{}},
		{"PACE and chip authentication", asRead(t, modern), modern.Trust, inspect.Options{Today: document.Today}},
		{"chip authentication mapping", asRead(t, mapped), mapped.Trust, inspect.Options{Today: document.Today}},
	} {
		t.Run(d.name, func(t *testing.T) {
			passed, before := said(inspect.Files(d.files, d.trust, d.o))
			if !passed {
				t.Fatal("the unchanged document does not pass")
			}
			changes, unseen := 0, 0
			for i, f := range d.files {
				if unsigned[f.Name] {
					continue
				}
				step := 1
				switch {
				case all:
				case len(f.Bytes) > 400:
					step = 1 + len(f.Bytes)/40
				}
				for at := 0; at < len(f.Bytes); at += step {
					for _, x := range []byte{0x01, 0x80, 0xff} {
						files := with(d.files, f.Name, func(b []byte) []byte { b[at] ^= x; return b })
						passed, after := said(inspect.Files(files, d.trust, d.o))
						changes++
						if passed && !more(before, after) {
							if unseen++; unseen < 20 {
								t.Errorf("%s, byte %d of %d, %02x to %02x: passed without a deviation", f.Name, at, len(f.Bytes), d.files[i].Bytes[at], d.files[i].Bytes[at]^x)
							}
						}
					}
				}
			}
			t.Logf("%d changes in %d files, %d unseen", changes, len(d.files), unseen)
		})
	}
}

func more(before, after map[string]int) bool {
	for d, n := range after {
		if n > before[d] {
			return true
		}
	}
	return false
}

// asRead are the files of a document as its chip gives them.
func asRead(t *testing.T, d *document.Document) []lds.File {
	t.Helper()
	r, err := inspect.Read(t.Context(), d.Chip, d.ByMRZ(t), inspect.Options{Today: document.Today})
	if err != nil {
		t.Fatal(err)
	}
	names := ""
	for _, f := range r.Files {
		names += fmt.Sprint(f.Name, " ")
	}
	t.Log(names)
	return r.Files
}
