package cert_test

import (
	"sync"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/pki/pkitest"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/cert"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
	. "github.com/chipid-toolkit/chipid/cardprofile/rule/ruletest"
)

// Extensions, as the fixtures name them.
const (
	ski, ku, pkup, san, ian, bc    = "2.5.29.14", "2.5.29.15", "2.5.29.16", "2.5.29.17", "2.5.29.18", "2.5.29.19"
	crldp, policies, aki, eku      = "2.5.29.31", "2.5.29.32", "2.5.29.35", "2.5.29.37"
	nameChange, documentTypes, aia = "2.23.136.1.1.6.1", "2.23.136.1.1.6.2", "1.3.6.1.5.5.7.1.1"
)

// good are the correct objects: what our builders make, and what is made from that
// by exchanging extensions.
var good = struct {
	sync.Mutex
	raw map[string][]byte
}{raw: map[string][]byte{}}

// base is a correct certificate of a kind; "rsa" and "pkcs1" are CSCAs with RSA keys.
func base(tb testing.TB, kind string) []byte {
	tb.Helper()
	good.Lock()
	defer good.Unlock()
	if len(good.raw) == 0 {
		a := pkitest.NewAuthority(tb, pkitest.Options{Key: "brainpoolP256r1"})
		good.raw["csca"], good.raw["ds"] = a.CSCA.Raw, a.DS.Raw
		good.raw["rsa"] = pkitest.NewAuthority(tb, pkitest.Options{Key: "RSA-2048"}).CSCA.Raw
		link := Certificate(tb, a.CSCA.Raw)
		link.Set(aki, false, tlv.Encode(0x30, tlv.Encode(0x80, []byte("the key of the time before"))))
		good.raw["link"] = link.Bytes()
		signer := func(usage string) *Cert {
			c := Certificate(tb, a.DS.Raw)
			c.Without(documentTypes)
			c.Set(eku, true, purposes(usage))
			return c
		}
		good.raw["ml"], good.raw["dl"] = signer("2.23.136.1.1.3").Bytes(), signer("2.23.136.1.1.8").Bytes()
		good.raw["spoc"] = signer("2.23.136.1.1.10.1").Bytes()
		small := func(usage, name string) *Cert {
			c := signer(usage)
			for _, id := range []string{ski, ku, pkup, san, ian, crldp} {
				c.Without(id)
			}
			c.SetName(Subject, Attribute("2.5.4.6", 0x13, "VN"), Attribute("2.5.4.3", 0x13, name))
			return c
		}
		good.raw["lds2"], good.raw["bcs"] = small("2.23.136.1.1.9.8.1", "TS SIGNER").Bytes(), small("2.23.136.1.1.11.1", "AB").Bytes()
	}
	return good.raw[kind]
}

func purposes(ids ...string) []byte {
	var parts [][]byte
	for _, id := range ids {
		parts = append(parts, cms.MarshalOID(id))
	}
	return tlv.Encode(0x30, parts...)
}

// kinds are the forced kinds, for fixtures whose own extensions no longer say it.
var kinds = map[string]lint.Kind{
	"csca": lint.CSCA, "rsa": lint.CSCA, "link": lint.Link, "ds": lint.DS, "ml": lint.MLSigner, "dl": lint.DLSigner,
	"spoc": lint.Communication, "lds2": lint.LDS2Signer, "bcs": lint.BarCodeSigner,
}

// change is a case: a correct certificate, and what is changed in it.
func change(kind string, f func(c *Cert), also ...string) Case {
	return Case{
		Kind: kinds[kind],
		Make: func(tb testing.TB) []byte { return base(tb, kind) },
		Bad: func(tb testing.TB) []byte {
			c := Certificate(tb, base(tb, kind))
			f(c)
			return c.Bytes()
		},
		Also: also,
	}
}

func TestRules(t *testing.T) {
	Table(t, cert.Rules().Abouts(), cases, func(kind lint.Kind, object []byte) []lint.Finding {
		_, findings := cert.Lint(object, kind)
		return findings
	})
}

func TestClassify(t *testing.T) {
	for kind, want := range kinds {
		if got, _ := cert.Lint(base(t, kind), ""); got != want {
			t.Errorf("%s is taken for %s", kind, got)
		}
	}
}

func FuzzLint(f *testing.F) {
	f.Add(base(f, "csca"))
	f.Add(base(f, "ds"))
	f.Add(base(f, "bcs"))
	f.Add(base(f, "rsa"))
	f.Fuzz(func(t *testing.T, b []byte) {
		for kind := range kinds {
			cert.Lint(b, kinds[kind])
		}
		if _, findings := cert.Lint(b, ""); len(findings) > 4000 {
			t.Errorf("%d findings", len(findings))
		}
	})
}
