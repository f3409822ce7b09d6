package pki_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"fmt"
	"math/big"
	"slices"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cardprofile/pki/pkitest"
)

// Certificates as States have issued them, against their standard: each is read,
// its self-signature verified, and the departure named.

const (
	idBasicConstraints = "2.5.29.19"
	idAuthorityKeyID   = "2.5.29.35"
	idNameChange       = "2.23.136.1.1.6.1"
	rsaEncryption      = "1.2.840.113549.1.1.1"
	sha256WithRSA      = "1.2.840.113549.1.1.11"
	sha1WithRSA        = "1.2.840.113549.1.1.5"
	rsaPSS             = "1.2.840.113549.1.1.10"
)

func noted(list []cardprofile.Deviation, rule string) bool {
	return slices.ContainsFunc(list, func(d cardprofile.Deviation) bool { return d.Rule == rule })
}

// cubic is an RSA key with the public exponent 3.
func cubic(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	for {
		p, err := rand.Prime(rand.Reader, 1024)
		if err != nil {
			t.Fatal(err)
		}
		q, err := rand.Prime(rand.Reader, 1024)
		if err != nil {
			t.Fatal(err)
		}
		one, e := big.NewInt(1), big.NewInt(3)
		phi := new(big.Int).Mul(new(big.Int).Sub(p, one), new(big.Int).Sub(q, one))
		d := new(big.Int).ModInverse(e, phi)
		n := new(big.Int).Mul(p, q)
		if d == nil || n.BitLen() != 2048 {
			continue
		}
		return &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: n, E: 3}, D: d, Primes: []*big.Int{p, q}}
	}
}

// rsaSignature is EMSA-PKCS1-v1_5 by hand: info is the whole DigestInfo.
func rsaSignature(key *rsa.PrivateKey, info []byte) []byte {
	em := append([]byte{0, 1}, bytes.Repeat([]byte{0xff}, key.Size()-3-len(info))...)
	em = append(append(em, 0), info...)
	return new(big.Int).Exp(new(big.Int).SetBytes(em), key.D, key.N).FillBytes(make([]byte, key.Size()))
}

func digestInfo(oid string, sum []byte, null bool) []byte {
	params := []byte{}
	if null {
		params = []byte{5, 0}
	}
	return tlv.Encode(0x30, tlv.Encode(0x30, cms.MarshalOID(oid), params), tlv.Encode(0x04, sum))
}

func rsaSPKI(key *rsa.PublicKey, params []byte) []byte {
	positive := func(v *big.Int) []byte { return tlv.Encode(0x02, v.FillBytes(make([]byte, v.BitLen()/8+1))) }
	return tlv.Encode(0x30, tlv.Encode(0x30, cms.MarshalOID(rsaEncryption), params),
		tlv.Encode(0x03, []byte{0}, tlv.Encode(0x30, positive(key.N), positive(big.NewInt(int64(key.E))))))
}

func TestCertificatesAsIssued(t *testing.T) {
	a := pkitest.NewAuthority(t, pkitest.Options{Key: "brainpoolP256r1"})
	rsaKey := pkitest.Key(t, "RSA-2048").(*rsa.PrivateKey)
	own := func(change func(r *pkitest.RawCertificate)) func() *pki.Certificate {
		return func() *pki.Certificate {
			r := pkitest.TakeApart(a.CSCA)
			change(r)
			return r.SignedBy(t, a.CSCAKey, cms.SignOptions{})
		}
	}
	rsaCert := func(key *rsa.PrivateKey, keyParams []byte, alg []byte, make func(tbs []byte) []byte) func() *pki.Certificate {
		return func() *pki.Certificate {
			r := pkitest.TakeApart(a.CSCA)
			r.SPKI, r.Algorithm = rsaSPKI(&key.PublicKey, keyParams), alg
			return r.With(t, make)
		}
	}
	null := []byte{5, 0}
	sha := func(tbs []byte) []byte { s := sha256.Sum256(tbs); return s[:] }
	v15 := func(key *rsa.PrivateKey, null bool) func(tbs []byte) []byte {
		return func(tbs []byte) []byte {
			return rsaSignature(key, digestInfo("2.16.840.1.101.3.4.2.1", sha(tbs), null))
		}
	}
	pss := func(salt int, null bool) (alg []byte, make func(tbs []byte) []byte) {
		hash := tlv.Encode(0x30, cms.MarshalOID("2.16.840.1.101.3.4.2.1"))
		if null {
			hash = tlv.Encode(0x30, cms.MarshalOID("2.16.840.1.101.3.4.2.1"), []byte{5, 0})
		}
		alg = tlv.Encode(0x30, cms.MarshalOID(rsaPSS), tlv.Encode(0x30, tlv.Encode(0xa0, hash),
			tlv.Encode(0xa1, tlv.Encode(0x30, cms.MarshalOID("1.2.840.113549.1.1.8"), hash)), tlv.Encode(0xa2, []byte{2, 1, byte(salt)})))
		return alg, func(tbs []byte) []byte {
			sig, err := rsa.SignPSS(rand.Reader, rsaKey, crypto.SHA256, sha(tbs), &rsa.PSSOptions{SaltLength: salt})
			if err != nil {
				t.Fatal(err)
			}
			return sig
		}
	}
	sha256RSA := tlv.Encode(0x30, cms.MarshalOID(sha256WithRSA), null)
	e3 := cubic(t)
	saltAlg, saltSign := pss(20, true)
	nullAlg, nullSign := pss(32, false)
	for _, c := range []struct {
		name, rule string
		make       func() *pki.Certificate
		also       func(c *pki.Certificate) bool
	}{
		{"as it should be", "", own(func(*pkitest.RawCertificate) {}), func(c *pki.Certificate) bool { return c.ExplicitCurve && len(c.Deviations) == 0 }},
		{"negative serial", "x509.serial.negative", own(func(r *pkitest.RawCertificate) { r.Serial = []byte{0xa5, 1} }),
			func(c *pki.Certificate) bool { return c.Serial.Cmp(big.NewInt(-0x5aff)) == 0 }},
		{"zero serial", "x509.serial.zero", own(func(r *pkitest.RawCertificate) { r.Serial = []byte{0} }), nil},
		{"padded serial", "x509.serial.padded", own(func(r *pkitest.RawCertificate) { r.Serial = []byte{0, 1} }), nil},
		{"basicConstraints TRUE as 01", "x509.boolean", own(func(r *pkitest.RawCertificate) {
			r.Put(idBasicConstraints, true, []byte{0x30, 6, 1, 1, 1, 2, 1, 0})
		}), func(c *pki.Certificate) bool { return c.IsCA && c.PathLen == 0 }},
		{"country in lower case", "x509.country.case", own(func(r *pkitest.RawCertificate) {
			r.Subject = bytes.Replace(r.Subject, []byte("\x13\x02VN"), []byte("\x13\x02vn"), 1)
			r.Issuer = r.Subject
		}), func(c *pki.Certificate) bool { return c.Subject.Country() == "VN" }},
		{"version 1", "x509.version", own(func(r *pkitest.RawCertificate) { r.Version, r.Extensions = nil, nil }), nil},
		{"curve named", "x509.key.named", own(func(r *pkitest.RawCertificate) {
			key, err := ecc.FromPublic(a.CSCAKey.Public())
			if err != nil {
				t.Fatal(err)
			}
			if r.SPKI, err = ecc.MarshalSPKI(key, false); err != nil {
				t.Fatal(err)
			}
		}), func(c *pki.Certificate) bool { return !c.ExplicitCurve }},
		{"signatureAlgorithm outside is another", "x509.signaturealgorithm", func() *pki.Certificate {
			r := pkitest.TakeApart(a.CSCA)
			r.Outer = tlv.Encode(0x30, cms.MarshalOID("1.2.840.10045.4.3.4"))
			return r.SignedBy(t, a.CSCAKey, cms.SignOptions{})
		}, nil},
		{"RSA key without NULL", "x509.key.null", rsaCert(rsaKey, nil, sha256RSA, v15(rsaKey, true)), nil},
		{"RSA exponent 3", "x509.key.exponent", rsaCert(e3, null, sha256RSA, v15(e3, true)), nil},
		{"RSA-PSS", "", rsaCert(rsaKey, null, nullAlg, nullSign), nil}, // and the NULL of the hash left out
		{"RSA-PSS, salt not the hash's length", "", rsaCert(rsaKey, null, saltAlg, saltSign), nil},
		{"DigestInfo without NULL", "", rsaCert(rsaKey, null, sha256RSA, v15(rsaKey, false)), nil},
		{"SHA-1", "", rsaCert(rsaKey, null, tlv.Encode(0x30, cms.MarshalOID(sha1WithRSA), null), func(tbs []byte) []byte {
			s := sha1.Sum(tbs)
			return rsaSignature(rsaKey, digestInfo("1.3.14.3.2.26", s[:], true))
		}), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			cert := c.make()
			if cert.PublicKey == nil || !cert.SelfSigned() {
				t.Errorf("the self-signature does not verify: %v", cert.KeyError)
			}
			if c.rule != "" && !noted(cert.Deviations, c.rule) {
				t.Errorf("not noted: %v", cert.Deviations)
			}
			if c.also != nil && !c.also(cert) {
				t.Errorf("read as %+v", cert)
			}
		})
	}
	// What the signature itself departs in is told where it is checked.
	for rule, make := range map[string]func() *pki.Certificate{
		"cms.pss.salt":       rsaCert(rsaKey, null, saltAlg, saltSign),
		"cms.rsa.digestinfo": rsaCert(rsaKey, null, sha256RSA, v15(rsaKey, false)),
	} {
		c := make()
		if devs, err := c.CheckSignatureFrom(c); err != nil || !noted(devs, rule) {
			t.Errorf("%s: %v %v", rule, err, devs)
		}
	}
}

// TestCurvesAsIssued: explicit parameters are those of a known curve in every
// number, or the key is not used.
func TestCurvesAsIssued(t *testing.T) {
	for _, curve := range []string{"P-224", "brainpoolP224r1", "P-256", "P-384", "P-521", "brainpoolP256r1", "brainpoolP384r1", "brainpoolP512r1"} {
		a := pkitest.NewAuthority(t, pkitest.Options{Key: curve})
		if !a.CSCA.ExplicitCurve || !a.CSCA.SelfSigned() {
			t.Errorf("%s: %v", curve, a.CSCA.KeyError)
		}
		want(t, pki.VerifyDocument(signed(t, a, nil), a.Store(t), pki.VerifyOptions{Now: inspected}), "pppn")
	}
	a := pkitest.NewAuthority(t, pkitest.Options{Key: "brainpoolP256r1"})
	key, err := ecc.FromPublic(a.CSCAKey.Public())
	if err != nil {
		t.Fatal(err)
	}
	curve := key.Curve
	for name, number := range map[string]*big.Int{"p": curve.P(), "a": curve.A(), "b": curve.B(), "G": curve.Gy(), "n": curve.N()} {
		b := number.Bytes()
		spki := bytes.Clone(a.CSCA.RawSPKI)
		at := bytes.Index(spki, b)
		if at < 0 {
			t.Fatalf("%s is not in the key", name)
		}
		spki[at+len(b)-1] ^= 2
		r := pkitest.TakeApart(a.CSCA)
		r.SPKI = spki
		c := r.SignedBy(t, a.CSCAKey, cms.SignOptions{})
		if c.PublicKey != nil || c.KeyError == nil || c.SelfSigned() {
			t.Errorf("a key whose %s is another was taken", name)
		}
	}
	r := pkitest.TakeApart(a.CSCA)
	cofactor := bytes.LastIndex(r.SPKI[:len(r.SPKI)-67], []byte{2, 1, 1})
	r.SPKI = bytes.Clone(r.SPKI)
	r.SPKI[cofactor+2] = 2
	if c := r.SignedBy(t, a.CSCAKey, cms.SignOptions{}); c.PublicKey != nil {
		t.Error("a key with another cofactor was taken")
	}
}

// TestCurveMismatch: a signature of one curve under a certificate whose key is on
// another is not tried on others until it fits.
func TestCurveMismatch(t *testing.T) {
	a, b := pkitest.NewAuthority(t, pkitest.Options{Key: "P-224"}), pkitest.NewAuthority(t, pkitest.Options{Key: "brainpoolP224r1"})
	a.DSKey = b.DSKey
	r := pki.VerifyDocument(signed(t, a, nil), a.Store(t), pki.VerifyOptions{Now: inspected})
	want(t, r, "fnnn")
	// A hash longer than the order is cut off, one that is shorter is taken whole.
	for _, o := range []pkitest.Options{{Key: "P-224", Sign: cms.SignOptions{Hash: crypto.SHA512}}, {Key: "P-521", Sign: cms.SignOptions{Hash: crypto.SHA224}},
		{Key: "P-256", Sign: cms.SignOptions{Hash: crypto.SHA384}}} {
		a := pkitest.NewAuthority(t, o)
		sd := signed(t, a, func(s *pkitest.SignedOptions) { s.Sign = o.Sign })
		want(t, pki.VerifyDocument(sd, a.Store(t), pki.VerifyOptions{Now: inspected}), "pppn")
	}
}

// TestSignerAlgorithmCounts: the algorithm is the one that the signer names, whatever
// signed his certificate.
func TestSignerAlgorithmCounts(t *testing.T) {
	a := pkitest.NewAuthority(t, pkitest.Options{Key: "RSA-2048"})
	a.DS = pkitest.TakeApart(a.DS).SignedBy(t, a.CSCAKey, cms.SignOptions{PKCS1: true, Hash: crypto.SHA512})
	sd := signed(t, a, func(o *pkitest.SignedOptions) { o.Sign = cms.SignOptions{Hash: crypto.SHA224} })
	if alg := sd.Signers[0].SignatureAlgorithm; alg.OID != rsaPSS || a.DS.SignatureAlgorithm.OID == rsaPSS {
		t.Fatalf("signed with %v, the certificate with %v", alg, a.DS.SignatureAlgorithm)
	}
	want(t, pki.VerifyDocument(sd, a.Store(t), pki.VerifyOptions{Now: inspected}), "pppn")
}

// TestSHA1Said: SHA-1 in the chain passes as a fact, and the result says so.
func TestSHA1Said(t *testing.T) {
	a := pkitest.NewAuthority(t, pkitest.Options{})
	r := pkitest.TakeApart(a.DS)
	r.Algorithm = tlv.Encode(0x30, cms.MarshalOID("1.2.840.10045.4.1"))
	a.DS = r.With(t, func(tbs []byte) []byte {
		sum := sha1.Sum(tbs)
		key, err := ecc.FromPublic(a.CSCAKey.Public())
		if err != nil {
			t.Fatal(err)
		}
		sig, err := a.CSCAKey.Sign(rand.Reader, sum[:], crypto.SHA1)
		if std, ok := key.Std(); err != nil || ok && !ecdsa.VerifyASN1(std, sum[:], sig) {
			t.Fatal("the test's own signature is wrong")
		}
		return sig
	})
	v := pki.VerifyDocument(signed(t, a, nil), a.Store(t), pki.VerifyOptions{Now: inspected})
	want(t, v, "pppn")
	if !slices.ContainsFunc(v.Deviations, func(d cardprofile.Deviation) bool { return d.Rule == "cms.sha1" && d.Where == "DS certificate" }) {
		t.Errorf("SHA-1 of the Document Signer certificate is not said: %v", v.Deviations)
	}
}

// link makes a CSCA that follows on a, with its own name, and the link certificate
// by which a's old key certifies the new one.
func link(t *testing.T, a *pkitest.Authority, name string) (next *pkitest.Authority, link *pki.Certificate) {
	t.Helper()
	next = pkitest.NewAuthority(t, pkitest.Options{Name: name})
	r := pkitest.TakeApart(next.CSCA)
	r.Issuer = a.CSCA.Subject.Raw
	if name != a.CSCA.Subject.CommonName() {
		r.Put(idNameChange, false, []byte{5, 0})
	}
	r.Put(idAuthorityKeyID, false, tlv.Encode(0x30, tlv.Encode(0x80, a.CSCA.SubjectKeyID)))
	r.Serial = []byte{0x42}
	return next, r.SignedBy(t, a.CSCAKey, cms.SignOptions{})
}

func TestLinks(t *testing.T) {
	for _, name := range []string{"CSCA Viet Nam", "CSCA Viet Nam 2"} {
		t.Run(name, func(t *testing.T) {
			a := pkitest.NewAuthority(t, pkitest.Options{})
			next, first := link(t, a, name)
			last, second := link(t, next, name)
			store := a.Store(t)
			v := func(x *pkitest.Authority) *pki.Result {
				return pki.VerifyDocument(signed(t, x, nil), store, pki.VerifyOptions{Now: inspected, IssuingState: "VNM"})
			}
			want(t, v(next), "pnnn")
			for i, c := range []*pki.Certificate{first, second} {
				if _, err := store.Import(fmt.Sprint(i), c.Raw, pki.ImportOptions{}); err != nil {
					t.Fatal(err)
				}
			}
			r := v(last)
			want(t, r, "pppn")
			if len(r.Links) != 2 || r.Anchor.Fingerprint() != a.CSCA.Fingerprint() {
				t.Errorf("anchored in %v over %v", r.Anchor, r.Links)
			}
			// Its own self-signed certificate is the shorter way.
			if _, err := store.Import("last", last.CSCA.Raw, pki.ImportOptions{}); err != nil {
				t.Fatal(err)
			}
			if r := v(last); len(r.Links) != 0 || r.Anchor.Fingerprint() != last.CSCA.Fingerprint() {
				t.Errorf("anchored in %v over %v", r.Anchor, r.Links)
			}
			// A link that its CSCA did not sign leads nowhere.
			forged, _ := link(t, a, name)
			stranger := pkitest.NewAuthority(t, pkitest.Options{})
			fake := pkitest.TakeApart(forged.CSCA)
			fake.Issuer = a.CSCA.Subject.Raw
			fake.Put(idAuthorityKeyID, false, tlv.Encode(0x30, tlv.Encode(0x80, a.CSCA.SubjectKeyID)))
			if _, err := store.Import("forged", fake.SignedBy(t, stranger.CSCAKey, cms.SignOptions{}).Raw, pki.ImportOptions{}); err != nil {
				t.Fatal(err)
			}
			want(t, v(forged), "pnnn")
		})
	}
}

// TestAuthorityKeyIDMissing: then every CSCA of the name is asked.
func TestAuthorityKeyIDMissing(t *testing.T) {
	a, b := pkitest.NewAuthority(t, pkitest.Options{}), pkitest.NewAuthority(t, pkitest.Options{})
	a.DS = pkitest.TakeApart(a.DS).Without(idAuthorityKeyID).SignedBy(t, a.CSCAKey, cms.SignOptions{})
	store := b.Store(t)
	if _, err := store.Import("a", a.CSCA.Raw, pki.ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	r := pki.VerifyDocument(signed(t, a, nil), store, pki.VerifyOptions{Now: inspected})
	want(t, r, "pppn")
	if !deviates(r, "x509.authoritykeyid.missing") || r.Anchor.Fingerprint() != a.CSCA.Fingerprint() {
		t.Errorf("%v %v", r.Anchor, r.Deviations)
	}
}

// TestNothingTrustedByHand: writing into a result, or into the object behind it,
// makes nothing trusted that was not.
func TestNothingTrustedByHand(t *testing.T) {
	a := pkitest.NewAuthority(t, pkitest.Options{})
	sd := signed(t, a, nil)
	r := pki.VerifyDocument(sd, pki.NewStore(false), pki.VerifyOptions{Now: inspected})
	want(t, r, "pnnn")
	r.Chain.Outcome, r.Validity.Outcome, r.Trust = pki.Passed, pki.Passed, pki.TrustAnchored
	if _, ok := r.Trusted(); ok {
		t.Error("a result that was written into is trusted")
	}
	r = pki.VerifyDocument(sd, a.Store(t), pki.VerifyOptions{Now: inspected})
	trusted, ok := r.Trusted()
	sd.Content[0] ^= 1
	if !ok || !bytes.Equal(trusted.Content(), []byte{0x30, 0}) {
		t.Error("trusted content changed with the object it came from")
	}
	trusted.Content()[0] = 0
	if trusted.Content()[0] == 0 {
		t.Error("trusted content can be written into")
	}
}
