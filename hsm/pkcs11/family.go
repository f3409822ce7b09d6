//go:build cgo

package pkcs11

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"

	p11 "github.com/miekg/pkcs11"

	"github.com/chipid-toolkit/chipid/hsm"
	"github.com/chipid-toolkit/chipid/hsm/internal/cardkey"
)

// ensure makes the keys exist in the connection of s.
func (f *family) ensure(s *session) error {
	if f.keys != nil && f.generation == s.generation {
		return nil
	}
	const doing = "derive card keys"
	master, err := s.one(doing, p11.CKO_SECRET_KEY, f.master)
	if err != nil {
		return err
	}
	typ, _, err := s.number(master, p11.CKA_KEY_TYPE)
	if err != nil {
		return err
	}
	use := hsm.UseCardMaster
	if f.tdes = isTDES(typ); f.tdes {
		use = hsm.UseCardMasterTDES
	}
	if err := s.isFor(doing, master, use); err != nil {
		return err
	}
	n, err := s.secretLength(master)
	if err != nil {
		return err
	}
	if f.tdes {
		n = 16
	}
	if n != 16 && n != 32 {
		return &hsm.Fault{Doing: doing, Kind: hsm.ErrKeyUse, Detail: "a card master key has 128 or 256 bits"}
	}
	if f.ids == nil {
		f.ids = map[byte][]byte{}
		for which := range roles {
			id := make([]byte, 16)
			if _, err := rand.Read(id); err != nil {
				return err
			}
			f.ids[which] = id
		}
	}
	f.keyLen = n
	f.keys, f.generation = map[byte]p11.ObjectHandle{}, s.generation
	// One session owns all derived keys, so that they outlive the session of the pool that happened to ask. It is used by one at a time.
	t := s.t
	t.ownerMu.Lock()
	defer t.ownerMu.Unlock()
	if err := f.derive(s.api, t.owner, master); err != nil {
		for _, o := range f.keys {
			_ = s.api.DestroyObject(t.owner, o)
		}
		f.keys = nil
		return err
	}
	return nil
}

func (f *family) derive(api cryptoki, owner p11.SessionHandle, master p11.ObjectHandle) error {
	l, err := f.encryptedZero(api, owner, master)
	if err != nil {
		return err
	}
	defer clear(l)
	check := sha256.Sum256(append([]byte("chipid card master key\x00"), l...))
	if f.check != nil && !hmac.Equal(f.check, check[:]) {
		return &hsm.Fault{Doing: "derive card keys", Kind: hsm.ErrKeyMismatch, Detail: "the master key is not the one these card keys came from"}
	}
	f.check = check[:]
	var subkey [16]byte
	defer clear(subkey[:])
	mechanism := uint(p11.CKM_DES3_ECB_ENCRYPT_DATA)
	if !f.tdes {
		mechanism, subkey = p11.CKM_AES_ECB_ENCRYPT_DATA, cardkey.Subkey(l)
	}
	for which, label := range roles {
		data := []byte(nil)
		if f.tdes {
			data = cardkey.CPS(which, f.kdd)
		}
		for _, block := range f.blocks(which) {
			for i := range block {
				block[i] ^= subkey[i]
			}
			data = append(data, block...)
		}
		template := append(named(label, f.ids[which]),
			p11.NewAttribute(p11.CKA_CLASS, p11.CKO_SECRET_KEY), p11.NewAttribute(p11.CKA_KEY_TYPE, p11.CKK_AES), p11.NewAttribute(p11.CKA_VALUE_LEN, f.keyLen))
		o, err := deriveByEncryption(api, owner, mechanism, master, data, append(template, toSet(f.attributes(which))...))
		clear(data)
		if err != nil {
			return err
		}
		f.keys[which] = o
	}
	return nil
}

// blocks are the CMAC messages of KDF3; a 3DES master has none.
func (f *family) blocks(which byte) [][]byte {
	if f.tdes {
		return nil
	}
	return cardkey.Diversification(which, f.kdd, f.keyLen)
}

// attributes is what a derived key may. A working key does its one duty and cannot leave. A replacement key leaves under the DEK, which
// "not extractable" excludes, and encrypts for its check value.
func (f *family) attributes(which byte) map[uint]bool {
	a := map[uint]bool{
		p11.CKA_TOKEN: false, p11.CKA_PRIVATE: true, p11.CKA_SENSITIVE: true, p11.CKA_EXTRACTABLE: f.replacement,
		p11.CKA_SIGN: false, p11.CKA_VERIFY: false, p11.CKA_ENCRYPT: false, p11.CKA_DECRYPT: false, p11.CKA_WRAP: false, p11.CKA_UNWRAP: false, p11.CKA_DERIVE: false,
	}
	switch {
	case f.replacement:
		a[p11.CKA_ENCRYPT] = true
	case which == cardkey.DEK:
		a[p11.CKA_WRAP], a[p11.CKA_ENCRYPT] = true, true
	default:
		a[p11.CKA_SIGN] = true
	}
	return a
}

// encryptedZero returns a block of zeros encrypted under the master: it tells one master from another, and of AES the CMAC subkey is doubled
// from it. The token gives it as a readable session object, which lives
// for as long as it takes to read it.
func (f *family) encryptedZero(api cryptoki, owner p11.SessionHandle, master p11.ObjectHandle) ([]byte, error) {
	mechanism, size := uint(p11.CKM_AES_ECB_ENCRYPT_DATA), 16
	if f.tdes {
		mechanism, size = p11.CKM_DES3_ECB_ENCRYPT_DATA, 8
	}
	o, err := deriveByEncryption(api, owner, mechanism, master, make([]byte, size), []*p11.Attribute{
		p11.NewAttribute(p11.CKA_CLASS, p11.CKO_SECRET_KEY), p11.NewAttribute(p11.CKA_KEY_TYPE, p11.CKK_GENERIC_SECRET), p11.NewAttribute(p11.CKA_VALUE_LEN, size),
		p11.NewAttribute(p11.CKA_TOKEN, false), p11.NewAttribute(p11.CKA_PRIVATE, true),
		p11.NewAttribute(p11.CKA_SENSITIVE, false), p11.NewAttribute(p11.CKA_EXTRACTABLE, true),
	})
	if err != nil {
		return nil, err
	}
	v, ok, err := attribute(api, owner, o, p11.CKA_VALUE)
	if destroyed := api.DestroyObject(owner, o); err == nil {
		err = destroyed
	}
	if err != nil {
		clear(v)
		return nil, err
	}
	if !ok || len(v) != size {
		return nil, &hsm.Fault{Doing: "derive card keys", Kind: hsm.ErrMechanism, Detail: "the token derives sensitive keys only, so " + mechanismName(mechanism) + " cannot be checked in it"}
	}
	return v, nil
}

// destroy ends the keys, if the connection they live in is still there. The caller holds t.mu.
func (f *family) destroy(t *token) {
	if f.generation == t.generation && t.pool != nil {
		t.ownerMu.Lock()
		for _, o := range f.keys {
			_ = t.mod.api.DestroyObject(t.owner, o)
		}
		t.ownerMu.Unlock()
	}
	f.keys = nil
}
