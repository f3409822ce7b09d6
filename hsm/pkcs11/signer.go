//go:build cgo

package pkcs11

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"fmt"
	"io"
	"math/big"
	"sync/atomic"

	p11 "github.com/miekg/pkcs11"

	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/hsm"
	"github.com/chipid-toolkit/chipid/hsm/internal/signing"
)

// Signer finds the private key, learns its public key and has the key prove that they belong together.
func (k *keyring) Signer(ctx context.Context, ref hsm.KeyRef) (crypto.Signer, error) {
	const doing = "find signing key"
	u, err := k.parse(doing, ref, "private")
	if err != nil {
		return nil, err
	}
	var sg *signer
	err = k.with(ctx, doing, true, func(s *session) error {
		h, err := s.one(doing, p11.CKO_PRIVATE_KEY, u)
		if err != nil {
			return err
		}
		if may, err := s.flag(h, p11.CKA_SIGN); err != nil {
			return err
		} else if !may {
			return &hsm.Fault{Doing: doing, Kind: hsm.ErrKeyUse, Detail: "the token does not let it sign"}
		}
		pub, err := s.publicOf(h)
		if err != nil {
			return err
		}
		if pub == nil {
			return &hsm.Fault{Doing: doing, Kind: hsm.ErrKeyNotFound, Detail: "no public key or certificate of a known kind lies beside the private key"}
		}
		// From here on the key is known by its own label and id, however the caller named it.
		full := hsm.URI{}
		if label, ok, err := s.attribute(h, p11.CKA_LABEL); err != nil {
			return err
		} else if ok {
			full.Object = string(label)
		}
		if id, ok, err := s.attribute(h, p11.CKA_ID); err != nil {
			return err
		} else if ok {
			full.ID = id
		}
		sg = &signer{k: k, uri: full, pub: pub}
		if _, ok := pub.(*rsa.PublicKey); !ok {
			if sg.ec, err = ecc.FromPublic(pub); err != nil {
				return &hsm.Fault{Doing: doing, Kind: hsm.ErrKeyUse, Cause: err}
			}
		}
		if err := sg.prove(s, h); err != nil {
			return err
		}
		sg.at.Store(&place{s.generation, h})
		return nil
	})
	if err != nil {
		return nil, err
	}
	return sg, nil
}

// signer is a private key in a token.
type signer struct {
	k   *keyring
	uri hsm.URI
	pub crypto.PublicKey
	ec  *ecc.PublicKey // nil for RSA
	at  atomic.Pointer[place]
}

// place is where the key was last found.
type place struct {
	generation uint64
	handle     p11.ObjectHandle
}

// Public returns the public key.
func (sg *signer) Public() crypto.PublicKey { return sg.pub }

// Sign signs a digest in the token. The random source is not used: the token has its own.
func (sg *signer) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	return sg.SignContext(context.Background(), digest, opts)
}

// SignContext is Sign with a context that bounds the wait for a session.
func (sg *signer) SignContext(ctx context.Context, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	const doing = "sign"
	m, input, err := sg.mechanism(digest, opts)
	if err != nil {
		return nil, err
	}
	var sig []byte
	err = sg.k.with(ctx, doing, true, func(s *session) error {
		h, err := sg.handle(s)
		if err != nil {
			return err
		}
		sig, err = s.sign(m, h, input)
		if staleHandle(err) && s.t.alive() {
			// Somebody replaced the object while we were connected. It is found anew, and must be the same key.
			if h, err = sg.resolve(s); err != nil {
				return err
			}
			sig, err = s.sign(m, h, input)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if sg.ec == nil {
		return sig, nil
	}
	der, err := signing.ECDSASignature(sg.ec.Curve, sig)
	if err != nil {
		return nil, &hsm.Fault{Doing: doing, Kind: hsm.ErrToken, Detail: "it returned something that is no ECDSA signature"}
	}
	return der, nil
}

// handle returns where the key is in the present connection.
func (sg *signer) handle(s *session) (p11.ObjectHandle, error) {
	if p := sg.at.Load(); p != nil && p.generation == s.generation {
		return p.handle, nil
	}
	return sg.resolve(s)
}

// resolve finds the key again and takes it only if it is the same.
func (sg *signer) resolve(s *session) (p11.ObjectHandle, error) {
	h, err := s.one("find signing key again", p11.CKO_PRIVATE_KEY, sg.uri)
	if err != nil {
		return 0, err
	}
	if err := sg.prove(s, h); err != nil {
		return 0, err
	}
	sg.at.Store(&place{s.generation, h})
	return h, nil
}

// prove makes sure that the private key under h belongs to the public key that the signer was made with. What lies beside it proves nothing,
// so the private key itself is asked: RSA for its modulus, EC for a signature over bytes that nobody chose.
func (sg *signer) prove(s *session, h p11.ObjectHandle) error {
	const doing = "check signing key"
	other := &hsm.Fault{Doing: doing, Kind: hsm.ErrKeyMismatch, Detail: "the private key does not belong to the public key it is known by"}
	if want, ok := sg.pub.(*rsa.PublicKey); ok {
		modulus, ok, err := s.attribute(h, p11.CKA_MODULUS)
		if err != nil {
			return err
		}
		if !ok || want.N.Cmp(new(big.Int).SetBytes(modulus)) != 0 {
			return other
		}
		return nil
	}
	var challenge [32]byte
	if _, err := rand.Read(challenge[:]); err != nil {
		return err
	}
	// The name in front keeps this from being a signature over anything else that has a meaning.
	digest := sha256.Sum256(append([]byte("chipid: this private key belongs to its public key\x00"), challenge[:]...))
	input := signing.Truncate(sg.ec.Curve, digest[:])
	sig, err := s.sign(p11.NewMechanism(p11.CKM_ECDSA, nil), h, input)
	if err != nil {
		return err
	}
	if !ecc.VerifyRaw(sg.ec, digest[:], sig) {
		return other
	}
	return nil
}

// mechanism chooses how the token signs the digest. The hash has been made here, so the token needs no mechanism with a hash in it.
func (sg *signer) mechanism(digest []byte, opts crypto.SignerOpts) (*p11.Mechanism, []byte, error) {
	if err := signing.CheckDigest(digest, opts); err != nil {
		return nil, nil, err
	}
	pub, isRSA := sg.pub.(*rsa.PublicKey)
	if !isRSA {
		return p11.NewMechanism(p11.CKM_ECDSA, nil), signing.Truncate(sg.ec.Curve, digest), nil
	}
	if pss, ok := opts.(*rsa.PSSOptions); ok {
		salt, err := signing.SaltLength(pub, pss)
		if err != nil {
			return nil, nil, err
		}
		h, ok := pssHashes[pss.HashFunc()]
		if !ok {
			return nil, nil, &hsm.Fault{Doing: "sign", Kind: hsm.ErrKeyData, Detail: fmt.Sprintf("%v is not used with PSS here", pss.HashFunc())}
		}
		return p11.NewMechanism(p11.CKM_RSA_PKCS_PSS, p11.NewPSSParams(h.hash, h.mgf, uint(salt))), digest, nil
	}
	info, err := signing.DigestInfo(digest, opts.HashFunc())
	if err != nil {
		return nil, nil, err
	}
	return p11.NewMechanism(p11.CKM_RSA_PKCS, nil), info, nil
}

// pssHashes are the hashes of Doc 9303-12 (8th ed.), 4.1.6.4; the MGF's hash is the message's.
var pssHashes = map[crypto.Hash]struct{ hash, mgf uint }{
	crypto.SHA224: {p11.CKM_SHA224, p11.CKG_MGF1_SHA224},
	crypto.SHA256: {p11.CKM_SHA256, p11.CKG_MGF1_SHA256},
	crypto.SHA384: {p11.CKM_SHA384, p11.CKG_MGF1_SHA384},
	crypto.SHA512: {p11.CKM_SHA512, p11.CKG_MGF1_SHA512},
}
