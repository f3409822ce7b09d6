package ecc

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"fmt"
	"hash"
	"io"
	"log/slog"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/chipid-toolkit/chipid/testcards/vectors"
)

var hashes = map[string]func() hash.Hash{
	"SHA-1": sha1.New, "SHA-224": sha256.New224, "SHA-256": sha256.New, "SHA-384": sha512.New384, "SHA-512": sha512.New,
}

func TestDeterministicSignaturesRFC6979(t *testing.T) {
	var f struct {
		Private, Public vectors.Hex
		Vectors         []struct {
			Hash, Message string
			K, R, S       vectors.Hex
		}
	}
	vectors.Load(t, "rfc6979_p192.json", &f)
	if len(f.Vectors) != 10 {
		t.Fatalf("%d vectors", len(f.Vectors))
	}
	k, err := NewPrivateKey(P192(), f.Private)
	if err != nil || !bytes.Equal(k.PublicKey().Bytes(), f.Public) {
		t.Fatalf("public key %X, %v", k.PublicKey().Bytes(), err)
	}
	for _, v := range f.Vectors {
		t.Run(v.Hash+" "+v.Message, func(t *testing.T) {
			h := hashes[v.Hash]()
			h.Write([]byte(v.Message))
			digest := h.Sum(nil)
			e := k.c.bits2int(digest).FillBytes(make([]byte, k.c.scalarLen))
			if got := newNonces(k.c, hashes[v.Hash], k.Bytes(), e, nil).next(); !bytes.Equal(got, v.K) {
				t.Fatalf("k = %X, want %X", got, []byte(v.K))
			}
			rs, err := k.signWith(hashes[v.Hash], nil, digest)
			if err != nil || v.R != nil && !bytes.Equal(rs, append(v.R, v.S...)) {
				t.Fatalf("signature %X, %v", rs, err)
			}
			if !VerifyRaw(k.PublicKey(), digest, rs) {
				t.Fatal("does not verify")
			}
		})
	}
}

func TestNoncesOfRejectedCandidatesDiffer(t *testing.T) {
	// brainpoolP320r1's order is 0.82 of its bits: one candidate in five is
	// rejected, so the loop is walked.
	c := BrainpoolP320r1()
	n := newNonces(c, sha512.New384, make([]byte, c.scalarLen), make([]byte, c.scalarLen), []byte("extra"))
	seen := map[string]bool{}
	for range 200 {
		k := n.next()
		if len(k) != c.scalarLen || !c.inRange(k) || seen[string(k)] {
			t.Fatalf("candidate %X", k)
		}
		seen[string(k)] = true
		n.reject()
	}
}

func TestOrdersFillTheirBytes(t *testing.T) {
	for _, c := range All() {
		if stdCurve(c) == nil && c.n.BitLen() != 8*c.scalarLen {
			t.Errorf("%v: newNonces cuts no bits, but the order has %d", c, c.n.BitLen())
		}
	}
}

func TestECDHPublished(t *testing.T) {
	var f struct {
		Vectors []struct {
			Name, Curve       string
			DA, QA, DB, QB, Z vectors.Hex
		}
	}
	vectors.Load(t, "ecdh_brainpool.json", &f)
	if len(f.Vectors) != 3 {
		t.Fatalf("%d vectors", len(f.Vectors))
	}
	for _, v := range f.Vectors {
		t.Run(v.Curve, func(t *testing.T) {
			c, err := ByName(v.Curve)
			if err != nil {
				t.Fatal(err)
			}
			for _, side := range []struct{ d, own, other vectors.Hex }{{v.DA, v.QA, v.QB}, {v.DB, v.QB, v.QA}} {
				k, err := NewPrivateKey(c, side.d)
				if err != nil || !bytes.Equal(k.PublicKey().Bytes(), side.own) {
					t.Fatalf("public key %X, %v", k.PublicKey().Bytes(), err)
				}
				q, err := ParsePoint(c, side.other)
				if err != nil {
					t.Fatal(err)
				}
				if z, err := k.ECDH(q); err != nil || !bytes.Equal(z, v.Z) {
					t.Fatalf("Z = %X, %v", z, err)
				}
			}
		})
	}
}

func TestSignAndVerify(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := rapid.SampledFrom(All()).Draw(t, "curve")
		digest := rapid.SliceOfN(rapid.Byte(), 1, 70).Draw(t, "digest")
		k, err := GenerateKey(c, nil)
		if err != nil {
			t.Fatal(err)
		}
		pub := k.PublicKey()
		der, err := k.Sign(nil, digest, crypto.SHA256)
		if err != nil || !VerifyASN1(pub, digest, der) {
			t.Fatalf("DER: %v", err)
		}
		rs, err := k.SignRaw(nil, digest)
		if err != nil || len(rs) != 2*c.scalarLen || !VerifyRaw(pub, digest, rs) {
			t.Fatalf("plain: %d bytes, %v", len(rs), err)
		}
		raw, err := ASN1ToRaw(c, der)
		if err != nil || !VerifyRaw(pub, digest, raw) {
			t.Fatalf("DER to plain: %v", err)
		}
		back, err := RawToASN1(raw)
		if err != nil || !bytes.Equal(back, der) {
			t.Fatalf("and back: %X, %X, %v", back, der, err)
		}
		if std, ok := pub.Std(); ok && !ecdsa.VerifyASN1(std, digest, der) {
			t.Fatal("the standard library does not verify")
		}
		// Any changed bit is another signature.
		i := rapid.IntRange(0, 8*len(der)-1).Draw(t, "bit")
		der[i/8] ^= 1 << (i % 8)
		if VerifyASN1(pub, digest, der) {
			t.Fatalf("DER with bit %d changed verifies", i)
		}
		i = rapid.IntRange(0, 8*len(rs)-1).Draw(t, "raw bit")
		rs[i/8] ^= 1 << (i % 8)
		if VerifyRaw(pub, digest, rs) {
			t.Fatalf("plain with bit %d changed verifies", i)
		}
	})
}

func TestSignaturesOutOfRange(t *testing.T) {
	eachCurve(t, func(t *testing.T, c *Curve) {
		k, err := GenerateKey(c, nil)
		if err != nil {
			t.Fatal(err)
		}
		digest := []byte("thirty-two bytes of some digest.")
		rs, err := k.SignRaw(nil, digest)
		if err != nil {
			t.Fatal(err)
		}
		r, s := new(big.Int).SetBytes(rs[:c.scalarLen]), new(big.Int).SetBytes(rs[c.scalarLen:])
		zero, n := new(big.Int), c.N()
		sum := func(a *big.Int) *big.Int { return new(big.Int).Add(a, n) }
		for name, v := range map[string][2]*big.Int{
			"r zero": {zero, s}, "s zero": {r, zero}, "r = n": {n, s}, "s = n": {r, n},
			"r + n": {sum(r), s}, "s + n": {r, sum(s)}, "both zero": {zero, zero},
		} {
			if k.PublicKey().verify(digest, v[0], v[1]) {
				t.Errorf("%s verifies", name)
			}
			if VerifyASN1(k.PublicKey(), digest, encodeSignature(append([]byte{0}, v[0].Bytes()...), append([]byte{0}, v[1].Bytes()...))) {
				t.Errorf("%s verifies as DER", name)
			}
		}
		if VerifyRaw(k.PublicKey(), digest, rs[1:]) || VerifyRaw(k.PublicKey(), digest, append(rs, 0)) || VerifyRaw(k.PublicKey(), digest, nil) {
			t.Error("a wrong length verifies")
		}
		other, err := GenerateKey(c, nil)
		if err != nil {
			t.Fatal(err)
		}
		if VerifyRaw(other.PublicKey(), digest, rs) {
			t.Error("another key verifies")
		}
	})
}

// With r = x(R) mod n and x(R) >= n, verification must look at r + n too. Such
// a signature does not occur by chance; it is made from the key's side: choose
// R with a large x, then the key that fits.
func TestVerifyWhenXExceedsTheOrder(t *testing.T) {
	found := 0
	for _, c := range All() {
		if c.p.Cmp(c.n) <= 0 || stdCurve(c) != nil {
			continue
		}
		var point *PublicKey
		for x := c.N(); x.Cmp(c.p) < 0 && point == nil; x.Add(x, big.NewInt(1)) {
			point, _ = c.decompress(new(big.Int).Set(x), 0)
		}
		if point == nil {
			t.Fatalf("%v: no point between order and prime", c)
		}
		// With s = r: u2 = 1 and u1 = e/r, so Q = R - (e/r)·G.
		r := new(big.Int).Sub(point.X, c.n)
		if r.Sign() == 0 {
			continue
		}
		digest := bytes.Repeat([]byte{0x35}, c.scalarLen)
		u1 := new(big.Int).ModInverse(r, c.n)
		u1.Mul(u1, c.bits2int(digest)).Mod(u1, c.n)
		u1.Sub(c.n, u1)
		m, err := c.ScalarBaseMult(u1.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		q, err := c.Add(point, m)
		if err != nil {
			t.Fatal(err)
		}
		found++
		if !q.verify(digest, r, r) {
			t.Errorf("%v: does not verify", c)
		}
	}
	if found == 0 {
		t.Fatal("no curve tested")
	}
}

// u1·G = u2·Q and u1·G = -u2·Q: a verifier without complete formulas fails at
// the one and says yes at the other.
func TestVerifyDegenerateSums(t *testing.T) {
	eachCurve(t, func(t *testing.T, c *Curve) {
		for _, d := range []*big.Int{big.NewInt(1), big.NewInt(2), new(big.Int).Sub(c.n, big.NewInt(1))} {
			k, err := NewPrivateKey(c, d.Bytes())
			if err != nil {
				t.Fatal(err)
			}
			digest := big.NewInt(7).FillBytes(make([]byte, c.scalarLen))
			if over := 8*c.scalarLen - c.n.BitLen(); over > 0 {
				digest = new(big.Int).Lsh(big.NewInt(7), uint(over)).FillBytes(digest)
			}
			if c.bits2int(digest).Int64() != 7 {
				t.Fatal("digest")
			}
			// e = r·d gives equal summands, e = -r·d opposite ones.
			inv := new(big.Int).ModInverse(d, c.n)
			for name, r := range map[string]*big.Int{
				"equal":    new(big.Int).Mod(new(big.Int).Mul(big.NewInt(7), inv), c.n),
				"opposite": new(big.Int).Mod(new(big.Int).Mul(big.NewInt(-7), inv), c.n),
			} {
				for _, s := range []int64{1, 2, 3} {
					got := k.PublicKey().verify(digest, r, big.NewInt(s))
					w := new(big.Int).ModInverse(big.NewInt(s), c.n)
					u := new(big.Int).Add(big.NewInt(7), new(big.Int).Mul(r, d))
					x, _ := reference{c}.mult(c.gx, c.gy, u.Mul(u, w).Mod(u, c.n))
					want := x != nil && new(big.Int).Mod(x, c.n).Cmp(r) == 0
					if got != want {
						t.Fatalf("%s, s = %d: %v, want %v", name, s, got, want)
					}
				}
			}
		}
	})
}

func TestSignatureEncodings(t *testing.T) {
	k, err := GenerateKey(BrainpoolP256r1(), nil)
	if err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256([]byte("m"))
	var sig []byte
	for sig == nil || len(sig) != 70 { // both halves 32 bytes, no leading zero
		if sig, err = k.Sign(nil, digest[:], nil); err != nil {
			t.Fatal(err)
		}
	}
	r, s := sig[4:36], sig[38:70]
	cat := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	for name, b := range map[string][]byte{
		"trailing byte":             cat(sig, []byte{0}),
		"long form of the sequence": cat([]byte{0x30, 0x81, 68}, sig[2:]),
		"long form of r":            cat([]byte{0x30, 69, 0x02, 0x81, 32}, r, []byte{0x02, 32}, s),
		"leading zero of r":         cat([]byte{0x30, 69, 0x02, 33, 0}, r, []byte{0x02, 32}, s),
		"negative r":                cat([]byte{0x30, 68, 0x02, 32, r[0] | 0x80}, r[1:], []byte{0x02, 32}, s),
		"third integer":             cat([]byte{0x30, 71}, sig[2:], []byte{0x02, 1, 1}),
		"one integer":               cat([]byte{0x30, 34, 0x02, 32}, r),
		"empty r":                   cat([]byte{0x30, 36, 0x02, 0, 0x02, 32}, s),
		"set":                       cat([]byte{0x31}, sig[1:]),
		"octet strings":             cat([]byte{0x30, 68, 0x04, 32}, r, []byte{0x02, 32}, s),
		"nothing":                   nil,
	} {
		if VerifyASN1(k.PublicKey(), digest[:], b) {
			t.Errorf("%s verifies", name)
		}
		if _, err := ASN1ToRaw(k.Curve(), b); name != "negative r" && err == nil || name == "negative r" && err == nil {
			t.Errorf("%s is turned into a plain one", name)
		}
	}
	if !VerifyASN1(k.PublicKey(), digest[:], sig) {
		t.Error("the right one does not verify")
	}
	for _, b := range [][]byte{nil, {1}, {1, 2, 3}} {
		if _, err := RawToASN1(b); !errors.Is(err, ErrEncoding) {
			t.Errorf("plain signature of %d bytes: %v", len(b), err)
		}
	}
}

func TestPrivateKeyRange(t *testing.T) {
	eachCurve(t, func(t *testing.T, c *Curve) {
		n := c.N()
		for name, v := range map[string][]byte{
			"zero": {0}, "nothing": nil, "n": n.Bytes(), "n+1": new(big.Int).Add(n, big.NewInt(1)).Bytes(),
			"all ones": bytes.Repeat([]byte{0xFF}, c.scalarLen), "too long": append([]byte{0}, make([]byte, c.scalarLen)...),
		} {
			if _, err := NewPrivateKey(c, v); !errors.Is(err, ErrScalar) {
				t.Errorf("%s: %v", name, err)
			}
		}
		k, err := NewPrivateKey(c, new(big.Int).Sub(n, big.NewInt(1)).Bytes())
		if err != nil {
			t.Fatal(err)
		}
		if k.PublicKey().X.Cmp(c.gx) != 0 || new(big.Int).Add(k.PublicKey().Y, c.gy).Cmp(c.p) != 0 {
			t.Error("n-1 is not -G")
		}
	})
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

func TestRandomNumbersFail(t *testing.T) {
	c := BrainpoolP256r1()
	if _, err := GenerateKey(c, brokenReader{}); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("broken source: %v", err)
	}
	if _, err := GenerateKey(c, zeros{}); !errors.Is(err, ErrScalar) {
		t.Errorf("zeros: %v", err)
	}
	k, err := GenerateKey(c, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.SignRaw(brokenReader{}, []byte("d")); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("signing: %v", err)
	}
	// A source that gives zeros only costs nothing: different digests have
	// different r.
	a, err1 := k.SignRaw(zeros{}, []byte("one"))
	b, err2 := k.SignRaw(zeros{}, []byte("two"))
	if err1 != nil || err2 != nil || bytes.Equal(a[:32], b[:32]) {
		t.Errorf("the same secret number twice: %v %v", err1, err2)
	}
}

func TestPrivateKeyNeverPrints(t *testing.T) {
	d := bytes.Repeat([]byte{0xA7}, 32)
	d[0] = 1
	k, err := NewPrivateKey(BrainpoolP256r1(), d)
	if err != nil {
		t.Fatal(err)
	}
	type holder struct{ k *PrivateKey }
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d", "%q"} {
		fmt.Fprintf(&out, verb+"\n", k)
		fmt.Fprintf(&out, verb+"\n", *k)
		fmt.Fprintf(&out, verb+"\n", holder{k})
	}
	slog.New(slog.NewJSONHandler(&out, nil)).Info("m", "k", k, "h", holder{k})
	slog.New(slog.NewTextHandler(&out, nil)).Info("m", "k", k)
	for _, leak := range []string{"a7a7a7a7", "167 167 167", "167, 167, 167", "a7, 0xa7, 0xa7"} {
		if strings.Contains(strings.ToLower(out.String()), leak) {
			t.Errorf("%q leaks:\n%s", leak, out.String())
		}
	}
}

func TestPublicIsOfTheRightType(t *testing.T) {
	eachCurve(t, func(t *testing.T, c *Curve) {
		k, err := GenerateKey(c, nil)
		if err != nil {
			t.Fatal(err)
		}
		var _ crypto.Signer = k
		pub := k.Public()
		_, std := pub.(*ecdsa.PublicKey)
		if std != (stdCurve(c) != nil) {
			t.Fatalf("public key is %T", pub)
		}
		p, err := FromPublic(pub)
		if err != nil || !p.Equal(k.PublicKey()) || !k.PublicKey().Equal(pub) {
			t.Fatalf("%v %v", p, err)
		}
	})
	if _, err := FromPublic("no key"); !errors.Is(err, ErrUnknownCurve) {
		t.Errorf("a string: %v", err)
	}
	if _, err := FromPublic((*ecdsa.PublicKey)(nil)); err == nil {
		t.Error("nil")
	}
	if _, err := FromPublic((*PublicKey)(nil)); err == nil {
		t.Error("nil")
	}
}
