//go:build cgo

package pkcs11_test

import (
	"context"
	"crypto"
	"crypto/rsa"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cardprofile/pki/pkitest"
	"github.com/chipid-toolkit/chipid/cardprofile/sod"
	"github.com/chipid-toolkit/chipid/hsm"
	"github.com/chipid-toolkit/chipid/hsm/hsmtest"
	"github.com/chipid-toolkit/chipid/hsm/pkcs11"
)

// signing is one algorithm to measure; batch is how many signatures a worker makes in
// a round.
type signing struct {
	name  string
	spec  hsm.KeySpec
	sign  cms.SignOptions
	opts  crypto.SignerOpts
	hash  crypto.Hash
	batch int
}

var signings = []signing{
	{"rsa3072pss", hsm.KeySpec{RSABits: 3072}, cms.SignOptions{}, &rsa.PSSOptions{SaltLength: 32, Hash: crypto.SHA256}, crypto.SHA256, 8},
	{"p256", hsm.KeySpec{Curve: "P-256"}, cms.SignOptions{}, crypto.SHA256, crypto.SHA256, 64},
	{"brainpoolP384r1", hsm.KeySpec{Curve: "brainpoolP384r1"}, cms.SignOptions{}, crypto.SHA384, crypto.SHA384, 16},
}

// bureau is a Document Signer in a SoftHSM2 token.
type bureau struct {
	signing
	key   crypto.Signer
	ds    *pki.Certificate
	trust *pki.Store
}

func newBureau(b *testing.B, ring hsm.Keyring, s signing) bureau {
	b.Helper()
	s.spec.Label = s.name
	ref, public, err := ring.Generate(context.Background(), s.spec)
	if err != nil {
		b.Fatal(err)
	}
	key, err := ring.Signer(context.Background(), ref)
	if err != nil {
		b.Fatal(err)
	}
	a := pkitest.NewAuthority(b, pkitest.Options{Name: "CSCA " + s.name})
	return bureau{s, key, a.NewDS(b, public, func(*pki.DSOptions) {}), a.Store(b)}
}

func (u bureau) prepare() (*sod.Token, []byte, error) {
	group := func(name string, tag tlv.Tag, size int) lds.File {
		return lds.File{Name: name, Bytes: tlv.Encode(tag, make([]byte, size))}
	}
	return sod.Prepare([]lds.File{group("EF.DG1", 0x61, 93), group("EF.DG2", 0x75, 15000), group("EF.DG14", 0x6E, 300)},
		sod.Options{Signer: u.ds, LDSVersion: "0107", SigningTime: pkitest.Epoch.AddDate(0, 0, 20), Sign: u.sign})
}

func benchRing(b *testing.B) hsm.Keyring {
	b.Helper()
	module, _ := hsmtest.SoftHSM(b)
	ring, err := pkcs11.Open(context.Background(), pkcs11.Config{Module: module, Token: hsmtest.TokenLabel, PIN: hsm.FixedPIN(mac.NewKey([]byte(hsmtest.TokenPIN))), Sessions: 8})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = ring.Close() })
	return ring
}

// BenchmarkSign holds Token.Sign (C_SignInit, C_Sign, the object put together) against
// bare C_SignInit and C_Sign in the same sessions, in rounds that take turns; the ratio
// is that of the medians. Its verification before it is handed out is a figure by itself.
func BenchmarkSign(b *testing.B) {
	ring := benchRing(b)
	for _, s := range signings {
		u := newBureau(b, ring, s)
		for _, workers := range []int{1, 2, 4, 8} {
			b.Run(fmt.Sprintf("%s/%d", s.name, workers), func(b *testing.B) { u.ratio(b, workers) })
		}
		b.Run(s.name+"/verify", u.verification)
	}
}

func (u bureau) ratio(b *testing.B, workers int) {
	_, attributes, err := u.prepare()
	if err != nil {
		b.Fatal(err)
	}
	h := u.hash.New()
	h.Write(attributes)
	digest := h.Sum(nil)
	var whole, bare []float64
	for round := range b.N {
		tokens := make([][]*sod.Token, workers)
		for w := range tokens {
			for range u.batch {
				t, _, err := u.prepare()
				if err != nil {
					b.Fatal(err)
				}
				tokens[w] = append(tokens[w], t)
			}
		}
		runtime.GC() // what preparing left is not signing's to collect
		measure := func(one func(w, i int) error) float64 {
			var wait sync.WaitGroup
			failed := make(chan error, workers)
			start := time.Now()
			for w := range workers {
				wait.Go(func() {
					for i := range u.batch {
						if err := one(w, i); err != nil {
							failed <- err
							return
						}
					}
				})
			}
			wait.Wait()
			took := time.Since(start).Seconds()
			select {
			case err := <-failed:
				b.Fatal(err)
			default:
			}
			return took
		}
		issue := func() {
			whole = append(whole, measure(func(w, i int) error {
				_, err := tokens[w][i].Sign(context.Background(), u.key)
				return err
			}))
		}
		sign := func() {
			bare = append(bare, measure(func(int, int) error {
				_, err := pkcs11.BareSign(u.key, digest, u.opts)
				return err
			}))
		}
		if round%2 == 0 {
			issue()
			sign()
		} else {
			sign()
			issue()
		}
	}
	n := float64(workers * u.batch)
	b.ReportMetric(median(bare)/median(whole), "ratio")
	b.ReportMetric(n/median(whole), "objects/s")
	b.ReportMetric(0, "ns/op")
	if b.N > 1 {
		fmt.Printf("figure sign.ratio.%s.%d %.3f ratio\n", u.name, workers, median(bare)/median(whole))
	}
}

func (u bureau) verification(b *testing.B) {
	var took []float64
	for range b.N {
		t, _, err := u.prepare()
		if err != nil {
			b.Fatal(err)
		}
		s, err := t.Sign(context.Background(), u.key)
		if err != nil {
			b.Fatal(err)
		}
		start := time.Now()
		if _, err := s.VerifyTo(u.trust, pki.VerifyOptions{Now: pkitest.Epoch.AddDate(0, 0, 20)}); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(start).Seconds()*1000)
	}
	b.ReportMetric(median(took), "ms")
	if b.N > 1 {
		fmt.Printf("figure sign.verify.%s %.3f ms\n", u.name, median(took))
	}
}

func median(values []float64) float64 {
	slices.Sort(values)
	return (values[(len(values)-1)/2] + values[len(values)/2]) / 2
}

// BenchmarkSignMemory makes b.N objects, verified, and says what lives on the heap
// after each tenth of them: the last beside the first. -benchtime 100000x.
func BenchmarkSignMemory(b *testing.B) {
	u := newBureau(b, benchRing(b), signings[1])
	var heap []float64
	for i := range b.N {
		t, _, err := u.prepare()
		if err != nil {
			b.Fatal(err)
		}
		s, err := t.Sign(context.Background(), u.key)
		if err == nil {
			_, err = s.VerifyTo(u.trust, pki.VerifyOptions{Now: pkitest.Epoch.AddDate(0, 0, 20)})
		}
		if err != nil {
			b.Fatal(err)
		}
		if (i+1)%max(b.N/10, 1) == 0 {
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			heap = append(heap, float64(m.HeapAlloc))
		}
	}
	b.ReportMetric(heap[len(heap)-1]/heap[0], "last/first")
	if b.N > 1 {
		fmt.Printf("figure sign.memory %.3f ratio\nfigure sign.memory.objects %d objects\nfigure sign.memory.heap %.0f bytes\n", heap[len(heap)-1]/heap[0], b.N, heap[len(heap)-1])
	}
}
