package soft

import (
	"context"

	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/hsm"
)

// What an elliptic curve key is for stands in the algorithm of its file.
const (
	algEC        = "EC"
	algAgreement = "EC agreement"
)

// Agreement reads the key file.
func (k *keyring) Agreement(_ context.Context, ref hsm.KeyRef) (hsm.Agreement, error) {
	const doing = "find agreement key"
	key, err := k.agreementKey(doing, ref)
	if err != nil {
		return nil, err
	}
	return &agreement{k, ref, key.PublicKey()}, nil
}

func (k *keyring) agreementKey(doing string, ref hsm.KeyRef) (*ecc.PrivateKey, error) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	e, err := k.find(doing, ref, hsm.KindPrivate)
	if err != nil {
		return nil, err
	}
	if e.Algorithm != algAgreement {
		return nil, &hsm.Fault{Doing: doing, Kind: hsm.ErrKeyUse, Detail: "it was not made for key agreement"}
	}
	key, err := k.private(e)
	if err != nil {
		return nil, err
	}
	return key.(*ecc.PrivateKey), nil
}

// agreement is a key file that was there once.
type agreement struct {
	k   *keyring
	ref hsm.KeyRef
	pub *ecc.PublicKey
}

func (a *agreement) Public() *ecc.PublicKey { return a.pub }

// Agree is ECDH, if the key file is still there and holds the same key.
func (a *agreement) Agree(_ context.Context, peer *ecc.PublicKey) (mac.Key, error) {
	const doing = "agree on a key"
	key, err := a.k.agreementKey(doing, a.ref)
	if err != nil {
		return mac.Key{}, err
	}
	if !key.PublicKey().Equal(a.pub) {
		return mac.Key{}, &hsm.Fault{Doing: doing, Kind: hsm.ErrKeyMismatch}
	}
	z, err := key.ECDH(peer)
	if err != nil {
		return mac.Key{}, &hsm.Fault{Doing: doing, Kind: hsm.ErrKeyData, Detail: "the other key is no point of this key's curve"}
	}
	defer clear(z)
	return mac.NewKey(z), nil
}
