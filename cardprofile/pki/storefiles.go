package pki

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// nameHash is the key under which the index holds a name.
func nameHash(n Name) string {
	sum := sha256.Sum256([]byte(n.canonical()))
	return hex.EncodeToString(sum[:12])
}

// newCertEntry classes a certificate. The self-signature of a CSCA is verified here,
// once, when it comes in.
func newCertEntry(c *Certificate) *Entry {
	e := &Entry{Kind: KindSigner, SHA256: c.Fingerprint(), Country: c.Subject.Country(), From: c.NotBefore, To: c.NotAfter,
		Test: c.TestMark, nameHash: nameHash(c.Subject), keyID: string(c.SubjectKeyID), serial: c.Serial.Text(16), cert: c}
	switch {
	case c.mayCertify() && c.SelfSigned():
		e.Kind = KindCSCA
	case c.mayCertify() || c.IsCA:
		e.Kind = KindLink
	}
	return e
}

func newCRLEntry(l *CRL) *Entry {
	return &Entry{Kind: KindCRL, SHA256: fingerprint(l.Raw), Country: l.Issuer.Country(), From: l.ThisUpdate, To: l.NextUpdate,
		nameHash: nameHash(l.Issuer), keyID: string(l.AuthorityKeyID), crl: l}
}

// extensions are those of the files in each folder of objects.
var extensions = map[string]string{dirCerts: ".der", dirCRLs: ".crl", dirDeviations: ".dvl"}

// folders are those that hold objects which the index lists.
var folders = []string{dirCerts, dirCRLs, dirDeviations}

// folder is where an entry's file lies.
func (e *Entry) folder() string {
	switch e.Kind {
	case KindCRL:
		return dirCRLs
	case KindDeviationList:
		return dirDeviations
	}
	return dirCerts
}

// readObject reads a file named by its SHA-256 and holds it to that name.
func (s *Store) readObject(folder, sha string) ([]byte, error) {
	if s.dir == "" {
		return nil, errors.New("pki: this store has no files")
	}
	ext := extensions[folder]
	b, err := os.ReadFile(filepath.Join(s.dir, folder, sha+ext))
	if err != nil {
		return nil, fmt.Errorf("pki: trust store: %w", err)
	}
	if fingerprint(b) != sha {
		return nil, fmt.Errorf("pki: trust store: the file %s/%s%s was changed", folder, sha, ext)
	}
	return b, nil
}

// writeFile writes a file in one step, so that a reader sees the old or the new one.
func writeFile(path string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if _, err := f.Write(b); err != nil {
		f.Close()
		return err
	}
	if err := f.Chmod(0o644); err != nil {
		f.Close()
		return err
	}
	if err := f.Sync(); err != nil {
		f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

const indexHead = "chipid.trust.index/2"

// writeIndex writes one line an entry: kind, SHA-256, name hash, key identifier,
// country, from, to, test, serial number.
func (s *Store) writeIndex() error {
	if s.dir == "" {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var b bytes.Buffer
	b.WriteString(indexHead + "\n")
	for _, e := range s.entries {
		to := ""
		if !e.To.IsZero() {
			to = strconv.FormatInt(e.To.Unix(), 10)
		}
		fmt.Fprintf(&b, "%s\t%s\t%s\t%x\t%s\t%d\t%s\t%t\t%s\n", e.Kind, e.SHA256, e.nameHash, e.keyID,
			strings.Map(printable, e.Country), e.From.Unix(), to, e.Test, e.serial)
	}
	if err := writeFile(filepath.Join(s.dir, indexFile), b.Bytes()); err != nil {
		return fmt.Errorf("pki: trust store: %w", err)
	}
	return nil
}

func printable(r rune) rune {
	if r < 0x20 || r == 0x7f {
		return '?'
	}
	return r
}

var errIndex = errors.New("pki: the trust store's index does not fit")

// readIndex loads the index, and refuses one that does not speak of exactly the
// files that lie there.
func (s *Store) readIndex() error {
	b, err := os.ReadFile(filepath.Join(s.dir, indexFile))
	if err != nil {
		return err
	}
	removed := map[string]bool{} // by the operator, and a power cut kept them here
	for _, r := range s.removed {
		removed[r.SHA256] = true
	}
	// One string for all, of which the entries hold parts.
	head, lines, _ := strings.Cut(string(b), "\n")
	if head != indexHead {
		return errIndex
	}
	s.reset(strings.Count(lines, "\n"))
	for len(lines) > 0 {
		var line string
		line, lines, _ = strings.Cut(lines, "\n")
		e, ok := parseIndexLine(line)
		if !ok || removed[e.SHA256] || !s.put(e) {
			return errIndex
		}
	}
	files := 0
	for _, folder := range folders {
		names, err := readNames(filepath.Join(s.dir, folder))
		if err != nil {
			return err
		}
		for _, n := range names {
			if e := s.byHash[strings.TrimSuffix(n, filepath.Ext(n))]; e == nil || e.folder() != folder {
				return errIndex
			}
			files++
		}
	}
	if files != len(s.entries) {
		return errIndex
	}
	return nil
}

// readNames lists the objects of a folder, files being written left out.
func readNames(dir string) ([]string, error) {
	f, err := os.Open(dir)
	if errors.Is(err, fs.ErrNotExist) && filepath.Base(dir) == dirDeviations {
		return nil, nil // a store from before it held any
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	all, err := f.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	names := all[:0]
	for _, n := range all {
		if !strings.HasPrefix(n, ".") {
			names = append(names, n)
		}
	}
	return names, nil
}

func parseIndexLine(line string) (*Entry, bool) {
	var f [9]string
	for i := range f {
		var more bool
		if f[i], line, more = strings.Cut(line, "\t"); more == (i == len(f)-1) {
			return nil, false
		}
	}
	key, err := hex.DecodeString(f[3])
	from, err2 := strconv.ParseInt(f[5], 10, 64)
	if err != nil || err2 != nil || len(f[1]) != 2*sha256.Size || strings.Trim(f[1], "0123456789abcdef") != "" {
		return nil, false
	}
	e := &Entry{Kind: f[0], SHA256: f[1], nameHash: f[2], keyID: string(key), Country: f[4], From: time.Unix(from, 0).UTC(), Test: f[7] == "true", serial: f[8]}
	if f[6] != "" {
		to, err := strconv.ParseInt(f[6], 10, 64)
		if err != nil {
			return nil, false
		}
		e.To = time.Unix(to, 0).UTC()
	}
	switch e.Kind {
	case KindCSCA, KindLink, KindSigner, KindCRL, KindDeviationList:
		return e, true
	}
	return nil, false
}

// rebuild reads every file and writes the index anew. Writing may fail, on a store
// that may only be read: then the next opening is slow again.
func (s *Store) rebuild() error {
	s.reset(0)
	for _, folder := range folders {
		names, err := readNames(filepath.Join(s.dir, folder))
		if err != nil {
			return fmt.Errorf("%w in %s: %w", ErrNoStore, s.dir, err)
		}
		for _, n := range names {
			sha := strings.TrimSuffix(n, filepath.Ext(n))
			if _, gone := s.removalOf(sha); gone {
				if err := os.Remove(filepath.Join(s.dir, folder, n)); err != nil {
					return fmt.Errorf("pki: trust store: %w", err)
				}
				continue
			}
			b, err := s.readObject(folder, sha)
			if err != nil {
				return err
			}
			e, err := newEntry(folder, b)
			if err != nil {
				return fmt.Errorf("pki: trust store: %s: %w", n, err)
			}
			if e.Test && !s.test {
				return fmt.Errorf("pki: trust store: %s: %w", n, ErrTestMark)
			}
			s.add(e)
		}
	}
	_ = s.writeIndex()
	return nil
}

// newEntry reads an object of a folder again.
func newEntry(folder string, b []byte) (*Entry, error) {
	switch folder {
	case dirCRLs:
		l, err := ParseCRL(b)
		if err != nil {
			return nil, err
		}
		return newCRLEntry(l), nil
	case dirDeviations:
		l, err := ParseDeviationList(b)
		if err != nil {
			return nil, err
		}
		return newDeviationEntry(l)
	}
	c, err := ParseCertificate(b)
	if err != nil {
		return nil, err
	}
	return newCertEntry(c), nil
}

// newDeviationEntry describes a deviation list by its signer's own certificate.
func newDeviationEntry(l *DeviationList) (*Entry, error) {
	signer, _, err := deviationLists.signerOf(l.Signed)
	if err != nil {
		return nil, err
	}
	return &Entry{Kind: KindDeviationList, SHA256: fingerprint(l.Signed.Raw), Country: signer.Issuer.Country(),
		From: l.Signed.Signers[0].SigningTime, Test: signer.TestMark, nameHash: nameHash(signer.Subject), keyID: string(signer.SubjectKeyID)}, nil
}
