package pki

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/chipid-toolkit/chipid/cardprofile/cms"
)

// ErrNoStore is wrapped when a directory is missing or is no trust store; the
// command maps it to exit status 2.
var ErrNoStore = errors.New("no trust store")

// ErrTestMark is wrapped when a certificate that carries the TEST mark is offered
// to a store that was not created for tests.
var ErrTestMark = errors.New("carries the TEST mark, and this store was not created with --test")

// Kinds of what a store holds.
const (
	KindCSCA   = "csca"   // self-signed CSCA certificate, the signature verified: an anchor
	KindLink   = "link"   // CA certificate signed with another key
	KindSigner = "signer" // Document Signer or list signer: no trust follows from it
	KindCRL    = "crl"
	// KindDeviationList is a State's list of what is wrong with its documents.
	KindDeviationList = "deviation list"
)

const storeSchema = "chipid.trust/1"

// Folders of a store. The file names are the SHA-256 of the contents.
const (
	storeFile     = "store.json"
	indexFile     = "index.tsv"
	pinsFile      = "pins.json"
	dirCerts      = "certs"
	dirCRLs       = "crls"
	dirDeviations = "deviations" // deviation lists
	dirLists      = "lists"      // master lists as they came
	dirSources    = "sources"    // where each import came from
)

type storeInfo struct {
	Schema  string    `json:"schema"`
	Test    bool      `json:"test"`
	Created time.Time `json:"created"`
}

// Store holds what an operator trusts: CSCA certificates, the lists they came in,
// CRLs and pins. Opening one reads an index; certificates are parsed when a
// document asks for them. All methods may be called from many goroutines at once.
type Store struct {
	dir  string // "" for a store in memory
	test bool

	importing sync.Mutex // one import at a time; taken before mu

	mu        sync.Mutex // what follows
	entries   []*Entry
	byHash    map[string]*Entry
	bySubject map[string][]*Entry // canonical name → CA certificates
	byKeyID   map[string][]*Entry // subjectKeyIdentifier → CA certificates
	crls      map[string][]*Entry // country → CRLs
	pins      []Pin

	deviationEntries []*Entry
	deviations       []*DeviationSource // what DeviationLists found; nil when it has to look again
	generation       int                // counts changes of the entries
}

// Entry is one certificate or CRL of a store, as its index knows it.
type Entry struct {
	Kind     string    `json:"kind"`
	SHA256   string    `json:"sha256"`
	Country  string    `json:"country"`
	From     time.Time `json:"from"` // notBefore; thisUpdate of a CRL
	To       time.Time `json:"to"`   // notAfter; nextUpdate of a CRL, zero when absent
	Test     bool      `json:"test,omitempty"`
	nameHash string    // of the canonical subject; of a CRL's issuer
	keyID    string    // subjectKeyIdentifier; of a CRL its issuer's

	cert *Certificate
	crl  *CRL
	raw  []byte // a deviation list, in a store in memory
}

// NewStore returns an empty store in memory. test allows certificates with the TEST
// mark.
func NewStore(test bool) *Store {
	s := &Store{test: test}
	s.reset()
	return s
}

func (s *Store) reset() {
	s.entries = nil
	s.byHash, s.bySubject, s.byKeyID, s.crls = map[string]*Entry{}, map[string][]*Entry{}, map[string][]*Entry{}, map[string][]*Entry{}
	s.deviationEntries, s.deviations = nil, nil
	s.generation++
}

// Create makes a store in dir, which must not exist or be empty. A store made with
// test takes certificates that carry the TEST mark, and says TEST in every verdict;
// that is decided here once and for all.
func Create(dir string, test bool) (*Store, error) {
	if names, err := os.ReadDir(dir); err == nil && len(names) > 0 {
		return nil, fmt.Errorf("pki: create trust store: %s is not empty", dir)
	}
	for _, d := range []string{dirCerts, dirCRLs, dirDeviations, dirLists, dirSources} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			return nil, fmt.Errorf("pki: create trust store: %w", err)
		}
	}
	info, err := json.MarshalIndent(storeInfo{Schema: storeSchema, Test: test, Created: time.Now().UTC().Truncate(time.Second)}, "", "  ")
	if err != nil {
		return nil, err
	}
	if err := writeFile(filepath.Join(dir, storeFile), append(info, '\n')); err != nil {
		return nil, fmt.Errorf("pki: create trust store: %w", err)
	}
	s := NewStore(test)
	s.dir = dir
	return s, s.writeIndex()
}

// Open opens the store in dir. A missing directory, or one that is no store, is an
// error that wraps ErrNoStore.
func Open(dir string) (*Store, error) {
	b, err := os.ReadFile(filepath.Join(dir, storeFile))
	// A file in the place of the folder is no store either.
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil, fmt.Errorf("%w in %s", ErrNoStore, dir)
	}
	if err != nil {
		return nil, fmt.Errorf("pki: open trust store: %w", err)
	}
	var info storeInfo
	if err := json.Unmarshal(b, &info); err != nil || info.Schema != storeSchema {
		return nil, fmt.Errorf("%w in %s: its %s is not one of this program", ErrNoStore, dir, storeFile)
	}
	s := NewStore(info.Test)
	s.dir = dir
	if err := s.readPins(); err != nil {
		return nil, err
	}
	if s.readIndex() == nil {
		return s, nil
	}
	// The index is only a shortcut: without it, or beside files it does not know,
	// the files say what the store holds.
	if err := s.rebuild(); err != nil {
		return nil, err
	}
	return s, nil
}

// Dir is the store's directory, "" for one in memory.
func (s *Store) Dir() string { return s.dir }

// Test says whether the store was made for tests.
func (s *Store) Test() bool { return s.test }

// Entries lists what the store holds, by country, kind and date.
func (s *Store) Entries() []Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Entry, len(s.entries))
	for i, e := range s.entries {
		out[i] = *e
	}
	slices.SortFunc(out, func(a, b Entry) int {
		return cmp.Or(strings.Compare(a.Country, b.Country), strings.Compare(a.Kind, b.Kind), a.From.Compare(b.From), strings.Compare(a.SHA256, b.SHA256))
	})
	return out
}

// Certificate returns a certificate of the store by its SHA-256 in hexadecimal.
func (s *Store) Certificate(sha256 string) (*Certificate, error) {
	s.mu.Lock()
	e := s.byHash[sha256]
	s.mu.Unlock()
	if e == nil || e.Kind == KindCRL || e.Kind == KindDeviationList {
		return nil, fmt.Errorf("pki: the store holds no certificate %q", sha256)
	}
	return s.load(e)
}

func (s *Store) holds(sha256 string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.byHash[sha256] != nil
}

// load parses an entry's certificate on first use.
func (s *Store) load(e *Entry) (*Certificate, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e.cert != nil {
		return e.cert, nil
	}
	b, err := s.readObject(dirCerts, e.SHA256)
	if err != nil {
		return nil, err
	}
	c, err := ParseCertificate(b)
	if err != nil {
		return nil, err
	}
	e.cert = c
	return c, nil
}

// issuers returns the CA certificates that may have issued c: those whose key
// identifier c names, then those whose subject is c's issuer.
func (s *Store) issuers(c *Certificate) []*Certificate {
	s.mu.Lock()
	var found []*Entry
	if c.AuthorityKeyID != nil {
		found = append(found, s.byKeyID[string(c.AuthorityKeyID)]...)
	}
	found = append(found, s.bySubject[nameHash(c.Issuer)]...)
	s.mu.Unlock()
	// A self-signed certificate ends the path where a link with the same key goes on.
	slices.SortStableFunc(found, func(a, b *Entry) int { return strings.Compare(a.Kind, b.Kind) })
	var out []*Certificate
	seen := map[*Entry]bool{}
	for _, e := range found {
		if seen[e] {
			continue
		}
		seen[e] = true
		// A key identifier is only a hint; another State's CSCA is never the issuer.
		if ca, err := s.load(e); err == nil && ca.Subject.Country() == c.Issuer.Country() {
			out = append(out, ca)
		}
	}
	return out
}

// isAnchor says whether the store holds this certificate as a self-signed CSCA.
func (s *Store) isAnchor(c *Certificate) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.byHash[c.Fingerprint()]
	return e != nil && e.Kind == KindCSCA
}

// Anchors returns the CSCA certificates of the store.
func (s *Store) Anchors() []*Certificate { return s.ofKind(KindCSCA) }

// signers returns the signer certificates of the store that a SignerInfo may name.
func (s *Store) signers(*cms.SignerInfo) []*Certificate { return s.ofKind(KindSigner) }

func (s *Store) ofKind(kind string) []*Certificate {
	s.mu.Lock()
	var found []*Entry
	for _, e := range s.entries {
		if e.Kind == kind {
			found = append(found, e)
		}
	}
	s.mu.Unlock()
	var out []*Certificate
	for _, e := range found {
		if c, err := s.load(e); err == nil {
			out = append(out, c)
		}
	}
	return out
}

// crlsOf returns the CRLs of a country.
func (s *Store) crlsOf(country string) []*CRL {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []*CRL
	for _, e := range s.crls[country] {
		if l, err := s.loadCRL(e); err == nil {
			out = append(out, l)
		}
	}
	return out
}

// CRL returns a CRL of the store by its SHA-256 in hexadecimal. That a CSCA of the
// store signed it was checked when it came in, and is again when it is used.
func (s *Store) CRL(sha256 string) (*CRL, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.byHash[sha256]
	if e == nil || e.Kind != KindCRL {
		return nil, fmt.Errorf("pki: the store holds no CRL %q", sha256)
	}
	return s.loadCRL(e)
}

// loadCRL parses an entry's CRL on first use; the caller holds mu.
func (s *Store) loadCRL(e *Entry) (*CRL, error) {
	if e.crl != nil {
		return e.crl, nil
	}
	b, err := s.readObject(dirCRLs, e.SHA256)
	if err != nil {
		return nil, err
	}
	l, err := ParseCRL(b)
	if err != nil {
		return nil, err
	}
	e.crl = l
	return l, nil
}

// add puts an entry into the maps. It reports false for one that is already there.
func (s *Store) add(e *Entry) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byHash[e.SHA256] != nil {
		return false
	}
	s.byHash[e.SHA256] = e
	s.entries = append(s.entries, e)
	s.deviations = nil
	s.generation++
	switch e.Kind {
	case KindDeviationList:
		s.deviationEntries = append(s.deviationEntries, e)
	case KindCRL:
		s.crls[e.Country] = append(s.crls[e.Country], e)
	case KindCSCA, KindLink:
		s.bySubject[e.nameHash] = append(s.bySubject[e.nameHash], e)
		if e.keyID != "" {
			s.byKeyID[e.keyID] = append(s.byKeyID[e.keyID], e)
		}
	}
	return true
}
