package cvca

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"sync"

	"github.com/chipid-toolkit/chipid/apdu/cvc"
	"github.com/chipid-toolkit/chipid/apdu/ecc"
)

// Holder is somebody with a key and a certificate for it.
type Holder struct {
	Certificate *cvc.Certificate
	// Key is what the certificate says, its rights confined by its issuer's.
	Key cvc.Key
	// Signer has the private key; nil if it is elsewhere.
	Signer crypto.Signer
}

// Spec describes a certificate to be made.
type Spec struct {
	CHR    cvc.Reference
	Role   cvc.Role
	Rights []cvc.Right
	From   cvc.Date // effective
	To     cvc.Date // expiration: the last day
	// Public is the key of somebody who keeps it himself; nil makes one.
	Public crypto.PublicKey
}

// PKI makes keys and certificates with one algorithm.
type PKI struct {
	Algorithm cvc.Algorithm
	Curve     *ecc.Curve // of ECDSA; nil is brainpoolP256r1
	Bits      int        // of RSA; 0 is 1,536, the least that PSS with SHA-512 fits in
}

// rsaKeys are kept: making them takes its time, and in tests nobody minds who
// has them. The nth key of a size is the same for all.
var rsaKeys struct {
	sync.Mutex
	bySize map[int][]*rsa.PrivateKey
	next   int
}

// rsaPerSize is how many different keys of a size there are.
const rsaPerSize = 3

func rsaKey(bits int) (*rsa.PrivateKey, error) {
	rsaKeys.Lock()
	defer rsaKeys.Unlock()
	if rsaKeys.bySize == nil {
		rsaKeys.bySize = map[int][]*rsa.PrivateKey{}
	}
	if list := rsaKeys.bySize[bits]; len(list) == rsaPerSize {
		rsaKeys.next++
		return list[rsaKeys.next%rsaPerSize], nil
	}
	k, err := rsa.GenerateKey(rand.Reader, bits)
	if err == nil {
		rsaKeys.bySize[bits] = append(rsaKeys.bySize[bits], k)
	}
	return k, err
}

// NewKey makes a key for the algorithm.
func (p PKI) NewKey() (crypto.Signer, error) {
	if p.Algorithm.ECDSA() {
		c := p.Curve
		if c == nil {
			c = ecc.BrainpoolP256r1()
		}
		return ecc.GenerateKey(c, nil)
	}
	bits := p.Bits
	if bits == 0 {
		bits = 1536
	}
	return rsaKey(bits)
}

// Issue makes a certificate, self-signed if by is nil. What package cvc would
// not sign is an error.
func (p PKI) Issue(by *Holder, s Spec) (*Holder, error) {
	h := &Holder{}
	public := s.Public
	if public == nil {
		var err error
		if h.Signer, err = p.NewKey(); err != nil {
			return nil, fmt.Errorf("cvca: %v: %w", s.CHR, err)
		}
		public = h.Signer.Public()
	}
	chat, err := cvc.NewCHAT(cvc.InspectionSystem, s.Role, s.Rights...)
	if err != nil {
		return nil, fmt.Errorf("cvca: %v: %w", s.CHR, err)
	}
	t := cvc.Template{CHR: s.CHR, Public: public, Algorithm: p.Algorithm, CHAT: chat, Effective: s.From, Expiration: s.To}
	if by == nil {
		if h.Certificate, err = t.SelfSign(h.Signer); err == nil {
			h.Key, err = cvc.Root(h.Certificate)
		}
	} else {
		// Some readers of link certificates want the domain parameters there.
		t.Domain = s.Role == cvc.RoleCVCA
		if h.Certificate, err = t.Sign(by.Key, by.Signer); err == nil {
			h.Key, err = by.Key.Verify(h.Certificate)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("cvca: %v: %w", s.CHR, err)
	}
	return h, nil
}

// Both are the rights to read DG3 and DG4.
func Both() []cvc.Right { return []cvc.Right{cvc.ReadDG3, cvc.ReadDG4} }

// Chain is a root, a document verifier of its own country, and a terminal.
type Chain struct {
	PKI
	Root, DV, Terminal *Holder
}

// NewChain makes a chain of Utopia with both rights, valid around a day: three
// years from a month before it the root, three months the verifier, and one the
// terminal. terminal is the key of a terminal that keeps it himself, nil makes
// one.
func NewChain(p PKI, day cvc.Date, terminal crypto.PublicKey) (*Chain, error) {
	c := &Chain{PKI: p}
	for _, s := range []struct {
		of         **Holder
		by         **Holder
		chr        cvc.Reference
		role       cvc.Role
		from, days int
		public     crypto.PublicKey
	}{
		{of: &c.Root, chr: "UTCVCA00001", role: cvc.RoleCVCA, from: -30, days: 3 * 365},
		{of: &c.DV, by: &c.Root, chr: "UTDV00001", role: cvc.RoleDomesticDV, from: -10, days: 90},
		{of: &c.Terminal, by: &c.DV, chr: "UTIS00001", role: cvc.RoleTerminal, from: -5, days: 30, public: terminal},
	} {
		from, err := day.AddDays(s.from)
		if err != nil {
			return nil, err
		}
		to, err := from.AddDays(s.days)
		if err != nil {
			return nil, err
		}
		var by *Holder
		if s.by != nil {
			by = *s.by
		}
		if *s.of, err = p.Issue(by, Spec{CHR: s.chr, Role: s.role, Rights: Both(), From: from, To: to, Public: s.public}); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// Certificates are what a terminal has at hand: its own, its verifier's.
func (c *Chain) Certificates() []*cvc.Certificate {
	return []*cvc.Certificate{c.Terminal.Certificate, c.DV.Certificate}
}
