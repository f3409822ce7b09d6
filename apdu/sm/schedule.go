package sm

import (
	"crypto/cipher"
	"crypto/subtle"
	"fmt"

	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
)

// Data objects of secure messaging (Doc 9303-11 (8th ed.), 9.8.4).
const (
	tagCryptogram      tlv.Tag = 0x85 // plain cryptogram, odd instructions
	tagPaddedCrypto    tlv.Tag = 0x87 // padding indicator 01 and cryptogram, even instructions
	tagLe              tlv.Tag = 0x97
	tagStatus          tlv.Tag = 0x99
	tagChecksum        tlv.Tag = 0x8E
	checksumLen                = 8
	paddingIndicator80 byte    = 0x01
)

// session is what both sides share: keys, counter and the two operations.
type session struct {
	cipher mac.Cipher
	block  cipher.Block
	encKey mac.Key
	macKey mac.Key
	ssc    []byte
}

// newSession checks key and counter lengths and copies both. A nil ssc is
// zero (Doc 9303-11, 9.8.6.3 and 9.8.7.3).
func newSession(c mac.Cipher, enc, macKey mac.Key, ssc []byte) (*session, error) {
	n := c.BlockSize()
	if n == 0 {
		return nil, fmt.Errorf("sm: %v is no cipher for secure messaging", c)
	}
	if macKey.Len() != c.KeyLen() {
		return nil, fmt.Errorf("sm: %w: checksum key of %d bytes for %v", mac.ErrKeyLength, macKey.Len(), c)
	}
	if ssc != nil && len(ssc) != n {
		return nil, fmt.Errorf("sm: counter of %d bytes, %v needs %d", len(ssc), c, n)
	}
	b, err := c.NewBlock(enc.Bytes())
	if err != nil {
		return nil, fmt.Errorf("sm: %w", err)
	}
	s := &session{cipher: c, block: b, encKey: mac.NewKey(enc.Bytes()), macKey: mac.NewKey(macKey.Bytes()), ssc: make([]byte, n)}
	copy(s.ssc, ssc)
	return s, nil
}

// wipe forgets the keys.
func (s *session) wipe() {
	s.encKey.Wipe()
	s.macKey.Wipe()
	s.block = nil
	clear(s.ssc)
}

// advance counts one message (Doc 9303-11, 9.8.2). A counter that would come
// round again is refused: initialization vectors and checksums would repeat.
func (s *session) advance() error {
	for i := len(s.ssc) - 1; i >= 0; i-- {
		s.ssc[i]++
		if s.ssc[i] != 0 {
			return nil
		}
	}
	return ErrCounter
}

// iv is zero for 3DES (Doc 9303-11, 9.8.6.1) and the encrypted counter for AES
// (9.8.7.1).
func (s *session) iv() []byte {
	iv := make([]byte, s.block.BlockSize())
	if s.cipher != mac.TDES {
		s.block.Encrypt(iv, s.ssc)
	}
	return iv
}

func (s *session) encrypt(plain []byte) []byte {
	out := mac.Pad80(plain, s.block.BlockSize())
	cipher.NewCBCEncrypter(s.block, s.iv()).CryptBlocks(out, out)
	return out
}

func (s *session) decrypt(cryptogram []byte) ([]byte, error) {
	if len(cryptogram) == 0 || len(cryptogram)%s.block.BlockSize() != 0 {
		return nil, fmt.Errorf("%w: cryptogram of %d bytes", ErrFormat, len(cryptogram))
	}
	out := make([]byte, len(cryptogram))
	cipher.NewCBCDecrypter(s.block, s.iv()).CryptBlocks(out, cryptogram)
	plain, err := mac.Unpad80(out)
	if err != nil {
		return nil, fmt.Errorf("%w: padding of the plain text", ErrFormat)
	}
	return plain, nil
}

// checksum is the cryptographic checksum over the counter and the message,
// which is padded here (Doc 9303-11, 9.8.6.2 and 9.8.7.2). padded says that
// the message ends in padding already.
func (s *session) checksum(message []byte, padded bool) ([]byte, error) {
	n := s.block.BlockSize()
	m := make([]byte, 0, n+len(message)+n)
	m = append(m, s.ssc...)
	if padded {
		m = append(m, message...)
	} else {
		m = append(m, mac.Pad80(message, n)...)
	}
	if s.cipher == mac.TDES {
		return mac.Retail(s.macKey.Bytes(), m)
	}
	t, err := mac.CMAC(s.macKey.Bytes(), m)
	if err != nil {
		return nil, err
	}
	return t[:checksumLen], nil
}

// verify compares in constant time.
func (s *session) verify(message []byte, padded bool, tag []byte) error {
	want, err := s.checksum(message, padded)
	if err != nil {
		return err
	}
	if subtle.ConstantTimeCompare(want, tag) != 1 {
		return ErrMAC
	}
	return nil
}

// commandMessage is what a command's checksum covers: the padded header, then
// the data objects (ISO/IEC 7816-4:2020, 10.2.3). Without any object the
// padded header ends the message, and no second padding follows.
func (s *session) commandMessage(cla, ins, p1, p2 byte, objects []byte) (message []byte, padded bool) {
	message = mac.Pad80([]byte{cla, ins, p1, p2}, s.block.BlockSize())
	return append(message, objects...), len(objects) == 0
}

// cryptogramObject builds DO 85 or DO 87, or nothing for no data.
func (s *session) cryptogramObject(odd bool, plain []byte) []byte {
	switch {
	case len(plain) == 0:
		return nil
	case odd:
		return tlv.Encode(tagCryptogram, s.encrypt(plain))
	default:
		return tlv.Encode(tagPaddedCrypto, []byte{paddingIndicator80}, s.encrypt(plain))
	}
}

// openCryptogram decrypts DO 85 or DO 87.
func (s *session) openCryptogram(n tlv.Node) ([]byte, error) {
	if n.Tag == tagCryptogram {
		return s.decrypt(n.Value)
	}
	if len(n.Value) == 0 || n.Value[0] != paddingIndicator80 {
		return nil, fmt.Errorf("%w: padding indicator", ErrFormat)
	}
	return s.decrypt(n.Value[1:])
}

// objects is what a protected data field holds.
type objects struct {
	cryptogram *tlv.Node
	middle     *tlv.Node // DO 97 of a command, DO 99 of an answer
	checksum   []byte
	covered    []byte // as received: what the checksum covers
}

// parseObjects reads [85|87] [middle] 8E, in this order and nothing else
// (Doc 9303-11, 9.8.4). It returns false if there is no checksum at the end.
func parseObjects(data []byte, middle tlv.Tag) (objects, bool, error) {
	var o objects
	rest := data
	for len(rest) > 0 {
		n, after, err := tlv.Parse(rest)
		if err != nil {
			return objects{}, false, fmt.Errorf("%w: %w", ErrFormat, err)
		}
		switch {
		case (n.Tag == tagCryptogram || n.Tag == tagPaddedCrypto) && o.cryptogram == nil && o.middle == nil:
			o.cryptogram = &n
		case n.Tag == middle && o.middle == nil:
			o.middle = &n
		case n.Tag == tagChecksum:
			if len(n.Value) != checksumLen || len(after) != 0 {
				return objects{}, false, fmt.Errorf("%w: checksum object", ErrFormat)
			}
			o.checksum = n.Value
			o.covered = data[:len(data)-len(n.Raw)]
			return o, true, nil
		default:
			return objects{}, false, fmt.Errorf("%w: object %v", ErrFormat, n.Tag)
		}
		rest = after
	}
	return objects{}, false, nil
}
