package envelope

import (
	"crypto"
	"crypto/aes"
	_ "crypto/sha1" // registers the hashes of the key derivation
	_ "crypto/sha256"
	_ "crypto/sha512"
	"crypto/subtle"
	"encoding/binary"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"github.com/chipid-toolkit/chipid/cardprofile/cms"
)

// agreements are the key agreement schemes with an ephemeral key of the sender (RFC
// 5753, 7.1.4). With the cofactor 1 of all our curves, the two kinds are one.
var agreements = map[string]crypto.Hash{
	"1.3.133.16.840.63.0.2": crypto.SHA1, "1.3.132.1.11.0": crypto.SHA224, "1.3.132.1.11.1": crypto.SHA256, "1.3.132.1.11.2": crypto.SHA384, "1.3.132.1.11.3": crypto.SHA512,
	"1.3.133.16.840.63.0.3": crypto.SHA1, "1.3.132.1.14.0": crypto.SHA224, "1.3.132.1.14.1": crypto.SHA256, "1.3.132.1.14.2": crypto.SHA384, "1.3.132.1.14.3": crypto.SHA512,
}

// keyWraps are the sizes of AES key wrap keys in bytes (RFC 3565, 2.3.2).
var keyWraps = map[string]int{"2.16.840.1.101.3.4.1.5": 16, "2.16.840.1.101.3.4.1.25": 24, "2.16.840.1.101.3.4.1.45": 32}

// What is made here.
const (
	oidAgreement = "1.3.132.1.11.1"          // dhSinglePass-stdDH-sha256kdf-scheme
	oidKeyWrap   = "2.16.840.1.101.3.4.1.45" // id-aes256-wrap
)

// sharedInfo is ECC-CMS-SharedInfo (RFC 5753, 7.2): keyInfo is the key wrap's
// identifier as it stands in the object, ukm the sender's user keying material.
func sharedInfo(keyInfo, ukm []byte, size int) []byte {
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddBytes(keyInfo)
		if ukm != nil {
			b.AddASN1(asn1.Tag(0).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) { b.AddASN1OctetString(ukm) })
		}
		b.AddASN1(asn1.Tag(2).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) {
			b.AddASN1OctetString(binary.BigEndian.AppendUint32(nil, uint32(size)*8)) //nolint:gosec // 16 to 32
		})
	})
	return b.BytesOrPanic()
}

// deriveKEK is the key derivation function of ANSI X9.63 (SEC 1 v2.0, 3.6.1).
func deriveKEK(h crypto.Hash, z, info []byte, size int) []byte {
	var out []byte
	for i := uint32(1); len(out) < size; i++ {
		d := h.New()
		d.Write(z)
		d.Write(binary.BigEndian.AppendUint32(nil, i))
		d.Write(info)
		out = d.Sum(out)
	}
	return out[:size]
}

// wrapIV is the initial value of RFC 3394, 2.2.3.1.
const wrapIV = 0xa6a6a6a6a6a6a6a6

// wrapKey is AES key wrap (RFC 3394, 2.2.1) of a key of 16 to 32 bytes.
func wrapKey(kek, key []byte) ([]byte, error) {
	block, err := aes.NewCipher(kek)
	if err != nil {
		return nil, err
	}
	out := append(binary.BigEndian.AppendUint64(nil, wrapIV), key...)
	n := len(key) / 8
	var b [16]byte
	for j := range 6 {
		for i := 1; i <= n; i++ {
			copy(b[:8], out)
			copy(b[8:], out[8*i:8*i+8])
			block.Encrypt(b[:], b[:])
			binary.BigEndian.PutUint64(out, binary.BigEndian.Uint64(b[:8])^uint64(n*j+i)) //nolint:gosec // small
			copy(out[8*i:], b[8:])
		}
	}
	return out, nil
}

// unwrapKey undoes wrapKey (RFC 3394, 2.2.2); false where the key or the bytes are
// others.
func unwrapKey(kek, wrapped []byte) ([]byte, bool) {
	if len(wrapped)%8 != 0 || len(wrapped) < 24 || len(wrapped) > 40 {
		return nil, false
	}
	block, err := aes.NewCipher(kek)
	if err != nil {
		return nil, false
	}
	out := append([]byte(nil), wrapped...)
	n := len(wrapped)/8 - 1
	var b [16]byte
	for j := 5; j >= 0; j-- {
		for i := n; i >= 1; i-- {
			binary.BigEndian.PutUint64(b[:8], binary.BigEndian.Uint64(out)^uint64(n*j+i)) //nolint:gosec // small
			copy(b[8:], out[8*i:8*i+8])
			block.Decrypt(b[:], b[:])
			copy(out, b[:8])
			copy(out[8*i:], b[8:])
		}
	}
	if subtle.ConstantTimeCompare(out[:8], binary.BigEndian.AppendUint64(nil, wrapIV)) != 1 {
		clear(out)
		return nil, false
	}
	return out[8:], true
}

// identifier writes an AlgorithmIdentifier.
func identifier(oid string, params ...[]byte) []byte {
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddBytes(cms.MarshalOID(oid))
		for _, p := range params {
			b.AddBytes(p)
		}
	})
	return b.BytesOrPanic()
}
