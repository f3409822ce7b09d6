package gp

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
	"encoding/binary"
	"fmt"

	"github.com/chipid-toolkit/chipid/apdu"
	"github.com/chipid-toolkit/chipid/apdu/mac"
)

// Derivation constants (Amd D, table 4-1).
const (
	constCardCryptogram = 0x00
	constHostCryptogram = 0x01
	constCardChallenge  = 0x02
	constSENC           = 0x04
	constSMAC           = 0x06
	constSRMAC          = 0x07
)

const (
	challengeLen  = 8 // "S8": host and card challenge
	cryptogramLen = 8
	macLen        = 8
	kddLen        = 10
	counterLen    = 3
)

// Quirks are what certain cards do otherwise than Amendment D says.
type Quirks struct {
	// CountOnlyData: the encryption counter counts only commands with a data
	// field, not every command (against Amd D, 6.2.6).
	CountOnlyData bool
}

// DeriveSessionKeys derives S-ENC, S-MAC and S-RMAC of static keys of one
// length (Amd D, 6.2.1). scpContext is host challenge || card challenge, 16
// bytes.
func DeriveSessionKeys(enc, mac_ []byte, scpContext []byte) (senc, smac, srmac []byte, err error) {
	if len(scpContext) != 2*challengeLen {
		return nil, nil, nil, fmt.Errorf("%w: context of %d bytes", ErrEncoding, len(scpContext))
	}
	if senc, err = mac.CounterKDF(enc, constSENC, scpContext, len(enc)*8); err != nil {
		return nil, nil, nil, fmt.Errorf("gp: derive S-ENC: %w", err)
	}
	if smac, err = mac.CounterKDF(mac_, constSMAC, scpContext, len(mac_)*8); err != nil {
		return nil, nil, nil, fmt.Errorf("gp: derive S-MAC: %w", err)
	}
	if srmac, err = mac.CounterKDF(mac_, constSRMAC, scpContext, len(mac_)*8); err != nil {
		return nil, nil, nil, fmt.Errorf("gp: derive S-RMAC: %w", err)
	}
	return senc, smac, srmac, nil
}

// session is what both ends keep: keys, chaining value, counter.
type session struct {
	level   Level
	quirks  Quirks
	enc     cipher.Block
	smac    mac.Key
	srmac   mac.Key
	context []byte // host challenge || card challenge
	mcv     [16]byte
	counter uint64
}

// newSession takes the session keys over and clears them.
func newSession(senc, smac, srmac, context []byte, q Quirks) (*session, error) {
	defer clear(senc)
	defer clear(smac)
	defer clear(srmac)
	if len(senc) != len(smac) || len(smac) != len(srmac) {
		return nil, fmt.Errorf("gp: session keys of different lengths")
	}
	switch len(senc) {
	case 16, 24, 32:
	default:
		return nil, fmt.Errorf("gp: session keys: %w", mac.ErrKeyLength)
	}
	enc, err := aes.NewCipher(senc)
	if err != nil {
		return nil, err
	}
	return &session{enc: enc, smac: mac.NewKey(smac), srmac: mac.NewKey(srmac), context: context, quirks: q}, nil
}

func (s *session) wipe() {
	s.smac.Wipe()
	s.srmac.Wipe()
	s.enc = nil
	s.mcv = [16]byte{}
}

// cryptogram computes the card's or the host's (Amd D, 6.2.2.2, 6.2.2.3).
func (s *session) cryptogram(constant byte) ([]byte, error) {
	return mac.CounterKDF(s.smac.Bytes(), constant, s.context, cryptogramLen*8)
}

// macClass is the class byte that the C-MAC covers: without logical channel,
// with bit 3 for GlobalPlatform secure messaging (Amd D, 6.2.4).
func macClass(cla byte) byte { return cla&0x90 | 0x04 }

// sentClass is the class byte on the wire: logical channel kept, secure
// messaging indicated (GPCS, 11.1.4, tables 11-11 and 11-12).
func sentClass(cla byte) byte {
	if cla&0x40 != 0 {
		return cla | 0x20
	}
	return cla&^0x08 | 0x04
}

// plainClass takes the secure messaging indication away.
func plainClass(cla byte) byte {
	if cla&0x40 != 0 {
		return cla &^ 0x20
	}
	return cla &^ 0x04
}

// isSecure reports whether the class byte indicates GlobalPlatform secure
// messaging.
func isSecure(cla byte) bool {
	if cla&0x40 != 0 {
		return cla&0x20 != 0
	}
	return cla&0x0C == 0x04
}

// commandMAC computes the C-MAC of a command whose data field is as it will
// be sent, without the MAC, and makes it the chaining value (Amd D, 6.2.4).
func (s *session) commandMAC(c apdu.Command, data []byte) ([]byte, error) {
	lc := len(data) + macLen
	if lc > apdu.MaxExtendedData {
		return nil, fmt.Errorf("%w: %d bytes in a secure command, at most %d", ErrTooLong, lc, apdu.MaxExtendedData)
	}
	msg := make([]byte, 0, len(s.mcv)+7+len(data))
	msg = append(msg, s.mcv[:]...)
	msg = append(msg, macClass(c.CLA), c.INS, c.P1, c.P2)
	if lc > apdu.MaxShortData {
		msg = append(msg, 0, byte(lc>>8)) // Lc as it is sent: three bytes
	}
	msg = append(msg, byte(lc))
	msg = append(msg, data...)
	m, err := mac.CMAC(s.smac.Bytes(), msg)
	if err != nil {
		return nil, err
	}
	copy(s.mcv[:], m)
	return m[:macLen], nil
}

// responseMAC computes the R-MAC of a response data field as it is sent
// (Amd D, 6.2.5).
func (s *session) responseMAC(data []byte, sw apdu.Status) ([]byte, error) {
	msg := make([]byte, 0, len(s.mcv)+len(data)+2)
	msg = append(msg, s.mcv[:]...)
	msg = append(msg, data...)
	msg = binary.BigEndian.AppendUint16(msg, uint16(sw))
	m, err := mac.CMAC(s.srmac.Bytes(), msg)
	if err != nil {
		return nil, err
	}
	return m[:macLen], nil
}

// count moves the encryption counter on for a command (Amd D, 6.2.6: for
// every command, also without data).
func (s *session) count(hasData bool) {
	if hasData || !s.quirks.CountOnlyData {
		s.counter++
	}
}

// icv is the initial chaining value for the current counter; of a response it
// has the top bit set before encryption (Amd D, 6.2.6, 6.2.7).
func (s *session) icv(response bool) []byte {
	b := make([]byte, aes.BlockSize)
	binary.BigEndian.PutUint64(b[8:], s.counter)
	if response {
		b[0] = 0x80
	}
	s.enc.Encrypt(b, b)
	return b
}

func (s *session) encrypt(data []byte, response bool) []byte {
	out := mac.Pad80(data, aes.BlockSize)
	cipher.NewCBCEncrypter(s.enc, s.icv(response)).CryptBlocks(out, out)
	return out
}

// decrypt undoes encrypt. Call it only on data whose MAC is right.
func (s *session) decrypt(data []byte, response bool) ([]byte, error) {
	if len(data) == 0 || len(data)%aes.BlockSize != 0 {
		return nil, fmt.Errorf("%w: %d bytes are not whole blocks", ErrMAC, len(data))
	}
	out := make([]byte, len(data))
	cipher.NewCBCDecrypter(s.enc, s.icv(response)).CryptBlocks(out, data)
	// Amd D, 4.1.4: padding fills up to one block, never more.
	plain, err := mac.Unpad80(out)
	if err != nil || len(out)-len(plain) > aes.BlockSize {
		return nil, fmt.Errorf("%w: padding", ErrMAC)
	}
	return plain, nil
}

// protectedStatus reports whether a response with this status carries an
// R-MAC: 9000 and the warnings 62xx and 63xx (Amd D, 6.2.5).
func protectedStatus(sw apdu.Status) bool {
	return sw == apdu.OK || sw>>8 == 0x62 || sw>>8 == 0x63
}

func equal(a, b []byte) bool { return subtle.ConstantTimeCompare(a, b) == 1 }
