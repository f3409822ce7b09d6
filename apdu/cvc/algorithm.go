package cvc

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"encoding/asn1"
	"fmt"

	// The hashes of TR-03110-3 v2.21, A.7.3 and A.7.4.
	_ "crypto/sha1"
	_ "crypto/sha256"
	_ "crypto/sha512"

	"github.com/chipid-toolkit/chipid/apdu/ecc"
)

// Algorithm is how the holder of a key signs (TR-03110-3 v2.21, A.7.3 and
// A.7.4). The zero Algorithm is none.
type Algorithm int

// The algorithms of TR-03110-3 v2.21, A.1.1.3.
const (
	RSAv15SHA1 Algorithm = 1 + iota
	RSAv15SHA256
	RSAPSSSHA1
	RSAPSSSHA256
	RSAv15SHA512
	RSAPSSSHA512
	ECDSASHA1
	ECDSASHA224
	ECDSASHA256
	ECDSASHA384
	ECDSASHA512
)

// algorithms in the order of the constants.
var algorithms = []struct {
	name     string
	hash     crypto.Hash
	pss      bool
	ec       bool
	arc, sub int
}{
	{"RSA-v1-5-SHA-1", crypto.SHA1, false, false, 1, 1},
	{"RSA-v1-5-SHA-256", crypto.SHA256, false, false, 1, 2},
	{"RSA-PSS-SHA-1", crypto.SHA1, true, false, 1, 3},
	{"RSA-PSS-SHA-256", crypto.SHA256, true, false, 1, 4},
	{"RSA-v1-5-SHA-512", crypto.SHA512, false, false, 1, 5},
	{"RSA-PSS-SHA-512", crypto.SHA512, true, false, 1, 6},
	{"ECDSA-SHA-1", crypto.SHA1, false, true, 2, 1},
	{"ECDSA-SHA-224", crypto.SHA224, false, true, 2, 2},
	{"ECDSA-SHA-256", crypto.SHA256, false, true, 2, 3},
	{"ECDSA-SHA-384", crypto.SHA384, false, true, 2, 4},
	{"ECDSA-SHA-512", crypto.SHA512, false, true, 2, 5},
}

// idTA is id-TA.
var idTA = asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 2, 2, 2}

// Algorithms lists all.
func Algorithms() []Algorithm {
	list := make([]Algorithm, len(algorithms))
	for i := range list {
		list[i] = Algorithm(i + 1)
	}
	return list
}

// ParseAlgorithm reads an object identifier under id-TA. Others are
// ErrAlgorithm.
func ParseAlgorithm(oid asn1.ObjectIdentifier) (Algorithm, error) {
	for _, a := range Algorithms() {
		if a.OID().Equal(oid) {
			return a, nil
		}
	}
	return 0, fmt.Errorf("%w: %v", ErrAlgorithm, oid)
}

func (a Algorithm) valid() bool { return a >= 1 && int(a) <= len(algorithms) }

// OID is the object identifier, nil for an algorithm that does not exist.
func (a Algorithm) OID() asn1.ObjectIdentifier {
	if !a.valid() {
		return nil
	}
	return append(append(asn1.ObjectIdentifier{}, idTA...), algorithms[a-1].arc, algorithms[a-1].sub)
}

// String is as in "ECDSA-SHA-256".
func (a Algorithm) String() string {
	if !a.valid() {
		return "no algorithm"
	}
	return algorithms[a-1].name
}

// ECDSA reports whether the keys are elliptic curve keys, else they are RSA.
func (a Algorithm) ECDSA() bool { return a.valid() && algorithms[a-1].ec }

// Hash is the hash function, 0 for an algorithm that does not exist.
func (a Algorithm) Hash() crypto.Hash {
	if !a.valid() {
		return 0
	}
	return algorithms[a-1].hash
}

// Deprecated reports whether the standard advises against it: SHA-1
// (TR-03110-3 v2.21, A.1.1.3, note).
func (a Algorithm) Deprecated() bool { return a.Hash() == crypto.SHA1 }

// options are the crypto.SignerOpts; the salt of PSS is as long as the hash
// (A.7.3.1).
func (a Algorithm) options() crypto.SignerOpts {
	if algorithms[a-1].pss {
		return &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: a.Hash()}
	}
	return a.Hash()
}

func (a Algorithm) digest(message []byte) []byte {
	h := a.Hash().New()
	h.Write(message)
	return h.Sum(nil)
}

// Sign signs message with key and gives the signature as certificates carry it:
// RSA as it is, ECDSA plain, r || s (TR-03111 v2.1, 5.2.1), whatever encoding
// the signer's DER has. The signature is verified before it is given away.
// ErrAlgorithm, ErrKey, ErrSignature.
func (a Algorithm) Sign(key crypto.Signer, message []byte) ([]byte, error) {
	if !a.valid() {
		return nil, fmt.Errorf("%w: none", ErrAlgorithm)
	}
	if key == nil {
		return nil, fmt.Errorf("%w: no signer", ErrKey)
	}
	pub, err := a.normal(key.Public())
	if err != nil {
		return nil, err
	}
	sig, err := key.Sign(rand.Reader, a.digest(message), a.options())
	if err != nil {
		return nil, fmt.Errorf("cvc: sign: %w", err)
	}
	if p, ok := pub.(*ecc.PublicKey); ok {
		if sig, err = ecc.ASN1ToRaw(p.Curve, sig); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrSignature, err)
		}
	}
	if err := a.Verify(pub, message, sig); err != nil {
		return nil, err
	}
	return sig, nil
}

// Verify checks a signature as certificates carry it. ErrAlgorithm, ErrKey,
// ErrSignature.
func (a Algorithm) Verify(pub crypto.PublicKey, message, signature []byte) error {
	if !a.valid() {
		return fmt.Errorf("%w: none", ErrAlgorithm)
	}
	pub, err := a.normal(pub)
	if err != nil {
		return err
	}
	digest := a.digest(message)
	switch k := pub.(type) {
	case *ecc.PublicKey:
		if !ecc.VerifyRaw(k, digest, signature) {
			return ErrSignature
		}
	case *rsa.PublicKey:
		if algorithms[a-1].pss {
			err = rsa.VerifyPSS(k, a.Hash(), digest, signature, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
		} else {
			err = rsa.VerifyPKCS1v15(k, a.Hash(), digest, signature)
		}
		if err != nil {
			return ErrSignature
		}
	}
	return nil
}

// normal is pub as *ecc.PublicKey or *rsa.PublicKey, of the kind that a needs.
func (a Algorithm) normal(pub crypto.PublicKey) (crypto.PublicKey, error) {
	if a.ECDSA() {
		p, err := ecc.FromPublic(pub)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrKey, err)
		}
		return p, nil
	}
	p, ok := pub.(*rsa.PublicKey)
	if !ok || p == nil || p.N == nil {
		return nil, fmt.Errorf("%w: %T for %v", ErrKey, pub, a)
	}
	return p, checkRSA(p)
}
