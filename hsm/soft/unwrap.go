package soft

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rsa"
	_ "crypto/sha1" // of RSA-OAEP where a vendor knows no other
	"crypto/subtle"

	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/hsm"
	"github.com/chipid-toolkit/chipid/hsm/internal/keywrap"
)

// algTransport is an RSA key pair that unwraps and does nothing else.
const algTransport = "RSA transport"

// ImportWrapped unwraps in the program.
func (k *keyring) ImportWrapped(_ context.Context, spec hsm.SecretSpec, w hsm.WrappedKey) (hsm.KeyRef, error) {
	const doing = "import wrapped key"
	if err := w.Check(spec); err != nil {
		return "", err
	}
	unwrap := k.unwrapAES
	if w.Method == hsm.WrapRSAOAEP {
		unwrap = k.unwrapRSA
	}
	key, err := unwrap(doing, w)
	if err != nil {
		return "", err
	}
	defer clear(key)
	if len(key)*8 != spec.Bits {
		return "", &hsm.Fault{Doing: doing, Kind: hsm.ErrKeySpec, Detail: "the unwrapped key has another length than was announced"}
	}
	got, err := keyCheck(spec, w.KCVMethod, key)
	if err != nil {
		return "", &hsm.Fault{Doing: doing, Kind: hsm.ErrKeyData, Cause: err}
	}
	if err := w.CheckKCV(got); err != nil {
		return "", err
	}
	return k.addSecret(doing, spec, key)
}

func (k *keyring) unwrapAES(doing string, w hsm.WrappedKey) ([]byte, error) {
	kek, err := k.secret(doing, w.Under, hsm.UseTransport)
	if err != nil {
		return nil, err
	}
	defer kek.Wipe()
	var key []byte
	switch w.Method {
	case hsm.WrapAESKW:
		key, err = keywrap.Unwrap(kek.Bytes(), w.Bytes)
	case hsm.WrapAESKWP:
		key, err = keywrap.UnwrapPadded(kek.Bytes(), w.Bytes)
	default:
		var b cipher.Block
		if b, err = aes.NewCipher(kek.Bytes()); err != nil {
			break
		}
		key = make([]byte, len(w.Bytes))
		cipher.NewCBCDecrypter(b, w.IV).CryptBlocks(key, w.Bytes)
		if w.Method == hsm.WrapAESCBCPad {
			pad := int(key[len(key)-1])
			if pad == 0 || pad > aes.BlockSize || subtle.ConstantTimeCompare(key[len(key)-pad:], bytes.Repeat([]byte{byte(pad)}, pad)) != 1 {
				clear(key)
				return nil, hsm.WrongTransport(nil)
			}
			key = key[:len(key)-pad]
		}
	}
	if err != nil {
		return nil, hsm.WrongTransport(err)
	}
	return key, nil
}

func (k *keyring) unwrapRSA(doing string, w hsm.WrappedKey) ([]byte, error) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	e, err := k.find(doing, w.Under, hsm.KindPrivate)
	if err != nil {
		return nil, err
	}
	if e.Algorithm != algTransport {
		return nil, &hsm.Fault{Doing: doing, Kind: hsm.ErrKeyUse, Detail: "it is no transport key"}
	}
	private, err := k.private(e)
	if err != nil {
		return nil, err
	}
	r, ok := private.(*rsa.PrivateKey)
	if !ok {
		return nil, &hsm.Fault{Doing: doing, Kind: hsm.ErrKeyUse, Detail: "it is no transport key"}
	}
	key, err := rsa.DecryptOAEP(w.Hash.New(), nil, r, w.Bytes, nil)
	if err != nil {
		return nil, hsm.WrongTransport(err)
	}
	return key, nil
}

// keyCheck is a key's check value; it may be longer than 3 bytes.
func keyCheck(spec hsm.SecretSpec, how hsm.KCVMethod, key []byte) ([]byte, error) {
	if spec.Use == hsm.UseCardMasterTDES {
		return mac.KCVTDES(key)
	}
	switch how {
	case hsm.KCVCMAC:
		return mac.CMAC(key, make([]byte, aes.BlockSize))
	case hsm.KCVOnes:
		return mac.KCVAES(key)
	}
	b, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	out := make([]byte, aes.BlockSize)
	b.Encrypt(out, out)
	return out, nil
}
