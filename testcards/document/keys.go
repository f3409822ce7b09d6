package document

import (
	"crypto/rsa"
	"encoding/asn1"
	"sync"
	"testing"

	"github.com/chipid-toolkit/chipid/apdu/domain"
	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/cardprofile/pki/pkitest"
	"github.com/chipid-toolkit/chipid/testcards/chip"
)

func oid(o cardprofile.OID) asn1.ObjectIdentifier { return asn1.ObjectIdentifier(o) }

// Keys and the authority are made once for a process: what is tested is not
// their making.
var made struct {
	sync.Mutex
	authority *pkitest.Authority
	rsa       map[int]*rsa.PrivateKey
}

// utopia is the authority of the state that the standard's specimens have.
func utopia(tb testing.TB) *pkitest.Authority {
	tb.Helper()
	made.Lock()
	defer made.Unlock()
	if made.authority == nil {
		made.authority = Authority(tb, "CSCA Utopia")
	}
	return made.authority
}

// Authority makes an authority of Utopia whose Document Signer signs identity
// cards and passports.
func Authority(tb testing.TB, name string) *pkitest.Authority {
	tb.Helper()
	a := pkitest.NewAuthority(tb, pkitest.Options{Country: "UT", State: "UTO", Name: name})
	a.DS = a.NewDS(tb, a.DSKey.Public(), func(o *pki.DSOptions) { o.DocumentTypes = []string{"I", "P"} })
	return a
}

func rsaKey(tb testing.TB, bits int) *rsa.PrivateKey {
	tb.Helper()
	made.Lock()
	defer made.Unlock()
	if k := made.rsa[bits]; k != nil {
		return k
	}
	k, err := chip.GenerateRSA(bits)
	if err != nil {
		tb.Fatal(err)
	}
	if made.rsa == nil {
		made.rsa = map[int]*rsa.PrivateKey{}
	}
	made.rsa[bits] = k
	return k
}

// curveID is the standardized identifier of a curve.
func curveID(tb testing.TB, name string) int {
	tb.Helper()
	c, err := ecc.ByName(name)
	if err != nil {
		tb.Fatal(err)
	}
	p, err := domain.OfCurve(c)
	if err != nil {
		tb.Fatal(err)
	}
	id, ok := p.ID()
	if !ok {
		tb.Fatalf("document: no identifier for %s", name)
	}
	return id
}
