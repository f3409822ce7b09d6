package signer_test

import (
	"bytes"
	"context"
	"crypto"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cardprofile/pki/pkitest"
	"github.com/chipid-toolkit/chipid/cardprofile/sod"
	"github.com/chipid-toolkit/chipid/cardprofile/sod/signer"
	"github.com/chipid-toolkit/chipid/testcards/sample"
)

var (
	today = pkitest.Epoch.AddDate(0, 0, 20)
	files = sync.OnceValues(func() (*sample.Card, error) { return sample.Issue(context.Background(), 0) })
)

// request is the data groups of an issued card, and the keys of its chip.
func request(tb testing.TB) signer.Request {
	tb.Helper()
	card, err := files()
	if err != nil {
		tb.Fatal(err)
	}
	r := signer.Request{LDSVersion: "0107", SigningTime: today}
	for _, f := range card.Files {
		id, ok := lds.FileByName(f.Name)
		switch {
		case ok && id.Number() > 0:
			r.Groups = append(r.Groups, lds.File{Name: f.Name, Bytes: bytes.Clone(f.Bytes)})
		case f.Name == lds.NameCOM || f.Name == "EF.CardAccess":
			r.Beside = append(r.Beside, f)
		}
		switch f.Name {
		case "EF.DG14":
			infos, _, err := lds.ParseDG14(f.Bytes)
			if err != nil {
				tb.Fatal(err)
			}
			for _, k := range infos.ChipAuthKeys {
				r.ChipKeys = append(r.ChipKeys, k.Public)
			}
		case "EF.DG15":
			k, _, err := lds.ParseDG15(f.Bytes)
			if err != nil {
				tb.Fatal(err)
			}
			r.ChipKeys = append(r.ChipKeys, k.Public)
		}
	}
	if len(r.ChipKeys) == 0 {
		tb.Fatal("the sample card has no keys")
	}
	return r
}

// world is an authority whose Document Signers outlast the sample's documents.
type world struct {
	*pkitest.Authority
	pool *signer.Pool
}

func newWorld(tb testing.TB) world {
	tb.Helper()
	a := pkitest.NewAuthority(tb, pkitest.Options{Name: "CSCA Signer"})
	return world{a, &signer.Pool{Trust: a.Store(tb), Clock: func() time.Time { return today }}}
}

// signer makes a Document Signer; months is how long its key signs.
func (w world) signer(tb testing.TB, months int, change func(*pki.DSOptions)) signer.DocumentSigner {
	tb.Helper()
	key := pkitest.Key(tb, "P-256")
	return signer.DocumentSigner{Key: key, Certificate: w.NewDS(tb, key.Public(), func(o *pki.DSOptions) {
		o.NotAfter, o.PrivateKeyNotAfter = pkitest.Epoch.AddDate(15, 2, 0), pkitest.Epoch.AddDate(0, months, 0)
		if change != nil {
			change(o)
		}
	})}
}

func (w world) add(tb testing.TB, d signer.DocumentSigner) signer.DocumentSigner {
	tb.Helper()
	if err := w.pool.Add(d); err != nil {
		tb.Fatal(err)
	}
	return d
}

func TestIssue(t *testing.T) {
	w := newWorld(t)
	later := w.add(t, w.signer(t, 6, nil))
	sooner := w.add(t, w.signer(t, 3, nil))
	job, err := w.pool.Prepare(request(t))
	if err != nil {
		t.Fatal(err)
	}
	if job.Signer() != sooner.Certificate {
		t.Error("the key whose period ends first is not used first")
	}
	file, err := job.Issue(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	s, err := sod.Parse(file)
	if err != nil || !bytes.Equal(s.Signed.Signers[0].SignedAttrs, job.Attributes()) {
		t.Errorf("%v: what was signed is not what was announced", err)
	}
	r := sod.Verify(s, w.pool.Trust, pki.VerifyOptions{Now: today})
	if r.Trust != pki.TrustAnchored || len(r.Deviations) > 0 {
		t.Error(r.Trust, r.Deviations)
	}
	for _, f := range request(t).Groups {
		if c := r.CheckHash(f); c.Outcome != pki.Passed {
			t.Error(c.ID, c.Reason)
		}
	}
	if _, err := job.Issue(context.Background()); !errors.Is(err, sod.ErrUsed) {
		t.Errorf("signed twice: %v", err)
	}
	// When the first key's period is over, the next one signs.
	in := request(t)
	in.SigningTime = pkitest.Epoch.AddDate(0, 4, 0)
	if _, c, err := w.pool.Issue(context.Background(), in); err != nil || c != later.Certificate {
		t.Errorf("%v, %v", c, err)
	}
	if !w.pool.Retire(later.Certificate.Fingerprint()) || w.pool.Retire("no such") {
		t.Error("retire")
	}
	if _, _, err := w.pool.Issue(context.Background(), in); !errors.Is(err, signer.ErrNoSigner) {
		t.Error(err)
	}
}

func TestSignersTakeTurns(t *testing.T) {
	w := newWorld(t)
	seen := map[string]int{}
	for range 3 {
		w.add(t, w.signer(t, 3, nil))
	}
	for range 30 {
		_, c, err := w.pool.Issue(context.Background(), request(t))
		if err != nil {
			t.Fatal(err)
		}
		seen[c.Fingerprint()]++
	}
	for f, n := range seen {
		if n != 10 {
			t.Errorf("%s signed %d of 30", f, n)
		}
	}
}

func TestLimit(t *testing.T) {
	w := newWorld(t)
	dir := t.TempDir()
	uses, err := signer.OpenFiles(dir, 4)
	if err != nil {
		t.Fatal(err)
	}
	w.pool.Uses = uses
	first, second := w.signer(t, 3, nil), w.signer(t, 6, nil)
	first.Limit, second.Limit = 5, 3
	w.add(t, first)
	w.add(t, second)
	seen := map[string]int{}
	var mu sync.Mutex
	var wait sync.WaitGroup
	var refused int
	for range 12 {
		wait.Go(func() {
			_, c, err := w.pool.Issue(context.Background(), request(t))
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				if !errors.Is(err, signer.ErrNoSigner) {
					t.Error(err)
				}
				refused++
				return
			}
			seen[c.Fingerprint()]++
		})
	}
	wait.Wait()
	if seen[first.Certificate.Fingerprint()] != 5 || seen[second.Certificate.Fingerprint()] != 3 || refused != 4 {
		t.Errorf("%v, %d refused", seen, refused)
	}
	// A restart does not forget.
	if err := uses.Close(); err != nil {
		t.Fatal(err)
	}
	if w.pool.Uses, err = signer.OpenFiles(dir, 4); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.pool.Issue(context.Background(), request(t)); !errors.Is(err, signer.ErrNoSigner) {
		t.Error(err)
	}
}

func TestUseFiles(t *testing.T) {
	dir := t.TempDir()
	open := func() *signer.Files {
		t.Helper()
		f, err := signer.OpenFiles(dir, 4)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	take := func(f *signer.Files, n int) (taken int) {
		for range n {
			if f.Take(context.Background(), "aa", 10) == nil {
				taken++
			}
		}
		return taken
	}
	f := open()
	if n := take(f, 5); n != 5 {
		t.Error(n)
	}
	// Another process finds the two that nobody has reserved, and no more.
	shared := filepath.Join(t.TempDir(), "shared")
	one, err := signer.OpenFiles(shared, 4)
	if err != nil {
		t.Fatal(err)
	}
	other, err := signer.OpenFiles(shared, 4)
	if err != nil {
		t.Fatal(err)
	}
	if n, m := take(one, 5), take(other, 5); n != 5 || m != 2 {
		t.Errorf("two processes took %d and %d of 10", n, m)
	}
	if err := errors.Join(one.Close(), other.Close()); err != nil {
		t.Fatal(err)
	}
	if one, err = signer.OpenFiles(shared, 4); err != nil {
		t.Fatal(err)
	}
	if n := take(one, 9); n != 0 {
		t.Errorf("what one process had reserved was given back over the other's head: %d", n)
	}
	// As after a crash: eight were reserved, and all of them count.
	crashed := t.TempDir()
	b, err := os.ReadFile(filepath.Join(dir, "aa.count"))
	if err == nil {
		err = os.WriteFile(filepath.Join(crashed, "aa.count"), b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	after, err := signer.OpenFiles(crashed, 4)
	if err != nil {
		t.Fatal(err)
	}
	if n := take(after, 5); n != 2 {
		t.Errorf("after a crash %d of 2 were left", n)
	}
	if err := after.Close(); err != nil {
		t.Fatal(err)
	}
	// A clean end gives back.
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	f = open()
	if n := take(f, 9); n != 5 {
		t.Errorf("after a clean end %d of 5 were left", n)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Take(context.Background(), "aa", 10); err == nil {
		t.Error("counted after the end")
	}
	// A damaged file is no zero.
	if err := os.WriteFile(filepath.Join(dir, "aa.count"), b[:11], 0o600); err != nil {
		t.Fatal(err)
	}
	f = open()
	defer f.Close()
	if err := f.Take(context.Background(), "aa", 0); err == nil {
		t.Error("a damaged count is taken for none")
	}
}

func TestRefusesInconsistentGroups(t *testing.T) {
	w := newWorld(t)
	w.add(t, w.signer(t, 3, nil))
	group := func(r *signer.Request, name string) *lds.File {
		return &r.Groups[slices.IndexFunc(r.Groups, func(f lds.File) bool { return f.Name == name })]
	}
	for rule, change := range map[string]func(*signer.Request){
		signer.RuleDG14Key: func(r *signer.Request) { r.ChipKeys = []crypto.PublicKey{pkitest.Key(t, "P-256").Public()} },
		signer.RuleChipKey: func(r *signer.Request) { r.ChipKeys = append(r.ChipKeys, pkitest.Key(t, "P-256").Public()) },
		signer.RuleGroup:   func(r *signer.Request) { r.Groups = append(r.Groups, r.Groups[0]) },
	} {
		r := request(t)
		change(&r)
		var broken *signer.RuleError
		if _, err := w.pool.Prepare(r); !errors.As(err, &broken) || broken.Rule != rule {
			t.Errorf("%s: %v", rule, err)
		}
	}
	// Every change of a byte of DG1's zone that breaks a check digit, and a file that is
	// another, are refused with the name of a rule.
	for _, change := range []func(*signer.Request){
		func(r *signer.Request) { b := group(r, "EF.DG1").Bytes; b[len(b)-1] ^= 1 },
		func(r *signer.Request) { group(r, "EF.DG1").Bytes = group(r, "EF.DG2").Bytes },
		func(r *signer.Request) { group(r, "EF.DG2").Bytes = group(r, "EF.DG2").Bytes[:100] },
		func(r *signer.Request) { group(r, "EF.DG14").Bytes = []byte{0x6e, 0x02, 0x31, 0x00} },
		func(r *signer.Request) { r.Groups = r.Groups[:1] },
		func(r *signer.Request) { r.SigningTime = today.AddDate(30, 0, 0) },
	} {
		r := request(t)
		change(&r)
		var broken *signer.RuleError
		if _, err := w.pool.Prepare(r); !errors.As(err, &broken) || broken.Rule == "" || broken.Where == "" {
			t.Errorf("%v", err)
		} else {
			t.Log(err)
		}
	}
}

func TestChoosesByWhatSignersMay(t *testing.T) {
	for name, change := range map[string]func(*pki.DSOptions){
		"passports alone":                 func(o *pki.DSOptions) { o.DocumentTypes = []string{"P"} },
		"the certificate ends first":      func(o *pki.DSOptions) { o.NotAfter = today.AddDate(1, 0, 0) },
		"the key has stopped":             func(o *pki.DSOptions) { o.PrivateKeyNotAfter = today.AddDate(0, 0, -1) },
		"not yet valid":                   func(o *pki.DSOptions) { o.NotBefore = today.AddDate(0, 0, 1) },
		"of documents of one code, no ID": func(o *pki.DSOptions) { o.DocumentTypes = []string{"IX"} },
	} {
		w := newWorld(t)
		w.add(t, w.signer(t, 3, change))
		if _, err := w.pool.Prepare(request(t)); !errors.Is(err, signer.ErrNoSigner) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAddRefuses(t *testing.T) {
	w := newWorld(t)
	good := w.add(t, w.signer(t, 3, nil))
	for name, d := range map[string]signer.DocumentSigner{
		"another key":               {Certificate: good.Certificate, Key: pkitest.Key(t, "P-256")},
		"a CSCA":                    {Certificate: w.CSCA, Key: w.CSCAKey},
		"one that is there":         good,
		"a limit that nobody keeps": {Certificate: w.DS, Key: w.DSKey, Limit: 5},
		"no key":                    {Certificate: w.DS},
		"of another CSCA":           newWorld(t).signer(t, 3, nil),
	} {
		if err := w.pool.Add(d); !errors.Is(err, signer.ErrSigner) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := len(w.pool.Signers()); n != 1 {
		t.Errorf("%d signers", n)
	}
}

// faulty signs right, or not, or something else.
type faulty struct {
	crypto.Signer
	wrong error
}

func (f faulty) Sign(r io.Reader, digest []byte, o crypto.SignerOpts) ([]byte, error) {
	if f.wrong != nil {
		return nil, f.wrong
	}
	digest = slices.Clone(digest)
	digest[0] ^= 1
	return f.Signer.Sign(r, digest, o)
}

func TestNothingLeavesUnverified(t *testing.T) {
	w := newWorld(t)
	d := w.signer(t, 3, nil)
	d.Key = faulty{Signer: d.Key}
	w.add(t, d)
	if file, _, err := w.pool.Issue(context.Background(), request(t)); err == nil || file != nil {
		t.Errorf("a wrong signature came out: %v", err)
	}
	// A signer whose CSCA checkpoints do not know, or whose certificate is revoked.
	w = newWorld(t)
	w.add(t, w.signer(t, 3, nil))
	w.pool.Trust = pki.NewStore(false)
	if file, _, err := w.pool.Issue(context.Background(), request(t)); !errors.Is(err, sod.ErrNotAnchored) || file != nil {
		t.Errorf("an object without anchor came out: %v", err)
	}
	w = newWorld(t)
	d = w.add(t, w.signer(t, 3, nil))
	if _, err := w.pool.Trust.Import("list.crl", w.CRL(t, today.AddDate(0, 0, -1), today.AddDate(0, 1, 0), d.Certificate.Serial), pki.ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	if file, _, err := w.pool.Issue(context.Background(), request(t)); err == nil || file != nil {
		t.Error("an object of a revoked signer came out")
	}
	// The token gone.
	w = newWorld(t)
	d = w.signer(t, 3, nil)
	gone := errors.New("gone")
	d.Key = faulty{d.Key, gone}
	w.add(t, d)
	if _, _, err := w.pool.Issue(context.Background(), request(t)); !errors.Is(err, gone) {
		t.Error(err)
	}
}
