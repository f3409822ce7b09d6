package envelope

import (
	"crypto"
	"crypto/aes"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"io"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/apdu/tlv"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
)

// Sealing makes an envelope out of what is written to it: AuthEnvelopedData with
// AES-256-GCM, in BER, since nobody knows beforehand how long it gets. Close ends it.
type Sealing struct {
	w   io.Writer
	gcm *gcm
	buf []byte
	err error
}

// piece is how much of the content lies in one octet string, in bytes.
const piece = 32 << 10

var errClosed = errors.New("envelope: written to after its end")

// Seal begins an envelope for the recipients, one at least.
func Seal(w io.Writer, to ...Recipient) (*Sealing, error) {
	if len(to) == 0 || len(to) > maxAgreements {
		return nil, ErrRecipient
	}
	cek := make([]byte, 32)
	defer clear(cek)
	nonce := make([]byte, 12)
	for _, b := range [][]byte{cek, nonce} {
		if _, err := rand.Read(b); err != nil {
			return nil, err
		}
	}
	var infos [][]byte
	for _, r := range to {
		info, err := recipientInfo(r, cek)
		if err != nil {
			return nil, err
		}
		infos = append(infos, info)
	}
	block, err := aes.NewCipher(cek)
	if err != nil {
		return nil, err
	}
	s := &Sealing{w: w, gcm: newGCM(block, nonce), buf: make([]byte, 0, piece)}
	var head []byte
	for _, part := range [][]byte{
		{0x30, 0x80}, cms.MarshalOID(oidAuthEnveloped), {0xa0, 0x80}, {0x30, 0x80}, {0x02, 0x01, 0x00},
		tlv.Encode(0x31, infos...), {0x30, 0x80}, cms.MarshalOID(oidData),
		identifier(oidGCM, tlv.Encode(0x30, tlv.Encode(0x04, nonce), []byte{0x02, 0x01, 0x10})), {0xa0, 0x80},
	} {
		head = append(head, part...)
	}
	_, err = w.Write(head)
	return s, err
}

// recipientInfo is a KeyAgreeRecipientInfo with an ephemeral key of its own.
func recipientInfo(r Recipient, cek []byte) ([]byte, error) {
	once, err := ecc.GenerateKey(r.Key.Curve, rand.Reader)
	if err != nil {
		return nil, err
	}
	z, err := once.ECDH(r.Key)
	if err != nil {
		return nil, err
	}
	defer clear(z)
	keyInfo := identifier(oidKeyWrap)
	kek := deriveKEK(crypto.SHA256, z, sharedInfo(keyInfo, nil, sha256.Size), sha256.Size)
	defer clear(kek)
	wrapped, err := wrapKey(kek, cek)
	if err != nil {
		return nil, err
	}
	curve, err := curveOID(r.Key.Curve)
	if err != nil {
		return nil, err
	}
	var b cryptobyte.Builder
	b.AddASN1(asn1.Tag(1).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) {
		b.AddASN1Int64(3)
		b.AddASN1(asn1.Tag(0).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) {
			b.AddASN1(asn1.Tag(1).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) {
				b.AddBytes(identifier("1.2.840.10045.2.1", curve))
				b.AddASN1BitString(once.PublicKey().Bytes())
			})
		})
		b.AddBytes(identifier(oidAgreement, keyInfo))
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddBytes(r.ID)
				b.AddASN1OctetString(wrapped)
			})
		})
	})
	return b.Bytes()
}

func curveOID(c *ecc.Curve) ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1ObjectIdentifier(c.OID())
	return b.Bytes()
}

// Write encrypts.
func (s *Sealing) Write(p []byte) (n int, err error) {
	for len(p) > 0 && s.err == nil {
		k := min(len(p), piece-len(s.buf))
		s.buf = append(s.buf, p[:k]...)
		p, n = p[k:], n+k
		if len(s.buf) == piece {
			s.flush()
		}
	}
	return n, s.err
}

func (s *Sealing) flush() {
	if len(s.buf) == 0 || s.err != nil {
		return
	}
	s.gcm.ctr.XORKeyStream(s.buf, s.buf)
	s.gcm.hash(s.buf)
	if s.gcm.n > maxGCM {
		s.err = ErrUnsupported
		return
	}
	_, s.err = s.w.Write(tlv.Encode(0x04, s.buf))
	s.buf = s.buf[:0]
}

// Close ends the envelope. The writer below stays open.
func (s *Sealing) Close() error {
	s.flush()
	if s.err != nil {
		return s.err
	}
	s.err = errClosed
	tag := s.gcm.tag()
	end := []byte{0, 0, 0, 0, 0x04, 0x10}
	_, err := s.w.Write(append(append(end, tag[:]...), 0, 0, 0, 0, 0, 0))
	return err
}
