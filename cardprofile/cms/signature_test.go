package cms_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"math/big"
	"slices"
	"testing"

	"golang.org/x/crypto/cryptobyte"

	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/pki/pkitest"
	"github.com/chipid-toolkit/chipid/testcards/vectors"
)

func algorithm(t testing.TB, der []byte) cms.Algorithm {
	t.Helper()
	s := cryptobyte.String(der)
	a, err := cms.ReadAlgorithm(&s)
	if err != nil || len(s) != 0 {
		t.Fatalf("algorithm identifier: %v", err)
	}
	return a
}

// pss writes an RSASSA-PSS identifier (RFC 4055, 3.1).
func pss(hash, mgf, mgfHash string, salt byte, trailer ...byte) []byte {
	digest := func(id string) []byte { return tlv.Encode(0x30, cms.MarshalOID(id), []byte{5, 0}) }
	parts := [][]byte{
		tlv.Encode(0xa0, digest(hash)),
		tlv.Encode(0xa1, tlv.Encode(0x30, cms.MarshalOID(mgf), digest(mgfHash))),
		tlv.Encode(0xa2, []byte{2, 1, salt}),
	}
	if len(trailer) > 0 {
		parts = append(parts, tlv.Encode(0xa3, []byte{2, 1, trailer[0]}))
	}
	return tlv.Encode(0x30, cms.MarshalOID("1.2.840.113549.1.1.10"), tlv.Encode(0x30, parts...))
}

const (
	sha1OID   = "1.3.14.3.2.26"
	sha256OID = "2.16.840.1.101.3.4.2.1"
	sha384OID = "2.16.840.1.101.3.4.2.2"
	mgf1OID   = "1.2.840.113549.1.1.8"
)

func TestPSSVectors(t *testing.T) {
	var file struct {
		Vectors []struct {
			Name                     string
			N, E, Message, Signature vectors.Hex
		}
	}
	vectors.Load(t, "rsassa_pss.json", &file)
	if len(file.Vectors) != 10 {
		t.Fatalf("%d vectors", len(file.Vectors))
	}
	// All defaults: SHA-1, MGF1 with SHA-1, 20 bytes of salt.
	defaults := algorithm(t, tlv.Encode(0x30, cms.MarshalOID("1.2.840.113549.1.1.10"), []byte{0x30, 0}))
	written := algorithm(t, pss(sha1OID, mgf1OID, sha1OID, 20, 1))
	for _, v := range file.Vectors {
		t.Run(v.Name, func(t *testing.T) {
			key := &rsa.PublicKey{N: new(big.Int).SetBytes(v.N), E: int(new(big.Int).SetBytes(v.E).Int64())}
			for _, a := range []cms.Algorithm{defaults, written} {
				if _, err := a.VerifySignature(key, 0, v.Message, v.Signature); err != nil {
					t.Error(err)
				}
			}
			if _, err := written.VerifySignature(key, 0, append(slices.Clone(v.Message), 0), v.Signature); !errors.Is(err, cms.ErrSignature) {
				t.Errorf("another message: %v", err)
			}
			for _, other := range [][]byte{pss(sha1OID, mgf1OID, sha1OID, 19), pss(sha1OID, mgf1OID, sha1OID, 21), pss(sha1OID, mgf1OID, sha256OID, 20)} {
				if _, err := algorithm(t, other).VerifySignature(key, 0, v.Message, v.Signature); !errors.Is(err, cms.ErrSignature) {
					t.Errorf("other parameters: %v", err)
				}
			}
		})
	}
}

// TestPSSEnforced has one failure each: every parameter is taken as it stands.
func TestPSSEnforced(t *testing.T) {
	key := pkitest.Key(t, "RSA-2048").(*rsa.PrivateKey)
	message := []byte("message")
	sum := crypto.SHA256.New()
	sum.Write(message)
	sign := func(salt int) []byte {
		sig, err := rsa.SignPSS(rand.Reader, key, crypto.SHA256, sum.Sum(nil), &rsa.PSSOptions{SaltLength: salt})
		if err != nil {
			t.Fatal(err)
		}
		return sig
	}
	for _, c := range []struct {
		name string
		alg  []byte
		salt int
		rule string // deviation wanted
		fail bool
	}{
		{"as signed", pss(sha256OID, mgf1OID, sha256OID, 32), 32, "", false},
		{"trailer 1 written", pss(sha256OID, mgf1OID, sha256OID, 32, 1), 32, "", false},
		{"unusual salt", pss(sha256OID, mgf1OID, sha256OID, 20), 20, "cms.pss.salt", false},
		{"one byte of salt", pss(sha256OID, mgf1OID, sha256OID, 1), 1, "cms.pss.salt", false},
		{"salt longer than it says", pss(sha256OID, mgf1OID, sha256OID, 20), 32, "cms.pss.salt", true},
		{"mask hash SHA-1", pss(sha256OID, mgf1OID, sha1OID, 32), 32, "cms.pss.mgf", true},
		{"hash SHA-384", pss(sha384OID, mgf1OID, sha256OID, 32), 32, "cms.pss.mgf", true},
		{"another mask function", pss(sha256OID, "1.2.840.113549.1.1.9", sha256OID, 32), 32, "", true},
		{"trailer 2", pss(sha256OID, mgf1OID, sha256OID, 32, 2), 32, "", true},
		{"no parameters", tlv.Encode(0x30, cms.MarshalOID("1.2.840.113549.1.1.10")), 32, "", true},
		{"NULL for parameters", tlv.Encode(0x30, cms.MarshalOID("1.2.840.113549.1.1.10"), []byte{5, 0}), 32, "", true},
		{"defaults", tlv.Encode(0x30, cms.MarshalOID("1.2.840.113549.1.1.10"), []byte{0x30, 0}), 32, "", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			devs, err := algorithm(t, c.alg).VerifySignature(key.Public(), 0, message, sign(c.salt))
			if (err != nil) != c.fail {
				t.Errorf("got %v", err)
			}
			if !c.fail && (c.rule == "" && len(devs) > 0 || c.rule != "" && !has(devs, c.rule)) {
				t.Errorf("deviations %v, want %q", devs, c.rule)
			}
		})
	}
}

func has(devs []cardprofile.Deviation, rule string) bool {
	return slices.ContainsFunc(devs, func(d cardprofile.Deviation) bool { return d.Rule == rule })
}

// rawRSA signs a block of the test's own making.
func rawRSA(key *rsa.PrivateKey, em []byte) []byte {
	m := new(big.Int).SetBytes(em)
	return m.Exp(m, key.D, key.N).FillBytes(make([]byte, key.Size()))
}

func TestPKCS1Blocks(t *testing.T) {
	key := pkitest.Key(t, "RSA-2048").(*rsa.PrivateKey)
	h := crypto.SHA256.New()
	h.Write([]byte("message"))
	sum := h.Sum(nil)
	info := func(null bool) []byte {
		alg := cms.MarshalOID(sha256OID)
		if null {
			alg = append(alg, 5, 0)
		}
		return tlv.Encode(0x30, tlv.Encode(0x30, alg), tlv.Encode(0x04, sum))
	}
	block := func(pad byte, info []byte, tail ...byte) []byte {
		em := append([]byte{0, 1}, bytes.Repeat([]byte{pad}, key.Size()-3-len(info)-len(tail))...)
		return slices.Concat(em, []byte{0}, info, tail)
	}
	sha256RSA := algorithm(t, tlv.Encode(0x30, cms.MarshalOID("1.2.840.113549.1.1.11"), []byte{5, 0}))
	for _, c := range []struct {
		name, rule string
		em         []byte
		fail       bool
	}{
		{"as RFC 8017 has it", "", block(0xff, info(true)), false},
		{"DigestInfo without NULL", "cms.rsa.digestinfo", block(0xff, info(false)), false},
		{"padding not FF", "", block(0xfe, info(true)), true},
		{"bytes after the DigestInfo", "", block(0xff, info(true), 0xaa), true},
		{"Bleichenbacher: short padding, garbage after", "", slices.Concat([]byte{0, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0}, info(true), make([]byte, key.Size()-11-len(info(true)))), true},
		{"digest of nothing", "", block(0xff, info(true)[:len(info(true))-1], 0), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			devs, err := sha256RSA.VerifySignature(key.Public(), 0, []byte("message"), rawRSA(key, c.em))
			if (err != nil) != c.fail || c.rule != "" && !has(devs, c.rule) || c.rule == "" && len(devs) > 0 {
				t.Errorf("got %v, %v", err, devs)
			}
		})
	}
	good := rawRSA(key, block(0xff, info(true)))
	// s + n is the same number to the key, in another encoding.
	if wrapped := new(big.Int).Add(new(big.Int).SetBytes(good), key.N); wrapped.BitLen() <= 2048 {
		if _, err := sha256RSA.VerifySignature(key.Public(), 0, []byte("message"), wrapped.FillBytes(make([]byte, 256))); err == nil {
			t.Error("a signature above the modulus was accepted")
		}
	}
	if _, err := sha256RSA.VerifySignature(key.Public(), 0, []byte("message"), append([]byte{0}, good...)); err == nil {
		t.Error("a signature with a leading zero byte was accepted")
	}
	missing := algorithm(t, tlv.Encode(0x30, cms.MarshalOID("1.2.840.113549.1.1.11")))
	if devs, err := missing.VerifySignature(key.Public(), 0, []byte("message"), good); err != nil || !has(devs, "cms.rsa.null") {
		t.Errorf("without NULL: %v %v", devs, err)
	}
	for _, params := range [][]byte{{5, 1, 0}, {4, 0}, {0x85, 0}, {5, 0x81, 0}} {
		s := cryptobyte.String(tlv.Encode(0x30, cms.MarshalOID("1.2.840.113549.1.1.11"), params))
		a, err := cms.ReadAlgorithm(&s)
		if err != nil {
			continue
		}
		if _, err := a.VerifySignature(key.Public(), 0, []byte("message"), good); err == nil {
			t.Errorf("parameters %x passed for NULL", params)
		}
	}
	for _, hostile := range []*rsa.PublicKey{{}, {N: big.NewInt(35), E: 3}, {N: key.N, E: 1}, {N: key.N, E: 0}, {N: key.N, E: 4}, {N: new(big.Int).Lsh(big.NewInt(1), 20000), E: 3}} {
		if _, err := sha256RSA.VerifySignature(hostile, 0, []byte("message"), good); err == nil {
			t.Error("a hostile key verified")
		}
	}
}

func TestECDSAForms(t *testing.T) {
	key := pkitest.Key(t, "brainpoolP256r1").(*ecc.PrivateKey)
	h := crypto.SHA256.New()
	h.Write([]byte("message"))
	plain, err := key.SignRaw(rand.Reader, h.Sum(nil))
	if err != nil {
		t.Fatal(err)
	}
	der, err := ecc.RawToASN1(plain)
	if err != nil {
		t.Fatal(err)
	}
	asDER := algorithm(t, tlv.Encode(0x30, cms.MarshalOID("1.2.840.10045.4.3.2")))
	asPlain := algorithm(t, tlv.Encode(0x30, cms.MarshalOID("0.4.0.127.0.7.1.1.4.1.3")))
	withNull := algorithm(t, tlv.Encode(0x30, cms.MarshalOID("1.2.840.10045.4.3.2"), []byte{5, 0}))
	byKey := algorithm(t, tlv.Encode(0x30, cms.MarshalOID("1.2.840.10045.2.1")))
	for _, c := range []struct {
		name, rule string
		a          cms.Algorithm
		sig        []byte
		fail       bool
	}{
		{"DER", "", asDER, der, false},
		{"plain where DER is named", "cms.ecdsa.plain", asDER, plain, false},
		{"plain", "", asPlain, plain, false},
		{"DER where plain is named", "cms.ecdsa.der", asPlain, der, false},
		{"NULL parameters", "", withNull, der, false},
		{"named by the key", "cms.signaturealgorithm.key", byKey, der, false},
		{"cut off", "", asDER, der[:len(der)-1], true},
		{"empty", "", asDER, nil, true},
		{"zeros", "", asDER, make([]byte, 64), true},
		{"plain with bytes after", "", asPlain, append(slices.Clone(plain), 0), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			devs, err := c.a.VerifySignature(key.Public(), crypto.SHA256, []byte("message"), c.sig)
			if (err != nil) != c.fail {
				t.Errorf("got %v", err)
			}
			if !c.fail && (c.rule == "" && len(devs) > 0 || c.rule != "" && !has(devs, c.rule)) {
				t.Errorf("deviations %v, want %q", devs, c.rule)
			}
		})
	}
	if _, err := byKey.VerifySignature(key.Public(), 0, []byte("message"), der); !errors.Is(err, cms.ErrUnsupported) {
		t.Errorf("no digest anywhere: %v", err)
	}
	if _, err := asDER.VerifySignature(pkitest.Key(t, "RSA-2048").Public(), 0, []byte("message"), der); err == nil || errors.Is(err, cms.ErrUnsupported) {
		t.Errorf("an RSA key: %v", err)
	}
	dsa := algorithm(t, tlv.Encode(0x30, cms.MarshalOID("1.2.840.10040.4.3")))
	if _, err := dsa.VerifySignature(key.Public(), 0, []byte("message"), der); !errors.Is(err, cms.ErrUnsupported) {
		t.Errorf("DSA: %v", err)
	}
}

func TestChooseSigning(t *testing.T) {
	for kind, hash := range map[string]crypto.Hash{"P-224": crypto.SHA224, "P-256": crypto.SHA256, "brainpoolP320r1": crypto.SHA384,
		"P-384": crypto.SHA384, "brainpoolP512r1": crypto.SHA512, "P-521": crypto.SHA512, "RSA-2048": crypto.SHA256} {
		key := pkitest.Key(t, kind)
		s, err := cms.ChooseSigning(key.Public(), cms.SignOptions{})
		if err != nil || s.Hash != hash {
			t.Errorf("%s: %v, %v", kind, s, err)
			continue
		}
		sig, err := s.Sign(key, []byte("message"))
		if err != nil {
			t.Errorf("%s: %v", kind, err)
		}
		if devs, err := algorithm(t, s.Algorithm).VerifySignature(key.Public(), 0, []byte("message"), sig); err != nil || len(devs) > 0 {
			t.Errorf("%s: %v %v", kind, devs, err)
		}
		if _, err := s.Sign(pkitest.Key(t, "P-256"), []byte("message")); err == nil {
			t.Errorf("%s: another key signed", kind)
		}
	}
	short, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cms.ChooseSigning(short.Public(), cms.SignOptions{}); err == nil {
		t.Error("an RSA key of 1024 bits may issue")
	}
	if _, err := cms.ChooseSigning(pkitest.Key(t, "P-256").Public(), cms.SignOptions{Hash: crypto.SHA1}); err == nil {
		t.Error("SHA-1 may issue")
	}
}

func FuzzSignature(f *testing.F) {
	ec, r := pkitest.Key(f, "P-256"), pkitest.Key(f, "RSA-2048")
	f.Add([]byte{0x30, 0x00}, []byte{1})
	f.Add(pss(sha256OID, mgf1OID, sha256OID, 32), make([]byte, 256))
	f.Add(tlv.Encode(0x30, cms.MarshalOID("1.2.840.10045.4.3.2")), make([]byte, 64))
	f.Fuzz(func(t *testing.T, alg, sig []byte) {
		s := cryptobyte.String(alg)
		a, err := cms.ReadAlgorithm(&s)
		if err != nil {
			return
		}
		for _, k := range []crypto.Signer{ec, r} {
			if _, err := a.VerifySignature(k.Public(), crypto.SHA256, []byte("message"), sig); err == nil {
				t.Error("a signature out of nowhere verified")
			}
		}
	})
}
