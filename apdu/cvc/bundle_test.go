package cvc_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu/cvc"
	"github.com/chipid-toolkit/chipid/apdu/ecc"
)

// Certificates of one file come in its order; anything else in it is an error.
func TestParseAll(t *testing.T) {
	root, dv, is := newWorld(t, cvc.ECDSASHA256, ecc.P256()).chain(cvc.RoleDomesticDV)
	whole := bytes.Join([][]byte{is.cert.Raw, dv.cert.Raw, root.cert.Raw}, nil)
	list, err := cvc.ParseAll(whole)
	if err != nil || len(list) != 3 || list[0].CHR != is.cert.CHR || list[2].CHR != root.cert.CHR {
		t.Errorf("%v %v", list, err)
	}
	for name, b := range map[string][]byte{
		"empty":      nil,
		"cut":        whole[:len(whole)-1],
		"more":       append(bytes.Clone(whole), 0x00),
		"no CV":      {0x30, 0x03, 0x02, 0x01, 0x05},
		"text":       []byte("-----BEGIN CERTIFICATE-----"),
		"too many":   bytes.Repeat(is.cert.Raw, 257),
		"a body":     is.cert.Body,
		"then a DER": append(bytes.Clone(is.cert.Raw), 0x30, 0x00),
	} {
		if _, err := cvc.ParseAll(b); !errors.Is(err, cvc.ErrFormat) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
