package domain_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu/domain"
	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/testcards/vectors"
)

func standard(t testing.TB, id int) *domain.Parameters {
	t.Helper()
	p, err := domain.Standard(id)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// The constants of RFC 5114 hold together: primes, and q is the order of g.
func TestStandardGroups(t *testing.T) {
	for id, bits := range map[int][2]int{0: {1024, 160}, 1: {2048, 224}, 2: {2048, 256}} {
		g := standard(t, id).Group()
		if g.P().BitLen() != bits[0] || g.Q().BitLen() != bits[1] {
			t.Errorf("%d: %v", id, g)
		}
		if !g.P().ProbablyPrime(8) || !g.Q().ProbablyPrime(8) {
			t.Errorf("%d: not prime", id)
		}
		if _, err := domain.NewGroup(g.P(), g.Q(), g.G()); err != nil {
			t.Errorf("%d: %v", id, err)
		}
	}
}

// Table 12, all of it, and nothing beside it.
func TestStandardIDs(t *testing.T) {
	names := map[int]string{
		0: "MODP 1024/160", 1: "MODP 2048/224", 2: "MODP 2048/256", 8: "P-192", 9: "brainpoolP192r1", 10: "P-224", 11: "brainpoolP224r1",
		12: "P-256", 13: "brainpoolP256r1", 14: "brainpoolP320r1", 15: "P-384", 16: "brainpoolP384r1", 17: "brainpoolP512r1", 18: "P-521",
	}
	for id := -2; id < 40; id++ {
		p, err := domain.Standard(id)
		want, ok := names[id]
		if !ok {
			if !errors.Is(err, domain.ErrUnknown) {
				t.Errorf("%d: %v", id, err)
			}
			continue
		}
		if err != nil || p.String() != want {
			t.Errorf("%d: %v %v, want %s", id, p, err, want)
			continue
		}
		if got, known := p.ID(); got != id || !known {
			t.Errorf("%d: identifier %d", id, got)
		}
	}
	if len(domain.StandardIDs()) != len(names) {
		t.Error("list of identifiers")
	}
}

func TestAgreement(t *testing.T) {
	for _, id := range domain.StandardIDs() {
		p := standard(t, id)
		a, err := p.Generator().GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		b, err := p.Generator().GenerateKey(nil)
		if err != nil {
			t.Fatal(err)
		}
		pub, err := p.ParsePublicKey(b.Public().Bytes())
		if err != nil || !pub.Equal(b.Public()) {
			t.Fatal(id, err)
		}
		x, err := a.Agree(pub)
		if err != nil {
			t.Fatal(err)
		}
		y, err := b.Agree(a.Public())
		if err != nil {
			t.Fatal(err)
		}
		n := (p.Field().BitLen() + 7) / 8
		if !x.Secret().Equal(y.Secret()) || x.Secret().Len() != n {
			t.Errorf("%v: secrets differ or are %d bytes", p, x.Secret().Len())
		}
	}
}

// The shared secret keeps leading zeros, over both kinds of field.
func TestSecretWidth(t *testing.T) {
	for _, id := range []int{0, 9} {
		p := standard(t, id)
		found := false
		for i := int64(2); i < 3000 && !found; i++ {
			k, err := p.Generator().NewKey(big.NewInt(i).Bytes())
			if err != nil {
				t.Fatal(err)
			}
			s, err := k.Agree(p.Generator().Element())
			if err != nil {
				t.Fatal(err)
			}
			if b := s.Secret().Bytes(); b[0] == 0 {
				found = true
				if len(b) != (p.Field().BitLen()+7)/8 {
					t.Errorf("%v: %d bytes", p, len(b))
				}
			}
		}
		if !found {
			t.Errorf("%v: no leading zero seen", p)
		}
	}
}

// The private and public keys of the EAC worked example's static key.
func TestVectorEAC2(t *testing.T) {
	var v struct {
		CA struct {
			StaticPrivate    vectors.Hex `json:"static_private"`
			StaticPublic     vectors.Hex `json:"static_public"`
			EphemeralPrivate vectors.Hex `json:"ephemeral_private"`
			EphemeralPublic  vectors.Hex `json:"ephemeral_public"`
			SharedK          vectors.Hex `json:"shared_k"`
		}
	}
	vectors.Load(t, "eac2_ecdh.json", &v)
	p := standard(t, 13)
	static, err := p.Generator().NewKey(v.CA.StaticPrivate)
	if err != nil || !bytes.Equal(static.Public().Bytes(), v.CA.StaticPublic) {
		t.Fatalf("static key (%v)", err)
	}
	own, err := p.Generator().NewKey(v.CA.EphemeralPrivate)
	if err != nil || !bytes.Equal(own.Public().Bytes(), v.CA.EphemeralPublic) {
		t.Fatalf("ephemeral key (%v)", err)
	}
	s, err := own.Agree(static.Public())
	if err != nil || !bytes.Equal(s.Secret().Bytes(), v.CA.SharedK) {
		t.Errorf("shared secret (%v)", err)
	}
}

func TestKeyFaults(t *testing.T) {
	p, q := standard(t, 12), standard(t, 0)
	for _, d := range []*domain.Parameters{p, q} {
		for name, b := range map[string][]byte{"nothing": nil, "zero": {0}, "order": d.Order().Bytes(), "above": append([]byte{1}, d.Order().Bytes()...)} {
			if _, err := d.Generator().NewKey(b); !errors.Is(err, domain.ErrScalar) {
				t.Errorf("%v %s: %v", d, name, err)
			}
		}
		if _, err := d.Generator().GenerateKey(bytes.NewReader(make([]byte, 10))); err == nil {
			t.Errorf("%v: key from too few random numbers", d)
		}
		if _, err := d.Generator().GenerateKey(zeros{}); !errors.Is(err, domain.ErrScalar) {
			t.Errorf("%v: key from a dead generator: %v", d, err)
		}
	}
	a, _ := p.Generator().GenerateKey(nil)
	b, _ := q.Generator().GenerateKey(nil)
	if _, err := a.Agree(b.Public()); !errors.Is(err, domain.ErrMismatch) {
		t.Errorf("agreement across parameters: %v", err)
	}
	if _, err := a.Agree(nil); !errors.Is(err, domain.ErrMismatch) {
		t.Errorf("agreement with nothing: %v", err)
	}
	pub := a.Public()
	a.Wipe()
	if _, err := a.Agree(pub); !errors.Is(err, domain.ErrScalar) {
		t.Errorf("agreement with a wiped key: %v", err)
	}
	if _, err := p.NewPoint(nil); !errors.Is(err, domain.ErrMismatch) {
		t.Error(err)
	}
	if _, err := p.NewPoint(&ecc.PublicKey{Curve: ecc.P256(), X: big.NewInt(1), Y: big.NewInt(1)}); !errors.Is(err, domain.ErrPublicKey) {
		t.Error(err)
	}
	if _, err := p.NewNumber(big.NewInt(4)); !errors.Is(err, domain.ErrMismatch) {
		t.Error(err)
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// Plain public key values that are none.
func TestParsePublicKeyFaults(t *testing.T) {
	p, q := standard(t, 12), standard(t, 0)
	point := p.Generator().Element().Bytes()
	off := bytes.Clone(point)
	off[64] ^= 1
	modulus := q.Field().Bytes()
	for name, x := range map[string]struct {
		p *domain.Parameters
		b []byte
	}{
		"no point":                 {p, nil},
		"infinity":                 {p, []byte{0}},
		"compressed":               {p, append([]byte{2 + point[64]&1}, point[1:33]...)},
		"off the curve":            {p, off},
		"cut":                      {p, point[:64]},
		"byte too many":            {p, append(bytes.Clone(point), 0)},
		"hybrid":                   {p, append([]byte{6 + point[64]&1}, point[1:]...)},
		"no number":                {q, nil},
		"zero":                     {q, []byte{0}},
		"one":                      {q, []byte{1}},
		"outside the subgroup":     {q, []byte{2}},
		"modulus":                  {q, modulus},
		"two bytes more than fits": {q, append([]byte{0, 0}, q.Generator().Element().Bytes()...)},
		"generator plus modulus":   {q, new(big.Int).Add(q.Field(), q.Group().G()).Bytes()},
		"a point for a number":     {q, point},
		"a number for a point":     {p, modulus},
		"minus one":                {q, new(big.Int).Sub(q.Field(), big.NewInt(1)).Bytes()},
	} {
		if _, err := x.p.ParsePublicKey(x.b); !errors.Is(err, domain.ErrPublicKey) {
			t.Errorf("%s: %v, want %v", name, err, domain.ErrPublicKey)
		}
	}
	// One leading zero is what chips send that encode a signed integer.
	if v, err := q.ParsePublicKey(append([]byte{0}, q.Group().G().Bytes()...)); err != nil || v.Bytes()[0] == 0 {
		t.Errorf("leading zero: %v", err)
	}
}

func TestFromPublic(t *testing.T) {
	std, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	bp, err := ecc.GenerateKey(ecc.BrainpoolP384r1(), nil)
	if err != nil {
		t.Fatal(err)
	}
	own, err := standard(t, 0).Generator().GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, pub := range []any{&std.PublicKey, bp.Public(), own.Public()} {
		if _, err := domain.FromPublic(pub); err != nil {
			t.Errorf("%T: %v", pub, err)
		}
	}
	for _, pub := range []any{nil, "key", (*domain.PublicKey)(nil), (*ecdsa.PublicKey)(nil), (*ecc.PublicKey)(nil), &ecc.PublicKey{}} {
		if _, err := domain.FromPublic(pub); err == nil {
			t.Errorf("%T accepted", pub)
		}
	}
}

func TestOfECC(t *testing.T) {
	k, err := ecc.GenerateKey(ecc.BrainpoolP512r1(), nil)
	if err != nil {
		t.Fatal(err)
	}
	d, err := domain.OfECC(k)
	if err != nil || !bytes.Equal(d.Public().Bytes(), k.PublicKey().Bytes()) || !bytes.Equal(d.Scalar().Bytes(), k.Bytes()) {
		t.Error(err)
	}
}

func TestNewGroupRefuses(t *testing.T) {
	g := standard(t, 0).Group()
	p, q, gen := g.P(), g.Q(), g.G()
	huge := new(big.Int).Lsh(big.NewInt(1), 4096)
	for name, x := range map[string][3]*big.Int{
		"no modulus":      {nil, q, gen},
		"no generator":    {p, q, nil},
		"even modulus":    {new(big.Int).Sub(p, big.NewInt(1)), q, gen},
		"negative":        {new(big.Int).Neg(p), q, gen},
		"short modulus":   {big.NewInt(23), big.NewInt(11), big.NewInt(2)},
		"long modulus":    {huge.Add(huge, big.NewInt(1)), nil, gen},
		"generator 1":     {p, q, big.NewInt(1)},
		"generator p-1":   {p, nil, new(big.Int).Sub(p, big.NewInt(1))},
		"generator 0":     {p, nil, big.NewInt(0)},
		"order of others": {p, standard(t, 1).Group().Q(), gen},
		"order short":     {p, big.NewInt(2), gen},
		"order zero":      {p, big.NewInt(0), gen},
		"generator, no q": {p, q, big.NewInt(2)},
	} {
		if _, err := domain.NewGroup(x[0], x[1], x[2]); !errors.Is(err, domain.ErrGroup) {
			t.Errorf("%s: %v, want %v", name, err, domain.ErrGroup)
		}
	}
}

func TestNothingPrintsSecrets(t *testing.T) {
	for _, id := range []int{0, 13} {
		p := standard(t, id)
		k, err := p.Generator().GenerateKey(nil)
		if err != nil {
			t.Fatal(err)
		}
		s, err := k.Agree(p.Generator().Element())
		if err != nil {
			t.Fatal(err)
		}
		secret := s.Secret()
		secrets := []string{hex.EncodeToString(k.Scalar().Bytes()), new(big.Int).SetBytes(k.Scalar().Bytes()).String(), hex.EncodeToString(secret.Bytes()), new(big.Int).SetBytes(secret.Bytes()).String()}
		mapped := domain.NewGenerator(s.Element())
		for _, v := range []any{k, *k, s, *s, mapped, struct{ K *domain.Key }{k}, struct{ s domain.Shared }{*s}, struct{ G domain.Generator }{mapped}} {
			for _, verb := range []string{"%v", "%+v", "%#v", "%x", "%s", "%d"} {
				out := strings.ToLower(fmt.Sprintf(verb, v))
				for _, x := range secrets {
					if strings.Contains(out, x) {
						t.Errorf("%s of %T prints a secret: %s", verb, v, out)
					}
				}
			}
		}
	}
}

// Hostile keys: no panic, and what is accepted can be used.
func FuzzParseSPKI(f *testing.F) {
	for _, id := range domain.StandardIDs() {
		p, err := domain.Standard(id)
		if err != nil {
			f.Fatal(err)
		}
		der, err := p.Generator().Element().MarshalSPKI()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(der)
	}
	f.Fuzz(func(t *testing.T, der []byte) {
		k, _, err := domain.ParseSPKI(der)
		if err != nil {
			return
		}
		if _, err := k.MarshalSPKI(); err != nil {
			t.Fatal(err)
		}
		if _, err := k.Parameters().ParsePublicKey(k.Bytes()); err != nil {
			t.Fatal(err)
		}
	})
}

func FuzzParseAlgorithm(f *testing.F) {
	for _, id := range domain.StandardIDs() {
		p, err := domain.Standard(id)
		if err != nil {
			f.Fatal(err)
		}
		der, err := p.MarshalAlgorithm()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(der)
	}
	f.Fuzz(func(t *testing.T, der []byte) {
		if p, _, err := domain.ParseAlgorithm(der); err == nil && p.String() == "" {
			t.Fatal("parameters without a name")
		}
	})
}
