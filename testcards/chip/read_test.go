package chip_test

import (
	"bytes"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/testcards/chip"
)

// PC/SC part 3 (2.01.09), 3.1.3.2.3.1: 3B 8n 80 01, n historical bytes, and the
// exclusive or of all but the first byte is zero.
func TestATR(t *testing.T) {
	for _, m := range []chip.Model{chip.DefaultModel, chip.ShortModel} {
		o := quick()
		o.Model = m
		c := must(chip.NewBlank(o))
		atr := c.ATR()
		if !bytes.Equal(atr[:4], []byte{0x3B, 0x80 | byte(len(atr)-5), 0x80, 0x01}) {
			t.Errorf("ATR %X has another frame", atr)
		}
		tck := byte(0)
		for _, b := range atr[1:] {
			tck ^= b
		}
		if tck != 0 {
			t.Errorf("ATR %X has a wrong check byte", atr)
		}
		if extended := atr[10]&0x40 != 0; extended == m.ShortOnly {
			t.Errorf("ATR %X says extended length %v", atr, extended)
		}
		if again := must(c.Reset(t.Context())); !bytes.Equal(again, atr) {
			t.Errorf("Reset gives %X, ATR %X", again, atr)
		}
	}
}

// plainDocument has no access control and a master file.
func plainDocument() chip.Document {
	d := chip.Document{Files: testFiles(), Plain: true}
	d.Files["EF.DG7"] = template(0x67, 40_000)
	return d
}

// Doc 9303-10 (8th ed.), 3.6: the forms of SELECT, in the master file and in
// the application.
func TestSelect(t *testing.T) {
	c := issued(t, plainDocument())
	for _, step := range []struct {
		command string
		want    apdu.Status
		size    int
	}{
		{"00A4000C", 0x9000, 0},                    // table 1: the master file, no data
		{"00A4000C023F00", 0x9000, 0},              // and by identifier
		{"00A4020C02011C", 0x9000, 0},              // EF.CardAccess stands in it
		{"00A4020C022F01", 0x9000, 0},              // and EF.ATR/INFO
		{"00A4020C020101", 0x6A82, 0},              // DG1 does not
		{"00A4040C07A0000002471001", 0x9000, 0},    // table 2: the application
		{"00A4020C020101", 0x9000, 0},              // table 3: an EF
		{"00A4020C02011C", 0x6A82, 0},              // EF.CardAccess is not in the application
		{"00A4020C02010D", 0x6A82, 0},              // no DG13 on this one
		{"00A4020402010100", 0x9000, 19},           // FCP
		{"00A4020002010100", 0x9000, 19},           // FCI
		{"00A40204020101", 0x9000, 0},              // no Le, no template
		{"00A4040007A000000247100100", 0x9000, 11}, // FCI with the name
		{"00A4040C05A000000247", 0x9000, 0},        // name cut short on the right
		{"00A4040C07A0000002472001", 0x6A82, 0},    // LDS2 travel records
		{"00A4040E07A0000002471001", 0x6A82, 0},    // next occurrence
		{"00A4020C03010101", 0x6700, 0},
		{"00A4020C0101", 0x6700, 0},
		{"00A4021C020101", 0x6A86, 0},
		{"00A4090C020101", 0x6A81, 0}, // by path
		{"00A4040C", 0x9000, 0},       // the issuer security domain by default
	} {
		sw(t, c, step.command, step.want, step.size)
	}
	d := testDocument()
	c = issued(t, d)
	sw(t, c, "00A4000C", apdu.ErrINS, 0) // as Vietnam's card: before the application is selected,
	sw(t, c, "00A4020C02011C", apdu.ErrFileNotFound, 0)
	sw(t, c, "00A4040C07A0000002471001", apdu.OK, 0)
	sw(t, c, "00A4000C023F00", apdu.ErrINS, 0) // and after
	sw(t, c, "00A4020C02011C", apdu.OK, 0)
	send(t, c, "00B0000000", cardAccess+"9000")
	sw(t, c, "00A4020C022F01", apdu.OK, 0)
	send(t, c, "00B0000000", "4703840160 7F6608 02020800 02020800 9000")
}

// Doc 9303-10 (8th ed.), 3.6.3 and 3.6.6; ISO/IEC 7816-4:2020, 11.3.
func TestReadBinary(t *testing.T) {
	c := issued(t, plainDocument())
	dg1, dg2, dg7 := testFiles()["EF.DG1"], testFiles()["EF.DG2"], template(0x67, 40_000)
	sw(t, c, "00A4040C07A0000002471001", apdu.OK, 0)
	sw(t, c, "00B0000004", apdu.ErrNoCurrentEF, 0)
	for _, step := range []struct {
		command string
		want    apdu.Status
		data    []byte
	}{
		{"00B0810004", 0x9000, dg1[:4]},        // short identifier 1
		{"00B0000404", 0x9000, dg1[4:8]},       // which is now the current EF
		{"00B0000000", 0x9000, dg1},            // Le 00: as much as there is
		{"00B00000FF", 0x6282, dg1},            // Le FF: more than there is
		{"00B000005F", 0x9000, dg1},            // exactly
		{"00B0005F01", 0x6B00, nil},            // at the end
		{"00B0006001", 0x6B00, nil},            // past it
		{"00B00000", 0x6700, nil},              // no Le
		{"00B000000101", 0x6700, nil},          // data
		{"00B0A10004", 0x6A86, nil},            // b6 set beside a short identifier
		{"00B0800004", 0x6A86, nil},            // short identifier 0
		{"00B09F0004", 0x6A86, nil},            // short identifier 31
		{"00B08D0004", 0x6A82, nil},            // no DG13
		{"00B0820000", 0x9000, dg2[:256]},      // DG2, short
		{"00B00000000400", 0x9000, dg2[:1024]}, // extended Le 1,024
		{"00B00000000000", 0x9000, dg2[:2048]}, // extended Le 0: what the buffer holds
		{"00B03A900000FF", 0x6282, dg2[0x3A90:]},
		{"00B1000003540100", 0x6700, nil}, // no Le
		{"00B10007 03 540100 0A", 0x9000, tlv.Encode(0x53, dg7[:8])},
		{"00B10000 04 54028000 FF", 0x9000, tlv.Encode(0x53, dg7[0x8000:0x8000+252])},
		{"00B10000 04 54020010 82", 0x9000, tlv.Encode(0x53, dg7[0x10:0x10+127])}, // a longer header would hold less
		{"00B10000 04 54029C3E FF", 0x6282, tlv.Encode(0x53, dg7[0x9C3E:])},
		{"00B10000 04 54029C3E 04", 0x9000, tlv.Encode(0x53, dg7[0x9C3E:])},
		{"00B10000 04 54029C40 04", 0x6B00, nil},
		{"00B10000 04 55029C3E 04", 0x6A80, nil},
		{"00B10000 04 54029C3E 02", 0x6700, nil},
		{"00B10000 02 5400 04", 0x6A80, nil},
		{"00B10101 03 540100 0A", 0x9000, tlv.Encode(0x53, dg1[:8])}, // by identifier
		{"00B1010D 03 540100 0A", 0x6A82, nil},
	} {
		if got := sw(t, c, step.command, step.want, len(step.data)); !bytes.Equal(got, step.data) {
			t.Errorf("%s: other data", step.command)
		}
	}
}

// A chip without extended length refuses it, and a small buffer a long command
// (ISO/IEC 7816-4:2020, 5.1); other classes and instructions get their status.
func TestRefusals(t *testing.T) {
	o := quick()
	o.Model = chip.ShortModel
	short := must(chip.NewIssued(o, plainDocument()))
	sw(t, short, "00A4040C07A0000002471001", apdu.OK, 0)
	sw(t, short, "00B08100000100", apdu.ErrWrongLength, 0)
	sw(t, short, "00B0810000", apdu.OK, 95)
	c := issued(t, testDocument())
	sw(t, c, "00A4040C07A0000002471001", apdu.OK, 0)
	for command, want := range map[string]apdu.Status{
		"00":                                 apdu.ErrWrongLength,
		"00B000":                             apdu.ErrWrongLength,
		"00A4020C030101":                     apdu.ErrWrongLength, // Lc says 3
		"00A4020C00":                         apdu.ErrWrongLength, // Le instead of Lc
		"00A4020C000000":                     apdu.ErrWrongLength,
		"0012000000":                         apdu.ErrINS,
		"80B0000000":                         apdu.ErrCLA,
		"20B0000000":                         apdu.ErrCLA,
		"FFB0000000":                         apdu.ErrCLA,
		"01B0000000":                         apdu.ErrChannel,
		"40B0000000":                         apdu.ErrChannel,
		"10B0000000":                         apdu.ErrNoChaining,
		"0CB0000000":                         apdu.ErrSMUnsupported,
		"00C0000000":                         apdu.ErrConditions,
		"00A4020C020101":                     apdu.ErrSecurityStatus,
		"00A4020C02010B":                     apdu.ErrSecurityStatus, // absent, and not told
		"00A4020C022FFF":                     apdu.ErrFileNotFound,
		"00B0810000":                         apdu.ErrSecurityStatus,
		"00B0830000":                         apdu.ErrSecurityStatus,
		"00B09C0000":                         apdu.OK, // EF.CardAccess
		"00880000080102030405060708":         apdu.ErrSecurityStatus,
		"002241A40C800A04007F00070202030202": apdu.ErrSecurityStatus,
		"0086000002 7C00 00":                 apdu.ErrSecurityStatus,
	} {
		got, err := c.Transmit(t.Context(), unhex(command))
		if err != nil {
			t.Fatal(err)
		}
		if r := must(apdu.ParseResponse(got)); r.SW != want {
			t.Errorf("%s: %04X, want %04X", command, uint16(r.SW), uint16(want))
		}
	}
	long := append(unhex("00A4040C000900"), make([]byte, 0x900)...)
	if got, _ := c.Transmit(t.Context(), long); !bytes.Equal(got, []byte{0x67, 0x00}) {
		t.Errorf("a command past the buffer: %X", got)
	}
}
