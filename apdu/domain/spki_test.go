package domain_test

import (
	"bytes"
	"encoding/asn1"
	"errors"
	"math/big"
	"strings"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu/domain"
	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/testcards/vectors"
)

// ChipAuthenticationPublicKeyInfo of Doc 9303-11 (8th ed.), I.1: standardized
// domain parameters by reference.
func TestVectorStandardizedSPKI(t *testing.T) {
	var v struct {
		Runs []struct {
			CAM *struct {
				StaticPublic vectors.Hex `json:"static_public"`
				StaticInfo   vectors.Hex `json:"static_info"`
			}
		}
	}
	vectors.Load(t, "pace.json", &v)
	seen := false
	for _, r := range v.Runs {
		if r.CAM == nil {
			continue
		}
		seen = true
		var info struct {
			Protocol asn1.ObjectIdentifier
			Key      asn1.RawValue
			ID       int
		}
		if _, err := asn1.Unmarshal(r.CAM.StaticInfo, &info); err != nil {
			t.Fatal(err)
		}
		k, notes, err := domain.ParseSPKI(info.Key.FullBytes)
		if err != nil || len(notes) != 0 || !bytes.Equal(k.Bytes(), r.CAM.StaticPublic) {
			t.Errorf("%v %v", notes, err)
		}
	}
	if !seen {
		t.Error("no example")
	}
}

func TestSPKIRoundTrip(t *testing.T) {
	for _, id := range domain.StandardIDs() {
		k, err := standard(t, id).Generator().GenerateKey(nil)
		if err != nil {
			t.Fatal(err)
		}
		der, err := k.Public().MarshalSPKI()
		if err != nil {
			t.Fatal(err)
		}
		back, notes, err := domain.ParseSPKI(der)
		if err != nil || len(notes) != 0 || !back.Equal(k.Public()) {
			t.Errorf("%d: %v %v", id, notes, err)
		}
		alg, err := standard(t, id).MarshalAlgorithm()
		if err != nil {
			t.Fatal(err)
		}
		p, notes, err := domain.ParseAlgorithm(alg)
		if err != nil || len(notes) != 0 || !p.Equal(standard(t, id)) {
			t.Errorf("%d: %v %v", id, notes, err)
		}
	}
}

func sequence(t testing.TB, parts ...any) []byte {
	t.Helper()
	var body []byte
	for _, p := range parts {
		if b, ok := p.([]byte); ok {
			body = append(body, b...)
			continue
		}
		b, err := asn1.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		body = append(body, b...)
	}
	b, err := asn1.Marshal(asn1.RawValue{Tag: asn1.TagSequence, IsCompound: true, Bytes: body})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var (
	oidX942  = asn1.ObjectIdentifier{1, 2, 840, 10046, 2, 1}
	oidPKCS3 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 3, 1}
	oidEC    = asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}
)

// The two forms of DH keys (Doc 9303-11 (8th ed.), 8.5, note 2), and the notes
// that tell them apart.
func TestDHForms(t *testing.T) {
	g := standard(t, 1).Group()
	k, err := standard(t, 1).Generator().GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	y, err := asn1.Marshal(k.Public().Number())
	if err != nil {
		t.Fatal(err)
	}
	bits := asn1.BitString{Bytes: y, BitLength: len(y) * 8}
	safe := safeGroup(t)
	yy, err := asn1.Marshal(new(big.Int).Exp(big.NewInt(2), big.NewInt(77777), safe))
	if err != nil {
		t.Fatal(err)
	}
	for name, x := range map[string]struct {
		der  []byte
		note string
	}{
		"PKCS#3":             {sequence(t, sequence(t, oidPKCS3, sequence(t, g.P(), g.G())), bits), ""},
		"PKCS#3 with length": {sequence(t, sequence(t, oidPKCS3, sequence(t, g.P(), g.G(), 224)), bits), ""},
		"X9.42":              {sequence(t, sequence(t, oidX942, sequence(t, g.P(), g.G(), g.Q())), bits), domain.NoteX942},
		"X9.42 with j":       {sequence(t, sequence(t, oidX942, sequence(t, g.P(), g.G(), g.Q(), big.NewInt(5))), bits), domain.NoteX942},
		"unknown order":      {sequence(t, sequence(t, oidPKCS3, sequence(t, safe, big.NewInt(2))), asn1.BitString{Bytes: yy, BitLength: len(yy) * 8}), domain.NoteUnknownOrder},
	} {
		k, notes, err := domain.ParseSPKI(x.der)
		if err != nil || strings.Join(notes, "|") != x.note {
			t.Errorf("%s: %q %v, want %q", name, notes, err, x.note)
			continue
		}
		own, err := k.Parameters().Generator().GenerateKey(nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := own.Agree(k); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := mustOfGroup(t, safe).MarshalAlgorithm(); !errors.Is(err, domain.ErrGroup) {
		t.Errorf("explicit parameters without an order: %v", err)
	}
}

// safeGroup is a modulus that no standardized group has: the Second Oakley
// Group (RFC 2409, 6.2).
func safeGroup(t testing.TB) *big.Int {
	t.Helper()
	p, ok := new(big.Int).SetString("FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7EDEE386BFB5A899FA5AE9F24117C4B1FE649286651ECE65381FFFFFFFFFFFFFFFF", 16)
	if !ok || !p.ProbablyPrime(8) {
		t.Fatal("constant of the test")
	}
	return p
}

func mustOfGroup(t testing.TB, p *big.Int) *domain.Parameters {
	t.Helper()
	g, err := domain.NewGroup(p, nil, big.NewInt(2))
	if err != nil {
		t.Fatal(err)
	}
	d, err := domain.OfGroup(g)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestNamedCurveIsNoted(t *testing.T) {
	k, err := ecc.GenerateKey(ecc.P256(), nil)
	if err != nil {
		t.Fatal(err)
	}
	der, err := ecc.MarshalSPKI(k.PublicKey(), false)
	if err != nil {
		t.Fatal(err)
	}
	if _, notes, err := domain.ParseSPKI(der); err != nil || len(notes) != 1 || notes[0] != domain.NoteNamedCurve {
		t.Errorf("%q %v", notes, err)
	}
}

func TestSPKIFaults(t *testing.T) {
	g := standard(t, 0).Group()
	good, err := standard(t, 12).Generator().Element().MarshalSPKI()
	if err != nil {
		t.Fatal(err)
	}
	number := func(y int64) asn1.BitString {
		b, err := asn1.Marshal(big.NewInt(y))
		if err != nil {
			t.Fatal(err)
		}
		return asn1.BitString{Bytes: b, BitLength: len(b) * 8}
	}
	dh := sequence(t, oidX942, sequence(t, g.P(), g.G(), g.Q()))
	std := asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 1, 2}
	for name, x := range map[string]struct {
		der  []byte
		want error
	}{
		"nothing":              {nil, domain.ErrEncoding},
		"byte after":           {append(bytes.Clone(good), 0), domain.ErrEncoding},
		"cut":                  {good[:len(good)-1], domain.ErrEncoding},
		"unknown algorithm":    {sequence(t, sequence(t, asn1.ObjectIdentifier{1, 2, 3}), number(4)), domain.ErrUnknown},
		"no parameters":        {sequence(t, sequence(t, oidEC), number(4)), domain.ErrUnknown},
		"no DH parameters":     {sequence(t, sequence(t, oidX942), number(4)), domain.ErrEncoding},
		"RFU identifier":       {sequence(t, sequence(t, std, 7), number(4)), domain.ErrUnknown},
		"outside the group":    {sequence(t, dh, number(2)), domain.ErrPublicKey},
		"one":                  {sequence(t, dh, number(1)), domain.ErrPublicKey},
		"negative":             {sequence(t, dh, number(-4)), domain.ErrPublicKey},
		"no number":            {sequence(t, dh, asn1.BitString{Bytes: []byte{4, 1, 1}, BitLength: 24}), domain.ErrEncoding},
		"no point":             {sequence(t, sequence(t, std, 12), number(4)), domain.ErrPublicKey},
		"odd number of bits":   {sequence(t, sequence(t, std, 12), asn1.BitString{Bytes: []byte{4}, BitLength: 3}), domain.ErrEncoding},
		"generator of its own": {sequence(t, sequence(t, oidX942, sequence(t, g.P(), big.NewInt(2), g.Q())), number(4)), domain.ErrGroup},
	} {
		if _, _, err := domain.ParseSPKI(x.der); !errors.Is(err, x.want) {
			t.Errorf("%s: %v, want %v", name, err, x.want)
		}
	}
}
