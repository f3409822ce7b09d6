package cms

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"math/big"
	"strings"

	"golang.org/x/crypto/cryptobyte"

	"github.com/chipid-toolkit/chipid/apdu/ecc"
)

// MarshalOID writes a dotted object identifier as a DER element. It is for the
// constants of this program: a malformed one gives nil.
func MarshalOID(dotted string) []byte {
	parts := strings.Split(dotted, ".")
	if len(parts) < 2 {
		return nil
	}
	arcs := make([]*big.Int, len(parts))
	for i, p := range parts {
		v, ok := new(big.Int).SetString(p, 10)
		if !ok || v.Sign() < 0 {
			return nil
		}
		arcs[i] = v
	}
	arcs[1].Add(arcs[1], new(big.Int).Mul(arcs[0], big.NewInt(40)))
	var content []byte
	for _, v := range arcs[1:] {
		n := max((v.BitLen()+6)/7, 1)
		for i := n - 1; i >= 0; i-- {
			c := byte(new(big.Int).Rsh(v, uint(7*i)).Uint64()) & 0x7f
			if i > 0 {
				c |= 0x80
			}
			content = append(content, c)
		}
	}
	return encode(0x06, content)
}

// SignOptions chooses how to sign. The zero value takes the hash that fits the key
// and, for RSA, RSASSA-PSS, which Doc 9303-12 (8th ed.), 4.1.6.1 recommends.
type SignOptions struct {
	Hash  crypto.Hash // SHA-224, 256, 384 or 512; 0 chooses by the size of the key
	PKCS1 bool        // RSASSA-PKCS1-v1_5 in place of RSASSA-PSS
}

// Signing is a signature algorithm decided for one public key: what issuing knows
// before it signs.
type Signing struct {
	Hash      crypto.Hash
	Algorithm []byte // the AlgorithmIdentifier in DER
	pub       crypto.PublicKey
	opts      crypto.SignerOpts
}

// ChooseSigning decides the signature algorithm for a key. Only what Doc 9303-12
// (8th ed.), 4.1.6 permits to issuers is offered: SHA-1 is not.
func ChooseSigning(pub crypto.PublicKey, o SignOptions) (*Signing, error) {
	s := &Signing{Hash: o.Hash, pub: pub}
	switch o.Hash {
	case 0, crypto.SHA224, crypto.SHA256, crypto.SHA384, crypto.SHA512:
	default:
		return nil, fmt.Errorf("cms: digest %v is not permitted for issuing", o.Hash)
	}
	if key, ok := pub.(*rsa.PublicKey); ok {
		if key.N == nil || key.N.BitLen() < 2048 {
			return nil, fmt.Errorf("cms: an RSA key for issuing has 2048 bits at least")
		}
		if s.Hash == 0 {
			s.Hash = crypto.SHA256
		}
		s.opts = s.Hash
		if o.PKCS1 {
			id := map[crypto.Hash]string{crypto.SHA224: "1.2.840.113549.1.1.14", crypto.SHA256: "1.2.840.113549.1.1.11",
				crypto.SHA384: "1.2.840.113549.1.1.12", crypto.SHA512: "1.2.840.113549.1.1.13"}[s.Hash]
			s.Algorithm = encode(0x30, MarshalOID(id), []byte{5, 0})
			return s, nil
		}
		s.opts = &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: s.Hash}
		digest, err := MarshalDigest(s.Hash)
		if err != nil {
			return nil, err
		}
		// RFC 4055, 2.1 and 3.1: the hash inside RSASSA-PSS-params carries a NULL.
		digest = encode(0x30, digest[2:], []byte{5, 0})
		s.Algorithm = encode(0x30, MarshalOID(oidPSS), encode(0x30,
			encode(0xa0, digest),
			encode(0xa1, encode(0x30, MarshalOID(oidMGF1), digest)),
			encode(0xa2, encode(0x02, []byte{byte(s.Hash.Size())}))))
		return s, nil
	}
	key, err := ecc.FromPublic(pub)
	if err != nil {
		return nil, fmt.Errorf("cms: a signing key is RSA or on a known curve: %w", err)
	}
	if o.PKCS1 {
		return nil, fmt.Errorf("cms: PKCS #1 is asked for, the key is not RSA")
	}
	if s.Hash == 0 {
		// BSI TR-03111 v2.1, 4.1.2: the hash is as long as the order, or nearly.
		switch n := key.Curve.BitSize(); {
		case n <= 224:
			s.Hash = crypto.SHA224
		case n <= 256:
			s.Hash = crypto.SHA256
		case n <= 384:
			s.Hash = crypto.SHA384
		default:
			s.Hash = crypto.SHA512
		}
	}
	id := map[crypto.Hash]string{crypto.SHA224: "1.2.840.10045.4.3.1", crypto.SHA256: "1.2.840.10045.4.3.2",
		crypto.SHA384: "1.2.840.10045.4.3.3", crypto.SHA512: "1.2.840.10045.4.3.4"}[s.Hash]
	s.Algorithm, s.opts = encode(0x30, MarshalOID(id)), s.Hash
	return s, nil
}

// Sign signs message with key, whose public key must be the one s was chosen for,
// and verifies the result before returning it.
func (s *Signing) Sign(key crypto.Signer, message []byte) ([]byte, error) {
	sig, err := s.SignUnverified(key, message)
	if err != nil {
		return nil, err
	}
	if err := s.check(message, sig); err != nil {
		return nil, fmt.Errorf("cms: the signer's result is wrong: %w", err)
	}
	return sig, nil
}

// SignUnverified is Sign for who verifies the object around the signature before it
// is handed out.
func (s *Signing) SignUnverified(key crypto.Signer, message []byte) ([]byte, error) {
	if err := s.Match(key); err != nil {
		return nil, err
	}
	h := s.Hash.New()
	h.Write(message)
	sig, err := key.Sign(rand.Reader, h.Sum(nil), s.opts)
	if err != nil {
		return nil, fmt.Errorf("cms: sign: %w", err)
	}
	return sig, nil
}

// Match says whether key is the private half of the key s was chosen for.
func (s *Signing) Match(key crypto.Signer) error {
	if key == nil || !SamePublicKey(key.Public(), s.pub) {
		return fmt.Errorf("cms: the signing key is not the one of the certificate")
	}
	return nil
}

func (s *Signing) check(message, sig []byte) error {
	in := cryptobyte.String(s.Algorithm)
	alg, err := ReadAlgorithm(&in)
	if err != nil {
		return err
	}
	dev, err := alg.VerifySignature(s.pub, s.Hash, message, sig)
	if err == nil && len(dev) > 0 {
		err = fmt.Errorf("cms: %s", dev[0].Text)
	}
	return err
}

// SamePublicKey compares two RSA or elliptic curve keys, whichever type holds the
// curve point.
func SamePublicKey(a, b crypto.PublicKey) bool {
	if ra, ok := a.(*rsa.PublicKey); ok {
		return ra.Equal(b)
	}
	// Points are compared without asking again whether they are on their curve: this is
	// called for every signature.
	pa, ca, ok := point(a)
	pb, cb, okb := point(b)
	if ok && okb {
		return ca == cb && bytes.Equal(pa, pb)
	}
	ea, err := ecc.FromPublic(a)
	if err != nil {
		return false
	}
	eb, err := ecc.FromPublic(b)
	return err == nil && ea.Equal(eb)
}

// HashByName returns a digest that issuers may use by its name, SHA-256 or sha256;
// "" is 0, which leaves the choice to the key.
func HashByName(name string) (crypto.Hash, error) {
	if name == "" {
		return 0, nil
	}
	for _, h := range []crypto.Hash{crypto.SHA224, crypto.SHA256, crypto.SHA384, crypto.SHA512} {
		if strings.EqualFold(strings.ReplaceAll(name, "-", ""), strings.ReplaceAll(h.String(), "-", "")) {
			return h, nil
		}
	}
	return 0, fmt.Errorf("is not SHA-224, SHA-256, SHA-384 or SHA-512")
}

// point is the uncompressed point of a key and the name of its curve.
func point(key crypto.PublicKey) (b []byte, curve string, ok bool) {
	switch k := key.(type) {
	case *ecdsa.PublicKey:
		if k == nil || k.Curve == nil {
			return nil, "", false
		}
		b, err := k.Bytes()
		return b, k.Curve.Params().Name, err == nil
	case *ecc.PublicKey:
		if k == nil || k.Curve == nil || k.X == nil || k.Y == nil {
			return nil, "", false
		}
		n := k.Curve.FieldLen()
		if k.X.Sign() < 0 || k.Y.Sign() < 0 || k.X.BitLen() > 8*n || k.Y.BitLen() > 8*n {
			return nil, "", false
		}
		b := make([]byte, 1+2*n)
		b[0] = 4 // SEC 1 v2.0, 2.3.3: uncompressed
		k.X.FillBytes(b[1 : 1+n])
		k.Y.FillBytes(b[1+n:])
		return b, k.Curve.Name(), true
	}
	return nil, "", false
}
