package sm_test

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/apdu/sm"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
)

// Answers with a right checksum over objects that a chip must not send: the
// checksum says who, not that it is well formed.
func TestAuthenticButMalformed(t *testing.T) {
	enc, macKey := testKeys(mac.AES128)
	block, err := mac.AES128.NewBlock(enc.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	// The first answer has counter 2 (Doc 9303-11 (8th ed.), 9.8.2).
	ssc := append(make([]byte, 15), 2)
	iv := make([]byte, 16)
	block.Encrypt(iv, ssc)
	encrypt := func(padded []byte) []byte {
		for i := range iv {
			padded[i] ^= iv[i]
		}
		block.Encrypt(padded, padded)
		return padded
	}
	good := encrypt(mac.Pad80([]byte("answer"), 16))
	status := []byte{0x99, 2, 0x90, 0x00}
	sealed := func(objects ...[]byte) []byte {
		body := bytes.Join(objects, nil)
		tag, err := mac.CMAC(macKey.Bytes(), append(bytes.Clone(ssc), mac.Pad80(body, 16)...))
		if err != nil {
			t.Fatal(err)
		}
		return append(append(body, tlv.Encode(0x8E, tag[:8])...), 0x90, 0x00)
	}
	for name, x := range map[string]struct {
		answer []byte
		want   error
	}{
		"well formed":          {sealed(tlv.Encode(0x87, []byte{1}, good), status), nil},
		"well formed, odd":     {sealed(tlv.Encode(0x85, good), status), nil},
		"status before data":   {sealed(status, tlv.Encode(0x87, []byte{1}, good)), sm.ErrFormat},
		"data twice":           {sealed(tlv.Encode(0x87, []byte{1}, good), tlv.Encode(0x85, good), status), sm.ErrFormat},
		"no status":            {sealed(tlv.Encode(0x87, []byte{1}, good)), sm.ErrFormat},
		"nothing covered":      {sealed(), sm.ErrFormat},
		"status of one byte":   {sealed([]byte{0x99, 1, 0x90}), sm.ErrFormat},
		"indicator 02":         {sealed(tlv.Encode(0x87, []byte{2}, good), status), sm.ErrFormat},
		"no indicator":         {sealed(tlv.Encode(0x87), status), sm.ErrFormat},
		"indicator alone":      {sealed(tlv.Encode(0x87, []byte{1}), status), sm.ErrFormat},
		"cryptogram no block":  {sealed(tlv.Encode(0x87, []byte{1}, good[:15]), status), sm.ErrFormat},
		"plain text unpadded":  {sealed(tlv.Encode(0x85, encrypt(bytes.Repeat([]byte{0x11}, 16))), status), sm.ErrFormat},
		"plain text all zeros": {sealed(tlv.Encode(0x85, encrypt(make([]byte, 16))), status), sm.ErrFormat},
		"object unknown":       {sealed([]byte{0x81, 1, 0}, status), sm.ErrFormat},
	} {
		ch, err := sm.New(wire(func([]byte) []byte { return x.answer }), mac.AES128, enc, macKey, nil)
		if err != nil {
			t.Fatal(err)
		}
		r, err := ch.Send(context.Background(), apdu.Command{INS: 0xB0, Ne: 6})
		if !errors.Is(err, x.want) {
			t.Errorf("%s: %v, want %v", name, err, x.want)
		}
		if x.want == nil && string(r.Data) != "answer" {
			t.Errorf("%s: %q", name, r.Data)
		}
	}
}
