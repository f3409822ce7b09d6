package tlv_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// EF.COM of Doc 9303-10 (8th ed.): LDS 1.7, Unicode 4.0.0, DG1 and DG2.
const efCOM = "60 14 5F0104 30313037 5F3606 303430303030 5C02 6175"

func TestParse(t *testing.T) {
	n, rest, err := tlv.Parse(unhex(t, efCOM+"0000"))
	if err != nil || n.Tag != 0x60 || len(rest) != 2 || len(n.Raw) != 22 || !n.Constructed() {
		t.Fatalf("%v, %d bytes left, %v", n.Tag, len(rest), err)
	}
	c, err := n.Children()
	if err != nil || len(c) != 3 || c[0].Tag != 0x5F01 || string(c[1].Value) != "040000" || c[2].Constructed() {
		t.Fatalf("%v %v", c, err)
	}
	if v, ok := n.First(0x5C); !ok || !bytes.Equal(v.Value, []byte{0x61, 0x75}) {
		t.Fatalf("%v %v", v, ok)
	}
	if _, ok := n.First(0x5D); ok {
		t.Fatal("found what is not there")
	}
}

func TestPath(t *testing.T) {
	b := tlv.Encode(0x75, tlv.Encode(0x7F61, tlv.Encode(0x02, []byte{1}), tlv.Encode(0x7F60, tlv.Encode(0x5F2E, []byte("FAC")))))
	n, _, err := tlv.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	if v, ok := n.Path(0x7F61, 0x7F60, 0x5F2E); !ok || string(v.Value) != "FAC" {
		t.Fatalf("%v %v", v, ok)
	}
	if _, ok := n.Path(0x7F61, 0x5F2E); ok {
		t.Fatal("found through a missing level")
	}
	if v, ok := n.Path(); !ok || v.Tag != 0x75 {
		t.Fatal("no tags: the node itself")
	}
}

func TestHeader(t *testing.T) {
	tests := []struct {
		in       string
		tag      tlv.Tag
		head, l  int
		err      error
		whatever string
	}{
		{"60 14", 0x60, 2, 20, nil, "short form"},
		{"75 82 4F10 7F61", 0x75, 4, 0x4F10, nil, "first bytes of a file"},
		{"7F61 83 010000", 0x7F61, 6, 65536, nil, "three length bytes"},
		{"5F1F 81 05", 0x5F1F, 4, 5, nil, "not minimal"},
		{"61 84 00000005", 0x61, 6, 5, nil, "four length bytes"},
		{"7F8161 00", 0x7F8161, 4, 0, nil, "tag of three bytes"},
		{"", 0, 0, 0, tlv.ErrShort, "nothing"},
		{"61", 0, 0, 0, tlv.ErrShort, "no length"},
		{"7F", 0, 0, 0, tlv.ErrShort, "half a tag"},
		{"61 82 01", 0, 0, 0, tlv.ErrShort, "half a length"},
		{"61 80", 0, 0, 0, tlv.ErrFormat, "indefinite length"},
		{"61 85 0000000001", 0, 0, 0, tlv.ErrFormat, "five length bytes"},
		{"61 84 FFFFFFFF", 0, 0, 0, tlv.ErrFormat, "4 GiB"},
		{"61 FF", 0, 0, 0, tlv.ErrFormat, "length FF"},
		{"00 00", 0, 0, 0, tlv.ErrFormat, "tag 00"},
		{"5F80 01 00", 0, 0, 0, tlv.ErrFormat, "leading zero in the tag number"},
		{"5F 81 82 83 04 00", 0, 0, 0, tlv.ErrFormat, "tag of five bytes"},
	}
	for _, tt := range tests {
		t.Run(tt.whatever, func(t *testing.T) {
			tag, head, l, err := tlv.Header(unhex(t, tt.in))
			if !errors.Is(err, tt.err) || tag != tt.tag || head != tt.head || l != tt.l {
				t.Fatalf("%v %d %d %v", tag, head, l, err)
			}
		})
	}
}

func TestParseShort(t *testing.T) {
	b := unhex(t, efCOM)
	for i := range b {
		if _, _, err := tlv.Parse(b[:i]); !errors.Is(err, tlv.ErrShort) {
			t.Fatalf("%d of %d bytes: %v", i, len(b), err)
		}
	}
	if _, err := tlv.ParseAll(append(b, 0x61)); !errors.Is(err, tlv.ErrShort) {
		t.Fatalf("a byte more: %v", err)
	}
	if list, err := tlv.ParseAll(nil); err != nil || len(list) != 0 {
		t.Fatalf("nothing: %v %v", list, err)
	}
}

func TestParseAllIsBounded(t *testing.T) {
	if _, err := tlv.ParseAll(bytes.Repeat([]byte{0x61, 0x00}, tlv.MaxNodes)); err != nil {
		t.Fatal(err)
	}
	if _, err := tlv.ParseAll(bytes.Repeat([]byte{0x61, 0x00}, tlv.MaxNodes+1)); !errors.Is(err, tlv.ErrTooMany) {
		t.Fatalf("got %v", err)
	}
}

func TestMinimal(t *testing.T) {
	for s, want := range map[string]bool{"6100": true, "618100": false, "61820001FF": false, "5F1F0101": true, "5F1F810101": false} {
		n, _, err := tlv.Parse(unhex(t, s))
		if err != nil || n.Minimal() != want {
			t.Errorf("%s: %v %v", s, n.Minimal(), err)
		}
	}
}

func TestEncodeLengths(t *testing.T) {
	for n, want := range map[int]string{0: "6100", 0x7F: "617F", 0x80: "618180", 0xFF: "6181FF", 0x100: "61820100", 0xFFFF: "6182FFFF", 0x10000: "6183010000", 0x1000000: "618401000000"} {
		b := tlv.Encode(0x61, make([]byte, n))
		if got := strings.ToUpper(hex.EncodeToString(b[:len(b)-n])); got != want {
			t.Errorf("%d bytes: %s, want %s", n, got, want)
		}
		if _, _, l, err := tlv.Header(b); err != nil || l != n {
			t.Errorf("%d bytes read as %d, %v", n, l, err)
		}
	}
}

func TestRoundTrip(t *testing.T) {
	tags := []tlv.Tag{0x02, 0x61, 0x5F1F, 0x7F61, 0x7F4E, 0xDF8101, 0x9F70}
	rapid.Check(t, func(t *rapid.T) {
		tag := rapid.SampledFrom(tags).Draw(t, "tag")
		parts := rapid.SliceOf(rapid.SliceOfN(rapid.Byte(), 0, 300)).Draw(t, "parts")
		b := tlv.Encode(tag, parts...)
		n, rest, err := tlv.Parse(append(b, 1))
		if err != nil || n.Tag != tag || !bytes.Equal(n.Value, bytes.Join(parts, nil)) || !bytes.Equal(n.Raw, b) || len(rest) != 1 || !n.Minimal() {
			t.Fatalf("%v %v", n.Tag, err)
		}
	})
}

func TestAppendingToAValueDoesNotReachItsNeighbour(t *testing.T) {
	b := unhex(t, "6101AA6201BB")
	list, err := tlv.ParseAll(b)
	if err != nil {
		t.Fatal(err)
	}
	_ = append(list[0].Value, 0xFF)
	_ = append(list[0].Raw, 0xFF)
	if b[3] != 0x62 {
		t.Fatal("overwritten")
	}
}

func TestDump(t *testing.T) {
	want := "60 20\n  5F01 4 30313037\n  5F36 6 303430303030\n  5C 2 6175\n"
	if got := tlv.Dump(unhex(t, efCOM)); got != want {
		t.Fatalf("got\n%s", got)
	}
	deep := []byte{}
	for range 5000 {
		deep = tlv.Encode(0x61, deep)
	}
	if got := tlv.Dump(deep); strings.Count(got, "\n") > 20 {
		t.Fatalf("%d lines", strings.Count(got, "\n"))
	}
	if got := tlv.Dump(bytes.Repeat([]byte{0x61, 0}, 1<<20)); len(got) > 1<<19 {
		t.Fatalf("%d characters", len(got))
	}
}

func FuzzParse(f *testing.F) {
	f.Add(unhex(f, efCOM))
	f.Add(unhex(f, "7F61 83 010000"))
	f.Add(unhex(f, "61 84 FFFFFFFF"))
	f.Fuzz(func(t *testing.T, b []byte) {
		_ = tlv.Dump(b)
		n, rest, err := tlv.Parse(b)
		if err != nil {
			return
		}
		if len(n.Raw)+len(rest) != len(b) || len(n.Value) > len(n.Raw) {
			t.Fatal("bytes lost or made")
		}
		_, _ = n.Children()
		_, _ = n.Path(0x61, 0x62)
		again := tlv.Encode(n.Tag, n.Value)
		if n.Minimal() != bytes.Equal(again, n.Raw) {
			t.Fatalf("minimal %v: %X, encoded %X", n.Minimal(), n.Raw, again)
		}
		m, _, err := tlv.Parse(again)
		if err != nil || m.Tag != n.Tag || !bytes.Equal(m.Value, n.Value) {
			t.Fatalf("%X does not read back", again)
		}
	})
}
