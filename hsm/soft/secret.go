package soft

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"fmt"

	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/hsm"
)

// algorithms names the key of each use.
var algorithms = map[hsm.SecretUse]string{hsm.UseCardMaster: "AES", hsm.UseDigest: "HMAC", hsm.UseSeal: "AES seal", hsm.UseTransport: "AES transport", hsm.UseCardMasterTDES: "3DES"}

// GenerateSecret makes a secret key and writes its file.
func (k *keyring) GenerateSecret(_ context.Context, spec hsm.SecretSpec) (hsm.KeyRef, error) {
	const doing = "generate secret key"
	if err := spec.Check(); err != nil {
		return "", err
	}
	value := make([]byte, spec.Bits/8)
	defer clear(value)
	if _, err := rand.Read(value); err != nil {
		return "", &hsm.Fault{Doing: doing, Kind: hsm.ErrToken, Cause: err}
	}
	return k.addSecret(doing, spec, value)
}

// ImportSecret writes the file of a secret key that came from elsewhere.
func (k *keyring) ImportSecret(_ context.Context, spec hsm.SecretSpec, value mac.Key) (hsm.KeyRef, error) {
	const doing = "import secret key"
	if value.Len()*8 != spec.Bits {
		return "", &hsm.Fault{Doing: doing, Kind: hsm.ErrKeySpec, Detail: fmt.Sprintf("the value has %d bits, %d were announced", value.Len()*8, spec.Bits)}
	}
	if err := spec.Check(); err != nil {
		return "", err
	}
	return k.addSecret(doing, spec, value.Bytes())
}

func (k *keyring) addSecret(doing string, spec hsm.SecretSpec, value []byte) (hsm.KeyRef, error) {
	e := entry{Kind: hsm.KindSecret, Label: spec.Label, ID: spec.ID, Algorithm: algorithms[spec.Use]}
	if err := chooseID(&e); err != nil {
		return "", err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.add(doing, e, value)
}

// secret opens the secret key that ref names, if it was made for the use. The caller wipes it.
func (k *keyring) secret(doing string, ref hsm.KeyRef, use hsm.SecretUse) (mac.Key, error) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	e, err := k.find(doing, ref, hsm.KindSecret)
	if err != nil {
		return mac.Key{}, err
	}
	if e.Algorithm != algorithms[use] {
		return mac.Key{}, &hsm.Fault{Doing: doing, Kind: hsm.ErrKeyUse, Detail: "it was not made for this"}
	}
	v, err := k.value(e)
	if err != nil {
		return mac.Key{}, err
	}
	defer clear(v)
	return mac.NewKey(v), nil
}

// Digest is HMAC-SHA-256.
func (k *keyring) Digest(_ context.Context, ref hsm.KeyRef, data []byte) ([]byte, error) {
	key, err := k.secret("make keyed digest", ref, hsm.UseDigest)
	if err != nil {
		return nil, err
	}
	defer key.Wipe()
	h := hmac.New(sha256.New, key.Bytes())
	h.Write(data)
	return h.Sum(nil), nil
}
