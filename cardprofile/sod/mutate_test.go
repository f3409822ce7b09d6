package sod_test

import (
	"bytes"
	"context"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cardprofile/pki/pkitest"
	"github.com/chipid-toolkit/chipid/cardprofile/sod"
)

// verdict is what changes of bytes are measured by: whether everything required
// passed, and the deviations beside it.
func verdict(b []byte, store *pki.Store, o pki.VerifyOptions) (passed bool, deviations map[string]int) {
	s, err := sod.Parse(b)
	if err != nil {
		return false, nil
	}
	r := sod.Verify(s, store, o)
	deviations = map[string]int{}
	for _, d := range r.Deviations {
		deviations[d.String()]++
	}
	return r.Signature.Outcome == pki.Passed && r.Chain.Outcome == pki.Passed && r.Validity.Outcome == pki.Passed, deviations
}

// added says whether after holds a deviation that before does not.
func added(before, after map[string]int) bool {
	for d, n := range after {
		if n > before[d] {
			return true
		}
	}
	return false
}

// mutate changes the positions of a security object that at picks by xor 01, 80 and
// FF, and wants the outcome not passed or a deviation added.
func mutate(t *testing.T, b []byte, store *pki.Store, o pki.VerifyOptions, at func(i int) bool) {
	t.Helper()
	passed, baseline := verdict(b, store, o)
	if !passed {
		t.Fatal("the unchanged object does not pass")
	}
	unseen := 0
	for i := range b {
		if !at(i) {
			continue
		}
		for _, x := range []byte{0x01, 0x80, 0xff} {
			m := bytes.Clone(b)
			m[i] ^= x
			if passed, devs := verdict(m, store, o); passed && !added(baseline, devs) {
				unseen++
				if unseen < 20 {
					t.Errorf("byte %d of %d, %02x to %02x: passed without a deviation", i, len(b), b[i], m[i])
				}
			}
		}
	}
	if unseen > 0 {
		t.Errorf("%d changes passed unseen", unseen)
	}
}

// TestMutateOwn changes every position for P-256, and with CHIPID_MUTATE=all for
// every algorithm; else the fields outside the certificate, which no signature of the
// CSCA covers, and a sample inside.
func TestMutateOwn(t *testing.T) {
	for _, alg := range algorithms {
		all := alg.name == "P-256" || os.Getenv("CHIPID_MUTATE") == "all"
		if !all && testing.Short() {
			continue
		}
		t.Run(alg.name, func(t *testing.T) {
			a := pkitest.NewAuthority(t, alg.o)
			o := options(a)
			o.Sign = alg.o.Sign
			b := issue(t, a, o)
			start := bytes.Index(b, a.DS.Raw)
			end := start + len(a.DS.Raw)
			mutate(t, b, a.Store(t), pki.VerifyOptions{Now: inspected}, func(i int) bool {
				return all || (i < start || i >= end) && i%3 == 0 || i%37 == 0
			})
		})
	}
}

// TestMutateForms changes objects in the forms that real ones have and ours do not:
// a signer named by his key, unsigned attributes, no signing time, certificates
// beside the signer's that nothing signs for.
func TestMutateForms(t *testing.T) {
	all := os.Getenv("CHIPID_MUTATE") == "all"
	a := pkitest.NewAuthority(t, pkitest.Options{})
	content := parse(t, issue(t, a, options(a))).Signed.Content
	at := pkitest.Epoch.AddDate(0, 0, 10)
	for name, o := range map[string]pkitest.SignedOptions{
		"named by key":        {KeyID: true, SigningTime: at},
		"unsigned attributes": {SigningTime: at, Unsigned: tlv.Encode(0xa1, tlv.Encode(0x30, cms.MarshalOID("1.2.3"), tlv.Encode(0x31, []byte{5, 0})))},
		"no signing time":     {},
		"two certificates":    {SigningTime: at, Certificates: []*pki.Certificate{a.DS, a.CSCA}},
	} {
		t.Run(name, func(t *testing.T) {
			mutate(t, a.Sign(t, content, o), a.Store(t), pki.VerifyOptions{Now: inspected}, func(i int) bool { return all || i%7 == 0 })
		})
	}
}

// TestSignatureEncodings writes the same signature with a padded number: one
// signature, one encoding.
func TestSignatureEncodings(t *testing.T) {
	a := pkitest.NewAuthority(t, pkitest.Options{})
	b := issue(t, a, options(a))
	s := parse(t, b)
	sig := s.Signed.Signers[0].Signature
	r := new(big.Int).SetBytes(sig[4 : 4+int(sig[3])])
	padded := append([]byte{0x02, sig[3] + 1, 0}, sig[4:4+int(sig[3])]...)
	if r.Sign() <= 0 {
		t.Fatal("r is not positive")
	}
	rest := sig[4+int(sig[3]):]
	long := append([]byte{0x30, byte(len(padded) + len(rest))}, append(padded, rest...)...)
	s.Signed.Signers[0].Signature = long
	if _, err := s.Signed.Verify(s.Signed.Signers[0], a.DS.PublicKey); err == nil {
		t.Error("a padded integer was accepted")
	}
}

func TestCorpusSODs(t *testing.T) {
	store := corpusStore(t)
	names := pkitest.Files(t, "sod-real")
	if len(names) != 10 {
		t.Errorf("%d real security objects, the corpus has 10", len(names))
	}
	for _, name := range names {
		t.Run(filepath.Base(name), func(t *testing.T) {
			s := parse(t, pkitest.Read(t, name))
			r := sod.Verify(s, store, pki.VerifyOptions{})
			if r.Signature.Outcome != pki.Passed {
				t.Errorf("sod.signature %v: %s", r.Signature.Outcome, r.Signature.Reason)
			}
			if r.Chain.Outcome != pki.Passed || r.Trust != pki.TrustAnchored {
				t.Errorf("sod.chain %v: %s", r.Chain.Outcome, r.Chain.Reason)
			}
			if r.Validity.Outcome == pki.Failed {
				t.Errorf("sod.validity: %s", r.Validity.Reason)
			}
			// Without anchors the same object is inconclusive, not passed.
			none := sod.Verify(s, pki.NewStore(false), pki.VerifyOptions{})
			if none.Signature.Outcome != pki.Passed || none.Chain.Outcome != pki.NotPerformed {
				t.Errorf("without anchors: %+v %+v", none.Signature, none.Chain)
			}
		})
	}
	for _, name := range pkitest.Files(t, "sod-altered") {
		s, err := sod.Parse(pkitest.Read(t, name))
		if err != nil {
			continue // altered beyond reading: nothing of it can pass
		}
		if r := sod.Verify(s, store, pki.VerifyOptions{}); r.Signature.Outcome != pki.Failed {
			t.Errorf("%s: sod.signature %v: %s", filepath.Base(name), r.Signature.Outcome, r.Signature.Reason)
		}
	}
}

// TestMutateCorpus changes a sample of the bytes of real objects: BER with
// indefinite lengths, RSA-PSS, SHA-1, RDNs in another order.
func TestMutateCorpus(t *testing.T) {
	if testing.Short() {
		t.Skip("changes of real objects take time: left out by -short")
	}
	store := corpusStore(t)
	all := os.Getenv("CHIPID_MUTATE") == "all"
	for _, name := range pkitest.Files(t, "sod-real") {
		t.Run(filepath.Base(name), func(t *testing.T) {
			b := pkitest.Read(t, name)
			// Inspected when most of the signers were valid, so that validity passes.
			s := parse(t, b)
			o := pki.VerifyOptions{}
			if ds := sod.Verify(s, store, o).Signer; ds != nil {
				o.Now = ds.NotAfter.AddDate(0, 0, -1)
			}
			mutate(t, b, store, o, func(i int) bool { return all || i%67 == 0 })
		})
	}
}

func corpusStore(t *testing.T) *pki.Store {
	t.Helper()
	store := pki.NewStore(false)
	pkitest.ImportCorpus(t, store)
	return store
}

func FuzzParse(f *testing.F) {
	a := pkitest.NewAuthority(f, pkitest.Options{})
	token, _, err := sod.Prepare(groups(), options(a))
	if err != nil {
		f.Fatal(err)
	}
	b, err := token.Issue(context.Background(), a.DSKey)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add(b[4:])
	f.Add([]byte("\x77\x80\x00\x00"))
	store := a.Store(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := sod.Parse(b)
		if err != nil {
			return
		}
		r := sod.Verify(s, store, pki.VerifyOptions{Now: inspected})
		if _, ok := r.Trusted(); ok && !bytes.Equal(r.Signer.Raw, a.DS.Raw) {
			t.Error("trusted a signer that the CSCA did not issue")
		}
		_ = fmt.Sprint(r.Checks(), r.Deviations)
	})
}
