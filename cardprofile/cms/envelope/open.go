package envelope

import (
	"bufio"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
	"errors"
	"io"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/apdu/mac"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
)

// Agreement is the private key that opens; hsm.Agreement is one.
type Agreement interface {
	Public() *ecc.PublicKey
	Agree(ctx context.Context, peer *ecc.PublicKey) (mac.Key, error)
}

// Bounds on what is read whole, in bytes, and on what the private key is asked.
const (
	maxRecipients = 256 << 10
	maxSmall      = 4 << 10
	maxAgreements = 8
	maxUnwraps    = 64
)

// Content types (RFC 5652, 6.1; RFC 5083, 2.1).
const (
	oidData          = "1.2.840.113549.1.7.1"
	oidEnveloped     = "1.2.840.113549.1.7.3"
	oidAuthEnveloped = "1.2.840.113549.1.9.16.1.23"
)

// contents are the content encryption algorithms (RFC 3565, 2.1; RFC 5084, 3.2): the
// size of the key in bytes, and whether it is GCM.
var contents = map[string]struct {
	size int
	gcm  bool
}{
	"2.16.840.1.101.3.4.1.2": {16, false}, "2.16.840.1.101.3.4.1.22": {24, false}, "2.16.840.1.101.3.4.1.42": {32, false},
	"2.16.840.1.101.3.4.1.6": {16, true}, "2.16.840.1.101.3.4.1.26": {24, true}, oidGCM: {32, true},
}

const oidGCM = "2.16.840.1.101.3.4.1.46" // id-aes256-GCM

// Opened is the content of an envelope, decrypted as it is read.
//
// With GCM the last read is ErrDamaged when anything was changed: what came before is
// not to be acted on until io.EOF has come. CBC tells next to nothing about changes.
type Opened struct {
	// Authenticated says that the content is AES-GCM.
	Authenticated bool
	// Recipient is how the envelope names the key that opened it, so that an answer
	// can name it alike.
	Recipient Recipient

	b     *ber
	in    *octets
	gcm   *gcm
	plain io.Reader
	done  error
}

// Open opens an envelope in BER or DER. Errors are ErrFormat, ErrUnsupported,
// ErrRecipient, ErrDamaged, those of the key and those of r.
func Open(ctx context.Context, r io.Reader, key Agreement) (*Opened, error) {
	b := &ber{r: bufio.NewReaderSize(r, 64<<10)}
	kind, err := b.begin()
	if err != nil {
		return nil, err
	}
	if _, err := b.element(0x02, 8); err != nil { // version: says nothing that the rest does not
		return nil, err
	}
	if tag, err := b.next(); err != nil {
		return nil, err
	} else if tag == 0xa0 { // originatorInfo: certificates that are not needed
		if _, err := b.element(0xa0, maxRecipients); err != nil {
			return nil, err
		}
	}
	recipients, err := b.element(0x31, maxRecipients)
	if err != nil {
		return nil, err
	}
	if err := b.enter(0x30); err != nil {
		return nil, err
	}
	if _, err := b.element(0x06, 32); err != nil {
		return nil, err
	}
	id, err := b.element(0x30, maxSmall)
	if err != nil {
		return nil, err
	}
	alg, params, ok := algorithm(id)
	content, known := contents[alg]
	if !ok || !known || content.gcm != (kind == oidAuthEnveloped) {
		return nil, ErrUnsupported
	}
	cek, rcp, err := contentKey(ctx, recipients, key, content.size)
	if err != nil {
		return nil, err
	}
	defer clear(cek)
	o := &Opened{Authenticated: content.gcm, Recipient: rcp, b: b}
	if o.in, err = newOctets(b); err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(cek)
	if err != nil {
		return nil, err
	}
	return o, o.decrypt(block, params)
}

// begin reads up to the content, and says what it is.
func (b *ber) begin() (string, error) {
	if err := b.enter(0x30); err != nil {
		return "", err
	}
	id, err := b.element(0x06, 32)
	if err != nil {
		return "", err
	}
	kind, _ := cms.OIDString(id)
	if kind != oidEnveloped && kind != oidAuthEnveloped {
		return "", malformed("another kind of CMS object")
	}
	if err := b.enter(0xa0); err != nil {
		return "", err
	}
	return kind, b.enter(0x30)
}

// algorithm takes the content of an AlgorithmIdentifier apart.
func algorithm(content []byte) (oid string, params cryptobyte.String, ok bool) {
	s := cryptobyte.String(content)
	var id cryptobyte.String
	if !s.ReadASN1(&id, asn1.OBJECT_IDENTIFIER) {
		return "", nil, false
	}
	oid, ok = cms.OIDString(id)
	return oid, s, ok
}

// decrypt sets the cipher up by its parameters.
func (o *Opened) decrypt(block cipher.Block, params cryptobyte.String) error {
	if !o.Authenticated {
		var iv cryptobyte.String
		if !params.ReadASN1(&iv, asn1.OCTET_STRING) || len(iv) != aes.BlockSize || !params.Empty() {
			return malformed("parameters of AES-CBC")
		}
		o.plain = &cbcReader{in: o.in, mode: cipher.NewCBCDecrypter(block, iv)}
		return nil
	}
	// RFC 5084, 3.2: GCMParameters.
	var seq, nonce cryptobyte.String
	size := 12
	if !params.ReadASN1(&seq, asn1.SEQUENCE) || !params.Empty() || !seq.ReadASN1(&nonce, asn1.OCTET_STRING) ||
		!seq.Empty() && !seq.ReadASN1Integer(&size) || !seq.Empty() {
		return malformed("parameters of AES-GCM")
	}
	if len(nonce) != 12 || size != 16 {
		return ErrUnsupported
	}
	o.gcm = newGCM(block, nonce)
	o.plain = gcmReader{o}
	return nil
}

// Read gives the content.
func (o *Opened) Read(p []byte) (int, error) {
	if o.done != nil {
		return 0, o.done
	}
	n, err := o.plain.Read(p)
	if err == nil {
		return n, nil
	}
	if errors.Is(err, io.EOF) {
		if ferr := o.finish(); ferr != nil {
			err = ferr
		}
	}
	o.done = err
	return n, err
}

// finish reads what is behind the content, and compares the tag.
func (o *Opened) finish() error {
	b := o.b
	if err := b.leave(); err != nil {
		return err
	}
	attributes := byte(0xa1) // unprotectedAttrs
	if o.gcm != nil {
		tag, err := b.next()
		if err != nil {
			return err
		}
		if tag == 0xa1 { // authAttrs: covered by the tag, of no content of type data (RFC 5083, 2.1)
			return ErrUnsupported
		}
		got, err := b.element(0x04, 16)
		if err != nil {
			return err
		}
		want := o.gcm.tag()
		if subtle.ConstantTimeCompare(got, want[:]) != 1 {
			return ErrDamaged
		}
		attributes = 0xa2 // unauthAttrs
	}
	if tag, err := b.next(); err != nil {
		return err
	} else if tag == attributes {
		if _, err := b.element(attributes, maxRecipients); err != nil {
			return err
		}
	}
	for len(b.left) > 0 {
		if err := b.leave(); err != nil {
			return err
		}
	}
	if _, err := b.r.ReadByte(); !errors.Is(err, io.EOF) {
		return malformed("more behind the object")
	}
	return nil
}

// gcmReader decrypts and takes what it reads into the tag.
type gcmReader struct{ *Opened }

func (r gcmReader) Read(p []byte) (int, error) {
	n, err := r.in.Read(p)
	if r.gcm.n+uint64(n) > maxGCM { //nolint:gosec // n is not negative
		return 0, ErrUnsupported
	}
	r.gcm.hash(p[:n])
	r.gcm.ctr.XORKeyStream(p[:n], p[:n])
	return n, err
}

// cbcReader decrypts and takes the padding off (RFC 5652, 6.3).
type cbcReader struct {
	in   io.Reader
	mode cipher.BlockMode
	buf  [16 << 10]byte
	held [16]byte // the last block so far
	any  bool
	out  []byte
	end  bool
}

func (r *cbcReader) Read(p []byte) (int, error) {
	for len(r.out) == 0 {
		if r.end {
			return 0, io.EOF
		}
		if err := r.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, r.out)
	r.out = r.out[n:]
	return n, nil
}

func (r *cbcReader) fill() error {
	const room = 16 // for the block that was held
	n, err := io.ReadFull(r.in, r.buf[room:])
	switch {
	case errors.Is(err, io.EOF):
		r.end = true
		pad := int(r.held[15])
		if !r.any || pad == 0 || pad > 16 {
			return ErrDamaged
		}
		for _, c := range r.held[16-pad:] {
			if int(c) != pad {
				return ErrDamaged
			}
		}
		r.out = r.held[:16-pad]
		return nil
	case err != nil && !errors.Is(err, io.ErrUnexpectedEOF):
		return err
	case n%aes.BlockSize != 0:
		return ErrDamaged
	}
	text := r.buf[room : room+n]
	r.mode.CryptBlocks(text, text)
	from := room
	if r.any {
		from = 0
		copy(r.buf[:room], r.held[:])
	}
	copy(r.held[:], text[n-16:])
	r.any, r.out = true, r.buf[from:room+n-16]
	return nil
}
