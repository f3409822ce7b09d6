package applet

import (
	"crypto/rsa"
	"errors"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
)

// ecAnswer is the answer of a key generation on curve c.
func ecAnswer(t testing.TB, name string) ([]byte, *ecc.PublicKey) {
	t.Helper()
	c, err := ecc.ByName(name)
	if err != nil {
		t.Fatal(err)
	}
	g := c.Generator()
	oid, err := oidValue(c.OID())
	if err != nil {
		t.Fatal(err)
	}
	return tlv.Encode(TagPublicKey, tlv.Encode(TagCurve, oid), tlv.Encode(TagPoint, g.Bytes())), g
}

func rsaAnswer(modulus, exponent []byte) []byte {
	return tlv.Encode(TagPublicKey, tlv.Encode(TagModulus, modulus), tlv.Encode(TagExponent, exponent))
}

func odd(n int) []byte {
	b := make([]byte, n)
	b[0], b[n-1] = 0x80, 0x01
	return b
}

func TestPublicKeysOfTheChipAreRead(t *testing.T) {
	answer, g := ecAnswer(t, "brainpoolP256r1")
	pub, err := parsePublicKey(answer)
	if err != nil || !g.Equal(pub) {
		t.Fatalf("%v, %v", pub, err)
	}
	pub, err = parsePublicKey(rsaAnswer(odd(256), []byte{1, 0, 1}))
	if k, ok := pub.(*rsa.PublicKey); err != nil || !ok || k.E != 65537 || k.N.BitLen() != 2048 {
		t.Fatalf("%v, %v", pub, err)
	}
}

func TestPublicKeysOfAHostileChipAreRefused(t *testing.T) {
	good, g := ecAnswer(t, "P-256")
	offCurve := append([]byte(nil), good...)
	offCurve[len(offCurve)-1] ^= 1
	even := odd(256)
	even[255] = 2
	for name, answer := range map[string][]byte{
		"nothing":               nil,
		"not a key":             {0x30, 0x00},
		"cut short":             good[:len(good)-1],
		"more behind it":        append(append([]byte(nil), good...), 0),
		"point off the curve":   offCurve,
		"no point":              tlv.Encode(TagPublicKey, tlv.Encode(TagCurve, []byte{0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07})),
		"unknown curve":         tlv.Encode(TagPublicKey, tlv.Encode(TagCurve, []byte{0x2A, 0x03}), tlv.Encode(TagPoint, g.Bytes())),
		"modulus of 512 bits":   rsaAnswer(odd(64), []byte{3}),
		"modulus of 8192 bits":  rsaAnswer(odd(1024), []byte{3}),
		"even modulus":          rsaAnswer(even, []byte{3}),
		"exponent 1":            rsaAnswer(odd(256), []byte{1}),
		"even exponent":         rsaAnswer(odd(256), []byte{4}),
		"exponent of five byte": rsaAnswer(odd(256), []byte{1, 0, 0, 0, 1}),
	} {
		t.Run(name, func(t *testing.T) {
			if pub, err := parsePublicKey(answer); !errors.Is(err, ErrChip) {
				t.Fatalf("%v, %v", pub, err)
			}
		})
	}
}

func TestOnlyAProvenBlankIsUntouched(t *testing.T) {
	fci := func(label string, state ...byte) []byte {
		return tlv.Encode(0x6F, tlv.Encode(0x84, emrtdAID), tlv.Encode(0xA5,
			tlv.Encode(TagLabel, []byte(label)), tlv.Encode(TagState, state), tlv.Encode(TagMapVersion, []byte{DGIMapVersion})))
	}
	for _, tt := range []struct {
		name string
		fci  []byte
		want State
	}{
		{"blank", fci(EMRTDLabel, AppletSelectable, ProgressNone), Untouched},
		{"begun", fci(EMRTDLabel, AppletSelectable, ProgressBegun), Begun},
		{"written, not closed", fci(EMRTDLabel, AppletSelectable, ProgressFinalized), Begun},
		{"closed", fci(EMRTDLabel, AppletPersonalized, ProgressFinalized), Personalized},
		{"another applet", fci("another", AppletSelectable, ProgressNone), Unknown},
		{"a document", tlv.Encode(0x6F, tlv.Encode(0x84, emrtdAID)), Unknown},
		{"no state", fci(EMRTDLabel), Unknown},
		{"nothing", nil, Unknown},
	} {
		if got := appletState(tt.fci); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func FuzzAnswers(f *testing.F) {
	good, _ := ecAnswer(f, "P-256")
	f.Add(good)
	f.Add(rsaAnswer(odd(256), []byte{1, 0, 1}))
	f.Fuzz(func(t *testing.T, b []byte) {
		_ = appletState(b)
		pub, err := parsePublicKey(b)
		if (pub == nil) == (err == nil) {
			t.Fatalf("%v, %v", pub, err)
		}
	})
}
