package emrtd

import (
	"bytes"
	_ "embed"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"sync"

	"github.com/goccy/go-yaml"

	"github.com/chipid-toolkit/chipid/apdu"
)

// Quirk is a habit of chips in the field, from quirks.yaml.
type Quirk struct {
	ID     string // "bac.le"
	Does   string // what the chip does, in words: "it refuses …"
	Used   string // what is done about it, in words
	Remedy Remedy
	Seen   []Sign
	// Lengths are bytes to ask for, one after the other, with smaller-reads.
	Lengths []int
	// Deviation: the chip leaves the standard in a way that a verdict reports
	// under the quirk's ID.
	Deviation bool
	Source    []string
}

// Because words a quirk for a decision trail.
func (q *Quirk) Because() string { return fmt.Sprintf("used %s because %s", q.Used, q.Does) }

// Remedy is what is done about a quirk. The table can only name one that the
// code has.
type Remedy string

// Remedies.
const (
	RemedyHabit             Remedy = "habit" // it is always done so, with every chip
	RemedyApplicationFiles  Remedy = "application-files"
	RemedyImplicitMF        Remedy = "implicit-mf"
	RemedySelectFCI         Remedy = "select-fci"
	RemedySelectFile        Remedy = "select-file"
	RemedySmallerReads      Remedy = "smaller-reads"
	RemedyHeaderFirst       Remedy = "header-first"
	RemedyShortReads        Remedy = "short-reads"
	RemedySmallerBuffer     Remedy = "smaller-buffer"
	RemedyMaximumLe         Remedy = "maximum-le"
	RemedyExtendedSignature Remedy = "extended-signature"
	RemedyShortAPDUs        Remedy = "short-apdus"
)

var remedies = []Remedy{
	RemedyHabit, RemedyApplicationFiles, RemedyImplicitMF, RemedySelectFCI, RemedySelectFile, RemedySmallerReads,
	RemedyHeaderFirst, RemedyShortReads, RemedySmallerBuffer, RemedyMaximumLe, RemedyExtendedSignature, RemedyShortAPDUs,
}

// Act names a command that a quirk shows in.
type Act string

// Acts.
const (
	ActSelectMF           Act = "select-mf"
	ActReadMF             Act = "read-mf"
	ActSelect             Act = "select" // of the application or a file
	ActReadSFI            Act = "read-sfi"
	ActReadBinary         Act = "read-binary"
	ActReadExtended       Act = "read-extended"
	ActSetAT              Act = "set-at"
	ActMutualAuthenticate Act = "mutual-authenticate"
	ActSignExtended       Act = "internal-authenticate-extended"
	ActSendExtended       Act = "send-extended" // any but a read
)

var acts = []Act{ActSelectMF, ActReadMF, ActSelect, ActReadSFI, ActReadBinary, ActReadExtended, ActSetAT, ActMutualAuthenticate, ActSignExtended, ActSendExtended}

// Sign is one way to recognise a quirk: the chip's answer to a command, or what
// is known beforehand. Exactly one of the two is there.
type Sign struct {
	Act    Act
	Status []apdu.Status
	Naked  bool // the status came without protection inside secure messaging

	Hint Hint
}

// Hint is what tells of a quirk before anything has gone wrong.
type Hint struct {
	State      []string // issuing states, as in the MRZ
	CardAccess []byte   // bytes that EF.CardAccess holds
	Historical []byte   // bytes that the historical bytes of the ATR hold
}

func (h Hint) empty() bool { return len(h.State)+len(h.CardAccess)+len(h.Historical) == 0 }

// Known is what a terminal knows of a chip when it looks for hints; what it does
// not know is empty.
type Known struct {
	State      string // of the profile or the MRZ that was scanned
	CardAccess []byte
	ATR        []byte
}

// Hinted are the quirks that hints tell of.
func (k Known) Hinted() []*Quirk { return k.hintedIn(Quirks()) }

func (k Known) hintedIn(table []*Quirk) []*Quirk {
	historical, _ := historicalBytes(k.ATR) // an unusable ATR hints at nothing
	var list []*Quirk
	for _, q := range table {
		if slices.ContainsFunc(q.Seen, func(s Sign) bool {
			h := s.Hint
			return k.State != "" && slices.Contains(h.State, k.State) ||
				len(h.CardAccess) > 0 && bytes.Contains(k.CardAccess, h.CardAccess) ||
				len(h.Historical) > 0 && bytes.Contains(historical, h.Historical)
		}) {
			list = append(list, q)
		}
	}
	return list
}

// Quirks is the table. It is not to be changed.
func Quirks() []*Quirk { return table() }

// QuirkByID finds an entry; nil if there is none.
func QuirkByID(id string) *Quirk {
	for _, q := range Quirks() {
		if q.ID == id {
			return q
		}
	}
	return nil
}

// QuirkIn finds the quirk with a remedy that the answer to a command shows; nil
// if there is none.
func QuirkIn(r Remedy, a Act, sw apdu.Status, naked bool) *Quirk {
	for _, q := range Quirks() {
		if q.Remedy != r {
			continue
		}
		for _, s := range q.Seen {
			if s.Act == a && s.Naked == naked && slices.Contains(s.Status, sw) {
				return q
			}
		}
	}
	return nil
}

// withRemedy is the quirk that a remedy belongs to.
func withRemedy(r Remedy) *Quirk {
	for _, q := range Quirks() {
		if q.Remedy == r {
			return q
		}
	}
	return nil
}

//go:embed quirks.yaml
var quirksYAML []byte

// table is read once; that the embedded file is right is what a test makes sure
// of.
var table = sync.OnceValue(func() []*Quirk {
	list, err := parseQuirks(quirksYAML)
	if err != nil {
		panic(err) // a constant of ours
	}
	return list
})

// quirkFile is the form of quirks.yaml.
type quirkFile struct {
	Quirks []quirkEntry `yaml:"quirks"`
}

type quirkEntry struct {
	ID        string      `yaml:"id"`
	Does      string      `yaml:"does"`
	Used      string      `yaml:"used"`
	Remedy    Remedy      `yaml:"remedy"`
	Seen      []signEntry `yaml:"seen"`
	Lengths   []int       `yaml:"lengths"`
	Deviation bool        `yaml:"deviation"`
	Source    []string    `yaml:"source"`
}

type signEntry struct {
	Command    Act      `yaml:"command"`
	Status     []string `yaml:"status"`
	Naked      bool     `yaml:"naked"`
	State      []string `yaml:"state"`
	CardAccess string   `yaml:"card_access"`
	Historical string   `yaml:"historical_bytes"`
}

// parseQuirks is strict: a word that it does not know, a remedy without code, an
// entry without a source is an error.
func parseQuirks(text []byte) ([]*Quirk, error) {
	var file quirkFile
	if err := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict()).Decode(&file); err != nil {
		return nil, fmt.Errorf("emrtd: quirks.yaml: %w", err)
	}
	var list []*Quirk
	for _, e := range file.Quirks {
		q, err := e.quirk()
		if err != nil {
			return nil, fmt.Errorf("emrtd: quirks.yaml: %q: %w", e.ID, err)
		}
		if slices.ContainsFunc(list, func(o *Quirk) bool { return o.ID == q.ID }) {
			return nil, fmt.Errorf("emrtd: quirks.yaml: %q stands there twice", e.ID)
		}
		list = append(list, q)
	}
	return list, nil
}

func (e quirkEntry) quirk() (*Quirk, error) {
	q := &Quirk{ID: e.ID, Does: e.Does, Used: e.Used, Remedy: e.Remedy, Lengths: e.Lengths, Deviation: e.Deviation, Source: e.Source}
	switch {
	case e.ID == "" || e.Does == "" || e.Used == "":
		return nil, fmt.Errorf("id, does and used are needed")
	case len(e.Source) == 0:
		return nil, fmt.Errorf("no source")
	case !slices.Contains(remedies, e.Remedy):
		return nil, fmt.Errorf("no such remedy: %q", e.Remedy)
	case len(e.Seen) == 0:
		return nil, fmt.Errorf("nothing that it is recognised by")
	case e.Remedy == RemedySmallerReads && len(e.Lengths) == 0:
		return nil, fmt.Errorf("no lengths")
	}
	for i, n := range e.Lengths {
		if n < leastChunk || n > apdu.MaxShortNe || i > 0 && n >= e.Lengths[i-1] {
			return nil, fmt.Errorf("lengths fall, from %d to %d", apdu.MaxShortNe, leastChunk)
		}
	}
	for _, s := range e.Seen {
		sign, err := s.sign()
		if err != nil {
			return nil, err
		}
		q.Seen = append(q.Seen, sign)
	}
	return q, nil
}

func (s signEntry) sign() (Sign, error) {
	out := Sign{Act: s.Command, Naked: s.Naked, Hint: Hint{State: s.State}}
	for _, text := range s.Status {
		sw, err := strconv.ParseUint(text, 16, 16)
		if err != nil || len(text) != 4 {
			return out, fmt.Errorf("%q is no status word", text)
		}
		out.Status = append(out.Status, apdu.Status(sw))
	}
	var err1, err2 error
	out.Hint.CardAccess, err1 = hex.DecodeString(s.CardAccess)
	out.Hint.Historical, err2 = hex.DecodeString(s.Historical)
	answer := s.Command != "" || len(s.Status) > 0
	switch {
	case err1 != nil || err2 != nil:
		return out, fmt.Errorf("bytes are written in hexadecimal")
	case answer == !out.Hint.empty():
		return out, fmt.Errorf("a sign is an answer or a hint")
	case answer && (!slices.Contains(acts, s.Command) || len(s.Status) == 0):
		return out, fmt.Errorf("an answer is a known command and at least one status")
	}
	return out, nil
}
