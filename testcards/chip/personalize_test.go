package chip_test

import (
	"bytes"
	"context"
	"crypto"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/aa"
	"github.com/chipid-toolkit/chipid/apdu/ca"
	"github.com/chipid-toolkit/chipid/apdu/gp"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/cardprofile/applet"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/testcards/chip"
)

func testImage() applet.Image {
	image := applet.Image{
		PACE: []applet.PACE{{Protocol: oidPACE, ParameterID: 13}},
		MRZ:  mac.NewKey([]byte(testMRZ)), CAN: mac.NewKey([]byte(testCAN)),
		BAC: true, PACEMRZ: true, PACECAN: true, NoMF: true,
		Date: time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC),
	}
	files := testFiles()
	files["EF.ATR/INFO"] = chip.DefaultModel.ATRInfo()
	for _, id := range lds.FileIDs() {
		b, ok := files[id.Name]
		if !ok {
			continue
		}
		f := applet.ImageFile{FileID: id, Read: applet.ReadAfterPACE, Bytes: b}
		if id.MF {
			f.Read = applet.ReadByAnyone
		}
		if id.Name == lds.NameATRInfo {
			f.SFI = 0 // DG1 has it
		}
		image.Files = append(image.Files, f)
	}
	return image
}

var testPlan = applet.KeyPlan{
	ChipAuth:   []applet.ChipAuthKey{{Protocol: oidCA, Curve: "brainpoolP256r1", KeyID: -1}},
	ActiveAuth: &applet.ActiveAuthKey{Bits: 2048, Hash: crypto.SHA256},
}

// personalize drives a blank all the way, as cardprofile/applet does it.
func personalize(ctx context.Context, c apdu.Transmitter) (*applet.PublicKeys, error) {
	driver, err := applet.ByName("chipid-gp")
	if err != nil {
		return nil, err
	}
	s, err := driver.Open(ctx, apdu.NewChannel(c), fixedKeys{})
	if err != nil {
		return nil, err
	}
	defer s.Close()
	keys, err := s.GenerateKeys(ctx, testPlan)
	if err != nil {
		return nil, err
	}
	return keys, s.Personalize(ctx, testImage())
}

// A blank becomes a document by APDUs alone: the driver finds it untouched,
// makes its keys, writes, locks; then it reads back whole, and its keys are the
// ones it named. The state file holds all of it.
func TestPersonalize(t *testing.T) {
	for name, model := range map[string]chip.Model{"extended": chip.DefaultModel, "short": chip.ShortModel} {
		t.Run(name, func(t *testing.T) {
			o := quick()
			o.Model, o.State = model, filepath.Join(t.TempDir(), "card.json")
			c := must(chip.NewBlank(o))
			driver := must(applet.ByName("chipid-gp"))
			found, err := driver.Probe(t.Context(), apdu.NewChannel(c), c.ATR())
			if err != nil || !found.Mine || found.State != applet.Untouched || !bytes.Equal(found.Serial, c.Serial()) {
				t.Fatalf("probe of a blank: %+v, %v", found, err)
			}
			keys, err := personalize(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			if info, err := os.Stat(o.State); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("state file: %v, %v", info.Mode(), err)
			}
			for _, c := range []*chip.Chip{c, must(chip.Open(o))} {
				reset(t, c)
				checkIssued(t, c, keys)
			}
		})
	}
}

func checkIssued(t *testing.T, c *chip.Chip, keys *applet.PublicKeys) {
	t.Helper()
	if c.Describe() != "issued" {
		t.Errorf("chip is %s", c.Describe())
	}
	s := open(t, c)
	for file, fid := range fileFIDs {
		got, err := read(t.Context(), s, fid, 200)
		if err != nil || !bytes.Equal(got, testFiles()[file]) {
			t.Errorf("%s: %d bytes, %v", file, len(got), err)
		}
	}
	if _, err := aa.Run(t.Context(), s, aa.Params{Public: keys.ActiveAuth}); err != nil {
		t.Errorf("active authentication: %v", err)
	}
	r, err := ca.Run(t.Context(), s, ca.Params{OID: oidCA, KeyID: ca.NoKeyID, Public: keys.ChipAuth[0]})
	if err != nil {
		t.Errorf("chip authentication: %v", err)
		return
	}
	if _, err := read(t.Context(), r.Channel, 0x0101, 200); err != nil {
		t.Errorf("after chip authentication: %v", err)
	}
}

// The security domain of a blank tells who the chip is, and its three keys are
// replaced with their sequence counter at zero (Amd D, 6.2.2.1).
func TestSecurityDomain(t *testing.T) {
	o := quick()
	o.Serial = unhex("0102030405060708")
	c := must(chip.NewBlank(o))
	ch := apdu.NewChannel(c)
	if aid, err := gp.SelectISD(t.Context(), ch, nil); err != nil || !bytes.Equal(aid, isd) {
		t.Errorf("SELECT: %X, %v", aid, err)
	}
	send(t, c, "80CA004500", "4508 0102030405060708 9000")
	send(t, c, "80CA00CF00", "CF0A 5001 0102030405060708 9000")
	send(t, c, "00CA00E000", "E012 C0040130 8810 C0040230 8810 C0040330 8810 9000")
	sw(t, c, "80CA9F7F00", apdu.OK, 45)
	sw(t, c, "80CA123400", apdu.ErrNotFound, 0)
	sw(t, c, "80F28002024F0000", apdu.ErrSecurityStatus, 0)
	send(t, c, "80CA00C100", "C103 000000 9000")
	s := secure(t, c, gp.DefaultTestKeys(), 0)
	for scope, want := range map[gp.Scope]int{gp.ScopeISD: 1, gp.ScopeApplications: 1, gp.ScopePackages: 1, gp.ScopeModules: 1} {
		list, err := gp.GetStatus(t.Context(), s, scope)
		if err != nil || len(list) != want {
			t.Errorf("GET STATUS %02X: %v, %v", byte(scope), list, err)
		}
	}
	secure(t, c, gp.DefaultTestKeys(), gp.LevelCMAC)
	sw(t, c, "00A4040C00", apdu.OK, 0)
	send(t, c, "80CA00C100", "C103 000002 9000") // two sessions so far
	s = secure(t, c, must2(fixedKeys{}.Static(t.Context(), nil, 0)), gp.LevelCMACCDec)
	if err := gp.PutKey(t.Context(), s, must2(fixedKeys{}.Static(t.Context(), nil, 0)), gp.PutKeyParams{KVN: 0x31, KID: 1, KeyURIs: []string{"new", "new", "new"}, KeyLen: 16}); err != nil {
		t.Fatal(err)
	}
	reset(t, c)
	send(t, c, "80CA00C100", "C103 000000 9000")
	if _, err := gp.Open(t.Context(), ch, gp.DefaultTestKeys(), gp.Options{}); !errors.Is(err, gp.ErrCryptogram) {
		t.Errorf("the old keys: %v", err)
	}
	fresh := &gp.ClearKeys{ENC: newCardKey, MAC: newCardKey, DEK: newCardKey}
	if _, err := gp.Open(t.Context(), ch, fresh, gp.Options{}); err != nil {
		t.Errorf("the new keys: %v", err)
	}
}

func must2(k gp.StaticKeys, err error) gp.StaticKeys { return must(k, err) }

// A blank whose keys are diversified answers to the keys that its master and
// its diversification data give, and to no others.
func TestDiversified(t *testing.T) {
	o := quick()
	o.Master = mac.NewKey(bytes.Repeat([]byte{0xA5}, 32))
	c := must(chip.NewBlank(o))
	k := must(chip.Diversify(o.Master, c.KDD()))
	secure(t, c, &gp.ClearKeys{ENC: k.ENC, MAC: k.MAC, DEK: k.DEK}, 0)
	if _, err := gp.Open(t.Context(), apdu.NewChannel(c), gp.DefaultTestKeys(), gp.Options{}); !errors.Is(err, gp.ErrCryptogram) {
		t.Errorf("test keys: %v", err)
	}
	other := must(chip.NewBlank(o))
	if k2 := must(chip.Diversify(o.Master, other.KDD())); k2.ENC.Equal(k.ENC) {
		t.Error("two chips have the same key")
	}
}

// Ten wrong EXTERNAL AUTHENTICATEs in a row close the security domain for good.
func TestAuthenticationFailures(t *testing.T) {
	o := quick()
	o.State = filepath.Join(t.TempDir(), "card.json")
	c := must(chip.NewBlank(o))
	for range 10 {
		sw(t, c, "8050000008 0102030405060708 00", apdu.OK, 32)
		sw(t, c, "8482330010 00000000000000000000000000000000", apdu.ErrAuthFailed, 0)
		c = must(chip.Open(o))
	}
	sw(t, c, "8050000008 0102030405060708 00", apdu.ErrAuthBlocked, 0)
}

// Each data grouping is refused where it does not belong; what is refused has
// changed nothing, and what is incomplete cannot be finalized.
func TestGroupings(t *testing.T) {
	dgi := func(id uint16, hex string) gp.DGI { return gp.DGI{ID: id, Value: unhex(hex)} }
	file := func(fid uint16, sfi byte, size int, rule byte) gp.DGI {
		return gp.DGI{ID: applet.DGICreateFile, Value: fcp(fid, sfi, size, rule)}
	}
	write := func(fid uint16, offset, size int) gp.DGI {
		return gp.DGI{ID: applet.DGIFileContent, Value: content(fid, offset, make([]byte, size))}
	}
	secret := func(id uint16, value string) gp.DGI { return gp.DGI{ID: id, Value: []byte(value)} }
	config := dgi(applet.DGIConfiguration, "800101 810107")
	for name, test := range map[string]struct {
		before []gp.DGI
		p1     byte
		group  gp.DGI
		want   apdu.Status
	}{
		"unknown":                 {nil, 0, dgi(0xA0FF, ""), apdu.ErrNotFound},
		"configuration":           {nil, 0, config, apdu.OK},
		"configuration twice":     {[]gp.DGI{config}, 0, config, apdu.ErrConditions},
		"unknown mechanism":       {nil, 0, dgi(applet.DGIConfiguration, "810108"), apdu.ErrWrongData},
		"no mechanisms":           {nil, 0, dgi(applet.DGIConfiguration, "800101"), apdu.ErrWrongData},
		"objects cut short":       {nil, 0, dgi(applet.DGIConfiguration, "8101"), apdu.ErrWrongData},
		"object twice":            {nil, 0, dgi(applet.DGIConfiguration, "810101 810101"), apdu.ErrWrongData},
		"PACE":                    {nil, 0, dgi(applet.DGIPACE, "800A04007F00070202040202 81010D"), apdu.OK},
		"PACE, integrated on 224": {nil, 0, dgi(applet.DGIPACE, "800A04007F00070202040402 81010A"), apdu.ErrWrongData},
		"PACE, reserved group":    {nil, 0, dgi(applet.DGIPACE, "800A04007F00070202040202 810103"), apdu.ErrWrongData},
		"MRZ":                     {nil, 0, secret(applet.DGIMRZ, testMRZ), apdu.OK},
		"MRZ, lower case":         {nil, 0, secret(applet.DGIMRZ, "l898902c<369080619406236"), apdu.ErrWrongData},
		"CAN of three":            {nil, 0, secret(applet.DGICAN, "123"), apdu.ErrWrongData},
		"CAN of letters":          {nil, 0, secret(applet.DGICAN, "12345X"), apdu.ErrWrongData},
		"CAN twice":               {[]gp.DGI{secret(applet.DGICAN, "123456")}, 0, secret(applet.DGICAN, "123456"), apdu.ErrConditions},
		"CAN, not encrypted":      {nil, applet.StoreEncrypted, secret(applet.DGICAN, "123456"), apdu.ErrWrongData},
		"file encrypted":          {nil, applet.StoreEncrypted, file(0x0101, 1, 10, applet.ReadAccess), apdu.ErrWrongData},
		"file":                    {nil, 0, file(0x0101, 1, 10, applet.ReadAccess), apdu.OK},
		"file twice":              {[]gp.DGI{file(0x0101, 1, 10, 0)}, 0, file(0x0101, 2, 10, 0), apdu.ErrFileExists},
		"short identifier twice":  {[]gp.DGI{file(0x0101, 1, 10, 0)}, 0, file(0x0102, 1, 10, 0), apdu.ErrFileExists},
		"empty file":              {nil, 0, file(0x0101, 1, 0, 0), apdu.ErrWrongData},
		"unknown rule":            {nil, 0, file(0x0101, 1, 10, 0x01), apdu.ErrWrongData},
		"master file":             {nil, 0, file(0x3F00, 0, 10, 0), apdu.ErrWrongData},
		"content of no file":      {nil, 0, write(0x0101, 0, 5), apdu.ErrFileNotFound},
		"content":                 {[]gp.DGI{file(0x0101, 1, 10, 0), write(0x0101, 0, 4)}, 0, write(0x0101, 4, 6), apdu.OK},
		"content with a gap":      {[]gp.DGI{file(0x0101, 1, 10, 0), write(0x0101, 0, 4)}, 0, write(0x0101, 5, 5), apdu.ErrConditions},
		"content again":           {[]gp.DGI{file(0x0101, 1, 10, 0), write(0x0101, 0, 4)}, 0, write(0x0101, 0, 4), apdu.ErrConditions},
		"content past the end":    {[]gp.DGI{file(0x0101, 1, 10, 0)}, 0, write(0x0101, 0, 11), apdu.ErrNotEnoughSpace},
		"key without an answer":   {nil, 0, dgi(applet.DGIGenerateCA, "800A04007F00070202030202 0609 2B2403030208010107"), apdu.ErrWrongP1P2},
		"key":                     {nil, applet.StoreResponse, dgi(applet.DGIGenerateCA, "800A04007F00070202030202 0609 2B2403030208010107"), apdu.OK},
		"key on no curve":         {nil, applet.StoreResponse, dgi(applet.DGIGenerateCA, "800A04007F00070202030202 0603 2A0304"), apdu.ErrWrongData},
		"key for PACE":            {nil, applet.StoreResponse, dgi(applet.DGIGenerateCA, "800A04007F00070202040202 0609 2B2403030208010107"), apdu.ErrWrongData},
		"key for DH on a curve":   {nil, applet.StoreResponse, dgi(applet.DGIGenerateCA, "800A04007F00070202030102 0609 2B2403030208010107"), apdu.ErrWrongData},
		"AA, 512 bits":            {nil, applet.StoreResponse, dgi(applet.DGIGenerateAA, "800101 81020200 820103"), apdu.ErrWrongData},
		"AA, SHA-1 with ECDSA":    {nil, applet.StoreResponse, dgi(applet.DGIGenerateAA, "800102 0609 2B2403030208010107 820101"), apdu.ErrWrongData},
		"AA, ECDSA":               {nil, applet.StoreResponse, dgi(applet.DGIGenerateAA, "800102 0609 2B2403030208010107 820103"), apdu.OK},
		"date":                    {nil, 0, dgi(applet.DGIDate, "020601010203"), apdu.OK},
		"date in ASCII":           {nil, 0, secret(applet.DGIDate, "261123"), apdu.ErrWrongData},
		"finalize nothing":        {nil, 0, dgi(applet.DGIFinalize, ""), apdu.ErrConditions},
	} {
		c := must(chip.NewBlank(quick()))
		s := secure(t, c, gp.DefaultTestKeys(), gp.LevelCMACCDec)
		if err := gp.InstallForPersonalization(t.Context(), s, emrtd); err != nil {
			t.Fatal(err)
		}
		block := byte(0)
		for _, g := range test.before {
			if r := store(t, s, 0, block, g); r.SW != apdu.OK {
				t.Fatalf("%s: before: %04X", name, uint16(r.SW))
			}
			block++
		}
		if r := store(t, s, test.p1, block, test.group); r.SW != test.want {
			t.Errorf("%s: %04X, want %04X", name, uint16(r.SW), uint16(test.want))
		}
		if test.want == apdu.OK {
			continue
		}
		// After an error the association is over, and the channel is not.
		if r := store(t, s, 0, block+1, dgi(applet.DGIDate, "020601010203")); r.SW != apdu.ErrConditions {
			t.Errorf("%s: STORE DATA after it: %04X", name, uint16(r.SW))
		}
		if len(test.before) == 0 && c.Describe() != "blank" {
			t.Errorf("%s: has left a trace", name)
		}
	}
}

// Personalization wants a secure channel with encryption: nothing less opens a
// write path, and a write path needs INSTALL first.
func TestWritePathsClosed(t *testing.T) {
	c := must(chip.NewBlank(quick()))
	for _, command := range []string{
		"80E6200010 0000 07 A0000002471001 000000 00", "80E2880000", "80D8308100", "80F0800F00", "80F0400F07 A0000002471001", "80E4000009 4F07A0000002471001", "80E8000000",
	} {
		got, err := c.Transmit(t.Context(), unhex(command))
		if err != nil {
			t.Fatal(err)
		}
		if r := must(apdu.ParseResponse(got)); r.SW != apdu.ErrSecurityStatus && r.SW != apdu.ErrWrongLength {
			t.Errorf("%s without a channel: %04X", command, uint16(r.SW))
		}
	}
	s := secure(t, c, gp.DefaultTestKeys(), gp.LevelCMAC)
	wantError(t, "INSTALL under C-MAC alone", gp.InstallForPersonalization(t.Context(), s, emrtd), apdu.ErrSecurityStatus)
	s = secure(t, c, gp.DefaultTestKeys(), gp.LevelCMACCDec)
	if r := store(t, s, 0, 0, gp.DGI{ID: applet.DGIDate, Value: []byte{2, 6, 1, 1, 2, 3}}); r.SW != apdu.ErrConditions {
		t.Errorf("STORE DATA without INSTALL: %04X", uint16(r.SW))
	}
	wantError(t, "INSTALL for another AID", gp.InstallForPersonalization(t.Context(), s, unhex("A0000002472001")), apdu.ErrNotFound)
	wantError(t, "personalized before it is finalized", gp.SetApplicationStatus(t.Context(), s, emrtd, applet.AppletPersonalized), apdu.ErrConditions)
	wantError(t, "secured before it is personalized", gp.SetCardStatus(t.Context(), s, applet.CardSecured), apdu.ErrConditions)
	if c.Describe() != "blank" {
		t.Errorf("chip is %s", c.Describe())
	}
}
