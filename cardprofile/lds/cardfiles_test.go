package lds_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
)

func TestDIRVector(t *testing.T) {
	v := load(t).DIR
	d, devs, err := lds.ParseDIR(v.Hex)
	if err != nil || len(devs) > 0 {
		t.Fatal(devs, err)
	}
	var names []string
	for _, a := range d.Applications {
		names = append(names, a.Name())
	}
	if !slices.Equal(names, v.Applications) {
		t.Errorf("%v", names)
	}
	for _, b := range [][]byte{must(d.Encode()), must(lds.EncodeDIR(d.AIDs...))} {
		if !bytes.Equal(b, v.Hex) {
			t.Errorf("encoded %X", b)
		}
	}
}

func must(b []byte, err error) []byte {
	if err != nil {
		return []byte(err.Error())
	}
	return b
}

func TestDIR(t *testing.T) {
	d := &lds.DIR{Applications: []lds.Application{
		{AID: lds.AIDLDS1, Label: []byte("eMRTD"), Path: []byte{0x3F, 0x00}, Other: []tlv.Node{{Tag: 0x53, Value: []byte{1}}}},
		{AID: []byte{0xE8, 7, 4, 0, 0x7F, 0, 7, 3, 2}},
	}}
	b, err := d.Encode()
	if err != nil {
		t.Fatal(err)
	}
	back, devs, err := lds.ParseDIR(b)
	if err != nil || len(devs) > 0 || string(back.Applications[0].Label) != "eMRTD" || back.Applications[1].Name() != "eID" || len(back.Applications[0].Other) != 1 {
		t.Errorf("%v %v", devs, err)
	}
	lds1 := tlv.Encode(0x61, tlv.Encode(0x4F, lds.AIDLDS1))
	for _, c := range []struct {
		what string
		file []byte
		rule string
	}{
		{"padding", append(bytes.Clone(lds1), 0, 0), "lds.dir.padding"},
		{"another element", append(bytes.Clone(lds1), 0x62, 0), "lds.dir.tag"},
		{"no identifier", append(bytes.Clone(lds1), 0x61, 0), "lds.dir.aid"},
		{"a short identifier", append(bytes.Clone(lds1), 0x61, 3, 0x4F, 1, 1), "lds.dir.aid"},
		{"twice", append(bytes.Clone(lds1), lds1...), "lds.dir.twice"},
		{"no LDS1", tlv.Encode(0x61, tlv.Encode(0x4F, lds.AIDVisaRecords)), "lds.dir.lds1"},
		{"too many", append(bytes.Clone(lds1), slices.Concat(manyApplications(64)...)...), "lds.dir.many"},
	} {
		if _, devs, err := lds.ParseDIR(c.file); err != nil || !slices.Equal(rules(devs), []string{c.rule}) {
			t.Errorf("%s: %v %v", c.what, devs, err)
		}
	}
	for what, aids := range map[string][][]byte{"none": nil, "LDS2 alone": {lds.AIDTravelRecords}, "twice": {lds.AIDLDS1, lds.AIDLDS1}, "short": {{1}}, "long": {make([]byte, 17)}} {
		if _, err := lds.EncodeDIR(aids...); !errors.Is(err, lds.ErrBuild) {
			t.Errorf("built of %s: %v", what, err)
		}
	}
}

func manyApplications(n int) [][]byte {
	var out [][]byte
	for i := range n {
		out = append(out, tlv.Encode(0x61, tlv.Encode(0x4F, []byte{0xF0, 1, 2, 3, 4, byte(i)})))
	}
	return out
}

func TestATRInfoVector(t *testing.T) {
	v := load(t).ATRInfo
	a, devs, err := lds.ParseATRInfo(v.Hex)
	if err != nil || len(devs) > 0 || a.MaxCommand != v.MaxCommand || a.MaxResponse != v.MaxResponse {
		t.Fatalf("%v %v", devs, err)
	}
	c := a.Card()
	want := lds.CardCapabilities{ByFullName: true, ShortFileID: true, RecordNumber: true, UnitQuartets: 2, Chaining: true, Extended: true, ExtendedInfo: true, Channels: 1}
	if c != want {
		t.Errorf("%+v", c)
	}
	if b, err := c.Encode(); err != nil || !bytes.Equal(b, a.Capabilities) {
		t.Errorf("encoded %X %v", b, err)
	}
	if b, err := a.Encode(); err != nil || !bytes.Equal(b, v.Hex) {
		t.Errorf("encoded %X %v", b, err)
	}
}

func TestATRInfo(t *testing.T) {
	// Every value of each byte has one reading.
	for i := range 256 {
		for at := range 3 {
			caps := []byte{0x84, 0x01, 0xE0}
			caps[at] = byte(i)
			c := (&lds.ATRInfo{Capabilities: caps}).Card()
			if b, err := c.Encode(); err != nil || !bytes.Equal(b, caps) {
				t.Fatalf("%X encoded %X %v", caps, b, err)
			}
		}
	}
	buffers := func(parts ...[]byte) []byte { return tlv.Encode(0x7F66, parts...) }
	n := func(b ...byte) []byte { return tlv.Encode(0x02, b) }
	caps := tlv.Encode(0x47, []byte{0x84, 0x01, 0xE0})
	for _, c := range []struct {
		what string
		file []byte
		rule string
		max  int
	}{
		{"with other objects", slices.Concat(caps, buffers(n(3, 0xE8), n(3, 0xE8)), tlv.Encode(0x46, []byte{1})), "", 1000},
		{"no buffers", caps, "lds.atrinfo.extended", 0},
		{"buffers unannounced", slices.Concat(tlv.Encode(0x47, []byte{0x84, 1, 0xC0}), buffers(n(3, 0xE8), n(3, 0xE8))), "lds.atrinfo.extended", 1000},
		{"no capabilities", buffers(n(3, 0xE8), n(3, 0xE8)), "lds.atrinfo.capabilities", 1000},
		{"capabilities of two bytes", tlv.Encode(0x47, []byte{0x84, 1}), "lds.atrinfo.capabilities", 0},
		{"a negative number", slices.Concat(caps, buffers(n(0x83, 0xE8), n(3, 0xE8))), "lds.atrinfo.buffers", 0x83E8},
		{"units of two bytes", tlv.Encode(0x47, []byte{0x84, 2, 0x80}), "lds.atrinfo.unit", 0},
		{"padding", slices.Concat(tlv.Encode(0x47, []byte{0x84, 1, 0x80}), []byte{0xFF}), "lds.atrinfo.padding", 0},
	} {
		a, devs, err := lds.ParseATRInfo(c.file)
		var want []string
		if c.rule != "" {
			want = []string{c.rule}
		}
		if err != nil || a.MaxCommand != c.max || !slices.Equal(rules(devs), want) {
			t.Errorf("%s: %v %v", c.what, devs, err)
		}
	}
	if lds.ATRObjectName(0x46) != "pre-issuing data" || lds.ATRObjectName(0x99) != "" {
		t.Error("names of objects")
	}
	for what, a := range map[string]lds.ATRInfo{
		"nothing": {}, "unannounced buffers": {Capabilities: []byte{0x84, 1, 0x80}, MaxCommand: 1000, MaxResponse: 1000},
		"one buffer": {Capabilities: []byte{0x84, 1, 0xE0}, MaxCommand: 1000}, "objects twice": {Capabilities: []byte{0x84, 1, 0x80}, Other: []tlv.Node{{Tag: 0x47}}},
	} {
		if _, err := a.Encode(); !errors.Is(err, lds.ErrBuild) {
			t.Errorf("built of %s: %v", what, err)
		}
	}
}

func TestVersions(t *testing.T) {
	c, _, err := lds.ParseCOM(load(t).COM[1].Hex)
	if err != nil {
		t.Fatal(err)
	}
	v, devs, err := c.Versions()
	if err != nil || len(devs) > 0 || v.LDS != lds.LDS17 || v.Unicode != (lds.UnicodeVersion{Major: 4}) {
		t.Errorf("%v %v %v", v, devs, err)
	}
	if lds.LDS17.Compare(lds.LDS18) >= 0 || lds.LDS18.String() != "1.8" {
		t.Error("1.7 is not before 1.8")
	}
	if _, devs, err := lds.ParseVersionInfo("EF.SOD", "1599", "040000"); err != nil || len(devs) != 1 || devs[0].Where != "EF.SOD" {
		t.Errorf("15.99: %v %v", devs, err)
	}
	for _, s := range []string{"", "107", "01.7", "0007", "01070"} {
		if _, err := lds.ParseLDSVersion(s); err == nil {
			t.Errorf("version %q", s)
		}
	}
	for _, s := range []string{"0107", "0108", "1599"} {
		v, err := lds.ParseLDSVersion(s)
		if back, err2 := v.Encode(); err != nil || err2 != nil || back != s {
			t.Errorf("%s: %s %v %v", s, back, err, err2)
		}
	}
	u, err := lds.ParseUnicodeVersion("150100")
	if s, err2 := u.Encode(); err != nil || err2 != nil || s != "150100" || u.String() != "15.1.0" {
		t.Errorf("%v %v", u, err)
	}
	if _, err := (lds.LDSVersion{Major: 100}).Encode(); err == nil {
		t.Error("version 100")
	}
}

func TestLDS2Files(t *testing.T) {
	for _, c := range []struct {
		name     string
		fid      uint16
		sfi      byte
		app, tag string
		t        tlv.Tag
	}{
		{"EF.EntryRecords", 0x0101, 1, "Travel Records", "travel record", 0x73}, {"EF.ExitRecords", 0x0102, 2, "Travel Records", "travel date", 0x5F45},
		{"ef.visarecords", 0x0103, 3, "Visa Records", "visa record", 0x71}, {"EF.Certificates", 0x011A, 0x1A, "Travel Records", "X.509 certificate", 0x72},
		{"EF.Biometrics1", 0x0201, 0, "Additional Biometrics", "biometric data", 0x5F2E}, {"EF.Biometrics64", 0x0240, 0, "Additional Biometrics", "signature", 0x5F37},
	} {
		f, ok := lds.FileByName(c.name)
		if !ok || f.FID != c.fid || f.SFI != c.sfi || f.LDS2 != c.app || f.Number() != 0 || f.ObjectName(c.t) != c.tag {
			t.Errorf("%s: %+v", c.name, f)
		}
	}
	if _, ok := lds.FileByName("EF.Biometrics65"); ok || len(lds.LDS2FileIDs()) != 70 {
		t.Error("a file too many")
	}
	dg1, _ := lds.DataGroup(1)
	if dg1.ObjectName(0x73) != "" {
		t.Error("an object of LDS2 in DG1")
	}
	dir := t.TempDir()
	for _, name := range []string{"EF.EntryRecords.bin", "EF.Certificates.bin", "EF.COM.bin"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte{1}, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	files, err := lds.ReadDir(dir)
	if err != nil || len(files) != 3 || files[0].Name != lds.NameCOM {
		t.Errorf("%v", err)
	}
}
