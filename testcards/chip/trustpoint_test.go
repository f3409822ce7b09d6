package chip_test

import (
	"bytes"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/ca"
	"github.com/chipid-toolkit/chipid/apdu/cvc"
	"github.com/chipid-toolkit/chipid/apdu/gp"
	"github.com/chipid-toolkit/chipid/apdu/pace"
	"github.com/chipid-toolkit/chipid/apdu/ta"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/applet"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/testcards/chip"
	"github.com/chipid-toolkit/chipid/testcards/cvca"
)

// trustImage is an image of a card with a trust point and fingerprints. It has
// no master file, so EF.CVCA is not at its own place.
func trustImage(c *cvca.Chain) applet.Image {
	image := testImage()
	image.CVCA, image.CVCAFile = []*cvc.Certificate{c.Root.Certificate}, lds.FileID{FID: 0x011A, SFI: 0x1A}
	id, _ := lds.DataGroup(3)
	image.Files = append(image.Files, applet.ImageFile{FileID: id, Read: applet.ReadWithRights, Bytes: template(0x63, 700)})
	return image
}

func utopian(t *testing.T) *cvca.Chain {
	t.Helper()
	return must(cvca.NewChain(cvca.PKI{Algorithm: cvc.ECDSASHA256}, must(cvc.NewDate(2026, time.November, 23)), nil))
}

// Trust points come with personalization; the chip that is issued so lets the
// right terminal have its fingerprints, and keeps what it learns in its file.
func TestPersonalizeTrustPoint(t *testing.T) {
	chain := utopian(t)
	o := quick()
	o.State = filepath.Join(t.TempDir(), "card.json")
	c := must(chip.NewBlank(o))
	s := must(must(applet.ByName("chipid-gp")).Open(t.Context(), apdu.NewChannel(c), fixedKeys{}))
	keys := must(s.GenerateKeys(t.Context(), testPlan))
	if err := s.Personalize(t.Context(), trustImage(chain)); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		reset(t, c)
		ch := apdu.NewChannel(c)
		selectApplication(t, ch)
		p := must(pace.Run(t.Context(), ch, paceVN, pace.CAN(testCAN)))
		file := must(read(t.Context(), p.Channel, 0x011A, 200))
		refs, notes, err := cvc.ParseEFCVCA(file)
		if err != nil || len(notes) > 0 || len(refs) != 1 || refs[0] != "UTCVCA00001" {
			t.Fatalf("EF.CVCA: %v %v %v", refs, notes, err)
		}
		r := must(ca.Run(t.Context(), p.Channel, ca.Params{OID: oidCA, KeyID: ca.NoKeyID, Public: keys.ChipAuth[0]}))
		if _, err := read(t.Context(), r.Channel, 0x0103, 200); !errors.Is(err, apdu.ErrSecurityStatus) {
			t.Errorf("DG3 before: %v", err)
		}
		_, err = ta.Run(t.Context(), r.Channel, ta.Params{
			References: refs, Certificates: chain.Certificates(), Sign: ta.SignWith(chain.Terminal.Signer),
			ChipID: must(ta.CompressPoint(p.ChipEphemeral)), Ephemeral: must(ta.CompressPoint(r.TerminalEphemeral)),
		})
		if err != nil {
			t.Fatal(err)
		}
		if b, err := read(t.Context(), r.Channel, 0x0103, 200); err != nil || !bytes.Equal(b, template(0x63, 700)) {
			t.Errorf("DG3: %d bytes, %v", len(b), err)
		}
		c = must(chip.Open(o))
	}
}

// What the driver refuses before anything is written.
func TestImagesWithoutTrust(t *testing.T) {
	chain := utopian(t)
	old := must(chain.Issue(nil, cvca.Spec{CHR: "UTCVCA00000", Role: cvc.RoleCVCA, From: must(cvc.NewDate(2020, 1, 1)), To: must(cvc.NewDate(2022, 1, 1))}))
	for name, change := range map[string]func(*applet.Image){
		"no root":     func(i *applet.Image) { i.CVCA = []*cvc.Certificate{chain.DV.Certificate} },
		"expired":     func(i *applet.Image) { i.CVCA = []*cvc.Certificate{old.Certificate} },
		"twice":       func(i *applet.Image) { i.CVCA = append(i.CVCA, i.CVCA[0]) },
		"three":       func(i *applet.Image) { i.CVCA = append(i.CVCA, i.CVCA[0], i.CVCA[0]) },
		"without day": func(i *applet.Image) { i.Date = time.Time{} },
	} {
		c := must(chip.NewBlank(quick()))
		s := must(must(applet.ByName("chipid-gp")).Open(t.Context(), apdu.NewChannel(c), fixedKeys{}))
		image := trustImage(chain)
		change(&image)
		if err := s.Personalize(t.Context(), image); !errors.Is(err, applet.ErrImage) || c.Describe() != "blank" {
			t.Errorf("%s: %v, the chip is %s", name, err, c.Describe())
		}
	}
}

// The DGI on its own.
func TestTrustPointGroupings(t *testing.T) {
	chain := utopian(t)
	date := gp.DGI{ID: applet.DGIDate, Value: []byte{2, 6, 1, 1, 2, 3}}
	points := func(parts ...[]byte) gp.DGI { return gp.DGI{ID: applet.DGITrustPoints, Value: bytes.Join(parts, nil)} }
	root := chain.Root.Certificate.Raw
	damaged := bytes.Clone(root)
	damaged[len(damaged)-1] ^= 1
	old := must(chain.Issue(nil, cvca.Spec{CHR: "UTCVCA00000", Role: cvc.RoleCVCA, From: must(cvc.NewDate(2020, 1, 1)), To: must(cvc.NewDate(2022, 1, 1))}))
	taken := gp.DGI{ID: applet.DGICreateFile, Value: fcp(0x011C, 0x1C, 100, applet.ReadAlways)}
	for name, x := range map[string]struct {
		before []gp.DGI
		group  gp.DGI
		want   apdu.Status
	}{
		"standard place":     {[]gp.DGI{date}, points(root), apdu.OK},
		"another place":      {[]gp.DGI{date, taken}, points(tlv.Encode(0x83, []byte{1, 0x1A}), tlv.Encode(0x88, []byte{0x1A << 3}), root), apdu.OK},
		"no short":           {[]gp.DGI{date, taken}, points(tlv.Encode(0x83, []byte{1, 0x1A}), root), apdu.OK},
		"before the date":    {nil, points(root), apdu.ErrConditions},
		"twice":              {[]gp.DGI{date, points(root)}, points(root), apdu.ErrConditions},
		"date after":         {[]gp.DGI{date, points(root)}, date, apdu.ErrConditions},
		"content of EF.CVCA": {[]gp.DGI{date, points(root)}, gp.DGI{ID: applet.DGIFileContent, Value: content(0x011C, 0, []byte{0x42})}, apdu.ErrConditions},
		"place taken":        {[]gp.DGI{date, taken}, points(root), apdu.ErrFileExists},
		"none":               {[]gp.DGI{date}, points(), apdu.ErrWrongData},
		"damaged":            {[]gp.DGI{date}, points(damaged), apdu.ErrWrongData},
		"expired":            {[]gp.DGI{date}, points(old.Certificate.Raw), apdu.ErrWrongData},
		"a verifier's":       {[]gp.DGI{date}, points(chain.DV.Certificate.Raw), apdu.ErrWrongData},
		"the same twice":     {[]gp.DGI{date}, points(root, root), apdu.ErrWrongData},
		"cut":                {[]gp.DGI{date}, points(root[:len(root)-1]), apdu.ErrWrongData},
		"identifier of MF":   {[]gp.DGI{date}, points(tlv.Encode(0x83, []byte{0x3F, 0}), root), apdu.ErrWrongData},
		"short of 31":        {[]gp.DGI{date}, points(tlv.Encode(0x83, []byte{1, 0x1A}), tlv.Encode(0x88, []byte{0xF8}), root), apdu.ErrWrongData},
		"not a day":          {[]gp.DGI{{ID: applet.DGIDate, Value: []byte{2, 6, 1, 3, 2, 3}}}, points(root), apdu.ErrConditions},
	} {
		c := must(chip.NewBlank(quick()))
		s := secure(t, c, gp.DefaultTestKeys(), 0)
		if err := gp.InstallForPersonalization(t.Context(), s, emrtd); err != nil {
			t.Fatal(err)
		}
		block := 0
		send := func(g gp.DGI) (sw apdu.Status) {
			for _, cmd := range must(gp.PlanStoreData([]gp.DGI{g}, gp.StoreOptions{MaxData: s.MaxData(), More: true, FirstBlock: block})) {
				sw = must(s.Send(t.Context(), cmd)).SW
				block++
			}
			return sw
		}
		for _, g := range x.before {
			if sw := send(g); sw != apdu.OK {
				t.Errorf("%s: before: %v", name, sw)
			}
		}
		if sw := send(x.group); sw != x.want {
			t.Errorf("%s: %v, want %v", name, sw, x.want)
		}
	}
}
