package lds_test

import (
	"encoding/hex"
	"testing"

	"github.com/chipid-toolkit/chipid/cardprofile/lds"
)

// EF.CVCA's place in the TerminalAuthenticationInfo (Doc 9303-11, K.2).
func TestPlaceOfEFCVCA(t *testing.T) {
	const ta = "060804007F0007020202" + "020101"
	for _, x := range []struct {
		name, set string
		fid       uint16
		sfi       byte
		notes     int
	}{
		{"absent", "310F300D" + ta, 0, 0, 0},
		{"both", "31183016" + ta + "3007" + "0402011A" + "04011A", 0x011A, 0x1A, 0},
		{"identifier alone", "31153013" + ta + "3004" + "0402011A", 0x011A, 0, 0},
		{"in b8 to b4", "31183016" + ta + "3007" + "0402011A" + "0401D0", 0x011A, 0x1A, 1},
		{"no such short identifier", "31183016" + ta + "3007" + "0402011A" + "04011F", 0x011A, 0, 1},
		{"malformed", "31143012" + ta + "3003" + "04011A", 0, 0, 1},
		{"not a sequence", "31123010" + ta + "020105", 0, 0, 1},
		{"version 2", "31183016" + "060804007F0007020202" + "020102" + "3007" + "0402011A" + "04011A", 0, 0, 1},
	} {
		b, err := hex.DecodeString(x.set)
		if err != nil {
			t.Fatal(err)
		}
		infos, devs, err := lds.ParseSecurityInfos(b)
		if err != nil || len(infos.TerminalAuths) != 1 {
			t.Errorf("%s: %v", x.name, err)
			continue
		}
		if i := infos.TerminalAuths[0]; i.CVCAFile != x.fid || i.CVCAShort != x.sfi || len(devs) != x.notes {
			t.Errorf("%s: %04X %02X %v", x.name, i.CVCAFile, i.CVCAShort, devs)
		}
	}
	for sfi, want := range map[byte]string{0x1A: "31183016" + ta + "3007" + "0402011A" + "04011A", 0: "31153013" + ta + "3004" + "0402011A"} {
		b, err := new(lds.Builder).TerminalAuthWithFile(0x011A, sfi).Encode()
		if got := hex.EncodeToString(b); err != nil || got != hexLower(want) {
			t.Errorf("%02X: %v %s", sfi, err, got)
		}
	}
	if _, err := new(lds.Builder).TerminalAuthWithFile(0x011A, 0x1F).Encode(); err == nil {
		t.Error("short identifier 1F")
	}
}

func hexLower(s string) string {
	b, _ := hex.DecodeString(s)
	return hex.EncodeToString(b)
}
