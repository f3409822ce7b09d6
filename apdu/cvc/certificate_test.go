package cvc_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"encoding/asn1"
	"errors"
	"io"
	"math/big"
	"strings"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu/cvc"
	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
)

// combinations is every algorithm, ECDSA on every curve of a size that the
// standard has.
func combinations(f func(a cvc.Algorithm, c *ecc.Curve)) {
	for _, a := range cvc.Algorithms() {
		if !a.ECDSA() {
			f(a, nil)
			continue
		}
		for _, c := range ecc.All() {
			if c != ecc.P521() {
				f(a, c)
			}
		}
	}
}

// Root, DV and terminal in every combination: domain parameters where they
// belong, the chain good, and the bytes back as they were.
func TestEveryAlgorithm(t *testing.T) {
	n := 0
	combinations(func(a cvc.Algorithm, c *ecc.Curve) {
		n++
		w := newWorld(t, a, c)
		root, dv, is := w.chain(cvc.RoleDomesticDV)
		for i, e := range []entity{root, dv, is} {
			if e.cert.PublicKey.HasDomain() != (i == 0 && c != nil) || e.cert.PublicKey.Curve() != map[bool]*ecc.Curve{true: c}[i == 0] {
				t.Errorf("%v %v: domain parameters in certificate %d", a, c, i)
			}
			if len(e.cert.Notes) != 0 || e.cert.PublicKey.Algorithm != a {
				t.Errorf("%v %v: %v", a, c, e.cert.Notes)
			}
		}
		s := newStore(t, "2026-01-01", root.key)
		k, err := s.VerifyChain([]*cvc.Certificate{dv.cert, is.cert})
		if err != nil {
			t.Errorf("%v %v: %v", a, c, err)
			return
		}
		if !k.CHAT.Has(cvc.ReadDG3) || k.CHAT.Has(cvc.ReadDG4) {
			t.Errorf("%v %v: %v", a, c, k.CHAT)
		}
		// The key that comes out is the one that went in.
		message := []byte("message")
		sig, err := a.Sign(is.sign, message)
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Verify(k.Public, message, sig); err != nil {
			t.Errorf("%v %v: %v", a, c, err)
		}
		if err := a.Verify(k.Public, message[1:], sig); !errors.Is(err, cvc.ErrSignature) {
			t.Errorf("%v %v: %v", a, c, err)
		}
	})
	if n != 6+5*10 {
		t.Errorf("%d combinations", n)
	}
}

// A signature of one algorithm is none of another with the same key.
func TestAlgorithmsDiffer(t *testing.T) {
	for _, a := range cvc.Algorithms() {
		key := newKey(t, a, ecc.BrainpoolP512r1(), 0)
		sig, err := a.Sign(key, []byte("message"))
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range cvc.Algorithms() {
			err := b.Verify(key.Public(), []byte("message"), sig)
			want := cvc.ErrSignature
			if a.ECDSA() != b.ECDSA() {
				want = cvc.ErrKey
			}
			if a == b {
				want = nil
			}
			if !errors.Is(err, want) {
				t.Errorf("%v as %v: %v, want %v", a, b, err, want)
			}
		}
		if back, err := cvc.ParseAlgorithm(a.OID()); err != nil || back != a {
			t.Errorf("%v: %v %v", a, back, err)
		}
	}
	for _, oid := range []asn1.ObjectIdentifier{nil, {1, 2}, {0, 4, 0, 127, 0, 7, 2, 2, 2, 1, 7}, {0, 4, 0, 127, 0, 7, 2, 2, 2, 3, 1}} {
		if _, err := cvc.ParseAlgorithm(oid); !errors.Is(err, cvc.ErrAlgorithm) {
			t.Errorf("%v: %v", oid, err)
		}
	}
	for _, a := range []cvc.Algorithm{0, -1, 12} {
		if _, err := a.Sign(newKey(t, cvc.ECDSASHA1, ecc.P256(), 0), nil); !errors.Is(err, cvc.ErrAlgorithm) {
			t.Errorf("%d: %v", a, err)
		}
		if err := a.Verify(nil, nil, nil); !errors.Is(err, cvc.ErrAlgorithm) || a.OID() != nil || a.Hash() != 0 {
			t.Errorf("%d: %v", a, err)
		}
	}
}

// The salt is as long as the hash, no longer and no shorter (TR-03110-3 v2.21,
// A.7.3.1).
func TestSalt(t *testing.T) {
	for _, a := range []cvc.Algorithm{cvc.RSAPSSSHA1, cvc.RSAPSSSHA256, cvc.RSAPSSSHA512} {
		key := newKey(t, a, nil, 0)
		h := a.Hash().New()
		h.Write([]byte("message"))
		for d, want := range map[int]error{-1: cvc.ErrSignature, 0: nil, 1: cvc.ErrSignature} {
			sig, err := key.Sign(rand.Reader, h.Sum(nil), &rsa.PSSOptions{SaltLength: a.Hash().Size() + d, Hash: a.Hash()})
			if err != nil {
				t.Fatal(err)
			}
			if err := a.Verify(key.Public(), []byte("message"), sig); !errors.Is(err, want) {
				t.Errorf("%v, %d: %v, want %v", a, d, err, want)
			}
		}
	}
}

// faulty is a signer that does not do what it says.
type faulty struct {
	crypto.Signer
	f func([]byte) ([]byte, error)
}

func (s faulty) Sign(r io.Reader, digest []byte, o crypto.SignerOpts) ([]byte, error) {
	sig, err := s.Signer.Sign(r, digest, o)
	if err != nil {
		return nil, err
	}
	return s.f(sig)
}

// Nothing wrong leaves the house, whatever the token gives.
func TestFaultySigner(t *testing.T) {
	broken := errors.New("token is gone")
	for _, a := range []cvc.Algorithm{cvc.RSAPSSSHA256, cvc.RSAv15SHA256, cvc.ECDSASHA256} {
		key := newKey(t, a, ecc.P256(), 0)
		for name, x := range map[string]struct {
			f    func([]byte) ([]byte, error)
			want error
		}{
			"flipped": {func(b []byte) ([]byte, error) { b[len(b)-1] ^= 1; return b, nil }, cvc.ErrSignature},
			"empty":   {func([]byte) ([]byte, error) { return nil, nil }, cvc.ErrSignature},
			"gone":    {func([]byte) ([]byte, error) { return nil, broken }, broken},
		} {
			if sig, err := a.Sign(faulty{key, x.f}, []byte("message")); !errors.Is(err, x.want) || sig != nil {
				t.Errorf("%v, %s: %v, want %v", a, name, err, x.want)
			}
		}
	}
	if _, err := cvc.ECDSASHA256.Sign(nil, nil); !errors.Is(err, cvc.ErrKey) {
		t.Error(err)
	}
}

// One thing wrong in the bytes, one outcome.
func TestMalformed(t *testing.T) {
	w := newWorld(t, cvc.ECDSASHA256, ecc.BrainpoolP256r1())
	root, dv, _ := w.chain(cvc.RoleDomesticDV)
	r := newWorld(t, cvc.RSAv15SHA256, nil)
	rroot, rdv, _ := r.chain(cvc.RoleDomesticDV)
	of := func(f func([]tlv.Node) []tlv.Node) []byte { return forgeBytes(t, root, root.cert, f) }
	ofDV := func(f func([]tlv.Node) []tlv.Node) []byte { return forgeBytes(t, root, dv.cert, f) }
	ofRSA := func(f func([]tlv.Node) []tlv.Node) []byte { return forgeBytes(t, rroot, rdv.cert, f) }
	sig := tlv.Encode(0x5F37, root.cert.Signature)
	fieldOf := func(c *ecc.Curve) []byte { return c.B().Bytes() }
	for _, x := range []struct {
		name string
		b    []byte
		want error
	}{
		{"nothing", nil, cvc.ErrFormat},
		{"another tag", tlv.Encode(0x7F4E, root.cert.Parts()), cvc.ErrFormat},
		{"cut", root.cert.Raw[:len(root.cert.Raw)-1], cvc.ErrFormat},
		{"a byte more", append(bytes.Clone(root.cert.Raw), 0), cvc.ErrFormat},
		{"too long", tlv.Encode(0x7F21, make([]byte, cvc.MaxLen)), cvc.ErrFormat},
		{"length bomb", []byte{0x7F, 0x21, 0x84, 0x7F, 0xFF, 0xFF, 0xFF}, cvc.ErrFormat},
		{"no signature", tlv.Encode(0x7F21, root.cert.Body), cvc.ErrFormat},
		{"empty signature", tlv.Encode(0x7F21, root.cert.Body, tlv.Encode(0x5F37)), cvc.ErrFormat},
		{"no body", tlv.Encode(0x7F21, sig), cvc.ErrFormat},
		{"two bodies", tlv.Encode(0x7F21, root.cert.Body, root.cert.Body, sig), cvc.ErrFormat},
		{"no profile", of(without(0x5F29)), cvc.ErrFormat},
		{"no CAR", of(without(0x42)), cvc.ErrFormat},
		{"no public key", of(without(0x7F49)), cvc.ErrFormat},
		{"no CHR", of(without(0x5F20)), cvc.ErrFormat},
		{"no CHAT", of(without(0x7F4C)), cvc.ErrFormat},
		{"no effective date", of(without(0x5F25)), cvc.ErrFormat},
		{"no expiration date", of(without(0x5F24)), cvc.ErrFormat},
		{"unknown object", of(add(0x5F50, 1)), cvc.ErrFormat},
		{"double object", of(add(0x42, 'U', 'T')), cvc.ErrFormat},
		{"profile 1", of(set(0x5F29, 1)), cvc.ErrProfile},
		{"profile of two bytes", of(set(0x5F29, 0, 0)), cvc.ErrFormat},
		{"empty CAR", of(set(0x42)), cvc.ErrReference},
		{"CAR of 17 bytes", of(set(0x42, []byte("UTCVCA00000000001")...)), cvc.ErrReference},
		{"control character in CHR", of(set(0x5F20, []byte("UT\x8000001")...)), cvc.ErrReference},
		{"date of five digits", of(set(0x5F25, 2, 6, 0, 1, 0)), cvc.ErrDate},
		{"packed BCD", of(set(0x5F25, 0x26, 0x01, 0x01, 0, 0, 0)), cvc.ErrDate},
		{"ASCII date", of(set(0x5F24, []byte("260101")...)), cvc.ErrDate},
		{"month 13", of(set(0x5F24, 2, 6, 1, 3, 0, 1)), cvc.ErrDate},
		{"29 February", of(set(0x5F24, 2, 6, 0, 2, 2, 9)), cvc.ErrDate},
		{"CHAT without mask", of(set(0x7F4C, 6, 1, 0x2A)), cvc.ErrFormat},
		{"CHAT without identifier", of(set(0x7F4C, 0x53, 1, 0xC3)), cvc.ErrFormat},
		{"CHAT with an object more", of(set(0x7F4C, 6, 1, 0x2A, 0x53, 1, 0xC3, 0x80, 0)), cvc.ErrFormat},
		{"CHAT malformed", of(set(0x7F4C, 6, 9)), cvc.ErrFormat},
		{"mask of two bytes", of(set(0x7F4C, append(chatOID(t), 0x53, 2, 0xC3, 0)...)), cvc.ErrCHAT},
		{"empty mask", of(set(0x7F4C, append(chatOID(t), 0x53, 0)...)), cvc.ErrCHAT},
		{"key without identifier", ofDV(inKey(without(6))), cvc.ErrFormat},
		{"unknown identifier", ofDV(inKey(set(6, 0x2A, 3))), cvc.ErrAlgorithm},
		{"identifier malformed", ofDV(inKey(set(6, 0x80))), cvc.ErrFormat},
		{"identifier empty", ofDV(inKey(set(6))), cvc.ErrFormat},
		{"RSA identifier", ofDV(inKey(set(6, 4, 0, 0x7F, 0, 7, 2, 2, 2, 1, 2))), cvc.ErrFormat},
		{"key without a point", ofDV(inKey(without(0x86))), cvc.ErrFormat},
		{"unknown object in the key", ofDV(inKey(add(0x88, 1))), cvc.ErrFormat},
		{"point at infinity", ofDV(inKey(set(0x86, 0))), cvc.ErrKey},
		{"compressed point", ofDV(inKey(set(0x86, append([]byte{2}, make([]byte, 32)...)...))), cvc.ErrKey},
		{"point too long", ofDV(inKey(set(0x86, append([]byte{4}, make([]byte, 2*67)...)...))), cvc.ErrKey},
		{"one domain parameter", ofDV(inKey(add(0x81, 1))), cvc.ErrDomain},
		{"cofactor alone", ofDV(inKey(add(0x87, 1))), cvc.ErrDomain},
		{"no order", of(inKey(without(0x85))), cvc.ErrDomain},
		{"another generator", of(inKey(set(0x84, root.key.Public.(*ecc.PublicKey).Bytes()...))), cvc.ErrDomain},
		{"another b", of(inKey(set(0x83, fieldOf(ecc.P256())...))), cvc.ErrDomain},
		{"cofactor 2", of(inKey(set(0x87, 2))), cvc.ErrDomain},
		{"empty prime", of(inKey(set(0x81))), cvc.ErrDomain},
		{"prime too long", of(inKey(set(0x81, bytes.Repeat([]byte{1}, 67)...))), cvc.ErrDomain},
		{"base point compressed", of(inKey(set(0x84, append([]byte{2}, make([]byte, 32)...)...))), cvc.ErrDomain},
		{"root's point off the curve", of(inKey(set(0x86, append([]byte{4}, make([]byte, 64)...)...))), cvc.ErrKey},
		{"no modulus", ofRSA(inKey(without(0x81))), cvc.ErrFormat},
		{"no exponent", ofRSA(inKey(without(0x82))), cvc.ErrFormat},
		{"point in an RSA key", ofRSA(inKey(add(0x86, 4, 1, 1))), cvc.ErrFormat},
		{"modulus of 512 bits", ofRSA(inKey(set(0x81, bytes.Repeat([]byte{0xFF}, 64)...))), cvc.ErrKey},
		{"modulus too long", ofRSA(inKey(set(0x81, bytes.Repeat([]byte{0xFF}, 1025)...))), cvc.ErrFormat},
		{"even modulus", ofRSA(inKey(set(0x81, append(bytes.Repeat([]byte{0xFF}, 191), 0xFE)...))), cvc.ErrKey},
		{"exponent 1", ofRSA(inKey(set(0x82, 1))), cvc.ErrKey},
		{"exponent even", ofRSA(inKey(set(0x82, 4))), cvc.ErrKey},
		{"exponent of 32 bits", ofRSA(inKey(set(0x82, 0xFF, 0xFF, 0xFF, 0xFF))), cvc.ErrKey},
		{"exponent of five bytes", ofRSA(inKey(set(0x82, 1, 0, 0, 0, 1))), cvc.ErrFormat},
	} {
		if c, err := cvc.Parse(x.b); !errors.Is(err, x.want) || c != nil {
			t.Errorf("%s: %v, want %v", x.name, err, x.want)
		}
	}
	if _, err := cvc.ParseParts(make([]byte, cvc.MaxLen+1)); !errors.Is(err, cvc.ErrFormat) {
		t.Error(err)
	}
}

func chatOID(t testing.TB) []byte {
	b, err := asn1.Marshal(cvc.InspectionSystem.OID())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// What is tolerated is noted, and the certificate still verifies.
func TestNotes(t *testing.T) {
	w := newWorld(t, cvc.ECDSASHA256, ecc.BrainpoolP256r1())
	root, dv, _ := w.chain(cvc.RoleDomesticDV)
	for _, x := range []struct {
		name, note string
		issuer     entity
		cert       *cvc.Certificate
		f          func([]tlv.Node) []tlv.Node
	}{
		{"order", "another order", root, dv.cert, func(n []tlv.Node) []tlv.Node { n[0], n[1] = n[1], n[0]; return n }},
		{"length", "more bytes than needed", root, dv.cert, func(n []tlv.Node) []tlv.Node {
			n[0].Raw = []byte{0x5F, 0x29, 0x81, 1, 0}
			return n
		}},
		{"leading zero", "leading zero", root, root.cert, inKey(set(0x87, 0, 1))},
		{"reference", "country, mnemonic", root, dv.cert, set(0x5F20, []byte("ut-1")...)},
	} {
		c := forge(t, x.issuer, x.cert, x.f)
		if len(c.Notes) != 1 || !strings.Contains(c.Notes[0], x.note) {
			t.Errorf("%s: %q", x.name, c.Notes)
		}
		if _, err := x.issuer.key.Verify(c); err != nil {
			t.Errorf("%s: %v", x.name, err)
		}
	}
	big521 := newWorld(t, cvc.ECDSASHA512, ecc.P521())
	key := newKey(t, big521.algorithm, big521.curve, 0)
	body := forgeBody(t, root.cert, key.Public())
	sig, err := cvc.ECDSASHA512.Sign(key, body)
	if err != nil {
		t.Fatal(err)
	}
	c, err := cvc.Parse(tlv.Encode(0x7F21, body, tlv.Encode(0x5F37, sig)))
	if err != nil || len(c.Notes) != 1 || !strings.Contains(c.Notes[0], "521") {
		t.Fatalf("%v %v", c, err)
	}
	if _, err := cvc.Root(c); err != nil {
		t.Error(err)
	}
}

// forgeBody is a root's body with a key that the strict half would not take.
func forgeBody(t testing.TB, c *cvc.Certificate, pub crypto.PublicKey) []byte {
	t.Helper()
	b, err := cvc.Key{Reference: c.CHR, Algorithm: cvc.ECDSASHA512, Public: pub, CHAT: c.CHAT, Effective: c.Effective, Expiration: c.Expiration}.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A cofactor may be left out (TR-03110-3 v2.21, D.3.3).
func TestWithoutCofactor(t *testing.T) {
	w := newWorld(t, cvc.ECDSASHA256, ecc.BrainpoolP256r1())
	root := w.root("UTCVCA00001", "2026-01-01", "2028-12-31")
	c := forge(t, root, root.cert, inKey(without(0x87)))
	if _, err := cvc.Root(c); err != nil || len(c.Notes) != 0 {
		t.Error(err, c.Notes)
	}
}

// Issuing is strict: one thing that is not as it should be, one outcome, and
// nothing signed.
func TestStrictTemplates(t *testing.T) {
	w := newWorld(t, cvc.ECDSASHA256, ecc.BrainpoolP256r1())
	root, dv, is := w.chain(cvc.RoleDomesticDV)
	good := func() cvc.Template {
		x, _ := w.template("UTDV00009", "2026-02-01", "2026-04-30", chat(t, cvc.RoleDomesticDV, cvc.ReadDG3))
		return x
	}
	small, err := rsa.GenerateKey(rand.Reader, 1100)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		name string
		by   entity
		f    func(*cvc.Template)
		want error
	}{
		{"good", root, func(*cvc.Template) {}, nil},
		{"lower-case country", root, func(x *cvc.Template) { x.CHR = "utDV00001" }, cvc.ErrReference},
		{"short reference", root, func(x *cvc.Template) { x.CHR = "UT0001" }, cvc.ErrReference},
		{"long reference", root, func(x *cvc.Template) { x.CHR = "UTDV0000000000001" }, cvc.ErrReference},
		{"sequence number", root, func(x *cvc.Template) { x.CHR = "UTDV0000a" }, cvc.ErrReference},
		{"issuer's reference", root, func(x *cvc.Template) { x.CHR = "UTCVCA00001" }, cvc.ErrReference},
		{"no date", root, func(x *cvc.Template) { x.Effective = cvc.Date{} }, cvc.ErrDate},
		{"ends before it begins", root, func(x *cvc.Template) { x.Expiration = day(t, "2026-01-31") }, cvc.ErrDate},
		{"no CHAT", root, func(x *cvc.Template) { x.CHAT = cvc.CHAT{} }, cvc.ErrCHAT},
		{"RFU right", root, func(x *cvc.Template) { x.CHAT = chat(t, cvc.RoleDomesticDV, cvc.ReadDG4+1) }, cvc.ErrCHAT},
		{"terminal by CVCA", root, func(x *cvc.Template) { x.CHAT = chat(t, cvc.RoleTerminal) }, cvc.ErrRole},
		{"DV by DV", dv, func(*cvc.Template) {}, cvc.ErrRole},
		{"DV by terminal", is, func(*cvc.Template) {}, cvc.ErrRole},
		{"domain parameters for a DV", root, func(x *cvc.Template) { x.Domain = true }, cvc.ErrDomain},
		{"another curve for a DV", root, func(x *cvc.Template) { x.Public = newKey(t, cvc.ECDSASHA256, ecc.P256(), 0).Public() }, cvc.ErrDomain},
		{"another algorithm for a DV", root, func(x *cvc.Template) { x.Algorithm = cvc.ECDSASHA384 }, cvc.ErrAlgorithm},
		{"no algorithm", root, func(x *cvc.Template) { x.Algorithm = 0 }, cvc.ErrAlgorithm},
		{"RSA key for ECDSA", root, func(x *cvc.Template) { x.Public = newKey(t, cvc.RSAPSSSHA1, nil, 0).Public() }, cvc.ErrKey},
		{"no key", root, func(x *cvc.Template) { x.Public = nil }, cvc.ErrKey},
		{"RSA key of odd size", root, func(x *cvc.Template) { x.Algorithm, x.Public = cvc.RSAPSSSHA256, small.Public() }, cvc.ErrKey},
		{"P-521", root, func(x *cvc.Template) { x.Public = newKey(t, cvc.ECDSASHA512, ecc.P521(), 0).Public() }, cvc.ErrKey},
		{"off the curve", root, func(x *cvc.Template) {
			x.Public = &ecc.PublicKey{Curve: ecc.BrainpoolP256r1(), X: big.NewInt(1), Y: big.NewInt(1)}
		}, cvc.ErrKey},
		{"signer without the key", entity{root.cert, root.key, dv.sign}, func(*cvc.Template) {}, cvc.ErrKey},
		{"no signer", entity{root.cert, root.key, nil}, func(*cvc.Template) {}, cvc.ErrKey},
		{"extensions of another tag", root, func(x *cvc.Template) { x.Extensions = []byte{0x66, 0} }, cvc.ErrFormat},
		{"extensions empty", root, func(x *cvc.Template) { x.Extensions = []byte{0x65, 0} }, cvc.ErrFormat},
		{"extension without identifier", root, func(x *cvc.Template) { x.Extensions = []byte{0x65, 2, 0x73, 0} }, cvc.ErrFormat},
	} {
		tmpl := good()
		x.f(&tmpl)
		signed := 0
		by := x.by
		var signer crypto.Signer
		if by.sign != nil {
			signer = faulty{by.sign, func(b []byte) ([]byte, error) { signed++; return b, nil }}
		}
		c, err := tmpl.Sign(by.key, signer)
		if !errors.Is(err, x.want) || (err == nil) != (c != nil) {
			t.Errorf("%s: %v, want %v", x.name, err, x.want)
		}
		if want := map[bool]int{true: 1}[err == nil]; signed != want {
			t.Errorf("%s: %d signatures", x.name, signed)
		}
	}
	tmpl := good()
	if _, err := tmpl.SelfSign(dv.sign); !errors.Is(err, cvc.ErrRole) {
		t.Errorf("self-signed DV: %v", err)
	}
	if _, err := cvc.Root(dv.cert); !errors.Is(err, cvc.ErrIssuer) {
		t.Errorf("a DV as root: %v", err)
	}
}

// Extensions go in and come out as they are.
func TestExtensions(t *testing.T) {
	w := newWorld(t, cvc.ECDSASHA256, ecc.P256())
	root := w.root("UTCVCA00001", "2026-01-01", "2028-12-31")
	ext := tlv.Encode(0x65, tlv.Encode(0x73, tlv.Encode(6, []byte{4, 0, 0x7F, 0, 7, 3, 1, 3, 2}), tlv.Encode(0x80, make([]byte, 32))))
	x, _ := w.template("UTDV00001", "2026-02-01", "2026-04-30", chat(t, cvc.RoleDomesticDV))
	x.Extensions = ext
	c, err := x.Sign(root.key, root.sign)
	if err != nil || !bytes.Equal(c.Extensions, ext) {
		t.Fatalf("%X %v", c.Extensions, err)
	}
}
