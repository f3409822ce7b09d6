//go:build cgo

package pkcs11

import (
	"context"
	"crypto"

	p11 "github.com/miekg/pkcs11"

	"github.com/chipid-toolkit/chipid/hsm"
)

// BareSign is C_SignInit and C_Sign and nothing else, in a session of the pool that
// Sign of the same key uses: what signing costs at least.
func BareSign(key crypto.Signer, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	sg, ok := key.(*signer)
	if !ok {
		return nil, hsm.ErrKeyUse
	}
	m, input, err := sg.mechanism(digest, opts)
	if err != nil {
		return nil, err
	}
	res, err := sg.k.t.pool.Acquire(context.Background())
	if err != nil {
		return nil, err
	}
	defer res.Release()
	s := res.Value()
	if err := s.api.SignInit(s.h, []*p11.Mechanism{m}, sg.at.Load().handle); err != nil {
		return nil, err
	}
	return s.api.Sign(s.h, input)
}
