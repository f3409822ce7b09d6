package inspect_test

import (
	"bytes"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/ca"
	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/apdu/pace"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/inspect"
	"github.com/chipid-toolkit/chipid/testcards/chip"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// PACEInfos, version 2: a protocol and its parameters.
const (
	infoWeak    = "3012060A04007F00070202040201020102" + "02010A" // ECDH-GM, 3DES, P-224
	infoVietnam = "3012060A04007F00070202040202020102" + "02010D" // ECDH-GM, AES-128, brainpoolP256r1
	infoStrong  = "3012060A04007F00070202040204020102" + "020110" // ECDH-GM, AES-256, brainpoolP384r1
)

func cardAccess(t testing.TB, infos ...string) []byte {
	t.Helper()
	var body []byte
	for _, i := range infos {
		body = append(body, unhex(t, i)...)
	}
	return append([]byte{0x31, byte(len(body))}, body...)
}

// mseSetAT is the protocol that PACE was begun with, and how often it was.
func (r *recorder) mseSetAT() (oid string, n int) {
	for _, c := range r.commands {
		if bytes.HasPrefix(c, []byte{0x00, 0x22, 0xC1, 0xA4}) {
			oid, n = hex.EncodeToString(c[7:17]), n+1
		}
	}
	return oid, n
}

// The strongest offer is used, in whatever order the chip makes them.
func TestStrongestFirst(t *testing.T) {
	for _, infos := range [][]string{
		{infoWeak, infoVietnam, infoStrong}, {infoStrong, infoWeak, infoVietnam}, {infoVietnam, infoStrong, infoWeak},
	} {
		c, err := chip.NewIssued(chip.Options{RetryDelay: -1}, chip.Document{
			Files:   map[string][]byte{"EF.CardAccess": cardAccess(t, infos...), "EF.COM": unhex(t, "60145F0104303130375F36063034303030305C026175")},
			MRZInfo: "090000000790030263003024", CAN: "000000",
		})
		if err != nil {
			t.Fatal(err)
		}
		r := &recorder{Chip: c}
		access, err := inspect.ByCAN("000000")
		if err != nil {
			t.Fatal(err)
		}
		reading, err := inspect.Read(t.Context(), r, access, inspect.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if oid, n := r.mseSetAT(); oid != "04007f00070202040204" || n != 1 || reading.Chip.Access != "pace" {
			t.Errorf("PACE with %s, %d times", oid, n)
		}
	}
}

// After an offered PACE that fails nothing weaker is tried: not another PACE,
// not BAC, though the key would open it.
func TestNoFallback(t *testing.T) {
	isPACE := func(c []byte) bool { return len(c) > 3 && c[0]&0x0C == 0 && c[1] == 0x86 }
	isSetAT := func(c []byte) bool { return bytes.HasPrefix(c, []byte{0x00, 0x22, 0xC1}) }
	for name, f := range map[string]refusal{
		"MSE:Set AT refused":           {isSetAT, apdu.ErrWrongData},
		"MSE:Set AT not known":         {isSetAT, apdu.ErrINS},
		"GENERAL AUTHENTICATE refused": {isPACE, apdu.ErrConditions},
		"password refused":             {isPACE, apdu.ErrAuthFailed},
	} {
		r := &recorder{Chip: twin(t, chip.Options{Faults: []chip.Fault{f}})}
		v, err := inspect.Inspect(t.Context(), r, byMRZ(t), card(t).Trust, inspect.Options{})
		if err == nil || v.Outcome == inspect.ResultPassed {
			t.Errorf("%s: %s, %v", name, v.Outcome, err)
		}
		if _, n := r.mseSetAT(); n != 1 || r.count(0x84) != 0 || r.count(0x82) != 0 {
			t.Errorf("%s: %d times PACE, %d GET CHALLENGE", name, n, r.count(0x84))
		}
	}
	// What it offers and nobody knows is no reason for BAC either.
	unknown := disguise{"EF.CardAccess": func([]byte) []byte { return cardAccess(t, infoVietnam[:len(infoVietnam)-6]+"02011F") }}
	r := &recorder{Chip: twin(t, chip.Options{Faults: []chip.Fault{unknown}})}
	if _, err := inspect.Inspect(t.Context(), r, byMRZ(t), card(t).Trust, inspect.Options{}); !errors.Is(err, inspect.ErrUnsupported) || r.count(0x84) != 0 {
		t.Errorf("unknown parameters: %v, %d GET CHALLENGE", err, r.count(0x84))
	}
}

// hideCardAccess withholds EF.CardAccess, as somebody between can.
func hideCardAccess() chip.Fault {
	return refusal{func(c []byte) bool {
		return bytes.HasPrefix(c, []byte{0x00, 0xA4, 0x02, 0x0C, 0x02, 0x01, 0x1C}) || bytes.HasPrefix(c, []byte{0x00, 0xB0, 0x9C})
	}, apdu.ErrFileNotFound}
}

// A chip whose EF.CardAccess was withheld is opened with BAC, and DG14 betrays
// it.
func TestCardAccessSuppressed(t *testing.T) {
	v, err := inspect.Inspect(t.Context(), twin(t, chip.Options{Faults: []chip.Fault{hideCardAccess()}}), byMRZ(t), card(t).Trust, inspect.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if v.Chip.Access != "bac" || v.Outcome != inspect.ResultFailed || outcome(v, inspect.CheckAccess) != inspect.Failed {
		t.Errorf("%s, access %v with %s", v.Outcome, outcome(v, inspect.CheckAccess), v.Chip.Access)
	}
	// With DG14 withheld as well nobody knows, and that is not a pass.
	both := []chip.Fault{hideCardAccess(), disguise{"EF.DG14": func([]byte) []byte { return nil }}}
	v, err = inspect.Inspect(t.Context(), twin(t, chip.Options{Faults: both}), byMRZ(t), card(t).Trust, inspect.Options{})
	if err != nil || v.Outcome == inspect.ResultPassed || outcome(v, inspect.CheckAccess) == inspect.Passed {
		t.Errorf("and no DG14: %s, access %v, %v", v.Outcome, outcome(v, inspect.CheckAccess), err)
	}
	// A profile that does not allow BAC says so before the key is used.
	p, err := cardprofile.Load("vn-cccd-2021")
	if err != nil {
		t.Fatal(err)
	}
	strict := *p
	strict.Access.BAC = false
	r := &recorder{Chip: twin(t, chip.Options{Faults: []chip.Fault{hideCardAccess()}})}
	if _, err := inspect.Inspect(t.Context(), r, byMRZ(t), card(t).Trust, inspect.Options{Profile: &strict}); !errors.Is(err, inspect.ErrDowngrade) || r.count(0x84) != 0 {
		t.Errorf("profile without BAC: %v", err)
	}
}

// An EF.CardAccess that is not the signed one fails, though PACE went well.
func TestCardAccessAltered(t *testing.T) {
	for name, content := range map[string][]byte{
		"a weaker offer added": cardAccess(t, infoWeak, infoVietnam),
		"twice the same":       cardAccess(t, infoVietnam, infoVietnam),
	} {
		altered := disguise{"EF.CardAccess": func([]byte) []byte { return content }}
		v, err := look(t, twin(t, chip.Options{Faults: []chip.Fault{altered}}), inspect.Options{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want := inspect.Failed
		if name == "twice the same" { // the same set of parameters: DG14 says no other
			want = inspect.Passed
		}
		if got := outcome(v, inspect.CheckCardAccess); got != want {
			t.Errorf("%s: %v, verdict %s", name, got, v.Outcome)
		}
		if want == inspect.Failed && v.Outcome != inspect.ResultFailed {
			t.Errorf("%s: %s", name, v.Outcome)
		}
	}
}

// A stronger offer that the chip does not know makes PACE fail, and that is the
// end.
func TestStrongerOfferForged(t *testing.T) {
	forged := disguise{"EF.CardAccess": func([]byte) []byte { return cardAccess(t, infoStrong, infoVietnam) }}
	r := &recorder{Chip: twin(t, chip.Options{Faults: []chip.Fault{forged}})}
	v, err := look(t, r, inspect.Options{})
	var sw apdu.Status
	if !errors.As(err, &sw) && !errors.Is(err, pace.ErrDenied) || v.Outcome == inspect.ResultPassed {
		t.Errorf("%s, %v", v.Outcome, err)
	}
	if _, n := r.mseSetAT(); n != 1 {
		t.Errorf("%d times PACE", n)
	}
}

// What a copy would do to hide that it has no keys, and what a forger would
// leave out. None of it may pass.
func TestWithheld(t *testing.T) {
	none := func([]byte) []byte { return nil }
	for _, tc := range []struct {
		name  string
		files disguise
		check string
	}{
		{"DG14", disguise{"EF.DG14": none}, inspect.CheckCA},
		{"DG15", disguise{"EF.DG15": none}, inspect.CheckAA},
		{"DG14 and DG15", disguise{"EF.DG14": none, "EF.DG15": none}, inspect.CheckCA},
		{"DG2", disguise{"EF.DG2": none}, inspect.HashCheck(2)},
		{"DG1", disguise{"EF.DG1": none}, inspect.CheckMRZDigits},
		{"SOD", disguise{"EF.SOD": none}, inspect.CheckSODSignature},
		{"SOD and COM", disguise{"EF.SOD": none, "EF.COM": none}, inspect.CheckSODSignature},
		{"DG15 larger than can be", disguise{"EF.DG15": func([]byte) []byte { return []byte{0x6F, 0x83, 0xFF, 0xFF, 0xFF, 0x00} }}, inspect.CheckAA},
		{"DG2 larger than can be", disguise{"EF.DG2": func([]byte) []byte { return []byte{0x75, 0x83, 0xFF, 0xFF, 0xFF, 0x00} }}, inspect.HashCheck(2)},
	} {
		v, err := look(t, twin(t, chip.Options{Faults: []chip.Fault{tc.files}}), inspect.Options{})
		if err != nil {
			t.Errorf("%s: %v", tc.name, err)
			continue
		}
		c, _ := v.Check(tc.check)
		if v.Outcome != inspect.ResultInconclusive || c.Outcome != inspect.NotPerformed || !c.Required {
			t.Errorf("%s: %s; %s %v, required %v", tc.name, v.Outcome, tc.check, c.Outcome, c.Required)
		}
	}
	// EF.COM is signed by nobody: without it nothing is missing.
	v, err := look(t, twin(t, chip.Options{Faults: []chip.Fault{disguise{"EF.COM": none}}}), inspect.Options{})
	if err != nil || v.Outcome != inspect.ResultPassed {
		t.Errorf("COM: %s, %v", v.Outcome, err)
	}
}

// A copy of the files, with keys of its own or none, does not pass.
func TestCopies(t *testing.T) {
	files := map[string][]byte{}
	for _, f := range card(t).Files {
		files[f.Name] = f.Bytes
	}
	setCA, sign := func(c []byte) bool { return bytes.HasPrefix(c, []byte{0x0C, 0x22, 0x41}) }, func(c []byte) bool { return c[0]&0x0C != 0 && c[1] == 0x88 }
	for name, f := range map[string]refusal{"refuses chip authentication": {setCA, 0x6A80}, "refuses active authentication": {sign, 0x6982}} {
		v, err := look(t, twin(t, chip.Options{Faults: []chip.Fault{f}}), inspect.Options{})
		if v.Outcome == inspect.ResultPassed {
			t.Errorf("%s: %s, %v", name, v.Outcome, err)
		}
	}
	c, err := chip.NewIssued(chip.Options{RetryDelay: -1}, chip.Document{Files: files, CAN: card(t).CAN, MRZInfo: "090000000790030263003024", NoMF: true})
	if err != nil {
		t.Fatal(err)
	}
	v, err := look(t, c, inspect.Options{})
	if err != nil || v.Outcome != inspect.ResultFailed || outcome(v, inspect.CheckCA) != inspect.Failed || outcome(v, inspect.CheckAA) != inspect.Failed {
		t.Errorf("files without keys: %s, ca %v, aa %v, %v", v.Outcome, outcome(v, inspect.CheckCA), outcome(v, inspect.CheckAA), err)
	}
	// With keys of its own it gets further, and not far enough: it cannot go on
	// under the keys that DG14's key would give. That is a verdict, not an error.
	own, err := ecc.GenerateKey(ecc.BrainpoolP256r1(), nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err = chip.NewIssued(chip.Options{RetryDelay: -1}, chip.Document{
		Files: files, CAN: card(t).CAN, MRZInfo: "090000000790030263003024", NoMF: true,
		ChipAuth: []chip.ChipAuthKey{{Protocols: []asn1.ObjectIdentifier{{0, 4, 0, 127, 0, 7, 2, 2, 3, 2, 2}}, ID: ca.NoKeyID, Key: own}},
	})
	if err != nil {
		t.Fatal(err)
	}
	v, err = look(t, c, inspect.Options{})
	if err != nil || v.Outcome != inspect.ResultFailed || outcome(v, inspect.CheckCA) != inspect.Failed || outcome(v, inspect.CheckAA) == inspect.Passed {
		t.Errorf("keys of its own: %s, ca %v, aa %v, %v", v.Outcome, outcome(v, inspect.CheckCA), outcome(v, inspect.CheckAA), err)
	}
}
