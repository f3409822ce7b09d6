//go:build cgo

package pkcs11

import (
	"context"
	"slices"
	"sync"

	p11 "github.com/miekg/pkcs11"

	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/hsm"
	"github.com/chipid-toolkit/chipid/hsm/internal/cardkey"
)

// CardKeys derives a card's static keys as session objects of the token.
func (k *keyring) CardKeys(ctx context.Context, master hsm.KeyRef, kdd []byte) (hsm.CardKeys, error) {
	const doing = "derive card keys"
	if len(kdd) != cardkey.KDDLen {
		return nil, &hsm.Fault{Doing: doing, Kind: hsm.ErrKeyData, Detail: "key diversification data has 10 bytes"}
	}
	u, err := k.parse(doing, master, "secret-key")
	if err != nil {
		return nil, err
	}
	c := &cardKeys{k: k, kdd: slices.Clone(kdd), fresh: map[hsm.KeyRef]freshKey{}}
	c.static = &family{master: u, kdd: c.kdd}
	if err := k.with(ctx, doing, true, c.static.ensure); err != nil {
		return nil, err
	}
	return c, nil
}

// cardKeys are the keys of one card: the static ones, and replacements once they are asked for.
type cardKeys struct {
	k   *keyring
	kdd []byte

	mu     sync.Mutex // one call at a time: a card has one secure channel
	static *family
	fresh  map[hsm.KeyRef]freshKey
	closed bool
}

// freshKey is one of a family of replacement keys.
type freshKey struct {
	f     *family
	which byte
}

func (c *cardKeys) use(doing string) (unlock func(), err error) {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return nil, &hsm.Fault{Doing: doing, Kind: hsm.ErrClosed, Detail: "these card keys are destroyed"}
	}
	return c.mu.Unlock, nil
}

// SessionKeys has the token compute CMAC with the static keys.
func (c *cardKeys) SessionKeys(ctx context.Context, scpContext []byte) (enc, macKey, rmac []byte, err error) {
	const doing = "derive session keys"
	if len(scpContext) != cardkey.ContextLen {
		return nil, nil, nil, &hsm.Fault{Doing: doing, Kind: hsm.ErrKeyData, Detail: "the context is two challenges of 8 bytes"}
	}
	unlock, err := c.use(doing)
	if err != nil {
		return nil, nil, nil, err
	}
	defer unlock()
	err = c.k.with(ctx, doing, true, func(s *session) error {
		if err := c.static.ensure(s); err != nil {
			return err
		}
		n := c.static.keyLen
		var err error
		if enc, err = s.sessionKey(c.static.keys[cardkey.ENC], cardkey.SENC, scpContext, n); err != nil {
			return err
		}
		if macKey, err = s.sessionKey(c.static.keys[cardkey.MAC], cardkey.SMAC, scpContext, n); err != nil {
			return err
		}
		rmac, err = s.sessionKey(c.static.keys[cardkey.MAC], cardkey.SRMAC, scpContext, n)
		return err
	})
	if err != nil {
		clear(enc)
		clear(macKey)
		return nil, nil, nil, err
	}
	return enc, macKey, rmac, nil
}

// sessionKey computes the blocks of SP 800-108 with C_Sign.
func (s *session) sessionKey(key p11.ObjectHandle, constant byte, scpContext []byte, keyLen int) ([]byte, error) {
	out := make([]byte, 0, keyLen+16)
	for _, block := range cardkey.Session(constant, scpContext, keyLen) {
		t, err := s.sign(p11.NewMechanism(p11.CKM_AES_CMAC, nil), key, block)
		if err != nil {
			clear(out)
			return nil, err
		}
		if len(t) != 16 {
			clear(out)
			return nil, &hsm.Fault{Doing: "derive session keys", Kind: hsm.ErrToken, Detail: "its CMAC has not 16 bytes"}
		}
		out = append(out, t...)
		clear(t)
	}
	return out[:keyLen], nil
}

// NewKeys derives replacement keys from another master key.
func (c *cardKeys) NewKeys(ctx context.Context, master hsm.KeyRef) (hsm.KeySet, error) {
	const doing = "derive replacement card keys"
	u, err := c.k.parse(doing, master, "secret-key")
	if err != nil {
		return hsm.KeySet{}, err
	}
	unlock, err := c.use(doing)
	if err != nil {
		return hsm.KeySet{}, err
	}
	defer unlock()
	f := &family{master: u, kdd: c.kdd, replacement: true}
	if err := c.k.with(ctx, doing, true, f.ensure); err != nil {
		return hsm.KeySet{}, err
	}
	var set hsm.KeySet
	for which, to := range map[byte]*hsm.KeyRef{cardkey.ENC: &set.ENC, cardkey.MAC: &set.MAC, cardkey.DEK: &set.DEK} {
		*to = c.k.ref(roles[which], f.ids[which], "secret-key")
		c.fresh[*to] = freshKey{f, which}
	}
	return set, nil
}

// WrapUnderDEK is C_WrapKey with CKM_AES_CBC, and C_Encrypt with the new key for its check value.
func (c *cardKeys) WrapUnderDEK(ctx context.Context, keyURI string) (wrapped, kcv []byte, err error) {
	const doing = "wrap card key"
	unlock, err := c.use(doing)
	if err != nil {
		return nil, nil, err
	}
	defer unlock()
	fresh, ok := c.fresh[hsm.KeyRef(keyURI)]
	if !ok {
		return nil, nil, &hsm.Fault{Doing: doing, Kind: hsm.ErrKeyNotFound, Detail: "it is none of the replacement keys made for this card"}
	}
	err = c.k.with(ctx, doing, true, func(s *session) error {
		if err := c.static.ensure(s); err != nil {
			return err
		}
		if err := fresh.f.ensure(s); err != nil {
			return err
		}
		key := fresh.f.keys[fresh.which]
		cbc := p11.NewMechanism(p11.CKM_AES_CBC, make([]byte, 16))
		var err error
		if wrapped, err = s.api.WrapKey(s.h, []*p11.Mechanism{cbc}, c.static.keys[cardkey.DEK], key); err != nil {
			return &mechanismError{p11.CKM_AES_CBC, err}
		}
		block, err := s.encrypt(p11.NewMechanism(p11.CKM_AES_ECB, nil), key, slices.Repeat([]byte{1}, 16))
		if err != nil {
			return err
		}
		if len(wrapped) != fresh.f.keyLen || len(block) != 16 {
			return &hsm.Fault{Doing: doing, Kind: hsm.ErrToken, Detail: "what it returned has the wrong length"}
		}
		kcv = slices.Clone(block[:mac.KCVLen])
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	return wrapped, kcv, nil
}

// EncryptUnderDEK is C_Encrypt with CKM_AES_CBC.
func (c *cardKeys) EncryptUnderDEK(ctx context.Context, data []byte) ([]byte, error) {
	const doing = "encrypt under card key"
	if len(data) == 0 || len(data)%16 != 0 {
		return nil, &hsm.Fault{Doing: doing, Kind: hsm.ErrKeyData, Detail: "the data are not whole blocks of 16 bytes"}
	}
	unlock, err := c.use(doing)
	if err != nil {
		return nil, err
	}
	defer unlock()
	var out []byte
	err = c.k.with(ctx, doing, true, func(s *session) error {
		if err := c.static.ensure(s); err != nil {
			return err
		}
		var err error
		out, err = s.encrypt(p11.NewMechanism(p11.CKM_AES_CBC, make([]byte, 16)), c.static.keys[cardkey.DEK], data)
		if err == nil && len(out) != len(data) {
			err = &hsm.Fault{Doing: doing, Kind: hsm.ErrToken, Detail: "what it returned has the wrong length"}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Close destroys the session objects. It has nothing to do when the keyring is closed or the token is gone: they went with its sessions.
func (c *cardKeys) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil
	}
	c.closed = true
	families := []*family{c.static}
	for _, f := range c.fresh {
		if !slices.Contains(families, f.f) {
			families = append(families, f.f)
		}
	}
	c.fresh = nil
	k := c.k
	k.mu.RLock()
	defer k.mu.RUnlock()
	if k.closed {
		return nil
	}
	k.t.mu.RLock()
	defer k.t.mu.RUnlock()
	for _, f := range families {
		f.destroy(k.t)
	}
	return nil
}

var roles = map[byte]string{cardkey.ENC: "card-ENC", cardkey.MAC: "card-MAC", cardkey.DEK: "card-DEK"}

// family is ENC, MAC and DEK of one card from one master key. After a reconnection it derives them anew.
type family struct {
	master      hsm.URI
	kdd         []byte
	tdes        bool // of a 3DES master, by EMV CPS
	replacement bool // keys that will be wrapped, instead of keys that work

	generation uint64
	keyLen     int
	keys       map[byte]p11.ObjectHandle
	ids        map[byte][]byte
	check      []byte // tells this master key from another that takes its name later
}
