package soft

import (
	"context"
	"crypto/aes"
	"crypto/cipher"

	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/hsm"
	"github.com/chipid-toolkit/chipid/hsm/internal/wrapped"
)

// Wrap is AES-256-GCM.
func (k *keyring) Wrap(_ context.Context, ref hsm.KeyRef, dataKey mac.Key, bound []byte) ([]byte, error) {
	const doing = "wrap data key"
	if err := wrapped.Check(dataKey.Len()); err != nil {
		return nil, err
	}
	gcm, err := k.gcm(doing, ref)
	if err != nil {
		return nil, err
	}
	nonce, err := wrapped.Nonce()
	if err != nil {
		return nil, &hsm.Fault{Doing: doing, Kind: hsm.ErrToken, Cause: err}
	}
	return wrapped.Join(nonce, gcm.Seal(nil, nonce, dataKey.Bytes(), bound)), nil
}

// Unwrap undoes Wrap.
func (k *keyring) Unwrap(_ context.Context, ref hsm.KeyRef, b, bound []byte) (mac.Key, error) {
	nonce, sealed, err := wrapped.Split(b)
	if err != nil {
		return mac.Key{}, err
	}
	gcm, err := k.gcm("unwrap data key", ref)
	if err != nil {
		return mac.Key{}, err
	}
	plain, err := gcm.Open(nil, nonce, sealed, bound)
	if err != nil {
		return mac.Key{}, wrapped.Mismatch()
	}
	defer clear(plain)
	return mac.NewKey(plain), nil
}

func (k *keyring) gcm(doing string, ref hsm.KeyRef) (cipher.AEAD, error) {
	key, err := k.secret(doing, ref, hsm.UseSeal)
	if err != nil {
		return nil, err
	}
	defer key.Wipe()
	block, err := aes.NewCipher(key.Bytes())
	if err != nil {
		return nil, &hsm.Fault{Doing: doing, Kind: hsm.ErrKeyUse, Cause: err}
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return nil, &hsm.Fault{Doing: doing, Kind: hsm.ErrKeyUse, Cause: err}
	}
	return gcm, nil
}
