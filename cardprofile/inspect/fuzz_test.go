package inspect_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chipid-toolkit/chipid/cardprofile/inspect"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/testcards/chip"
)

// meddler changes answers on their way: each four bytes of the script name an
// exchange, what is done to its answer, where, and with which byte.
type meddler struct{ script []byte }

func (m meddler) Command(int, []byte) chip.Effect      { return chip.Effect{} }
func (m meddler) File(_ string, content []byte) []byte { return content }
func (m meddler) Answer(n int, answer []byte) chip.Effect {
	var e chip.Effect
	for s := m.script; len(s) >= 4; s = s[4:] {
		if int(s[0]) != n || len(answer) == 0 {
			continue
		}
		at := int(s[2]) * len(answer) / 256
		out := bytes.Clone(answer)
		switch s[1] % 6 {
		case 0:
			out[at] ^= s[3]
		case 1:
			out = out[:at]
		case 2:
			out = slices.Insert(out, at, s[3])
		case 3:
			out = slices.Delete(out, at, min(at+int(s[3]), len(out)))
		case 4:
			out = append(out[:0:0], s[2], s[3])
		case 5:
			out = append(bytes.Repeat([]byte{s[3]}, 1+2*int(s[2])), 0x90, 0x00)
		}
		answer, e.Answer = out, append([]byte{}, out...)
	}
	return e
}

// FuzzChipAnswers: whatever is done to the answers of a chip, an inspection ends, and
// one that passes has read what was signed and had it proven.
func FuzzChipAnswers(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{1, 0, 200, 0x01})            // EF.ATR/INFO
	f.Add([]byte{4, 5, 100, 0x31})            // EF.CardAccess
	f.Add([]byte{7, 3, 20, 40, 9, 0, 255, 1}) // PACE
	f.Add([]byte{15, 4, 0x67, 0x00})          // without protection
	f.Add([]byte{20, 2, 0, 0x99, 22, 1, 128, 0})
	f.Add([]byte{30, 4, 0x61, 0x01, 31, 4, 0x61, 0x01})
	f.Fuzz(func(t *testing.T, script []byte) {
		if len(script) > 64 {
			return
		}
		c := twin(t, chip.Options{Faults: []chip.Fault{meddler{script}}})
		v, err := look(t, c, inspect.Options{})
		if v == nil {
			t.Fatal("no verdict")
		}
		if c.Exchanges() > 2000 {
			t.Errorf("%d exchanges", c.Exchanges())
		}
		if _, jerr := v.JSON(); jerr != nil {
			t.Error(jerr)
		}
		if v.Outcome != inspect.ResultPassed {
			return
		}
		if err != nil || outcome(v, inspect.CheckCA) != inspect.Passed || outcome(v, inspect.CheckAA) != inspect.Passed {
			t.Errorf("passed with ca %v, aa %v, %v", outcome(v, inspect.CheckCA), outcome(v, inspect.CheckAA), err)
		}
		for _, got := range v.Files() {
			for _, want := range card(t).Files {
				if got.Name == want.Name && strings.HasPrefix(got.Name, "EF.DG") && !bytes.Equal(got.Bytes, want.Bytes) {
					t.Errorf("passed with another %s", got.Name)
				}
			}
		}
	})
}

// FuzzFiles: whatever a file holds instead of what was issued, a verdict over the
// files comes of it, and it does not pass where the file is signed.
func FuzzFiles(f *testing.F) {
	f.Add(byte(0), []byte{0x31, 0x00})
	f.Add(byte(1), []byte{0x60, 0x14, 0x5F, 0x01})
	f.Add(byte(2), []byte{0x77, 0x80})
	f.Add(byte(3), []byte{0x61, 0x5D, 0x5F, 0x1F, 0x5A})
	f.Add(byte(4), []byte{0x75, 0x82, 0xFF, 0xFF, 0x7F, 0x61})
	f.Add(byte(5), []byte{0x6D, 0x02, 0x30, 0x00})
	f.Add(byte(6), []byte{0x6E, 0x02, 0x31, 0x00})
	f.Add(byte(7), []byte{0x6F, 0x00})
	f.Fuzz(func(t *testing.T, which byte, content []byte) {
		files := slices.Clone(card(t).Files)
		i := int(which) % len(files)
		same := bytes.Equal(files[i].Bytes, content)
		files[i] = lds.File{Name: files[i].Name, Bytes: content}
		v := inspect.Files(files, card(t).Trust, inspect.Options{})
		signed := strings.HasPrefix(files[i].Name, "EF.DG")
		if v.Outcome == inspect.ResultPassed && signed && !same {
			t.Errorf("passed with another %s", files[i].Name)
		}
		if _, err := v.JSON(); err != nil {
			t.Error(err)
		}
	})
}

// FuzzAccess: whatever is scanned or typed, a key comes of it or an error, and neither
// shows it.
func FuzzAccess(f *testing.F) {
	for _, s := range []string{"271828", "001090000000||Nguyễn Văn Mẫu|02031990|Nam|Số 1|01062021", "090000000,900302,300302", "IDVNM0900000007001090000000<<1\n", "-", "\uFEFF123|", "ünï"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, make := range []func(string) (inspect.Access, error){inspect.ByCAN, inspect.ByMRZ, inspect.ByQR, inspect.ByPIN, inspect.ByPUK} {
			a, err := make(text)
			if err == nil && len(text) >= 6 && !strings.Contains("[secret]", text) && strings.Contains(fmt.Sprintf("%v %+v %#v", a, a, a), text) {
				t.Error("the key is printed")
			}
		}
	})
}
