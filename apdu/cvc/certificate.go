package cvc

import (
	"bytes"
	"crypto"
	"fmt"
	"slices"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
)

// Objects of certificates and requests (TR-03110-3 v2.21, D.2).
const (
	tagCertificate tlv.Tag = 0x7F21
	tagBody        tlv.Tag = 0x7F4E
	tagSignature   tlv.Tag = 0x5F37
	tagProfile     tlv.Tag = 0x5F29
	tagCAR         tlv.Tag = 0x42
	tagCHR         tlv.Tag = 0x5F20
	tagEffective   tlv.Tag = 0x5F25
	tagExpiration  tlv.Tag = 0x5F24
	tagExtensions  tlv.Tag = 0x65
	tagOuter       tlv.Tag = 0x67
)

// MaxLen is the longest certificate or request that is read, in bytes. The
// longest the standard has keys for are shorter than 2000 without extensions.
const MaxLen = 16384

// Certificate is a parsed certificate. Nothing in it is verified.
type Certificate struct {
	CAR, CHR  Reference
	PublicKey PublicKey
	// CHAT is the authorization relative to the issuer.
	CHAT CHAT
	// Effective is the day of issue, Expiration the last day.
	Effective, Expiration Date
	// Extensions is DO 65 with its header, nil if there is none.
	Extensions []byte
	Signature  []byte
	// Body is DO 7F4E with its header, which the signature is about; Raw the
	// whole certificate.
	Body, Raw []byte
	// Notes say where the certificate leaves the standard.
	Notes []string
}

// Parse reads a certificate, DO 7F21, and nothing after it.
func Parse(b []byte) (*Certificate, error) {
	r := new(reader)
	n, err := r.whole(b, tagCertificate)
	if err != nil {
		return nil, err
	}
	return r.certificate(n.Value, n.Raw)
}

// maxBundle bounds the certificates of one file.
const maxBundle = 256

// ParseAll reads certificates that stand one after the other, as a terminal's
// chain is handed over in one file. ErrFormat for none.
func ParseAll(b []byte) ([]*Certificate, error) {
	var list []*Certificate
	for len(b) > 0 {
		n, rest, err := tlv.Parse(b)
		if err != nil {
			return nil, fmt.Errorf("certificate %d: %w: %w", len(list)+1, ErrFormat, err)
		}
		if len(list) == maxBundle {
			return nil, fmt.Errorf("%w: more than %d certificates", ErrFormat, maxBundle)
		}
		c, err := Parse(n.Raw)
		if err != nil {
			return nil, fmt.Errorf("certificate %d: %w", len(list)+1, err)
		}
		list, b = append(list, c), rest
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("%w: no certificate", ErrFormat)
	}
	return list, nil
}

// ParseParts reads a certificate as PSO: Verify Certificate carries it: DO 7F4E
// and DO 5F37 without the header around them.
func ParseParts(b []byte) (*Certificate, error) {
	if len(b) > MaxLen {
		return nil, fmt.Errorf("%w: %d bytes", ErrFormat, len(b))
	}
	raw := tlv.Encode(tagCertificate, b)
	return new(reader).certificate(raw[len(raw)-len(b):], raw)
}

// Parts is the certificate as PSO: Verify Certificate carries it.
func (c *Certificate) Parts() []byte {
	return append(bytes.Clone(c.Body), tlv.Encode(tagSignature, c.Signature)...)
}

// SelfSigned reports whether holder and issuer have the same name, as in a root
// certificate. It says nothing about the signature.
func (c *Certificate) SelfSigned() bool { return c.CAR == c.CHR }

// CheckSignature checks the signature alone. pub is the issuer's key, and a
// how he signs.
func (c *Certificate) CheckSignature(a Algorithm, pub crypto.PublicKey) error {
	return a.Verify(pub, c.Body, c.Signature)
}

// reader collects notes while it reads.
type reader struct{ notes []string }

func (r *reader) note(s string) {
	if s != "" && !slices.Contains(r.notes, s) {
		r.notes = append(r.notes, s)
	}
}

// whole reads one object that b holds to its end; b is copied.
func (r *reader) whole(b []byte, tag tlv.Tag) (tlv.Node, error) {
	if len(b) > MaxLen {
		return tlv.Node{}, fmt.Errorf("%w: %d bytes", ErrFormat, len(b))
	}
	n, rest, err := tlv.Parse(bytes.Clone(b))
	switch {
	case err != nil:
		return tlv.Node{}, fmt.Errorf("%w: %w", ErrFormat, err)
	case n.Tag != tag:
		return tlv.Node{}, fmt.Errorf("%w: object %v, expected %v", ErrFormat, n.Tag, tag)
	case len(rest) != 0:
		return tlv.Node{}, fmt.Errorf("%w: %d bytes after the end", ErrFormat, len(rest))
	}
	r.length(n)
	return n, nil
}

func (r *reader) length(n tlv.Node) {
	if !n.Minimal() {
		r.note(fmt.Sprintf("length of object %v in more bytes than needed (TR-03110-3 v2.21, D)", n.Tag))
	}
}

// objects reads the children of n. The tags are those allowed, in their order:
// another order is noted, other and double ones are ErrFormat.
func (r *reader) objects(n tlv.Node, name string, tags ...tlv.Tag) (map[tlv.Tag]tlv.Node, error) {
	children, err := n.Children()
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrFormat, name, err)
	}
	m := make(map[tlv.Tag]tlv.Node, len(tags))
	last := -1
	for _, c := range children {
		i := slices.Index(tags, c.Tag)
		if i < 0 {
			return nil, fmt.Errorf("%w: object %v in the %s", ErrFormat, c.Tag, name)
		}
		if _, double := m[c.Tag]; double {
			return nil, fmt.Errorf("%w: object %v twice in the %s", ErrFormat, c.Tag, name)
		}
		if i < last {
			r.note(fmt.Sprintf("objects of the %s in another order (TR-03110-3 v2.21, C and D.3)", name))
		}
		last = max(last, i)
		r.length(c)
		m[c.Tag] = c
	}
	return m, nil
}

// signed reads body and signature, the content of DO 7F21.
func (r *reader) signed(value []byte) (body, signature tlv.Node, err error) {
	m, err := r.objects(tlv.Node{Value: value}, "certificate", tagBody, tagSignature)
	if err != nil {
		return tlv.Node{}, tlv.Node{}, err
	}
	body, okB := m[tagBody]
	signature, okS := m[tagSignature]
	if !okB || !okS || len(signature.Value) == 0 {
		return tlv.Node{}, tlv.Node{}, fmt.Errorf("%w: body or signature is missing", ErrFormat)
	}
	return body, signature, nil
}

// certificate reads the content of DO 7F21 (TR-03110-3 v2.21, C.1).
func (r *reader) certificate(value, raw []byte) (*Certificate, error) {
	body, signature, err := r.signed(value)
	if err != nil {
		return nil, err
	}
	m, err := r.objects(body, "certificate body", tagProfile, tagCAR, tagPublicKey, tagCHR, tagCHAT, tagEffective, tagExpiration, tagExtensions)
	if err != nil {
		return nil, err
	}
	for _, tag := range []tlv.Tag{tagProfile, tagCAR, tagPublicKey, tagCHR, tagCHAT, tagEffective, tagExpiration} {
		if _, ok := m[tag]; !ok {
			return nil, fmt.Errorf("%w: certificate body without object %v", ErrFormat, tag)
		}
	}
	c := &Certificate{Body: body.Raw, Signature: signature.Value, Raw: raw}
	if err := profile(m[tagProfile]); err != nil {
		return nil, err
	}
	if c.CAR, err = r.reference(m[tagCAR]); err != nil {
		return nil, err
	}
	if c.CHR, err = r.reference(m[tagCHR]); err != nil {
		return nil, err
	}
	if c.PublicKey, err = r.publicKey(m[tagPublicKey]); err != nil {
		return nil, err
	}
	if c.CHAT, err = r.chat(m[tagCHAT]); err != nil {
		return nil, err
	}
	if c.Effective, err = ParseDate(m[tagEffective].Value); err != nil {
		return nil, err
	}
	if c.Expiration, err = ParseDate(m[tagExpiration].Value); err != nil {
		return nil, err
	}
	c.Extensions = m[tagExtensions].Raw
	c.Notes = r.notes
	return c, nil
}

// profile checks the profile identifier; version 1 is 0 (C.1.1).
func profile(n tlv.Node) error {
	if len(n.Value) != 1 {
		return fmt.Errorf("%w: profile identifier of %d bytes", ErrFormat, len(n.Value))
	}
	if n.Value[0] != 0 {
		return fmt.Errorf("%w: %d", ErrProfile, n.Value[0])
	}
	return nil
}

// reference reads a reference; what A.7.1 would not have is noted.
func (r *reader) reference(n tlv.Node) (Reference, error) {
	ref, err := ParseReference(n.Value)
	if err != nil {
		return "", err
	}
	if ref.Check() != nil {
		r.note(fmt.Sprintf("reference %v not of country, mnemonic and sequence number (TR-03110-3 v2.21, A.7.1)", ref))
	}
	return ref, nil
}
