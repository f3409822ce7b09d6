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

	mu          sync.Mutex // what follows
	entries     []*Entry
	byHash      map[string]*Entry
	bySubject   map[string][]*Entry // canonical name → CA certificates
	byKeyID     map[string][]*Entry // subjectKeyIdentifier → CA certificates
	crls        map[string][]*Entry // country → CRLs
	bySigner    map[string][]*Entry // key identifier or serial number → signers
	pins        []Pin
	named       []Named
	namedLoaded bool
	removed     []Removal
	sources     []Source   // of a store in memory
	follows     *Following // the bundles this store is made of; nil for one kept by hand

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
	serial   string    // of a certificate, as big.Int writes it in base 16

	cert *Certificate
	crl  *CRL
	raw  []byte // a deviation list, in a store in memory
}

// NewStore returns an empty store in memory. test allows certificates with the TEST
// mark.
func NewStore(test bool) *Store {
	s := &Store{test: test}
	s.reset(0)
	return s
}

// reset empties the maps and makes room for so many entries.
func (s *Store) reset(room int) {
	s.entries = make([]*Entry, 0, room)
	s.byHash, s.bySubject, s.byKeyID = make(map[string]*Entry, room), make(map[string][]*Entry, room), make(map[string][]*Entry, room)
	s.crls, s.bySigner = map[string][]*Entry{}, map[string][]*Entry{}
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
	if err := s.readRecords(); err != nil {
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

// add puts an entry into the maps. It reports false for one that is already there.
func (s *Store) add(e *Entry) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.put(e)
}

// put is add for a caller that holds mu.
func (s *Store) put(e *Entry) bool {
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
	case KindSigner:
		for _, id := range e.signerIDs() {
			s.bySigner[id] = append(s.bySigner[id], e)
		}
	}
	return true
}

// signerIDs are the keys under which a signer is found by what a SignerInfo says.
func (e *Entry) signerIDs() []string {
	ids := []string{"serial " + e.serial}
	if e.keyID != "" {
		ids = append(ids, "key "+e.keyID)
	}
	return ids
}
