package main

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"time"

	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cardprofile/sod"
)

// signing is a kind of signature that documents of the world carry.
type signing struct {
	name string
	key  func() (crypto.Signer, error)
}

func curveKey(c *ecc.Curve) func() (crypto.Signer, error) {
	return func() (crypto.Signer, error) { return ecc.GenerateKey(c, nil) }
}

var signings = []signing{
	{"p256", curveKey(ecc.P256())},
	{"brainpoolP256r1", curveKey(ecc.BrainpoolP256r1())},
	{"brainpoolP384r1", curveKey(ecc.BrainpoolP384r1())},
	{"rsa3072pss", func() (crypto.Signer, error) { return rsa.GenerateKey(rand.Reader, 3072) }},
}

// Rounds of each kind of signature, ours and OpenSSL's in turn; the best of each
// counts, since whatever else the machine does can only take away.
var (
	rounds = 5
	spell  = 300 * time.Millisecond
)

// specimen is a document as a chip holds it, with the store that anchors it.
type specimen struct {
	efSOD  []byte
	groups []lds.File
	store  *pki.Store
	now    time.Time
	ds     *pki.Certificate
	csca   *pki.Certificate
}

// verifying measures passive authentication of whole documents.
func verifying(ctx context.Context, w io.Writer) ([]figure, error) {
	fmt.Fprintf(w, "Passive authentication on one core: EF.SOD, Document Signer and CSCA, 16,384 bytes in 3 data groups.\n")
	fmt.Fprintf(w, "Ours parses EF.SOD and the signer's certificate each time, finds the CSCA, verifies both signatures and\n")
	fmt.Fprintf(w, "hashes the groups; openssl (libcrypto, keys loaded before) does the same two signatures and hashes.\n\n")
	fmt.Fprintf(w, "%-18s %12s %12s %7s\n", "", "documents/s", "openssl", "ratio")
	program, err := buildOpenSSL(ctx)
	if err != nil {
		return nil, err
	}
	defer program.remove()
	var figures []figure
	for _, s := range signings {
		d, err := newSpecimen(ctx, s)
		if err != nil {
			return nil, fmt.Errorf("verify %s: %w", s.name, err)
		}
		var ours, theirs float64
		for range rounds {
			rate, err := d.measure(spell)
			if err != nil {
				return nil, fmt.Errorf("verify %s: %w", s.name, err)
			}
			ours = max(ours, rate)
			if program == nil {
				continue
			}
			if rate, err = program.measure(ctx, d, spell); err != nil {
				return nil, fmt.Errorf("verify %s: %w", s.name, err)
			}
			theirs = max(theirs, rate)
		}
		figures = append(figures, figure{"verify." + s.name, math.Round(ours), "documents/s"})
		if program == nil {
			fmt.Fprintf(w, "%-18s %12.0f %12s\n", s.name, ours, "–")
			continue
		}
		fmt.Fprintf(w, "%-18s %12.0f %12.0f %7.2f\n", s.name, ours, theirs, ours/theirs)
		figures = append(figures, figure{"verify." + s.name + ".openssl", math.Round(theirs), "documents/s"})
	}
	if program == nil {
		fmt.Fprintln(w, "(openssl was not measured: cc and libssl-dev are not here)")
	}
	fmt.Fprintln(w)
	return figures, nil
}

// newSpecimen issues a document.
func newSpecimen(ctx context.Context, s signing) (*specimen, error) {
	begin := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	cscaKey, err := s.key()
	if err != nil {
		return nil, err
	}
	dsKey, err := s.key()
	if err != nil {
		return nil, err
	}
	subject := func(name string, years int) pki.Subject {
		return pki.Subject{Organization: "Bench", CommonName: name, Email: "bench@example.org", CRLURLs: []string{"http://example.org/crl"},
			NotBefore: begin, NotAfter: begin.AddDate(years, 3, 0), PrivateKeyNotAfter: begin.AddDate(0, 3, 0)}
	}
	d := &specimen{now: begin.AddDate(0, 1, 0), store: pki.NewStore(true)}
	if d.csca, err = pki.BuildCSCA(pki.CSCAOptions{Country: "UT", State: "UTO", Test: true, Subject: subject("CSCA Utopia", 15)}, cscaKey); err != nil {
		return nil, err
	}
	if d.ds, err = pki.BuildDS(pki.DSOptions{DocumentTypes: []string{"I"}, Subject: subject("DS Utopia", 10)}, dsKey.Public(), d.csca, cscaKey); err != nil {
		return nil, err
	}
	if _, err := d.store.Import("csca", d.csca.Raw, pki.ImportOptions{}); err != nil {
		return nil, err
	}
	d.groups = []lds.File{
		{Name: "EF.DG1", Bytes: tlv.Encode(0x61, tlv.Encode(0x5F1F, make([]byte, 90)))},
		{Name: "EF.DG2", Bytes: object(0x75, 15957)},
		{Name: "EF.DG14", Bytes: object(0x6E, 334-2)},
	}
	token, _, err := sod.Prepare(d.groups, sod.Options{Signer: d.ds, LDSVersion: "0108", SigningTime: begin.AddDate(0, 0, 1)})
	if err != nil {
		return nil, err
	}
	d.efSOD, err = token.Issue(ctx, dsKey)
	return d, err
}

// verify is passive authentication of the whole document, from bytes.
func (d *specimen) verify() error {
	s, err := sod.Parse(d.efSOD)
	if err != nil {
		return err
	}
	r := sod.Verify(s, d.store, pki.VerifyOptions{Now: d.now})
	for _, c := range r.Checks()[:3] {
		if c.Outcome != pki.Passed {
			return errors.New(c.Reason)
		}
	}
	for _, g := range d.groups {
		if c := r.CheckHash(g); c.Outcome != pki.Passed {
			return errors.New(c.Reason)
		}
	}
	return nil
}

// measure verifies for a while on one core, the collector's work included.
func (d *specimen) measure(spell time.Duration) (perSecond float64, err error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	begin, n := time.Now(), 0
	for time.Since(begin) < spell {
		if err := d.verify(); err != nil {
			return 0, err
		}
		n++
	}
	return float64(n) / time.Since(begin).Seconds(), nil
}
