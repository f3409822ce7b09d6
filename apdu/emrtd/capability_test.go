package emrtd_test

import (
	"bytes"
	"encoding/hex"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/emrtd"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestCommands holds each command against the tables of Doc 9303-10, 3.6.
func TestCommands(t *testing.T) {
	for _, tc := range []struct {
		name string
		c    apdu.Command
		want string
	}{
		{"table 1", emrtd.SelectMFCommand(), "00A4000C"},
		{"table 2", emrtd.SelectApplicationCommand(emrtd.AID), "00A4040C07A0000002471001"},
		{"table 3", emrtd.SelectFileCommand(0x011E), "00A4020C02011E"},
		{"table 4", emrtd.ReadBinaryCommand(0x7FFF, 1), "00B07FFF01"},
		{"table 5", emrtd.ReadBinarySFICommand(0x1C, 4, 256), "00B09C0400"},
		{"table 6", emrtd.ReadBinaryOddCommand(0xFFFF, 16), "00B10000045402FFFF10"},
		{"table 6, shortest offset", emrtd.ReadBinaryOddCommand(1, 16), "00B1000003540101" + "10"},
		{"table 6, long offset", emrtd.ReadBinaryOddCommand(0x012345, 16), "00B1000005540301234510"},
	} {
		got, err := tc.c.Encode()
		if err != nil || !bytes.Equal(got, unhex(t, tc.want)) {
			t.Errorf("%s: %X, %v, want %s", tc.name, got, err, tc.want)
		}
	}
}

func TestParseATR(t *testing.T) {
	for _, tc := range []struct {
		name, atr string
		want      emrtd.Capabilities
		bad       bool
	}{
		{"capabilities", "3B858001" + "80738401E0" + "00", emrtd.Capabilities{Known: true, Chaining: true, Extended: true, ExtendedInfo: true}, false},
		{"extended length only", "3B858001" + "8073840140" + "00", emrtd.Capabilities{Known: true, Extended: true}, false},
		{"no extended length", "3B858001" + "8073840180" + "00", emrtd.Capabilities{Known: true, Chaining: true}, false},
		{"two tables only", "3B848001" + "80728401" + "00", emrtd.Capabilities{}, false},
		{"after other objects", "3B878001" + "80" + "31C0" + "738401C0" + "00", emrtd.Capabilities{Known: true, Chaining: true, Extended: true}, false},
		{"status indicator at the end", "3B888001" + "00" + "73840160" + "009000" + "00", emrtd.Capabilities{Known: true, Extended: true, ExtendedInfo: true}, false},
		{"proprietary", "3B848001" + "C1C2C3C4" + "00", emrtd.Capabilities{}, false},
		{"no historical bytes", "3B80800101", emrtd.Capabilities{}, false},
		{"object runs out", "3B838001" + "807384" + "00", emrtd.Capabilities{}, false},
		{"interface bytes run out", "3BF6FF", emrtd.Capabilities{}, true},
		{"historical bytes run out", "3B8F800180", emrtd.Capabilities{}, true},
		{"empty", "", emrtd.Capabilities{}, true},
	} {
		got, err := emrtd.ParseATR(unhex(t, tc.atr))
		if got != tc.want || (err != nil) != tc.bad {
			t.Errorf("%s: %+v, %v", tc.name, got, err)
		}
	}
}

func TestParseATRInfo(t *testing.T) {
	full := emrtd.Capabilities{Known: true, Chaining: true, Extended: true, ExtendedInfo: true,
		Buffers: emrtd.Buffers{MaxCommand: 1000, MaxResponse: 2000}}
	for _, tc := range []struct {
		name, file string
		want       emrtd.Capabilities
		bad        bool
	}{
		{"table 29", "47038401E0" + "7F6608" + "020203E8" + "020207D0", full, false},
		{"category indicator", "80" + "47038401E0" + "7F6608" + "020203E8" + "020207D0", full, false},
		{"other objects between", "43018047038401E04F00" + "7F6608" + "020203E8" + "020207D0", full, false},
		{"sizes with a leading zero", "7F660A" + "0203010000" + "0203010000", emrtd.Capabilities{Buffers: emrtd.Buffers{MaxCommand: 65536, MaxResponse: 65536}}, false},
		{"one size", "7F6604020203E8", emrtd.Capabilities{}, false},
		{"too small to be of use", "7F660602010A02010A", emrtd.Capabilities{}, false},
		{"wrong tags", "7F6608" + "040203E8" + "040207D0", emrtd.Capabilities{}, false},
		{"cut in the second object", "47038401E0" + "7F6608" + "0202", emrtd.Capabilities{Known: true, Chaining: true, Extended: true, ExtendedInfo: true}, false},
		{"empty", "", emrtd.Capabilities{}, false},
		{"no object", "FF", emrtd.Capabilities{}, true},
	} {
		got, err := emrtd.ParseATRInfo(unhex(t, tc.file))
		if got != tc.want || (err != nil) != tc.bad {
			t.Errorf("%s: %+v, %v", tc.name, got, err)
		}
	}
}

func TestDiscover(t *testing.T) {
	info := unhex(t, "47038401E07F66080202080002020800")
	saysNo, saysYes := unhex(t, "3B858001807384018000"), unhex(t, "3B85800180738401E000")
	for _, tc := range []struct {
		name      string
		atr, file []byte
		reader    int
		stated    bool
		exchanges int
	}{
		{"stated", saysYes, info, 65000, true, 1},
		{"nothing known of the ATR", nil, info, 65000, true, 1},
		{"the ATR says no", saysNo, info, 65000, false, 0},
		{"a short reader", saysYes, info, 258, false, 0},
		{"no such file", saysYes, nil, 65000, false, 1},
	} {
		// The fake's short identifiers lead to 01nn.
		files := map[uint16][]byte{}
		if tc.file != nil {
			files[0x0101] = tc.file
		}
		c := newFileChip(files)
		c.maxCommand, c.maxResponse = tc.reader, tc.reader
		got, err := emrtd.Discover(t.Context(), apdu.NewChannel(c), tc.atr)
		if err != nil || got.Buffers.Stated() != tc.stated || len(c.sent) != tc.exchanges {
			t.Errorf("%s: %+v after %d exchanges, %v", tc.name, got, len(c.sent), err)
		}
	}
}

func FuzzParseATR(f *testing.F) {
	f.Add(unhex(f, "3B858001807384018000"))
	f.Add(unhex(f, "3BFF11FF8131FE"))
	f.Fuzz(func(_ *testing.T, b []byte) { _, _ = emrtd.ParseATR(b) })
}

func FuzzParseATRInfo(f *testing.F) {
	f.Add(unhex(f, "47038401E07F66080202080002020800"))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, _ := emrtd.ParseATRInfo(b)
		if c.Buffers.MaxCommand < 0 || c.Buffers.MaxCommand > 65544 || c.Buffers.MaxResponse < 0 || c.Buffers.MaxResponse > 65544 {
			t.Errorf("%+v", c)
		}
	})
}

// FuzzRead plays a chip that answers READ BINARY with whatever: each answer is a
// length, that many bytes, and a status word.
func FuzzRead(f *testing.F) {
	f.Add([]byte{4, 0x61, 2, 1, 2, 0x90, 0x00}, false)
	f.Add([]byte{3, 0x61, 5, 1, 0x62, 0x82, 1, 9, 0x90, 0x00, 0, 0x6B, 0x00}, false)
	f.Add([]byte{0, 0x67, 0x00, 0, 0x6C, 0x10, 3, 0x75, 0x82, 0x40, 0x90, 0x00}, true)
	f.Fuzz(func(t *testing.T, script []byte, sequence bool) {
		const limit = 4096
		c := &scriptedChip{script: script}
		file := emrtd.File{Name: "EF.X", FID: 0x0101, SFI: 1, Sequence: sequence}
		got, err := emrtd.NewReader(apdu.NewChannel(c), emrtd.Options{MaxFile: limit}).Read(t.Context(), file)
		if err == nil && len(got) > limit {
			t.Errorf("%d bytes past a limit of %d", len(got), limit)
		}
		if c.n > len(script)+100 {
			t.Errorf("%d exchanges with %d bytes of script", c.n, len(script))
		}
	})
}
