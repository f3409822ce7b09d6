package lds_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/asn1"
	"fmt"
	"image"
	"image/jpeg"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/chipid-toolkit/chipid/apdu/ca"
	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
)

func oid(arcs ...int) asn1.ObjectIdentifier { return arcs }

var (
	paceGM128 = oid(0, 4, 0, 127, 0, 7, 2, 2, 4, 2, 2)
	paceGM256 = oid(0, 4, 0, 127, 0, 7, 2, 2, 4, 2, 4)
	paceGM3   = oid(0, 4, 0, 127, 0, 7, 2, 2, 4, 2, 1)
	paceIM128 = oid(0, 4, 0, 127, 0, 7, 2, 2, 4, 4, 2)
	paceDH128 = oid(0, 4, 0, 127, 0, 7, 2, 2, 4, 1, 2)
	caAES128  = oid(0, 4, 0, 127, 0, 7, 2, 2, 3, 2, 2)
	caAES256  = oid(0, 4, 0, 127, 0, 7, 2, 2, 3, 2, 4)
	ca3DES    = oid(0, 4, 0, 127, 0, 7, 2, 2, 3, 2, 1)
)

func rules(devs []cardprofile.Deviation) []string {
	var out []string
	for _, d := range devs {
		out = append(out, d.Rule)
	}
	return out
}

func TestFileTable(t *testing.T) {
	for _, c := range []struct {
		name string
		fid  uint16
		sfi  byte
		tag  tlv.Tag
	}{{"EF.DG1", 0x0101, 1, 0x61}, {"dg2", 0x0102, 2, 0x75}, {"DG16", 0x0110, 0x10, 0x70}, {"EF.SOD", 0x011D, 0x1D, 0x77}, {"EF.COM", 0x011E, 0x1E, 0x60}, {"ef.cardaccess", 0x011C, 0x1C, 0x31}} {
		f, ok := lds.FileByName(c.name)
		if !ok || f.FID != c.fid || f.SFI != c.sfi || f.Tag != c.tag {
			t.Errorf("%s: %+v", c.name, f)
		}
	}
	for n := 1; n <= 16; n++ {
		f, ok := lds.DataGroup(n)
		if back, ok2 := lds.FileByTag(f.Tag); !ok || !ok2 || f.Number() != n || back.Name != f.Name || f.Name != fmt.Sprintf("EF.DG%d", n) {
			t.Errorf("data group %d: %+v", n, f)
		}
	}
	if _, ok := lds.DataGroup(17); ok {
		t.Error("a data group 17")
	}
	if _, ok := lds.FileByName("EF.NONE"); ok {
		t.Error("a file EF.NONE")
	}
}

func TestCOMDeviations(t *testing.T) {
	good, err := lds.EncodeCOM("0107", "040000", []int{14, 1, 2})
	if err != nil {
		t.Fatal(err)
	}
	c, devs, err := lds.ParseCOM(append(bytes.Clone(good), 0, 0))
	if err != nil || !slices.Equal(rules(devs), []string{"lds.com.trailing"}) || !slices.Equal(c.DataGroups(), []int{1, 2, 14}) {
		t.Errorf("%v %v", devs, err)
	}
	odd := tlv.Encode(0x60, tlv.Encode(0x5F01, []byte("01")), tlv.Encode(0x5C, []byte{0x61, 0x61, 0x42, 0x75}))
	c, devs, err = lds.ParseCOM(odd)
	if err != nil || len(devs) != 4 || !slices.Equal(c.DataGroups(), []int{1, 2}) {
		t.Errorf("%v %v", devs, err)
	}
	for _, groups := range [][]int{nil, {0}, {17}, {1, 1}} {
		if _, err := lds.EncodeCOM("0107", "040000", groups); err == nil {
			t.Errorf("EF.COM for %v", groups)
		}
	}
	if _, err := lds.EncodeCOM("107", "040000", []int{1}); err == nil {
		t.Error("LDS version 107")
	}
}

func TestPACEStrongestFirst(t *testing.T) {
	b := new(lds.Builder).PACE(paceGM3, 12).PACE(paceDH128, 0).PACE(paceGM128, 13).PACE(paceIM128, 13).PACE(paceGM256, 16).PACE(paceGM256, 17).
		Raw([]byte{0x30, 0x0E, 0x06, 0x09, 0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02, 0x04, 0x09, 0x02, 0x01, 0x02}) // no such protocol
	set, err := b.Encode()
	if err != nil {
		t.Fatal(err)
	}
	infos, _, err := lds.ParseSecurityInfos(set)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range infos.PACE() {
		got = append(got, fmt.Sprintf("%v/%d", p.OID[len(p.OID)-2:], p.ParameterID))
	}
	want := []string{"2.4/17", "2.4/16", "2.2/13", "4.2/13", "1.2/0", "2.1/12"}
	if !slices.Equal(got, want) {
		t.Errorf("order %v, want %v", got, want)
	}
	// Version 1, reserved parameters: offered, but of no use.
	infos, devs, err := lds.ParseSecurityInfos(tlv.Encode(0x31, mustDER(t, struct {
		P asn1.ObjectIdentifier
		V int
		I int
	}{paceGM128, 2, 30})))
	if err != nil || len(devs) > 0 || !infos.OffersPACE() || len(infos.PACE()) != 0 {
		t.Errorf("reserved parameters: %v %v", devs, err)
	}
}

func mustDER(t testing.TB, v any) []byte {
	t.Helper()
	b, err := asn1.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func ecKey(t testing.TB, c *ecc.Curve) *ecc.PublicKey {
	t.Helper()
	k, err := ecc.GenerateKey(c, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	pub, err := ecc.FromPublic(k.Public())
	if err != nil {
		t.Fatal(err)
	}
	return pub
}

func TestDG14(t *testing.T) {
	small, large := ecKey(t, ecc.BrainpoolP256r1()), ecKey(t, ecc.P384())
	set, err := new(lds.Builder).PACE(paceGM128, 13).ChipAuth(caAES128, 1).ChipAuth(caAES256, 2).ChipAuth(ca3DES, 1).
		ChipAuthKey(small, 1).ChipAuthKey(large, 2).TerminalAuth(1).ActiveAuth(oid(0, 4, 0, 127, 0, 7, 1, 1, 4, 1, 3)).Encode()
	if err != nil {
		t.Fatal(err)
	}
	file, err := lds.EncodeDG14(set)
	if err != nil {
		t.Fatal(err)
	}
	infos, devs, err := lds.ParseDG14(file)
	if err != nil || len(devs) > 0 {
		t.Fatal(devs, err)
	}
	got := infos.ChipAuthentication()
	if len(got) != 3 {
		t.Fatalf("%d chip authentications", len(got))
	}
	for i, want := range []struct {
		oid asn1.ObjectIdentifier
		id  int
		key *ecc.PublicKey
	}{{caAES256, 2, large}, {caAES128, 1, small}, {ca3DES, 1, small}} {
		if !got[i].OID.Equal(want.oid) || got[i].KeyID != want.id || !want.key.Equal(got[i].Public) {
			t.Errorf("%d: %v key %d", i, got[i].OID, got[i].KeyID)
		}
	}
	if h, devs := infos.ActiveAuthHash(); h.String() != "SHA-256" || len(devs) > 0 {
		t.Errorf("active authentication: %v %v", h, devs)
	}
	// One key without an identifier, as on Vietnamese cards.
	set, err = new(lds.Builder).ChipAuth(caAES128, lds.NoID).ChipAuthKey(small, lds.NoID).Encode()
	if err != nil {
		t.Fatal(err)
	}
	infos, _, err = lds.ParseSecurityInfos(set)
	if err != nil {
		t.Fatal(err)
	}
	if p := infos.ChipAuthentication(); len(p) != 1 || p[0].KeyID != ca.NoKeyID {
		t.Errorf("%+v", p)
	}
	if _, err := lds.EncodeDG14([]byte{0x31, 0x01}); err == nil {
		t.Error("DG14 around rubbish")
	}
}

func TestBuilderRefuses(t *testing.T) {
	for name, b := range map[string]*lds.Builder{
		"nothing":       new(lds.Builder),
		"PACE curve":    new(lds.Builder).PACE(paceGM128, 2),
		"PACE reserved": new(lds.Builder).PACE(paceGM128, 30),
		"CA protocol":   new(lds.Builder).ChipAuth(paceGM128, 1),
		"key":           new(lds.Builder).ChipAuthKey("none", 1),
	} {
		if _, err := b.Encode(); err == nil {
			t.Errorf("%s: encoded", name)
		}
	}
}

func TestMatchCardAccess(t *testing.T) {
	parse := func(b *lds.Builder) *lds.SecurityInfos {
		set, err := b.Encode()
		if err != nil {
			t.Fatal(err)
		}
		s, _, err := lds.ParseSecurityInfos(set)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	access := parse(new(lds.Builder).PACE(paceGM128, 13).TerminalAuth(1).ChipAuth(caAES128, lds.NoID))
	for _, c := range []struct {
		name         string
		signed       *lds.SecurityInfos
		differ, devs int
	}{
		{"same", parse(new(lds.Builder).PACE(paceGM128, 13).TerminalAuth(1).ChipAuth(caAES128, lds.NoID).ChipAuthKey(ecKey(t, ecc.BrainpoolP256r1()), lds.NoID)), 0, 0},
		{"no PACE signed", parse(new(lds.Builder).TerminalAuth(1).ChipAuth(caAES128, lds.NoID)), 1, 0},
		{"other parameters", parse(new(lds.Builder).PACE(paceGM128, 16).TerminalAuth(1).ChipAuth(caAES128, lds.NoID)), 2, 0},
		{"stronger one hidden", parse(new(lds.Builder).PACE(paceGM128, 13).PACE(paceGM256, 16).TerminalAuth(1).ChipAuth(caAES128, lds.NoID)), 1, 0},
		{"other chip authentication", parse(new(lds.Builder).PACE(paceGM128, 13).TerminalAuth(1).ChipAuth(caAES256, lds.NoID)), 0, 1},
	} {
		differ, devs := lds.MatchCardAccess(access, c.signed)
		if len(differ) != c.differ || len(devs) != c.devs {
			t.Errorf("%s: %v %v", c.name, differ, devs)
		}
	}
}

func TestDG15(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, pub := range map[string]any{"RSA": &rsaKey.PublicKey, "P-256": &p256.PublicKey, "brainpool": ecKey(t, ecc.BrainpoolP256r1())} {
		b, err := lds.EncodeDG15(pub)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		k, devs, err := lds.ParseDG15(b)
		if err != nil || len(devs) > 0 {
			t.Errorf("%s: %v %v", name, devs, err)
			continue
		}
		if eq, ok := k.Public.(interface{ Equal(any) bool }); ok && !eq.Equal(pub) {
			t.Errorf("%s: another key", name)
		}
		if r, ok := k.Public.(*rsa.PublicKey); name == "RSA" && (!ok || !r.Equal(&rsaKey.PublicKey)) {
			t.Error("RSA: another key")
		}
	}
	if _, err := lds.EncodeDG15(42); err == nil {
		t.Error("DG15 around a number")
	}
	if _, _, err := lds.ParseDG15(tlv.Encode(0x6F, tlv.Encode(0x30, tlv.Encode(0x30), tlv.Encode(0x03, []byte{0})))); err == nil {
		t.Error("DG15 without an algorithm")
	}
}

func portrait(t testing.TB, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewRGBA(image.Rect(0, 0, w, h)), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestDG2(t *testing.T) {
	img := portrait(t, 48, 64)
	b, err := lds.EncodeDG2(img)
	if err != nil {
		t.Fatal(err)
	}
	d, devs, err := lds.ParseDG2(b)
	if err != nil || len(devs) > 0 {
		t.Fatal(devs, err)
	}
	f, ok := d.Portrait()
	if !ok || !bytes.Equal(f.Image, img) || f.Width != 48 || f.Height != 64 {
		t.Errorf("%v", f)
	}
	if _, err := lds.EncodeDG2([]byte("no image")); err == nil {
		t.Error("DG2 around text")
	}
	// A damaged record is a deviation, not an error: the file is still a DG2.
	i := bytes.Index(b, []byte("FAC\x00"))
	b[i] = 'X'
	d, devs, err = lds.ParseDG2(b)
	if err != nil || !slices.Contains(rules(devs), "lds.dg2.record") || len(d.Faces) != 0 {
		t.Errorf("%v %v", devs, err)
	}
}

func TestATRInfoAndDIR(t *testing.T) {
	b, err := lds.EncodeATRInfo(1000, 40000)
	if err != nil {
		t.Fatal(err)
	}
	a, devs, err := lds.ParseATRInfo(b)
	if err != nil || len(devs) > 0 || a.MaxCommand != 1000 || a.MaxResponse != 40000 || !a.Chaining() || !a.Extended() {
		t.Errorf("%+v %v %v", a, devs, err)
	}
	a, devs, err = lds.ParseATRInfo(append(append([]byte{0x00}, b...), 0, 0, 0))
	if err != nil || a.MaxResponse != 40000 || len(devs) != 2 {
		t.Errorf("with category byte and padding: %v %v", devs, err)
	}
	aid := []byte{0xA0, 0, 0, 2, 0x47, 0x10, 1}
	dir, err := lds.EncodeDIR(aid)
	if err != nil {
		t.Fatal(err)
	}
	// Doc 9303-10 (8th ed.), table 31.
	if want := append([]byte{0x61, 0x09, 0x4F, 0x07}, aid...); !bytes.Equal(dir, want) {
		t.Errorf("%X", dir)
	}
	d, devs, err := lds.ParseDIR(dir)
	if err != nil || len(devs) > 0 || len(d.AIDs) != 1 || !bytes.Equal(d.AIDs[0], aid) {
		t.Errorf("%v %v", devs, err)
	}
}

func TestDG11And12AsTheyAre(t *testing.T) {
	dg12 := tlv.Encode(0x6C, tlv.Encode(0x5C, []byte{0x5F, 0x19, 0x5F, 0x26, 0x5F, 0x85}), tlv.Encode(0x5F19, []byte("UTOPIA")),
		tlv.Encode(0x5F26, []byte{0x20, 0x21, 0x06, 0x01}), append([]byte{0x5F, 0x85, 14}, "20210601120000"...),
		tlv.Encode(0xA0, tlv.Encode(0x02, []byte{2}), tlv.Encode(0x5F1A, []byte("A<<B")), tlv.Encode(0x5F1A, []byte("C<<D"))), tlv.Encode(0x5F77, []byte{1}))
	details, devs, err := lds.ParseDG12(dg12)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][]string{}
	for _, d := range details {
		got[d.Name] = d.Texts
	}
	want := map[string][]string{"issuing_authority": {"UTOPIA"}, "date_of_issue": {"20210601"}, "personalized_at": {"20210601120000"}, "other_persons": {"A<<B", "C<<D"}, "5F77": nil}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%v", got)
	}
	if got := rules(devs); !slices.Equal(got, []string{"lds.dg12.bcd", "lds.dg12.tag", "lds.dg12.tag", "lds.dg12.taglist", "lds.dg12.taglist"}) {
		t.Errorf("%v", devs) // BCD, 5F85, the unknown element, which is not listed, nor is 5F1A
	}
}

func TestVietnameseDG13Variants(t *testing.T) {
	field := func(n byte, values ...[]byte) []byte {
		return tlv.Encode(0x30, append([][]byte{tlv.Encode(0x02, []byte{n})}, values...)...)
	}
	file := func(fields ...[]byte) []byte {
		return tlv.Encode(0x6D, tlv.Encode(0x30, tlv.Encode(0x02, []byte{1}), tlv.Encode(0x06, []byte{0x28, 0xD3, 0x16, 1, 0, 8}), tlv.Encode(0x31, fields...)))
	}
	utf := func(s string) []byte { return tlv.Encode(0x0C, []byte(s)) }
	long := strings.Repeat("Ấp Mẫu, ", 60) // over 255 bytes
	d, devs, err := lds.ParseVietnamDG13(file(
		field(1, tlv.Encode(0x0C, []byte("001090000000"))), // another string type
		field(2, utf("Nguyễn Văn Mẫu")),
		field(9, utf(long)),
		field(13, tlv.Encode(0x30, utf("Cha"), utf("Mẹ"))), // both in one SEQUENCE
		field(14, utf("Vợ")),                               // no SEQUENCE at all
		field(12),                                          // out of order, and empty
		field(17, utf("neu")),
	))
	if err != nil {
		t.Fatal(err)
	}
	if d.Number != "001090000000" || d.Residence != long || d.Father != "Cha" || d.Mother != "Mẹ" || d.Spouse != "Vợ" || d.DateOfExpiry != "" || len(d.Other) != 1 {
		t.Error("a field reads wrongly")
	}
	if want := []int{3, 4, 5, 6, 7, 8, 10, 11, 15, 16}; !slices.Equal(d.Missing, want) {
		t.Errorf("missing %v", d.Missing)
	}
	if got := rules(devs); !slices.Equal(got, []string{"lds.dg13.type", "lds.dg13.order"}) {
		t.Errorf("deviations %v", got)
	}
	for _, s := range []string{fmt.Sprintf("%v", d), fmt.Sprintf("%+v", *d), fmt.Sprintf("%#v", d), fmt.Sprintf("%d", *d)} {
		if strings.Contains(s, "Mẫu") || strings.Contains(s, "001090") {
			t.Error("personal data printed")
		}
	}
	// The mother alone: an empty SEQUENCE in the father's place.
	only := &lds.VietnamDG13{Version: 1, Number: "001090000000", FullName: "A", Mother: "Mẹ"}
	b, err := lds.EncodeVietnamDG13(only)
	if err != nil {
		t.Fatal(err)
	}
	back, devs, err := lds.ParseVietnamDG13(b)
	if err != nil || len(devs) > 0 || back.Father != "" || back.Mother != "Mẹ" {
		t.Errorf("%v %v", devs, err)
	}
	for name, bad := range map[string]lds.VietnamDG13{
		"number": {Number: "1", FullName: "A"}, "name": {Number: "001090000000"}, "former": {Number: "001090000000", FullName: "A", FormerNumber: "12"},
		"printable": {Number: "001090000000", FullName: "A", DateOfIssue: "ngày"}, "utf8": {Number: "001090000000", FullName: "\xFF"},
	} {
		if _, err := lds.EncodeVietnamDG13(&bad); err == nil {
			t.Errorf("%s: encoded", name)
		}
	}
}

func TestVietnameseDG13Property(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.RuneFrom([]rune("aăâbcdđeêghiklmnoôơpqrstuưvxyẠậềỗựỳ ,./0123456789")), 0, 300, -1)
		digits := func(n int, label string) string {
			return rapid.StringMatching(fmt.Sprintf("[0-9]{%d}", n)).Draw(t, label)
		}
		d := &lds.VietnamDG13{
			Version: 1, Number: digits(12, "n"), FullName: "N" + text.Draw(t, "name"), DateOfBirth: digits(2, "d") + "/01/1990", Sex: "Nam",
			Nationality: text.Draw(t, "nat"), Ethnicity: text.Draw(t, "e"), Religion: text.Draw(t, "r"), Origin: text.Draw(t, "o"),
			Residence: text.Draw(t, "res"), Features: text.Draw(t, "f"), DateOfIssue: "01/06/2021", DateOfExpiry: text.Draw(t, "x"),
			Father: text.Draw(t, "fa"), Mother: text.Draw(t, "mo"), Spouse: text.Draw(t, "sp"), ChipSerial: digits(16, "serial"),
		}
		if rapid.Bool().Draw(t, "former") {
			d.FormerNumber = digits(9, "fn")
		}
		b, err := lds.EncodeVietnamDG13(d)
		if err != nil {
			t.Fatal(err)
		}
		back, devs, err := lds.ParseVietnamDG13(b)
		if err != nil || len(devs) > 0 {
			t.Fatal(devs, err)
		}
		if !reflect.DeepEqual(back, d) {
			t.Fatal("a field was changed")
		}
	})
}
