package pki

import (
	"crypto"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/chipid-toolkit/chipid/cardprofile/cms"
)

// OIDTrustBundle is the content type of a trust bundle, and the extended key usage of
// the certificate inside it. It lies under the arc for examples, beside the TEST mark.
const OIDTrustBundle = "2.999.9303.2"

// Errors of bundles that a store refuses.
var (
	// ErrBundleSigner: the bundle is signed rightly, with a key that nobody named.
	ErrBundleSigner = errors.New("nobody here vouches for the key that signed the bundle")
	// ErrBundleAltered: the bundle is not what its signer made.
	ErrBundleAltered = errors.New("the signature of the bundle does not hold")
	// ErrRollback: the store has a bundle of this version or a newer one.
	ErrRollback = errors.New("roll-back refused")
	// ErrBundleExpired: the bundle counted until a day that is over.
	ErrBundleExpired = errors.New("the bundle has expired")
	// ErrFollows: the store is made of bundles, and changes with them alone.
	ErrFollows = errors.New("this store follows the bundles of another one; change that one and export it")
)

const bundleSchema = "chipid.trust.bundle/1"

// exportsFile remembers the last version that was exported.
const exportsFile = "exports.json"

// BundleInfo describes a bundle.
type BundleInfo struct {
	Version int64     `json:"version"`
	Issued  time.Time `json:"issued"`
	Expires time.Time `json:"expires"`
	Test    bool      `json:"test"`
	Key     string    `json:"key"`    // SHA-256 of the signer's SubjectPublicKeyInfo, hexadecimal
	SHA256  string    `json:"sha256"` // of the bundle
	Removed int       `json:"removed"`
}

// Following is the bundle that a store was made of last.
type Following struct {
	BundleInfo
	Imported time.Time `json:"imported"`
}

// Bundle returns the bundle this store was made of last, nil for a store that is
// kept by hand.
func (s *Store) Bundle() *Following {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.follows == nil {
		return nil
	}
	f := *s.follows
	return &f
}

// bundleAge notes that the store is made of a bundle whose days are over: what its
// office has taken out since is still trusted here. Policy says what follows.
func (v *verification) bundleAge() {
	if v.store == nil || v.o.ContentType != cms.OIDLDSSecurityObject {
		return
	}
	if f := v.store.Bundle(); f != nil && v.o.Now.After(f.Expires) {
		v.note("trust store", "trust.bundle.expired", "the store's bundle of version %d counted until %s", f.Version, day(f.Expires))
	}
}

// byHand returns an error for a store that only bundles may change.
func (s *Store) byHand() error {
	if s.Bundle() != nil {
		return fmt.Errorf("pki: %w", ErrFollows)
	}
	return nil
}

// bundleContent is what a bundle carries: a whole store. Certificates and lists are
// in the bytes in which they came.
type bundleContent struct {
	Schema         string    `json:"schema"`
	Version        int64     `json:"version"`
	Issued         time.Time `json:"issued"`
	Expires        time.Time `json:"expires"`
	Test           bool      `json:"test"`
	Certificates   [][]byte  `json:"certificates"`
	CRLs           [][]byte  `json:"crls"`
	DeviationLists [][]byte  `json:"deviation_lists"`
	Named          []Named   `json:"anchors"`
	Pins           []Pin     `json:"pins"`
	Removed        []Removal `json:"removed"`
	Sources        []Source  `json:"sources"`
}

// ExportOptions says how a bundle is made.
type ExportOptions struct {
	// Version is the bundle's; 0 takes the one after the last.
	Version int64
	// Issued and Expires are when it is made and until when it counts; UTC, whole
	// seconds. A zero Issued is the clock's.
	Issued, Expires time.Time
	// Sign chooses the signature algorithm.
	Sign cms.SignOptions
}

// Export makes a bundle of the whole store, signed with key: a CMS SignedData (RFC
// 5652) whose content is JSON, with a certificate for the key that was made for this
// bundle alone. Terminals know the signer by the key. The version is used up by the
// attempt, also when it fails afterwards.
func (s *Store) Export(key crypto.Signer, o ExportOptions) ([]byte, *BundleInfo, error) {
	if err := s.byHand(); err != nil {
		return nil, nil, err
	}
	s.importing.Lock()
	defer s.importing.Unlock()
	if o.Issued.IsZero() {
		o.Issued = now()
	}
	switch {
	case !o.Expires.After(o.Issued):
		return nil, nil, badOption("expiry", "is not after the day of issue", "give the days for which the bundle counts")
	case o.Expires.Year() > 9999:
		return nil, nil, badOption("expiry", "lies in an impossible year", "")
	}
	var last struct {
		Version int64 `json:"version"`
	}
	if err := s.readRecord(exportsFile, &last); err != nil {
		return nil, nil, err
	}
	switch {
	case o.Version == 0:
		o.Version = last.Version + 1
	case o.Version <= last.Version:
		return nil, nil, badOption("version", fmt.Sprintf("is not above %d, the last one that was exported", last.Version), "leave it out for the next one")
	}
	content, err := s.bundleContent(o)
	if err != nil {
		return nil, nil, err
	}
	last.Version = o.Version
	if err := s.writeRecord(exportsFile, last); err != nil {
		return nil, nil, err
	}
	der, signer, err := signBundle(content, key, o, s.test)
	if err != nil {
		return nil, nil, err
	}
	if len(der) > maxPlain {
		return nil, nil, fmt.Errorf("pki: a bundle of %d bytes is more than a store reads, %d", len(der), maxPlain)
	}
	sum, err := KeyFingerprint(signer.PublicKey)
	if err != nil {
		return nil, nil, err
	}
	return der, &BundleInfo{Version: o.Version, Issued: o.Issued, Expires: o.Expires, Test: s.test, Key: sum, SHA256: fingerprint(der)}, nil
}

func (s *Store) bundleContent(o ExportOptions) ([]byte, error) {
	named, err := s.Named()
	if err != nil {
		return nil, err
	}
	c := bundleContent{Schema: bundleSchema, Version: o.Version, Issued: o.Issued.UTC(), Expires: o.Expires.UTC(), Test: s.test,
		Certificates: [][]byte{}, CRLs: [][]byte{}, DeviationLists: [][]byte{}, Named: named, Pins: s.Pins(), Removed: s.Removed()}
	sources, err := s.Sources()
	if err != nil {
		return nil, err
	}
	for _, src := range sources {
		// What each file brought stays with the store that imported it.
		src.Contents, src.Refused, src.Deviations, src.Since = nil, nil, nil, nil
		c.Sources = append(c.Sources, src)
	}
	for _, e := range s.Entries() {
		b, err := s.objectOf(e)
		if err != nil {
			return nil, err
		}
		switch e.Kind {
		case KindCRL:
			c.CRLs = append(c.CRLs, b)
		case KindDeviationList:
			c.DeviationLists = append(c.DeviationLists, b)
		default:
			c.Certificates = append(c.Certificates, b)
		}
	}
	return json.Marshal(c)
}

// objectOf returns the bytes of an entry.
func (s *Store) objectOf(e Entry) ([]byte, error) {
	switch {
	case e.raw != nil:
		return e.raw, nil
	case s.dir == "" && e.cert != nil:
		return e.cert.Raw, nil
	case s.dir == "" && e.crl != nil:
		return e.crl.Raw, nil
	}
	return s.readObject(e.folder(), e.SHA256)
}

// readRecord reads a file of the store's folder, leaving v alone where there is none.
func (s *Store) readRecord(name string, v any) error {
	if s.dir == "" {
		return nil
	}
	return readRecord(filepath.Join(s.dir, name), v)
}
