package soft

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/rand"
	"errors"
	"slices"
	"sync"

	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/hsm"
	"github.com/chipid-toolkit/chipid/hsm/internal/cardkey"
)

// CardKeys derives a card's static keys in memory.
func (k *keyring) CardKeys(_ context.Context, master hsm.KeyRef, kdd []byte) (hsm.CardKeys, error) {
	const doing = "derive card keys"
	if len(kdd) != cardkey.KDDLen {
		return nil, &hsm.Fault{Doing: doing, Kind: hsm.ErrKeyData, Detail: "key diversification data has 10 bytes"}
	}
	static, err := k.diversify(doing, master, kdd)
	if err != nil {
		return nil, err
	}
	return &cardKeys{k: k, kdd: slices.Clone(kdd), static: static, fresh: map[hsm.KeyRef]mac.Key{}}, nil
}

// diversify is KDF3.
func (k *keyring) diversify(doing string, master hsm.KeyRef, kdd []byte) (map[byte]mac.Key, error) {
	m, err := k.secret(doing, master, hsm.UseCardMaster)
	if errors.Is(err, hsm.ErrKeyUse) {
		return k.diversifyTDES(doing, master, kdd)
	}
	if err != nil {
		return nil, err
	}
	defer m.Wipe()
	keys := map[byte]mac.Key{}
	for _, which := range []byte{cardkey.ENC, cardkey.MAC, cardkey.DEK} {
		v, err := cmacs(m, cardkey.Diversification(which, kdd, m.Len()))
		if err != nil {
			return nil, &hsm.Fault{Doing: doing, Kind: hsm.ErrKeyUse, Cause: err}
		}
		keys[which] = mac.NewKey(v)
		clear(v)
	}
	return keys, nil
}

// cmacs concatenates the CMACs of the messages and cuts them to the key's length.
// diversifyTDES is EMV CPS v1.1, 4.1.
func (k *keyring) diversifyTDES(doing string, master hsm.KeyRef, kdd []byte) (map[byte]mac.Key, error) {
	m, err := k.secret(doing, master, hsm.UseCardMasterTDES)
	if err != nil {
		return nil, err
	}
	defer m.Wipe()
	long := bytes.Clone(m.Bytes())
	if len(long) == 16 {
		long = append(long, long[:8]...)
	}
	defer clear(long)
	b, err := des.NewTripleDESCipher(long)
	if err != nil {
		return nil, &hsm.Fault{Doing: doing, Kind: hsm.ErrKeyUse, Cause: err}
	}
	keys := map[byte]mac.Key{}
	for _, which := range []byte{cardkey.ENC, cardkey.MAC, cardkey.DEK} {
		v := cardkey.CPS(which, kdd)
		b.Encrypt(v[:8], v[:8])
		b.Encrypt(v[8:], v[8:])
		keys[which] = mac.NewKey(v)
		clear(v)
	}
	return keys, nil
}

func cmacs(key mac.Key, messages [][]byte) ([]byte, error) {
	var out []byte
	for _, m := range messages {
		t, err := mac.CMAC(key.Bytes(), m)
		if err != nil {
			return nil, err
		}
		out = append(out, t...)
	}
	return out[:key.Len()], nil
}

type cardKeys struct {
	k   *keyring
	kdd []byte

	mu     sync.Mutex
	static map[byte]mac.Key
	fresh  map[hsm.KeyRef]mac.Key
}

func (c *cardKeys) use(doing string) error {
	c.k.mu.RLock()
	defer c.k.mu.RUnlock()
	if c.static == nil {
		return &hsm.Fault{Doing: doing, Kind: hsm.ErrClosed, Detail: "these card keys are destroyed"}
	}
	return c.k.open(doing)
}

func (c *cardKeys) SessionKeys(_ context.Context, scpContext []byte) (enc, macKey, rmac []byte, err error) {
	const doing = "derive session keys"
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(scpContext) != cardkey.ContextLen {
		return nil, nil, nil, &hsm.Fault{Doing: doing, Kind: hsm.ErrKeyData, Detail: "the context is two challenges of 8 bytes"}
	}
	if err := c.use(doing); err != nil {
		return nil, nil, nil, err
	}
	derive := func(static, constant byte) (out []byte) {
		if err == nil {
			key := c.static[static]
			out, err = cmacs(key, cardkey.Session(constant, scpContext, key.Len()))
		}
		return out
	}
	enc = derive(cardkey.ENC, cardkey.SENC)
	macKey = derive(cardkey.MAC, cardkey.SMAC)
	rmac = derive(cardkey.MAC, cardkey.SRMAC)
	if err != nil {
		return nil, nil, nil, &hsm.Fault{Doing: doing, Kind: hsm.ErrToken, Cause: err}
	}
	return enc, macKey, rmac, nil
}

func (c *cardKeys) NewKeys(_ context.Context, master hsm.KeyRef) (hsm.KeySet, error) {
	const doing = "derive replacement card keys"
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.use(doing); err != nil {
		return hsm.KeySet{}, err
	}
	keys, err := c.k.diversify(doing, master, c.kdd)
	if err != nil {
		return hsm.KeySet{}, err
	}
	var set hsm.KeySet
	for _, r := range []struct {
		which byte
		label string
		to    *hsm.KeyRef
	}{{cardkey.ENC, "card-ENC", &set.ENC}, {cardkey.MAC, "card-MAC", &set.MAC}, {cardkey.DEK, "card-DEK", &set.DEK}} {
		id := make([]byte, 16)
		if _, err := rand.Read(id); err != nil {
			return hsm.KeySet{}, &hsm.Fault{Doing: doing, Kind: hsm.ErrToken, Cause: err}
		}
		*r.to = hsm.URI{Token: c.k.label, Object: r.label, ID: id, Type: string(hsm.KindSecret)}.Ref()
		c.fresh[*r.to] = keys[r.which]
	}
	return set, nil
}

func (c *cardKeys) WrapUnderDEK(_ context.Context, keyURI string) (wrapped, kcv []byte, err error) {
	const doing = "wrap card key"
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.use(doing); err != nil {
		return nil, nil, err
	}
	key, ok := c.fresh[hsm.KeyRef(keyURI)]
	if !ok {
		return nil, nil, &hsm.Fault{Doing: doing, Kind: hsm.ErrKeyNotFound, Detail: "it is none of the replacement keys made for this card"}
	}
	if kcv, err = mac.KCVAES(key.Bytes()); err != nil {
		return nil, nil, &hsm.Fault{Doing: doing, Kind: hsm.ErrToken, Cause: err}
	}
	wrapped, err = c.underDEK(doing, key.Bytes())
	return wrapped, kcv, err
}

func (c *cardKeys) EncryptUnderDEK(_ context.Context, data []byte) ([]byte, error) {
	const doing = "encrypt under card key"
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(data) == 0 || len(data)%aes.BlockSize != 0 {
		return nil, &hsm.Fault{Doing: doing, Kind: hsm.ErrKeyData, Detail: "the data are not whole blocks of 16 bytes"}
	}
	if err := c.use(doing); err != nil {
		return nil, err
	}
	return c.underDEK(doing, data)
}

func (c *cardKeys) underDEK(doing string, data []byte) ([]byte, error) {
	b, err := aes.NewCipher(c.static[cardkey.DEK].Bytes())
	if err != nil {
		return nil, &hsm.Fault{Doing: doing, Kind: hsm.ErrToken, Cause: err}
	}
	out := make([]byte, len(data))
	cipher.NewCBCEncrypter(b, make([]byte, aes.BlockSize)).CryptBlocks(out, data)
	return out, nil
}

// Close overwrites the keys.
func (c *cardKeys) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, k := range c.static {
		k.Wipe()
	}
	for _, k := range c.fresh {
		k.Wipe()
	}
	c.static, c.fresh = nil, nil
	return nil
}
