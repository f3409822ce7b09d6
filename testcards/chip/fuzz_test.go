package chip_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/chipid-toolkit/chipid/testcards/chip"
)

// FuzzParseFaults: any text is a list of faults or an error, and a fault bears
// any exchange.
func FuzzParseFaults(f *testing.F) {
	for _, seed := range []string{"pull@1+5,cut@2", "naked@3=6988,mac@4,replay@5", "delay=1", "tamper=EF.DG2:7,truncate=DG1:0", ",", "mac@9999999999999999999"} {
		f.Add(seed)
	}
	f.Fuzz(func(_ *testing.T, spec string) {
		list, err := chip.ParseFaults(spec)
		if err != nil {
			return
		}
		for _, fault := range list {
			for n := 1; n < 4; n++ {
				fault.Command(n, []byte{0, 0xB0, 0, 0})
				fault.Answer(n, []byte{0x90, 0})
			}
			fault.File("EF.DG1", nil)
			fault.File("EF.DG2", []byte{1, 2, 3})
		}
	})
}

// FuzzOpen: any state file is a chip that answers, or ErrState.
func FuzzOpen(f *testing.F) {
	dir := f.TempDir()
	for i, d := range []func(chip.Options) error{
		func(o chip.Options) error { _, err := chip.NewBlank(o); return err },
		func(o chip.Options) error { _, err := chip.NewIssued(o, testDocument()); return err },
	} {
		o := quick()
		o.State = filepath.Join(dir, itoa(i))
		if err := d(o); err != nil {
			f.Fatal(err)
		}
		f.Add(must(os.ReadFile(o.State)))
	}
	f.Add([]byte(`{"version":1}`))
	path := filepath.Join(dir, "fuzz.json")
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := chip.Open(chip.Options{State: path, RetryDelay: -1})
		if err != nil {
			if !errors.Is(err, chip.ErrState) {
				t.Errorf("error %v", err)
			}
			return
		}
		for _, command := range []string{"00A4040C07A0000002471001", "00B0810000", "00B0970000", "00A40204020101 00", "80500000080102030405060708 00", "0084000008"} {
			answer, err := c.Transmit(t.Context(), unhex(command))
			if err != nil || len(answer) < 2 {
				t.Fatalf("%s: %X, %v", command, answer, err)
			}
		}
	})
}
