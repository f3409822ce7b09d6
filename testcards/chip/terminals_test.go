package chip_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rsa"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/bac"
	"github.com/chipid-toolkit/chipid/apdu/ca"
	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/apdu/gp"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/apdu/pace"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/applet"
	"github.com/chipid-toolkit/chipid/testcards/chip"
)

// The synthetic person of the project's Vietnamese sample: MRZ information and
// the last six digits of the number.
const (
	testMRZ = "090000000790030263003024"
	testCAN = "000000"
)

// cardAccess is EF.CardAccess of Vietnam's card: TA, CA with AES-128, PACE
// ECDH-GM with AES-128 on brainpoolP256r1.
const cardAccess = "3134300D060804007F0007020202020101300F060A04007F000702020302020201013012060A04007F0007020204020202010202010D"

var (
	oidPACE = asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 2, 2, 4, 2, 2}
	oidCA   = asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 2, 2, 3, 2, 2}
	paceVN  = pace.Params{OID: oidPACE, ParameterID: 13}
	emrtd   = unhex(applet.EMRTDAID)
	isd     = unhex(applet.ISDAID)
)

func unhex(s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}

// rsaKeys are made once for the package: what is tested is not their making.
var rsaKeys = sync.OnceValue(func() []*rsa.PrivateKey {
	list := make([]*rsa.PrivateKey, 2)
	for i := range list {
		k, err := chip.GenerateRSA(2048)
		if err != nil {
			panic(err)
		}
		list[i] = k
	}
	return list
})

func testRSA(int) (*rsa.PrivateKey, error) { return rsaKeys()[0], nil }

// template is a file of size bytes: tag, length, and bytes that count.
func template(tag tlv.Tag, size int) []byte {
	for n := size; n > 0; n-- {
		value := make([]byte, n)
		for i := range value {
			value[i] = byte(i)
		}
		if b := tlv.Encode(tag, value); len(b) == size {
			return b
		}
	}
	panic("no template of this size")
}

func testFiles() map[string][]byte {
	return map[string][]byte{
		"EF.CardAccess": unhex(cardAccess),
		"EF.COM":        template(0x60, 24),
		"EF.DG1":        template(0x61, 95),
		"EF.DG2":        template(0x75, 15_000),
		"EF.DG14":       template(0x6E, 300),
		"EF.DG15":       template(0x6F, 298),
		"EF.SOD":        template(0x77, 1_800),
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// testDocument is a document as Vietnam's, with keys from outside.
func testDocument() chip.Document {
	return chip.Document{
		Files: testFiles(), MRZInfo: testMRZ, CAN: testCAN, NoMF: true,
		ChipAuth:   []chip.ChipAuthKey{{Protocols: []asn1.ObjectIdentifier{oidCA}, ID: ca.NoKeyID, Key: must(ecc.GenerateKey(ecc.BrainpoolP256r1(), nil))}},
		ActiveAuth: &chip.ActiveAuthKey{Key: rsaKeys()[0], Hash: crypto.SHA256},
	}
}

// quick are options for tests: no waiting.
func quick() chip.Options { return chip.Options{RetryDelay: -1, RSA: testRSA} }

func issued(t *testing.T, d chip.Document) *chip.Chip {
	t.Helper()
	c, err := chip.NewIssued(quick(), d)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// send gives the chip bytes and wants exactly this answer, written in hex; a
// trailing … allows more data before the status word.
func send(t *testing.T, c apdu.Transmitter, command, want string) {
	t.Helper()
	got, err := c.Transmit(t.Context(), unhex(command))
	if err != nil {
		t.Fatalf("%s: %v", command, err)
	}
	if !bytes.Equal(got, unhex(want)) {
		t.Errorf("%s: answered %X, want %s", command, head(got), want)
	}
}

// sw gives the chip bytes and wants this status word, with so many bytes before
// it.
func sw(t *testing.T, c apdu.Transmitter, command string, want apdu.Status, size int) []byte {
	t.Helper()
	got, err := c.Transmit(t.Context(), unhex(command))
	if err != nil {
		t.Fatalf("%s: %v", command, err)
	}
	r, err := apdu.ParseResponse(got)
	if err != nil {
		t.Fatalf("%s: %v", command, err)
	}
	if r.SW != want || len(r.Data) != size {
		t.Errorf("%s: %d bytes and %04X, want %d and %04X", command, len(r.Data), uint16(r.SW), size, uint16(want))
	}
	return r.Data
}

func head(b []byte) []byte { return b[:min(len(b), 40)] }

func reset(t testing.TB, c apdu.Resetter) {
	t.Helper()
	if _, err := c.Reset(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func selectApplication(t *testing.T, s apdu.Sender) {
	t.Helper()
	if _, err := apdu.Do(t.Context(), s, apdu.Command{INS: 0xA4, P1: 0x04, P2: 0x0C, Data: emrtd}); err != nil {
		t.Fatal(err)
	}
}

// open selects the application and runs PACE with the CAN.
func open(t *testing.T, c *chip.Chip) apdu.Sender {
	t.Helper()
	ch := apdu.NewChannel(c)
	selectApplication(t, ch)
	r, err := pace.Run(t.Context(), ch, paceVN, pace.CAN(testCAN))
	if err != nil {
		t.Fatal(err)
	}
	return r.Channel
}

func openBAC(t *testing.T, c *chip.Chip) apdu.Sender {
	t.Helper()
	ch := apdu.NewChannel(c)
	selectApplication(t, ch)
	r, err := bac.Run(t.Context(), ch, bac.NewPassword(testMRZ))
	if err != nil {
		t.Fatal(err)
	}
	return r.Channel
}

// read fetches a whole file in pieces of step bytes.
func read(ctx context.Context, s apdu.Sender, fid uint16, step int) ([]byte, error) {
	if _, err := apdu.Do(ctx, s, apdu.Command{INS: 0xA4, P1: 0x02, P2: 0x0C, Data: []byte{byte(fid >> 8), byte(fid)}}); err != nil {
		return nil, err
	}
	var out []byte
	for {
		r, err := s.Send(ctx, apdu.Command{INS: 0xB0, P1: byte(len(out) >> 8), P2: byte(len(out)), Ne: step})
		if err != nil {
			return nil, err
		}
		switch r.SW {
		case apdu.OK, apdu.WarnEOF:
			out = append(out, r.Data...)
		case apdu.ErrOffset:
			return out, nil
		default:
			return nil, r.SW
		}
		if r.SW == apdu.WarnEOF || len(r.Data) == 0 {
			return out, nil
		}
	}
}

// fixedKeys finds the card keys for the driver: the published test keys, and
// replacements of one repeated byte.
type fixedKeys struct{}

var newCardKey = mac.NewKey(bytes.Repeat([]byte{0x5A}, 16))

func (fixedKeys) Static(context.Context, []byte, byte) (gp.StaticKeys, error) {
	k := gp.DefaultTestKeys()
	k.New = map[string]mac.Key{"new": newCardKey}
	return k, nil
}

func (fixedKeys) Replacement(context.Context) (applet.Replacement, error) {
	return applet.Replacement{ENC: "new", MAC: "new", DEK: "new", Len: 16, KVN: 0x31}, nil
}

func (fixedKeys) Close() error { return nil }

// secure opens a secure channel to the security domain.
func secure(t *testing.T, c apdu.Transmitter, keys gp.StaticKeys, level gp.Level) *gp.Channel {
	t.Helper()
	ch := apdu.NewChannel(c)
	if _, err := gp.SelectISD(t.Context(), ch, isd); err != nil {
		t.Fatal(err)
	}
	s, err := gp.Open(t.Context(), ch, keys, gp.Options{Level: level})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// store sends one STORE DATA with whole data groupings and gives the status.
func store(t *testing.T, s apdu.Sender, p1, block byte, groups ...gp.DGI) apdu.Response {
	t.Helper()
	var data []byte
	for _, g := range groups {
		data = append(data, must(g.Encode())...)
	}
	r, err := s.Send(t.Context(), apdu.Command{CLA: 0x80, INS: 0xE2, P1: p1 | applet.StoreDGI, P2: block, Data: data, Ne: 256})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func fcp(fid uint16, sfi byte, size int, rule byte) []byte {
	return tlv.Encode(applet.TagFCP,
		tlv.Encode(applet.TagFileSize, []byte{byte(size >> 8), byte(size)}),
		tlv.Encode(applet.TagDescriptor, []byte{applet.DescriptorTransparent}),
		tlv.Encode(applet.TagFileID, []byte{byte(fid >> 8), byte(fid)}),
		tlv.Encode(applet.TagSFI, []byte{sfi << 3}),
		tlv.Encode(applet.TagSecurity, []byte{applet.ModeRead, rule}))
}

func content(fid uint16, offset int, b []byte) []byte {
	return append([]byte{byte(fid >> 8), byte(fid), byte(offset >> 16), byte(offset >> 8), byte(offset)}, b...)
}

func wantError(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: error %v, want %v", what, err, want)
	}
}
