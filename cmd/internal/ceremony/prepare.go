package ceremony

import (
	"context"
	"crypto"
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/chipid-toolkit/chipid/apdu/ecc"
	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/pki"
	"github.com/chipid-toolkit/chipid/hsm"
)

// Keys is what a ceremony asks of a keyring; hsm.Keyring is one.
type Keys interface {
	Signer(ctx context.Context, ref hsm.KeyRef) (crypto.Signer, error)
}

// Plan is an object of which everything is decided and nothing is signed.
type Plan struct {
	Spec *Spec
	// Facts are what people review, in the order of the object.
	Facts []Fact
	// Notes are recommendations of Doc 9303 that the object does not follow.
	Notes []string

	message []byte
	signer  crypto.Signer
	sign    func(ctx context.Context) ([]byte, error)
}

// Fact is one line of a plan.
type Fact struct{ Name, Value string }

// Prepare makes the plan. The token is asked for public keys alone.
func (s *Spec) Prepare(ctx context.Context, keys Keys) (*Plan, error) {
	signer, err := keys.Signer(ctx, s.Key)
	if err != nil {
		return nil, fmt.Errorf("%s: key: %w", s.path, err)
	}
	p := &Plan{Spec: s, signer: signer}
	p.fact("kind", s.Kind)
	p.fact("signing key", string(s.Key))
	p.fact("signing key SHA-256", keyDigest(signer.Public()))
	switch s.Kind {
	case CVCA, DV, Terminal, Request:
		err = p.prepareCV(ctx, keys)
	default:
		err = p.preparePKI(ctx, keys)
	}
	if err != nil {
		return nil, s.named(err)
	}
	digest := sha256.Sum256(p.message)
	p.fact("to be signed", fmt.Sprintf("%d bytes, SHA-256 %x", len(p.message), digest))
	return p, nil
}

// named adds the file to errors about its content.
func (s *Spec) named(err error) error {
	var in *cardprofile.InputError
	if errors.As(err, &in) && in.File == "" {
		in.File = s.path
	}
	return err
}

func (p *Plan) fact(name, value string) { p.Facts = append(p.Facts, Fact{name, value}) }

func keyDigest(pub crypto.PublicKey) string {
	s, err := pki.KeyFingerprint(pub)
	if err != nil {
		return "none: " + err.Error()
	}
	return s
}

// preparePKI makes what Doc 9303-12 describes.
func (p *Plan) preparePKI(ctx context.Context, keys Keys) error {
	prepared, err := p.object(ctx, keys)
	if err != nil {
		return err
	}
	for _, f := range prepared.Notes() {
		p.Notes = append(p.Notes, fmt.Sprintf("%s: %s: %s (%s)", f.Rule, f.Where, f.Text, f.Citation))
	}
	p.message = prepared.Message()
	p.sign = func(ctx context.Context) ([]byte, error) { return prepared.Issue(ctx, p.signer) }
	return nil
}

func (p *Plan) object(ctx context.Context, keys Keys) (*pki.Prepared, error) {
	s := p.Spec
	sign := cms.SignOptions{PKCS1: s.PKCS1}
	sign.Hash, _ = cms.HashByName(s.Hash) // checked by Load
	switch s.Kind {
	case CSCA:
		subject, err := p.subject(sign, p.signer.Public())
		if err != nil {
			return nil, err
		}
		return pki.PrepareCSCA(pki.CSCAOptions{Subject: subject, Country: s.Subject.Country, State: s.Subject.State, Test: s.Subject.Test, NameChanged: s.Subject.NameChanged}, p.signer.Public())
	case DS, MasterListSigner, DeviationListSigner:
		csca, err := p.csca()
		if err != nil {
			return nil, err
		}
		pub, err := p.subjectKey(ctx, keys)
		if err != nil {
			return nil, err
		}
		subject, err := p.subject(sign, pub)
		if err != nil {
			return nil, err
		}
		switch s.Kind {
		case MasterListSigner:
			return pki.PrepareMasterListSigner(subject, pub, csca)
		case DeviationListSigner:
			return pki.PrepareDeviationListSigner(subject, pub, csca)
		}
		p.fact("document types", strings.Join(s.Documents, " "))
		return pki.PrepareDS(pki.DSOptions{Subject: subject, DocumentTypes: s.Documents}, pub, csca)
	case Link:
		return p.link(sign)
	case CRL:
		return p.crl(sign)
	case MasterList, DeviationList:
		return p.list(sign)
	}
	return nil, s.bad("kind", "is not made here", "")
}

// certificate reads a certificate file, DER or PEM, that a fact tells of.
func (p *Plan) certificate(field, path string) (*pki.Certificate, error) {
	if path == "" {
		return nil, p.Spec.bad(field, "is missing", "name the certificate's file")
	}
	b, err := readFile(path, p.Spec.file(path), pki.MaxCertificate*2)
	if err != nil {
		return nil, err
	}
	if block, _ := pem.Decode(b); block != nil && block.Type == "CERTIFICATE" {
		b = block.Bytes
	}
	c, err := pki.ParseCertificate(b)
	if err != nil {
		return nil, &cardprofile.InputError{File: path, Field: field, Problem: "is no certificate that can be read", Fix: "name a file with one certificate, DER or PEM"}
	}
	p.fact(field, fmt.Sprintf("%s, SHA-256 %s", c, c.Fingerprint()))
	return c, nil
}

func (p *Plan) csca() (*pki.Certificate, error) {
	c, err := p.certificate("csca", p.Spec.CSCA)
	if err != nil {
		return nil, err
	}
	if !cms.SamePublicKey(c.PublicKey, p.signer.Public()) {
		return nil, p.Spec.bad("key", "is not the key of the CSCA certificate", "name the CSCA's key, or its newest certificate")
	}
	return c, nil
}

// subjectKey is the key that a certificate is for.
func (p *Plan) subjectKey(ctx context.Context, keys Keys) (crypto.PublicKey, error) {
	s := p.Spec
	if (s.SubjectKey == "") == (s.SubjectPublicKey == "") {
		return nil, s.bad("subject-key", "or subject-public-key is needed, one of them", "name the key in the token, or the PEM file of its public key")
	}
	if s.SubjectKey != "" {
		k, err := keys.Signer(ctx, s.SubjectKey)
		if err != nil {
			return nil, fmt.Errorf("%s: subject-key: %w", s.path, err)
		}
		p.fact("subject key", string(s.SubjectKey))
		return k.Public(), nil
	}
	b, err := readFile(s.SubjectPublicKey, s.file(s.SubjectPublicKey), 64<<10)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(b)
	if block == nil || block.Type != "PUBLIC KEY" {
		return nil, s.bad("subject-public-key", "holds no PEM public key", "export it with chipid keys list --json")
	}
	if pub, _, err := ecc.ParseSPKI(block.Bytes); err == nil {
		return pub, nil
	}
	pub, err := pki.ParseRSAPublicKey(block.Bytes)
	if err != nil {
		return nil, s.bad("subject-public-key", "is neither RSA nor on a known curve", "")
	}
	return pub, nil
}

// subject reads whom a certificate is for.
func (p *Plan) subject(sign cms.SignOptions, pub crypto.PublicKey) (pki.Subject, error) {
	s, in := p.Spec, p.Spec.Subject
	if in == nil {
		return pki.Subject{}, s.bad("subject", "is missing", "say whom the certificate is for")
	}
	out := pki.Subject{Organization: in.Organization, CommonName: in.Name, Email: in.Email, URL: in.URL, CRLURLs: in.CRL, Sign: sign, Serial: s.serial(pub)}
	for _, d := range []struct {
		field, text string
		at          *time.Time
		last        bool
	}{{"from", in.From, &out.NotBefore, false}, {"until", in.Until, &out.NotAfter, true}, {"sign-until", in.SignUntil, &out.PrivateKeyNotAfter, true}} {
		t, err := s.day(d.field, d.text)
		if err != nil {
			return out, err
		}
		if d.last {
			t = t.Add(lastSecond)
		}
		*d.at = t
	}
	p.fact("subject", strings.TrimPrefix(strings.Join([]string{in.Country, in.Organization, in.Name}, ", "), ", "))
	p.fact("subject key SHA-256", keyDigest(pub))
	p.fact("serial", fmt.Sprintf("%x", out.Serial))
	p.fact("valid", out.NotBefore.Format(time.RFC3339)+" to "+out.NotAfter.Format(time.RFC3339))
	p.fact("key signs until", out.PrivateKeyNotAfter.Format(time.RFC3339))
	return out, nil
}

// serial is a serial number that the file and the key decide: the same plan each time,
// and another one for every other ceremony. 16 octets, positive, as of a hash.
func (s *Spec) serial(pub crypto.PublicKey) *big.Int {
	h := sha256.New()
	digest := s.Digest()
	h.Write([]byte("chipid ceremony serial/1\x00"))
	h.Write(digest[:])
	h.Write([]byte(keyDigest(pub)))
	b := h.Sum(nil)[:16]
	b[0] = b[0]&0x3f | 0x40
	return new(big.Int).SetBytes(b)
}

func (p *Plan) link(sign cms.SignOptions) (*pki.Prepared, error) {
	s := p.Spec
	old, err := p.csca()
	if err != nil {
		return nil, err
	}
	next, err := p.certificate("next", s.Next)
	if err != nil {
		return nil, err
	}
	o := pki.LinkOptions{Sign: sign, Serial: s.serial(next.PublicKey)}
	if s.Subject != nil {
		for _, d := range []struct {
			field, text string
			at          *time.Time
			add         time.Duration
		}{{"from", s.Subject.From, &o.NotBefore, 0}, {"until", s.Subject.Until, &o.NotAfter, lastSecond}} {
			if d.text == "" {
				continue
			}
			t, err := s.day(d.field, d.text)
			if err != nil {
				return nil, err
			}
			*d.at = t.Add(d.add)
		}
	}
	p.fact("serial", fmt.Sprintf("%x", o.Serial))
	return pki.PrepareLink(o, old, next)
}

func (p *Plan) crl(sign cms.SignOptions) (*pki.Prepared, error) {
	s, in := p.Spec, p.Spec.Revocations
	if in == nil {
		return nil, s.bad("crl", "is missing", "say when the list is made, and what it revokes")
	}
	csca, err := p.csca()
	if err != nil {
		return nil, err
	}
	o := pki.CRLOptions{Sign: sign}
	if o.ThisUpdate, err = s.moment("this-update", in.ThisUpdate); err != nil {
		return nil, err
	}
	if o.NextUpdate, err = s.moment("next-update", in.NextUpdate); err != nil {
		return nil, err
	}
	if in.Number != 0 {
		o.Number = big.NewInt(in.Number)
	}
	if in.Previous != "" {
		b, err := readFile(in.Previous, s.file(in.Previous), pki.MaxCRL)
		if err != nil {
			return nil, err
		}
		if o.Previous, err = pki.ParseCRL(b); err != nil {
			return nil, s.bad("previous", "is no CRL that can be read", "name the last list, in DER")
		}
		p.fact("previous", fmt.Sprintf("number %v of %s, %d revoked, SHA-256 %x", o.Previous.Number, o.Previous.ThisUpdate.Format(time.RFC3339), o.Previous.Len(), sha256.Sum256(b)))
	}
	for _, r := range in.Revoked {
		serial, ok := new(big.Int).SetString(strings.TrimPrefix(strings.ReplaceAll(r.Serial, ":", ""), "0x"), 16)
		if !ok {
			return nil, s.bad("serial", "is not hexadecimal", "write it as chipid file show prints it")
		}
		at, err := s.moment("at", r.At)
		if err != nil {
			return nil, err
		}
		o.Revoked = append(o.Revoked, pki.Revocation{Serial: serial, At: at})
		p.fact("revoked", fmt.Sprintf("%x on %s", serial, at.Format(time.RFC3339)))
	}
	p.fact("this update", o.ThisUpdate.Format(time.RFC3339))
	p.fact("next update", o.NextUpdate.Format(time.RFC3339))
	return pki.PrepareCRL(o, csca)
}

func (p *Plan) list(sign cms.SignOptions) (*pki.Prepared, error) {
	s := p.Spec
	csca, err := p.certificate("csca", s.CSCA)
	if err != nil {
		return nil, err
	}
	signer, err := p.certificate("signer", s.Signer)
	if err != nil {
		return nil, err
	}
	if !cms.SamePublicKey(signer.PublicKey, p.signer.Public()) {
		return nil, s.bad("key", "is not the key of the list signer's certificate", "name the list signer's key")
	}
	at, err := s.moment("signed", s.Signed)
	if err != nil {
		return nil, err
	}
	p.fact("signed", at.Format(time.RFC3339))
	o := pki.ListOptions{Signer: signer, CSCA: csca, SigningTime: at, Sign: sign}
	if s.Kind == DeviationList {
		entries, err := p.entries()
		if err != nil {
			return nil, err
		}
		return pki.PrepareDeviationList(entries, o)
	}
	var list []*pki.Certificate
	for _, path := range s.Certificates {
		c, err := p.certificate("certificate", path)
		if err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	return pki.PrepareMasterList(list, o)
}

func (p *Plan) entries() ([]pki.DefectEntry, error) {
	s := p.Spec
	var out []pki.DefectEntry
	for i, in := range s.Entries {
		e := pki.DefectEntry{Defect: pki.Defect{DocumentType: in.DocumentType}, DocumentNumbers: in.Numbers}
		if in.IssuerOf != "" {
			c, err := p.certificate("signer-certificate", in.IssuerOf)
			if err != nil {
				return nil, err
			}
			e.Issuer, e.Serial = &c.Issuer, c.Serial
		}
		if in.KeyID != "" {
			id, err := hex.DecodeString(in.KeyID)
			if err != nil {
				return nil, s.bad("signer-key-id", "is not hexadecimal", "")
			}
			e.SubjectKeyID = id
		}
		for _, d := range []struct {
			field, text string
			at          *time.Time
		}{{"issued-from", in.From, &e.IssuedFrom}, {"issued-to", in.To, &e.IssuedTo}} {
			if d.text == "" {
				continue
			}
			t, err := s.day(d.field, d.text)
			if err != nil {
				return nil, err
			}
			*d.at = t
		}
		for _, d := range in.Deviations {
			x := pki.DefectDescription{Type: d.Type, Text: d.Text, Group: d.Group, Field: d.Field, Extension: d.Extension}
			e.Descriptions = append(e.Descriptions, x)
			p.fact(fmt.Sprintf("entry %d", i+1), fmt.Sprintf("%s, %d documents named", x, len(in.Numbers)))
		}
		out = append(out, e)
	}
	return out, nil
}
