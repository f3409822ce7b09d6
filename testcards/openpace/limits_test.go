package openpace_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"math/big"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/domain"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/apdu/pace"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/testcards/openpace"
)

// Each limit is what its reason says. When libeac learns one of them, the test
// fails, and the row moves to what is compared.
func TestLimits(t *testing.T) {
	t.Parallel()
	p := newPeer(t)
	proofs := map[openpace.Limit]func(*testing.T, *openpace.Peer){
		openpace.LimitCAM:     limitCAM,
		openpace.LimitCurveIM: limitCurveIM,
		openpace.LimitNumber:  limitNumber,
		openpace.LimitNonce:   limitNonce,
		openpace.LimitZeros:   limitZeros,
		openpace.LimitMRZ:     limitMRZ,
	}
	if len(proofs) != len(openpace.Limits) {
		t.Errorf("%d proofs for %d limits", len(proofs), len(openpace.Limits))
	}
	for _, l := range openpace.Limits {
		t.Run(l.Name, func(t *testing.T) {
			prove, ok := proofs[l]
			if !ok || l.Reason == "" {
				t.Fatal("without proof or reason")
			}
			prove(t, p)
		})
	}
}

// incomparable are the suites under one limit.
func incomparable(t *testing.T, limit openpace.Limit, want int) []suite {
	t.Helper()
	var all []suite
	for _, s := range suites(t) {
		if ok, why := openpace.Comparable(s.proto); !ok && why == limit {
			all = append(all, s)
		}
	}
	if len(all) != want {
		t.Fatalf("%d combinations, want %d", len(all), want)
	}
	return all
}

func limitCAM(t *testing.T, p *openpace.Peer) {
	can := passwords(t)[1]
	for _, s := range incomparable(t, openpace.LimitCAM, 11*3) {
		_, err := p.RunPACE(context.Background(), apdu.NewChannel(line{}), s.peer(can.theirs))
		var no *openpace.RefusedError
		if !errors.As(err, &no) || no.Step != "pace" {
			t.Errorf("%v: %v, want refused as unknown", s, err)
		}
	}
}

func limitCurveIM(t *testing.T, p *openpace.Peer) {
	can := passwords(t)[1]
	for _, s := range incomparable(t, openpace.LimitCurveIM, 10*4) {
		d, err := domain.Standard(s.ParameterID)
		if err != nil {
			t.Fatal(err)
		}
		step, want := "verify", apdu.ErrAuthFailed
		if mod3(d) != 2 {
			step, want = "map", apdu.ErrWrongData
		}
		chip := p.PACEChip(s.peer(can.theirs))
		_, err = pace.Run(context.Background(), apdu.NewChannel(chip), s.Params, can.ours)
		if !errors.Is(err, want) || chip.Refusal == nil || chip.Refusal.Step != step {
			t.Errorf("%v: %v (libeac: %v), want %v at %s", s, err, chip.Refusal, want, step)
		}
	}
}

// mod3 is the prime of the field modulo 3.
func mod3(d *domain.Parameters) int64 {
	return new(big.Int).Mod(d.Field(), big.NewInt(3)).Int64()
}

// The same run with and without R(s,t).
func limitNumber(t *testing.T, p *openpace.Peer) {
	can := passwords(t)[1]
	s := newSuite(t, pace.Integrated, mac.AES128, 0)
	c := s.peer(can.theirs)
	s.runChip(t, p, can)
	c.AsIs = true
	if _, err := p.RunPACE(context.Background(), apdu.NewChannel(s.chip(t, can.ours)), c); !errors.Is(err, apdu.ErrAuthFailed) {
		t.Errorf("libeac's own number: %v, want %v", err, apdu.ErrAuthFailed)
	}
}

func limitNonce(t *testing.T, p *openpace.Peer) {
	can := passwords(t)[1]
	for _, c := range []mac.Cipher{mac.TDES, mac.AES192, mac.AES256} {
		s := newSuite(t, pace.Integrated, c, 0)
		x := s.peer(can.theirs)
		x.AsIs = true
		if _, err := pace.Run(context.Background(), apdu.NewChannel(p.PACEChip(x)), s.Params, can.ours); !errors.Is(err, pace.ErrFormat) {
			t.Errorf("%v: %v, want %v", s, err, pace.ErrFormat)
		}
	}
}

// Two keys whose shared secret begins with a zero octet.
func limitZeros(t *testing.T, p *openpace.Peer) {
	d, err := domain.Standard(0)
	if err != nil {
		t.Fatal(err)
	}
	key := func(scalar string) *domain.Key {
		b, err := hex.DecodeString(scalar)
		if err != nil {
			t.Fatal(err)
		}
		k, err := d.Generator().NewKey(b)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	static, ephemeral := key("1111111111111111111111111111111111111111"), key("222222222222222222222222222222222222011d")
	shared, err := ephemeral.Agree(static.Public())
	if err != nil {
		t.Fatal(err)
	}
	z := shared.Secret().Bytes()
	if z[0] != 0 || z[1] == 0 {
		t.Fatal("not the keys that are meant")
	}
	for asIs, want := range map[bool][]byte{true: z[1:], false: z} {
		c := openpace.CA{Protocol: caProtocol(0, mac.AES128), AsIs: asIs}
		chip := apdu.NewChannel(p.CAChip(c, static))
		general := apdu.Command{INS: 0x86, Data: tlv.Encode(0x7C, tlv.Encode(0x80, ephemeral.Public().Bytes())), Ne: apdu.MaxShortNe}
		if _, err := apdu.Do(context.Background(), chip, general); err != nil {
			t.Fatal(err)
		}
		enc, macKey := peerKeys(t, p)
		if !bytes.Equal(enc.Bytes(), mac.DeriveICAO(want, mac.CounterENC, mac.AES128).Bytes()) ||
			!bytes.Equal(macKey.Bytes(), mac.DeriveICAO(want, mac.CounterMAC, mac.AES128).Bytes()) {
			t.Errorf("as libeac has it %v: keys from another secret", asIs)
		}
	}
}

func limitMRZ(t *testing.T, _ *openpace.Peer) {
	if _, err := openpace.MRZ("D23145890734" + "9" + "3407127" + "9507122"); err == nil {
		t.Error("a number of 12 characters is taken")
	}
}
