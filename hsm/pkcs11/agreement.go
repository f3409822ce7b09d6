//go:build cgo

package pkcs11

import (
	"context"
	"crypto/rand"

	p11 "github.com/miekg/pkcs11"

	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/hsm"
)

// Agreement finds the private key and has it prove that it belongs to the public key beside it.
func (k *keyring) Agreement(ctx context.Context, ref hsm.KeyRef) (hsm.Agreement, error) {
	const doing = "find agreement key"
	u, err := k.parse(doing, ref, "private")
	if err != nil {
		return nil, err
	}
	a := &agreement{k: k, uri: u}
	err = k.with(ctx, doing, true, func(s *session) error {
		h, err := s.one(doing, p11.CKO_PRIVATE_KEY, u)
		if err != nil {
			return err
		}
		if may, err := s.flag(h, p11.CKA_DERIVE); err != nil {
			return err
		} else if !may {
			return &hsm.Fault{Doing: doing, Kind: hsm.ErrKeyUse, Detail: "the token does not let it agree on keys"}
		}
		pub, err := s.publicOf(h)
		if err != nil {
			return err
		}
		if pub == nil {
			return &hsm.Fault{Doing: doing, Kind: hsm.ErrKeyNotFound, Detail: "no public key or certificate of a known kind lies beside the private key"}
		}
		if a.pub, err = ecc.FromPublic(pub); err != nil {
			return &hsm.Fault{Doing: doing, Kind: hsm.ErrKeyUse, Detail: "it is on no curve"}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return a, a.prove(ctx)
}

// agreement is a private key in a token.
type agreement struct {
	k   *keyring
	uri hsm.URI
	pub *ecc.PublicKey
}

func (a *agreement) Public() *ecc.PublicKey { return a.pub }

// prove has both sides of an agreement find the same: what lies beside a private key proves nothing.
func (a *agreement) prove(ctx context.Context) error {
	once, err := ecc.GenerateKey(a.pub.Curve, rand.Reader)
	if err != nil {
		return &hsm.Fault{Doing: "check agreement key", Kind: hsm.ErrToken, Cause: err}
	}
	theirs, err := a.Agree(ctx, once.PublicKey())
	if err != nil {
		return err
	}
	defer theirs.Wipe()
	ours, err := once.ECDH(a.pub)
	if err != nil {
		return &hsm.Fault{Doing: "check agreement key", Kind: hsm.ErrKeyData, Cause: err}
	}
	key := mac.NewKey(ours)
	clear(ours)
	defer key.Wipe()
	if !key.Equal(theirs) {
		return &hsm.Fault{Doing: "check agreement key", Kind: hsm.ErrKeyMismatch, Detail: "the private key does not belong to the public key it is known by"}
	}
	return nil
}

// Agree is C_DeriveKey with CKM_ECDH1_DERIVE and no key derivation function, read out of the session object it makes.
func (a *agreement) Agree(ctx context.Context, peer *ecc.PublicKey) (mac.Key, error) {
	const doing = "agree on a key"
	if peer == nil || peer.Curve != a.pub.Curve {
		return mac.Key{}, &hsm.Fault{Doing: doing, Kind: hsm.ErrKeyData, Detail: "the other key is no point of this key's curve"}
	}
	var z []byte
	defer func() { clear(z) }()
	err := a.k.with(ctx, doing, false, func(s *session) error {
		h, err := s.one(doing, p11.CKO_PRIVATE_KEY, a.uri)
		if err != nil {
			return err
		}
		m := p11.NewMechanism(p11.CKM_ECDH1_DERIVE, p11.NewECDH1DeriveParams(p11.CKD_NULL, nil, peer.Bytes()))
		o, err := s.api.DeriveKey(s.h, []*p11.Mechanism{m}, h, []*p11.Attribute{
			p11.NewAttribute(p11.CKA_CLASS, p11.CKO_SECRET_KEY), p11.NewAttribute(p11.CKA_KEY_TYPE, p11.CKK_GENERIC_SECRET),
			p11.NewAttribute(p11.CKA_TOKEN, false), p11.NewAttribute(p11.CKA_SENSITIVE, false), p11.NewAttribute(p11.CKA_EXTRACTABLE, true),
			p11.NewAttribute(p11.CKA_VALUE_LEN, len(a.pub.XBytes())),
		})
		if err != nil {
			return &mechanismError{p11.CKM_ECDH1_DERIVE, err}
		}
		defer func() { _ = s.api.DestroyObject(s.h, o) }()
		z, _, err = s.attribute(o, p11.CKA_VALUE)
		return err
	})
	if err != nil {
		return mac.Key{}, err
	}
	if len(z) != len(a.pub.XBytes()) {
		return mac.Key{}, &hsm.Fault{Doing: doing, Kind: hsm.ErrToken, Detail: "it gives a secret of another length than the field's"}
	}
	return mac.NewKey(z), nil
}
