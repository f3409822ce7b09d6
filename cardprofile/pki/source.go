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
	"time"

	"github.com/chipid-toolkit/chipid/cardprofile"
)

// Source is what a store keeps about one imported file: where things came from.
type Source struct {
	ImportReport
	SHA256   string    `json:"sha256"` // of the file
	Imported time.Time `json:"imported"`
	Contents []string  `json:"contents"` // SHA-256 of each object it brought, known ones too
}

// Date is when the list was signed, else when the file was imported.
func (s *Source) Date() time.Time {
	if s.SigningAt != nil {
		return *s.SigningAt
	}
	return s.Imported
}

// Sources returns what was imported, the oldest import first.
func (s *Store) Sources() ([]Source, error) {
	if s.dir == "" {
		s.mu.Lock()
		defer s.mu.Unlock()
		return slices.Clone(s.sources), nil
	}
	names, err := readNames(filepath.Join(s.dir, dirSources))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("pki: trust store: %w", err)
	}
	var out []Source
	for _, n := range names {
		b, err := os.ReadFile(filepath.Join(s.dir, dirSources, n))
		if err != nil {
			return nil, fmt.Errorf("pki: trust store: %w", err)
		}
		var src Source
		if err := json.Unmarshal(b, &src); err != nil {
			return nil, fmt.Errorf("pki: trust store: %s/%s cannot be read: %w", dirSources, n, err)
		}
		out = append(out, src)
	}
	slices.SortStableFunc(out, func(a, b Source) int {
		return cmp.Or(a.Imported.Compare(b.Imported), a.Date().Compare(b.Date()), strings.Compare(a.SHA256, b.SHA256))
	})
	return out, nil
}

// keepSource keeps where things came from, and lists themselves as they came.
func (s *Store) keepSource(src *Source, data []byte) error {
	if s.dir == "" {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.sources = append(slices.DeleteFunc(s.sources, func(x Source) bool { return x.SHA256 == src.SHA256 }), *src)
		return nil
	}
	if src.Kind == masterLists.name {
		if err := writeFile(filepath.Join(s.dir, dirLists, src.SHA256+".ml"), data); err != nil {
			return fmt.Errorf("pki: trust store: %w", err)
		}
	}
	return s.writeRecord(filepath.Join(dirSources, src.SHA256+".json"), src)
}

// Diff is what changed from one imported file to another.
type Diff struct {
	From    string      `json:"from"` // SHA-256 of the files
	To      string      `json:"to"`
	Added   []DiffEntry `json:"added"`
	Removed []DiffEntry `json:"removed"`
	Changed []Changed   `json:"changed"`
}

// DiffEntry is one object of a Diff.
type DiffEntry struct {
	SHA256  string    `json:"sha256"`
	Kind    string    `json:"kind"` // "" when the store does not hold it any more
	Country string    `json:"country"`
	Subject string    `json:"subject"`
	To      time.Time `json:"to"`
}

// Changed is a certificate that came again with another content: the same subject and
// key.
type Changed struct {
	Before DiffEntry `json:"before"`
	After  DiffEntry `json:"after"`
}

// Empty says that nothing changed.
func (d *Diff) Empty() bool { return len(d.Added)+len(d.Removed)+len(d.Changed) == 0 }

// Diff compares two imported files by what they brought.
func (s *Store) Diff(from, to Source) *Diff {
	d := &Diff{From: from.SHA256, To: to.SHA256, Added: []DiffEntry{}, Removed: []DiffEntry{}, Changed: []Changed{}}
	before, after := map[string]bool{}, map[string]bool{}
	for _, sha := range from.Contents {
		before[sha] = true
	}
	for _, sha := range to.Contents {
		after[sha] = true
	}
	var gone []*Entry
	byKey := map[string][]*Entry{} // of what is gone
	for sha := range before {
		if after[sha] {
			continue
		}
		s.mu.Lock()
		e := s.byHash[sha]
		s.mu.Unlock()
		if e == nil {
			d.Removed = append(d.Removed, DiffEntry{SHA256: sha})
			continue
		}
		gone = append(gone, e)
		byKey[e.holder()] = append(byKey[e.holder()], e)
	}
	replaced := map[*Entry]bool{}
	for sha := range after {
		if before[sha] {
			continue
		}
		s.mu.Lock()
		e := s.byHash[sha]
		s.mu.Unlock()
		if e == nil {
			d.Added = append(d.Added, DiffEntry{SHA256: sha})
			continue
		}
		if olds := byKey[e.holder()]; len(olds) > 0 && e.keyID != "" {
			byKey[e.holder()] = olds[1:]
			replaced[olds[0]] = true
			d.Changed = append(d.Changed, Changed{s.diffEntry(olds[0]), s.diffEntry(e)})
			continue
		}
		d.Added = append(d.Added, s.diffEntry(e))
	}
	for _, e := range gone {
		if !replaced[e] {
			d.Removed = append(d.Removed, s.diffEntry(e))
		}
	}
	order := func(a, b DiffEntry) int {
		return cmp.Or(strings.Compare(a.Country, b.Country), a.To.Compare(b.To), strings.Compare(a.SHA256, b.SHA256))
	}
	slices.SortFunc(d.Added, order)
	slices.SortFunc(d.Removed, order)
	slices.SortFunc(d.Changed, func(a, b Changed) int { return order(a.After, b.After) })
	return d
}

// holder is whose certificate it is: the same kind, subject and key.
func (e *Entry) holder() string { return e.Kind + "\n" + e.nameHash + "\n" + e.keyID }

func (s *Store) diffEntry(e *Entry) DiffEntry {
	d := DiffEntry{SHA256: e.SHA256, Kind: e.Kind, Country: e.Country, To: e.To}
	d.Subject, _ = s.subject(e.SHA256)
	return d
}

// Previous returns the file before src of the same publisher: the newest master or
// deviation list, by the date it was signed, whose signer is of the same country.
func Previous(sources []Source, src *Source) *Source {
	var best *Source
	for i := range sources {
		x := &sources[i]
		if x.SHA256 == src.SHA256 || x.Kind != src.Kind || x.Country != src.Country || len(x.Lists) != 1 ||
			x.Kind != masterLists.name && x.Kind != deviationLists.name {
			continue
		}
		if best == nil || x.Date().After(best.Date()) {
			best = x
		}
	}
	return best
}

// since compares a list with the last one of its publisher.
func (s *Store) since(src *Source, r *ImportReport) *Diff {
	if len(r.Lists) != 1 || r.Kind != masterLists.name {
		return nil
	}
	sources, err := s.Sources()
	if err != nil {
		return nil
	}
	probe := *src
	probe.ImportReport = *r
	last := Previous(sources, &probe)
	if last == nil {
		return nil
	}
	if last.Date().After(probe.Date()) {
		b := &batch{report: r}
		b.deviate(cardprofile.Deviation{Where: "master list", Rule: "masterlist.older", Text: fmt.Sprintf(
			"this list is of %s, and the store has one of the same publisher of %s: what that one left out comes back with this one", day(probe.Date()), day(last.Date()))})
		return nil
	}
	return s.Diff(*last, probe)
}
