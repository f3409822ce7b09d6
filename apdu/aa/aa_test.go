package aa_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"sync"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/aa"
	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/apdu/sm"
)

var (
	rsaHashes = []crypto.Hash{crypto.SHA1, crypto.SHA224, crypto.SHA256, crypto.SHA384, crypto.SHA512}
	ecHashes  = []crypto.Hash{crypto.SHA224, crypto.SHA256, crypto.SHA384, crypto.SHA512}
)

var keys = map[int]func() *rsa.PrivateKey{}

func init() {
	for _, bits := range []int{1024, 1536, 2048, 3072} {
		keys[bits] = sync.OnceValue(func() *rsa.PrivateKey {
			k, err := rsa.GenerateKey(rand.Reader, bits)
			if err != nil {
				panic(err)
			}
			return k
		})
	}
}

type transmit func([]byte) []byte

func (f transmit) Transmit(_ context.Context, b []byte) ([]byte, error) { return f(b), nil }

// extended is a transmitter with extended length.
type extended struct{ apdu.Transmitter }

func (extended) ATR() []byte      { return nil }
func (extended) MaxCommand() int  { return 65544 }
func (extended) MaxResponse() int { return 65538 }

// plain serves a chip without secure messaging.
func plain(t testing.TB, chip *aa.Chip, mangle func(*apdu.Response)) transmit {
	return func(b []byte) []byte {
		cmd, err := apdu.ParseCommand(b)
		if err != nil {
			t.Fatalf("%X: %v", b, err)
		}
		r := chip.Handle(cmd)
		if mangle != nil {
			mangle(&r)
		}
		return r.Encode()
	}
}

func newChip(t testing.TB, cfg aa.ChipConfig) *aa.Chip {
	t.Helper()
	c, err := aa.NewChip(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestRSA(t *testing.T) {
	for bits, key := range keys {
		for _, h := range rsaHashes {
			for _, complement := range []bool{false, true} {
				chip := newChip(t, aa.ChipConfig{Key: key(), Hash: h, Complement: complement})
				res, err := aa.Run(context.Background(), apdu.NewChannel(extended{plain(t, chip, nil)}), aa.Params{Public: &key().PublicKey})
				if err != nil {
					t.Errorf("%d %v complement %v: %v", bits, h, complement, err)
					continue
				}
				if res.Hash != h || len(res.Challenge) != 8 || len(res.Signature) != bits/8 || len(res.Notes) != 0 {
					t.Errorf("%d %v: %+v", bits, h, res)
				}
			}
		}
	}
}

func TestECDSA(t *testing.T) {
	for _, c := range ecc.All() {
		k, err := ecc.GenerateKey(c, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range ecHashes {
			chip, err := aa.NewChip(aa.ChipConfig{Key: k, Hash: h})
			if h.Size()*8 > c.N().BitLen() {
				if !errors.Is(err, aa.ErrHash) {
					t.Errorf("%v %v: %v", c, h, err)
				}
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			res, err := aa.Run(context.Background(), apdu.NewChannel(plain(t, chip, nil)), aa.Params{Public: k.Public(), Hash: h})
			if err != nil || res.Hash != h || len(res.Signature) != 2*c.ScalarLen() || len(res.Notes) != 0 {
				t.Errorf("%v %v: %v", c, h, err)
			}
		}
	}
}

// A hash longer than the key is noted and not refused.
func TestECDSALongHash(t *testing.T) {
	k, err := ecc.GenerateKey(ecc.P256(), nil)
	if err != nil {
		t.Fatal(err)
	}
	challenge := []byte("12345678")
	h := crypto.SHA512.New()
	h.Write(challenge)
	sig, err := k.SignRaw(nil, h.Sum(nil))
	if err != nil {
		t.Fatal(err)
	}
	res, err := aa.Verify(aa.Params{Public: k.Public(), Hash: crypto.SHA512}, challenge, sig)
	if err != nil || len(res.Notes) != 1 {
		t.Errorf("%+v %v", res, err)
	}
}

// A new challenge every time, 8 bytes, and the command of Appendix F.
func TestChallengeIsFresh(t *testing.T) {
	key := keys[1024]()
	chip := newChip(t, aa.ChipConfig{Key: key, Hash: crypto.SHA256})
	seen := map[string]bool{}
	ch := apdu.NewChannel(transmit(func(b []byte) []byte {
		if !bytes.HasPrefix(b, []byte{0, 0x88, 0, 0, 8}) || len(b) != 14 || b[13] != 0 {
			t.Fatalf("command %X", b)
		}
		seen[string(b[5:13])] = true
		return plain(t, chip, nil)(b)
	}))
	for range 5 {
		if _, err := aa.Run(context.Background(), ch, aa.Params{Public: &key.PublicKey}); err != nil {
			t.Fatal(err)
		}
	}
	if len(seen) != 5 {
		t.Errorf("%d challenges in 5 runs", len(seen))
	}
}

// A recorded signature does not answer a new challenge.
func TestReplayedSignature(t *testing.T) {
	key := keys[1024]()
	ec, err := ecc.GenerateKey(ecc.BrainpoolP256r1(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		p    aa.Params
		chip *aa.Chip
	}{
		{aa.Params{Public: &key.PublicKey}, newChip(t, aa.ChipConfig{Key: key, Hash: crypto.SHA256})},
		{aa.Params{Public: ec.Public(), Hash: crypto.SHA256}, newChip(t, aa.ChipConfig{Key: ec, Hash: crypto.SHA256})},
	} {
		var old []byte
		ch := apdu.NewChannel(plain(t, x.chip, func(r *apdu.Response) {
			if old == nil {
				old = r.Data
			}
			r.Data = old
		}))
		if _, err := aa.Run(context.Background(), ch, x.p); err != nil {
			t.Fatal(err)
		}
		if _, err := aa.Run(context.Background(), ch, x.p); !errors.Is(err, aa.ErrSignature) {
			t.Errorf("%T: %v, want %v", x.p.Public, err, aa.ErrSignature)
		}
	}
}

// One fault in the answer, one named outcome.
func TestAnswerFaults(t *testing.T) {
	key, ec := keys[1024](), mustECC(t)
	for name, x := range map[string]struct {
		f    func(*apdu.Response)
		want error
	}{
		"refused":        {func(r *apdu.Response) { *r = apdu.Response{SW: apdu.ErrSecurityStatus} }, aa.ErrRefused},
		"wrong length":   {func(r *apdu.Response) { *r = apdu.Response{SW: apdu.ErrWrongLength} }, aa.ErrRefused},
		"no signature":   {func(r *apdu.Response) { r.Data = nil }, aa.ErrLength},
		"cut, with 9000": {func(r *apdu.Response) { r.Data = r.Data[:len(r.Data)-20] }, aa.ErrLength},
		"byte too many":  {func(r *apdu.Response) { r.Data = append(r.Data, 0) }, aa.ErrLength},
		"leading zero":   {func(r *apdu.Response) { r.Data = append([]byte{0}, r.Data...) }, aa.ErrLength},
		"bit changed":    {func(r *apdu.Response) { r.Data[len(r.Data)/2] ^= 1 }, aa.ErrSignature},
		"zeros":          {func(r *apdu.Response) { clear(r.Data) }, aa.ErrSignature},
		"ones":           {func(r *apdu.Response) { copy(r.Data, bytes.Repeat([]byte{0xFF}, len(r.Data))) }, aa.ErrSignature},
	} {
		ch := apdu.NewChannel(plain(t, newChip(t, aa.ChipConfig{Key: key, Hash: crypto.SHA256}), x.f))
		if _, err := aa.Run(context.Background(), ch, aa.Params{Public: &key.PublicKey}); !errors.Is(err, x.want) {
			t.Errorf("RSA %s: %v, want %v", name, err, x.want)
		}
		ch = apdu.NewChannel(plain(t, newChip(t, aa.ChipConfig{Key: ec, Hash: crypto.SHA256}), x.f))
		if _, err := aa.Run(context.Background(), ch, aa.Params{Public: ec.Public(), Hash: crypto.SHA256}); !errors.Is(err, x.want) {
			t.Errorf("ECDSA %s: %v, want %v", name, err, x.want)
		}
	}
}

func mustECC(t testing.TB) *ecc.PrivateKey {
	t.Helper()
	k, err := ecc.GenerateKey(ecc.P256(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// Only r || s: the same signature in DER is of another length.
func TestDERSignatureRefused(t *testing.T) {
	k := mustECC(t)
	challenge := []byte("12345678")
	h := crypto.SHA256.New()
	h.Write(challenge)
	sig, err := k.Sign(rand.Reader, h.Sum(nil), crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := aa.Verify(aa.Params{Public: k.Public(), Hash: crypto.SHA256}, challenge, sig); !errors.Is(err, aa.ErrLength) {
		t.Errorf("%v, want %v", err, aa.ErrLength)
	}
}

func TestUnfitParams(t *testing.T) {
	key, ec := keys[1024](), mustECC(t)
	std, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	silent := apdu.NewChannel(transmit(func([]byte) []byte { t.Error("sent something"); return []byte{0x90, 0} }))
	n := func(f func(*big.Int)) *rsa.PublicKey {
		m := new(big.Int).Set(key.N)
		f(m)
		return &rsa.PublicKey{N: m, E: key.E}
	}
	for name, x := range map[string]struct {
		p    aa.Params
		want error
	}{
		"no key":              {aa.Params{}, aa.ErrKey},
		"nil RSA":             {aa.Params{Public: (*rsa.PublicKey)(nil)}, aa.ErrKey},
		"RSA without modulus": {aa.Params{Public: &rsa.PublicKey{E: 3}}, aa.ErrKey},
		"RSA even modulus":    {aa.Params{Public: n(func(m *big.Int) { m.SetBit(m, 0, 0) })}, aa.ErrKey},
		"RSA short modulus":   {aa.Params{Public: n(func(m *big.Int) { m.Rsh(m, 300).SetBit(m, 0, 1) })}, aa.ErrKey},
		"RSA long modulus":    {aa.Params{Public: n(func(m *big.Int) { m.SetBit(m, 9000, 1) })}, aa.ErrKey},
		"RSA exponent 1":      {aa.Params{Public: &rsa.PublicKey{N: key.N, E: 1}}, aa.ErrKey},
		"RSA exponent even":   {aa.Params{Public: &rsa.PublicKey{N: key.N, E: 4}}, aa.ErrKey},
		"hash not told":       {aa.Params{Public: ec.Public()}, aa.ErrHash},
		"SHA-1 with ECDSA":    {aa.Params{Public: &std.PublicKey, Hash: crypto.SHA1}, aa.ErrHash},
		"MD5 with ECDSA":      {aa.Params{Public: &std.PublicKey, Hash: crypto.MD5}, aa.ErrHash},
		"off the curve":       {aa.Params{Public: &ecc.PublicKey{Curve: ecc.P256(), X: big.NewInt(1), Y: big.NewInt(1)}, Hash: crypto.SHA256}, aa.ErrKey},
	} {
		if _, err := aa.Run(context.Background(), silent, x.p); !errors.Is(err, x.want) {
			t.Errorf("%s: %v, want %v", name, err, x.want)
		}
		if _, err := aa.Verify(x.p, make([]byte, 8), make([]byte, 128)); err == nil {
			t.Errorf("%s: verified", name)
		}
	}
	if _, err := aa.Verify(aa.Params{Public: &key.PublicKey}, make([]byte, 7), make([]byte, 128)); !errors.Is(err, aa.ErrLength) {
		t.Errorf("short challenge: %v", err)
	}
	for name, cfg := range map[string]aa.ChipConfig{
		"no key": {}, "nil RSA": {Key: (*rsa.PrivateKey)(nil)}, "nil EC": {Key: (*ecc.PrivateKey)(nil)}, "MD5": {Key: key, Hash: crypto.MD5}, "SHA-1 with ECDSA": {Key: ec, Hash: crypto.SHA1},
	} {
		if _, err := aa.NewChip(cfg); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// Under secure messaging, with the lengths that need extended APDUs and those
// that do not (Doc 9303-11 (8th ed.), 6.1.4, note).
func TestUnderSecureMessaging(t *testing.T) {
	for bits, key := range keys {
		for _, c := range []mac.Cipher{mac.TDES, mac.AES256} {
			chip := newChip(t, aa.ChipConfig{Key: key(), Hash: crypto.SHA256})
			enc, macKey := mac.DeriveICAO([]byte{1}, 1, c), mac.DeriveICAO([]byte{1}, 2, c)
			session, err := sm.NewChip(c, enc, macKey, nil)
			if err != nil {
				t.Fatal(err)
			}
			wasExtended := false
			ch, err := sm.New(apdu.NewChannel(extended{transmit(func(b []byte) []byte {
				cmd, err := apdu.ParseCommand(b)
				if err != nil {
					t.Fatal(err)
				}
				wasExtended = cmd.Ne > 256
				open, err := session.Unwrap(cmd)
				if err != nil {
					t.Fatal(err)
				}
				r, err := session.Wrap(chip.Handle(open))
				if err != nil {
					t.Fatal(err)
				}
				return r.Encode()
			})}), c, enc, macKey, nil)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := aa.Run(context.Background(), ch, aa.Params{Public: &key().PublicKey}); err != nil {
				t.Errorf("%d %v: %v", bits, c, err)
			}
			if wasExtended != (bits > 1848) {
				t.Errorf("%d %v: extended %v", bits, c, wasExtended)
			}
		}
	}
}

// A chip that gives nothing to the long Le is asked again, with a new challenge
// and the short one; one that complains about anything else is not.
func TestLeVariants(t *testing.T) {
	key := keys[3072]()
	chip := newChip(t, aa.ChipConfig{Key: key, Hash: crypto.SHA256})
	for name, x := range map[string]struct {
		first apdu.Response
		tries int
	}{
		"nothing":      {apdu.Response{SW: apdu.OK}, 2},
		"wrong length": {apdu.Response{SW: apdu.ErrWrongLength}, 2},
		"refused":      {apdu.Response{SW: apdu.ErrSecurityStatus}, 1},
	} {
		challenges := map[string]bool{}
		tries := 0
		ch := sender(func(cmd apdu.Command) apdu.Response {
			tries++
			challenges[string(cmd.Data)] = true
			if tries == 1 {
				if cmd.Ne != apdu.MaxExtendedNe {
					t.Errorf("%s: first Ne %d", name, cmd.Ne)
				}
				return x.first
			}
			cmd.Ne = apdu.MaxExtendedNe // as after GET RESPONSE
			return chip.Handle(cmd)
		})
		_, err := aa.Run(context.Background(), ch, aa.Params{Public: &key.PublicKey})
		if (err == nil) != (x.tries == 2) || tries != x.tries || len(challenges) != tries {
			t.Errorf("%s: %d tries, %d challenges, %v", name, tries, len(challenges), err)
		}
	}
}

type sender func(apdu.Command) apdu.Response

func (f sender) Send(_ context.Context, c apdu.Command) (apdu.Response, error) { return f(c), nil }

func TestChipFaults(t *testing.T) {
	chip := newChip(t, aa.ChipConfig{Key: keys[2048](), Hash: crypto.SHA256})
	for name, x := range map[string]struct {
		cmd  apdu.Command
		want apdu.Status
	}{
		"another instruction": {apdu.Command{INS: 0x84, Ne: 8}, apdu.ErrINS},
		"P2":                  {apdu.Command{INS: 0x88, P2: 1, Data: make([]byte, 8), Ne: 256}, apdu.ErrWrongP1P2},
		"short challenge":     {apdu.Command{INS: 0x88, Data: make([]byte, 7), Ne: 256}, apdu.ErrWrongLength},
		"long challenge":      {apdu.Command{INS: 0x88, Data: make([]byte, 16), Ne: 256}, apdu.ErrWrongLength},
		"nothing expected":    {apdu.Command{INS: 0x88, Data: make([]byte, 8)}, apdu.ErrWrongLength},
		"too little expected": {apdu.Command{INS: 0x88, Data: make([]byte, 8), Ne: 200}, apdu.ErrWrongLength},
	} {
		if r := chip.Handle(x.cmd); r.SW != x.want || len(r.Data) != 0 {
			t.Errorf("%s: %v, want %v", name, r.SW, x.want)
		}
	}
}

func TestHashOf(t *testing.T) {
	for s, want := range map[string]struct {
		h     crypto.Hash
		noted bool
	}{
		"0.4.0.127.0.7.1.1.4.1.2": {crypto.SHA224, false}, "0.4.0.127.0.7.1.1.4.1.3": {crypto.SHA256, false},
		"0.4.0.127.0.7.1.1.4.1.4": {crypto.SHA384, false}, "0.4.0.127.0.7.1.1.4.1.5": {crypto.SHA512, false},
		"0.4.0.127.0.7.1.1.4.1.1": {}, "0.4.0.127.0.7.1.1.4.1.6": {}, "0.4.0.127.0.7.1.1.4.1": {}, "0.4.0.127.0.7.1.1.4.1.0": {},
		"1.2.840.10045.4.3.2": {crypto.SHA256, true}, "1.2.840.10045.4.3.4": {crypto.SHA512, true}, "1.2.840.10045.4.1": {}, "1.2.840.10045.4.3.9": {},
	} {
		var oid asn1.ObjectIdentifier
		for _, f := range strings.Split(s, ".") {
			n := 0
			if _, err := fmt.Sscan(f, &n); err != nil {
				t.Fatal(err)
			}
			oid = append(oid, n)
		}
		h, note, err := aa.HashOf(oid)
		if h != want.h || (note != "") != want.noted || (want.h == 0) != errors.Is(err, aa.ErrHash) {
			t.Errorf("%s: %v %q %v", s, h, note, err)
		}
	}
	if _, _, err := aa.HashOf(nil); !errors.Is(err, aa.ErrHash) {
		t.Error(err)
	}
}
