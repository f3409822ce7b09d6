//go:build cgo

package pkcs11

import (
	"context"

	p11 "github.com/miekg/pkcs11"

	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/hsm"
	"github.com/chipid-toolkit/chipid/hsm/internal/wrapped"
)

// Wrap is C_Encrypt with CKM_AES_GCM. The data key is the host's own, so C_WrapKey has nothing to protect here that C_Encrypt does not.
func (k *keyring) Wrap(ctx context.Context, ref hsm.KeyRef, dataKey mac.Key, bound []byte) ([]byte, error) {
	const doing = "wrap data key"
	if err := wrapped.Check(dataKey.Len()); err != nil {
		return nil, err
	}
	nonce, err := wrapped.Nonce()
	if err != nil {
		return nil, fault(doing, err)
	}
	var sealed []byte
	err = k.withSeal(ctx, doing, ref, nonce, bound, func(s *session, m *p11.Mechanism, o p11.ObjectHandle) error {
		sealed, err = s.encrypt(m, o, dataKey.Bytes())
		return err
	})
	if err == nil && len(sealed) != wrapped.KeySize+wrapped.TagSize {
		err = &hsm.Fault{Doing: doing, Kind: hsm.ErrToken, Detail: "its AES-GCM gives something else than text and tag"}
	}
	if err != nil {
		return nil, err
	}
	out := wrapped.Join(nonce, sealed)
	// What cannot be opened again would be personal data lost: the token shows that it can.
	again, err := k.Unwrap(ctx, ref, out, bound)
	if err != nil {
		return nil, err
	}
	defer again.Wipe()
	if !again.Equal(dataKey) {
		return nil, &hsm.Fault{Doing: doing, Kind: hsm.ErrToken, Detail: "it does not give back what it took"}
	}
	return out, nil
}

// Unwrap is C_Decrypt with CKM_AES_GCM.
func (k *keyring) Unwrap(ctx context.Context, ref hsm.KeyRef, b, bound []byte) (mac.Key, error) {
	const doing = "unwrap data key"
	nonce, sealed, err := wrapped.Split(b)
	if err != nil {
		return mac.Key{}, err
	}
	var plain []byte
	err = k.withSeal(ctx, doing, ref, nonce, bound, func(s *session, m *p11.Mechanism, o p11.ObjectHandle) error {
		plain, err = s.decrypt(m, o, sealed)
		if e, ok := code(err); ok && (e == p11.CKR_ENCRYPTED_DATA_INVALID || e == p11.CKR_ENCRYPTED_DATA_LEN_RANGE || e == p11.CKR_GENERAL_ERROR && s.t.alive()) {
			// SoftHSM 2.6.1 answers CKR_GENERAL_ERROR to a wrong tag.
			return wrapped.Mismatch()
		}
		return err
	})
	if err != nil {
		return mac.Key{}, err
	}
	defer clear(plain)
	if len(plain) != wrapped.KeySize {
		return mac.Key{}, wrapped.Mismatch()
	}
	return mac.NewKey(plain), nil
}

// withSeal finds the sealing key and lays out the mechanism's parameters for one call.
func (k *keyring) withSeal(ctx context.Context, doing string, ref hsm.KeyRef, nonce, bound []byte, f func(*session, *p11.Mechanism, p11.ObjectHandle) error) error {
	u, err := k.parse(doing, ref, "secret-key")
	if err != nil {
		return err
	}
	return k.with(ctx, doing, true, func(s *session) error {
		o, err := s.one(doing, p11.CKO_SECRET_KEY, u)
		if err != nil {
			return err
		}
		if err := s.isFor(doing, o, hsm.UseSeal); err != nil {
			return err
		}
		params := p11.NewGCMParams(nonce, bound, wrapped.TagSize*8)
		defer params.Free()
		return f(s, p11.NewMechanism(p11.CKM_AES_GCM, params), o)
	})
}
