package inspect

import (
	"bytes"
	"slices"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu/cvc"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/apdu/pace"
)

// What PACE leaves for terminal authentication: the chip's name, our key after
// chip authentication mapping alone, and the references that are names.
func TestBindingOfPACE(t *testing.T) {
	point := func(b byte) []byte { return append([]byte{4}, bytes.Repeat([]byte{b}, 64)...) }
	res := &pace.Result{ChipEphemeral: point(1), TerminalEphemeral: point(2), CARs: []string{"UTCVCA00002", "UT\x1b[2J0001"}}
	for mapping, own := range map[pace.Mapping][]byte{pace.Generic: nil, pace.ChipAuthentication: bytes.Repeat([]byte{2}, 32)} {
		oid, err := pace.Protocol{Curve: true, Mapping: mapping, Cipher: mac.AES128}.OID()
		if err != nil {
			t.Fatal(err)
		}
		s := &session{paceUsed: pace.Params{OID: oid, ParameterID: 12}}
		a, err := ByCAN("123456")
		if err != nil {
			t.Fatal(err)
		}
		s.bindPACE(res, a)
		b := s.binding
		if !bytes.Equal(b.chipID, bytes.Repeat([]byte{1}, 32)) || !bytes.Equal(b.ephemeral, own) || string(b.staticID) != "123456" {
			t.Errorf("%v: %X %X", mapping, b.chipID, b.ephemeral)
		}
		if !slices.Equal(b.references, []cvc.Reference{"UTCVCA00002"}) {
			t.Errorf("%v: %q", mapping, b.references)
		}
	}
}
