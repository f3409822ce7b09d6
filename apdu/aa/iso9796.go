package aa

import (
	"crypto"
	"crypto/rsa"
	"fmt"
	"io"
	"math/big"
)

// Sizes of an RSA key in bits, and the largest public exponent. The upper
// bounds keep a hostile DG15 from holding up a terminal.
const (
	minModulusBits = 1024
	maxModulusBits = 8192
	maxExponent    = 1<<31 - 1
)

// header is that of partial recovery without padding: the nonce M1 fills the
// recoverable part (Doc 9303-11 (8th ed.), 6.1.2.2: its length is the capacity
// less 4 bits).
const header byte = 0x6A

// trailers of ISO/IEC 9796-2, by hash: option 1 is one byte, option 2 two.
var trailers = []struct {
	bytes []byte
	hash  crypto.Hash
	note  string
}{
	{[]byte{0xBC}, crypto.SHA1, ""},
	{[]byte{0x38, 0xCC}, crypto.SHA224, ""},
	{[]byte{0x34, 0xCC}, crypto.SHA256, ""},
	{[]byte{0x36, 0xCC}, crypto.SHA384, ""},
	{[]byte{0x35, 0xCC}, crypto.SHA512, ""},
	{[]byte{0x33, 0xCC}, crypto.SHA1, "SHA-1 with trailer option 2; option 1 is wanted (Doc 9303-11 (8th ed.), 6.1.2.2)"},
}

// checkRSA bounds a key.
func checkRSA(pub *rsa.PublicKey) error {
	if pub == nil || pub.N == nil || pub.N.Sign() <= 0 || pub.N.Bit(0) == 0 {
		return fmt.Errorf("%w: RSA modulus", ErrKey)
	}
	if n := pub.N.BitLen(); n < minModulusBits || n > maxModulusBits {
		return fmt.Errorf("%w: RSA modulus of %d bits", ErrKey, n)
	}
	if pub.E < 3 || pub.E > maxExponent || pub.E&1 == 0 {
		return fmt.Errorf("%w: RSA exponent", ErrKey)
	}
	return nil
}

// modulusLen is the length of modulus, signature and message representative in
// bytes. All are handled at this width, leading zeros and all.
func modulusLen(pub *rsa.PublicKey) int { return (pub.N.BitLen() + 7) / 8 }

// recoverRepresentative opens a signature: the message representative, at the width of the
// modulus.
func recoverRepresentative(pub *rsa.PublicKey, signature []byte) ([]byte, error) {
	k := modulusLen(pub)
	if len(signature) != k {
		return nil, fmt.Errorf("%w: %d bytes, modulus of %d", ErrLength, len(signature), k)
	}
	s := new(big.Int).SetBytes(signature)
	if s.Cmp(pub.N) >= 0 {
		return nil, fmt.Errorf("%w: not less than the modulus", ErrSignature)
	}
	f := s.Exp(s, big.NewInt(int64(pub.E)), pub.N)
	// A representative ends in the nibble C. The signer of ISO/IEC 9796-2, B.4
	// may have taken the complement; that of B.6 never does.
	if lowNibble(f) != 0xC {
		f.Sub(pub.N, f)
	}
	if lowNibble(f) != 0xC {
		return nil, fmt.Errorf("%w: no trailer", ErrSignature)
	}
	return f.FillBytes(make([]byte, k)), nil
}

func lowNibble(x *big.Int) uint {
	return x.Bit(0) | x.Bit(1)<<1 | x.Bit(2)<<2 | x.Bit(3)<<3
}

// splitRepresentative takes a representative apart: header, recovered message
// part, hash, trailer.
func splitRepresentative(f []byte) (m1, digest []byte, h crypto.Hash, note string, err error) {
	for _, t := range trailers {
		n := len(f) - len(t.bytes)
		if n < 0 || string(f[n:]) != string(t.bytes) {
			continue
		}
		n -= t.hash.Size()
		if n < 1+challengeLen {
			return nil, nil, 0, "", fmt.Errorf("%w: key too short for the hash", ErrSignature)
		}
		if f[0] != header {
			return nil, nil, 0, "", fmt.Errorf("%w: header %02X", ErrSignature, f[0])
		}
		return f[1:n], f[n : n+t.hash.Size()], t.hash, t.note, nil
	}
	return nil, nil, 0, "", fmt.Errorf("%w: unknown trailer", ErrSignature)
}

// verifyRSA checks an ISO/IEC 9796-2 scheme 1 signature of M1 || challenge.
func verifyRSA(pub *rsa.PublicKey, challenge, signature []byte) (crypto.Hash, string, error) {
	if err := checkRSA(pub); err != nil {
		return 0, "", err
	}
	f, err := recoverRepresentative(pub, signature)
	if err != nil {
		return 0, "", err
	}
	m1, digest, h, note, err := splitRepresentative(f)
	if err != nil {
		return 0, "", err
	}
	if string(hashOf(h, m1, challenge)) != string(digest) {
		return 0, "", fmt.Errorf("%w: hash differs", ErrSignature)
	}
	return h, note, nil
}

func hashOf(h crypto.Hash, parts ...[]byte) []byte {
	w := h.New()
	for _, p := range parts {
		w.Write(p)
	}
	return w.Sum(nil)
}

// represent builds the message representative of a challenge with a fresh M1
// from random. k is the length of the modulus in bytes.
func represent(random io.Reader, k int, h crypto.Hash, challenge []byte) ([]byte, error) {
	for _, t := range trailers {
		if t.hash != h {
			continue
		}
		n := k - 1 - h.Size() - len(t.bytes)
		if n < challengeLen {
			return nil, fmt.Errorf("%w: modulus too short for %v", ErrKey, h)
		}
		f := make([]byte, k)
		f[0] = header
		m1 := f[1 : 1+n]
		if _, err := io.ReadFull(random, m1); err != nil {
			return nil, fmt.Errorf("aa: random numbers: %w", err)
		}
		copy(f[1+n:], hashOf(h, m1, challenge))
		copy(f[k-len(t.bytes):], t.bytes)
		return f, nil
	}
	return nil, fmt.Errorf("%w: %v", ErrHash, h)
}

// signRSA signs as ISO/IEC 9796-2, B.6 does, or B.4 where complement is set.
// Its time depends on the key: it is for virtual chips.
func signRSA(random io.Reader, key *rsa.PrivateKey, h crypto.Hash, challenge []byte, complement bool) ([]byte, error) {
	k := modulusLen(&key.PublicKey)
	f, err := represent(random, k, h, challenge)
	if err != nil {
		return nil, err
	}
	x := new(big.Int).SetBytes(f)
	if x.Cmp(key.N) >= 0 {
		return nil, fmt.Errorf("%w: modulus too small for its length", ErrKey)
	}
	s := x.Exp(x, key.D, key.N)
	if other := new(big.Int).Sub(key.N, s); complement && other.Cmp(s) < 0 {
		s = other
	}
	return s.FillBytes(make([]byte, k)), nil
}
