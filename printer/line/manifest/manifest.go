package manifest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/cms/envelope"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
)

// Bounds of a list.
const (
	maxLine    = 256 // bytes
	maxSerial  = 32  // bytes of a chip's serial number
	maxSerials = 1_000_000
)

// Errors of a list.
var (
	// ErrFormat: it is no list.
	ErrFormat = errors.New("manifest: not a list of serial numbers")
	// ErrUnsigned: it carries no signature. An encrypted list must hold a signed one: anybody can encrypt.
	ErrUnsigned = errors.New("manifest: it is not signed")
	// ErrSigner: the signature is not the supplier's, or the supplier's certificate is not good today.
	ErrSigner = errors.New("manifest: it is not signed by this supplier")
	// ErrEncrypted: it is encrypted, and no key was given.
	ErrEncrypted = errors.New("manifest: it is encrypted, and no key was given to open it")
)

// List is what a supplier vouches for.
type List struct {
	Digest  [32]byte // SHA-256 of the signed content
	Signer  [32]byte // SHA-256 of the supplier's certificate
	Signed  time.Time
	Serials []string // upper-case hexadecimal, in the order of the list; one may stand twice
}

// Read reads a list. supplier is the certificate that signs it, known beforehand; key opens an encrypted one, nil if there is none.
func Read(ctx context.Context, data []byte, supplier *pki.Certificate, key envelope.Agreement, now time.Time) (*List, error) {
	if len(data) > cms.MaxSize {
		return nil, fmt.Errorf("%w: larger than %d bytes", ErrFormat, cms.MaxSize)
	}
	if enveloped(data) {
		var err error
		if data, err = open(ctx, data, key); err != nil {
			return nil, err
		}
		if enveloped(data) {
			return nil, fmt.Errorf("%w: an envelope in an envelope", ErrFormat)
		}
	}
	sd, err := cms.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnsigned, err)
	}
	switch {
	case supplier == nil || supplier.PublicKey == nil:
		return nil, fmt.Errorf("%w: its certificate's key cannot be used", ErrSigner)
	case now.Before(supplier.NotBefore) || now.After(supplier.NotAfter):
		return nil, fmt.Errorf("%w: its certificate is not good today", ErrSigner)
	case len(sd.Signers) != 1:
		return nil, fmt.Errorf("%w: %d signers, one is expected", ErrSigner, len(sd.Signers))
	}
	v, err := sd.Verify(sd.Signers[0], supplier.PublicKey)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSigner, err)
	}
	l := &List{Digest: sha256.Sum256(v.Content()), Signer: sha256.Sum256(supplier.Raw), Signed: v.SigningTime()}
	l.Serials, err = serials(v.Content())
	return l, err
}

func open(ctx context.Context, data []byte, key envelope.Agreement) ([]byte, error) {
	if key == nil {
		return nil, ErrEncrypted
	}
	o, err := envelope.Open(ctx, bytes.NewReader(data), key)
	if err != nil {
		return nil, err
	}
	plain, err := io.ReadAll(io.LimitReader(o, cms.MaxSize+1))
	if err != nil {
		return nil, err
	}
	if len(plain) > cms.MaxSize {
		return nil, fmt.Errorf("%w: larger than %d bytes", ErrFormat, cms.MaxSize)
	}
	return plain, nil
}

// Object identifiers of EnvelopedData (RFC 5652, 6.1) and AuthEnvelopedData (RFC 5083, 2.1), whole.
var envelopes = [][]byte{cms.MarshalOID("1.2.840.113549.1.7.3"), cms.MarshalOID("1.2.840.113549.1.9.16.1.23")}

// enveloped says whether a ContentInfo names an envelope. The identifier stands behind the first tag and length, which has at most 5 bytes.
func enveloped(data []byte) bool {
	head := data[:min(len(data), 6+len(envelopes[1]))]
	for _, id := range envelopes {
		if i := bytes.Index(head, id); i >= 2 && i <= 6 {
			return true
		}
	}
	return false
}

// serials reads lines of which the first column, to a comma, semicolon or tab, is a serial number in hexadecimal. A first line that is headed
// "serial", empty lines and a byte order mark are passed over.
func serials(text []byte) ([]string, error) {
	text = bytes.TrimPrefix(text, []byte("\xEF\xBB\xBF"))
	var list []string
	for n := 1; len(text) > 0; n++ {
		line, rest, _ := bytes.Cut(text, []byte("\n"))
		text = rest
		if len(line) > maxLine {
			return nil, fmt.Errorf("%w: line %d is longer than %d bytes", ErrFormat, n, maxLine)
		}
		first := string(line)
		if i := strings.IndexAny(first, ",;\t"); i >= 0 {
			first = first[:i]
		}
		first = strings.Trim(first, " \"\r")
		if len(bytes.TrimSpace(line)) == 0 || n == 1 && strings.EqualFold(first, "serial") {
			continue
		}
		b, err := hex.DecodeString(first)
		if err != nil || len(b) == 0 || len(b) > maxSerial {
			return nil, fmt.Errorf("%w: line %d has no serial number in hexadecimal", ErrFormat, n)
		}
		if len(list) == maxSerials {
			return nil, fmt.Errorf("%w: more than %d serial numbers", ErrFormat, maxSerials)
		}
		list = append(list, fmt.Sprintf("%X", b))
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("%w: it is empty", ErrFormat)
	}
	return list, nil
}
