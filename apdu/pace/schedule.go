package pace

import (
	"crypto/cipher"
	"crypto/subtle"
	"encoding/asn1"
	"fmt"

	"github.com/chipid-toolkit/chipid/apdu/domain"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
)

// Commands and data objects (Doc 9303-11 (8th ed.), 4.4.4 and 4.4.5).
const (
	insMSE                 byte = 0x22
	insGeneralAuthenticate byte = 0x86
	mseSetATp1             byte = 0xC1
	mseSetATp2             byte = 0xA4

	tagMechanism tlv.Tag = 0x80
	tagPassword  tlv.Tag = 0x83
	tagDomain    tlv.Tag = 0x84
	tagCHAT      tlv.Tag = 0x7F4C

	tagDynamic      tlv.Tag = 0x7C
	tagNonce        tlv.Tag = 0x80
	tagMapTerminal  tlv.Tag = 0x81
	tagMapChip      tlv.Tag = 0x82
	tagKeyTerminal  tlv.Tag = 0x83
	tagKeyChip      tlv.Tag = 0x84
	tagTokenIFD     tlv.Tag = 0x85
	tagTokenIC      tlv.Tag = 0x86
	tagCAR          tlv.Tag = 0x87
	tagPreviousCAR  tlv.Tag = 0x88
	tagEncryptedCAM tlv.Tag = 0x8A

	tagPublicKey tlv.Tag = 0x7F49
	tagOID       tlv.Tag = 0x06
	tagNumberY   tlv.Tag = 0x84
	tagPointY    tlv.Tag = 0x86
)

const (
	tokenLen = 8
	maxCAR   = 16 // CC, mnemonic, sequence number (Doc 9303-12 (8th ed.), 8)
)

// nonceLens is the length of the chip's nonce s and of the terminal's nonce t,
// in bytes. For the integrated mapping both are fixed: t has the key's length,
// s the next multiple of the block (Doc 9303-11 (8th ed.), 4.4.3.3; 3DES counts
// as 128 bits). For the others a chip chooses, and ours takes the same.
func nonceLens(c mac.Cipher) (s, t int) {
	switch c {
	case mac.AES192:
		return 32, 24
	case mac.AES256:
		return 32, 32
	}
	return 16, 16
}

// maxNonce bounds what a chip may choose with the generic mapping, in bytes.
const maxNonce = 64

// checkNonceLen judges the length of an encrypted nonce.
func (p Protocol) checkNonceLen(n int) error {
	if p.Mapping == Integrated {
		if want, _ := nonceLens(p.Cipher); n != want {
			return fmt.Errorf("%w: nonce of %d bytes, want %d", ErrFormat, n, want)
		}
		return nil
	}
	if n == 0 || n > maxNonce || n%p.Cipher.BlockSize() != 0 {
		return fmt.Errorf("%w: nonce of %d bytes", ErrFormat, n)
	}
	return nil
}

// cbc runs CBC with a zero initialization vector over whole blocks.
func cbc(c mac.Cipher, key, in []byte, encrypt bool) ([]byte, error) {
	b, err := c.NewBlock(key)
	if err != nil {
		return nil, fmt.Errorf("pace: %w", err)
	}
	if len(in)%b.BlockSize() != 0 {
		return nil, fmt.Errorf("%w: %d bytes are not whole blocks", ErrFormat, len(in))
	}
	out := make([]byte, len(in))
	iv := make([]byte, b.BlockSize())
	if encrypt {
		cipher.NewCBCEncrypter(b, iv).CryptBlocks(out, in)
	} else {
		cipher.NewCBCDecrypter(b, iv).CryptBlocks(out, in)
	}
	return out, nil
}

// keys are the session keys of a run.
type keys struct {
	enc, mac mac.Key
}

// deriveKeys is Doc 9303-11 (8th ed.), 9.7.4.
func deriveKeys(c mac.Cipher, shared *domain.Shared) keys {
	k := shared.Secret()
	defer k.Wipe()
	return keys{
		enc: mac.DeriveICAO(k.Bytes(), mac.CounterENC, c),
		mac: mac.DeriveICAO(k.Bytes(), mac.CounterMAC, c),
	}
}

func (k keys) wipe() {
	k.enc.Wipe()
	k.mac.Wipe()
}

// token is the authentication token over the other side's ephemeral key (Doc
// 9303-11 (8th ed.), 4.4.3.4).
func (k keys) token(c mac.Cipher, oid asn1.ObjectIdentifier, peer *domain.PublicKey) ([]byte, error) {
	input, err := tokenInput(oid, peer)
	if err != nil {
		return nil, err
	}
	if c == mac.TDES {
		return mac.Retail(k.mac.Bytes(), mac.Pad80(input, c.BlockSize()))
	}
	t, err := mac.CMAC(k.mac.Bytes(), input)
	if err != nil {
		return nil, fmt.Errorf("pace: %w", err)
	}
	return t[:tokenLen], nil
}

// tokenInput is the public key data object: identifier and public value, no
// domain parameters (Doc 9303-11 (8th ed.), 9.4).
func tokenInput(oid asn1.ObjectIdentifier, peer *domain.PublicKey) ([]byte, error) {
	o, err := oidValue(oid)
	if err != nil {
		return nil, err
	}
	tag := tagNumberY
	if peer.Point() != nil {
		tag = tagPointY
	}
	return tlv.Encode(tagPublicKey, tlv.Encode(tagOID, o), tlv.Encode(tag, peer.Bytes())), nil
}

// equalTokens compares in constant time.
func equalTokens(a, b []byte) bool { return subtle.ConstantTimeCompare(a, b) == 1 }

// oidValue is an object identifier without tag and length.
func oidValue(oid asn1.ObjectIdentifier) ([]byte, error) {
	der, err := asn1.Marshal(oid)
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrProtocol, oid)
	}
	n, _, err := tlv.Parse(der)
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrProtocol, oid)
	}
	return n.Value, nil
}

// parseDynamic reads the Dynamic Authentication Data of one message: DO 7C and
// nothing after it. An object that occurs twice makes it ambiguous.
func parseDynamic(b []byte) (map[tlv.Tag][]byte, error) {
	outer, rest, err := tlv.Parse(b)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	if outer.Tag != tagDynamic || len(rest) != 0 {
		return nil, fmt.Errorf("%w: not one DO 7C", ErrFormat)
	}
	nodes, err := outer.Children()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	m := make(map[tlv.Tag][]byte, len(nodes))
	for _, n := range nodes {
		if _, twice := m[n.Tag]; twice {
			return nil, fmt.Errorf("%w: object %v twice", ErrFormat, n.Tag)
		}
		m[n.Tag] = n.Value
	}
	return m, nil
}
