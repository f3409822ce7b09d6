package sm_test

import (
	"bytes"
	"context"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/apdu/sm"
)

// The numbers that the field knows: 231 bytes of 3DES and 223 of AES in a
// short answer; 1,848 and 1,792 bit signatures (Doc 9303-11 (8th ed.), 6.1.4)
// are the same bytes rounded to whole ones.
func TestMaxResponseDataShort(t *testing.T) {
	for c, want := range map[mac.Cipher]int{mac.TDES: 231, mac.AES128: 223, mac.AES192: 223, mac.AES256: 223} {
		if got := sm.MaxResponseData(c, 258); got != want {
			t.Errorf("%v: %d, want %d", c, got, want)
		}
	}
}

// Against the real wrapping: the stated number fits, one more does not, for
// every size and both kinds of instruction.
func TestMaxResponseDataExact(t *testing.T) {
	for _, c := range []mac.Cipher{mac.TDES, mac.AES128} {
		for _, limit := range append(sizes(), 65538) {
			n := sm.MaxResponseData(c, limit)
			if got := wrapped(t, c, 0xB0, n); n > 0 && got > limit {
				t.Errorf("%v limit %d: %d bytes make %d", c, limit, n, got)
			}
			if got := wrapped(t, c, 0xB1, n); n > 0 && got > limit {
				t.Errorf("%v limit %d odd: %d bytes make %d", c, limit, n, got)
			}
			if got := wrapped(t, c, 0xB0, n+1); got <= limit && n > 0 {
				t.Errorf("%v limit %d: %d bytes would fit too", c, limit, n+1)
			}
		}
	}
}

func TestMaxCommandDataExact(t *testing.T) {
	for _, c := range []mac.Cipher{mac.TDES, mac.AES128} {
		for _, ne := range []int{0, 256, 65536} {
			for _, limit := range append(sizes(), 65544) {
				n := sm.MaxCommandData(c, limit, ne)
				if got := commandLen(t, c, n, ne); n > 0 && got > limit {
					t.Errorf("%v Ne %d limit %d: %d bytes make %d", c, ne, limit, n, got)
				}
				if got := commandLen(t, c, n+1, ne); got <= limit && n > 0 {
					t.Errorf("%v Ne %d limit %d: %d bytes would fit too", c, ne, limit, n+1)
				}
			}
		}
	}
}

func TestMaxDataNothingFits(t *testing.T) {
	for _, limit := range []int{-1, 0, 2, 16, 20} {
		if n := sm.MaxResponseData(mac.TDES, limit); n != 0 {
			t.Errorf("limit %d: %d", limit, n)
		}
		if n := sm.MaxCommandData(mac.AES128, limit, 0); n != 0 {
			t.Errorf("limit %d: command %d", limit, n)
		}
	}
	if sm.MaxResponseData(0, 258) != 0 {
		t.Error("no cipher carries data")
	}
}

func sizes() []int {
	var s []int
	for i := 40; i < 700; i++ {
		s = append(s, i)
	}
	return s
}

func wrapped(t *testing.T, c mac.Cipher, ins byte, n int) int {
	t.Helper()
	enc, macKey := testKeys(c)
	chip, err := sm.NewChip(c, enc, macKey, nil)
	if err != nil {
		t.Fatal(err)
	}
	ch, err := sm.New(senderFunc(func(k apdu.Command) (apdu.Response, error) {
		if _, err := chip.Unwrap(k); err != nil {
			t.Fatal(err)
		}
		return apdu.Response{}, nil
	}), c, enc, macKey, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = ch.Send(context.Background(), apdu.Command{INS: ins, Ne: 65536})
	r, err := chip.Wrap(apdu.Response{Data: make([]byte, n), SW: apdu.OK})
	if err != nil {
		t.Fatal(err)
	}
	return len(r.Encode())
}

func commandLen(t *testing.T, c mac.Cipher, n, ne int) int {
	t.Helper()
	var got int
	enc, macKey := testKeys(c)
	ch, err := sm.New(wire(func(b []byte) []byte { got = len(b); return []byte{0x90, 0} }), c, enc, macKey, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = ch.Send(context.Background(), apdu.Command{INS: 0xD6, Data: bytes.Repeat([]byte{1}, n), Ne: ne})
	if got == 0 {
		return 1 << 20 // refused as too large
	}
	return got
}
