package keyimport

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/hsm"
	"github.com/chipid-toolkit/chipid/hsm/hsmtest"
	"github.com/chipid-toolkit/chipid/hsm/pkcs11"
)

// The example of FIPS 197, 4.2: {57}·{83} = {c1}, and {57}·{13} = {fe}.
func TestField(t *testing.T) {
	if times(0x57, 0x83) != 0xC1 || times(0x57, 0x13) != 0xFE {
		t.Error("multiplication is wrong")
	}
	for a := 1; a < 256; a++ {
		if times(byte(a), inverse(byte(a))) != 1 {
			t.Fatalf("inverse of %x", a)
		}
	}
}

// AES-128 of a block of zeros under a key of zeros begins 66e94b (the hash subkey H of test case 1 of the GCM specification).
func TestKCVMethods(t *testing.T) {
	got, err := kcv(KCVZeros, make([]byte, 16))
	if err != nil || hex.EncodeToString(got) != "66e94b" {
		t.Errorf("zeros: %x, %v", got, err)
	}
	// GlobalPlatform's test key 40..4F: 504A77.
	got, err = kcv(KCVOnes, testKey())
	if err != nil || hex.EncodeToString(got) != "504a77" {
		t.Errorf("ones: %x, %v", got, err)
	}
	got, err = kcv(KCVCMAC, testKey())
	if want, _ := mac.CMAC(testKey(), make([]byte, 16)); err != nil || !bytes.Equal(got, want[:3]) {
		t.Errorf("cmac: %x, %v", got, err)
	}
}

func testKey() []byte {
	k := make([]byte, 16)
	for i := range k {
		k[i] = 0x40 + byte(i)
	}
	return k
}

func check(t *testing.T, key []byte) string {
	t.Helper()
	v, err := kcv(KCVOnes, key)
	if err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(v)
}

// ceremony is a set of three components, or shares of which two suffice.
func ceremony(t *testing.T, shares bool, files bool) (*Spec, map[string][]byte) {
	t.Helper()
	key := testKey()
	parts := map[string][]byte{"Lan": make([]byte, 16), "Minh": make([]byte, 16), "Hoa": make([]byte, 16)}
	names := []string{"Lan", "Minh", "Hoa"}
	for i := range key {
		a, b := byte(i*37+11), byte(i*91+5)
		if shares {
			for n, name := range names {
				parts[name][i] = key[i] ^ times(a, byte(n+1))
			}
			continue
		}
		parts["Lan"][i], parts["Minh"][i], parts["Hoa"][i] = a, b, a^b^key[i]
	}
	var y strings.Builder
	fmt.Fprintf(&y, "ceremony: Lot 4711\nlabel: transport-4711\nbits: 128\nkcv: %s\n", check(t, key))
	if shares {
		y.WriteString("threshold: 2\n")
	}
	y.WriteString("components:\n")
	dir := t.TempDir()
	for n, name := range names {
		fmt.Fprintf(&y, "  - custodian: %s\n    kcv: %q\n", name, check(t, parts[name]))
		if shares {
			fmt.Fprintf(&y, "    share: %d\n", n+1)
		}
		if files {
			fmt.Fprintf(&y, "    file: %s.hex\n", name)
			if err := os.WriteFile(filepath.Join(dir, name+".hex"), []byte(hex.EncodeToString(parts[name])+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	path := filepath.Join(dir, "lot.yaml")
	if err := os.WriteFile(path, []byte(y.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return s, parts
}

func softHSM(t *testing.T) hsm.Keyring {
	t.Helper()
	module, _ := hsmtest.SoftHSM(t)
	t.Setenv("CHIPID_TEST_PIN", hsmtest.TokenPIN)
	pin, err := hsm.ParsePINSource("env:CHIPID_TEST_PIN", nil)
	if err != nil {
		t.Fatal(err)
	}
	ring, err := pkcs11.Open(context.Background(), pkcs11.Config{Module: module, Token: hsmtest.TokenLabel, PIN: pin})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ring.Close() })
	return ring
}

// typing answers for custodians.
func typing(parts map[string][]byte) Ask {
	return func(_ context.Context, name string) (mac.Key, error) {
		return mac.NewKey([]byte(strings.ToUpper(hex.EncodeToString(parts[name])))), nil
	}
}

// secretFree fails if any component or the key stands in the text.
func secretFree(t *testing.T, text string, parts map[string][]byte) {
	t.Helper()
	for name, p := range parts {
		if strings.Contains(strings.ToLower(text), hex.EncodeToString(p)) {
			t.Errorf("the component of %s stands in %q", name, text)
		}
	}
	if strings.Contains(strings.ToLower(text), hex.EncodeToString(testKey())) {
		t.Errorf("the key stands in %q", text)
	}
}

// TestImport: the key that lands in SoftHSM2 derives what the vendor's key derives, and cannot leave.
func TestImport(t *testing.T) {
	for _, c := range []struct {
		name          string
		shares, files bool
		who           []string
	}{{"components typed", false, false, nil}, {"components in files", false, true, nil}, {"two of three shares", true, false, []string{"Hoa", "Lan"}}, {"the other two", true, true, []string{"Minh", "Hoa"}}} {
		t.Run(c.name, func(t *testing.T) {
			ring := softHSM(t)
			s, parts := ceremony(t, c.shares, c.files)
			p, err := s.Prepare(c.who)
			if err != nil {
				t.Fatal(err)
			}
			var plan, transcript bytes.Buffer
			if err := p.Write(&plan); err != nil {
				t.Fatal(err)
			}
			if err := p.Matches(plan.Bytes()); err != nil {
				t.Error(err)
			}
			if err := p.Matches(append(plan.Bytes(), '\n')); !errors.Is(err, ErrPlan) {
				t.Errorf("another plan: %v", err)
			}
			ask := typing(parts)
			if c.files {
				ask = nil
			}
			ref, err := p.Run(context.Background(), ring, ask)
			if err != nil {
				t.Fatal(err)
			}
			if err := p.Transcript(&transcript, ref, time.Now(), time.Now(), Witnessed{Operator: "o", Token: "t"}); err != nil {
				t.Fatal(err)
			}
			secretFree(t, plan.String()+transcript.String(), parts)
			if !strings.Contains(transcript.String(), "504A77") {
				t.Error("the transcript lacks the key's check value")
			}
			list, err := ring.List(context.Background())
			if err != nil || len(list) != 1 || !list[0].Sensitive || list[0].Extractable || list[0].Label != "transport-4711" {
				t.Fatalf("%+v, %v", list, err)
			}
			// It is the vendor's key: session keys equal those of KDF3 outside.
			kdd := bytes.Repeat([]byte{7}, 10)
			cards, err := ring.CardKeys(context.Background(), ref, kdd)
			if err != nil {
				t.Fatal(err)
			}
			defer cards.Close()
			enc, _, _, err := cards.SessionKeys(context.Background(), make([]byte, 16))
			if err != nil {
				t.Fatal(err)
			}
			static, err := mac.CounterKDFFixed(testKey(), nil, append([]byte{0, 0, 0, 1, 0}, kdd...), 128)
			if err != nil {
				t.Fatal(err)
			}
			if want, _ := mac.CounterKDF(static, 4, make([]byte, 16), 128); !bytes.Equal(enc, want) {
				t.Error("another key landed in the token")
			}
		})
	}
}

// TestWrong: every mistake has its name, and nothing lands in the token.
func TestWrong(t *testing.T) {
	ring := softHSM(t)
	s, parts := ceremony(t, false, false)
	run := func(s *Spec, ask Ask) error {
		t.Helper()
		p, err := s.Prepare(nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = p.Run(context.Background(), ring, ask)
		if err == nil {
			t.Fatal("imported")
		}
		secretFree(t, err.Error(), parts)
		if list, lerr := ring.List(context.Background()); lerr != nil || len(list) != 0 {
			t.Fatalf("%d keys in the token, %v", len(list), lerr)
		}
		return err
	}
	for name, spoil := range map[string]func([]byte) []byte{
		"a wrong digit": func(b []byte) []byte { b[3] ^= 1; return b }, "too short": func(b []byte) []byte { return b[:15] }, "nothing": func([]byte) []byte { return nil },
	} {
		asked := 0
		err := run(s, func(_ context.Context, who string) (mac.Key, error) {
			b := bytes.Clone(parts[who])
			if who == "Minh" {
				asked++
				b = spoil(b)
			}
			return mac.NewKey([]byte(hex.EncodeToString(b))), nil
		})
		var wrong *ComponentError
		if !errors.As(err, &wrong) || wrong.Custodian != "Minh" || asked != tries {
			t.Errorf("%s: %v after %d", name, err, asked)
		}
	}
	if err := run(s, nil); !errors.Is(err, ErrNobody) {
		t.Errorf("no terminal: %v", err)
	}
	// A right component of another set: told by the key's own value.
	other := bytes.Repeat([]byte{9}, 16)
	s.Components[2].KCV = check(t, other)
	if err := run(s, typing(map[string][]byte{"Lan": parts["Lan"], "Minh": parts["Minh"], "Hoa": other})); !errors.Is(err, ErrCombined) {
		t.Errorf("another set: %v", err)
	}
	three, _ := ceremony(t, true, false)
	for _, who := range [][]string{{"Lan"}, {"Lan", "Minh", "Hoa"}, {"Lan", "Nga"}} {
		if _, err := three.Prepare(who); err == nil {
			t.Errorf("%v may take part", who)
		}
	}
}

// valid is a whole file, for tests that spoil it.
const valid = "ceremony: x\nlabel: y\nbits: 128\nkcv: 504a77\ncomponents:\n  - {custodian: A, kcv: \"010203\"}\n  - {custodian: B, kcv: \"010204\"}\n"

func TestSpecRefused(t *testing.T) {
	if _, err := parse("f", []byte(valid)); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string][2]string{
		"no title": {"ceremony: x", "ceremony: \"\""}, "bits": {"128", "64"}, "no value": {"504a77", "50"}, "twice the same custodian": {"custodian: B", "custodian: A"},
		"one alone": {"  - {custodian: B, kcv: \"010204\"}\n", ""}, "a share of components": {"custodian: B", "share: 2, custodian: B"},
		"a threshold of one": {"bits: 128", "bits: 128\nthreshold: 1"}, "shares without a place": {"bits: 128", "bits: 128\nthreshold: 2"},
		"a key in the file": {"bits: 128", "bits: 128\nkey: 404142434445464748494a4b4c4d4e4f"}, "steers the terminal": {"custodian: B", "custodian: \"B\\e[2J\""},
	} {
		_, err := parse("f", []byte(strings.Replace(valid, change[0], change[1], 1)))
		var in *cardprofile.InputError
		if !errors.As(err, &in) {
			t.Errorf("%s: %v", name, err)
		} else if strings.Contains(err.Error(), "404142") {
			t.Errorf("%s: the key stands in %v", name, err)
		}
	}
}

func FuzzSpec(f *testing.F) {
	f.Add([]byte(valid))
	f.Add([]byte("components: [*a]"))
	f.Add([]byte(validWrapped))
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > maxSpec {
			return
		}
		s, err := parse("f", text)
		if err != nil {
			return
		}
		if s.Wrapped != nil {
			// Its plan holds a file, which is not here.
			return
		}
		p, err := s.Prepare(nil)
		if err != nil {
			t.Fatalf("a file that is right cannot be prepared: %v", err)
		}
		if err := p.Write(&bytes.Buffer{}); err != nil {
			t.Fatal(err)
		}
	})
}

// A 3DES master comes in by components, with check values over zeros: 8BAF47 is that of the published test key 40..4F.
func TestTDESMaster(t *testing.T) {
	ring := softHSM(t)
	half := bytes.Repeat([]byte{0x11}, 16)
	parts := map[string][]byte{"Lan": half, "Minh": xor([][]byte{testKey(), half})}
	value := func(b []byte) string {
		v, err := mac.KCVTDES(b)
		if err != nil {
			t.Fatal(err)
		}
		return hex.EncodeToString(v)
	}
	text := fmt.Sprintf("ceremony: CPS\nlabel: cps\nuse: card-master-3des\nbits: 128\nkcv: 8baf47\ncomponents:\n  - {custodian: Lan, kcv: %q}\n  - {custodian: Minh, kcv: %q}\n", value(half), value(parts["Minh"]))
	if _, err := parse("f", []byte(text+"kcv-method: ones\n")); err == nil {
		t.Error("a check value that 3DES has not")
	}
	s, err := parse("f", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.Prepare(nil)
	if err != nil {
		t.Fatal(err)
	}
	var plan bytes.Buffer
	if err := p.Write(&plan); err != nil || !strings.Contains(plan.String(), "3DES of 128 bits, card master key: derives card keys by EMV CPS") {
		t.Errorf("%v\n%s", err, &plan)
	}
	if _, err := p.Run(context.Background(), ring, typing(parts)); err != nil {
		t.Fatal(err)
	}
	if list, err := ring.List(context.Background()); err != nil || len(list) != 1 || list[0].Algorithm != "3DES" || list[0].Extractable || !list[0].Sensitive {
		t.Errorf("%+v, %v", list, err)
	}
}
