package pki

import (
	"bytes"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
)

// ImportOptions says how far what is imported must be shown to be genuine.
type ImportOptions struct {
	// Anchors are CSCA certificates the operator named: a master list is taken only
	// when one of them issued its signer. Without them a list vouches for itself.
	Anchors []*Certificate
}

// ImportReport says what came of one file.
type ImportReport struct {
	File       string                  `json:"file"`
	Kind       string                  `json:"kind"` // "certificates", "master list", "crl" or "mixed"
	Added      int                     `json:"added"`
	Known      int                     `json:"known"` // already in the store
	CRLs       int                     `json:"crls"`
	Refused    []Refusal               `json:"refused,omitempty"`
	Signer     string                  `json:"signer,omitempty"` // of a master list
	Anchored   bool                    `json:"anchored"`         // the list's signer was issued by an anchor the operator named
	SigningAt  *time.Time              `json:"signed,omitempty"`
	Deviations []cardprofile.Deviation `json:"deviations,omitempty"`
}

// Refusal is one object of a file that the store did not take.
type Refusal struct {
	Subject string `json:"subject"`
	SHA256  string `json:"sha256"`
	Reason  string `json:"reason"`
	err     error
}

// source is what the store keeps about one import.
type source struct {
	ImportReport
	SHA256   string    `json:"sha256"`
	Imported time.Time `json:"imported"`
	Contents []string  `json:"contents"` // SHA-256 of each object it brought, known ones too
}

// batch is one file being imported.
type batch struct {
	s       *Store
	o       ImportOptions
	report  *ImportReport
	entries []*Entry
	bodies  [][]byte
	crls    []*CRL
	lists   []*DeviationList
}

// Import takes one file into the store: certificates in DER or PEM, alone or many
// after one another, PKCS #7 bundles, master lists, CRLs. name is the file's name
// for reports and errors.
//
// A master list is taken when its signature is right and its signer was issued by a
// CSCA: one of o.Anchors when there are any. A CRL is taken when a CSCA of the
// store signed it. A file that cannot be used is a *cardprofile.InputError; single
// certificates of a file that are refused stand in the report, and make the file an
// error only when nothing else was in it.
func (s *Store) Import(name string, data []byte, o ImportOptions) (*ImportReport, error) {
	b := &batch{s: s, o: o, report: &ImportReport{File: name}}
	if err := b.read(data); err != nil {
		return nil, inputError(name, err)
	}
	if len(b.entries) == 0 && len(b.crls) == 0 && len(b.lists) == 0 && len(b.report.Refused) == 0 {
		return nil, inputError(name, errors.New("the file holds no certificate, master list or CRL"))
	}
	s.importing.Lock()
	defer s.importing.Unlock()
	src := source{SHA256: fingerprint(data), Imported: time.Now().UTC().Truncate(time.Second)}
	if err := b.store(&src); err != nil {
		return nil, err
	}
	for _, l := range b.lists {
		if err := b.storeDeviations(l, &src); err != nil {
			return nil, err
		}
	}
	for _, l := range b.crls {
		if err := b.storeCRL(l, &src); err != nil {
			return nil, err
		}
	}
	if len(src.Contents) == 0 {
		r := b.report.Refused[0]
		return b.report, inputError(name, fmt.Errorf("%s %w", r.Subject, r.err))
	}
	src.ImportReport = *b.report
	if err := s.keepSource(&src, data); err != nil {
		return nil, err
	}
	return b.report, s.writeIndex()
}

func inputError(name string, err error) error {
	e := &inputProblem{InputError: cardprofile.InputError{File: name, Problem: err.Error()}, cause: err}
	if errors.Is(err, ErrTestMark) {
		e.Fix = "certificates made for tests go into a store of their own, created with --create --test"
	}
	return e
}

// inputProblem is an InputError that still tells its cause to errors.Is.
type inputProblem struct {
	cardprofile.InputError
	cause error
}

func (e *inputProblem) Error() string   { return e.InputError.Error() }
func (e *inputProblem) Unwrap() []error { return []error{&e.InputError, e.cause} }

func (b *batch) kind(k string) {
	if b.report.Kind != "" && b.report.Kind != k {
		k = "mixed"
	}
	b.report.Kind = k
}

// read takes a file apart.
func (b *batch) read(data []byte) error {
	if len(data) > cms.MaxSize {
		return fmt.Errorf("the file has %d bytes, more than the %d that are read", len(data), cms.MaxSize)
	}
	if !bytes.Contains(data[:min(len(data), 4096)], []byte("-----BEGIN ")) {
		return b.readDER(data)
	}
	for rest := data; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return nil
		}
		switch block.Type {
		case "CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE", "X509 CRL", "PKCS7", "CMS":
			if err := b.readDER(block.Bytes); err != nil {
				return err
			}
		default:
			return fmt.Errorf("the file holds a PEM block %q, which a trust store does not take", strings.Map(printable, block.Type))
		}
	}
}

// readDER reads elements after one another; each says by its form what it is.
func (b *batch) readDER(data []byte) error {
	s := cryptobyte.String(data)
	if len(s) == 0 {
		return errors.New("the file is empty")
	}
	for len(bytes.TrimSpace(s)) > 0 { // an editor may have put a line end after it
		var one cryptobyte.String
		if !s.ReadASN1Element(&one, asn1.SEQUENCE) {
			// BER has no length to cut by: only a list that fills the file may use it.
			if len(s) > 1 && s[0] == 0x30 && s[1] == 0x80 {
				return b.readCMS(s)
			}
			return errors.New("the file is neither DER nor PEM of a certificate, list or CRL")
		}
		if err := b.readOne(one); err != nil {
			return err
		}
	}
	return nil
}

func (b *batch) readOne(der cryptobyte.String) error {
	body := der
	var inner, tbs cryptobyte.String
	if !body.ReadASN1(&inner, asn1.SEQUENCE) {
		return errors.New("the file holds something that is no certificate, list or CRL")
	}
	if inner.PeekASN1Tag(asn1.OBJECT_IDENTIFIER) {
		return b.readCMS(der)
	}
	// A CRL has a time where a certificate has its validity, a SEQUENCE.
	if inner.ReadASN1(&tbs, asn1.SEQUENCE) && looksLikeCRL(tbs) {
		l, err := ParseCRL(der)
		if err != nil {
			return err
		}
		b.kind("crl")
		b.crls = append(b.crls, l)
		return nil
	}
	b.kind("certificates")
	return b.readCertificate(der)
}

func looksLikeCRL(tbs cryptobyte.String) bool {
	if tbs.PeekASN1Tag(asn1.INTEGER) && !tbs.SkipASN1(asn1.INTEGER) {
		return false
	}
	// Signature algorithm and issuer.
	for range 2 {
		if !tbs.SkipASN1(asn1.SEQUENCE) {
			return false
		}
	}
	return tbs.PeekASN1Tag(asn1.UTCTime) || tbs.PeekASN1Tag(asn1.GeneralizedTime)
}

func (b *batch) readCertificate(der []byte) error {
	c, err := ParseCertificate(bytes.Clone(der))
	if err != nil {
		return err
	}
	if c.TestMark && !b.s.test {
		b.refuse(c, ErrTestMark)
		return nil
	}
	b.entries = append(b.entries, newCertEntry(c))
	b.bodies = append(b.bodies, c.Raw)
	return nil
}

func (b *batch) refuse(c *Certificate, err error) {
	b.report.Refused = append(b.report.Refused, Refusal{Subject: c.String(), SHA256: c.Fingerprint(), Reason: err.Error(), err: err})
}

func (b *batch) readCMS(data []byte) error {
	sd, err := cms.Parse(data)
	if err != nil {
		return err
	}
	switch {
	case sd.ContentType == cms.OIDMasterList:
		return b.readMasterList(data)
	case sd.ContentType == cms.OIDDeviationList:
		return b.readDeviationList(data)
	case len(sd.Signers) == 0 && len(sd.Certificates) > 0: // a PKCS #7 bundle
		b.kind("certificates")
		for _, raw := range sd.Certificates {
			if err := b.readCertificate(raw); err != nil {
				return err
			}
		}
		return nil
	}
	return fmt.Errorf("the file is signed content of type %s, which a trust store does not take", sd.ContentType)
}

func (b *batch) readMasterList(data []byte) error {
	b.kind("master list")
	m, err := ParseMasterList(data)
	if err != nil {
		return err
	}
	signer, err := m.Verify(b.o.Anchors)
	if err != nil {
		return err
	}
	if signer.Certificate().TestMark && !b.s.test {
		return fmt.Errorf("the signer of the list %w", ErrTestMark)
	}
	b.report.Signer, b.report.Anchored = signer.Certificate().Subject.String(), signer.Anchored()
	if t := signer.SigningTime(); !t.IsZero() {
		b.report.SigningAt = &t
	}
	b.report.Deviations = append(append(b.report.Deviations, m.Deviations...), signer.Deviations()...)
	for _, raw := range m.Certificates {
		if err := b.readCertificate(raw); err != nil {
			b.report.Refused = append(b.report.Refused, Refusal{Subject: "a certificate of the list", SHA256: fingerprint(raw), Reason: err.Error(), err: err})
		}
	}
	return nil
}

func (b *batch) readDeviationList(data []byte) error {
	b.kind("deviation list")
	l, err := ParseDeviationList(bytes.Clone(data))
	if err != nil {
		return err
	}
	b.report.Deviations = append(b.report.Deviations, l.Deviations...)
	b.lists = append(b.lists, l)
	return nil
}

// storeDeviations writes one deviation list whose signer leads to a CSCA of the
// store: a State speaks of its own documents, and is known by its CSCA.
func (b *batch) storeDeviations(l *DeviationList, src *source) error {
	sha := fingerprint(l.Signed.Raw)
	refuse := func(err error) {
		b.report.Refused = append(b.report.Refused, Refusal{Subject: "the deviation list", SHA256: sha, Reason: err.Error(), err: err})
	}
	d, err := b.s.verifyDeviations(l, sha)
	if err != nil {
		refuse(err)
		return nil
	}
	e, err := newDeviationEntry(l)
	if err != nil {
		refuse(err)
		return nil
	}
	if e.Test && !b.s.test {
		refuse(ErrTestMark)
		return nil
	}
	b.report.Signer, b.report.Anchored = d.signer.Subject.String(), true
	if !d.date.IsZero() {
		b.report.SigningAt = &d.date
	}
	src.Contents = append(src.Contents, sha)
	if b.s.holds(sha) {
		b.report.Known++
		return nil
	}
	if b.s.dir != "" {
		path := filepath.Join(b.s.dir, dirDeviations)
		if err := os.MkdirAll(path, 0o755); err != nil { // a store from before it held any
			return fmt.Errorf("pki: trust store: %w", err)
		}
		if err := writeFile(filepath.Join(path, sha+extensions[dirDeviations]), l.Signed.Raw); err != nil {
			return fmt.Errorf("pki: trust store: %w", err)
		}
	} else {
		e.raw = l.Signed.Raw
	}
	b.s.add(e)
	b.report.Added++
	return nil
}

// store writes the certificates.
func (b *batch) store(src *source) error {
	for i, e := range b.entries {
		src.Contents = append(src.Contents, e.SHA256)
		if b.s.holds(e.SHA256) {
			b.report.Known++
			continue
		}
		if b.s.dir != "" {
			if err := writeFile(filepath.Join(b.s.dir, dirCerts, e.SHA256+".der"), b.bodies[i]); err != nil {
				return fmt.Errorf("pki: trust store: %w", err)
			}
		}
		b.s.add(e)
		b.report.Added++
	}
	return nil
}

// storeCRL writes one CRL that a CSCA of the store signed.
func (b *batch) storeCRL(l *CRL, src *source) error {
	signer := b.s.crlSigner(l)
	e := newCRLEntry(l)
	if signer == nil {
		err := errors.New("was signed by no CSCA of this store; import that CSCA first")
		b.report.Refused = append(b.report.Refused, Refusal{Subject: "the CRL of " + l.Issuer.String(), SHA256: e.SHA256, Reason: err.Error(), err: err})
		return nil
	}
	src.Contents = append(src.Contents, e.SHA256)
	b.report.CRLs++
	if b.s.holds(e.SHA256) {
		b.report.Known++
		return nil
	}
	if b.s.dir != "" {
		if err := writeFile(filepath.Join(b.s.dir, dirCRLs, e.SHA256+".crl"), l.Raw); err != nil {
			return fmt.Errorf("pki: trust store: %w", err)
		}
	}
	b.s.add(e)
	return nil
}

// keepSource keeps where things came from, and lists themselves as they came.
func (s *Store) keepSource(src *source, data []byte) error {
	if s.dir == "" {
		return nil
	}
	if src.Kind == "master list" {
		if err := writeFile(filepath.Join(s.dir, dirLists, src.SHA256+".ml"), data); err != nil {
			return fmt.Errorf("pki: trust store: %w", err)
		}
	}
	b, err := json.MarshalIndent(src, "", " ")
	if err != nil {
		return err
	}
	if err := writeFile(filepath.Join(s.dir, dirSources, src.SHA256+".json"), append(b, '\n')); err != nil {
		return fmt.Errorf("pki: trust store: %w", err)
	}
	return nil
}
