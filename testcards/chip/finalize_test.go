package chip_test

import (
	"bytes"
	"crypto/sha256"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/gp"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/apdu/pace"
	"github.com/chipid-toolkit/chipid/cardprofile/applet"
	"github.com/chipid-toolkit/chipid/testcards/chip"
)

// part is one data grouping of a whole personalization, with its name and the
// P1 it wants.
type part struct {
	name  string
	p1    byte
	group gp.DGI
}

const (
	caTemplate = "800A04007F00070202030202 06092B2403030208010107"
	aaTemplate = "800102 06092B2403030208010107 820103"
)

// wholeDocument is a small document with a master file, as the data groupings
// that make it.
func wholeDocument() []part {
	list := []part{
		{"configuration", 0, gp.DGI{ID: applet.DGIConfiguration, Value: unhex("810107 820103")}},
		{"PACE", 0, gp.DGI{ID: applet.DGIPACE, Value: unhex("800A04007F00070202040202 81010D")}},
		{"MRZ", 0, gp.DGI{ID: applet.DGIMRZ, Value: []byte(testMRZ)}},
		{"CAN", 0, gp.DGI{ID: applet.DGICAN, Value: []byte(testCAN)}},
		{"CA key", applet.StoreResponse, gp.DGI{ID: applet.DGIGenerateCA, Value: unhex(caTemplate)}},
		{"AA key", applet.StoreResponse, gp.DGI{ID: applet.DGIGenerateAA, Value: unhex(aaTemplate)}},
		{"date", 0, gp.DGI{ID: applet.DGIDate, Value: []byte{2, 6, 1, 1, 2, 3}}},
	}
	for _, f := range smallFiles {
		create, write := applet.DGICreateFile, applet.DGIFileContent
		if f.mf {
			create, write = applet.DGICreateFileMF, applet.DGIFileContentMF
		}
		list = append(list,
			part{"file " + f.name, 0, gp.DGI{ID: create, Value: fcp(f.fid, byte(f.fid), 30, f.rule)}},
			part{"content of " + f.name, 0, gp.DGI{ID: write, Value: content(f.fid, 0, f.bytes())}})
	}
	return list
}

type smallFile struct {
	name string
	fid  uint16
	rule byte
	mf   bool
}

var smallFiles = []smallFile{
	{"EF.CardAccess", 0x011C, applet.ReadAlways, true}, {"EF.COM", 0x011E, applet.ReadAccess, false}, {"DG1", 0x0101, applet.ReadAccess, false},
	{"DG2", 0x0102, applet.ReadAccess, false}, {"DG3", 0x0103, applet.ReadTerminal, false}, {"DG14", 0x010E, applet.ReadAccess, false},
	{"DG15", 0x010F, applet.ReadAccess, false}, {"EF.SOD", 0x011D, applet.ReadAccess, false}, {"DG16", 0x0110, applet.ReadNever, false},
}

func (f smallFile) bytes() []byte { return bytes.Repeat([]byte{byte(f.fid)}, 30) }

// wholeDigest is what DGIFinalize carries, computed as docs/chip-dgi.md says.
func wholeDigest() []byte {
	h := sha256.New()
	for _, f := range smallFiles {
		df := byte(1)
		if f.mf {
			df = 0
		}
		h.Write([]byte{df, byte(f.fid >> 8), byte(f.fid), 0, 0, 30})
		h.Write(f.bytes())
	}
	return h.Sum(nil)
}

// begin opens a channel to a blank and stores the parts, but for the one named.
func begin(t *testing.T, c *chip.Chip, without string) (s *gp.Channel, block byte) {
	t.Helper()
	s = secure(t, c, gp.DefaultTestKeys(), 0)
	if err := gp.InstallForPersonalization(t.Context(), s, emrtd); err != nil {
		t.Fatal(err)
	}
	for _, p := range wholeDocument() {
		file, isFile := strings.CutPrefix(without, "file ")
		if p.name == without || isFile && p.name == "content of "+file {
			continue
		}
		if r := store(t, s, p.p1, block, p.group); r.SW != apdu.OK {
			t.Fatalf("%s: %04X", p.name, uint16(r.SW))
		}
		block++
	}
	return s, block
}

// What is incomplete is not finalized; the whole is, and then nothing more is
// taken.
func TestFinalize(t *testing.T) {
	optional := map[string]bool{"": true, "CA key": true, "file DG3": true, "file DG16": true}
	names := []string{""}
	for _, p := range wholeDocument() {
		names = append(names, p.name)
	}
	for _, without := range names {
		c := must(chip.NewBlank(quick()))
		s, block := begin(t, c, without)
		want := apdu.ErrConditions
		if optional[without] {
			want = apdu.OK
		}
		if r := store(t, s, applet.StoreLast, block, gp.DGI{ID: applet.DGIFinalize}); r.SW != want {
			t.Errorf("without %q: %04X, want %04X", without, uint16(r.SW), uint16(want))
		}
		err := gp.SetApplicationStatus(t.Context(), s, emrtd, applet.AppletPersonalized)
		if (err == nil) != optional[without] {
			t.Errorf("without %q: personalized: %v", without, err)
		}
	}
	c := must(chip.NewBlank(quick()))
	s, block := begin(t, c, "")
	wrong := bytes.Clone(wholeDigest())
	wrong[31] ^= 1
	if r := store(t, s, 0, block, gp.DGI{ID: applet.DGIFinalize, Value: wrong}); r.SW != apdu.ErrWrongData {
		t.Errorf("a wrong digest: %04X", uint16(r.SW))
	}
	if err := gp.InstallForPersonalization(t.Context(), s, emrtd); err != nil {
		t.Fatal(err)
	}
	if r := store(t, s, 0, 0, gp.DGI{ID: applet.DGIFinalize, Value: wholeDigest()}); r.SW != apdu.OK {
		t.Errorf("the right digest: %04X", uint16(r.SW))
	}
	if r := store(t, s, 0, 1, gp.DGI{ID: applet.DGIDate, Value: []byte{2, 7, 0, 1, 0, 1}}); r.SW != apdu.ErrConditions {
		t.Errorf("a data grouping after it: %04X", uint16(r.SW))
	}
	wantError(t, "INSTALL after it", gp.InstallForPersonalization(t.Context(), s, emrtd), apdu.ErrConditions)
	sw(t, c, "00A4040007A000000247100100", apdu.OK, 36)
	sw(t, c, "00B09C0000", apdu.ErrConditions, 0) // not a document yet
}

// The life cycle goes forward, and the card is secured last: after the applet
// is personalized and the initial keys are replaced. Until then it is no
// document that could be mistaken for a finished one, and after that it reads
// as one: here with a master file.
func TestLifeCycle(t *testing.T) {
	o := quick()
	o.State = filepath.Join(t.TempDir(), "card.json")
	c := must(chip.NewBlank(o))
	s, block := begin(t, c, "")
	if r := store(t, s, applet.StoreLast, block, gp.DGI{ID: applet.DGIFinalize, Value: wholeDigest()}); r.SW != apdu.OK {
		t.Fatalf("finalize: %04X", uint16(r.SW))
	}
	card := func(state byte) error { return gp.SetCardStatus(t.Context(), s, state) }
	app := func(state byte) error { return gp.SetApplicationStatus(t.Context(), s, emrtd, state) }
	wantError(t, "initialized", card(applet.CardInitialized), nil)
	wantError(t, "initialized again", card(applet.CardInitialized), apdu.ErrConditions)
	wantError(t, "back to ready", card(applet.CardOPReady), apdu.ErrConditions)
	wantError(t, "secured before the applet", card(applet.CardSecured), apdu.ErrConditions)
	wantError(t, "applet locked", app(0x87), apdu.ErrConditions)
	wantError(t, "applet personalized", app(applet.AppletPersonalized), nil)
	wantError(t, "applet again", app(applet.AppletPersonalized), apdu.ErrConditions)
	wantError(t, "applet back", app(applet.AppletSelectable), apdu.ErrConditions)
	wantError(t, "another applet", gp.SetApplicationStatus(t.Context(), s, isd, 0x0F), apdu.ErrNotFound)
	wantError(t, "secured with the initial keys", card(applet.CardSecured), apdu.ErrConditions)
	badKeys(t, s)
	keys := must2(fixedKeys{}.Static(t.Context(), nil, 0))
	if err := gp.PutKey(t.Context(), s, keys, gp.PutKeyParams{Replace: chip.DefaultKVN, KVN: 0x31, KID: 1, KeyURIs: []string{"new", "new", "new"}, KeyLen: 16}); err != nil {
		t.Fatal(err)
	}
	wantError(t, "secured", card(applet.CardSecured), nil)
	wantError(t, "locked", card(0x7F), apdu.ErrConditions)
	wantError(t, "terminated", card(0xFF), apdu.ErrConditions)

	c = must(chip.Open(o))
	ch := apdu.NewChannel(c)
	got, err := read(t.Context(), ch, 0x011C, 256) // in the master file, which is selected by itself
	if err != nil || !bytes.Equal(got, smallFiles[0].bytes()) {
		t.Errorf("EF.CardAccess: %X, %v", got, err)
	}
	r, err := pace.Run(t.Context(), ch, paceVN, pace.CAN(testCAN))
	if err != nil {
		t.Fatal(err)
	}
	selectApplication(t, r.Channel)
	for _, f := range smallFiles[1:] {
		got, err := read(t.Context(), r.Channel, f.fid, 256)
		if f.rule != applet.ReadAccess {
			wantError(t, f.name, err, apdu.ErrSecurityStatus)
		} else if err != nil || !bytes.Equal(got, f.bytes()) {
			t.Errorf("%s: %X, %v", f.name, got, err)
		}
	}
}

// PUT KEY takes a whole set with right check values, or nothing.
func badKeys(t *testing.T, s apdu.Sender) {
	t.Helper()
	keys := must2(fixedKeys{}.Static(t.Context(), nil, 0))
	wrapped, kcv, err := keys.WrapUnderDEK(t.Context(), "new")
	if err != nil {
		t.Fatal(err)
	}
	field := must(gp.KeyField{Len: 16, Wrapped: wrapped, KCV: kcv}.Encode())
	wrong := must(gp.KeyField{Len: 16, Wrapped: wrapped, KCV: []byte{1, 2, 3}}.Encode())
	other := bytes.Clone(field)
	other[0] = 0x80 // DES
	set := func(fields ...[]byte) []byte { return append([]byte{0x31}, bytes.Join(fields, nil)...) }
	for name, k := range map[string]struct {
		p1, p2 byte
		data   []byte
		want   apdu.Status
	}{
		"two keys":       {0x30, 0x81, set(field, field), apdu.ErrWrongData},
		"one key":        {0x30, 0x01, set(field), apdu.ErrWrongP1P2},
		"no key":         {0x30, 0x81, set(), apdu.ErrWrongData},
		"other version":  {0x29, 0x81, set(field, field, field), apdu.ErrNotFound},
		"check value":    {0x30, 0x81, set(field, field, wrong), 0x9485},
		"DES key":        {0x30, 0x81, set(field, other, field), 0x9484},
		"cut short":      {0x30, 0x81, set(field, field, field[:20]), apdu.ErrWrongData},
		"bytes too many": {0x30, 0x81, set(field, field, field, []byte{0x88}), apdu.ErrWrongData},
		"version 00":     {0x30, 0x81, append([]byte{0}, bytes.Join([][]byte{field, field, field}, nil)...), apdu.ErrWrongData},
	} {
		r, err := s.Send(t.Context(), apdu.Command{CLA: 0x80, INS: 0xD8, P1: k.p1, P2: k.p2, Data: k.data, Ne: 256})
		if err != nil || r.SW != k.want {
			t.Errorf("PUT KEY, %s: %04X %v, want %04X", name, uint16(r.SW), err, uint16(k.want))
		}
	}
}

// A secret may come encrypted under Key-DEK, padded, in a block that says so
// (P1 b7 b6): the chip then knows the same password.
func TestEncryptedSecret(t *testing.T) {
	c := must(chip.NewBlank(quick()))
	s := secure(t, c, gp.DefaultTestKeys(), gp.LevelCMACCDec)
	if err := gp.InstallForPersonalization(t.Context(), s, emrtd); err != nil {
		t.Fatal(err)
	}
	encrypted := must(gp.DefaultTestKeys().EncryptUnderDEK(t.Context(), mac.Pad80([]byte(testCAN), 16)))
	if r := store(t, s, applet.StoreEncrypted, 0, gp.DGI{ID: applet.DGICAN, Value: encrypted}); r.SW != apdu.OK {
		t.Errorf("encrypted CAN: %04X", uint16(r.SW))
	}
	if r := store(t, s, 0, 1, gp.DGI{ID: applet.DGICAN, Value: []byte(testCAN)}); r.SW != apdu.ErrConditions {
		t.Errorf("CAN again: %04X", uint16(r.SW))
	}
}

// The registry in both forms, and the card recognition data: GlobalPlatform
// 2.3.1 with SCP03, i = 70 (GlobalPlatform Card Specification 2.3.1, 11.4.3 and
// H.2).
func TestRegistry(t *testing.T) {
	c := must(chip.NewBlank(quick()))
	send(t, c, "80CA006600", "6631 732F 06072A864886FC6B01 600C060A2A864886FC6B02020301 6309 06072A864886FC6B03 640B 06092A864886FC6B040370 9000")
	s := secure(t, c, gp.DefaultTestKeys(), gp.LevelCMAC)
	for _, q := range []struct {
		p1, p2 byte
		data   string
		answer string
		want   apdu.Status
	}{
		{0x80, 0x00, "4F00", "08A000000151000000019E", apdu.OK},
		{0x40, 0x00, "4F00", "07A00000024710010700", apdu.OK},
		{0x20, 0x00, "4F00", "06A000000247100100", apdu.OK},
		{0x10, 0x00, "4F00", "06A0000002471001000107A0000002471001", apdu.OK},
		{0x40, 0x02, "4F07A0000002471001", "E3124F07A00000024710019F700107C503000000", apdu.OK},
		{0x40, 0x02, "4F05A000000247 5C024F9F", "E3124F07A00000024710019F700107C503000000", apdu.OK},
		{0x40, 0x02, "4F05A000000151", "", apdu.ErrNotFound},
		{0x40, 0x03, "4F00", "", apdu.ErrNotFound},
		{0x41, 0x02, "4F00", "", apdu.ErrWrongP1P2},
		{0x40, 0x04, "4F00", "", apdu.ErrWrongP1P2},
		{0x40, 0x02, "5F00", "", apdu.ErrWrongData},
		{0x40, 0x02, "4F00 5D00", "", apdu.ErrWrongData},
	} {
		r, err := s.Send(t.Context(), apdu.Command{CLA: 0x80, INS: 0xF2, P1: q.p1, P2: q.p2, Data: unhex(q.data), Ne: 256})
		if err != nil || r.SW != q.want || !bytes.Equal(r.Data, unhex(q.answer)) {
			t.Errorf("%02X %02X %s: %X %04X %v", q.p1, q.p2, q.data, r.Data, uint16(r.SW), err)
		}
	}
}
