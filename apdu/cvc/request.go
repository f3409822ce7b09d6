package cvc

import (
	"bytes"
	"crypto"
	"fmt"

	"github.com/chipid-toolkit/chipid/apdu/tlv"
)

// Request is a parsed certificate request (TR-03110-3 v2.21, C.2). Nothing in
// it is verified.
type Request struct {
	// CAR is the authority that the applicant expects, empty if he does not
	// say.
	CAR Reference
	CHR Reference
	// PublicKey is the applicant's, with domain parameters.
	PublicKey PublicKey
	// Extensions is DO 65 with its header, nil if there is none.
	Extensions []byte
	// Signature is the inner one, with the applicant's new key.
	Signature []byte
	// Outer is the second signature, nil if there is none.
	Outer *OuterSignature
	// Body is DO 7F4E, Inner DO 7F21 with it, Raw the whole request.
	Body, Inner, Raw []byte
	// Notes say where the request leaves the standard.
	Notes []string
}

// OuterSignature is made with a key that the authority knows: an earlier one of
// the applicant, or another authority's.
type OuterSignature struct {
	// CAR names the key.
	CAR       Reference
	Signature []byte
	// car is DO 42 as read, which the signature covers.
	car []byte
}

// ParseRequest reads a request, DO 7F21 or, with an outer signature, DO 67.
func ParseRequest(b []byte) (*Request, error) {
	r := new(reader)
	if tag, _, _, err := tlv.Header(b); err != nil || tag != tagOuter {
		n, err := r.whole(b, tagCertificate)
		if err != nil {
			return nil, err
		}
		return r.request(n, nil, n.Raw)
	}
	n, err := r.whole(b, tagOuter)
	if err != nil {
		return nil, err
	}
	m, err := r.objects(n, "request", tagCertificate, tagCAR, tagSignature)
	if err != nil {
		return nil, err
	}
	inner, okI := m[tagCertificate]
	car, okC := m[tagCAR]
	sig, okS := m[tagSignature]
	if !okI || !okC || !okS {
		return nil, fmt.Errorf("%w: request without certificate, reference or signature", ErrFormat)
	}
	ref, err := r.reference(car)
	if err != nil {
		return nil, err
	}
	return r.request(inner, &OuterSignature{ref, sig.Value, car.Raw}, n.Raw)
}

func (r *reader) request(n tlv.Node, outer *OuterSignature, raw []byte) (*Request, error) {
	body, signature, err := r.signed(n.Value)
	if err != nil {
		return nil, err
	}
	m, err := r.objects(body, "request body", tagProfile, tagCAR, tagPublicKey, tagCHR, tagExtensions)
	if err != nil {
		return nil, err
	}
	for _, tag := range []tlv.Tag{tagProfile, tagPublicKey, tagCHR} {
		if _, ok := m[tag]; !ok {
			return nil, fmt.Errorf("%w: request body without object %v", ErrFormat, tag)
		}
	}
	q := &Request{Signature: signature.Value, Outer: outer, Body: body.Raw, Inner: n.Raw, Raw: raw}
	if err := profile(m[tagProfile]); err != nil {
		return nil, err
	}
	if car, ok := m[tagCAR]; ok {
		if q.CAR, err = r.reference(car); err != nil {
			return nil, err
		}
	} else {
		r.note("request without an authority reference (TR-03110-3 v2.21, C.2.2)")
	}
	if q.CHR, err = r.reference(m[tagCHR]); err != nil {
		return nil, err
	}
	if q.PublicKey, err = r.publicKey(m[tagPublicKey]); err != nil {
		return nil, err
	}
	q.Extensions = m[tagExtensions].Raw
	q.Notes = r.notes
	return q, nil
}

// Verify checks the inner signature: the applicant has the private key. The
// result is the public key. ErrDomain without domain parameters (D.3.3),
// ErrSignature.
func (q *Request) Verify() (crypto.PublicKey, error) {
	pub, err := q.PublicKey.Key(nil)
	if err != nil {
		return nil, err
	}
	if err := q.PublicKey.Algorithm.Verify(pub, q.Body, q.Signature); err != nil {
		return nil, err
	}
	return pub, nil
}

// VerifyOuter checks the outer signature with a key that the authority knows.
// ErrIssuer if it is not named or there is no such signature, ErrSignature.
func (q *Request) VerifyOuter(k Key) error {
	if q.Outer == nil {
		return fmt.Errorf("%w: no outer signature", ErrIssuer)
	}
	if q.Outer.CAR != k.Reference {
		return fmt.Errorf("%w: %v signed, the key is %v", ErrIssuer, q.Outer.CAR, k.Reference)
	}
	return k.Algorithm.Verify(k.Public, outerMessage(q.Inner, q.Outer.car), q.Outer.Signature)
}

// outerMessage is certificate and reference with their headers (C.2.6).
func outerMessage(inner, car []byte) []byte { return append(bytes.Clone(inner), car...) }

// RequestTemplate is a request to be made.
type RequestTemplate struct {
	// CAR is the authority that is expected to sign; empty leaves it out, where
	// the standard recommends to name it (C.2.2).
	CAR Reference
	// CHR names the new key, and Algorithm is how it will sign.
	CHR       Reference
	Algorithm Algorithm
	// Extensions is DO 65 with its header, nil for none.
	Extensions []byte
}

// Sign makes the request with the new key.
func (t RequestTemplate) Sign(key crypto.Signer) (*Request, error) {
	if key == nil {
		return nil, fmt.Errorf("%w: no signer", ErrKey)
	}
	p, err := t.Prepare(key.Public())
	if err != nil {
		return nil, err
	}
	raw, err := p.Issue(key)
	if err != nil {
		return nil, err
	}
	return ParseRequest(raw)
}

// Prepare decides and checks everything about a request for the key pub and signs
// nothing.
func (t RequestTemplate) Prepare(pub crypto.PublicKey) (*Prepared, error) {
	var car []byte
	if t.CAR != "" {
		if err := t.CAR.Check(); err != nil {
			return nil, err
		}
		car = tlv.Encode(tagCAR, []byte(t.CAR))
	}
	if err := t.CHR.Check(); err != nil {
		return nil, err
	}
	if err := checkExtensions(t.Extensions); err != nil {
		return nil, err
	}
	pk, err := NewPublicKey(t.Algorithm, pub)
	if err != nil {
		return nil, err
	}
	encoded, err := pk.encode(true)
	if err != nil {
		return nil, err
	}
	body := tlv.Encode(tagBody, tlv.Encode(tagProfile, []byte{0}), car, encoded, tlv.Encode(tagCHR, []byte(t.CHR)), t.Extensions)
	return &Prepared{signer: t.CHR, algorithm: t.Algorithm, public: pub, body: body, check: func(raw []byte) error {
		q, err := ParseRequest(raw)
		if err != nil {
			return err
		}
		_, err = q.Verify()
		return err
	}}, nil
}

// Countersign adds an outer signature by the key that ref names, or replaces
// the one that is there.
func (q *Request) Countersign(ref Reference, a Algorithm, key crypto.Signer) (*Request, error) {
	if err := ref.Check(); err != nil {
		return nil, err
	}
	car := tlv.Encode(tagCAR, []byte(ref))
	sig, err := a.Sign(key, outerMessage(q.Inner, car))
	if err != nil {
		return nil, err
	}
	return ParseRequest(tlv.Encode(tagOuter, q.Inner, car, tlv.Encode(tagSignature, sig)))
}
