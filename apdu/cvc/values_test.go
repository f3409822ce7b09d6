package cvc_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/apdu/cvc"
)

func TestDates(t *testing.T) {
	for s, want := range map[string][]byte{
		"2000-01-01": {0, 0, 0, 1, 0, 1}, "2026-11-23": {2, 6, 1, 1, 2, 3}, "2099-12-31": {9, 9, 1, 2, 3, 1}, "2028-02-29": {2, 8, 0, 2, 2, 9},
	} {
		d := day(t, s)
		if !bytes.Equal(d.Encode(), want) || d.String() != s || d.Time().Format(time.DateOnly) != s {
			t.Errorf("%s: %X %v", s, d.Encode(), d)
		}
		if back, err := cvc.ParseDate(want); err != nil || back != d {
			t.Errorf("%s: %v %v", s, back, err)
		}
	}
	for _, b := range [][]byte{nil, {2, 6}, {2, 6, 0, 0, 0, 1}, {2, 6, 0, 1, 0, 0}, {2, 6, 0, 4, 3, 1}, {10, 0, 0, 1, 0, 1}} {
		if d, err := cvc.ParseDate(b); !errors.Is(err, cvc.ErrDate) || !d.IsZero() {
			t.Errorf("%X: %v %v", b, d, err)
		}
	}
	for _, y := range []int{1999, 2100} {
		if _, err := cvc.NewDate(y, 1, 1); !errors.Is(err, cvc.ErrDate) {
			t.Errorf("%d: %v", y, err)
		}
	}
	// The day is that of GMT, wherever the clock is.
	east := time.FixedZone("UTC+7", 7*3600)
	if d, err := cvc.DateOf(time.Date(2026, 11, 24, 6, 59, 0, 0, east)); err != nil || d.String() != "2026-11-23" {
		t.Error(d, err)
	}
	if d, err := day(t, "2028-02-28").AddDays(2); err != nil || d.String() != "2028-03-01" {
		t.Error(d, err)
	}
	if !day(t, "2026-01-31").Before(day(t, "2026-02-01")) || day(t, "2026-02-01").Before(day(t, "2026-02-01")) {
		t.Error("order")
	}
}

func TestReferences(t *testing.T) {
	r := cvc.Reference("UTM\xdcLLER00A1Z")
	if r.Country() != "UT" || r.Mnemonic() != "M\xdcLLER" || r.Sequence() != "00A1Z" || r.String() != "UTMÜLLER00A1Z" || r.Check() != nil {
		t.Errorf("%q %q %q %v", r.Country(), r.Mnemonic(), r.Sequence(), r.Check())
	}
	if cvc.Reference("U").Country() != "U" || cvc.Reference("").Country() != "" || cvc.Reference("UT0001").Sequence() != "" {
		t.Error("short references")
	}
	if cvc.Reference("UT00001").Check() != nil {
		t.Error("a mnemonic may be empty")
	}
}

func TestEFCVCA(t *testing.T) {
	b, err := cvc.EncodeEFCVCA("UTCVCA00002", "UTCVCA00001")
	if err != nil || len(b) != 36 || !bytes.HasPrefix(b, append([]byte{0x42, 11}, "UTCVCA00002"...)) {
		t.Fatalf("%X %v", b, err)
	}
	refs, notes, err := cvc.ParseEFCVCA(b)
	if err != nil || len(notes) != 0 || !slices.Equal(refs, []cvc.Reference{"UTCVCA00002", "UTCVCA00001"}) {
		t.Error(refs, notes, err)
	}
	refs, notes, err = cvc.ParseEFCVCA(b[:13])
	if err != nil || len(notes) != 1 || len(refs) != 1 {
		t.Error("a short file", refs, notes, err)
	}
	full, err := cvc.EncodeEFCVCA("UTABCDEFGHI00002", "UTABCDEFGHI00001")
	if err != nil || len(full) != 36 {
		t.Error(len(full), err)
	}
	one := append([]byte{0x42, 11}, "UTCVCA00002"...)
	for name, b := range map[string][]byte{
		"empty": {}, "zeros": make([]byte, 36), "other tag": {0x43, 1, 'A'}, "cut": one[:10], "no padding": append(slices.Clone(one), 0, 1),
		"three": slices.Concat(one, one, one),
	} {
		if _, _, err := cvc.ParseEFCVCA(b); !errors.Is(err, cvc.ErrFormat) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, refs := range [][]cvc.Reference{nil, {"x"}, {"UTCVCA00001", "UTCVCA00002", "UTCVCA00003"}} {
		if _, err := cvc.EncodeEFCVCA(refs...); !errors.Is(err, cvc.ErrReference) {
			t.Errorf("%v: %v", refs, err)
		}
	}
}

// Masks by hand, from the tables of TR-03110-4 v2.21.
func TestCHAT(t *testing.T) {
	for _, x := range []struct {
		kind   cvc.TerminalType
		role   cvc.Role
		rights []cvc.Right
		mask   []byte
	}{
		{cvc.InspectionSystem, cvc.RoleTerminal, nil, []byte{0x00}},
		{cvc.InspectionSystem, cvc.RoleTerminal, []cvc.Right{cvc.ReadDG3}, []byte{0x01}},
		{cvc.InspectionSystem, cvc.RoleForeignDV, []cvc.Right{cvc.ReadDG4}, []byte{0x42}},
		{cvc.InspectionSystem, cvc.RoleDomesticDV, []cvc.Right{cvc.ReadDG3, cvc.ReadDG4}, []byte{0x83}},
		{cvc.InspectionSystem, cvc.RoleCVCA, []cvc.Right{cvc.ReadDG3, cvc.ReadDG4}, []byte{0xC3}},
		{cvc.AuthenticationTerminal, cvc.RoleTerminal, []cvc.Right{cvc.AgeVerification, cvc.InstallQualifiedCertificate}, []byte{0, 0, 0, 0, 0x81}},
		{cvc.AuthenticationTerminal, cvc.RoleTerminal, []cvc.Right{cvc.ReadEID(1), cvc.ReadEID(22)}, []byte{0, 0x20, 0, 1, 0}},
		{cvc.AuthenticationTerminal, cvc.RoleTerminal, []cvc.Right{cvc.WriteEID(17), cvc.WriteEID(22)}, []byte{0x21, 0, 0, 0, 0}},
		{cvc.AuthenticationTerminal, cvc.RoleDomesticDV, []cvc.Right{cvc.PINManagement, cvc.CANAllowed, cvc.PseudonymousSignature}, []byte{0x80, 0x40, 0, 0, 0x30}},
		{cvc.SignatureTerminal, cvc.RoleCVCA, []cvc.Right{cvc.Signature, cvc.QualifiedSignature}, []byte{0xC3}},
	} {
		c, err := cvc.NewCHAT(x.kind, x.role, x.rights...)
		if err != nil || !bytes.Equal(c.Mask(), x.mask) || c.Type() != x.kind || c.Role() != x.role {
			t.Errorf("%v %v %v: %X %v", x.kind, x.role, x.rights, c.Mask(), err)
			continue
		}
		got := c.Rights()
		slices.Sort(got)
		want := slices.Clone(x.rights)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%X: %v, want %v", x.mask, got, want)
		}
		b, err := c.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if back, err := cvc.ParseCHAT(b); err != nil || !back.Equal(c) {
			t.Errorf("%X: %v", b, err)
		}
	}
	zero := cvc.CHAT{}
	if zero.Has(cvc.ReadDG3) || zero.Role() != cvc.RoleTerminal || zero.Rights() != nil || !zero.IsZero() || zero.Has(0) {
		t.Error("zero CHAT")
	}
	if _, err := zero.Encode(); !errors.Is(err, cvc.ErrCHAT) {
		t.Error(err)
	}
	if _, err := zero.And(zero); !errors.Is(err, cvc.ErrTerminalType) {
		t.Error(err)
	}
	is, st := chat(t, cvc.RoleTerminal, cvc.ReadDG3), must(t, func() (cvc.CHAT, error) {
		return cvc.NewCHAT(cvc.SignatureTerminal, cvc.RoleTerminal, cvc.Signature)
	})
	if is.Has(cvc.Signature) || st.Has(cvc.ReadDG3) || is.Equal(st) {
		t.Error("rights of another type")
	}
	for name, f := range map[string]func() (cvc.CHAT, error){
		"right of another type": func() (cvc.CHAT, error) { return cvc.NewCHAT(cvc.InspectionSystem, 0, cvc.Signature) },
		"no such right":         func() (cvc.CHAT, error) { return cvc.NewCHAT(cvc.AuthenticationTerminal, 0, cvc.ReadEID(23)) },
		"role bit as a right":   func() (cvc.CHAT, error) { return cvc.NewCHAT(cvc.InspectionSystem, 0, cvc.ReadDG3+6) },
		"no type":               func() (cvc.CHAT, error) { return cvc.NewCHAT(0, 0) },
		"no role":               func() (cvc.CHAT, error) { return cvc.NewCHAT(cvc.InspectionSystem, 4) },
	} {
		if _, err := f(); !errors.Is(err, cvc.ErrCHAT) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for want, r := range map[string]cvc.Right{"read DG3": cvc.ReadDG3, "read eID DG22": cvc.ReadEID(22), "write eID DG17": cvc.WriteEID(17), "write eID DG22": cvc.WriteEID(22), "RFU bit 5": cvc.ReadDG3 + 5} {
		if r.String() != want {
			t.Errorf("%v, want %s", r, want)
		}
	}
}

// The effective authorization is what all have (TR-03105-3.2, unit L).
func TestEffectiveRights(t *testing.T) {
	for _, x := range []struct{ dv, is, want []cvc.Right }{
		{[]cvc.Right{cvc.ReadDG3, cvc.ReadDG4}, []cvc.Right{cvc.ReadDG3}, []cvc.Right{cvc.ReadDG3}},
		{[]cvc.Right{cvc.ReadDG3, cvc.ReadDG4}, []cvc.Right{cvc.ReadDG4}, []cvc.Right{cvc.ReadDG4}},
		{[]cvc.Right{cvc.ReadDG3}, []cvc.Right{cvc.ReadDG3, cvc.ReadDG4}, []cvc.Right{cvc.ReadDG3}},
		{[]cvc.Right{cvc.ReadDG4}, []cvc.Right{cvc.ReadDG3, cvc.ReadDG4}, []cvc.Right{cvc.ReadDG4}},
		{[]cvc.Right{cvc.ReadDG4}, []cvc.Right{cvc.ReadDG3}, nil},
	} {
		dv, is := chat(t, cvc.RoleDomesticDV, x.dv...), chat(t, cvc.RoleTerminal, x.is...)
		got, err := dv.And(is)
		if err != nil || !slices.Equal(got.Rights(), x.want) {
			t.Errorf("%v and %v: %v %v", x.dv, x.is, got.Rights(), err)
		}
	}
}
