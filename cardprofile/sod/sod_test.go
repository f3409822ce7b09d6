package sod_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/sha256"
	"errors"
	"io"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cardprofile/pki/pkitest"
	"github.com/chipid-toolkit/chipid/cardprofile/sod"
)

var inspected = pkitest.Epoch.AddDate(0, 1, 0)

func groups() []lds.File {
	return []lds.File{
		{Name: "EF.DG14", Bytes: tlv.Encode(0x6e, []byte{0x31, 0x00})},
		{Name: "EF.DG2", Bytes: tlv.Encode(0x75, bytes.Repeat([]byte{0xab}, 3000))},
		{Name: "EF.DG1", Bytes: tlv.Encode(0x61, tlv.Encode(0x5f1f, bytes.Repeat([]byte{'<'}, 90)))},
	}
}

func options(a *pkitest.Authority) sod.Options {
	return sod.Options{Signer: a.DS, LDSVersion: "0107", SigningTime: pkitest.Epoch.AddDate(0, 0, 10)}
}

func issue(t testing.TB, a *pkitest.Authority, o sod.Options) []byte {
	t.Helper()
	token, _, err := sod.Prepare(groups(), o)
	if err != nil {
		t.Fatal(err)
	}
	b, err := token.Issue(context.Background(), a.DSKey)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func parse(t testing.TB, b []byte) *sod.SOD {
	t.Helper()
	s, err := sod.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// algorithms are the signatures that issuing offers.
var algorithms = []struct {
	name string
	o    pkitest.Options
}{
	{"P-256", pkitest.Options{Key: "P-256"}},
	{"P-384", pkitest.Options{Key: "P-384"}},
	{"P-521", pkitest.Options{Key: "P-521"}},
	{"P-224", pkitest.Options{Key: "P-224"}},
	{"brainpoolP256r1", pkitest.Options{Key: "brainpoolP256r1"}},
	{"brainpoolP384r1", pkitest.Options{Key: "brainpoolP384r1"}},
	{"brainpoolP512r1", pkitest.Options{Key: "brainpoolP512r1"}},
	{"RSA-PSS", pkitest.Options{Key: "RSA-2048"}},
	{"RSA-PSS SHA-512", pkitest.Options{Key: "RSA-2048", Sign: cms.SignOptions{Hash: crypto.SHA512}}},
	{"RSA PKCS1", pkitest.Options{Key: "RSA-2048", Sign: cms.SignOptions{PKCS1: true}}},
	{"RSA PKCS1 SHA-224", pkitest.Options{Key: "RSA-2048", Sign: cms.SignOptions{PKCS1: true, Hash: crypto.SHA224}}},
}

func TestIssueVerifiesAndOpenSSLAgrees(t *testing.T) {
	for _, alg := range algorithms {
		t.Run(alg.name, func(t *testing.T) {
			a := pkitest.NewAuthority(t, alg.o)
			o := options(a)
			o.Sign, o.LDSVersion = alg.o.Sign, "0108"
			file := issue(t, a, o)
			s := parse(t, file)
			r := sod.Verify(s, a.Store(t), pki.VerifyOptions{Now: inspected, IssuingState: "VNM", DocumentCode: "I<"})
			for _, c := range r.Checks()[:3] {
				if c.Outcome != pki.Passed {
					t.Errorf("%s: %v: %s", c.ID, c.Outcome, c.Reason)
				}
			}
			if len(r.Deviations) != 0 {
				t.Errorf("an object of our own deviates: %v", r.Deviations)
			}
			if r.Trust != pki.TrustAnchored || !r.SigningTime.Equal(o.SigningTime) {
				t.Errorf("trust %v, signed %v", r.Trust, r.SigningTime)
			}
			verifyWithOpenSSL(t, a, s)
		})
	}
}

// verifyWithOpenSSL holds signature, chain and content to what OpenSSL makes of them.
// OpenSSL 3 builds no chain over explicit EC parameters (its error 94), which Doc
// 9303-12 demands: there the Document Signer is the trusted end of the CMS check, and
// the CSCA's signature on it is checked by itself.
func verifyWithOpenSSL(t *testing.T, a *pkitest.Authority, s *sod.SOD) {
	t.Helper()
	dir := t.TempDir()
	run := func(want string, args ...string) {
		t.Helper()
		if out, err := pkitest.OpenSSL(t, args...); err != nil || !strings.Contains(out, want) {
			t.Fatalf("openssl %s: %v\n%s", args[0], err, out)
		}
	}
	in := pkitest.WriteFile(t, dir, "sod.der", s.Signed.Raw)
	for name, c := range map[string]*pki.Certificate{"csca": a.CSCA, "ds": a.DS} {
		run("", "x509", "-inform", "DER", "-in", pkitest.WriteFile(t, dir, name+".der", c.Raw), "-out", dir+"/"+name+".pem")
	}
	at := strconv.FormatInt(inspected.Unix(), 10)
	cms := []string{"cms", "-verify", "-inform", "DER", "-in", in, "-purpose", "any", "-attime", at, "-binary", "-out", dir + "/content.der"}
	if a.DS.ExplicitCurve {
		run("Verification successful", append(cms, "-partial_chain", "-CAfile", dir+"/ds.pem")...)
		run("", "x509", "-in", dir+"/csca.pem", "-pubkey", "-noout", "-out", dir+"/csca.pub")
		run("Verified OK", "dgst", "-"+digestNames[a.DS.SignatureAlgorithm.OID], "-verify", dir+"/csca.pub",
			"-signature", pkitest.WriteFile(t, dir, "ds.sig", a.DS.Signature), pkitest.WriteFile(t, dir, "ds.tbs", a.DS.RawTBS))
	} else {
		run("Verification successful", append(cms, "-CAfile", dir+"/csca.pem")...)
	}
	if got := pkitest.Read(t, dir+"/content.der"); !bytes.Equal(got, s.Signed.Content) {
		t.Error("OpenSSL took other content out of the object")
	}
}

var digestNames = map[string]string{"1.2.840.10045.4.3.1": "sha224", "1.2.840.10045.4.3.2": "sha256", "1.2.840.10045.4.3.3": "sha384", "1.2.840.10045.4.3.4": "sha512"}

func TestPrepareGivesTheBytesThatAreSigned(t *testing.T) {
	a := pkitest.NewAuthority(t, pkitest.Options{})
	token, attrs, err := sod.Prepare(groups(), options(a))
	if err != nil {
		t.Fatal(err)
	}
	spy := &spySigner{Signer: a.DSKey}
	b, err := token.Issue(context.Background(), spy)
	if err != nil {
		t.Fatal(err)
	}
	want := sha256.Sum256(attrs)
	if len(spy.digests) != 1 || !bytes.Equal(spy.digests[0], want[:]) {
		t.Errorf("the key signed %x, Prepare promised %x", spy.digests, want)
	}
	if got := parse(t, b).Signed.Signers[0].SignedAttrs; !bytes.Equal(got, attrs) {
		t.Error("the object carries other signed attributes than Prepare gave")
	}
}

type spySigner struct {
	crypto.Signer
	mu      sync.Mutex
	digests [][]byte
	fail    error
	break_  bool
}

func (s *spySigner) Sign(r io.Reader, digest []byte, o crypto.SignerOpts) ([]byte, error) {
	s.mu.Lock()
	s.digests = append(s.digests, bytes.Clone(digest))
	s.mu.Unlock()
	if s.fail != nil {
		return nil, s.fail
	}
	sig, err := s.Signer.Sign(r, digest, o)
	if s.break_ && err == nil {
		sig[len(sig)-1] ^= 1
	}
	return sig, err
}

func TestIssueOnce(t *testing.T) {
	a := pkitest.NewAuthority(t, pkitest.Options{})
	prepare := func() *sod.Token {
		token, _, err := sod.Prepare(groups(), options(a))
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	t.Run("at once", func(t *testing.T) {
		token, spy := prepare(), &spySigner{Signer: a.DSKey}
		var wg sync.WaitGroup
		var mu sync.Mutex
		made, used := 0, 0
		for range 16 {
			wg.Go(func() {
				b, err := token.Issue(context.Background(), spy)
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil && b != nil:
					made++
				case errors.Is(err, sod.ErrUsed):
					used++
				}
			})
		}
		wg.Wait()
		if made != 1 || used != 15 || len(spy.digests) != 1 {
			t.Errorf("made %d, refused %d, signed %d times", made, used, len(spy.digests))
		}
	})
	t.Run("after a failure of the token", func(t *testing.T) {
		token, broken := prepare(), errors.New("token gone")
		if _, err := token.Issue(context.Background(), &spySigner{Signer: a.DSKey, fail: broken}); !errors.Is(err, broken) {
			t.Errorf("got %v", err)
		}
		if _, err := token.Issue(context.Background(), a.DSKey); !errors.Is(err, sod.ErrUsed) {
			t.Errorf("signed after a failure: %v", err)
		}
	})
	t.Run("a wrong signature is not handed out", func(t *testing.T) {
		token := prepare()
		if b, err := token.Issue(context.Background(), &spySigner{Signer: a.DSKey, break_: true}); err == nil || b != nil {
			t.Error("a wrong signature was handed out")
		}
		if _, err := token.Issue(context.Background(), a.DSKey); !errors.Is(err, sod.ErrUsed) {
			t.Errorf("signed after a failure: %v", err)
		}
	})
	t.Run("another key and an ended context leave it unused", func(t *testing.T) {
		token := prepare()
		if _, err := token.Issue(context.Background(), pkitest.Key(t, "P-256")); err == nil {
			t.Fatal("another key signed")
		}
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if _, err := token.Issue(ctx, a.DSKey); !errors.Is(err, context.Canceled) {
			t.Fatalf("got %v", err)
		}
		if _, err := token.Issue(context.Background(), a.DSKey); err != nil {
			t.Errorf("the token was used up: %v", err)
		}
	})
}

func TestPrepareRefuses(t *testing.T) {
	a := pkitest.NewAuthority(t, pkitest.Options{})
	for _, c := range []struct {
		name   string
		change func(g *[]lds.File, o *sod.Options)
		want   string
	}{
		{"no signer", func(g *[]lds.File, o *sod.Options) { o.Signer = nil }, "no Document Signer"},
		{"a CSCA as signer", func(g *[]lds.File, o *sod.Options) { o.Signer = a.CSCA }, "CA certificate"},
		{"after the private key's period", func(g *[]lds.File, o *sod.Options) { o.SigningTime = pkitest.Epoch.AddDate(0, 4, 0) }, "private key"},
		{"before the certificate", func(g *[]lds.File, o *sod.Options) { o.SigningTime = pkitest.Epoch.AddDate(0, 0, -1) }, "not valid"},
		{"unknown LDS version", func(g *[]lds.File, o *sod.Options) { o.LDSVersion = "1.7" }, "LDS version"},
		{"SHA-1", func(g *[]lds.File, o *sod.Options) { o.Hash = crypto.SHA1 }, "hashed"},
		{"SHA-1 signature", func(g *[]lds.File, o *sod.Options) { o.Sign.Hash = crypto.SHA1 }, "not permitted"},
		{"Unicode version of letters", func(g *[]lds.File, o *sod.Options) { o.LDSVersion, o.UnicodeVersion = "0108", "four" }, "six digits"},
		{"a group twice", func(g *[]lds.File, o *sod.Options) { *g = append(*g, (*g)[0]) }, "twice"},
		{"EF.COM", func(g *[]lds.File, o *sod.Options) { *g = append(*g, lds.File{Name: "EF.COM", Bytes: []byte{0x60, 0}}) }, "no data group"},
		{"another group's tag", func(g *[]lds.File, o *sod.Options) { (*g)[0].Name = "EF.DG15" }, "one template"},
		{"bytes after the group", func(g *[]lds.File, o *sod.Options) { (*g)[0].Bytes = append((*g)[0].Bytes, 0) }, "one template"},
		{"DG2 missing", func(g *[]lds.File, o *sod.Options) { *g = append((*g)[:1], (*g)[2:]...) }, "EF.DG2 is missing"},
		{"nothing", func(g *[]lds.File, o *sod.Options) { *g = nil }, "EF.DG1 is missing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			g, o := groups(), options(a)
			c.change(&g, &o)
			token, _, err := sod.Prepare(g, o)
			if err == nil || token != nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
}

func TestCover(t *testing.T) {
	a := pkitest.NewAuthority(t, pkitest.Options{})
	s := parse(t, issue(t, a, options(a)))
	g := groups()
	r := sod.Verify(s, a.Store(t), pki.VerifyOptions{Now: inspected})
	for _, f := range g {
		if c := r.CheckHash(f); c.Outcome != pki.Passed || !strings.HasPrefix(c.ID, "dg.hash.") {
			t.Errorf("%+v", c)
		}
		if c, err := r.Cover(f); err != nil || !c.OK() || !bytes.Equal(c.File().Bytes, f.Bytes) {
			t.Errorf("%s is not covered: %v", f.Name, err)
		}
	}
	altered := lds.File{Name: "EF.DG1", Bytes: bytes.Clone(g[2].Bytes)}
	altered.Bytes[20] ^= 1
	if c := r.CheckHash(altered); c.Outcome != pki.Failed || c.ID != "dg.hash.1" {
		t.Errorf("%+v", c)
	}
	for _, f := range []lds.File{altered, {Name: "EF.DG3", Bytes: []byte{0x63, 0}}, {Name: "EF.COM", Bytes: []byte{0x60, 0}}} {
		if c, err := r.Cover(f); err == nil || c.OK() {
			t.Errorf("%s is covered", f.Name)
		}
	}
	// The hashes are right, and still nothing is covered without an anchor.
	r = sod.Verify(s, pki.NewStore(false), pki.VerifyOptions{Now: inspected})
	if c := r.CheckHash(g[2]); c.Outcome != pki.Passed {
		t.Errorf("%+v", c)
	}
	if c, err := r.Cover(g[2]); !errors.Is(err, sod.ErrNotTrusted) || c.OK() {
		t.Errorf("covered without an anchor: %v", err)
	}
	// Hashes put into the parsed object afterwards cover nothing either.
	r = sod.Verify(s, a.Store(t), pki.VerifyOptions{Now: inspected})
	sum := sha256.Sum256(altered.Bytes)
	for i := range s.Object.Groups {
		if s.Object.Groups[i].Number == 1 {
			s.Object.Groups[i].Hash = sum[:]
		}
	}
	if c, err := r.Cover(altered); err == nil || c.OK() {
		t.Error("a hash exchanged after the check covers a file")
	}
}

func TestSecurityObjectVersions(t *testing.T) {
	a := pkitest.NewAuthority(t, pkitest.Options{})
	o := options(a)
	o.Hash = crypto.SHA512
	s := parse(t, issue(t, a, o))
	if got := s.Object; got.Version != 0 || got.LDSVersion != "" || got.Hash != crypto.SHA512 {
		t.Errorf("V0: %+v", got)
	}
	if n := s.Object.Numbers(); len(n) != 3 || n[0] != 1 || n[1] != 2 || n[2] != 14 {
		t.Errorf("numbers %v", n)
	}
	o.LDSVersion = "0108"
	s = parse(t, issue(t, a, o))
	if got := s.Object; got.Version != 1 || got.LDSVersion != "0108" || got.UnicodeVersion != "040000" {
		t.Errorf("V1: %+v", got)
	}
}

func TestParseSecurityObjectDeviates(t *testing.T) {
	sha256OID := tlv.Encode(0x30, cms.MarshalOID("2.16.840.1.101.3.4.2.1"))
	group := func(n byte, size int) []byte {
		return tlv.Encode(0x30, []byte{2, 1, n}, tlv.Encode(0x04, make([]byte, size)))
	}
	object := func(version byte, parts ...[]byte) []byte {
		return tlv.Encode(0x30, append([][]byte{{2, 1, version}, sha256OID}, parts...)...)
	}
	two := tlv.Encode(0x30, group(1, 32), group(2, 32))
	info := tlv.Encode(0x30, tlv.Encode(0x13, []byte("0108")), tlv.Encode(0x13, []byte("040000")))
	for _, c := range []struct {
		name, rule string // "" is none, "error" an error
		der        []byte
	}{
		{"V0", "", object(0, two)},
		{"V1", "", object(1, two, info)},
		{"V1 without versions", "sod.versioninfo", object(1, two)},
		{"V0 with versions", "sod.versioninfo", object(0, two, info)},
		{"unknown version", "sod.version", object(2, two, info)},
		{"one group", "sod.groups", object(0, tlv.Encode(0x30, group(1, 32)))},
		{"group 17", "sod.group.number", object(0, tlv.Encode(0x30, group(1, 32), group(17, 32)))},
		{"short hash", "sod.group.hash", object(0, tlv.Encode(0x30, group(1, 32), group(2, 20)))},
		{"a group twice", "error", object(0, tlv.Encode(0x30, group(1, 32), group(1, 32)))},
		{"no groups", "error", object(0)},
		{"trailing element", "error", object(1, two, info, info)},
		{"empty", "error", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			o, err := sod.ParseSecurityObject(c.der)
			switch {
			case c.rule == "error":
				if err == nil {
					t.Error("was accepted")
				}
			case err != nil:
				t.Error(err)
			case c.rule == "" && len(o.Deviations) > 0, c.rule != "" && (len(o.Deviations) == 0 || o.Deviations[0].Rule != c.rule):
				t.Errorf("deviations %v, want %q", o.Deviations, c.rule)
			}
		})
	}
}

func TestParsePadding(t *testing.T) {
	a := pkitest.NewAuthority(t, pkitest.Options{})
	b := issue(t, a, options(a))
	if s := parse(t, append(bytes.Clone(b), 0, 0, 0)); len(s.Deviations) != 1 || s.Deviations[0].Rule != "sod.padding" {
		t.Errorf("padding: %v", s.Deviations)
	}
	if _, err := sod.Parse(append(bytes.Clone(b), 0, 1)); err == nil {
		t.Error("bytes after the end were accepted")
	}
	if s := parse(t, parse(t, b).Signed.Raw); len(s.Deviations) != 1 || s.Deviations[0].Rule != "sod.tag" {
		t.Errorf("without tag 77: %v", s.Deviations)
	}
}

// A signing time after the terminal's clock, or one that the clock has not reached.
func TestClock(t *testing.T) {
	a := pkitest.NewAuthority(t, pkitest.Options{})
	s := parse(t, issue(t, a, options(a)))
	for _, c := range []struct {
		now  time.Time
		want pki.Outcome
	}{
		{pkitest.Epoch.AddDate(0, 0, 5), pki.Failed},  // signed five days ahead of now
		{pkitest.Epoch.AddDate(0, 0, 11), pki.Passed}, // the next day
		{pkitest.Epoch.AddDate(10, 0, 0), pki.Passed}, // late, and the signer is valid
		{pkitest.Epoch.AddDate(12, 0, 0), pki.Passed}, // the signer has expired since: normal
	} {
		r := sod.Verify(s, a.Store(t), pki.VerifyOptions{Now: c.now})
		if r.Validity.Outcome != c.want {
			t.Errorf("on %v: %v, want %v: %s", c.now, r.Validity.Outcome, c.want, r.Validity.Reason)
		}
	}
}
