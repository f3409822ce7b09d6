package sod

import (
	"bytes"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
)

// TestFrame: lengths that grow by a byte at each level, and objects that have no place
// for a signature.
func TestFrame(t *testing.T) {
	object := func(signature []byte) []byte {
		inner := tlv.Encode(0x30, tlv.Encode(0x02, []byte{1}), tlv.Encode(0x04, signature))
		return tlv.Encode(0x30, tlv.Encode(0x06, []byte{42}), tlv.Encode(0xA0, tlv.Encode(0x30, tlv.Encode(0x04, make([]byte, 100)), tlv.Encode(0x31, inner))))
	}
	f, err := newFrame(object([]byte{0}), []byte{0})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{0, 1, 8, 70, 120, 127, 128, 255, 256, 512, 70000} {
		signature := bytes.Repeat([]byte{0xA5}, n)
		if !bytes.Equal(f.with(signature), object(signature)) {
			t.Errorf("%d bytes", n)
		}
	}
	for name, der := range map[string][]byte{
		"another signature": object([]byte{1}),
		"something after":   append(object([]byte{0}), 0),
		"not the last":      tlv.Encode(0x30, tlv.Encode(0x04, []byte{0}), tlv.Encode(0x02, []byte{0})),
		"not DER":           {0x30, 0x81, 0x03, 0x04, 0x01, 0x00},
		"empty":             {},
		"no fields":         {0x30, 0x00},
	} {
		if _, err := newFrame(der, []byte{0}); err == nil {
			t.Error(name)
		}
	}
}
