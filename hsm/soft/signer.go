package soft

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"io"

	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/hsm"
	"github.com/chipid-toolkit/chipid/hsm/internal/signing"
)

// Generate makes a key pair and writes its file.
func (k *keyring) Generate(_ context.Context, spec hsm.KeySpec) (hsm.KeyRef, crypto.PublicKey, error) {
	const doing = "generate key pair"
	curve, err := spec.Check()
	if err != nil {
		return "", nil, err
	}
	e := entry{Kind: hsm.KindPrivate, Label: spec.Label, ID: spec.ID, Algorithm: "RSA"}
	if err := chooseID(&e); err != nil {
		return "", nil, err
	}
	var value []byte
	var pub crypto.PublicKey
	if curve != nil {
		e.Algorithm, e.Curve = algEC, curve.Name()
		if spec.Agreement {
			e.Algorithm = algAgreement
		}
		key, err := ecc.GenerateKey(curve, rand.Reader)
		if err != nil {
			return "", nil, &hsm.Fault{Doing: doing, Kind: hsm.ErrToken, Cause: err}
		}
		value, pub = key.Bytes(), hsm.StandardPublic(key.PublicKey())
	} else {
		key, err := rsa.GenerateKey(rand.Reader, spec.RSABits)
		if err == nil {
			value, err = x509.MarshalPKCS8PrivateKey(key)
		}
		if err != nil {
			return "", nil, &hsm.Fault{Doing: doing, Kind: hsm.ErrToken, Cause: err}
		}
		pub = &key.PublicKey
		if spec.Transport {
			e.Algorithm = algTransport
		}
	}
	defer clear(value)
	k.mu.Lock()
	defer k.mu.Unlock()
	ref, err := k.add(doing, e, value)
	if err != nil {
		return "", nil, err
	}
	return ref, pub, nil
}

func chooseID(e *entry) error {
	if len(e.ID) != 0 {
		return nil
	}
	e.ID = make([]byte, 16)
	_, err := rand.Read(e.ID)
	return err
}

// Signer reads the key file.
func (k *keyring) Signer(_ context.Context, ref hsm.KeyRef) (crypto.Signer, error) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	e, err := k.find("find signing key", ref, hsm.KindPrivate)
	if err != nil {
		return nil, err
	}
	if e.Algorithm == algAgreement {
		return nil, &hsm.Fault{Doing: "find signing key", Kind: hsm.ErrKeyUse, Detail: "it is for key agreement"}
	}
	if e.Algorithm == algTransport {
		return nil, &hsm.Fault{Doing: "find signing key", Kind: hsm.ErrKeyUse, Detail: "it is a transport key"}
	}
	key, err := k.private(e)
	if err != nil {
		return nil, err
	}
	return &signer{k: k, name: e.name, raw: e.raw, key: key, pub: publicOf(key)}, nil
}

// private opens a private key: *ecc.PrivateKey or *rsa.PrivateKey.
func (k *keyring) private(e *entry) (crypto.Signer, error) {
	damaged := &hsm.Fault{Doing: "open key file " + e.name + ".json", Kind: hsm.ErrToken, Detail: "its content is damaged"}
	v, err := k.value(e)
	if err != nil {
		return nil, err
	}
	defer clear(v)
	if e.Algorithm == algEC || e.Algorithm == algAgreement {
		c, err := ecc.ByName(e.Curve)
		if err != nil {
			return nil, damaged
		}
		key, err := ecc.NewPrivateKey(c, v)
		if err != nil {
			return nil, damaged
		}
		return key, nil
	}
	key, err := x509.ParsePKCS8PrivateKey(v)
	if err != nil {
		return nil, damaged
	}
	r, ok := key.(*rsa.PrivateKey)
	if !ok {
		return nil, damaged
	}
	return r, nil
}

func publicOf(key crypto.Signer) crypto.PublicKey {
	if e, ok := key.(*ecc.PrivateKey); ok {
		return hsm.StandardPublic(e.PublicKey())
	}
	return key.Public()
}

type signer struct {
	k    *keyring
	name string
	raw  []byte // the file that key was read from
	key  crypto.Signer
	pub  crypto.PublicKey
}

func (s *signer) Public() crypto.PublicKey { return s.pub }

// Sign signs a digest, if the key file is still there and holds the same key.
func (s *signer) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	const doing = "sign"
	if err := signing.CheckDigest(digest, opts); err != nil {
		return nil, err
	}
	s.k.mu.RLock()
	defer s.k.mu.RUnlock()
	if err := s.k.open(doing); err != nil {
		return nil, err
	}
	e, err := s.k.entry(s.name)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(e.raw, s.raw) {
		key, err := s.k.private(e)
		if err != nil {
			return nil, err
		}
		if !hsm.SamePublic(publicOf(key), s.pub) {
			return nil, &hsm.Fault{Doing: doing, Kind: hsm.ErrKeyMismatch, Detail: "the private key does not belong to the public key it is known by"}
		}
	}
	if r, ok := s.pub.(*rsa.PublicKey); ok {
		if pss, ok := opts.(*rsa.PSSOptions); ok {
			// Checked here as the token's signer does, so that both refuse alike.
			salt, err := signing.SaltLength(r, pss)
			if err != nil {
				return nil, err
			}
			opts = &rsa.PSSOptions{SaltLength: salt, Hash: pss.Hash}
		}
	}
	sig, err := s.key.Sign(rand.Reader, digest, opts)
	if err != nil {
		return nil, &hsm.Fault{Doing: doing, Kind: hsm.ErrToken, Cause: err}
	}
	return sig, nil
}
