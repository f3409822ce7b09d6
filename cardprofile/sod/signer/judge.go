package signer

import (
	"crypto"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/chipid-toolkit/chipid/cardprofile"
	"github.com/chipid-toolkit/chipid/cardprofile/cms"
	"github.com/chipid-toolkit/chipid/cardprofile/lds"
	"github.com/chipid-toolkit/chipid/cardprofile/mrz"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/document"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/files"
	"github.com/chipid-toolkit/chipid/cardprofile/rule/lint"
)

// RuleError says which conformance rule a document breaks. It holds no personal
// data.
type RuleError struct {
	Rule  string // the rule's name, as docs/rules.md has it
	Where string
	Text  string
	// Citation names document, edition and section; empty for rules of this package.
	Citation string
}

// Error names rule and place.
func (e *RuleError) Error() string {
	s := fmt.Sprintf("signer: the document breaks the rule %s: %s: %s", e.Rule, e.Where, e.Text)
	if e.Citation != "" {
		s += " (" + e.Citation + ")"
	}
	return s
}

// Rules of this package.
const (
	// RuleDG14Key: the keys of DG14 are those the chip made.
	RuleDG14Key = "signer.dg14.key"
	// RuleDG15Key: the key of DG15 is one the chip made.
	RuleDG15Key = "signer.dg15.key"
	// RuleChipKey: no key that the chip made is missing from DG14 and DG15.
	RuleChipKey = "signer.chip.key"
	// RuleGroup: a file to be signed is a data group, and comes once.
	RuleGroup = "signer.group"
	// RuleZone: DG1 holds a zone that can be read.
	RuleZone = "signer.dg1.zone"
	// RuleExpired: the document has not expired before it is signed.
	RuleExpired = "signer.dg1.expired"
	// RuleHash: a hash is as long as its algorithm makes it.
	RuleHash = "signer.hash"
	// RuleStated: a document is stated where EF.DG1 is not there to be read, and there
	// alone.
	RuleStated = "signer.document"
)

// Rules of choosing a Document Signer.
const (
	RuleNone     = "signer.none"     // the pool is empty
	RulePeriod   = "signer.period"   // certificate or key are not of this day
	RuleLimit    = "signer.limit"    // the key has signed as often as it may
	RuleType     = "document.type"   // the documentTypeList does not name the document code
	RuleState    = "document.state"  // the certificate stands for another State
	RuleOutlasts = "signer.outlasts" // the certificate ends before the document
)

// judge puts the conformance rules to the files, each by itself and all of them
// together, and compares the keys in them with the chip's.
func judge(r Request) (*documentFacts, error) {
	chip := map[lint.Kind][]byte{}
	groups := map[int][]byte{}
	for _, f := range r.Groups {
		id, ok := lds.FileByName(f.Name)
		if !ok || id.Number() == 0 {
			return nil, &RuleError{Rule: RuleGroup, Where: "request", Text: "a file is no data group: EF.DG1 to EF.DG16 are signed"}
		}
		if _, twice := groups[id.Number()]; twice {
			return nil, &RuleError{Rule: RuleGroup, Where: id.Name, Text: "it comes twice"}
		}
		groups[id.Number()] = f.Bytes
		chip[lint.DG(id.Number())] = f.Bytes
	}
	hashed := map[int]bool{}
	for _, g := range r.Hashes {
		name := fmt.Sprintf("EF.DG%d", g.Number)
		switch _, whole := groups[g.Number]; {
		case g.Number < 1 || g.Number > 16:
			return nil, &RuleError{Rule: RuleGroup, Where: "request", Text: "a hash is of no data group: EF.DG1 to EF.DG16 are signed"}
		case whole || hashed[g.Number]:
			return nil, &RuleError{Rule: RuleGroup, Where: name, Text: "it comes twice"}
		case r.Hash == 0 || len(g.Hash) != r.Hash.Size():
			return nil, &RuleError{Rule: RuleHash, Where: name, Text: fmt.Sprintf("its hash has %d bytes, which is not what the algorithm makes", len(g.Hash)), Citation: "Doc 9303-10 (8th ed.), 4.6.2.3"}
		}
		hashed[g.Number] = true
	}
	for _, n := range []int{1, 2} {
		if groups[n] == nil && !hashed[n] {
			return nil, &RuleError{Rule: RuleGroup, Where: fmt.Sprintf("EF.DG%d", n), Text: "it is missing", Citation: "Doc 9303-10 (8th ed.), 4.1"}
		}
	}
	for _, f := range r.Beside {
		chip[lint.Kind(f.Name)] = f.Bytes
	}
	for _, kind := range slices.Sorted(maps.Keys(chip)) {
		if err := firstError(files.Lint(chip[kind], kind)); err != nil {
			if !strings.Contains(err.Where, string(kind)) {
				err.Where = string(kind) + ", " + err.Where
			}
			return nil, err
		}
	}
	if broken := firstError(document.Lint(chip, nil, nil)); broken != nil {
		return nil, broken
	}
	if r.ChipKeys != nil && (hashed[14] || hashed[15]) {
		return nil, &RuleError{Rule: RuleChipKey, Where: "EF.DG14, EF.DG15", Text: "the chip's keys are compared with whole data groups, not with hashes"}
	}
	if err := chipKeys(groups, r.ChipKeys); err != nil {
		return nil, err
	}
	if (r.Stated != nil) != hashed[1] {
		return nil, &RuleError{Rule: RuleStated, Where: "EF.DG1", Text: "a document is stated where EF.DG1 comes as a hash, and there alone"}
	}
	if r.Stated != nil {
		return r.Stated.facts(r.SigningTime)
	}
	return facts(groups[1], r)
}

// together puts the rules about the files of one chip to those that are known, with
// the object that is going to be signed among them.
func together(r Request, draft []byte) error {
	chip := map[lint.Kind][]byte{lint.SOD: draft}
	for _, f := range r.Groups {
		id, _ := lds.FileByName(f.Name)
		chip[lint.DG(id.Number())] = f.Bytes
	}
	for _, f := range r.Beside {
		chip[lint.Kind(f.Name)] = f.Bytes
	}
	if broken := firstError(document.Lint(chip, nil, nil)); broken != nil {
		return broken
	}
	return nil
}

// facts takes the document by the word of whoever asks.
func (s *Stated) facts(at time.Time) (*documentFacts, error) {
	d := &documentFacts{code: strings.TrimRight(s.Code, "<"), state: strings.TrimRight(s.State, "<"), expiry: s.Expiry, never: s.Never}
	switch {
	case d.code == "" || d.state == "":
		return nil, &RuleError{Rule: RuleStated, Where: "request", Text: "document code and issuing State are missing"}
	case !d.never && !d.expiry.Valid():
		return nil, &RuleError{Rule: RuleStated, Where: "request", Text: "the date of expiry is missing"}
	case d.never && !d.expiry.IsZero():
		return nil, &RuleError{Rule: RuleStated, Where: "request", Text: "a document with a date of expiry is said not to expire"}
	case !d.never && d.expiry.Before(cardprofile.DateOf(at)):
		return nil, &RuleError{Rule: RuleExpired, Where: "request", Text: "the document has expired"}
	}
	return d, nil
}

// trailing is a warning about files that are read. The hash covers the whole file, so
// none is signed with something after it.
const trailing = "file.trailing"

func firstError(findings []lint.Finding) *RuleError {
	for _, f := range findings {
		if f.Severity == lint.Error || f.Rule == trailing {
			return &RuleError{Rule: f.Rule, Where: f.Where, Text: f.Title.EN + ": " + f.Text, Citation: f.Citation}
		}
	}
	return nil
}

// facts reads from DG1 what choosing a signer asks.
func facts(dg1 []byte, r Request) (*documentFacts, error) {
	m, _, err := lds.ParseDG1(dg1)
	if err != nil {
		return nil, &RuleError{Rule: RuleZone, Where: "EF.DG1", Text: "the zone cannot be read"}
	}
	return zoneFacts(m, r)
}

// CanSign says whether some Document Signer of the pool may sign a document with this
// zone now, before a chip is touched for it: ErrNoSigner, or a *RuleError. noExpiry is as
// in Request.
func (p *Pool) CanSign(m *mrz.MRZ, at time.Time, noExpiry string) error {
	d, err := zoneFacts(m, Request{SigningTime: at.UTC(), NoExpiry: noExpiry})
	if err != nil {
		return err
	}
	_, err = p.choose(d, at)
	return err
}

func zoneFacts(m *mrz.MRZ, r Request) (*documentFacts, error) {
	today := cardprofile.DateOf(r.SigningTime)
	expiry, never, err := m.ExpiryOn(today, r.NoExpiry)
	if err != nil {
		return nil, &RuleError{Rule: RuleZone, Where: "EF.DG1", Text: "the date of expiry cannot be read"}
	}
	if !never && expiry.Before(today) {
		return nil, &RuleError{Rule: RuleExpired, Where: "EF.DG1", Text: "the document has expired"}
	}
	return &documentFacts{code: m.DocumentCode, state: m.IssuingState, expiry: expiry, never: never}, nil
}

// same compares keys whatever types hold them; those of finite field Diffie-Hellman
// compare themselves.
func same(a, b crypto.PublicKey) bool {
	if cms.SamePublicKey(a, b) {
		return true
	}
	k, ok := a.(interface{ Equal(crypto.PublicKey) bool })
	return ok && k.Equal(b)
}

// chipKeys compares the keys of DG14 and DG15 with those that the chip made.
func chipKeys(groups map[int][]byte, made []crypto.PublicKey) error {
	if made == nil {
		return nil
	}
	var signed []crypto.PublicKey
	known := func(k crypto.PublicKey) bool {
		return slices.ContainsFunc(made, func(m crypto.PublicKey) bool { return same(m, k) })
	}
	if b := groups[14]; b != nil {
		infos, _, err := lds.ParseDG14(b)
		if err != nil {
			return &RuleError{Rule: RuleDG14Key, Where: "EF.DG14", Text: "it cannot be read"}
		}
		for i, k := range infos.ChipAuthKeys {
			if k.Public == nil || !known(k.Public) {
				return &RuleError{Rule: RuleDG14Key, Where: "EF.DG14", Text: fmt.Sprintf("key %d is not one that the chip made", i+1)}
			}
			signed = append(signed, k.Public)
		}
	}
	if b := groups[15]; b != nil {
		k, _, err := lds.ParseDG15(b)
		if err != nil || k.Public == nil || !known(k.Public) {
			return &RuleError{Rule: RuleDG15Key, Where: "EF.DG15", Text: "its key is not one that the chip made"}
		}
		signed = append(signed, k.Public)
	}
	for _, m := range made {
		if !slices.ContainsFunc(signed, func(k crypto.PublicKey) bool { return same(m, k) }) {
			return &RuleError{Rule: RuleChipKey, Where: "EF.DG14, EF.DG15", Text: "a key that the chip made is in neither"}
		}
	}
	return nil
}
