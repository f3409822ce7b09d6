package pace_test

import (
	"context"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/apdu/pace"
)

// A whole run, terminal and chip in one process: twice what either computes.
func BenchmarkRun(b *testing.B) {
	for _, x := range []struct {
		proto pace.Protocol
		id    int
	}{
		{pace.Protocol{Curve: true, Mapping: pace.Generic, Cipher: mac.AES128}, 12},
		{pace.Protocol{Curve: true, Mapping: pace.Generic, Cipher: mac.AES128}, 13},
		{pace.Protocol{Curve: true, Mapping: pace.Integrated, Cipher: mac.AES128}, 13},
		{pace.Protocol{Curve: true, Mapping: pace.Generic, Cipher: mac.AES256}, 16},
		{pace.Protocol{Curve: true, Mapping: pace.Generic, Cipher: mac.AES256}, 17},
		{pace.Protocol{Mapping: pace.Generic, Cipher: mac.AES128}, 2},
	} {
		p := pace.Params{OID: protocolOID(b, x.proto), ParameterID: x.id}
		chip := newChip(b, pace.ChipConfig{Offers: []pace.Params{p}, Passwords: []pace.Password{pace.CAN("123456")}})
		b.Run(x.proto.String()+"/"+standard(b, x.id).String(), func(b *testing.B) {
			for b.Loop() {
				ch := apdu.NewChannel(extended{&card{t: b, chip: chip}})
				if _, err := pace.Run(context.Background(), ch, p, pace.CAN("123456")); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
