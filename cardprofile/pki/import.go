package pki

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/chipid-toolkit/chipid/cardprofile"
)

// ImportOptions says how far what is imported must be shown to be genuine.
type ImportOptions struct {
	// Anchors are certificates the operator named. A signed list is taken only when
	// it leads to one of them, a bundle when one of them holds its signer's key.
	// Without any, a master list must lead to a CSCA that the operator named to the
	// store before, a deviation list to any CSCA of the store.
	Anchors []*Certificate
	// Confirm holds SHA-256 fingerprints in hexadecimal that the operator compared
	// with a source of their own: of the CSCA certificate that a list brings along
	// for its signer, or of the key that signed a bundle.
	Confirm []string
	// Now is the time a bundle's expiry is held against; zero is the clock's.
	Now time.Time
}

// confirms says whether the operator confirmed a fingerprint, however it is written.
func (o ImportOptions) confirms(sha string) bool {
	for _, c := range o.Confirm {
		if strings.ToLower(strings.NewReplacer(":", "", " ", "").Replace(c)) == sha {
			return true
		}
	}
	return false
}

// ImportReport says what came of one file.
type ImportReport struct {
	File       string                  `json:"file"`
	Kind       string                  `json:"kind"`  // "certificates", "master list", "deviation list", "crl", "bundle" or "mixed"
	Added      int                     `json:"added"` // certificates and deviation lists
	Known      int                     `json:"known"` // already in the store
	CRLs       int                     `json:"crls"`
	Refused    []Refusal               `json:"refused,omitempty"`       // the first of them
	RefusedAll int                     `json:"refused_count,omitempty"` // all of them
	Signer     string                  `json:"signer,omitempty"`        // of a list
	Anchored   bool                    `json:"anchored"`                // the signer leads to an anchor the operator named, or a deviation list's to a CSCA of the store
	SigningAt  *time.Time              `json:"signed,omitempty"`
	Country    string                  `json:"country,omitempty"` // of the list's signer, or of all certificates
	Lists      []ListReport            `json:"lists,omitempty"`
	Bundle     *BundleInfo             `json:"bundle,omitempty"`
	Since      *Diff                   `json:"since,omitempty"` // against the last list of the same publisher
	Deviations []cardprofile.Deviation `json:"deviations,omitempty"`
}

// ListReport is one signed list of a file.
type ListReport struct {
	Kind       string     `json:"kind"`
	Signer     string     `json:"signer"`
	CSCA       string     `json:"csca"`
	CSCASHA256 string     `json:"csca_sha256"`
	Country    string     `json:"country"`
	Signed     *time.Time `json:"signed,omitempty"`
	By         string     `json:"by"` // "anchor", "store" or "confirmed"
}

// Refusal is one object of a file that the store did not take.
type Refusal struct {
	Subject string `json:"subject"`
	SHA256  string `json:"sha256"`
	Reason  string `json:"reason"`
	err     error
}

// Import takes one file into the store: certificates in DER or PEM, alone or many
// after one another, PKCS #7 bundles, master lists, deviation lists, CRLs, LDIF with
// any of them, and the bundles that Export makes. name is the file's name for reports
// and errors.
//
// A list is taken when its signature is right and its signer leads to an anchor, as
// ImportOptions says; else the error wraps ErrListAnchor, and is an
// *UnanchoredError that names the CSCA the operator would have to know. A CRL is
// taken when a CSCA of the store signed it. A file that cannot be used is a
// *cardprofile.InputError; single objects of a file that are refused stand in the
// report, and make the file an error only when nothing else was in it.
func (s *Store) Import(name string, data []byte, o ImportOptions) (*ImportReport, error) {
	if len(data) > MaxImport {
		return nil, inputError(name, fmt.Errorf("the file has %d bytes, more than the %d that are read", len(data), MaxImport))
	}
	s.importing.Lock()
	defer s.importing.Unlock()
	if isBundle(data) {
		return s.importBundle(name, data, o)
	}
	if err := s.byHand(); err != nil {
		return nil, inputError(name, err)
	}
	b := &batch{s: s, o: o, report: &ImportReport{File: name}}
	if err := b.read(data); err != nil {
		return nil, inputError(name, err)
	}
	if b.empty() && b.report.RefusedAll == 0 {
		return nil, inputError(name, errors.New("the file holds no certificate, list or CRL"))
	}
	src := Source{SHA256: fingerprint(data), Imported: now()}
	if err := b.store(&src); err != nil {
		return nil, err
	}
	if len(src.Contents) == 0 {
		r := b.report.Refused[0]
		var alone *UnanchoredError
		if errors.As(r.err, &alone) || errors.Is(r.err, ErrListSignature) { // they name what they are about
			return b.report, inputError(name, r.err)
		}
		return b.report, inputError(name, fmt.Errorf("%s %w", r.Subject, r.err))
	}
	b.report.Country = b.country()
	b.report.Since = s.since(&src, b.report)
	src.ImportReport = *b.report
	if err := s.keepSource(&src, data); err != nil {
		return nil, err
	}
	return b.report, s.writeIndex()
}

func inputError(name string, err error) error {
	e := &inputProblem{InputError: cardprofile.InputError{File: name, Problem: err.Error()}, cause: err}
	switch {
	case errors.Is(err, ErrTestMark):
		e.Fix = "certificates made for tests go into a store of their own, created with --create --test"
	case errors.Is(err, ErrListAnchor), errors.Is(err, ErrBundleSigner):
		e.Fix = "name what you trust with --anchor FILE, or compare the fingerprint with a source of your own and give it with --confirm"
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

// batch is one file being imported: everything is read and judged first, and then
// written.
type batch struct {
	s      *Store
	o      ImportOptions
	report *ImportReport

	entries []*Entry // certificates
	bodies  [][]byte // theirs
	crls    []*CRL
	lists   []*DeviationList
	named   map[string][]string // how → CSCAs that the operator names with this file
	where   string              // where in the file, for refusals; "" at the top
	loose   bool                // inside LDIF, where nothing says who put a certificate there
}

func (b *batch) empty() bool { return len(b.entries) == 0 && len(b.crls) == 0 && len(b.lists) == 0 }

// kind notes what the file is.
func (b *batch) kind(k string) {
	if b.report.Kind != "" && b.report.Kind != k {
		k = "mixed"
	}
	b.report.Kind = k
}

// maxRefusals bounds the refusals that a report lists one by one.
const maxRefusals = 100

func (b *batch) refuse(subject, sha string, err error) {
	b.report.RefusedAll++
	if len(b.report.Refused) < maxRefusals {
		b.report.Refused = append(b.report.Refused, Refusal{Subject: b.where + subject, SHA256: sha, Reason: err.Error(), err: err})
	}
}

func (b *batch) nameAs(how, sha string) {
	if b.named == nil {
		b.named = map[string][]string{}
	}
	b.named[how] = append(b.named[how], sha)
}

// maxDeviations bounds those of one report, which a file of many lists could fill.
const maxDeviations = 1000

func (b *batch) deviate(list ...cardprofile.Deviation) {
	room := max(0, maxDeviations-len(b.report.Deviations))
	b.report.Deviations = append(b.report.Deviations, list[:min(len(list), room)]...)
}

// store writes what was read: certificates, then what they vouch for.
func (b *batch) store(src *Source) error {
	var files []object
	fresh := map[string]bool{}
	var added []*Entry
	for i, e := range b.entries {
		if r, gone := b.s.removalOf(e.SHA256); gone {
			b.refuse(r.Subject, e.SHA256, fmt.Errorf("was removed from this store by %s on %s: %s", r.Who, day(r.When), r.Why))
			continue
		}
		if fresh[e.SHA256] {
			continue // twice in the file
		}
		fresh[e.SHA256] = true
		src.Contents = append(src.Contents, e.SHA256)
		if b.s.holds(e.SHA256) {
			b.report.Known++
			continue
		}
		files = append(files, object{dirCerts, e.SHA256, b.bodies[i]})
		added = append(added, e)
	}
	if err := b.s.writeObjects(files); err != nil {
		return err
	}
	for _, e := range added {
		b.s.add(e)
		b.report.Added++
	}
	for how, shas := range b.named {
		if err := b.s.name(how, b.s.held(shas)...); err != nil {
			return err
		}
	}
	for _, l := range b.lists {
		if err := b.storeDeviations(l, src); err != nil {
			return err
		}
	}
	for _, l := range b.crls {
		if err := b.storeCRL(l, src); err != nil {
			return err
		}
	}
	return nil
}

// held returns those fingerprints that are CSCAs of the store.
func (s *Store) held(shas []string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, sha := range shas {
		if e := s.byHash[sha]; e != nil && e.Kind == KindCSCA {
			out = append(out, sha)
		}
	}
	return out
}

// storeCRL writes one CRL that a CSCA of the store signed.
func (b *batch) storeCRL(l *CRL, src *Source) error {
	e := newCRLEntry(l)
	if r, gone := b.s.removalOf(e.SHA256); gone {
		b.refuse("the CRL of "+l.Issuer.String(), e.SHA256, fmt.Errorf("was removed from this store by %s on %s: %s", r.Who, day(r.When), r.Why))
		return nil
	}
	if b.s.crlSigner(l) == nil {
		b.refuse("the CRL of "+l.Issuer.String(), e.SHA256, errors.New("was signed by no CSCA of this store; import that CSCA first"))
		return nil
	}
	src.Contents = append(src.Contents, e.SHA256)
	b.report.CRLs++
	if b.s.holds(e.SHA256) {
		b.report.Known++
		return nil
	}
	if err := b.s.writeObjects([]object{{dirCRLs, e.SHA256, l.Raw}}); err != nil {
		return err
	}
	b.s.add(e)
	return nil
}

// country is the one that all certificates and lists of the file are of, "" when
// there are several.
func (b *batch) country() string {
	country, seen := "", false
	one := func(c string) {
		if seen && c != country {
			c = ""
		}
		country, seen = c, true
	}
	for _, l := range b.report.Lists {
		one(l.Country)
	}
	if seen {
		return country
	}
	for _, e := range b.entries {
		one(e.Country)
	}
	for _, l := range b.crls {
		one(l.Issuer.Country())
	}
	return country
}

// object is one file of a store.
type object struct {
	folder, sha string
	der         []byte
}

// writers bounds how many files are written at a time: each waits for the disk.
const writers = 8

// writeObjects writes files that are not there yet.
func (s *Store) writeObjects(objects []object) error {
	if s.dir == "" || len(objects) == 0 {
		return nil
	}
	if objects[len(objects)-1].folder == dirDeviations { // a store from before it held any
		if err := os.MkdirAll(filepath.Join(s.dir, dirDeviations), 0o755); err != nil {
			return fmt.Errorf("pki: trust store: %w", err)
		}
	}
	work, done := make(chan object), make(chan error, writers)
	for range min(writers, len(objects)) {
		go func() {
			var failed error
			for o := range work {
				if failed == nil {
					failed = writeFile(filepath.Join(s.dir, o.folder, o.sha+extensions[o.folder]), o.der)
				}
			}
			done <- failed
		}()
	}
	for _, o := range objects {
		work <- o
	}
	close(work)
	var failed error
	for range min(writers, len(objects)) {
		failed = errors.Join(failed, <-done)
	}
	if failed != nil {
		return fmt.Errorf("pki: trust store: %w", failed)
	}
	return nil
}
