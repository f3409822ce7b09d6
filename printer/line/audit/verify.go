package audit

import (
	"bytes"
	"context"
	"crypto"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"golang.org/x/mod/sumdb/note"

	"github.com/chipid-toolkit/chipid/printer/line/store"
)

// Kind is what is wrong at a place.
type Kind string

// The kinds of findings.
const (
	Edited     Kind = "edited"     // a line, or what the tree says of it, is not as it was written
	Dropped    Kind = "dropped"    // a line is not there
	Reordered  Kind = "reordered"  // a line stands at another place
	Inserted   Kind = "inserted"   // a line that the store never wrote
	Truncated  Kind = "truncated"  // the log ends before a place that it once had
	Forked     Kind = "forked"     // the log was another one when a checkpoint of it was signed
	Signature  Kind = "signature"  // a checkpoint is not signed by the key, or is none
	Unrecorded Kind = "unrecorded" // the store holds something that no line of the log decided
	Undone     Kind = "undone"     // a line decided something that the store does not hold
)

// Finding is one thing that does not fit.
type Finding struct {
	Kind Kind `json:"kind"`
	// Index is the place in the log, from 0; -1: none.
	Index int64  `json:"index"`
	Text  string `json:"text"`
}

// WitnessState is what came of the comparison with the copy kept elsewhere.
type WitnessState string

// The states of a witness's copy.
const (
	WitnessNone       WitnessState = "none"       // none was given
	WitnessFirst      WitnessState = "first"      // there was no copy yet: it begins now
	WitnessConsistent WitnessState = "consistent" // the log grew out of the one the copy speaks of
	WitnessRefused    WitnessState = "refused"    // it did not
)

// Report is what a verification found.
type Report struct {
	Origin  string       `json:"origin"`
	Size    uint64       `json:"size"`    // lines in the log under its newest checkpoint
	Root    string       `json:"root"`    // of the tree, hexadecimal
	Signed  bool         `json:"signed"`  // a key was given, and the newest checkpoint is signed by it
	Witness WitnessState `json:"witness"` // see WitnessState
	Waiting int64        `json:"waiting"` // lines that the log has yet to take in
	Cards   int64        `json:"cards"`   // cards that were compared with it
	// Count is how many findings there are; Findings are the first of them.
	Count    int       `json:"count"`
	Findings []Finding `json:"findings"`
	// First is the first place in the log at which something is wrong; -1: none is
	// known.
	First int64 `json:"first"`
	// Checkpoint is the newest checkpoint.
	Checkpoint Checkpoint `json:"-"`
}

// Tampered reports whether anything does not fit.
func (r *Report) Tampered() bool { return r.Count > 0 }

// maxFindings is how many findings a report keeps: one dropped line moves all after it.
const maxFindings = 100

func (r *Report) find(k Kind, index int64, format string, args ...any) {
	r.Count++
	if index >= 0 && (r.First < 0 || index < r.First) {
		r.First = index
	}
	if len(r.Findings) < maxFindings {
		r.Findings = append(r.Findings, Finding{k, index, fmt.Sprintf(format, args...)})
	}
}

// Check is what a verification is made against.
type Check struct {
	Dir string
	// Key is the key that checkpoints are signed with; nil: signatures are not
	// verified, and then whoever can write the files can have written all of them.
	Key crypto.PublicKey
	// Witness is the file with the copy of a checkpoint that is kept elsewhere; empty:
	// none. It is read only: see Report.Keep.
	Witness string
}

// ErrNoLog: the store has no audit log yet.
var ErrNoLog = errors.New("audit: nothing has been written into an audit log yet")

// Verify reads a whole log, and the store that fed it, and reports everything that
// does not fit: between the lines and the tree, the tree and its signed checkpoints,
// the lines and the store's own records of cards, blanks, approvals and batches. The
// line may go on meanwhile. An error means that it could not look, not that it found
// something.
func Verify(ctx context.Context, st *store.Store, c Check) (*Report, error) {
	v := &verification{ctx: ctx, st: st, dir: folder(c.Dir), report: &Report{Witness: WitnessNone, Findings: []Finding{}, First: -1}}
	if err := v.begin(c); err != nil {
		return nil, err
	}
	if v.checkpoint.Note != "" {
		if err := v.walk(); err != nil {
			return nil, err
		}
	}
	if err := v.compare(); err != nil {
		return nil, err
	}
	slices.SortStableFunc(v.report.Findings, func(a, b Finding) int {
		switch {
		case a.Index == b.Index:
			return 0
		case b.Index < 0 || a.Index >= 0 && a.Index < b.Index:
			return -1
		}
		return 1
	})
	return v.report, nil
}

// Keep writes the newest checkpoint to the file of a witness. It is for a report without
// findings: a bad state must not become the one that later ones are measured by.
func (r *Report) Keep(path string) error {
	if r.Tampered() || r.Checkpoint.Note == "" || !r.Signed {
		return errors.New("audit: this state of the log is not worth keeping")
	}
	return writeWitness(path, r.Checkpoint)
}

// verification is one run of Verify.
type verification struct {
	ctx        context.Context
	st         *store.Store
	dir        folder
	report     *Report
	verifier   note.Verifier // nil: no key
	checkpoint Checkpoint    // the newest of the log; its Note is empty when there is none
	// before is how many lines the store knew to be in the log when the verification
	// began: none of those may be missing, whatever is appended meanwhile.
	before uint64
	// milestones are earlier states of the log, by size, that it must have grown out of.
	milestones map[uint64][]milestone
	// what the lines decided, for the comparison with the store
	lines decided
}

type milestone struct {
	root []byte
	what string
	from WitnessState // WitnessConsistent: it is the witness's
}

// begin reads the checkpoints: the store's before the log's, so that a log that grows
// meanwhile is never behind.
func (v *verification) begin(c Check) error {
	r := v.report
	var last store.AuditCheckpoint
	err := v.st.Do(v.ctx, "find the audit log", func(tx *store.Tx) (err error) {
		if r.Origin, err = tx.AuditOrigin(v.ctx); err != nil {
			return err
		}
		last, err = tx.LastAuditCheckpoint(v.ctx)
		if errors.Is(err, store.ErrNotFound) {
			err = nil
		}
		return err
	})
	if err != nil {
		return err
	}
	v.lines.begin()
	v.milestones, v.before = map[uint64][]milestone{}, last.Size
	text, err := v.dir.checkpoint()
	gone := errors.Is(err, fs.ErrNotExist)
	if err != nil && !gone {
		return fmt.Errorf("audit: %w", err)
	}
	if r.Origin == "" && gone {
		return ErrNoLog
	}
	if c.Key != nil && r.Origin != "" {
		if v.verifier, err = NewVerifier(r.Origin, c.Key); err != nil {
			return err
		}
	}
	switch {
	case gone && last.Note == "":
		return ErrNoLog
	case gone:
		r.find(Truncated, 0, "the log is gone; the store knows it with %d lines", last.Size)
		return nil
	case r.Origin == "":
		r.find(Undone, 0, "there is a log, and the store says it has none")
		return nil
	}
	v.checkpoint, err = readCheckpointNote(text, v.verifier)
	if err != nil {
		r.find(Signature, -1, "newest checkpoint: %v", err)
		// What the lines say is worth knowing all the same.
		if v.checkpoint, err = readCheckpointNote(text, nil); err != nil {
			return nil
		}
	}
	r.Signed, r.Size, r.Root, r.Checkpoint = v.checkpoint.Signed, v.checkpoint.Size, hex.EncodeToString(v.checkpoint.Root), v.checkpoint
	if v.checkpoint.Origin != r.Origin {
		r.find(Forked, 0, "the folder holds the log %q", v.checkpoint.Origin)
	}
	if v.checkpoint.Size < v.before {
		r.find(Truncated, int64(v.checkpoint.Size), "the log ends here; the store knows it with %d lines", v.before) //nolint:gosec // below maxLog
	}
	if err := v.history(); err != nil {
		return err
	}
	return v.witness(c.Witness)
}

// history takes the checkpoints that the store has seen as milestones.
func (v *verification) history() error {
	for first, more := uint64(0), true; more; {
		var list []store.AuditCheckpoint
		err := v.st.Do(v.ctx, "read the checkpoints", func(tx *store.Tx) (err error) {
			list, err = tx.AuditCheckpoints(v.ctx, first, 1000)
			return err
		})
		if err != nil {
			return err
		}
		for _, s := range list {
			first = s.Size + 1
			if s.Size > v.checkpoint.Size {
				continue // newer than this verification, or Truncated said so
			}
			c, err := readCheckpointNote([]byte(s.Note), v.verifier)
			if err != nil || c.Size != s.Size || c.Origin != v.report.Origin {
				v.report.find(Signature, -1, "the store's checkpoint of %d lines is not one of this log", s.Size)
				continue
			}
			v.milestones[c.Size] = append(v.milestones[c.Size], milestone{root: c.Root, what: "a checkpoint that the store has seen"})
		}
		more = len(list) == 1000
	}
	return nil
}

func (v *verification) witness(path string) error {
	r := v.report
	if path == "" {
		return nil
	}
	c, found, err := readWitness(path, v.verifier)
	switch {
	case err != nil && !found:
		return err
	case err != nil:
		r.Witness = WitnessRefused
		r.find(Signature, -1, "the witness's checkpoint: %v", errors.Unwrap(err))
	case !found:
		r.Witness = WitnessFirst
	case c.Origin != r.Origin:
		r.Witness = WitnessRefused
		r.find(Forked, 0, "the witness speaks of the log %q", c.Origin)
	case c.Size > v.checkpoint.Size:
		r.Witness = WitnessRefused
		r.find(Truncated, int64(v.checkpoint.Size), "the log ends here; the witness has seen it with %d lines", c.Size) //nolint:gosec // below maxLog
	default:
		r.Witness = WitnessConsistent
		v.milestones[c.Size] = append(v.milestones[c.Size], milestone{c.Root, "the witness's checkpoint", WitnessConsistent})
	}
	return nil
}

// passed compares the tree at a size with the milestones of that size. good is the size
// up to which milestones fitted: what is wrong lies behind it.
func (v *verification) passed(size uint64, root []byte, good *uint64) {
	fits := true
	for _, m := range v.milestones[size] {
		if bytes.Equal(m.root, root) {
			continue
		}
		fits = false
		if m.from == WitnessConsistent {
			v.report.Witness = WitnessRefused
		}
		v.report.find(Forked, int64(*good), "%s says otherwise of the first %d lines; of the first %d it does not", m.what, size, *good) //nolint:gosec // below maxLog
	}
	if fits && len(v.milestones[size]) > 0 {
		*good = size
	}
}
