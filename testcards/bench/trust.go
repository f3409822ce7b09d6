package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/chipid-toolkit/chipid/cardprofile/pki"
)

// trusted is how many CSCAs the trust store that is opened holds: those of the world.
const trusted = 1000

// opens is how often it is opened; the median counts.
const opens = 15

// trusting opens a trust store, and beside it one whose certificates are all parsed.
func trusting(_ context.Context, w io.Writer) ([]figure, error) {
	dir, err := os.MkdirTemp("", "chipid-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	dir = filepath.Join(dir, "trust")
	if err := fillStore(dir, trusted); err != nil {
		return nil, fmt.Errorf("trust store: %w", err)
	}
	open := func() (*pki.Store, error) { return pki.Open(dir) }
	parse := func() (*pki.Store, error) {
		s, err := pki.Open(dir)
		if err == nil && len(s.Anchors()) != trusted {
			err = fmt.Errorf("%d CSCAs where %d were put in", len(s.Anchors()), trusted)
		}
		return s, err
	}
	fmt.Fprintf(w, "Opening a trust store of %d CSCAs (index read, certificates parsed on demand), and parsing all of them\n\n", trusted)
	var figures []figure
	for _, m := range []struct {
		name, what string
		open       func() (*pki.Store, error)
	}{{"trust.open", "opened", open}, {"trust.open.parsed", "all parsed", parse}} {
		ms, mb, err := measureOpen(m.open)
		if err != nil {
			return nil, fmt.Errorf("trust store: %w", err)
		}
		fmt.Fprintf(w, "%-10s %8.2f ms %8.2f MB\n", m.what, ms, mb)
		figures = append(figures, figure{m.name, ms, "ms"}, figure{m.name + ".memory", mb, "MB"})
	}
	fmt.Fprintln(w)
	return figures, nil
}

// measureOpen returns the median time of an opening, and by how much the heap has
// grown after it and a collection, in MB of 10^6 bytes.
func measureOpen(open func() (*pki.Store, error)) (ms, mb float64, err error) {
	var times []time.Duration
	for range opens {
		begin := time.Now()
		if _, err := open(); err != nil {
			return 0, 0, err
		}
		times = append(times, time.Since(begin))
	}
	slices.Sort(times)
	before := heap()
	s, err := open()
	if err != nil {
		return 0, 0, err
	}
	grown := float64(heap()) - float64(before)
	runtime.KeepAlive(s)
	return float64(times[len(times)/2].Microseconds()) / 1000, max(0, grown) / 1e6, nil
}

func heap() uint64 {
	runtime.GC()
	runtime.GC() // what finalizers held
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// fillStore makes a store of n CSCAs of different names. They share a key, which
// makes them no smaller.
func fillStore(dir string, n int) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	s, err := pki.Create(dir, true)
	if err != nil {
		return err
	}
	from := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	var all []byte
	for i := range n {
		c, err := pki.BuildCSCA(pki.CSCAOptions{Country: "VN", State: "VNM", Test: true, Subject: pki.Subject{
			Organization: "Issuing authority", CommonName: fmt.Sprintf("CSCA %d", i), Email: "csca@example.org", CRLURLs: []string{"http://csca.example.org/crl"},
			NotBefore: from, NotAfter: from.AddDate(15, 3, 0), PrivateKeyNotAfter: from.AddDate(5, 0, 0)}}, key)
		if err != nil {
			return err
		}
		all = append(all, c.Raw...)
	}
	_, err = s.Import("cscas.der", all, pki.ImportOptions{})
	return err
}
