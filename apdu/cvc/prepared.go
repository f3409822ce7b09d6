package cvc

import (
	"bytes"
	"crypto"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
)

// ErrUsed is returned by the second Issue of a Prepared, whatever came of the first.
var ErrUsed = errors.New("cvc: this has been signed, or it was tried, and it is signed at most once")

// Prepared is a certificate or request of which everything is decided and checked and
// nothing is signed. It signs at most once.
type Prepared struct {
	signer    Reference
	algorithm Algorithm
	public    crypto.PublicKey // of the signer
	body      []byte           // DO 7F4E, which is signed
	check     func(raw []byte) error
	used      atomic.Bool
}

// Message is what the key will sign: DO 7F4E, certificate body.
func (p *Prepared) Message() []byte { return bytes.Clone(p.body) }

// Public is the key that signs.
func (p *Prepared) Public() crypto.PublicKey { return p.public }

// Issue signs and returns DO 7F21, read back and verified: what leaves this package
// went through the same door as what comes in. A key that is another's leaves it
// unsigned.
func (p *Prepared) Issue(key crypto.Signer) ([]byte, error) {
	if key == nil || !samePublic(key.Public(), p.public) {
		return nil, fmt.Errorf("%w: the signer has not the key of %v", ErrKey, p.signer)
	}
	if !p.used.CompareAndSwap(false, true) {
		return nil, ErrUsed
	}
	sig, err := p.algorithm.Sign(key, p.body)
	if err != nil {
		return nil, err
	}
	raw := tlv.Encode(tagCertificate, p.body, tlv.Encode(tagSignature, sig))
	if err := p.check(raw); err != nil {
		return nil, err
	}
	return raw, nil
}

func (p *Prepared) certificate(key crypto.Signer) (*Certificate, error) {
	raw, err := p.Issue(key)
	if err != nil {
		return nil, err
	}
	return Parse(raw)
}
